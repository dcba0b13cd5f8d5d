"""Calibration: how well probabilities tell which answers are right, and from where on enough of them are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
"""Of equal count, over which calibration is measured."""


def reliability(sure: Floats, right: Floats, bins: int = BINS) -> list[tuple[float, float, int]]:
    """Return (mean probability, share that came true, count) of bins of equal count, the least sure first."""
    if not len(sure):
        return []
    order = np.argsort(sure, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return [(float(sure[part].mean()), float(right[part].mean()), len(part)) for part in parts]


def error(sure: Floats, right: Floats, bins: int = BINS) -> float:
    """Return the expected calibration error over bins of equal count.

    The error is of Guo et al. 2017, the bins as in Nixon et al. 2019.
    """
    parts = reliability(sure, right, bins)
    return sum(count * abs(probability - share) for probability, share, count in parts) / max(1, len(sure))


def cut(ranked: Floats, right: NDArray[np.generic], precision: float) -> int:
    """Return how many of the surest answers reach a precision: as many as do.

    Where no cut does, the one that comes nearest is taken. A cut keeps a tenth of the answers at least, and
    all of equal probability.

    Args:
        ranked: Probabilities, the surest first; one at least.
        right: 1 or 0 for whether each came true.
        precision: To be reached.

    >>> cut(np.array([0.9, 0.8, 0.6, 0.5]), np.array([1, 1, 1, 0]), 0.9)
    3
    """
    precisions = np.cumsum(right) / np.arange(1, len(right) + 1)
    ends = np.append(np.diff(ranked) < 0, True)
    usable = np.flatnonzero(ends & (np.arange(1, len(ranked) + 1) >= 0.1 * len(ranked)))
    reaching = usable[precisions[usable] >= precision]
    return 1 + int(reaching[-1] if len(reaching) else usable[np.argmax(precisions[usable])])
