"""Count documents, rows and seconds by stage, and the progress of a run.

The namespace of a metric is its stage, a verb; ``in``, ``out`` and ``rejected`` count documents,
and ``fault`` those lost to an exception.
Further namespaces: ``reject`` counts rejects as ``STAGE.REASON``, ``flag`` signs of fraud by
severity, ``rows`` rows by table.

What a process has counted since the last `take` travels with the files that it writes into the row of
`runs`; `totals` are what `observe.prometheus` shows while a stream runs. Other receivers are plugged in from
above: `pipelines.stages` plugs in Beam's metrics, which a runner's monitoring reads.

The progress of a run on one machine goes through small files: workers write them, the command adds them up.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_lock = threading.Lock()
_totals: Counter[str] = Counter()
_since_start: Counter[str] = Counter()

PROGRESS_SECONDS = 0.2
_progress: Counter[tuple[str, str]] = Counter()
_progress_written: dict[tuple[str, str], float] = {}


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
        record({f"{stage}.{name}": amount})


def spread(stage: str, name: str, value: int) -> None:
    """Add a value to a stage's distribution; totals keep its ``sum`` and ``count``."""
    for meter in _meters:
        meter.spread(stage, name, value)
    record({f"{stage}.{name}.sum": value, f"{stage}.{name}.count": 1})


def rejects(reasons: Mapping[str, int]) -> None:
    """Count rejects by their ``stage reason``."""
    for reason, amount in reasons.items():
        count("reject", reason.replace(" ", ".", 1), amount)


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
    record({f"{stage}.microseconds": round(seconds * 1_000_000)})


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


def record(numbers: Mapping[str, int]) -> None:
    """Add to the totals alone: some numbers are too many for a monitoring system."""
    with _lock:
        for name, amount in numbers.items():
            _totals[name] += amount
            _since_start[name] += amount


def report_progress(folder: str, what: str, amount: int = 1, now: bool = False) -> None:
    """Add to a number of `total_progress`; writes now and then.

    Outside the local file system it does nothing: there the runner's console shows progress.
    """
    if "://" in folder:
        return
    key = (folder, what)
    with _lock:
        _progress[key] += amount
        if not now and time.monotonic() - _progress_written.get(key, 0.0) < PROGRESS_SECONDS:
            return
        _progress_written[key] = time.monotonic()
        number = _progress[key]
    path = Path(folder, "progress")
    path.mkdir(parents=True, exist_ok=True)
    part = path / f"{os.getpid()}.{what}.part"
    part.write_text(str(number))
    part.replace(path / f"{os.getpid()}.{what}")


def total_progress(folder: str) -> dict[str, int]:
    """Add up what all processes have ``found`` and ``done``, and how much of the latter was ``rejected``."""
    sums = {"done": 0, "rejected": 0, "found": 0}
    for what in sums:
        for path in Path(folder, "progress").glob(f"*.{what}"):
            try:
                sums[what] += int(path.read_text())
            except (OSError, ValueError):  # the run has just ended, or the folder is being swept
                continue
    return sums
