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
    r"(?i)(?:^|[^#\w])(refills?[ \t]*[:#x|]?[ \t]*(?:[1-9]\d?|one|two|three|four|five)"
    r"|(?:[1-9]\d?|one|two|three|four|five) refills?)\b"
)
_AT_MOST = compiled(
    r"(?i)\b(?:(?:up to|no more than|at most|exceed|maximum(?: of)?)[ \t]*"
    r"|schedules? (?:III|IV|V|3|4|5)\b[^.\n]*)$"
)
"""How a printed note on the law begins, before the number of refills that it allows."""

_MEDICINE = compiled(
    r"(?m)^[ \t|*#>-]*(?:(?i:rx|medication|drug|medicine)(?: (?i:name))?[ \t]*[:|][ \t]*\pL"
    r"|(?:\d{1,2}[.)][ \t]*)?\p{Lu}[^\n]*?\d[ \t]?(?i:mg|mcg|µg|g|ml|%|units?|iu)(?:\b|/|$))"
)
"""How a line begins that names a medicine: by its label, or with a strength behind it."""

_OF_DOSE = compiled(
    r"(?i)\W*(?:strength|dos(?:e|age)|sig|directions?|instructions?|take|give|inject|apply|max\w*|qty"
    r"|quantity|disp\w*|not?)\b"
)
_REACH = 400
"""Characters before and behind the number of refills in which its medicine stands."""


def of_schedule_two(view: RuleInput) -> Iterator[Span]:
    """Find refills of a medicine of schedule II: the last named before them, else any near."""
    text = plain(view.text)
    for match in islice(_REFILLS.finditer(text), 50):
        start, end = match.span(1)
        reach = max(0, start - _REACH)
        before = text[reach:start]
        if _AT_MOST.search(before):
            continue
        named = [one.start() for one in _MEDICINE.finditer(before) if not _OF_DOSE.match(one[0])]
        item = (reach + named[-1], end) if named else (reach, end + _REACH)
        if _SCHEDULE_TWO.search(text[slice(*item)]):
            yield trim(view.text, *item) if named else (start, end)
