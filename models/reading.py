"""What a model makes of a text, and what a pipeline needs of a model that reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card
from docassay.models.tagger import Found

DECIMALS = 6
"""Probabilities are rounded to this many decimals."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model makes of one text.

    Attributes:
        probabilities: By task: the probability of each label, in the order of the card's labels.
        tokens: Tokens of the text, with the two marks at its ends.
        evidence: By (task, label): start and end, in characters of the text, of the sentence
            that speaks most for the label, or of the words in a single sentence; only for the labels
            that were to be explained.
        personal: Personal data in the text, where it was asked for them.
    """

    probabilities: Mapping[str, tuple[float, ...]]
    tokens: int
    evidence: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    personal: tuple[Found, ...] = ()


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


def smooth_readings(readings: Sequence[Reading], card: Card, decimals: int) -> list[Reading]:
    """Read the texts of one document again, in their order, for the tasks that have one.

    Texts that a task was not asked of are passed over.
    """
    found = list(readings)
    for name, task in card.tasks.items():
        if task.label_chain is None:
            continue
        asked = [n for n, reading in enumerate(found) if name in reading.probabilities]
        if not asked:
            continue
        alone = np.array([found[n].probabilities[name] for n in asked])
        for n, row in zip(asked, np.round(task.label_chain.smooth(alone), decimals).tolist(), strict=True):
            found[n] = replace(found[n], probabilities={**found[n].probabilities, name: tuple(row)})
    return found
