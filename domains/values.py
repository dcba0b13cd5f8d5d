"""Values of facts: what is written, brought to one form for all documents.

A value that can be read in two ways has an alternative. What the rest of the document says decides, where it
does: its language, its other dates, the marks before its cents. Where nothing does, the value is not sure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from stdnum import iban

from docassay.domains.currencies import CURRENCIES, CURRENCY, DOLLARS, SIGNS
from docassay.domains.date_places import stretches
from docassay.domains.durations import INDEFINITE, UNSTATED, durations
from docassay.domains.financial.figures import decimal, notation_of, plain_decimal, shortest_decimal
from docassay.domains.legal.places import place_at
from docassay.domains.numerals import ORDINALS
from docassay.domains.quantities import is_quantity, read_quantity
from docassay.languages import months
from docassay.schemas.facts import FactType

LONGEST = 400
"""Characters of what is written up to which it is read."""

_TH = "st|nd|rd|th|s t|n d|r d|t h"  # characters that a scan moved apart, too
_ORDINAL = f"(?i:{'|'.join(sorted(ORDINALS, key=len, reverse=True))})"
_DATE = re.compile(
    r"(?<![\w.])(?:(?P<iso>(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2})|(?P<compact>(?:19|20)\d{6})"
    r"|(?P<figures>\d{1,2}\s?[./ -]\s?\d{1,2}\s?[./ -]\s?(?:\d{4}|\d\d))"
    rf"|(?:(?P<day>\d{{1,2}})\s?(?i:{_TH}|er|º)?|(?P<ordinal>{_ORDINAL})(?:\s*\(\d+(?:{_TH})?\))?(?=\s+(?i:day)\b))[\s.-]*"
    r"(?i:day\s+)?(?i:(?:of|de)\s+)?(?P<month>[^\W\d_]{3,10})\.?\s?,?[\s.-]*(?i:(?:of|de)\s+)?(?P<year>\d{4}|\d\d)"
    rf"|(?P<month_first>[^\W\d_]{{3,10}})\.?\s*(?P<day_second>\d{{1,2}})\s?(?i:{_TH})?\s*(?:[.,]?|of)\s*(?P<year_last>\d{{4}})"
    r"|(?P<month_only>[^\W\d_]{3,10})\.?,?\s+(?P<year_only>\d{4}))(?!\d)"
)
_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d\d)(?![\d/-])")
FIGURE = (
    r"(?<!\d)(?<!\d[.,'’])(?:(?<!\w)-)?(?:[1-9]\d{0,2}(?:[.,'’ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?"
    r"|\d{1,15}(?:[.,]\d{1,2})?|0[.,]\d{3,6})(?![.,'’]?\d)"
)
"""An amount: the whole of a number, never a part of one."""

_FIGURE = re.compile(FIGURE)
_MOST_DIGITS = 17
"""Digits of an amount; what has more is a row of numbers."""
_QUANTITY = re.compile(
    r"(?<![\d.,'’])(?:(?<!\w)[-+])?(?:\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3}){1,4}(?:[.,]\d{1,6})?"
    r"|\d{1,15}(?:[.,]\d{1,6})?)(?![.,'’]?\d)"
)
THOUSAND = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
"""What is a thousand in one notation, and three decimals in the other."""

DECIMALS: frozenset[FactType] = frozenset(["amount", "number", "percentage"])
"""Types whose values are decimals."""

_FRACTION = re.compile(r"-?0[.,]\d{3,6}")
_CENTS = re.compile(r"\d[.,]\d\d(?![\d.,])")
_CODE = re.compile(r"[A-Z]{3}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")
_ISO_DURATION = re.compile(
    r"P(?=[0-9])(?:[0-9]{1,4}(?:\.[0-9]{1,2})?Y)?(?:[0-9]{1,4}(?:\.[0-9]{1,2})?M)?"
    r"(?:[0-9]{1,4}(?:\.[0-9]{1,2})?W)?(?:[0-9]{1,4}(?:\.[0-9]{1,2})?D)?"
)
_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_DIGIT = re.compile(r"\d")
_OF_NUMBER = re.compile(r"\d ?$")
_NEAR = 8
"""Characters before and after an amount in which its currency stands."""

_OF_DAY_FIRST = re.compile(r"\bGSTIN\b|₹|£|\bABN\b")  # of India, the United Kingdom and Australia
_DOLLAR_OF = {
    "AUD": re.compile(r"\bA\.?B\.?N\b|\.com\.au\b"),
    "CAD": re.compile(r"\b(?:HST|QST)\b|\bRT ?0001\b"),
    "NZD": re.compile(r"\.co\.nz\b|\bNZBN\b|\bG\.?S\.?T\b[^\n\d]{0,20}\b\d{2,3}[ -]\d{3}[ -]\d{3}\b"),
}
"""What papers of a country have that bills in dollars: its numbers for tax, and addresses on the web."""

_DAY_FIRST = frozenset({"de", "es", "fr", "it", "nl", "pt"})
_MARKS = {"en": ".", "de": ",", "fr": ",", "it": ",", "nl": ",", "pt": ","}
"""What stands before cents; Spanish has the comma in Spain, and the point in Mexico."""


class Value(NamedTuple):
    """What was read: where it stands in what was written, and what it is.

    Attributes:
        normalised: In the form of `schemas.facts.Fact.normalised`; None where it cannot be read.
        alternative: The other way to read it.
        sure: Nothing speaks against it.
    """

    start: int
    end: int
    normalised: str | None
    alternative: str | None = None
    sure: bool = True


@dataclass
class Habits:
    """How a document writes: what is looked up once, when a value of it is first read.

    Attributes:
        text: Its text.
        language: BCP 47 tag.
    """

    text: str
    language: str

    @cached_property
    def day_first(self) -> bool | None:
        """Whether 03/04/2024 is the third of April; None where neither language nor other dates tell."""
        if self.language[:2] in _DAY_FIRST:
            return True
        pairs = [(int(match[1]), int(match[2])) for match in _SLASHED.finditer(self.text)]
        days = any(12 < one <= 31 and two <= 12 for one, two in pairs)
        second = any(12 < two <= 31 and one <= 12 for one, two in pairs)
        return None if days == second else days

    @cached_property
    def likely_day_first(self) -> bool:
        """Whether it is likelier to be, where nothing tells: by what stands in papers of some countries."""
        return _OF_DAY_FIRST.search(self.text) is not None

    @cached_property
    def decimal_mark(self) -> str:
        """What stands before cents; ``""`` where no amount has any."""
        return notation_of(self.text).decimal_mark if _CENTS.search(self.text) else ""

    @property
    def money_mark(self) -> str:
        """The same of money, where the language tells if no amount does; ``""`` where it does not."""
        return self.decimal_mark or _MARKS.get(self.language[:2], "")

    @cached_property
    def currency(self) -> str | None:
        """The currency that most amounts have, if there is one."""
        counts = Counter(filter(None, (self.code(match[0]) for match in CURRENCY.finditer(self.text))))
        return next((code for code, _ in counts.most_common(1)), None)

    @cached_property
    def _dollar(self) -> str | None:
        found = {match[0] for match in CURRENCY.finditer(self.text)} & DOLLARS
        found = found or {code for code, signs in _DOLLAR_OF.items() if signs.search(self.text)}
        return "USD" if not found else found.pop() if len(found) == 1 else None

    def code(self, written: str) -> str | None:
        """Give the code of a currency; a dollar is that of the codes in the text, else of its country."""
        return self._dollar if written == "$" else SIGNS.get(written.lower(), written.upper())

    def currency_at(self, start: int, end: int) -> str | None:
        """Give the currency of an amount: that beside it, else that of the document."""
        near = currency_near(self.text, start, end)
        return self.code(self.text[slice(*near)]) if near else self.currency


def currency_near(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Find the currency that stands nearest to an amount in its line, with no digit between them.

    >>> text = "100 EUR or 200 USD"
    >>> currency_near(text, 0, 3), currency_near(text, 11, 14)
    ((4, 7), (15, 18))
    """
    first = max(text.rfind("\n", 0, start) + 1, start - _NEAR)
    last = text.find("\n", end, end + _NEAR) if "\n" in text[end : end + _NEAR] else end + _NEAR
    before = list(CURRENCY.finditer(text, first, start))[-1:]
    after = list(islice(CURRENCY.finditer(text, end, last), 1))
    # Behind a number, it is the currency of that number rather: EUR in "100 EUR 200 USD".
    near = [
        (start - one.end(), _OF_NUMBER.search(text[: one.start()][-2:]) is not None, one) for one in before
    ]
    near += [(one.start() - end, False, one) for one in after]
    near = [one for one in near if not _DIGIT.search(text[one[2].end() : start] + text[end : one[2].start()])]
    return min(near, key=lambda one: one[:2])[2].span() if near else None


def read(of_type: FactType, written: str, habits: Habits) -> Value:
    """Read what is written as a value of a type.

    >>> habits = Habits("Summe 1.234,50 EUR", "de")
    >>> read("amount", "EUR 1.234,50", habits)[:3], read("date", "vom 3. März 2024", habits)[:3]
    ((4, 12, '1234.50'), (4, 16, '2024-03-03'))
    >>> read("date", "03/04/2024", Habits("", "en"))[2:]
    ('2024-03-04', '2024-04-03', False)
    """
    whole = Value(0, len(written), None, sure=False)
    if len(written) > LONGEST:
        return whole
    return _READERS[of_type](written, habits) or whole


def _date(written: str, habits: Habits) -> Value | None:
    """Read the last date that is written: what comes before it says what it is the date of."""
    found = list(dates(written, habits))
    return found[-1] if found else None


def dates(written: str, habits: Habits) -> Iterator[Value]:
    """Read all dates that are written, in order."""
    start = 0
    for first, last in stretches(written):
        start = max(start, first)
        while match := _DATE.search(written, start, last):
            sure, days = _days(match, habits)
            # Of 31 June 2024, which does not exist, June 2024 is not read either.
            start = match.start() + 1 if days is None else match.end()
            if days:
                yield Value(*match.span(), days[0], days[1] if len(days) > 1 else None, sure)


def read_day(written: str, language: str = "en") -> date | None:
    """Read a date that has its day; None where it has none, or the calendar has no such day.

    Of 03/04/2024 the day comes first where the language has it first, and the month else.

    >>> read_day("the 30th day of April, 2024"), read_day("February 30, 2024")
    (datetime.date(2024, 4, 30), None)
    >>> read_day("03/04/2024"), read_day("03/04/2024", "fr")
    (datetime.date(2024, 3, 4), datetime.date(2024, 4, 3))
    """
    found = read("date", written, Habits("", language)).normalised
    return (
        date.fromisoformat(found) if found and len(found) == len("2024-04-30") and found >= "1000" else None
    )


def _days(match: re.Match[str], habits: Habits) -> tuple[bool, list[str] | None]:
    """Give the ways to read a date, the likelier first, and whether that is sure; None if it has no month."""
    named = match.groupdict()
    if whole := named["iso"] or named["compact"]:
        parts = re.findall(r"\d+", whole) if named["iso"] else [whole[:4], whole[4:6], whole[6:]]
        return True, _existing(tuple(map(int, parts)))
    if figures := named["figures"]:
        one, two, last = re.findall(r"\d+", figures)
        year = _year(last)
        day_first = True if "." in figures else habits.day_first
        orders = [(year, int(two), int(one)), (year, int(one), int(two))]
        likely = habits.likely_day_first if day_first is None else day_first
        days = _existing(*(orders if likely else orders[::-1]))
        told = day_first is not None or len(days) < 2
        return told, days[:1] if told else days
    month = months().get((named["month"] or named["month_first"] or named["month_only"]).lower())
    if month is None:
        return True, None
    if named["month_only"]:
        return True, [f"{named['year_only']}-{month:02}"]
    year = _year(named["year"] or named["year_last"])
    day = named["day"] or named["day_second"] or ORDINALS[named["ordinal"].lower()]
    return True, _existing((year, month, int(day)))


def _year(figures: str) -> int:
    return int(figures) if len(figures) == 4 else 2000 + int(figures) - 100 * (int(figures) > 60)


def _existing(*parts: tuple[int, ...]) -> list[str]:
    """Write those of some years, months and days as ISO 8601 does that the calendar has, each once."""
    days = []
    for year, month, day in parts:
        try:
            days.append(date(year, month, day).isoformat())
        except ValueError:
            continue
    return list(dict.fromkeys(days))


def _time(written: str, habits: Habits) -> Value | None:
    try:
        moment = parsedate_to_datetime(written.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return Value(0, len(written), moment.isoformat())


def _amount(written: str, habits: Habits) -> Value | None:
    match = next(iter(_FIGURE.finditer(written)), None)
    if match is None:
        return None
    number = re.sub(r"['’ \u00a0\u202f]", "", match[0])
    if len(_DIGIT.findall(number)) > _MOST_DIGITS:
        return None
    if _FRACTION.fullmatch(number):
        return Value(*match.span(), number.replace(",", "."))
    if not THOUSAND.fullmatch(number):
        return Value(*match.span(), plain_decimal(decimal(number, habits.decimal_mark or ".")[0]))
    # Amounts of money have no three decimals, though quantities may.
    whole, part = re.split("[.,]", number)
    sure = habits.money_mark not in ("", number[-4])
    return Value(*match.span(), whole + part, None if sure else f"{whole}.{part}", sure)


def _number(written: str, habits: Habits) -> Value | None:
    """Read a quantity or a rate, which may have more places than money: 1.234 is both where no cents tell."""
    match = next(iter(_QUANTITY.finditer(written)), None)
    if match is None:
        return None
    number = re.sub(r"['’ \u00a0\u202f]", "", match[0])
    mark = habits.decimal_mark
    if mark or not THOUSAND.fullmatch(number):
        return Value(*match.span(), shortest_decimal(decimal(number, mark or ".")[0]))
    whole, part = re.split("[.,]", number)
    return Value(*match.span(), whole + part, shortest_decimal(Decimal(f"{whole}.{part}")), False)


def _quantity(written: str, habits: Habits) -> Value | None:
    found = read_quantity(written, habits.language)
    return Value(*found, sure=found.alternative is None) if found else None


def _currency(written: str, habits: Habits) -> Value | None:
    if _CODE.fullmatch(written):
        return Value(0, len(written), written, sure=written in CURRENCIES)
    match = CURRENCY.search(written)
    code = match and habits.code(match[0])
    return Value(*match.span(), code) if match and code else None


def _account(written: str, habits: Habits) -> Value | None:
    number = "".join(char for char in written if char.isalnum()).upper()
    sure = iban.is_valid(number, check_country=False)
    return Value(0, len(written), number, sure=sure) if number else None


def _duration(written: str, habits: Habits) -> Value | None:
    """Read the first duration that is written."""
    found = next(durations(written), None)
    return Value(*found[:3], found.alternative, found.alternative is None) if found else None


def _jurisdiction(written: str, habits: Habits) -> Value | None:
    """Give the code of a place that is known; one that is not stays in words."""
    place = place_at(written, 0)
    if place is None or written[place.end :].strip(" .,;"):
        return _words(written, habits)
    return Value(0, len(written), place.code, place.alternative, place.alternative is None)


def _mailbox(written: str, habits: Habits) -> Value | None:
    return Value(0, len(written), written.strip().lower())


def _words(written: str, habits: Habits) -> Value | None:
    return Value(0, len(written), " ".join(written.split()))


_READERS: Mapping[FactType, Callable[[str, Habits], Value | None]] = {
    "text": _words,
    "name": _words,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "amount": _amount,
    "number": _number,
    "percentage": _number,
    "quantity": _quantity,
    "currency": _currency,
    "account": _account,
    "identifier": _words,
    "mailbox": _mailbox,
    "jurisdiction": _jurisdiction,
}


def fits(of_type: FactType, normalised: str) -> bool:
    """Tell whether a value has the form that all documents have it in; see `schemas.facts.Fact.normalised`.

    >>> fits("date", "2024-02-30"), fits("date", "2024-02"), fits("amount", "-1.50"), fits("currency", "Euro")
    (False, True, True, False)
    """
    if not 0 < len(normalised) <= LONGEST:
        return False
    try:
        normalised.encode()
        if of_type == "date":
            return _ISO_DAY.fullmatch(normalised) is not None and bool(
                date.fromisoformat(f"{normalised}-01"[:10])
            )
        if of_type == "time":
            return normalised[4:5] == normalised[7:8] == "-" and bool(datetime.fromisoformat(normalised))
    except ValueError:
        return False
    if of_type == "duration":
        return normalised in (INDEFINITE, UNSTATED) or _ISO_DURATION.fullmatch(normalised) is not None
    if of_type in DECIMALS:
        return _PLAIN_DECIMAL.fullmatch(normalised) is not None
    if of_type == "quantity":
        return is_quantity(normalised)
    return of_type != "currency" or _CODE.fullmatch(normalised) is not None
