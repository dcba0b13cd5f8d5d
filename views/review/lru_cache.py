"""Thread-safe LRU cache that computes each entry once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class LruCache(Generic[Made]):
    """Cache of one value per document; the least recently used is evicted."""

    def __init__(self, most: int) -> None:
        """Evict beyond `most` entries."""
        self._most = most
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}

    def get(self, doc_id: str, make: Callable[[], Made]) -> Made:
        """Return the value of a document, computing it if missing.

        Threads that ask for the same document wait for one computation; others are not blocked.
        """
        with self._lock:
            making = self._making.setdefault(doc_id, threading.Lock())
        with making:
            try:
                with self._lock:
                    if doc_id in self._made:
                        self._made.move_to_end(doc_id)
                        return self._made[doc_id]
                made = make()
                with self._lock:
                    self._made[doc_id] = made
                    while len(self._made) > self._most:
                        self._made.popitem(last=False)
                return made
            finally:
                with self._lock:
                    self._making.pop(doc_id, None)

    def entries(self) -> dict[str, Made]:
        """Return a copy of all entries."""
        with self._lock:
            return dict(self._made)
