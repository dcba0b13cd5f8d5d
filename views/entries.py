"""Lay out the findings of a document as a list, rule by rule."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from docassay.observe.sanitize import line
from docassay.schemas.rows import Entity, Finding, Flag, Result
from docassay.views import labels
from docassay.views.explain import Mark, absences, chance, groups, name, open_with_evidence, reliability

QUOTE_CHARS = 400
"""Maximum characters of evidence in the list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding in the list beside the text; its evidence may be missing.

    Attributes:
        item: Names the row: ``f3`` the third flag, ``c0`` the first check.
        number: Of its evidence in the text; 0 where there is none.
        opens: It is the first of its rule, whose title and reason are written above it.
        alike: How many the rule has here.
        piece: Of the text, in which its evidence stands.
    """

    item: str
    number: int
    opens: bool
    alike: int
    section: str
    title: str
    code: str
    verdict: str
    severity: str
    why: str
    source: str
    decided_by: str
    judged: str
    chance: str
    quote: str
    english: str
    doubtful: bool
    searched: tuple[str, ...]
    page: int | None
    piece: int
    row: Flag | Finding
    mark: Mark | None


def entries(result: Result, all_marks: Sequence[Mark], pieces: Sequence[tuple[int, int]]) -> list[Entry]:
    """List the findings by rule: signs of fraud, open checks, what is absent as one group, passed checks."""
    names = {id(row): f"f{n}" for n, row in enumerate(result.flags)}
    names |= {id(row): f"c{n}" for n, row in enumerate(result.findings)}
    starts = [start for start, _ in pieces]
    passed = [row for row in result.findings if row.verdict == "pass"]
    listed: list[Entry] = []

    def add(section: str, found: Sequence[tuple[Flag | Finding, Mark | None]]) -> None:
        for n, (row, mark) in enumerate(found):
            piece = bisect_right(starts, mark.start) - 1 if mark else 0
            listed.append(_entry(names[id(row)], row, mark, section, not n, len(found), piece))

    for section, rows in (("flags", result.flags), ("open", open_with_evidence(result)), ("passed", passed)):
        if section == "passed":
            add("absent", [(row, None) for row in absences(result)])
        for group in groups(rows, all_marks):
            add(section, group.found)
    return listed


def _entry(
    item: str, row: Flag | Finding, mark: Mark | None, section: str, opens: bool, alike: int, piece: int
) -> Entry:
    return Entry(
        item,
        mark.number if mark else 0,
        opens,
        alike,
        section,
        labels.rule_title(name(row)),
        line(name(row)),
        row.verdict if isinstance(row, Finding) else "",
        row.severity,
        line(row.why),
        line(row.source),
        line(row.decided_by),
        reliability(row),
        chance(row.probability) if isinstance(row, Flag) and row.probability is not None else "",
        line(row.evidence or "", QUOTE_CHARS),
        "",
        False,
        tuple(line(one, 200) for one in row.searched) if isinstance(row, Finding) else (),
        row.page,
        piece,
        row,
        mark,
    )


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of personal data in the list beside the text.

    Attributes:
        item: Names the row: ``e3`` is the fourth entity.
        opens: It is the first of its words.
        alike: How often they are found here.
        piece: Of the text, in which it stands.
    """

    item: str
    opens: bool
    alike: int
    title: str
    quote: str
    unsure: bool
    start: int
    end: int
    piece: int


def spans(result: Result, pieces: Sequence[tuple[int, int]]) -> list[Span]:
    """List personal data in the order of the text, grouped by equal text and label."""
    starts = [start for start, _ in pieces]
    same: dict[tuple[str, str, str], list[tuple[int, Entity]]] = {}
    for number, row in sorted(enumerate(result.entities), key=lambda one: one[1].start_char):
        same.setdefault((row.label, row.text, row.model), []).append((number, row))
    return [
        Span(
            f"e{number}",
            not n,
            len(found),
            labels.title(row.label),
            line(row.text, 200),
            row.abstained,
            row.start_char,
            row.end_char,
            bisect_right(starts, row.start_char) - 1,
        )
        for found in same.values()
        for n, (number, row) in enumerate(found)
    ]
