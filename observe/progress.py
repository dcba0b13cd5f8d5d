"""Report progress of a run on one machine: workers write small files, which the command adds up."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from pathlib import Path

_INTERVAL = 0.2
_lock = threading.Lock()
_counts: Counter[tuple[str, str]] = Counter()
_written: dict[tuple[str, str], float] = {}


def report(folder: str, what: str, amount: int = 1, now: bool = False) -> None:
    """Add to the number of documents that this process has ``found`` or ``done``; writes now and then.

    Outside the local file system it does nothing: there the runner's console shows progress.
    """
    if "://" in folder:
        return
    key = (folder, what)
    with _lock:
        _counts[key] += amount
        if not now and time.monotonic() - _written.get(key, 0.0) < _INTERVAL:
            return
        _written[key] = time.monotonic()
        number = _counts[key]
    path = Path(folder, "progress")
    path.mkdir(parents=True, exist_ok=True)
    part = path / f"{os.getpid()}.{what}.part"
    part.write_text(str(number))
    part.replace(path / f"{os.getpid()}.{what}")


def total(folder: str) -> tuple[int, int]:
    """Add up the documents that all processes have done and found."""
    sums = {"done": 0, "found": 0}
    for what in sums:
        for path in Path(folder, "progress").glob(f"*.{what}"):
            try:
                sums[what] += int(path.read_text())
            except (OSError, ValueError):  # the run has just ended, or the folder is being swept
                continue
    return sums["done"], sums["found"]
