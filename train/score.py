"""Metrics of predictions against gold labels, both as 0/1 of [texts, labels]."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from docassay.models import calibration

Kind = Literal["single", "multi"]
Split = Literal["train", "validation", "test"]

Flags = NDArray[np.int64]
Floats = NDArray[np.float64]

BINS = 15
LEAST = 0.1
"""Labels less probable than this say nothing about a multi-label head's calibration."""


def decide(kind: str, probabilities: Floats, thresholds: Sequence[float] = ()) -> Flags:
    """Give the most probable label ("single") or every label that reaches its threshold ("multi")."""
    if kind == "single":
        chosen = np.zeros(probabilities.shape, np.int64)
        chosen[np.arange(len(chosen)), probabilities.argmax(axis=1)] = 1
        return chosen
    return np.asarray(probabilities >= np.asarray(thresholds), np.int64)


def metrics(kind: str, labels: Sequence[str], gold: Flags, predicted: Flags) -> dict[str, float]:
    """Return the usual metrics of a kind of head, and F1 by label as `LABEL_f1`.

    They are accuracy and macro-F1 ("single"), or micro-F1, macro-F1 and the F1 of "has any label"
    ("multi").

    Macro-F1 is over the labels that occur in the gold or the predictions, as scikit-learn does. A head of
    one label also gets its precision and recall.
    """
    by_label = f1(gold, predicted, axis=0)
    occurs = (gold.sum(axis=0) + predicted.sum(axis=0)) > 0
    figures = {"macro_f1": float(by_label[occurs].mean())}
    if kind == "single":
        figures["accuracy"] = float((gold * predicted).sum() / max(1, len(gold)))
    else:
        figures["micro_f1"] = float(f1(gold, predicted, axis=None))
        figures["any_f1"] = float(f1(gold.max(axis=1), predicted.max(axis=1), axis=None))
    if len(labels) == 1:
        figures["precision"] = float((gold * predicted).sum() / max(1, predicted.sum()))
        figures["recall"] = float((gold * predicted).sum() / max(1, gold.sum()))
    return figures | {f"{label}_f1": float(value) for label, value in zip(labels, by_label, strict=True)}


def f1(gold: Flags, predicted: Flags, axis: int | None) -> NDArray[np.float64]:
    """Return 2TP / (gold + predicted), 0 where neither holds anything.

    >>> float(f1(np.array([1, 1, 0]), np.array([1, 0, 0]), None).round(3))
    0.667
    """
    total = gold.sum(axis=axis) + predicted.sum(axis=axis)
    return np.asarray(2 * (gold * predicted).sum(axis=axis) / np.maximum(1, total), np.float64)


def losses(kind: str, logits: Floats, gold: Flags) -> Floats:
    """Return the negative log-likelihood of each text."""
    if kind == "multi":
        return np.asarray((np.logaddexp(0.0, logits) - logits * gold).sum(axis=1), np.float64)
    largest = logits.max(axis=1, keepdims=True)
    norm = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
    return np.asarray(norm - (logits * gold).sum(axis=1), np.float64)


def label_table(labels: Sequence[str], gold: Flags, predicted: Flags) -> dict[str, tuple[float, ...]]:
    """Return by label: precision, recall, F1 and how many texts have it; 0 where nothing divides."""
    right = (gold * predicted).sum(axis=0)
    columns = (
        right / np.maximum(1, predicted.sum(axis=0)),
        right / np.maximum(1, gold.sum(axis=0)),
        f1(gold, predicted, axis=0),
        gold.sum(axis=0),
    )
    return {label: tuple(float(column[at]) for column in columns) for at, label in enumerate(labels)}


def answers(kind: str, probabilities: Floats, gold: Flags, least: float = LEAST) -> tuple[Floats, Floats]:
    """Return the probabilities whose calibration counts, and 1 or 0 for whether each came true.

    "single": of the most probable label. "multi": of all (text, label) pairs of a probability of `least` or
    more; the countless pairs near zero would hide any error.
    """
    if kind == "single":
        best = probabilities.argmax(axis=1)
        return probabilities.max(axis=1), gold[np.arange(len(gold)), best].astype(np.float64)
    chosen = probabilities >= least
    return probabilities[chosen], gold[chosen].astype(np.float64)


def calibration_error(
    kind: str, probabilities: Floats, gold: Flags, bins: int = BINS, least: float = LEAST
) -> float:
    """Return the expected calibration error of `answers` over bins of equal count.

    The error is of Guo et al. 2017, the bins as in Nixon et al. 2019.
    """
    return calibration.error(*answers(kind, probabilities, gold, least), bins)
