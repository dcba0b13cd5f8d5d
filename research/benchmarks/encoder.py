"""Encoder speed by row length and token budget, and whether a row's states depend on the rest of its batch.

    python -m research.benchmarks.encoder [--seconds 0.4] [--repeats 3]

Speed is tokens a second on one thread, by the length of the rows and the token budget of a call; each cell
is the median of rounds that visit all cells in turn. Then the states of a row alone are compared with its
states in a batch of equal lengths, and in a batch of longer rows (padded).
docs/decisions/0002-equal-length-batches.md rests on these figures.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import DEFAULT_ENCODER, find
from docassay.models.encoder import MICRO_BATCH_TOKENS, Encoder
from research.benchmarks import report
from tests import corpus

LENGTHS = (16, 32, 64, 96, 128, 192)
BUDGETS = (128, 256, 512, 1_024, 2_048, 4_096, 8_192)


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.encoder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=0.4, help="least time spent on a cell in a round")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    encoder = Encoder(find(DEFAULT_ENCODER))
    rows = encoder.windows([corpus.text(1, n, 4_000) for n in range(60)])
    speeds: dict[tuple[int, int], list[float]] = {(n, b): [] for n in LENGTHS for b in BUDGETS if b >= n}
    for _ in range(options.repeats):
        for length, budget in speeds:
            batch = [_cut(rows[i % len(rows)], length) for i in range(budget // length)]
            speeds[length, budget].append(_speed(encoder, batch, options.seconds))
    median = {cell: statistics.median(values) for cell, values in speeds.items()}
    report.show(
        "tokens a second by row length and tokens per call, one thread",
        ["length", *map(str, BUDGETS)],
        [[n, *(round(median[n, b]) if (n, b) in median else "" for b in BUDGETS)] for n in LENGTHS],
    )
    means = {b: statistics.geometric_mean(median[n, b] for n in LENGTHS if b >= n) for b in BUDGETS}
    gaps = {kind: difference(encoder, rows, kind) for kind in ("equal", "padded")}
    figures = [
        report.figure(
            f"tokens/s of the encoder, one thread, {budget:,} tokens per call", f"{means[budget]:,.0f}"
        )
        for budget in (MICRO_BATCH_TOKENS, 4_096)
    ]
    figures += [
        report.figure(
            "largest difference of a row's states, beside rows of its length", f"{gaps['equal']:g}", "0"
        ),
        report.figure("the same beside longer rows, padded", f"{gaps['padded']:.2g}"),
    ]
    by_cell = [{"length": n, "budget": b, "tokens_per_second": round(s)} for (n, b), s in median.items()]
    report.save("encoder", figures, {"cells": by_cell})


def difference(encoder: Encoder, rows: Sequence[list[int]], kind: str) -> float:
    """Return the largest difference in a row's states between the row alone and the row in a batch."""
    most = 0.0
    for length in (5, 7, 12, *LENGTHS):
        row = _cut(rows[length], length)
        others = length if kind == "equal" else min(2 * length + 2, LENGTHS[-1])
        if kind == "padded" and others == length:
            continue
        batch = [row, *(_cut(rows[length + i], others) for i in range(1, 6))]
        together, alone = _states(encoder, batch)[0, :length], _states(encoder, [row])[0]
        most = max(most, float(np.abs(together - alone).max()))
    return most


def _states(encoder: Encoder, batch: list[list[int]]) -> NDArray[np.float32]:
    return np.array(encoder.engine.forward_batch(batch).last_hidden_state, dtype=np.float32)


def _cut(row: list[int], length: int) -> list[int]:
    """Cut or repeat a row to exactly `length` tokens, its first and last token unchanged."""
    body = row[1:-1] * (1 + length // max(1, len(row) - 2))
    return [row[0], *body[: length - 2], row[-1]]


def _speed(encoder: Encoder, batch: list[list[int]], seconds: float) -> float:
    tokens, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        encoder.engine.forward_batch(batch)
        tokens += sum(map(len, batch))
    return tokens / spent


if __name__ == "__main__":
    main()
