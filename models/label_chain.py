"""Read the texts of a document in their order: what stands around a text says what it is, too.

A paragraph of a filing often does not tell its item, but the paragraphs around it do. The labels of a
task are taken as a Markov chain along the document (Rabiner 1989, doi:10.1109/5.18626), learnt on labelled
documents; a head's probabilities, alone and divided by how often a label occurs, are what each text says
for itself. The result is a probability for each text again, given the whole document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from docassay.models.catalog import Card
    from docassay.models.encoder import Reading

Floats = NDArray[np.float64]

LEAST = 1e-6
"""A text's own probability of a label counts as this much at least: a sure error can be outvoted."""


@dataclass(frozen=True, slots=True)
class Order:
    """How the labels of a task follow each other in a document.

    Attributes:
        first: Probability of each label at the start of a document, [labels].
        follows: Probability of a label (column) after another (row), [labels, labels].
        often: How often each label occurs, [labels].
        trust: Power of what a text says alone, 0 to 1: neighbours repeat each other's words, so they are
            not as many witnesses as they are texts.
    """

    first: Floats
    follows: Floats
    often: Floats
    trust: float

    def along(self, alone: Floats) -> Floats:
        """Turn the probabilities of a document's texts, [texts, labels], each alone, into those in order.

        Sums are NumPy's own: a product of matrices may round otherwise from one call to the next.
        """
        if not len(alone):
            return alone
        said = (np.maximum(alone, LEAST) / self.often) ** self.trust
        said /= said.sum(axis=1, keepdims=True)
        before, after = np.empty_like(said), np.ones_like(said)
        chance = self.first
        for n, own in enumerate(said):
            before[n] = chance * own
            before[n] /= before[n].sum()
            chance = (before[n][:, None] * self.follows).sum(axis=0)
        for n in range(len(said) - 1, 0, -1):
            after[n - 1] = (self.follows * (said[n] * after[n])).sum(axis=1)
            after[n - 1] /= after[n - 1].sum()
        both: Floats = before * after
        both /= both.sum(axis=1, keepdims=True)
        return both

    def described(self) -> dict[str, Any]:
        """Say it as the card of a model does, in four digits, so that what is rare does not become never."""
        parts = {"first": self.first, "often": self.often, "follows": self.follows}
        return {"trust": self.trust} | {
            name: np.vectorize(lambda value: float(f"{value:.4g}"))(part).tolist()
            for name, part in parts.items()
        }


def from_card(entry: Mapping[str, Any], labels: int) -> Order:
    """Read what `Order.described` gave.

    Raises:
        KeyError: A part is missing.
        ValueError: The parts do not fit the labels, or are no probabilities.
    """
    first, often = np.array(entry["first"], np.float64), np.array(entry["often"], np.float64)
    follows, trust = np.array(entry["follows"], np.float64), float(entry["trust"])
    if first.shape != (labels,) or often.shape != (labels,) or follows.shape != (labels, labels):
        raise ValueError(f"the order is not of {labels} labels")
    if not all(((part > 0) & (part <= 1)).all() for part in (first, often, follows)) or not 0 < trust <= 1:
        raise ValueError("the order has numbers that are no probabilities above 0")
    return Order(first / first.sum(), follows / follows.sum(axis=1, keepdims=True), often, trust)


def in_order(readings: Sequence[Reading], card: Card, decimals: int) -> list[Reading]:
    """Read the texts of one document again, in their order, for the tasks that have one.

    Texts that a task was not asked of are passed over.
    """
    found = list(readings)
    for name, task in card.tasks.items():
        if task.order is None:
            continue
        asked = [n for n, reading in enumerate(found) if name in reading.probabilities]
        if not asked:
            continue
        alone = np.array([found[n].probabilities[name] for n in asked])
        for n, row in zip(asked, np.round(task.order.along(alone), decimals).tolist(), strict=True):
            found[n] = replace(found[n], probabilities={**found[n].probabilities, name: tuple(row)})
    return found
