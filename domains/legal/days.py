"""The days of a contract: from which it binds, on which it ends, and which it bears."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import islice

from docassay.domains import RuleInput, Span, plain
from docassay.domains.durations import after as day_after
from docassay.domains.durations import months_and_days
from docassay.domains.facts import Found
from docassay.domains.legal.dates import DATE
from docassay.domains.legal.formation import OPENING, effective_dates
from docassay.domains.legal.periods import Said, term, terms, undotted
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, Value, dates, read

_OTHER_DAY = compiled(r"(?i)\b(?:birth|born|naissance|née?\s+le|geboren|geburts\pL*|geb\.|disbursement)\b")
_SAID_BEFORE = 30
"""Characters before a day in which it is said to be that of something else."""


def effective_date(view: RuleInput) -> Iterator[Span]:
    """Find the day from which a contract binds: the first that is one; the opening comes before the rest."""
    habits = Habits(view.text, "")
    for start, end in effective_dates(view):
        if _OTHER_DAY.search(view.text[max(0, start - _SAID_BEFORE) : end]):
            continue
        value = read("date", view.text[start:end], habits)
        if value.normalised and not _ENDS.search(view.text[start : start + value.start]):
            yield start, end
            return


_MOST = 300
"""Days of a text that are looked at."""

_BEFORE = 260
_LONG = rf"(?:{DATE}|[0-9]{{1,2}}/[0-9]{{1,2}}/(?:19|20)?[0-9]{{2}}\b)"
_ENDS = compiled(
    r"(?i)\b(?:expires?|expiring|expiration(?:\s+date)?|ends?|ending|terminates?|terminating"
    r"|conclud(?:es?|ing)|(?:termination|end)\s+date|contract\s+end|extended\s+to"
    r"|(?:terminat\w+|expir\w+|ends?)\b[^.;]{0,80}\bno\s+event\s+later"
    r"|until|through|thru|to\s+and\s+including|from\s+the\s+(?:effective|commencement)\s+date\s+to"
    r"|expirer?a?|prend(?:ra|re)?\s+fin|se\s+termine(?:ra?)?|s.achèver?a?|arrive(?:ra)?\s+à\s+échéance|jusqu'au|jusqu'à"
    r"|endet|bis(?:\s+zum)?"
    r"|befristet)\b"
    r"(?:[\s,:(\"]+(?:on|at|as\s+of|the|close|of|business|midnight|earlier|date|is|shall|be|means|le|am"
    r"|au|plus|tard|spätestens|zum|later|than|no|and|including|of|to\s+occur|\(?(?:i|a|1|x)\)"
    r"|[0-9:]+\s*[ap]\.?\s*m\.?|[a-z\s]{2,20}\s+time)){0,8}[\s,:(\"]*$"
)
_FROM = compiled(
    r"(?i)\b(?:from|between|commencing(?:\s+on)?|beginning(?:\s+on)?|vom|du|means|(?:term|laufzeit|durée|period)\s*:)\s+(?:the\s+)?$"
)
_TO = compiled(
    r"(?i)^[\s,(\"\pL)]{0,40}?(?:\b(?:to|through|thru|until|bis(?:\s+zum)?|au)\s+|-\s*)"
    r"(?:(?:to|the|and\s+including)\s+)?$"
)
"""What stands between the first day of a span and its last."""

_CONTRACT = compiled(
    r"(?i)\b(?:this\s+(?:\w+\s+){0,3}?(?:agreement|contract|lease|letter|licen[cs]e|amendment)"
    r"|(?:the\s+)?(?:initial\s+|original\s+)?term\b|lease\s+end"
    r"|the\s+(?:agreement|contract|lease|subscription|tenancy|employment|engagement)|(?:contract|service|cooperation|agreement)\s+(?:period|term)|contrat|bail"
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
    return tuple(islice(_named(plain(text), Habits(text, "")), _MOST))


def _named(text: str, habits: Habits) -> Iterator[Found]:
    values = [*islice(dates(text, habits), _MOST), *islice(_year_ends(text), _MOST)]
    text, first = undotted(text), 0
    for value in sorted(values):
        before = text[max(0, value.start - _BEFORE) : value.start]
        ends = [one.end() - 1 for one in _SENTENCE.finditer(before)]
        said = before[ends[-1] if ends else 0 :]
        spans = first and _TO.match(text[first : value.start])
        first = value.end if _FROM.search(said) else 0
        last = _LAST_DAY.search(said)
        day = value.normalised or ""
        if last:
            said, day = said[: last.start()], _last_of_month(day)
        one_of = _ONE_OF.search(said)
        if len(day) != _WHOLE or not (spans or one_of or _ENDS.search(said)):
            continue
        named = _CONTRACT.search(said) or _IS_TERM.match(text[value.end : value.end + _BEHIND])
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
    told = [one for one in said if _FIRST_DAY.search(one.before) or _FIRST_DAY.search(one.behind)]
    if not told and not all(one.sure for one in term(view)):
        return
    said = told or said
    lengths = {one.duration.normalised for one in said}
    if len(lengths) != 1 or any(_FROM_EVENT.search(one.before + one.behind) for one in said):
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
    r"|\b(?:date|day)\s+(?:on\s+which|upon\s+which|that|when|the)\b[^.;]{0,60}\b(?:is|are|has|have|becomes?|been)\s+"
    r"(?:\w+\s+){0,2}?(?:upload|launch|accept|complet|deliver|install|operational|accessible|available|approv|open|ship|register"
    r"|issu|grant|commission)\w*"
    r"|\b(?:additional|later|longer|sooner)\s+(?:(?:to\s+occur\s+)?of\b|$)"
)
"""What is not known when a contract is made, and from which on it runs."""

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
    if begins and _BEGINS.search(text[max(0, begins[0] - _SAID_BEFORE) : begins[1] + _SAID_BEFORE]):
        return read("date", text[slice(*begins)], habits).normalised
    # It bears the day of its signatures where it names no other.
    own = next(agreement_date(view), None)
    return own and (own.normalised or read("date", view.text[own.start : own.end], habits).normalised)


_BEGINS = compiled(
    r"(?i)\b(?:effective|commenc\w+|begin\w*|beginn\w*|inkraft\w*|kraft|effet|vigueur|compter)\b"
)


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
    r"|Contract)\s*(?:,?\s*(?:dated|made|entered\s+into))?(?:\s+as\s+of)?\s*$|\bSource:[^\n]{0,80}$"
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
    text = plain(view.text)
    habits = Habits(view.text, "")
    recitals = _RECITALS.search(text, _SHORTEST_OPENING, OPENING // 2)
    end = recitals.start() if recitals else OPENING // 2
    if _BLANK_DAY.search(text, 0, end):
        return  # what is dated in its text is another paper
    for match in islice(_MADE.finditer(text, 0, end), _MOST):
        before = text[max(0, match.start() - 250) : match.start()]
        if any(said.search(before) for said in (_OF_OTHER_PAPER, _NO_OWN_DAY, _AMENDED)):
            continue
        if _SIGNATURE.search(before) and _DATE_LINE.match(match[0].lstrip()):
            break  # the others sign on other days
        cut = match.end() + _DAY_WITHIN
        blank = text.find(" ", cut, cut + _WHOLE)  # so that no day is cut in two
        stretch = text[match.start() : blank if blank >= 0 else cut + _WHOLE]
        value = next(dates(stretch, habits), None)
        said = stretch[: value.start] if value else ";"
        if value is None or ";" in said or _OF_OTHER_PAPER.search(said) or _NO_OWN_DAY.search(said):
            continue
        if len(value.normalised or "") < _WHOLE and _DAY_BEFORE.search(stretch[: value.start]):
            continue  # "this __ day of May 2024"
        start = match.start()
        yield Found(start + value.start, start + value.end, value.normalised, alternative=value.alternative)
        return
    yield from _signed(view)


_SIGNATURE = compiled(r"(?i)/s/|\bby[ \t]*:|\bsignature\b|\bname[ \t]*:")
_DATE_LINE = compiled(r"(?i)^dated?\b")
_SHORTEST_OPENING = 300
"""Characters from the start in which no recitals begin, but a table of contents may name them."""

_WHOLE = len("2024-05-01")


def _signed(view: RuleInput) -> Iterator[Found]:
    """Find the day on which it begins to bind, else that of the last signature: a hint."""
    text = plain(view.text)
    begins = next(effective_date(view), None)
    if begins and begins[0] < len(text) // 3:
        yield Found(*begins, sure=False)
        return
    habits = Habits(view.text, "")
    for sign in islice(_SIGN.finditer(text, len(text) // 4), _MOST):
        days = [
            Found(start, end, value.normalised, sure=False)
            for value in dates(text[sign.end() : sign.end() + _SIGNED_WITHIN], habits)
            for start, end in [(sign.end() + value.start, sign.end() + value.end)]
            if len(value.normalised or "") == _WHOLE
            and (
                _DATE_BEFORE.search(text[max(0, start - _SAID_BEFORE) : start])
                or _DATE_BEHIND.match(text[end : end + _SAID_BEFORE])
            )
        ]
        if days:
            yield max(days, key=lambda day: day.normalised or "")
            return
    if begins:
        yield Found(*begins, sure=False)


_SIGN = compiled(r"(?i)/s/|\b(?:in\s+witness|by[ \t]*:|signature\b|signed\s+(?:by|for)|unterschrift|signé)")
_DATE_BEFORE = compiled(
    r"(?i)\b(?:dated?\s*:|date|dated\s+this|datum|le|den)(?:[\s:_|*-]|\bdate\b)*$|\b(?-i:\p{Lu})\pL{2,20},\s*$"
)
_DATE_BEHIND = compiled(r"(?i)^[\s_|*-]*(?:date|datum)\b")
_SIGNED_WITHIN = 900
"""Characters behind the first signature in which the others stand, each with its day."""
