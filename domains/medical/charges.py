"""The charge lines of a bill, and those that no honest bill contains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.financial.figures import decimal
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled

_DAY = r"\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"
_CHARGE = compiled(
    rf"(?m)^[^\n]{{0,40}}?({_DAY})\b[^\n]{{0,60}}?\b(\d{{5}}|[A-V]\d{{4}}|\d{{4}}[FTU])\b"
    r"([^\n]{0,200})$"
)
_AMOUNT = compiled(
    r"(?:[$€£] ?)?\b\d{1,3}(?:,?\d{3})*\.\d{2}\b|\b\d{1,3}(?:[. \x{a0}\x{202f}]?\d{3})*,\d{2}\b"
)
_SEPARATOR = compiled(r"[\s|,-]+")
_MODIFIER = compiled(r"2[2-7]|5[0-9]|6[26]|7[6-9]|9[15]|LT|RT|TC|X[ESPU]|E[1-4]|F[1-9A]|T[1-9A]")
_CLOCK = compiled(r"\b\d{1,2}:\d{2}\b")
_SEX = compiled(
    r"(?i)\b(?:sexe?|gender|Geschlecht)\b[ \t\x{a0}]*[:|]?[ \t]*"
    r"(male|female|männlich|weiblich|masculin|féminin|homme|femme|m|f|w|h)\b"
)
_MEN = frozenset(["male", "männlich", "masculin", "homme", "m", "h"])

# Modifiers by which a provider states that a service is distinct or repeated.
_DISTINCT = {"59", "76", "77", "78", "79", "91", "XE", "XS", "XP", "XU"}

_ELECTROLYTES = {"82374", "82435", "84132", "84295"}
_BASIC = _ELECTROLYTES | {"82310", "82565", "82947", "84520"}
_INCLUDED: dict[str, set[str]] = {
    "80051": _ELECTROLYTES,
    "80048": _BASIC | {"80051"},
    "80053": _BASIC | {"80048", "80051", "80076", "82040", "82247", "84075", "84155", "84450", "84460"},
    "80061": {"82465", "83718", "84478"},
    "80069": _BASIC | {"80048", "80051", "82040", "84100"},
    "80076": {"82040", "82247", "82248", "84075", "84155", "84450", "84460"},
    "85025": {"85004", "85014", "85018", "85027", "85041", "85048", "85049"},
    "93000": {"93005", "93010"},
    "71046": {"71045"},
    "43239": {"43235"},
    "45380": {"45378"},
    "45385": {"45378"},
    "29881": {"29870"},
    "47562": {"49320"},
    "58150": {"58700", "58720"},
}
"""Codes and what each already contains: CPT laboratory panels by definition, and the diagnostic
procedure in the surgical one (NCCI Policy Manual, chapters I, VI and X)."""

# The fewest minutes that a unit stands for: CPT's time rule for psychotherapy and critical care, the
# eight-minute rule for units of a quarter of an hour (Medicare Claims Processing Manual, ch. 5, 20.2).
_MINUTES = {"90832": 16, "90834": 38, "90837": 53, "99291": 30, "99292": 30}
_QUARTERS = {
    *("97110", "97112", "97113", "97116", "97140", "97530", "97533", "97535", "97542"),
    *("97032", "97035", "97153", "97155", "T1019", "H2019", "H0004", "G0299", "G0300"),
}

# Uterus, pregnancy and birth, ultrasound in pregnancy, cervical smears.
_WOMEN_ONLY = [
    ("58150", "58294"),
    ("58541", "58579"),
    ("59000", "59899"),
    ("76801", "76828"),
    ("88141", "88175"),
]
# Circumcision, vasectomy, prostate, prostate-specific antigen.
_MEN_ONLY = [("54150", "54164"), ("55250", "55250"), ("55700", "55899"), ("84152", "84154")]


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a bill that names a day and a procedure code.

    Attributes:
        span: The line, without white space at its ends.
        day: The day as written, at `day_span`.
        code_span: Where the code stands.
        amount_span: Where what is charged stands: of a price and a sum, the sum.
        units: 1 where the line gives none.
        clock: Times of day on the line, which tell repeated services apart.
    """

    span: Span
    day: str
    day_span: Span
    code: str
    code_span: Span
    amount_span: Span
    modifiers: frozenset[str]
    units: int
    clock: tuple[str, ...]


@lru_cache(maxsize=1)  # five rules ask it of the same text, one after the other
def charges(text: str) -> tuple[Charge, ...]:
    """Read the charge lines of a text: a day, then a CPT or HCPCS code, then an amount of money.

    >>> [(c.day, c.code, c.units) for c in charges("03/04/2024  99214  Office visit  1  $185.00")]
    [('03/04/2024', '99214', 1)]
    """
    lines = []
    for match in _CHARGE.finditer(text):
        rest = match[3]
        amounts = list(islice(_AMOUNT.finditer(rest), 3))
        if not amounts:
            continue
        modifiers, units = _modifiers_and_units(rest[: amounts[0].start()])
        start, end = match.span()
        line = text[start:end]
        lines.append(
            Charge(
                span=trim(text, start, end),
                day=match[1],
                day_span=match.span(1),
                code=match[2],
                code_span=match.span(2),
                amount_span=_charged(amounts, units, match.start(3)),
                modifiers=modifiers,
                units=units,
                clock=tuple(_CLOCK.findall(line)),
            )
        )
    return tuple(lines)


def _charged(amounts: list[re2._Match[str]], units: int, offset: int) -> Span:
    """Give where what a line charges stands: its first amount, or the second if that is so many times it."""
    price, *others = amounts
    values = [decimal(one[0].strip("$€£ "), "." if "." in one[0][-3:] else ",")[0] for one in amounts[:2]]
    one = others[0] if others and units > 1 and values[1] == units * values[0] else price
    return offset + one.start(), offset + one.end()


def duplicate_charge(view: RuleInput) -> Iterator[Span]:
    """Find charges that repeat an earlier one: the same code, day, modifiers and units.

    Drugs and supplies (HCPCS A, J, P and Q codes) are left out, since a patient may well get a dose
    twice a day, and so are lines with a modifier that says "repeated".
    """
    seen = set()
    for charge in charges(view.text):
        if charge.code[0] in "AJPQ" or charge.modifiers & _DISTINCT:
            continue
        key = (charge.code, charge.day, charge.modifiers, charge.units, charge.clock)
        if key in seen:
            yield charge.span
        seen.add(key)


def unbundled_charge(view: RuleInput) -> Iterator[Span]:
    """Find charges for what another charge of the same day already contains."""
    days = defaultdict(list)
    for charge in charges(view.text):
        days[charge.day].append(charge)
    for same_day in days.values():
        included = {code for charge in same_day for code in _INCLUDED.get(charge.code, ())}
        for charge in same_day:
            if charge.code in included and not charge.modifiers & _DISTINCT:
                yield charge.span


def impossible_time(view: RuleInput) -> Iterator[Span]:
    """Find the timed charges of a day that exceed 24 hours even at the fewest minutes their codes allow."""
    days = defaultdict(list)
    for charge in charges(view.text):
        if charge.code in _MINUTES or charge.code in _QUARTERS:
            days[charge.day].append(charge)
    for same_day in days.values():
        if sum(_minutes(charge) for charge in same_day) > 24 * 60:
            yield from (charge.span for charge in same_day)


def sex_conflict(view: RuleInput) -> Iterator[Span]:
    """Find charges for organs that the recorded sex does not have; silent where two sexes are recorded."""
    recorded = {match[1].lower() in _MEN for match in _SEX.finditer(view.text)}
    if len(recorded) == 1:
        ranges = _WOMEN_ONLY if True in recorded else _MEN_ONLY
        for charge in charges(view.text):
            if any(first <= charge.code <= last for first, last in ranges):
                yield charge.span


def _modifiers_and_units(between: str) -> tuple[frozenset[str], int]:
    """Read what stands between a code and the amount: modifiers follow the code, units stand last."""
    words = [word for word in _SEPARATOR.split(between) if word]
    modifiers = set()
    for word in words[:-1]:
        if not _MODIFIER.fullmatch(word):
            break
        modifiers.add(word)
    units = [int(word) for word in words[len(modifiers) :] if re2.fullmatch(r"[0-9]{1,3}", word)]
    return frozenset(modifiers), (units[-1] if units else 1) or 1


def _minutes(charge: Charge) -> int:
    if charge.code in _QUARTERS:
        return 15 * charge.units - 7
    return _MINUTES[charge.code] * charge.units
