"""Quantities: a number and its unit, as clinical documents write them, brought to one form.

Units are those of UCUM, the Unified Code for Units of Measure (https://ucum.org): ``mm[Hg]``,
``10*9/L``, ``[lb_av]``. What UCUM has no unit for is an annotation, such as ``{tablet}``. A unit that is not
known here is kept as it is written.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

_WRITTEN = tomllib.loads(Path(__file__).with_name("units.toml").read_text(encoding="utf-8"))
_UNITS = {written: unit for unit, forms in _WRITTEN.items() for written in forms}
_FOLDED = {written.lower(): unit for written, unit in reversed(_UNITS.items()) if len(written) > 1}
# "l" stands for both, and "g" and "G" differ.
_LONGEST_FIRST = sorted(_UNITS, key=len, reverse=True)
UNIT = r"(?:{})(?![\w/^*])".format("|".join(map(re.escape, _LONGEST_FIRST)).replace("µ", "[µμ]"))
"""An expression for a unit as it is written, for `re`, without regard to case where it is so compiled."""

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,3}(?:\.[0-9]{1,4})?|[0-9]{1,9}(?:[.,][0-9]{1,4})?|[.][0-9]{1,4})"
"""An expression for a number of a quantity; what stands before and behind it is for the user to look at."""

_QUANTITY = re.compile(
    rf"(?i)(?<![\w.,/-])(?P<number>-?{NUMBER})(?![0-9]"
    rf"|[.,][0-9])(?:[ \t\u00a0\u202f-]{{0,3}}(?P<unit>{UNIT}))?"
)
_ANY_UNIT = re.compile(r"[ \t\u00a0\u202f]{0,3}([^\s,;:()0-9-][^\s,;:()]{0,29})")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?: [!-~]{1,30})?")
_COMMA_FIRST = frozenset({"de", "es", "fr", "it", "nl", "pt"})
"""Languages that write a comma before decimals."""


class Quantity(NamedTuple):
    """A quantity: where it stands in what was written, its form, and another where it can be read twice."""

    start: int
    end: int
    normalised: str
    alternative: str | None


def unit_of(written: str) -> str:
    """Give the unit in UCUM; one that is not known as it is written, without blanks.

    >>> unit_of("lbs"), unit_of("mcg"), unit_of("MG"), unit_of("G/l"), unit_of("furlongs")
    ('[lb_av]', 'ug', 'mg', '10*9/L', 'furlongs')
    """
    tidy = " ".join(written.replace("μ", "µ").split())  # the Greek letter is the sign for micro, too
    return _UNITS.get(tidy) or _FOLDED.get(tidy.lower()) or tidy.replace(" ", "_")


def read_quantity(written: str, language: str) -> Quantity | None:
    """Read the first quantity that is written; a number without a unit is one, too.

    Args:
        written: What is written, words too.
        language: BCP 47 tag of the document, which says what a comma means.

    >>> read_quantity("5,4 mmol/l", "de")
    Quantity(start=0, end=10, normalised='5.4 mmol/L', alternative=None)
    >>> read_quantity("weighs 1,200 mg", "en")[2:], read_quantity("1.200 mg", "de")[2:]
    (('1200 mg', None), ('1200 mg', '1.200 mg'))
    """
    match = _QUANTITY.search(written)
    if match is None:
        return None
    end = match.end()
    unit = unit_of(match["unit"]) if match["unit"] else ""
    if not unit and (other := _ANY_UNIT.fullmatch(written, end)):
        # A unit that is not known: what follows has no other words.
        unit, end = unit_of(other[1]), other.end()
    if unit and not unit.isascii():
        return None
    comma = language[:2] in _COMMA_FIRST
    number = match["number"]
    readings = [_decimal(number, comma)]
    if _THOUSANDS.fullmatch(number) and number.count(".") == 1 and comma and "," not in number:
        readings.append(number)
    elif _THOUSANDS.fullmatch(number) and number.count(",") == 1 and comma:
        readings.append(number.replace(",", ""))
    first, *more = (f"{reading} {unit}".strip() for reading in readings)
    return Quantity(match.start(), end, first, more[0] if more else None)


def is_quantity(normalised: str) -> bool:
    """Tell whether a value has the form of a quantity: a decimal, and perhaps a blank and a unit.

    >>> is_quantity("5.4 mmol/L"), is_quantity("120"), is_quantity("5,4 mmol/L"), is_quantity("a lot")
    (True, True, False, False)
    """
    return _PLAIN.fullmatch(normalised) is not None


def _decimal(number: str, comma: bool) -> str:
    """Write a number with a point; ``1.200`` is a thousand where a comma stands before decimals."""
    if "," in number and "." in number:
        return number.replace(",", "")
    if "," in number:
        return number.replace(",", "." if comma or not _THOUSANDS.fullmatch(number) else "")
    if comma and _THOUSANDS.fullmatch(number):
        return number.replace(".", "")
    return f"0{number}" if number.startswith(".") else number
