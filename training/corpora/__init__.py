"""Labelled public corpora, one loader a task, read straight from their archives."""

from training.corpora.example import Example, Task
from training.corpora.registry import TASKS, load

__all__ = ["TASKS", "Example", "Task", "load"]
