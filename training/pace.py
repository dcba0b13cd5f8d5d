"""How many threads pay on a machine that others use too."""


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
