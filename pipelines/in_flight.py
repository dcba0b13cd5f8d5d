"""The work of a bundle that is under way in other threads or processes."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

About = TypeVar("About")


class InFlight(Generic[About]):
    """A queue of futures that gives them back in the order in which they were added.

    >>> queue, done = InFlight[str](most=1), Future()
    >>> queue.add(Future(), "first"), list(queue.done())
    (None, [])
    """

    def __init__(self, most: int, most_chars: int = sys.maxsize) -> None:
        """Begin with nothing under way.

        Args:
            most: Futures that may be under way, or wait for one before them.
            most_chars: Characters of these.
        """
        self._most = most
        self._most_chars = most_chars
        self._chars = 0
        self._queue: deque[tuple[About, Future[Any], int]] = deque()

    def __len__(self) -> int:
        """Count the futures."""
        return len(self._queue)

    def add(self, future: Future[Any], about: About, chars: int = 0) -> None:
        """Add a future with what it is about, and the characters of that."""
        self._queue.append((about, future, chars))
        self._chars += chars

    def done(self) -> Iterator[tuple[About, Future[Any]]]:
        """Yield the first futures as far as they have ended, or more are under way than may be."""
        while self._queue and (
            self._queue[0][1].done() or len(self._queue) > self._most or self._chars > self._most_chars
        ):
            yield self._take()

    def rest(self) -> Iterator[tuple[About, Future[Any]]]:
        """Yield all that are left."""
        while self._queue:
            yield self._take()

    def _take(self) -> tuple[About, Future[Any]]:
        about, future, chars = self._queue.popleft()
        self._chars -= chars
        return about, future
