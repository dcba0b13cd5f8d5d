"""Meter: what the larger model may still spend in this process, and has spent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from docassay.models.larger import Limits


class Meter:
    """Counts calls, tokens, seconds and money against their limits; for several threads.

    Seconds are those in which at least one call is under way, so calls beside each other count once: a run
    waits no longer than that in all.

    >>> meter = Meter(Limits(calls=1))
    >>> meter.begin(), meter.begin()
    (True, False)
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing spent."""
        self.limits = limits
        self.calls = 0
        self.tokens_in = 0
        self.tokens_out = 0
        self._busy = 0.0
        self._under_way = 0
        self._since = 0.0
        self._stopped = False
        self._clock = clock
        self._lock = threading.Lock()

    def begin(self) -> bool:
        """Begin a call, unless a limit is reached; `end` must follow where it is not."""
        with self._lock:
            if self._spent():
                return False
            self.calls += 1
            if not self._under_way:
                self._since = self._clock()
            self._under_way += 1
        return True

    def spend(self, tokens_in: int) -> None:
        """Count tokens of a call that is under way, so that the next may not begin."""
        with self._lock:
            self.tokens_in += tokens_in

    def end(self, tokens_in: int = 0, tokens_out: int = 0) -> None:
        """End a call, and say what it took."""
        with self._lock:
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self._under_way -= 1
            if not self._under_way:
                self._busy += self._clock() - self._since

    def spent(self) -> bool:
        """Tell whether a limit is reached."""
        with self._lock:
            return self._spent()

    def stop(self) -> None:
        """Let no further call begin."""
        self._stopped = True

    def seconds(self) -> float:
        """Return the seconds in which a call was under way."""
        with self._lock:
            return self._seconds()

    def money(self) -> float:
        """Return what the tokens cost."""
        with self._lock:
            return self._money()

    def patience(self) -> float:
        """Return the seconds that an answer may still be waited for: its timeout, or what is left of all."""
        if self.limits.seconds is None:
            return self.limits.timeout
        return max(0.0, min(self.limits.timeout, self.limits.seconds - self.seconds()))

    def _spent(self) -> bool:
        limits = self.limits
        values = (
            (self.calls, limits.calls),
            (self.tokens_in + self.tokens_out, limits.tokens),
            (self._seconds(), limits.seconds),
            (self._money(), limits.money),
        )
        return self._stopped or any(most is not None and value >= most for value, most in values)

    def _seconds(self) -> float:
        return self._busy + (self._clock() - self._since if self._under_way else 0.0)

    def _money(self) -> float:
        return (self.tokens_in * self.limits.price_in + self.tokens_out * self.limits.price_out) / 1_000_000
