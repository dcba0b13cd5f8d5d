"""CTranslate2 engines: how they are opened and fed, and matrix products that are the same on every call."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CPU_INFO = Path("/proc/cpuinfo")
MEMORY_INFO = Path("/proc/meminfo")
CONTROL_GROUP = Path("/sys/fs/cgroup")


def vnni() -> bool | None:
    """Tell whether the processor has VNNI (int8 products summed in 32 bits); None without /proc/cpuinfo.

    Without it the engine takes about twice as long, and its sums of pairs overflow at 16 bits: answers are
    as good on average, but not equal to the bit (docs/decisions/0002-equal-length-batches.md).
    """
    return "vnni" in CPU_INFO.read_text(encoding="utf-8") if CPU_INFO.is_file() else None


def on_cpu(supported: Collection[str], threads: int) -> dict[str, Any]:
    """Give the options that open an engine on the CPU: int8 where supported, `threads` calls at a time.

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
    """Group rows of equal length, short ones first, at most `tokens` tokens per group.

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

    By einsum, not BLAS: a dot product is then the same to the bit whatever the shapes and the threads, and
    worker processes do not compete for the cores.
    """
    product: NDArray[np.float32] = np.einsum("nd,ld->nl", rows, weights, optimize=False)
    return product


EXACT = 1 << 24
"""Whole numbers below this are exact in float32."""

STEPS = 127
"""Steps between zero and the largest value of a row, when `ExactMatrix` quantises it."""


class ExactMatrix:
    """Weights quantised to integers so small that their float32 products and sums with rows are exact.

    The result is then the same to the bit in whatever order it is summed, so BLAS may do it, several times
    faster than `exact_matmul`. Precision is lost only when rows and weights are quantised.
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        """Quantise weights, [outputs, width], with a scale for each output."""
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
    """Count the cores that this process may use, no more than the quota of its container."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _control_group("cpu.max").partition(" ")
    return max(1, min(cores, int(quota) // int(period))) if quota.isdigit() and period.isdigit() else cores


def spare_memory() -> int | None:
    """Give the bytes that the machine has free, and no more than its container may take; None if unknown."""
    known = []
    with suppress(OSError):
        lines = MEMORY_INFO.read_text().splitlines()
        known += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    if (most := _control_group("memory.max")).isdigit():
        known.append(int(most))
    return min(known, default=None)


def _control_group(name: str) -> str:
    """Read a file of the container's control group (version 2); empty where there is none."""
    try:
        return (CONTROL_GROUP / name).read_text().strip()
    except OSError:
        return ""
