"""Ledger: the inputs of a stream that are under way in this process, and the positions to commit.

Where one process reads, parses and publishes (`docassay stream` on one machine), the position of the
source may be committed only after the rows are visible. A mail becomes several documents, which may be
published in different groups, so an input counts as published when the last of them is. On Flink and
Dataflow no input is opened here, and every call does nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from docassay.schemas.uris import file_of

GAP_SECONDS = 30.0
"""How long an offset may be missing before the offsets after it are committed: brokers leave gaps."""


@dataclass(slots=True)
class _Entry:
    outstanding: int = 0
    positions: list[tuple[str, int | str]] = field(default_factory=list)


@dataclass(slots=True)
class _Partition:
    next: int
    done: set[int] = field(default_factory=set)
    open: set[int] = field(default_factory=set)
    stuck_since: float | None = None


class Ledger:
    """The inputs under way, by the URI of the message or file; attachments count with their mail."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, for a new stream in the same process."""
        with self._lock:
            self._entries: dict[str, _Entry] = {}
            self._partitions: dict[str, _Partition] = {}
            self._acknowledged: list[str] = []
            self._arrivals: dict[str, float] = {}
            self.active = False
            self.settled = 0
            self.looked = False
            self.touched = time.monotonic()

    def look(self) -> None:
        """Note that the source has been polled; before the first poll, silence does not count as idle."""
        with self._lock:
            if not self.looked:
                self.looked = True
                self.touched = time.monotonic()

    def start(self, partition: str, offset: int) -> None:
        """Set the offset from which a partition is read."""
        with self._lock:
            self._partitions[partition] = _Partition(offset)

    def open(self, uri: str, partition: str = "", position: int | str = "") -> None:
        """Add an input; `position` is its offset, or the id that acknowledges it."""
        if not self.active:
            return
        uri = file_of(uri)
        with self._lock:
            entry = self._entries.setdefault(uri, _Entry())
            entry.outstanding += 1
            if position != "":
                entry.positions.append((partition, position))
            if isinstance(position, int):
                self._partitions.setdefault(partition, _Partition(position)).open.add(position)
            self._arrivals.setdefault(uri, time.time())
            self.touched = time.monotonic()

    def expect(self, uri: str, amount: int = 1) -> None:
        """Expect so many more outcomes of an input: of its attachments, or of the lines of a file."""
        with self._lock:
            entry = self._entries.get(file_of(uri))
            if entry:
                entry.outstanding += amount

    def settle(self, uris: Iterable[str]) -> None:
        """Count one outcome of each input as published, or as passed over."""
        with self._lock:
            self.touched = time.monotonic()
            for uri in map(file_of, uris):
                if uri in self._entries:
                    self._entries[uri].outstanding -= 1
                    self._close(uri)

    def _close(self, uri: str) -> None:
        entry = self._entries.get(uri)
        if entry is None or entry.outstanding > 0:
            return
        del self._entries[uri]
        self.settled += 1
        self._arrivals.pop(uri, None)
        for partition, position in entry.positions:
            if isinstance(position, int):
                self._partitions[partition].open.discard(position)
                self._partitions[partition].done.add(position)
            else:
                self._acknowledged.append(position)

    def committable(self) -> dict[str, int]:
        """Give, by partition, the offset after the contiguous prefix of published messages."""
        with self._lock:
            for partition in self._partitions.values():
                _advance(partition)
            return {name: partition.next for name, partition in self._partitions.items()}

    def acknowledged(self) -> list[str]:
        """Take the acknowledgement ids of inputs published since the last call."""
        with self._lock:
            done, self._acknowledged = self._acknowledged, []
            return done

    def waiting(self) -> list[str]:
        """List the acknowledgement ids of inputs under way."""
        with self._lock:
            return [
                position
                for entry in self._entries.values()
                for _, position in entry.positions
                if isinstance(position, str)
            ]

    @property
    def under_way(self) -> int:
        """Count the inputs under way."""
        return len(self._entries)

    @property
    def oldest(self) -> float | None:
        """Give the time at which the oldest input under way was added, in seconds since 1970."""
        with self._lock:
            return min(self._arrivals.values(), default=None)


def _advance(partition: _Partition) -> None:
    while partition.next in partition.done:
        partition.done.discard(partition.next)
        partition.next += 1
        partition.stuck_since = None
    passed = {n for n in partition.done if n < partition.next}
    partition.done -= passed
    if not partition.done or partition.next in partition.open:
        partition.stuck_since = None
        return
    now = time.monotonic()
    partition.stuck_since = partition.stuck_since or now
    if now - partition.stuck_since > GAP_SECONDS:
        partition.next = min(partition.done | partition.open)
        partition.stuck_since = None
        _advance(partition)


LEDGER = Ledger()
"""The ledger of this process."""
