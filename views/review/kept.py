"""Kept: what was made of the documents looked at last; who waits for one holds up nobody else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """What was made of some documents, the longest unused of which is dropped."""

    def __init__(self, most: int) -> None:
        """Keep no more than so many."""
        self._most = most
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}

    def get(self, doc_id: str, make: Callable[[], Made]) -> Made:
        """Give what is kept of a document, or make it; who asks for the same meanwhile waits for it."""
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

    def at_hand(self) -> dict[str, Made]:
        """Give all that is kept."""
        with self._lock:
            return dict(self._made)
