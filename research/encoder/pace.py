"""How long a training may take, and how many threads pay on a machine that others use too."""

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


class Pace:
    """Finds how many threads are fastest just now.

    Threads of one step wait for each other: on a machine whose cores others use too, fewer may be faster.
    Each number is tried once in twenty steps, the best is used in the others.
    """

    def __init__(self, most: int) -> None:
        """Choose among 1 to `most` threads."""
        self.speeds = dict.fromkeys(range(1, most + 1), 0.0)

    def threads(self, step: int) -> int:
        """Return how many threads to use in this step."""
        trial = step % 20 + 1
        return trial if trial in self.speeds else max(self.speeds, key=lambda number: self.speeds[number])

    def note(self, threads: int, speed: float) -> None:
        """Remember how fast a step was, in tokens a second."""
        self.speeds[threads] = 0.5 * (self.speeds[threads] or speed) + 0.5 * speed


@dataclass(frozen=True, slots=True)
class Sitting:
    """A stretch of a run, which ends when the run has seen its tokens or a time has come.

    Attributes:
        total: Tokens of the whole run.
        until: Unix time of the end.
        seen: Tokens seen before it.
        began: Unix time.
    """

    total: int
    until: float
    seen: int = 0
    began: float = field(default_factory=time.time)

    def done(self, tokens: int, now: float) -> float:
        """Say how far it is, 1 at its end."""
        return max(tokens / self.total, (now - self.began) / max(1.0, self.until - self.began))

    def line(self, step: int, tokens: int, now: float, loss: float, share: float, threads: int) -> str:
        """Tell how it goes, for the log; `share` is that of the peak rates."""
        speed = (tokens - self.seen) / (now - self.began)
        left = min(self.until - now, (self.total - tokens) / max(speed, 1.0)) / 60
        return (
            f"step {step}, {tokens / 1e6:.2f} M tokens, {speed:.0f} tokens/s, loss {loss:.3f},"
            f" rate {share:.0%}, threads {threads}, left {left:.0f} min"
        )


def unix_time(clock: str) -> float:
    """Turn HH:MM (UTC, the next one to come) into a Unix time; an empty text means no limit.

    >>> unix_time("")
    inf
    """
    if not clock:
        return math.inf
    hour, minute = (int(part) for part in clock.split(":"))
    now = datetime.now(UTC)
    time = now.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp()
    return time if time > now.timestamp() else time + 86_400
