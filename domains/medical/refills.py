"""Refills on a prescription: which medicine they are of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from docassay.domains import RuleInput, Span
from docassay.domains.folders import compiler
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_SCHEDULE_TWO = compiler(Path(__file__).parent, "rules.toml")(r"(?i)\b{schedule_two_drug}\b")
_REFILLS = compiled(
    r"(?i)\brefills?[ \t]*[:#x|]?[ \t]*(?:[1-9]\d?|one|two|three|four|five)\b"
    r"|\b(?:[1-9]\d?|one|two|three|four|five) refills?\b"
)
_AT_MOST = compiled(
    r"(?i)\b(?:up to|no more than|at most|maximum(?: of)?|schedules? (?:III|IV|V|3|4|5))\b[^.\n]*$"
)
"""How a printed note on the law begins, before the number of refills that it allows."""

_STRENGTH = compiled(r"(?i)\b\d+(?:[.,/]\d+)*[ \t]?(?:mg|mcg|µg|g|ml|%|units?|IU)(?:\b|/|$)")
_REACH = 400
"""Characters before and behind the number of refills in which its medicine stands."""


def of_schedule_two(view: RuleInput) -> Iterator[Span]:
    """Find refills of a medicine of schedule II: the last before them with a strength, else any near."""
    text = plain(view.text)
    for match in islice(_REFILLS.finditer(text), 50):
        start, end = match.span()
        before = text[max(0, start - _REACH) : start]
        if _AT_MOST.search(before):
            continue
        strengths = [one.start() for one in _STRENGTH.finditer(before)]
        if strengths:
            first = start - len(before) + before.rfind("\n", 0, strengths[-1]) + 1
            item = first, end
        else:
            item = start - len(before), end + _REACH
        if _SCHEDULE_TWO.search(text, *item):
            yield trim(view.text, *item) if strengths else (start, end)
