"""The day on which a contract ends: as it names it, or as its term has it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import islice

from docassay.domains import RuleInput, plain
from docassay.domains.durations import after as day_after
from docassay.domains.durations import months_and_days
from docassay.domains.facts import Found
from docassay.domains.legal.dates import DATE
from docassay.domains.legal.days import (
    BEGINS,
    ENDS,
    MOST,
    NEAR,
    WHOLE,
    agreement_date,
    dates_of,
    effective_date,
)
from docassay.domains.legal.periods import Said, term, terms, undotted
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, Value, dates, read

_BEFORE = 260
_LONG = rf"(?:{DATE}|[0-9]{{1,2}}/[0-9]{{1,2}}/(?:19|20)?[0-9]{{2}}\b)"
_FROM = compiled(
    r"(?i)\b(?:from|between|commencing(?:\s+on)?|beginning(?:\s+on)?|vom|du|means|(?:term|laufzeit|durée|period)\s*:)\s+(?:the\s+)?$"
)
_TO = compiled(
    r"(?i)^[\s,(\"\pL)]{0,40}?(?:\b(?:to|through|thru|until|till|bis(?:\s+zum)?|au)\s+|-\s*)"
    r"(?:(?:to|the|and\s+including)\s+)?$"
)
"""What stands between the first day of a span and its last."""

_CONTRACT = compiled(
    r"(?i)\b(?:this\s+(?:\w+\s+){0,3}?(?:agreement|contract|lease|letter|licen[cs]e|amendment)"
    r"|(?:the\s+)?(?:initial\s+|original\s+)?term\b|lease\s+end"
    r"|the\s+(?:agreement|contract|lease|subscription|tenancy|employment|engagement)|(?:contract|services?|cooperation|agreement|distribution|sponsorship|endorsement|rental|consulting)\s+(?:period|term)|contrat|bail"
    r"|\pL*vertrag|vereinbarung|\pL{3,}verhältnis|(?:expiration|termination)\s+date"
    r"|contract\s+end|joint\s+venture|laufzeit|durée|terms?\s+of\s+the\s+project)"
)
_NO_END = compiled(
    r"(?i)\b(?:not|nor|never|nicht|kein\w*|pas|dated|datée?|other|prior|previous|former|offers?|exclusivity|fiscal"
    r"|quarter|option|warrants?|(?:calendar|contract|licen[cs]e)\s+year|years?\"\s+means|(?:twelve|12)[\s-]+month\s+period"
    r"|period\s+(?:ended|ending)|year\s+(?:ended|ending)|terminates?\s+(?:the|that|this|any|its))\b"
)
_MAY_END = compiled(r"(?i)\b(?:if|unless|where|(?-i:may)|sofern|falls|wenn|sauf|si)\b")
_SOONER = compiled(r"(?i)\bunless\s+(?:\w+\s+){0,4}?(?:terminated|earlier|sooner)\b[^.;]{0,80}?,")
_SENTENCE = compiled(r"\.\s+\p{Lu}|;|\n\s*\n")
_FIRST_DAY = compiled(
    r"(?i)\b(?:date\s+(?:hereof|of\s+(?:this|the|its|execution|signing)|first|above)|effective\s+(?:date"
    r"|as\s+of|on|upon)|hereof|execution"
    r"|commenc\w+|begin\w*|\pL*beginn\w*|\pL*abschluss\w*|vertragsschluss\w*|unterzeichnung|signature|compter)\b"
)


def expiry(view: RuleInput) -> Iterator[Found]:
    """Find the day on which a contract says that it ends; where that hangs on a condition it is not sure.

    Where it says how long it runs from the day on which it begins, its end is worked out, as a hint: the same
    day of the month in which the term has passed. Of several days that it names, that one is its end with
    which its term agrees.
    """
    habits, named = Habits(view.text, ""), named_ends(view.text)
    if len({one.normalised for one in named}) == 1 and any(one.sure for one in named):
        yield from named
        return
    worked_out = list(_worked_out(view, habits))
    agreeing = [one for one in named for other in worked_out if _is_about(one.normalised, other.normalised)]
    yield from agreeing or worked_out or named


def _is_about(one: str | None, other: str | None) -> bool:
    """Tell whether two days are about the same."""
    if one is None or other is None:
        return False
    return abs((date.fromisoformat(one) - date.fromisoformat(other)).days) <= _ABOUT


_ABOUT = 31
"""Days by which the end that is named and the term may differ."""


@lru_cache(maxsize=4)
def named_ends(text: str) -> tuple[Found, ...]:
    """Give the days that the text of a contract names as its last."""
    return tuple(islice(_named(text), MOST))


def _named(text: str) -> Iterator[Found]:
    values = [*dates_of(text)[:MOST], *islice(_year_ends(text := plain(text)), MOST)]
    text, first = undotted(text), 0
    for value in sorted(values):
        before = text[max(0, value.start - _BEFORE) : value.start]
        ends = [one.end() - 1 for one in _SENTENCE.finditer(before)]
        said = before[ends[-1] if ends else 0 :]
        spans = first and _TO.match(text[first : value.start])
        first = value.end if _FROM.search(said) else 0
        paired = _STARTS_AND_ENDS.search(before)
        last = None if paired else _LAST_DAY.search(said)
        day = value.normalised or ""
        if last:
            said, day = said[: last.start()], _last_of_month(day)
        one_of = _ONE_OF.search(said)
        said = paired[0] if paired else said
        if len(day) != WHOLE or not (spans or one_of or paired or ENDS.search(said)):
            continue
        named = paired or _CONTRACT.search(said) or _IS_TERM.match(text[value.end : value.end + _BEHIND])
        if named and not _NO_END.search(said):
            sure = not (one_of or _MAY_END.search(_SOONER.sub("", said)))
            # What hangs on a condition is neither of two readings, perhaps.
            yield Found(
                value.start, value.end, day, alternative=value.alternative if sure else None, sure=sure
            )


_ONE_OF = compiled(
    r"(?i)\b(?:terminat\w+|expir\w+|ends?|until|through|jusqu'|bis)\b[^.;]{0,60}\b(?:earlier|earliest|sooner|first|later|latest)\s+(?:(?:date|to\s+occur)\s+)?of\b"
    r"[^.;]{0,200}?(?:\b(?:and|or)|,)\s*(?:\(?(?:[ivx]{1,4}|[a-e1-5])\)\s*)?(?:(?:on|at|the\s+close\s+of\s+business\s+on)\s+)?$"
)
"""A day that is one of several on which it ends, and of which nobody knows which will come first."""

_STARTS_AND_ENDS = compiled(
    r"(?i)\b(?:(?:start|commencement)\s+date|date\s+(?:de\s+)?début)[\s*:|]{1,6}[^\n]{4,40}[\s*|-]{1,8}(?:end\s+date"
    r"|date\s+(?:de\s+)?fin)[\s*:|]{1,6}$"
)
"""Two fields beside or below each other, of which the second is the last day."""

_BEHIND = 60
_IS_TERM = compiled(
    r"(?i)^[\s,]*\(?(?:(?:shall\s+be|is|being|as|hereinafter)\s+)*(?:the\s+|die\s+|la\s+)?\"(?:initial\s+)?(?:term|laufzeit|durée)\b"
)


def _year_ends(text: str) -> Iterator[Value]:
    for match in _YEAR_END.finditer(text):
        yield Value(match.start(), match.end(1), f"{match.group(1)}-12-31")


_YEAR_END = compiled(
    r"(?i)\b(?:the\s+)?(?:end|ende|fin)\s+(?:of\s+|de\s+)?(?:(?:the\s+)?(?:calendar\s+)?year\s+|des\s+jahres\s+|l'année\s+)?"
    r"((?:19|20)[0-9]{2})\b"
)
_LAST_DAY = compiled(
    r"(?i)\b(?:the\s+)?(?:end|last\s+day|ende|fin)\s+(?:(?:of|in|des\s+monats|du\s+mois\s+de|de)\s+)?"
    r"(?:the\s+month\s+of\s+)?$"
)


def _last_of_month(day: str) -> str:
    """Give the last day of a month that is written as in ISO 8601."""
    year, month = int(day[:4]), int(day[5:7])
    return f"{day[:7]}-{monthrange(year, month)[1]}"


def _worked_out(view: RuleInput, habits: Habits) -> Iterator[Found]:
    said = terms(plain(view.text))
    # Of several sentences that name the term, one says from when on.
    told = tuple(one for one in said if _FIRST_DAY.search(one.before) or _FIRST_DAY.search(one.behind))
    if not told and not all(one.sure for one in term(view)):
        return
    said = told or said
    lengths = {months_and_days(one.duration.normalised) for one in said}
    if len(lengths) != 1 or any(_from_event(one.before + one.behind) for one in said):
        return
    one = said[0].duration
    begins = _said_first_day(said[0], plain(view.text), habits)
    if begins in {value.normalised for value in dates(said[0].behind, habits)}:
        # "two years from the Effective Date (June 1, 2028)": that day may be the first or the last.
        own = _first_day(view, habits)
        begins = own if own and begins and _is_about(after(own, one.normalised), begins) else begins
    begins = begins or _first_day(view, habits)
    ends = begins and after(begins, one.normalised)
    if ends:
        yield Found(one.start, one.end, ends, sure=False)


_FROM_EVENT = compiled(
    r"(?i)\b(?:from|following|after|of|upon|on|until)\s+(?:the\s+)?(?:date\s+of\s+|date\s+on\s+which\s+"
    r"|first\s+|initial\s+|last\s+|\w+\s+){0,3}?"
    r"(?:launch\w*|commercial\s+(?:sale|launch|shipment|deliver\w*)|shipment|deliver\w*|sale|closing"
    r"|completion|acceptance|installation|in-?service|opening|go-?live|approval|availability)\b"
    r"|\b(?:date|day)\s+(?:\([^)]{0,40}\)\s+)?(?:on\s+which|upon\s+which|that|when|the)\b[^.;]{0,60}\b(?:is|are|has|have|becomes?|been)\s+"
    r"(?:\w+\s+){0,2}?(?:upload|launch|accept|complet|deliver|install|operational|accessible|available|approv|open|ship|register"
    r"|issu|grant|commission)\w*"
    r"|\b(?:additional|later|longer|sooner)\s+(?:(?:to\s+occur\s+)?of\b|$)"
)
"""What is not known when a contract is made, and from which on it runs."""

_FROM_DAY = compiled(
    r"\b(?i:(?:commenc|begin|start|continu)\w*\s+(?:on|upon|from|as\s+of)|from)\s+(?i:the\s+)?\"?((?:\p{Lu}[\w&'-]*\s+){1,4})(?:Date|Day)\b"
)
_OWN_DAY = compiled(
    r"(?i)\b(?:effective|commencement|execution|start|starting|signing|signature|agreement|contract|closing|inception)\b"
)


def _from_event(said: str) -> bool:
    """Tell whether a term runs from something of which nobody knows when it comes."""
    named = _FROM_DAY.search(said)
    return bool(_FROM_EVENT.search(said) or (named and not _OWN_DAY.search(named.group(1))))


_BEGINS_ON = compiled(
    r"(?i)\b(?:commenc\w+|begin\w*|start\w*|effective|from|ab|beginnt|compter)\b[^.;]{0,40}$"
)


_IN_FORCE = compiled(r"(?i)^\s*in\s+kraft\b")


def _said_first_day(said: Said, text: str, habits: Habits) -> str | None:
    """Give the day that the sentence of a term names as the one from which it runs."""
    start, end = said.duration[:2]
    for stretch in (text[start - len(said.before) : start], text[end : end + len(said.behind)]):
        for value in dates(stretch, habits):
            if _BEGINS_ON.search(stretch[: value.start]) or _IN_FORCE.match(stretch[value.end :]):
                return value.normalised
    return None


_DEFINED_DAY = compiled(
    rf"(?i)({_LONG})[^.;\n0-9]{{0,30}}\(?\s*(?:(?:the|hereinafter|referred|to|as"
    rf"|,)\s+)*\"(?:the\s+)?(?:effective|commencement)\s+date\""
    rf"|\b(?:effective|commencement|start)\s+date\"?\s*(?:[^.;\"]{{0,40}}?\b(?:is|be|means?)\s+(?:the\s+)?|:?\s*)({_LONG})"
    r"|(?:\b\pL*beginn|\bdate\s+d'(?:effet|entrée\s+en\s+vigueur))\s*(?::|ist(?:\s+der)?|am|est(?:\s+fixée)?)"
    rf"\s+(?:(?:le|au)\s+)?({_LONG})"
)


def _first_day(view: RuleInput, habits: Habits) -> str | None:
    """Give the day from which a contract runs: that which it calls so, else that which it bears."""
    text = plain(view.text)
    if defined := _DEFINED_DAY.search(text):
        return read("date", next(filter(None, defined.groups())), habits).normalised
    begins = next(effective_date(view), None)
    if begins and BEGINS.search(text[max(0, begins.start - NEAR) : begins.end + NEAR]):
        return read("date", text[begins.start : begins.end], habits).normalised
    # It bears the day of its signatures where it names no other.
    own = next(agreement_date(view), None)
    return own and (own.normalised or read("date", view.text[own.start : own.end], habits).normalised)


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
