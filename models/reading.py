"""Readings: what a model makes of a text, which labels it gives, and which of them are sure.

The engine rounds differently on different processors, so a probability near a threshold may fall on either
side of it. A task's card therefore has a margin in log-odds, measured over the engine's paths
(`research/benchmarks/processors.py`, docs/decisions/0008-a-margin-for-processors.md).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, TaskCard

DECIMALS = 6
"""Probabilities are rounded to this many decimals."""


DECIDED = "decided"
DENIED = "denied"
SETTLED = (DECIDED, DENIED)
"""Outcomes of asking a larger model in which it was sure: that a label holds, or that it does not."""


@dataclass(frozen=True, slots=True)
class Escalated:
    """What came of asking larger models for a task's labels of one text.

    Attributes:
        small: The labels of which the small model was not sure, with the probability that it gave each.
        outcomes: What came of each of them: one of `models.fallback.model.OUTCOMES`.
        models: The larger model that was asked about each of them last.
    """

    small: Mapping[str, float]
    outcomes: Mapping[str, str]
    models: Mapping[str, str]

    def deciders(self) -> set[str]:
        """Name the larger models that were sure."""
        return {self.models[label] for label, said in self.outcomes.items() if said in SETTLED}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model makes of one text.

    Attributes:
        probabilities: By task: the probability of each label, in the order of the card's labels.
        tokens: Tokens of the text, with the two special tokens at its ends.
        evidence: By (task, label): start and end, in characters of the text, of the sentence
            that speaks most for the label, or of the words in a single sentence; only for the labels
            that were to be explained.
        escalated: By task: what came of asking a larger model; its answers are among the probabilities.
    """

    probabilities: Mapping[str, tuple[float, ...]]
    tokens: int
    evidence: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    escalated: Mapping[str, Escalated] = field(default_factory=dict)


class Reader(Protocol):
    """What a pipeline needs of an encoder; tests bring one that looks for keywords."""

    card: Card

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        """Answer for each text the tasks asked of it."""
        ...

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the mean-pooled states of texts, [texts, width]."""
        ...


def deciders(readings: Sequence[Reading], card: Card, task: str) -> str:
    """Name the models that answer a task in a document: the card's, and larger ones that decided."""
    larger = {
        model
        for reading in readings
        if task in reading.escalated
        for model in reading.escalated[task].deciders()
    }
    return "+".join((card.answering(task), *sorted(larger)))


def smooth_readings(readings: Sequence[Reading], card: Card, decimals: int) -> list[Reading]:
    """Smooth the readings of one document's texts, in order, for the tasks that have a label chain.

    Texts that a task was not asked of are skipped.
    """
    smoothed = list(readings)
    for name, task in card.tasks.items():
        if task.label_chain is None:
            continue
        numbers = [n for n, reading in enumerate(smoothed) if name in reading.probabilities]
        if not numbers:
            continue
        probabilities = np.array([smoothed[n].probabilities[name] for n in numbers])
        rows = np.round(task.label_chain.smooth(probabilities), decimals).tolist()
        for n, row in zip(numbers, rows, strict=True):
            smoothed[n] = replace(smoothed[n], probabilities={**smoothed[n].probabilities, name: tuple(row)})
    return smoothed


def assigned_labels(task: TaskCard, probabilities: Sequence[float]) -> list[tuple[str, float]]:
    """Turn probabilities into the labels that a task assigns, most probable first.

    A ``single`` task assigns its most probable label (argmax), a ``multi`` task each label that reaches
    its threshold, possibly none.
    """
    pairs = list(zip(task.labels, probabilities, strict=True))
    if task.kind == "single":
        return [max(pairs, key=lambda pair: pair[1])]
    reached = [p for p, threshold in zip(pairs, task.thresholds, strict=True) if p[1] >= threshold]
    return sorted(reached, key=lambda pair: -pair[1])


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
