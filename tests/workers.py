"""Workers that the next test uses again, where what they answer is tested, and not that they are new."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import pytest

from docassay.transforms.isolation.worker import Pool, Worker

_kept: dict[tuple[object, ...], Worker] = {}


@contextmanager
def kept_workers() -> Iterator[None]:
    """Keep an idle worker of each pool that is closed, for the next pool of its function and limits."""

    def taking(take: Callable[[Pool], Worker]) -> Callable[[Pool], Worker]:
        @wraps(take)
        def kept_or_new(pool: Pool) -> Worker:
            if not pool._idle and (worker := _kept.pop(_key(pool), None)):
                pool._idle.append(worker)
            return take(pool)

        return kept_or_new

    def closing(close: Callable[[Pool], None]) -> Callable[[Pool], None]:
        @wraps(close)
        def keep_and_close(pool: Pool) -> None:
            if pool._idle and _key(pool) not in _kept:
                _kept[_key(pool)] = pool._idle.pop()
            close(pool)

        return keep_and_close

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pool, "_take", taking(Pool._take))
        patch.setattr(Pool, "close", closing(Pool.close))
        yield


def _key(pool: Pool) -> tuple[object, ...]:
    return pool._function, pool.limits


@atexit.register
def _end() -> None:
    while _kept:
        _kept.popitem()[1].kill()
