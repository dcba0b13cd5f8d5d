"""How often each rule was right, where people who saw neither rule nor verdict judged what it said.

`judged.tsv` in a domain's folder counts their answers, by rule, digest of the rule and verdict;
`python -m research.benchmarks.judge publish` writes it from `research/judged`. A rule that has been changed
since has another digest, and counts as never judged.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docassay.domains.folders import load, names
from docassay.domains.rule_digest import judged_digests

FILE = "judged.tsv"
COLUMNS = ("rule", "digest", "verdict", "right", "wrong", "useless")


@dataclass(frozen=True, slots=True)
class Judged:
    """What people made of the rows of a rule.

    Attributes:
        verdict: Of a check ``pass``, ``fail`` or ``review``; of a sign of fraud ``""``.
        wrong: Rows that said what is not so.
        useless: Rows that told a reader nothing: a review of what is plain, say.
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
def precision(name: str) -> Mapping[tuple[str, str], Judged]:
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
    return precision(rule[0]).get((rule[1], verdict))


def read_current(path: Path, name: str) -> list[Judged]:
    """Read the counts of a domain's rules as they stand now, without those of other versions of them."""
    digests = judged_digests(name)
    return [row for row in read(path) if row.digest in digests.get(row.rule, ())]


def read(path: Path) -> Iterator[Judged]:
    """Read the counts in a file; an absent one has none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            counts = (int(row[name]) for name in COLUMNS[3:])
            yield Judged(row["rule"], row["digest"], row["verdict"], *counts)
