"""The days of a contract: from which it binds, and which it bears."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.legal.formation import LETTER, OPENING, effective_dates
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, Value, dates, read

_OTHER_DAY = compiled(r"(?i)\b(?:birth|born|naissance|née?\s+le|geboren|geburts\pL*|geb\.|disbursement)\b")
NEAR = 30
"""Characters before a day in which it is said what it is the day of."""

MOST = 300
"""Days of a text that are looked at."""

_MOST_DATES = 3_000
ENDS = compiled(
    r"(?i)\b(?:expires?|expiring|(?:expiration|expiry)(?:\s+date)?|lapses?|ends?|ending|terminates?|terminating"
    r"|conclud(?:es?|ing)|(?:termination|end)\s+date|contract\s+end|extended\s+to"
    r"|(?:terminat\w+|expir\w+|ends?)\b[^.;]{0,80}\bno\s+event\s+later"
    r"|until|till|through|thru|to\s+and\s+including|from\s+the\s+(?:effective|commencement)\s+date\s+to"
    r"|expirer?a?|prend(?:ra|re)?\s+fin|se\s+termine(?:ra?)?|s.achèver?a?|arrive(?:ra)?\s+à\s+échéance|jusqu'au|jusqu'à"
    r"|endet|bis(?:\s+zum)?"
    r"|befristet)\b"
    r"(?:[\s,:(\"]+(?:on|at|as\s+of|the|close|of|business|midnight|earlier|date|is|shall|be|means|le|am"
    r"|au|plus|tard|spätestens|zum|later|than|no|and|including|of|to\s+occur|\(?(?:i|a|1|x)\)"
    r"|[0-9:]+\s*[ap]\.?\s*m\.?|[a-z\s]{2,20}\s+time)){0,8}[\s,:(\"]*$"
)


def effective_date(view: RuleInput) -> Iterator[Found]:
    """Find the day from which a contract binds: the first that is one; the opening comes before the rest.

    The day at the head of a letter is a hint: the letter may say that its contract begins on another.
    """
    yield from islice(_effective(view.text), 1)


@lru_cache(maxsize=4)
def _effective(text: str) -> tuple[Found, ...]:
    """Give the day from which a contract binds, then that at the head of a letter."""
    habits, of_letter = Habits(text, ""), None
    for start, end in effective_dates(RuleInput(text)):
        if _OTHER_DAY.search(text[max(0, start - NEAR) : end]):
            continue
        value = read("date", text[start:end], habits)
        if not value.normalised or ENDS.search(text[max(0, start - NEAR) : start + value.start]):
            continue
        if of_letter is None and _heads_letter(text, start, end):
            of_letter = Found(start, end, sure=False)
        elif (
            of_letter is None
            or (start < OPENING and BEGINS.search(text[max(0, start - NEAR) : end]))
            or _DEFINED.search(text, start, end + NEAR)
        ):
            return (Found(start, end), *filter(None, [of_letter]))
    return (of_letter,) if of_letter else ()


def _heads_letter(text: str, start: int, end: int) -> bool:
    """Tell whether a day stands alone in its line, above the words that a letter begins with."""
    line = text[text.rfind("\n", 0, start) + 1 : start] + text[end:].partition("\n")[0]
    return not line.strip(" \t.,*_") and LETTER.search(text, end, end + _ADDRESS) is not None


_DEFINED = compiled(r"(?i)[\"\x{201C}](?:the\s+)?(?:effective|commencement|start)\s+date\b")
_ADDRESS = 1_200
"""Characters between the day of a letter and its greeting."""

BEGINS = compiled(
    r"(?i)\b(?:effective|commenc\w+|begin\w*|beginn\w*|inkraft\w*|kraft|effet|vigueur|compter)\b"
)


@lru_cache(maxsize=4)
def dates_of(text: str) -> tuple[Value, ...]:
    """Give all dates of a text."""
    return tuple(islice(dates(plain(text), Habits(text, "")), _MOST_DATES))


WHOLE = len("2024-05-01")
_MADE = compiled(
    r"(?i)\b(?:dated|date\s+of\s+(?:this\s+)?agreement|agreement\s+date|made|entered|executed|concluded"
    r"|signed|this|as\s+of|geschlossen|vom"
    r"|conclue?|signée?|fait\s+à)\b|(?m)^[ \t]*date[ \t]*:"
)
_OF_OTHER_PAPER = compiled(
    r"(?i)\b(?:certain|prior|existing|original|amended\s+by|pursuant\s+to|between\s+the\s+\w+\s+and"
    r"|filed|supplemented|referred\s+to|under\s+the|terms\s+of\s+the|depositors|balances|of\s+record)\b"
    r"[^.;]{0,200}$|\b(?:effective|commenc\w+|begin\w*|expir\w+|terminat\w+|end\w*|until|ending|source"
    r"|due|resignation|birth|début|effet|compter|naissance|née?|beginn\w*|geboren|ab)\b[^.;]{0,50}$"
)
_NO_OWN_DAY = compiled(
    r"\b(?:[Aa]n?|such|[Tt]he)\s+(?:\p{Lu}[\pL&-]*,?\s+(?:and\s+|of\s+)?){1,8}(?:Agreement|Plan|Lease"
    r"|Contract)(?:\s+\(the\s+\"[^\"]{1,40}\"\),?)?\s*(?:,?\s*(?:dated|made|entered\s+into))?(?:\s+as\s+of)?\s*$|\pL,\"\s*$|\bSource:[^\n]{0,80}$"
    r"|\"\s*(?:means?\s+|shall\s+mean\s+)?(?:the|that|an?)\s+(?:\w+\s+){0,3}[Aa]greement\b[^.;]{0,40}$"
)
_AMENDED = compiled(
    r"(?i)\bamendment\b(?:\s+(?:no\.?|n°|number|#)?\s*[0-9#]+)?\s+to\s+(?:(?:the|that|an?)\s+)?[^.;()\"]{0,90}\b(?:agreement"
    r"|contract|lease)\b[^()\"]{0,40}$"
)
_RECITALS = compiled(r"\b(?:WHEREAS|Whereas|RECITALS?|Recitals?|WITNESSETH|BACKGROUND|Background)\b")
_BLANK_DAY = compiled(
    r"(?i)(?:_{2,}|\[[^\]\n]{0,12}\])\s*(?:st|nd|rd|th)?\s*day\s+of\b|\bday\s+of\s+_{2,}|\b(?:dated"
    r"|as\s+of)\s+(?:\pL{3,9}\s+)?(?:_{2,}|\[)|(?:_{2,}[\s_]*|\[[^\]\n]{0,12}\]\s*),\s*(?:19|20)[0-9]{2}\b"
)
_DAY_BEFORE = compiled(r"(?i)(?:day\s+of|\bt\s?h|_)[\s,_]*$")
_DAY_WITHIN = 110
"""Characters behind a word such as "dated" in which the day stands."""


def agreement_date(view: RuleInput) -> Iterator[Found]:
    """Find the day that a contract bears: on which it was made, whenever it begins to bind."""
    yield from _own_day(view.text)


@lru_cache(maxsize=4)
def _own_day(text: str) -> tuple[Found, ...]:
    habits, text = Habits(text, ""), plain(text)
    recitals = _RECITALS.search(text, _SHORTEST_OPENING, OPENING // 2)
    end = recitals.start() if recitals else OPENING // 2
    if _BLANK_DAY.search(text, 0, end):
        return ()  # what is dated in its text is another paper
    for match in islice(_MADE.finditer(text, 0, end), MOST):
        before = text[max(0, match.start() - 250) : match.start()]
        if any(said.search(before) for said in (_OF_OTHER_PAPER, _NO_OWN_DAY, _AMENDED)):
            continue
        if _SIGNATURE.search(before) and _DATE_LINE.match(match[0].lstrip()):
            break  # the others sign on other days
        cut = match.end() + _DAY_WITHIN
        blank = text.find(" ", cut, cut + WHOLE)  # so that no day is cut in two
        stretch = text[match.start() : blank if blank >= 0 else cut + WHOLE]
        value = next(dates(stretch, habits), None)
        said = stretch[: value.start] if value else ";"
        if value is None or ";" in said or _OF_OTHER_PAPER.search(said) or _NO_OWN_DAY.search(said):
            continue
        if len(value.normalised or "") < WHOLE and _DAY_BEFORE.search(stretch[: value.start]):
            continue  # "this __ day of May 2024"
        start = match.start()
        day = Found(start + value.start, start + value.end, value.normalised, alternative=value.alternative)
        return (day,)
    return tuple(islice(_signed(text, habits), 1))


_SIGNATURE = compiled(r"(?i)/s/|\bby[ \t]*:|\bsignature\b|\bname[ \t]*:")
_DATE_LINE = compiled(r"(?i)^dated?\b")
_SHORTEST_OPENING = 300
"""Characters from the start in which no recitals begin, but a table of contents may name them."""


def _signed(text: str, habits: Habits) -> Iterator[Found]:
    """Find the day on which it begins to bind, else that of the last signature: a hint."""
    begins = next(reversed(_effective(habits.text)), None)
    if begins and begins[0] < len(text) // 3:
        yield begins._replace(sure=not begins.sure)  # a letter bears the day at its head
        return
    first = len(text) // 4
    days = [
        Found(day.start, day.end, day.normalised, sure=False)
        for day in dates_of(habits.text)
        if day.start >= first
        and len(day.normalised or "") == WHOLE
        and (
            _DATE_BEFORE.search(text[max(0, day.start - NEAR) : day.start])
            or _DATE_BEHIND.match(text[day.end : day.end + NEAR])
        )
    ]
    for sign in islice(_SIGN.finditer(text, first), MOST) if days else ():
        near = [day for day in days if sign.end() <= day.start and day.end <= sign.end() + _SIGNED_WITHIN]
        if near:
            last = max(near, key=lambda day: day.normalised or "")
            # Where all sign on one day, it is the contract's.
            yield last._replace(sure=len(near) > 1 and len({day.normalised for day in near}) == 1)
            return
    if begins:
        yield begins._replace(sure=False)


def signed_on_days(view: RuleInput) -> Iterator[Span]:
    """Find the days on which both sides signed, each beside its line; or that of an electronic signature."""
    text = plain(view.text)
    if match := _SIGNED_AT.search(text, len(text) // 2):
        yield match.span(1)
    found: list[Value] = []
    for day in dates_of(view.text):
        if day.start < len(text) // 2 or len(day.normalised or "") < WHOLE:
            continue
        before = text[max(0, day.start - NEAR) : day.start]
        if _DATE_BEFORE.search(before) and _SIGNED_LINE.match(text, day.end):
            found.append(day)
    if len(found) > 1 and found[-1].end - found[0].start < _SIGNED_WITHIN:
        last = max(found, key=lambda day: day.normalised or "")
        yield last.start, last.end


_SIGNED_AT = compiled(
    r"(?i)\bsigned\s+by[ \t]*:[ \t]*[^\n_]{2,60}\n\s{0,4}signed\s+(?:at|on)[ \t]*:"
    r"[ \t]*((?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})"
)
_SIGNED_LINE = compiled(r"[*_ \t]*\n\s{0,6}(?:[_.]{5,}|/s/)[^\n]{0,80}\n[^\n]{0,20}\pL")
"""Below a day, the line on which somebody signs, and whose it is."""

_SIGN = compiled(r"(?i)/s/|\b(?:in\s+witness|by[ \t]*:|signatures?\b|signed\s+(?:by|for)|unterschrift|signé)")
_DATE_BEFORE = compiled(
    r"(?i)\b(?:dated?\s*:|date|dated\s+this|datum|le|den)(?:[\s:_|*-]|\bdate\b)*$|\b(?-i:\p{Lu})\pL{2,20},\s*$"
)
_DATE_BEHIND = compiled(r"(?i)^[\s_|*-]*(?:date|datum)\b")
_SIGNED_WITHIN = 900
"""Characters behind the first signature in which the others stand, each with its day."""
