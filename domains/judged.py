"""Judged: how often rules were right, as judged by people before the release.

Rows were drawn at random and judged by people who saw neither rule nor verdict. `judged.tsv` in a domain's
folder counts their answers, by rule, digest of the rule and verdict; rows for what a check did not find are
also counted under `ABSENT`, whatever their verdict. ``python -m research.benchmarks.judge publish``
writes it. A rule that has been changed since has another digest, and counts as never judged.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from docassay.domains.folders import load, names
from docassay.domains.rule_digest import judged_digests

FILE = "judged.tsv"
COLUMNS = ("rule", "digest", "verdict", "right", "wrong", "useless")

ABSENT = "absent"
"""Stands for a verdict where people judged whether something is absent, as a check says."""

FEWEST_ABSENCES = 20
LEAST_RIGHT = 0.95
LEAST_LOWER_END = 0.85
"""An absence may fail a check if at least so many were judged, at least such a share of them was right, and
the lower end of the 95 % interval of that share is at least this."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What people made of the rows of a rule.

    Attributes:
        verdict: Of a check ``pass``, ``fail``, ``review`` or `ABSENT`; of a sign of fraud ``""``.
        wrong: Rows that said what is not so.
        useless: Rows that told a reader nothing, such as a review of what is plain.
    """

    rule: str
    digest: str
    verdict: str
    right: int
    wrong: int
    useless: int

    @property
    def count(self) -> int:
        """How many rows were judged."""
        return self.right + self.wrong + self.useless

    def __str__(self) -> str:
        """Format the counts for display.

        >>> str(Judged("R", "", "pass", 9, 1, 0))
        '9 of 10 samples correct'
        """
        return f"{self.right} of {self.count} samples correct"


@cache
def published(name: str) -> Mapping[tuple[str, str], Judged]:
    """Give what people made of the rules of a domain as they stand now, by rule and verdict."""
    return {(row.rule, row.verdict): row for row in read_current(load(name).folder / FILE, name)}


def rule_of(decided_by: str) -> tuple[str, str] | None:
    """Parse what decided a row into the domain and the id of its rule; None where it was a model.

    >>> rule_of("rule legal.nda_term+minilm@6"), rule_of("model minilm@6")
    (('legal', 'nda_term'), None)
    """
    name, dot, rule = decided_by.removeprefix("rule ").partition("+")[0].partition(".")
    return (name, rule) if decided_by.startswith("rule ") and dot else None


def judged(decided_by: str, verdict: str = "") -> Judged | None:
    """Find what people made of rows like one, by its `decided_by` and verdict; None if nobody has judged."""
    rule = rule_of(decided_by)
    if rule is None or rule[0] not in names():
        return None
    return _published(*rule).get(verdict)


def absence_is_proven(decided_by: str) -> bool:
    """Tell whether a check's absences were judged right often enough for one to fail a document.

    Args:
        decided_by: The `decided_by` of the finding.
    """
    rule = rule_of(decided_by)
    return rule is not None and _is_proven(*rule)


@cache
def _is_proven(name: str, rule: str) -> bool:
    if name not in names():
        return False
    rows = (row for row in read(load(name).folder / FILE) if (row.rule, row.verdict) == (rule, ABSENT))
    if sum(row.count for row in rows) < FEWEST_ABSENCES:  # digests are slow to compute
        return False
    counted = _published(name, rule).get(ABSENT)
    if counted is None or counted.count < FEWEST_ABSENCES:
        return False
    lower_end, _ = wilson(counted.right, counted.count)
    return counted.right >= LEAST_RIGHT * counted.count and lower_end >= LEAST_LOWER_END


@cache
def _published(name: str, rule: str) -> Mapping[str, Judged]:
    """Give what people made of one rule, by verdict, without reading the code of the others."""
    rows = [row for row in read(load(name).folder / FILE) if row.rule == rule]
    digests = judged_digests(name, rule) if rows else {}
    return {row.verdict: row for row in _summed(rows, digests)}


def read_current(path: Path, name: str) -> list[Judged]:
    """Read the counts of a domain's rules as they stand now, without those of earlier versions."""
    return _summed(read(path), judged_digests(name))


def _summed(rows: Iterable[Judged], digests: Mapping[str, Collection[str]]) -> list[Judged]:
    """Add up the counts of each rule and verdict under the digests that hold for the rule."""
    summed: dict[tuple[str, str], Judged] = {}
    for row in rows:
        if row.digest not in digests.get(row.rule, ()):
            continue
        so_far = summed.get((row.rule, row.verdict))
        if so_far is not None:
            right, wrong = so_far.right + row.right, so_far.wrong + row.wrong
            row = replace(row, right=right, wrong=wrong, useless=so_far.useless + row.useless)
        summed[row.rule, row.verdict] = row
    return list(summed.values())


def read(path: Path) -> Iterator[Judged]:
    """Read the counts in a file; a missing file has none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            counts = (int(row[name]) for name in COLUMNS[3:])
            yield Judged(row["rule"], row["digest"], row["verdict"], *counts)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Give the ends of the 95 % interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not of:
        return 0.0, 1.0
    z = 1.959963984540054  # of the normal distribution, at .975
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * (share * (1 - share) / of + spread / (4 * of)) ** 0.5 / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
