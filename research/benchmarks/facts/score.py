"""Score the facts of documents: per field precision, recall, F1, and what is said of documents without it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from docassay import domains
from docassay.domains.trust import COLUMNS, FILE, Counted, counted_in

Same = Callable[[str, str], bool]
"""Tells whether two values of a field are one."""

HEADINGS = [
    "set", "field", "documents", "values", "precision", "recall", "F1", "precision if certain", "certain",
    "absent right", "calibration", "taken at 1 % errors",
]  # fmt: skip

_MANY = 500
"""Values from which on their calibration error is given."""


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
        values: Whether each value that was given is sure, and right.
    """

    documents: int = 0
    right: int = 0
    given: int = 0
    there: int = 0
    sure_right: int = 0
    sure: int = 0
    absent: int = 0
    silent: int = 0
    values: list[tuple[bool, bool]] = field(default_factory=list)

    def add(self, given: Iterable[str], sure: Iterable[str], there: Iterable[str], same: Same) -> None:
        """Count a document; each value that is there is found once at most."""
        given, sure, there = list(given), list(sure), list(there)
        self.documents += 1
        self.right += matched(given, there, same)
        self.given += len(given)
        self.there += len(there)
        self.sure_right += matched(sure, there, same)
        self.sure += len(sure)
        self.values += [(one in sure, any(same(one, other) for other in there)) for one in given]
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


def rows(part: str, scores: Scores, tuned: Scores | None = None) -> list[list[str]]:
    """Write the counts of a set as rows of a table under `HEADINGS`.

    Args:
        part: What the set is called.
        scores: Its counts.
        tuned: Those of the part by which readers were written.
    """
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
            *trusted(trust(counts.values, tuned.of(name).values) if tuned else []),
        ]
        for name, counts in scores.fields.items()
    ]


def save_trust(domain: str, given: Mapping[str, Sequence[tuple[bool, bool]]]) -> None:
    """Write how often values of some fields were right into the file that is shipped; others stay.

    Args:
        domain: Whose fields they are.
        given: Of each field, whether each value of the part that is measured was sure, and right.
    """
    loaded = domains.load(domain)
    told = counted_in(loaded.folder)
    for name, values in given.items():
        for level in (False, True):
            right = [was for sure, was in values if sure is level]
            told[name, level] = Counted(sum(right), len(right))
    names = {one.name for one in loaded.facts}
    with (loaded.folder / FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        for (name, level), one in sorted(told.items()):
            if one.of and name in names:
                table.writerow([name, "yes" if level else "no", *one])


Trusted = Sequence[tuple[float, bool]]
"""Values: how probable each was said to be, and whether it is right."""


def trust(given: Sequence[tuple[bool, bool]], tuned: Sequence[tuple[bool, bool]]) -> list[tuple[float, bool]]:
    """Give each value the share of those that are right among the tuning part's that are as sure.

    Args:
        given: Whether each value is sure, and right.
        tuned: The same of the part by which readers were written.
    """
    right = {level: [was for sure, was in tuned if sure is level] for level in (False, True)}
    shares = {level: (sum(known) + 1) / (len(known) + 2) for level, known in right.items()}
    return [(shares[sure], was) for sure, was in given]


def left_out(right: int, found: int) -> list[tuple[float, bool]]:
    """Give each value the share of the others that are right, where no other documents are labelled.

    >>> left_out(1, 2)
    [(0.3333333333333333, True), (0.6666666666666666, False)]
    """
    every = [True] * right + [False] * (found - right)
    return [((right - was + 1) / (found + 1), was) for was in every]


def brier(values: Trusted) -> tuple[float, float, float]:
    """Give the Brier score, and the ends of its interval of 95 % by 1,000 drawings.

    >>> brier([(1.0, True), (0.0, False)])
    (0.0, 0.0, 0.0)
    """
    squares = [(probability - right) ** 2 for probability, right in values]
    drawn = Random(0)
    means = sorted(sum(drawn.choices(squares, k=len(squares))) / len(squares) for _ in range(1000))
    return sum(squares) / len(squares), means[25], means[974]


def calibration_error(values: Trusted, bins: int = 15) -> float:
    """Give the expected calibration error, by bins of equal width.

    >>> round(calibration_error([(0.9, True)] * 8 + [(0.9, False)] * 2), 3)
    0.1
    """
    binned: dict[int, list[tuple[float, bool]]] = {}
    for value in values:
        binned.setdefault(min(bins - 1, int(value[0] * bins)), []).append(value)
    off = (abs(sum(p for p, _ in some) - sum(right for _, right in some)) for some in binned.values())
    return sum(off) / len(values)


def taken(values: Trusted, errors: float = 0.01) -> float:
    """Give the largest share that may be taken, the most probable first, with at most so many errors.

    Those that are as probable are taken together.

    >>> taken([(0.9, True), (0.9, True), (0.5, False), (0.5, True)])
    0.5
    """
    best, right = 0, 0
    ordered = sorted(values, reverse=True)
    for count, (probability, was) in enumerate(ordered, 1):
        right += was
        ends = count == len(ordered) or ordered[count][0] != probability
        if ends and count - right <= errors * count:
            best = count
    return best / len(values)


def trusted(values: Trusted) -> list[str]:
    """Write how probable values are, as two cells: ECE of 500 or more, else Brier; the share taken."""
    if not values:
        return ["", ""]
    if len(values) >= _MANY:
        calibrated = f"ECE {calibration_error(values):.3f}"
    else:
        calibrated = "Brier {:.3f} ({:.3f} to {:.3f})".format(*brier(values))
    return [calibrated, f"{taken(values):.2f}"]


def ratio(part: int, whole: int) -> str:
    """Write a share with three decimals; nothing where there is no whole.

    >>> ratio(2, 3), ratio(0, 0)
    ('0.667', '')
    """
    return f"{part / whole:.3f}" if whole else ""
