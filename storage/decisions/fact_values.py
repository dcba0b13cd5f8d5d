"""Fact values as decisions have them: a value and its currency in one text, read from what people write."""

from __future__ import annotations

import re

from docassay.domains.currencies import CURRENCIES
from docassay.domains.values import Habits, fits, read
from docassay.schemas.facts import FactType
from docassay.schemas.rows import UNDETERMINED

_CODE = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
"""Of ISO 3166; ``DE`` is written in words as well, for Delaware."""


def fact_label(value: str, normalised: str | None, currency: str | None) -> str:
    """Write the value of a fact.

    >>> fact_label("19,50 €", "19.50", "EUR")
    '19.50 EUR'
    """
    return " ".join(filter(None, (normalised or value, currency)))


def value_written(of: FactType, written: str, currency: str | None = None) -> str | None:
    """Read a value that a person wrote, in the form of the table `facts`; None where it is none, or two.

    Args:
        of: The type of the fact.
        written: The value; an amount may have a currency.
        currency: Of an amount that is written without one.

    >>> value_written("date", "3 May 2026"), value_written("date", "03/04/2026")
    ('2026-05-03', None)
    >>> value_written("amount", "1234.5 USD", "EUR"), value_written("jurisdiction", "Germany")
    ('1234.5 USD', 'DE')
    """
    written = " ".join(written.split())
    if of == "amount":
        number, _, code = written.rpartition(" ")
        written, currency = (number, code) if code in CURRENCIES else (written, currency)
    if _CODE.fullmatch(written) if of == "jurisdiction" else of != "account" and fits(of, written):
        return fact_label(written, None, currency)
    value = read(of, written, Habits("", UNDETERMINED))
    is_whole = not (written[: value.start] or written[value.end :])
    if value.normalised and is_whole and (value.sure or of == "account"):
        return fact_label(written, value.normalised, currency)
    return None
