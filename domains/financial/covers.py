"""What the cover of a filing says: registrant, form and period."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_COVER = 8_000
_FORM = compiled(
    r"(?i)\b(?:form|(?:form|submission)\s+type)[\s*_|:]+(10-?K(?:SB|405|T)?(?:/A)?|10-?Q(?:SB|T)?(?:/A)?"
    r"|8-?K(?:/A)?|6-?K|20-?F(?:/A)?|40-?F|11-?K|DEF ?14A|S-\d\d?|F-\d\d?|424B\d)(?:\b|_)"
)
_EXACT = compiled(r"(?i)\(?[ \t]*exact\s+name\s+of\s+(?:the\s+)?(?:registrant|company|small business)")
_DAY = r"((?:[A-Z][a-z]{2,8}|[A-Z]{3,9})\.?\s+\d{1,2}\s*,?[\s|]*(?:19|20)\d\d)\b"
_PERIOD = compiled(
    r"(?i)\b(?:for\s+the\s+)?(?:(?:fiscal|transition|quarterly|annual)\s+(?:year|period)s?"
    r"|(?:fiscal\s+)?years?|quarter(?:ly\s+period)?)"
    rf"\s+ended:?[\s*|_:]*(?-i:{_DAY})"
)
_EVENT = compiled(
    rf"(?i)\bdate\s+of\s+(?:report"
    rf"|earliest\s+event)[^:]{{0,80}}[\s:*|_]+(?:\(?\s*date\s+of\s+earliest\s+event\s+reported\s*\)?[\s:*|_]+)?(?-i:{_DAY})"
)
_NO_NAME = re.compile(
    r"(?i)^(?:commission file|securities|form|of|or|\W*$|for the|\(?mark one|washington|date of|\d)"
    r"|_{3}|\bfile number\b"
)
_MOST_NAME = 120


def registrant(view: RuleInput) -> Iterator[Span]:
    """Find the name that stands above "exact name of registrant as specified in its charter"."""
    text = view.text[:_COVER]
    for label in islice(_EXACT.finditer(text), 1):
        end = label.start()
        for _ in range(3):
            start = text.rfind("\n", 0, end) + 1
            line = trim(text, start, end)
            if line[0] < line[1]:
                name = text[line[0] : line[1]].strip(" |*_")
                if len(name) <= _MOST_NAME and not _NO_NAME.search(name):
                    at = text.index(name, line[0])
                    yield at, at + len(name)
                return
            end = max(0, start - 1)


def form(view: RuleInput) -> Iterator[Found]:
    """Find the form that the cover names first."""
    for match in islice(_FORM.finditer(plain(view.text[:_COVER])), 1):
        written = match[1].upper()
        whole = re.sub(r"^(10|8|6|20|40|11)-?(?=[KQF])", r"\1-", written)
        start, end = match.span(1)
        yield Found(start, end, whole)


def period(view: RuleInput) -> Iterator[Span]:
    """Find the day on which the period ended, of a current report the day of its event."""
    cover = view.text[:_COVER]
    pattern = _EVENT if view.kind.startswith("current_report_8k") else _PERIOD
    yield from (match.span(1) for match in islice(pattern.finditer(cover), 1))
