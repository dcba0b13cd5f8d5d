"""Label chains: a hidden Markov model smooths the labels of a document's texts along their order.

A paragraph of a filing often does not tell its item, but the paragraphs around it do. The labels of a
task are a Markov chain along the document (Rabiner 1989, doi:10.1109/5.18626), learnt on labelled documents;
a head's probabilities, divided by the prior of each label, are the evidence of each text. The
forward-backward algorithm gives the probabilities of each text's labels given the whole document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 1e-6
"""Floor of a head's probabilities, so that the other texts can outvote a confident error."""


@dataclass(frozen=True, slots=True)
class LabelChain:
    """How the labels of a task follow each other in a document.

    Attributes:
        initial: Probability of each label at the start of a document, [labels].
        transition: Probability of a label (column) after another (row), [labels, labels].
        prior: How often each label occurs, [labels].
        evidence_weight: Exponent of the evidence, 0 to 1: neighbouring texts repeat each other's words, so
            their evidence is not independent.
    """

    initial: Floats
    transition: Floats
    prior: Floats
    evidence_weight: float

    def smooth(self, probabilities: Floats) -> Floats:
        """Turn the probabilities of a document's texts, [texts, labels], into those given all of the texts.

        Sums, not matrix products: BLAS may round differently from one call to the next.
        """
        if not len(probabilities):
            return probabilities
        evidence = (np.maximum(probabilities, LEAST) / self.prior) ** self.evidence_weight
        evidence /= evidence.sum(axis=1, keepdims=True)
        forward, backward = np.empty_like(evidence), np.ones_like(evidence)
        predicted = self.initial
        for n, likelihood in enumerate(evidence):
            forward[n] = predicted * likelihood
            forward[n] /= forward[n].sum()
            predicted = (forward[n][:, None] * self.transition).sum(axis=0)
        for n in range(len(evidence) - 1, 0, -1):
            backward[n - 1] = (self.transition * (evidence[n] * backward[n])).sum(axis=1)
            backward[n - 1] /= backward[n - 1].sum()
        posterior: Floats = forward * backward
        posterior /= posterior.sum(axis=1, keepdims=True)
        return posterior

    def to_card(self) -> dict[str, Any]:
        """Write it for a model's card, to four significant digits, so that what is rare does not become 0."""
        parts = {"initial": self.initial, "prior": self.prior, "transition": self.transition}
        return {"evidence_weight": self.evidence_weight} | {
            name: np.vectorize(lambda value: float(f"{value:.4g}"))(part).tolist()
            for name, part in parts.items()
        }


def from_card(entry: Mapping[str, Any], labels: int) -> LabelChain:
    """Read what `LabelChain.to_card` wrote.

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
