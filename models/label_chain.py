"""Read the texts of a document in their order: what stands around a text says what it is, too.

A paragraph of a filing often does not tell its item, but the paragraphs around it do. The labels of a
task are taken as a Markov chain along the document (Rabiner 1989, doi:10.1109/5.18626), learnt on labelled
documents; a head's probabilities, alone and divided by how often a label occurs, are what each text says
for itself. The result is a probability for each text again, given the whole document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 1e-6
"""A text's own probability of a label counts as this much at least: a sure error can be outvoted."""


@dataclass(frozen=True, slots=True)
class LabelChain:
    """How the labels of a task follow each other in a document.

    Attributes:
        initial: Probability of each label at the start of a document, [labels].
        transition: Probability of a label (column) after another (row), [labels, labels].
        prior: How often each label occurs, [labels].
        evidence_weight: Power of what a text says alone, 0 to 1: neighbours repeat each other's words, so
            they are not as many witnesses as they are texts.
    """

    initial: Floats
    transition: Floats
    prior: Floats
    evidence_weight: float

    def smooth(self, alone: Floats) -> Floats:
        """Turn the probabilities of a document's texts, [texts, labels], each alone, into those in order.

        Sums are NumPy's own: a product of matrices may round otherwise from one call to the next.
        """
        if not len(alone):
            return alone
        said = (np.maximum(alone, LEAST) / self.prior) ** self.evidence_weight
        said /= said.sum(axis=1, keepdims=True)
        before, after = np.empty_like(said), np.ones_like(said)
        chance = self.initial
        for n, own in enumerate(said):
            before[n] = chance * own
            before[n] /= before[n].sum()
            chance = (before[n][:, None] * self.transition).sum(axis=0)
        for n in range(len(said) - 1, 0, -1):
            after[n - 1] = (self.transition * (said[n] * after[n])).sum(axis=1)
            after[n - 1] /= after[n - 1].sum()
        both: Floats = before * after
        both /= both.sum(axis=1, keepdims=True)
        return both

    def to_card(self) -> dict[str, Any]:
        """Say it as the card of a model does, in four digits, so that what is rare does not become never."""
        parts = {"initial": self.initial, "prior": self.prior, "transition": self.transition}
        return {"evidence_weight": self.evidence_weight} | {
            name: np.vectorize(lambda value: float(f"{value:.4g}"))(part).tolist()
            for name, part in parts.items()
        }


def from_card(entry: Mapping[str, Any], labels: int) -> LabelChain:
    """Read what `Order.described` gave.

    Raises:
        KeyError: A part is missing.
        ValueError: The parts do not fit the labels, or are no probabilities.
    """
    initial, prior = np.array(entry["initial"], np.float64), np.array(entry["prior"], np.float64)
    transition, evidence_weight = np.array(entry["transition"], np.float64), float(entry["evidence_weight"])
    if initial.shape != (labels,) or prior.shape != (labels,) or transition.shape != (labels, labels):
        raise ValueError(f"the order is not of {labels} labels")
    if (
        not all(((part > 0) & (part <= 1)).all() for part in (initial, prior, transition))
        or not 0 < evidence_weight <= 1
    ):
        raise ValueError("the order has numbers that are no probabilities above 0")
    return LabelChain(
        initial / initial.sum(), transition / transition.sum(axis=1, keepdims=True), prior, evidence_weight
    )
