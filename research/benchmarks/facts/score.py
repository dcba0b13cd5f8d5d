"""Score the facts of documents: per field precision, recall, F1, and what is said of documents without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Same = Callable[[str, str], bool]
"""Tells whether two values of a field are one."""

HEADINGS = [
    "set", "field", "documents", "values", "precision", "recall", "F1", "precision where sure", "sure",
    "absent right",
]  # fmt: skip


@dataclass(slots=True)
class Counts:
    """What was found of a field.

    Attributes:
        documents: Documents that were read.
        right: Values that are there and were given.
        given: Values that were given, hints too.
        there: Values that are there.
        sure_right: Those that are no hints, and right.
        sure: Those that are no hints.
        absent: Documents without a value.
        silent: Those of them of which none was given, but as a hint.
    """

    documents: int = 0
    right: int = 0
    given: int = 0
    there: int = 0
    sure_right: int = 0
    sure: int = 0
    absent: int = 0
    silent: int = 0

    def add(self, given: Iterable[str], sure: Iterable[str], there: Iterable[str], same: Same) -> None:
        """Count a document; each value that is there is found once at most."""
        given, sure, there = list(given), list(sure), list(there)
        self.documents += 1
        self.right += matched(given, there, same)
        self.given += len(given)
        self.there += len(there)
        self.sure_right += matched(sure, there, same)
        self.sure += len(sure)
        if not there:
            self.absent += 1
            self.silent += not sure

    @property
    def f1(self) -> float:
        """Give F1 of all values that were given."""
        return 2 * self.right / (self.given + self.there) if self.given + self.there else 0.0


@dataclass(slots=True)
class Scores:
    """The counts of the fields of a set, in the order in which they were first met."""

    fields: dict[str, Counts] = field(default_factory=dict)

    def of(self, name: str) -> Counts:
        """Give the counts of a field."""
        return self.fields.setdefault(name, Counts())


def matched(given: Iterable[str], there: Iterable[str], same: Same) -> int:
    """Count the values that are there, each given at least once.

    >>> matched(["a", "A", "b"], ["A", "c"], lambda one, other: one.lower() == other.lower())
    1
    """
    left = list(there)
    for one in given:
        found = next((n for n, other in enumerate(left) if same(one, other)), None)
        if found is not None:
            del left[found]
    return len(list(there)) - len(left)


def rows(part: str, scores: Scores) -> list[list[str]]:
    """Write the counts of a set as rows of a table under `HEADINGS`."""
    return [
        [
            part,
            f"`{name}`",
            str(counts.documents),
            str(counts.there),
            ratio(counts.right, counts.given),
            ratio(counts.right, counts.there),
            f"{counts.f1:.3f}",
            ratio(counts.sure_right, counts.sure),
            str(counts.sure),
            f"{ratio(counts.silent, counts.absent)} of {counts.absent}" if counts.absent else "",
        ]
        for name, counts in scores.fields.items()
    ]


def ratio(part: int, whole: int) -> str:
    """Write a share with three decimals; nothing where there is no whole.

    >>> ratio(2, 3), ratio(0, 0)
    ('0.667', '')
    """
    return f"{part / whole:.3f}" if whole else ""
