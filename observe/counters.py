"""Measure: counters, distributions and seconds by stage, as Beam metrics and as totals of the process.

The namespace of a metric is its stage, a verb; ``in``, ``out`` and ``rejected`` count documents.
Further namespaces: ``reject`` counts rejects as ``STAGE.REASON``, ``flag`` signs of fraud by
severity, ``rows`` rows by table.

Beam's metrics are read by a runner's monitoring; a runner that detaches gives them to nobody. So
the same numbers also travel with the published files, summed per process since the last `take`,
into the `runs` row; and `totals` are what `observe.prometheus` shows while a stream runs.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from apache_beam.metrics import Metrics

_lock = threading.Lock()
_totals: Counter[str] = Counter()
_since_start: Counter[str] = Counter()


def count(stage: str, name: str, amount: int = 1) -> None:
    """Add to a stage's counter: ``in``, ``out``, ``rejected`` or another of its own."""
    if amount:
        _counter(stage, name).inc(amount)
        _add({f"{stage}.{name}": amount})


def spread(stage: str, name: str, value: int) -> None:
    """Add a value to a stage's distribution; totals keep its ``sum`` and ``count``."""
    _distribution(stage, name).update(value)
    _add({f"{stage}.{name}.sum": value, f"{stage}.{name}.count": 1})


def rejects(reasons: Mapping[str, int]) -> None:
    """Count rejects by their ``stage reason``."""
    for reason, amount in reasons.items():
        count("reject", reason.replace(" ", ".", 1), amount)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Add the wall time of a block to a stage's ``milliseconds`` and seconds."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spent(stage, time.perf_counter() - began)


def spent(stage: str, seconds: float) -> None:
    """Add a wall time to a stage's ``milliseconds`` and seconds."""
    _distribution(stage, "milliseconds").update(round(seconds * 1000))
    _add({f"{stage}.microseconds": round(seconds * 1_000_000)})


def take() -> dict[str, int]:
    """Return the process's totals since the last call, and begin anew."""
    with _lock:
        totals = dict(_totals)
        _totals.clear()
    return totals


def totals() -> dict[str, int]:
    """Return the process's totals since it started."""
    with _lock:
        return dict(_since_start)


def _add(numbers: Mapping[str, int]) -> None:
    with _lock:
        for name, amount in numbers.items():
            _totals[name] += amount
            _since_start[name] += amount


@cache
def _counter(stage: str, name: str) -> Any:
    return Metrics.counter(stage, name)


@cache
def _distribution(stage: str, name: str) -> Any:
    return Metrics.distribution(stage, name)
