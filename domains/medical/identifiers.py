"""Registration numbers whose check digit gives away that nobody holds them."""

from __future__ import annotations

from collections.abc import Iterator

import re2
from stdnum import luhn

from docassay.domains import RuleInput, Span

NPI = re2.compile(
    r"(?i)\b(?:NPI|National Provider Identifier)\b(?:[ -]?(?:#|no\.?|number|nr\.?|nummer|n°))?"
    r"[ \t\x{a0}]*[:=|]?[ \t\x{a0}]*(\d{10})\b"
)
NPI_PREFIX = "80840"
_DEA = re2.compile(
    r"(?i)\bDEA\b(?:[ -]?(?:#|no\.?|number|nr\.?|nummer|n°|reg(?:istration)?\.?(?: (?:#|no\.?|number))?))?"
    r"[ \t\x{a0}]*[:=|]?[ \t\x{a0}]*([A-Z][A-Z9]\d{7})\b"
)


def invalid_npi(view: RuleInput) -> Iterator[Span]:
    """Find numbers called an NPI that fail the check digit.

    Source: CMS, Requirements for National Provider Identifier and NPI Check Digit: Luhn over the
    number with the prefix 80840.
    """
    for match in NPI.finditer(view.text):
        if not luhn.is_valid(NPI_PREFIX + match[1]):
            yield match.span(1)


def invalid_dea(view: RuleInput) -> Iterator[Span]:
    """Find numbers called a DEA registration that fail the check digit.

    The first, third and fifth digits plus twice the sum of the second, fourth and sixth end in the
    seventh.
    """
    for match in _DEA.finditer(view.text):
        digits = [int(digit) for digit in match[1][2:]]
        if (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 != digits[6]:
            yield match.span(1)
