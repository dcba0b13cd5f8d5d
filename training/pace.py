"""How long a training may take, and what pays on the machine at hand: threads, bfloat16."""

import math
import time
from datetime import UTC, datetime

import torch


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


def bf16_pays(device: str) -> bool:
    """Tell whether products of matrices are faster in bfloat16 than in float32.

    A processor without instructions for it takes eighty times as long.
    """
    if not device.startswith("cpu"):
        return True
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(kind: torch.dtype) -> float:
    left, right = torch.ones(256, 256, dtype=kind), torch.ones(256, 256, dtype=kind)
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        left @ right
        spent.append(time.perf_counter() - began)
    return min(spent)
