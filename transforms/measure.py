"""Measure: counters and seconds by stage, as Beam metrics and as totals that reach the `runs` row.

Beam's metrics are read by a runner's monitoring; a runner that detaches gives them to nobody. So
the same numbers also travel with the published files, summed per process since the last `take`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from apache_beam.metrics import Metrics

_lock = threading.Lock()
_totals: Counter[str] = Counter()


def count(stage: str, name: str, amount: int = 1) -> None:
    """Add to a stage's counter: ``in``, ``out``, ``rejected`` or another of its own."""
    if amount:
        Metrics.counter(stage, name).inc(amount)
        with _lock:
            _totals[f"{stage}.{name}"] += amount


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Add the wall time of a block to a stage's ``milliseconds`` and seconds."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spent = time.perf_counter() - began
        Metrics.distribution(stage, "milliseconds").update(round(spent * 1000))
        with _lock:
            _totals[f"{stage}.microseconds"] += round(spent * 1_000_000)


def take() -> dict[str, int]:
    """Return the process's totals since the last call, and begin anew."""
    with _lock:
        totals = dict(_totals)
        _totals.clear()
    return totals
