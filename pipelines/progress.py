"""The progress of a run on this machine, for whoever watches it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from docassay.observe import counters


class Watch(Protocol):
    """Is told how far a run is."""

    def __call__(self, done: int, total: int, *, rejects: int) -> None:
        """Take the documents done, rejects among them, and all, as far as they are known."""


@contextmanager
def watched(watch: Watch, folder: str, count: Callable[[threading.Event], int]) -> Iterator[None]:
    """Tell `watch` how far a run on this machine is, a few times a second, while the context is open.

    Args:
        watch: Is called from another thread.
        folder: Where the run's processes write their numbers; see `observe.counters`.
        count: Counts all documents, from another thread; 0 where it cannot. It is told when it should stop.
    """
    stop = threading.Event()
    total = 0

    def set_total() -> None:
        nonlocal total
        total = count(stop)

    def poll() -> None:
        while not stop.wait(0.3):
            progress = counters.total_progress(folder)
            watch(progress["done"], total or progress["found"], rejects=progress["rejected"])

    threading.Thread(target=set_total, name="count", daemon=True).start()
    thread = threading.Thread(target=poll, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
