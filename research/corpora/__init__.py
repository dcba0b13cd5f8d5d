"""Labelled public corpora, one loader a task, read straight from their archives."""

from research.corpora.example import Example, Task
from research.corpora.registry import TASKS, load

__all__ = ["TASKS", "Example", "Task", "load"]
