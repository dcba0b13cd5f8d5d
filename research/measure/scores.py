"""What chance alone does to a calibration error, and the risk that is left when fewer answers are kept."""

import numpy as np

from docassay.models import calibration
from docassay.train.score import BINS, Floats, answers


def unavoidable_error(kind: str, probabilities: Floats, rounds: int = 50) -> float:
    """Return the error that a perfectly calibrated head of the same probabilities would show by chance.

    Few texts make for few answers a bin: the error is never negative, so chance alone raises it (the
    consistency bars of Broecker and Smith 2007, doi:10.1175/WAF993.1). Labels are drawn from the
    probabilities, and the mean over the rounds is taken.
    """
    chance = np.random.default_rng(0)
    sure, _ = answers(kind, probabilities, np.zeros(probabilities.shape, np.int64))
    drawn = [(chance.random(len(sure)) < sure).astype(np.float64) for _ in range(rounds)]
    return float(np.mean([calibration.error(sure, right, BINS) for right in drawn]))


def coverage(sure: Floats, right: Floats, points: int = 50) -> list[tuple[float, float]]:
    """Return (share of the answers kept, share of those that are wrong), keeping the surest first."""
    if not len(sure):
        return []
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(1 - right[order])
    ends = np.unique(np.linspace(1, len(order), min(points, len(order))).round().astype(int))
    return [(float(end / len(order)), float(wrong[end - 1] / end)) for end in ends]
