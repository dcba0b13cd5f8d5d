"""Metrics of predictions against gold labels, both as 0/1 of [texts, labels]."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.int64]


def decide(kind: str, probabilities: NDArray[np.float64], thresholds: Sequence[float] = ()) -> Flags:
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
    found = {"macro_f1": float(by_label[occurs].mean())}
    if kind == "single":
        found["accuracy"] = float((gold * predicted).sum() / max(1, len(gold)))
    else:
        found["micro_f1"] = float(f1(gold, predicted, axis=None))
        found["any_f1"] = float(f1(gold.max(axis=1), predicted.max(axis=1), axis=None))
    if len(labels) == 1:
        found["precision"] = float((gold * predicted).sum() / max(1, predicted.sum()))
        found["recall"] = float((gold * predicted).sum() / max(1, gold.sum()))
    return found | {f"{label}_f1": float(value) for label, value in zip(labels, by_label, strict=True)}


def f1(gold: Flags, predicted: Flags, axis: int | None) -> NDArray[np.float64]:
    """Return 2TP / (gold + predicted), 0 where neither holds anything.

    >>> float(f1(np.array([1, 1, 0]), np.array([1, 0, 0]), None).round(3))
    0.667
    """
    total = gold.sum(axis=axis) + predicted.sum(axis=axis)
    return np.asarray(2 * (gold * predicted).sum(axis=axis) / np.maximum(1, total), np.float64)


def calibration_error(kind: str, probabilities: NDArray[np.float64], gold: Flags, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal count (Guo et al.

    2017; equal mass as in Nixon et al. 2019).

    "single": of the most probable label. "multi": of all (text, label) pairs of probability .1 or more; the
    countless pairs near zero would hide any error.
    """
    if kind == "single":
        best = probabilities.argmax(axis=1)
        sure, right = probabilities.max(axis=1), gold[np.arange(len(gold)), best].astype(np.float64)
    else:
        chosen = probabilities >= 0.1
        sure, right = probabilities[chosen], gold[chosen].astype(np.float64)
    if not len(sure):
        return 0.0
    order = np.argsort(sure, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return float(sum(len(part) * abs(sure[part].mean() - right[part].mean()) for part in parts) / len(order))
