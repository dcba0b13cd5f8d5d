"""Labelled public corpora, one loader a task, read straight from their archives."""

from docassay.training.corpora.registry import TASKS, load
from docassay.training.custom.example import Example, Task

__all__ = ["TASKS", "Example", "Task", "load"]
