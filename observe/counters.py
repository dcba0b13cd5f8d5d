"""Count documents, rows and seconds by stage, for the process and as Beam metrics.

The namespace of a metric is its stage, a verb; ``in``, ``out`` and ``rejected`` count documents,
and ``fault`` those lost to an exception.
Further namespaces: ``reject`` counts rejects as ``STAGE.REASON``, ``flag`` signs of fraud by
severity, ``rows`` rows by table.

What a process has counted since the last `take` travels with the files that it writes into the row of
`runs`; `totals` are what `observe.prometheus` shows while a stream runs. Other receivers are plugged in from
above: `pipelines.stages` plugs in Beam's metrics, which a runner's monitoring reads.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

_lock = threading.Lock()
_totals: Counter[str] = Counter()
_since_start: Counter[str] = Counter()


class Meter(Protocol):
    """A receiver of every number, such as Beam's metrics."""

    def count(self, stage: str, name: str, amount: int) -> None:
        """Add to a counter."""

    def spread(self, stage: str, name: str, value: int) -> None:
        """Add a value to a distribution."""


_meters: list[Meter] = []


def plug_in(meter: Meter) -> None:
    """Send every number of this process to a meter, too, from now on."""
    _meters.append(meter)


def count(stage: str, name: str, amount: int = 1) -> None:
    """Add to a stage's counter: ``in``, ``out``, ``rejected`` or another of its own."""
    if amount:
        for meter in _meters:
            meter.count(stage, name, amount)
        _add({f"{stage}.{name}": amount})


def spread(stage: str, name: str, value: int) -> None:
    """Add a value to a stage's distribution; totals keep its ``sum`` and ``count``."""
    for meter in _meters:
        meter.spread(stage, name, value)
    _add({f"{stage}.{name}.sum": value, f"{stage}.{name}.count": 1})


def rejects(reasons: Mapping[str, int]) -> None:
    """Count rejects by their ``stage reason``."""
    for reason, amount in reasons.items():
        count("reject", reason.replace(" ", ".", 1), amount)


def record(numbers: Mapping[str, int]) -> None:
    """Add to totals that go into the row of `runs` alone, since they are too many for a monitoring system."""
    _add(numbers)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Add the wall time of a block to a stage's ``milliseconds`` and seconds."""
    start = time.perf_counter()
    try:
        yield
    finally:
        spent(stage, time.perf_counter() - start)


def spent(stage: str, seconds: float) -> None:
    """Add a wall time to a stage's ``milliseconds`` and seconds."""
    for meter in _meters:
        meter.spread(stage, "milliseconds", round(seconds * 1000))
    _add({f"{stage}.microseconds": round(seconds * 1_000_000)})


def take() -> dict[str, int]:
    """Return the process's totals since the last call, and reset them."""
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
