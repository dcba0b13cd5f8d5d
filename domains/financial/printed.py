"""Find a value in the print of an invoice, in any notation: an amount, an identifier or a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import re2

from docassay.domains import Span
from docassay.languages import months

_GROUP = r"[.,'’ \x{a0}\x{202f}\x{2009}]"


def printed_amount(text: str, amount: Decimal) -> Span | None:
    """Find an amount, not negative, in English, German, French or Swiss notation, with or without cents."""
    whole, _, cents = f"{amount:f}".partition(".")
    cents = cents.rstrip("0")
    groups = f"{_GROUP}?".join(f"{int(whole):,}".split(","))
    fraction = rf"[.,]{cents}0*" if cents else r"(?:[.,](?:0{1,4}|-|–))?"
    match = re2.search(rf"(?:^|[^\d.,])({groups}{fraction})(?:$|[^\d.,]|[.,](?:\D|$))", text)
    return match.span(1) if match else None


def printed_identifier(text: str, identifier: str) -> Span | None:
    """Find a number, or another identifier, however its letters and digits are grouped.

    >>> printed_identifier("IBAN: DE12 3456 7890", "de1234567890")
    (6, 20)
    """
    wanted = "".join(char for char in identifier if char.isalnum()).casefold()
    places = [place for place, char in enumerate(text) if char.isalnum()]
    squeezed = "".join(text[place].casefold()[:1] for place in places)
    start = squeezed.find(wanted) if wanted else -1
    return (places[start], places[start + len(wanted) - 1] + 1) if start >= 0 else None


def is_date_printed(text: str, day: date) -> bool:
    """Tell whether a date stands in a text in any order and form of six languages."""
    return any(re2.search(form, text) for form in _forms(day))


def _forms(day: date) -> Iterator[str]:
    year = f"(?:{day.year}|{day.year % 100:02})"
    number, month = f"0?{day.day}", f"0?{day.month}"
    gap = r"\s?[./-]\s?"
    stems = {_stem(word) for word, number in months().items() if number == day.month}
    name = f"(?:{'|'.join(sorted(stems))})" + r"\pL{0,8}\.?"
    for order in ((number, month, year), (month, number, year), (year, month, number)):
        yield r"(?:^|\D)" + gap.join(order) + r"(?:$|\D)"
    yield rf"(?:^|\D){day.year}{day.month:02}{day.day:02}(?:$|\D)"
    of = r"[\s-]*(?:de\s+|of\s+)?"
    yield rf"(?i)(?:^|\D){number}(?:st|nd|rd|th|er|º|\.)?{of}{name},?{of}{year}(?:$|\D)"
    yield rf"(?i)\b{name}\s*{number}(?:st|nd|rd|th)?,?\s*{year}(?:$|\D)"


def _stem(month: str) -> str:
    """Give the first letters of a month, which no other begins with, as it is shortened in print."""
    return month[: 4 if month.startswith("jui") else 3]
