"""Choose temperature, thresholds and the point of abstention of a head on validation data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar  # type: ignore[import-untyped]
from scipy.special import expit  # type: ignore[import-untyped]

from training.corpora.example import Kind
from training.heads import Floats, probabilities
from training.score import Flags, decide, f1

FEWEST_POSITIVES = 8
"""A label with fewer validation positives gets the threshold of the whole head: its own would be chance."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `model.toml` says of a head's probabilities.

    `precision` is that of the answers kept, on validation data.
    """

    temperature: float
    thresholds: tuple[float, ...]
    abstain_below: float
    precision: float
    kept: float


def calibrate(kind: Kind, logits: Floats, gold: Flags, precision: float) -> Calibration:
    """Choose everything for one head from its validation logits [texts, labels]."""
    temperature = round(fit_temperature(kind, logits, gold), 3)
    calibrated = probabilities(kind, logits, temperature)
    thresholds = () if kind == "single" else choose_thresholds(calibrated, gold)
    predicted = decide(kind, calibrated, thresholds)
    given = predicted.astype(bool)
    below, reached, kept = abstention(calibrated[given], gold[given], precision)
    return Calibration(temperature, thresholds, below, reached, kept)


def fit_temperature(kind: str, logits: Floats, gold: Flags) -> float:
    """Minimise the negative log-likelihood over one temperature (Guo et al.

    2017, arXiv:1706.04599), between .2 and 5.
    """

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        if kind == "single":
            largest = scaled.max(axis=1, keepdims=True)
            norm = largest[:, 0] + np.log(np.exp(scaled - largest).sum(axis=1))
            return float((norm - (scaled * gold).sum(axis=1)).mean())
        return float((np.logaddexp(0.0, scaled) - scaled * gold).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded").x))


def fit_offset(logits: Floats, gold: Flags) -> float:
    """Return what to add to all logits of a multi-label head to expect as many labels as there are.

    Fine-tuning shows labelled texts more often than they occur, which a temperature cannot undo. The offset
    goes into the head's bias (Platt 1999, with the slope left to the temperature).
    """

    def surplus(offset: float) -> float:
        return float(expit(logits + offset).sum() - gold.sum())

    return float(brentq(surplus, -12.0, 12.0)) if gold.any() else 0.0


def choose_thresholds(calibrated: Floats, gold: Flags) -> tuple[float, ...]:
    """Choose per label the threshold of best F1, pulled half way to the head's common one.

    Rare labels take the common one.

    The pull is because a label's best threshold on some dozen positives is largely chance.
    """
    grid = np.round(np.arange(0.1, 0.91, 0.02), 2)
    common = float(
        grid[int(np.argmax([f1(gold, decide("multi", calibrated, [t] * gold.shape[1]), None) for t in grid]))]
    )
    chosen = []
    for column in range(gold.shape[1]):
        own, truth = calibrated[:, column], gold[:, column]
        scores = np.array([f1(truth, (own >= t).astype(np.int64), None) for t in grid])
        best = float(grid[np.flatnonzero(scores >= scores.max() - 1e-9)].mean())
        enough = truth.sum() >= FEWEST_POSITIVES
        chosen.append(
            round((best + common) / 2 if enough and gold.shape[1] > 1 else best if enough else common, 3)
        )
    return tuple(chosen)


def abstention(sure: Floats, right: NDArray[np.int64], precision: float) -> tuple[float, float, float]:
    """Return the lowest probability from which on answers reach a precision, and what is reached.

    The second number is that precision, the third the share of answers kept.

    Where no cut that keeps a tenth of the answers reaches it, the cut of the highest precision among those
    is taken.

    >>> abstention(np.array([0.9, 0.8, 0.6, 0.5]), np.array([1, 1, 1, 0]), 0.9)
    (0.6, 1.0, 0.75)
    """
    if not len(sure):
        return 0.0, 0.0, 0.0
    order = np.argsort(-sure, kind="stable")
    ranked, correct = sure[order], right[order]
    precisions = np.cumsum(correct) / np.arange(1, len(correct) + 1)
    ends = np.append(np.diff(ranked) < 0, True)
    usable = np.flatnonzero(ends & (np.arange(1, len(ranked) + 1) >= 0.1 * len(ranked)))
    reaching = usable[precisions[usable] >= precision]
    last = int(reaching[-1] if len(reaching) else usable[np.argmax(precisions[usable])])
    below = 0.0 if last == len(ranked) - 1 else float(np.floor(ranked[last] * 1000) / 1000)
    return below, round(float(precisions[last]), 3), round((last + 1) / len(ranked), 3)
