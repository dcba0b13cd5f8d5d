"""What the users of a CTranslate2 engine share: how it is opened, fed, and its states multiplied."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ABOUT = Path("/proc/cpuinfo")


def vnni() -> bool | None:
    """Tell whether the processor multiplies int8 into 32 bits; None where it does not say.

    Without these instructions the engine takes about twice as long, and its sums of pairs overflow at 16
    bits: answers are as good in the mean, but not equal to the bit (docs/decisions/0002-*.md).
    """
    return "vnni" in ABOUT.read_text(encoding="utf-8") if ABOUT.is_file() else None


def on_cpu(supported: Collection[str], threads: int) -> dict[str, Any]:
    """Say how to open an engine on processors: int8 where they can, `threads` calls at a time.

    Args:
        supported: What `ctranslate2.get_supported_compute_types` gives.
        threads: Calls of the engine at a time; each uses one core.
    """
    return {
        "device": "cpu",
        "compute_type": "int8" if "int8" in supported else "default",
        "inter_threads": threads,
        "intra_threads": 1,
    }


def micro_batches(lengths: Iterable[tuple[int, int]], tokens: int) -> list[list[int]]:
    """Group rows of one length, short ones first, at most `tokens` to a group.

    Args:
        lengths: Number and length of each row.
        tokens: Tokens of a group; a longer row is a group of its own.

    Returns:
        The numbers of each group.

    >>> micro_batches([(0, 7), (1, 3), (2, 7)], 100)
    [[1], [0, 2]]
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, length in lengths:
        by_length[length].append(number)
    return [
        numbers[at : at + step]
        for length, numbers in sorted(by_length.items())
        for step in [max(1, tokens // length)]
        for at in range(0, len(numbers), step)
    ]


def exact_matmul(rows: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply rows, [rows, width], with weights, [outputs, width]: [rows, outputs].

    By einsum, not BLAS: a dot product is then the same to the bit whatever the shapes and threads around
    it, and worker processes do not fight over the cores.
    """
    found: NDArray[np.float32] = np.einsum("nd,ld->nl", rows, weights, optimize=False)
    return found


EXACT = 1 << 24
"""Whole numbers below this are exact in float32."""

STEPS = 127
"""Steps between zero and the largest value of a row, when `ExactMatrix` rounds it."""


class ExactMatrix:
    """Weights as whole numbers so small that float32 multiplies rows with them without any rounding.

    The sum is then the same to the bit in whatever order it is taken, so BLAS may take it, which is several
    times faster than `exact_matmul`. What is lost is lost before, when rows and weights are rounded.
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        """Round weights, [outputs, width], each output's to a scale of its own."""
        steps = (EXACT - 1) // (STEPS * weights.shape[1])
        largest = np.abs(weights).max(axis=1)
        self._scale = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(steps)
        self._whole = np.rint(weights / self._scale[:, None]).astype(np.float32).T.copy()

    def matmul(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Multiply rows, [rows, width]: [rows, outputs]."""
        largest = np.abs(rows).max(axis=1, initial=0)
        scale = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(STEPS)
        whole: NDArray[np.float32] = np.rint(rows / scale[:, None]) @ self._whole
        scaled: NDArray[np.float32] = whole * scale[:, None] * self._scale
        return scaled


def default_threads() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
