"""Pools of workers, and `run`, which takes a worker for one request."""

from __future__ import annotations

import atexit
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from math import inf
from typing import Any, TypeVar

from docassay.schemas.errors import RunError
from docassay.transforms.formats import REASONS, Limits, Unusable
from docassay.transforms.isolation.worker import GRACE_SECONDS, Worker

Response = TypeVar("Response")

_LIES = (AttributeError, LookupError, TypeError, ValueError, RecursionError, struct.error)
"""What reading a response raises that is not what it should be."""

NO_ANSWER = "the reader's process gave no answer that can be read"
MOST_DETAIL = 500
"""Characters of a worker's own words that are kept."""


class Pool:
    """Workers that run one function, each for one thread at a time; an idle one is used again, by any thread.

    Use it as a context manager, or call `close`. A worker also ends when its parent does.
    """

    def __init__(self, function: str, limits: Limits, reasons: frozenset[str] = frozenset(REASONS)) -> None:
        """Start no process yet; the first request does.

        Args:
            function: ``module:name``; see `isolation.child`.
            limits: Those of each worker: seconds of a request, bytes of its memory.
            reasons: Those that a worker may give; any other becomes ``crashed``.
        """
        self.limits = limits
        self._function = function
        self._reasons = reasons
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._working: set[Worker] = set()
        self._is_closed = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, request: Any, read: Callable[[Any], Response], most: int | None = None) -> Response:
        """Have a worker answer a request.

        Args:
            request: What it is asked.
            read: Makes something of the response; what it raises of a wrong one is the worker's fault.
            most: Bytes that the response may have; None: as many as the worker's memory.

        Raises:
            Unusable: It did not: the reason and the detail of a reject.
            RunError: The machine lacks something.
            RuntimeError: The pool is closed.
        """
        for response in self.stream(request, read, most=most):
            return response
        raise Unusable("crashed", NO_ANSWER)

    def stream(
        self,
        request: Any,
        read: Callable[[Any], Response],
        answer: Callable[[Any], Any] | None = None,
        seconds: float = inf,
        most: int | None = None,
    ) -> Iterator[Response]:
        """Have a worker give one message after the other, each made when it is asked for.

        Each may take the seconds of the limits. A worker whose messages are not read to the end is killed.

        Args:
            request: What it is asked.
            read: As in `run`.
            answer: Answers the worker's calls; raises `ValueError` where one asks for what there is not.
            seconds: That all messages together may take.
            most: Bytes that a message may have; None: as many as the worker's memory.

        Raises:
            Unusable, RunError, RuntimeError: As in `run`.
        """
        worker = self._take()
        is_whole, left = False, self.limits.seconds
        try:
            while not is_whole:
                began = time.monotonic()
                kind, value = worker.ask(request, began + min(left, seconds) + GRACE_SECONDS, most)
                spent = time.monotonic() - began  # what this process does in between is not the worker's time
                left, seconds = left - spent, seconds - spent
                if kind == "call" and answer is not None:
                    request = answer(value)
                    continue
                if kind == "error":
                    raise RunError(str(value)[:MOST_DETAIL])
                if kind == "refused":
                    reason, detail = value
                    # After these its heap is full of holes.
                    is_whole = reason not in ("out_of_memory", "crashed")
                    raise Unusable(
                        reason if reason in self._reasons else "crashed", str(detail)[:MOST_DETAIL]
                    )
                if kind not in ("item", "done"):
                    raise ValueError("no such message")
                is_whole = kind == "done"
                request, left = None, self.limits.seconds
                if kind == "item" or value is not None:
                    yield read(value)
        except _LIES:
            is_whole = False
            raise Unusable("crashed", NO_ANSWER) from None
        finally:
            self._put_back(worker, is_whole)

    def close(self) -> None:
        """Kill the workers, those at work, too: whoever waits for these is told that they crashed."""
        with self._lock:
            self._is_closed = True
            for worker in self._working:
                worker.end()
            while self._idle:
                self._idle.pop().kill()

    def _take(self) -> Worker:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the pool is closed")
            while self._idle and not self._idle[-1].is_usable:
                self._idle.pop().kill()
            worker = self._idle.pop() if self._idle else Worker(self._function, self.limits)
            self._working.add(worker)
        worker.requests += 1
        return worker

    def _put_back(self, worker: Worker, is_whole: bool) -> None:
        with self._lock:
            self._working.remove(worker)
            if is_whole and not self._is_closed:
                self._idle.append(worker)
                return
        worker.kill()


def run(function: str, request: Any, limits: Limits, read: Callable[[Any], Response]) -> Response:
    """Run a function on a request in a process that has seen no other; see `Pool.run`."""
    with Pool(function, limits) as pool:
        return pool.run(request, read)


@cache
def shared_pool(
    function: str, seconds: float, memory_bytes: int, reasons: frozenset[str] = frozenset(REASONS)
) -> Pool:
    """Give the pool of a function that this process shares; its workers end with the process."""
    pool = Pool(function, Limits(seconds=seconds, memory_bytes=memory_bytes), reasons)
    atexit.register(pool.close)
    return pool
