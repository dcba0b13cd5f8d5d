"""Learn a task's label chain: how labels follow each other in a document, and what a text alone weighs."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from docassay.models.label_chain import Floats, LabelChain

EVIDENCE_WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
UNSEEN = 0.5
"""Additive smoothing: as often is each transition taken to have been seen before any is counted."""


class Placed(Protocol):
    """A labelled text of a document, which "" stands for where there is none."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Name its labels."""
        ...

    @property
    def document(self) -> str:
        """Name its document."""
        ...


def documents(examples: Sequence[Placed]) -> list[list[int]]:
    """Return the places of each document's texts, in order; none where a text is of no document."""
    places: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        if not example.document:
            return []
        places.setdefault(example.document, []).append(place)
    return list(places.values())


def smooth(chain: LabelChain, examples: Sequence[Placed], alone: Floats) -> Floats:
    """Smooth the probabilities of texts, [texts, labels], each alone, into those within their documents."""
    smoothed = alone.copy()
    for places in documents(examples):
        smoothed[places] = chain.smooth(alone[places])
    return smoothed


def learn(
    labels: Sequence[str], train: Sequence[Placed], tune: Sequence[Placed], alone: Floats
) -> LabelChain | None:
    """Count transitions in train, and choose the evidence weight of the least loss on validation.

    Args:
        labels: Of the task, one of which each text has.
        train: Its examples.
        tune: Those of validation.
        alone: Probabilities of the latter, [texts, labels].

    Returns:
        None where the texts are of no documents, or validation does not get better.
    """
    if not documents(train) or not documents(tune):
        return None
    place = {label: n for n, label in enumerate(labels)}
    gold = [place[example.labels[0]] for example in train]
    initial, prior = np.full(len(labels), UNSEEN), np.full(len(labels), UNSEEN)
    transition = np.full((len(labels), len(labels)), UNSEEN)
    for places in documents(train):
        initial[gold[places[0]]] += 1
        for before, after in pairwise(places):
            transition[gold[before], gold[after]] += 1
    np.add.at(prior, gold, 1)
    chain = LabelChain(
        initial / initial.sum(), transition / transition.sum(axis=1, keepdims=True), prior / prior.sum(), 1.0
    )
    truth = [place[example.labels[0]] for example in tune]

    def loss(probabilities: Floats) -> float:
        return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-9)).mean())

    candidates = [replace(chain, evidence_weight=evidence_weight) for evidence_weight in EVIDENCE_WEIGHTS]
    best = min(candidates, key=lambda candidate: loss(smooth(candidate, tune, alone)))
    return best if loss(smooth(best, tune, alone)) < loss(alone) else None
