"""Labelled public corpora, one loader a task, read straight from the archives in which they were handed over."""

from training.corpora.example import Example, Task
from training.corpora.registry import TASKS, load

__all__ = ["TASKS", "Example", "Task", "load"]
