"""Registration numbers whose check digit gives away that nobody holds them."""

from __future__ import annotations

from collections.abc import Iterator

import re2
from stdnum import luhn

from domains import Span, View

_NPI = re2.compile(r"(?i)\b(?:NPI|National Provider Identifier)\b[^0-9\n]{0,30}?\b(\d{10})\b")
_NPI_PREFIX = "80840"


def invalid_npi(view: View) -> Iterator[Span]:
    """Find numbers called an NPI that fail the check digit.

    Source: CMS, Requirements for National Provider Identifier and NPI Check Digit: Luhn over the
    number with the prefix 80840.
    """
    for match in _NPI.finditer(view.text):
        if not luhn.is_valid(_NPI_PREFIX + match[1]):
            yield match.span(1)
