"""Margins: which of a task's answers are sure on every processor.

The engine rounds differently on different processors, so a probability near a threshold may fall on either
side of it. A task's card therefore has a margin in log-odds, measured over the engine's paths
(`research/benchmarks/processors.py`, docs/decisions/0008-a-margin-for-processors.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from docassay.models.catalog import TaskCard


def is_sure(task: TaskCard, probabilities: Sequence[float], label: str) -> bool:
    """Tell whether a label that a task assigns is sure: probable enough, and leading by the task's margin.

    The lead is over the next label of a ``single`` task, and over the threshold of a ``multi`` one. A label
    that is sure on one processor is given on every other, though it may not be sure there.

    Args:
        task: The task that was asked.
        probabilities: Of its labels, in the task's order.
        label: One of those that the task assigns.
    """
    at = task.labels.index(label)
    if probabilities[at] < task.least(label):
        return False
    if task.kind == "multi":
        return probabilities[at] >= raised(task.thresholds[at], task.margin)
    second = max((p for n, p in enumerate(probabilities) if n != at), default=0.0)
    return probabilities[at] >= second * math.exp(task.margin)


def raised(probability: float, margin: float) -> float:
    """Raise a probability by a margin of log-odds.

    >>> raised(0.5, 0.0), round(raised(0.5, 1.0), 3)
    (0.5, 0.731)
    """
    if not margin:
        return probability
    odds = probability * math.exp(margin)
    return odds / (1 - probability + odds)
