"""The day on which a contract ends: the day that it names, or its first day and its term."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

from docassay.domains import RuleInput, plain
from docassay.domains.durations import after as day_after
from docassay.domains.durations import months_and_days
from docassay.domains.facts import Found
from docassay.domains.legal.dates import DATE
from docassay.domains.legal.facts import effective_date
from docassay.domains.legal.periods import terms
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, read

_MOST = 300
"""Days of a text that are looked at."""

_BEFORE = 260
_LONG_DATE = compiled(rf"(?i)\b(?:{DATE}|[0-9]{{1,2}}/[0-9]{{1,2}}/(?:19|20)?[0-9]{{2}}\b)")
_ENDS = compiled(
    r"(?i)\b(?:expires?|expiring|expiration(?:\s+date)?|ends?|ending|terminates?|terminating|until|through|thru|to\s+and\s+including"
    r"|expire|prend\s+fin|se\s+termine|s.achève|arrive\s+à\s+échéance|jusqu'au|endet|bis(?:\s+zum)?|befristet)\b"
    r"(?:[\s,:(\"]+(?:on|at|as\s+of|the|close|of|business|midnight|earlier|date|is|shall|be|means|le|am|zum|later|than|no|and|including"
    r"|[0-9:]+\s*[ap]\.?m\.?|[\pL\s]{2,20}\s+time)){0,8}[\s,:(\"]*$"
)
_CONTRACT = compiled(
    r"(?i)\b(?:this\s+(?:\w+\s+){0,3}?(?:agreement|contract|lease|letter|licen[cs]e|amendment)|(?:the\s+)?(?:initial\s+|original\s+)?term\b"
    r"|the\s+agreement|contract\s+period|contrat|bail|\pL{0,20}vertrag|vereinbarung|\pL{3,20}verhältnis|expiration\s+date|laufzeit|durée)"
)
_NO_END = compiled(
    r"(?i)\b(?:not|nor|never|nicht|kein\w*|pas|dated|datée?|other|prior|previous|former|offers?|fiscal|quarter|option|warrants?"
    r"|period\s+(?:ended|ending)|year\s+(?:ended|ending)|terminates?\s+(?:the|that|this|any|its))\b"
)
_MAY_END = compiled(r"(?i)\b(?:if|unless|where|(?-i:may)|sofern|falls|wenn|sauf|si)\b")
_SOONER = compiled(r"(?i)\bunless\s+(?:\w+\s+){0,4}?(?:terminated|earlier|sooner)\b[^.;]{0,80}?,")
_SENTENCE = compiled(r"\.\s+\p{Lu}|;|\n\s*\n")
_FIRST_DAY = compiled(
    r"(?i)\b(?:date\s+(?:hereof|of\s+(?:this|the|its|execution|signing)|first|above)|effective\s+(?:date|as\s+of|on|upon)|hereof|execution"
    r"|commenc\w+|begin\w*|unterzeichnung|signature)\b"
)


def expiry(view: RuleInput) -> Iterator[Found]:
    """Find the day on which a contract says that it ends; where that hangs on a condition it is not sure.

    Where it says how long it runs from the day on which it begins, its end is worked out, as a hint: the same
    day of the month in which the term has passed.
    """
    text = plain(view.text)
    found = list(islice(_named(text), _MOST))
    yield from found or _worked_out(view)


def _named(text: str) -> Iterator[Found]:
    for match in islice(_LONG_DATE.finditer(text), _MOST):
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        ends = [one.end() - 1 for one in _SENTENCE.finditer(before)]
        said = before[ends[-1] if ends else 0 :]
        if not (_ENDS.search(said) and _CONTRACT.search(said)) or _NO_END.search(said):
            continue
        yield Found(match.start(), match.end(), sure=not _MAY_END.search(_SOONER.sub("", said)))


def _worked_out(view: RuleInput) -> Iterator[Found]:
    said = terms(plain(view.text))
    if len({one.duration.normalised for one in said}) != 1:
        return
    # Of several sentences that name the term, one says from when on.
    said = [one for one in said if _FIRST_DAY.search(one.before) or _FIRST_DAY.search(one.behind)]
    start = next(effective_date(view), None) if said else None
    begins = start and read("date", view.text[slice(*start)], Habits(view.text, "")).normalised
    one = said[0].duration if said else None
    ends = one and begins and after(begins, one.normalised)
    if one and ends:
        yield Found(one.start, one.end, ends, sure=False)


def after(day: str, duration: str) -> str | None:
    """Give the day that lies a duration behind another; None where either is not whole.

    >>> after("2024-02-29", "P1Y"), after("2024-01-31", "P1M"), after("2024-01", "P1Y")
    ('2025-02-28', '2024-02-29', None)
    """
    length = months_and_days(duration)
    if length is None or len(day) != len("2024-01-01") or length[0] > _LONGEST:
        return None
    last = day_after(date.fromisoformat(day), *length)
    return last.isoformat() if last else None


_LONGEST = 200 * 12
"""Months that a contract may run."""
