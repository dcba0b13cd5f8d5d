"""Measures: values of facts and of literals, as expectations compare them.

A value may be known within bounds only: March 2024 is any of its days, and a month has 28 to 31. A comparison
that the bounds leave open is neither true nor false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from unicodedata import normalize

from stdnum.eu.vat import MEMBER_STATES

from docassay.domains.currencies import CURRENCIES
from docassay.domains.durations import INDEFINITE, after, months_and_days
from docassay.domains.legal.places import is_code
from docassay.domains.quantities import unit_of
from docassay.schemas.facts import FactType

SAME_AS: Mapping[FactType, FactType] = {
    "name": "text",
    "account": "text",
    "identifier": "text",
    "mailbox": "text",
    "time": "date",
}
"""Types whose values are compared as those of another type are."""

ORDERED: frozenset[FactType] = frozenset({"date", "duration", "percentage", "quantity", "amount", "number"})
"""Types of which one value is more or less than another."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T.{1,40})?)?")
_NUMBER = re.compile(r"(-?[0-9]{1,30}(?:\.[0-9]{1,30})?)(?: ?(\S.{0,30}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PLACE = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_IBAN = re.compile(r"([A-Z]{2})[0-9]{2}[0-9A-Z]{10,30}$")
_VAT_CODES = {code.upper(): code.upper() for code in sorted(MEMBER_STATES)} | {
    "EL": "GR", "XI": "GB", "GB": "GB", "CH": "CH", "NO": "NO",
}  # fmt: skip
"""Countries by the codes of their VAT numbers: Greece and Northern Ireland have others than in ISO 3166."""

_VAT_NUMBER = re.compile(rf"({'|'.join(_VAT_CODES)})[0-9A-Z .-]{{7,20}}$")
_VAT_DIGITS = 7
_FEWEST_DAYS = (0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334)
_MOST_DAYS = (0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337)
"""Days that so many months have, one after the other, at least and at most."""


class Days(NamedTuple):
    """A day, known within bounds, as ordinals of the calendar."""

    low: int
    high: int


class Period(NamedTuple):
    """A duration of so many months and days."""

    months: int
    days: int


class Endless(NamedTuple):
    """A duration without end, longer than any other."""

    written: str = INDEFINITE


class Gap(NamedTuple):
    """What lies between two days."""

    late: Days
    early: Days


class Number(NamedTuple):
    """A number, known within bounds, and its currency or unit; without one it is compared with any."""

    low: Decimal
    high: Decimal
    unit: str | None = None


class Word(NamedTuple):
    """A text, a currency or a jurisdiction, in the form in which it is compared."""

    text: str
    is_place: bool = False


Measure = Days | Period | Endless | Gap | Number | Word


def fold(text: str) -> str:
    """Give the letters and digits of a text, in small letters, an accent with its letter.

    >>> fold("DE89 3704 0044"), fold("Harrow Mill Foods, Inc.")
    ('de8937040044', 'harrowmillfoodsinc')
    """
    return "".join(filter(str.isalnum, normalize("NFKC", text))).casefold()


def measure(of: FactType, normalised: str, unit: str | None = None) -> Measure | None:
    """Read a value in the form of `schemas.facts.Fact.normalised`; None where it has not that form.

    >>> measure("duration", "P1Y6M"), measure("jurisdiction", "Delaware")
    (Period(months=18, days=0), None)
    """
    if of == "date":
        return _days(normalised)
    if of == "duration":
        if normalised == INDEFINITE:
            return Endless()
        length = months_and_days(normalised)
        return Period(*length) if length else None
    if of in ORDERED:
        match = _NUMBER.fullmatch(normalised)
        if match is None or (match[2] and of not in ("quantity", "percentage")):
            return None
        value = Decimal(match[1])
        if of == "percentage":
            return Number(value, value) if (match[2] or unit or "%") == "%" else None
        if unit and of != "amount":
            return None
        return Number(value, value, match[2] if of == "quantity" else unit)
    if of == "jurisdiction":
        return Word(normalised, is_place=True) if _PLACE.fullmatch(normalised) else None
    if of == "currency":
        return Word(normalised) if _CURRENCY.fullmatch(normalised) else None
    return Word(fold(normalised))


def is_had(of: FactType, literal: Measure) -> bool:
    """Tell whether facts may have a code or unit: no currency is EUX, and the United Kingdom is GB, not UK.

    >>> is_had("jurisdiction", Word("UK", True)), is_had("amount", Number(Decimal(5), Decimal(5), "EUR"))
    (False, True)
    """
    match literal:
        case Number(unit=str(unit)) if of == "quantity":
            return unit_of(unit) == unit
        case Number(unit=str(unit)) if of == "amount":
            return unit in CURRENCIES
        case Word(text) if of == "currency":
            return text in CURRENCIES
        case Word(text, is_place=True):
            return is_code(text)
    return True


def _days(normalised: str) -> Days | None:
    if not _DAY.fullmatch(normalised):
        return None
    try:
        first = date.fromisoformat(f"{normalised}-01"[:10])
    except ValueError:
        return None
    if len(normalised) > 7:
        return Days(first.toordinal(), first.toordinal())
    end = after(first, 1, -1)
    return Days(first.toordinal(), end.toordinal()) if end else None


def _later(ordinal: int, by: Period) -> int | None:
    day = after(date.fromordinal(ordinal), *by)
    return day.toordinal() if day else None


def added(one: Measure, other: Measure, sign: int) -> Measure | None:
    """Add a value to another, or with the sign -1 take it away; None where the outcome is not known."""
    match one, other:
        case Days(), Days() if sign < 0:
            return Gap(one, other)
        case Days(), Period():
            by = Period(sign * other.months, sign * other.days)
            low, high = _later(one.low, by), _later(one.high, by)
            return Days(low, high) if low and high else None
        case Period(), Days() if sign > 0:
            return added(other, one, 1)
        case Gap(), Period():
            late = added(one.late, other, sign)
            return Gap(late, one.early) if isinstance(late, Days) else None
        case Period(), Period():
            return Period(one.months + sign * other.months, one.days + sign * other.days)
        case Number(), Number() if one.unit is None or other.unit in (None, one.unit):
            ends = (other.low, other.high) if sign > 0 else (-other.high, -other.low)
            return Number(one.low + ends[0], one.high + ends[1], one.unit or other.unit)
    return None


def apart(one: Measure, other: Measure) -> tuple[Decimal | int, Decimal | int] | None:
    """Give how much more a value is than another, at least and at most; None where that is not known.

    >>> apart(Period(12, 0), Period(0, 365)), apart(Period(12, 0), Number(Decimal(1), Decimal(1)))
    ((0, 1), None)
    """
    match one, other:
        case Days(), Days():
            return one.low - other.high, one.high - other.low
        case Gap(), Period():
            until = added(one.early, other, 1)
            return apart(one.late, until) if until else None
        case Period(), Gap():
            opposite = apart(other, one)
            return (-opposite[1], -opposite[0]) if opposite else None
        case Gap(), Gap():
            mine, others = apart(one.late, one.early), apart(other.late, other.early)
            return (mine[0] - others[1], mine[1] - others[0]) if mine and others else None
        case Period(), Period():
            months, days = one.months - other.months, one.days - other.days
            low, high = _months(abs(months))
            return (low + days, high + days) if months >= 0 else (days - high, days - low)
        case Endless(), Endless():
            return 0, 0
        case Endless(), Period():
            return _ENDLESS, _ENDLESS
        case Period(), Endless():
            return -_ENDLESS, -_ENDLESS
        case Number(), Number() if None in (one.unit, other.unit) or one.unit == other.unit:
            return one.low - other.high, one.high - other.low
    return None


_ENDLESS = Decimal("Infinity")


def _months(number: int) -> tuple[int, int]:
    """Give the days that so many months have, at least and at most."""
    years, months = divmod(number, 12)
    fewest = 365 * years + max(0, years // 4 - 1) + _FEWEST_DAYS[months]
    return fewest, 365 * years + (years + 3) // 4 + _MOST_DAYS[months]


def is_same(one: Measure, other: Measure) -> bool | None:
    """Tell whether a value is another; a country covers its parts, and who names it alone leaves them open.

    >>> de, us = Word("US-DE", True), Word("US", True)
    >>> is_same(de, us), is_same(us, de), is_same(us, Word("DE", True))
    (True, None, False)
    """
    if not isinstance(one, Word) or not isinstance(other, Word):
        ends = apart(one, other)
        return None if ends is None else ends == (0, 0) or (None if ends[0] <= 0 <= ends[1] else False)
    if one.text == other.text or (other.is_place and one.text.startswith(f"{other.text}-")):
        return True
    return None if one.is_place and other.text.startswith(f"{one.text}-") else False


def country_of(of: FactType, normalised: str) -> Word | None:
    """Give the country with whose code an IBAN or a VAT number begins; None where it is neither.

    >>> country_of("identifier", "EL 123456783"), country_of("identifier", "HRB 372876")
    (Word(text='GR', is_place=True), None)
    """
    match = (_IBAN if of == "account" else _VAT_NUMBER).match(normalised)
    if match is None or (of != "account" and sum(map(str.isdigit, normalised)) < _VAT_DIGITS):
        return None
    code = str(match[1])
    return Word(_VAT_CODES.get(code, code), is_place=True)
