"""Answer cache: answers by what was asked, each made once; who asks while another makes one waits for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class AnswerCache(Generic[Key, Answer]):
    """The last answers of a process; for several threads.

    >>> cache = AnswerCache[str, int](most=1000)
    >>> futures, to_make = cache.claim(["two", "two"])
    >>> for key in to_make:
    ...     cache.settle(key, futures[key], 2)
    >>> futures["two"].result(), cache.claim(["two"])[1]
    (2, [])
    """

    def __init__(self, most: int) -> None:
        """Keep so many answers at most."""
        self._most = most
        self._answers: OrderedDict[Key, Future[Answer]] = OrderedDict()
        self._lock = Lock()

    def claim(self, keys: Iterable[Key]) -> tuple[dict[Key, Future[Answer]], list[Key]]:
        """Give the future of each key, and the keys that nobody has asked for.

        The caller settles each of the latter, whatever happens, before it waits for any future.
        """
        futures: dict[Key, Future[Answer]] = {}
        to_make = []
        with self._lock:
            for key in keys:
                future = self._answers.get(key)
                if future is None:
                    future = self._answers[key] = Future()
                    to_make.append(key)
                else:
                    self._answers.move_to_end(key)
                futures[key] = future
        return futures, to_make

    def settle(self, key: Key, future: Future[Answer], answer: Answer, keep: bool = True) -> None:
        """Give an answer to who waits, unless there is one; what is not kept is asked for again."""
        if future.done():
            return
        with self._lock:
            if not keep and self._answers.get(key) is future:
                del self._answers[key]
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        future.set_result(answer)

    def __len__(self) -> int:
        """Count what is kept, or being made."""
        return len(self._answers)
