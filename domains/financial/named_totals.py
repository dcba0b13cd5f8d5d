"""Find totals by their names in the middle of a line, as in forms whose cells stand side by side.

`table.read_printed` understands a line that has a label and an amount alone. In an order or an invoice of
a broadcaster the total stands behind the terms of payment, or below the headings of gross and net.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

import re2

from docassay.domains import Span
from docassay.domains.financial.figures import decimal, notation_of
from docassay.domains.typography import plain

_READ = 200_000
_MOST = 50
_AMOUNT = r"-?(?:\d{1,3}(?:[.,' ]\d{3}){1,4}|\d{1,9})[.,]\d\d"
_SIGN = r"(?:USD|EUR|GBP|CHF|CAD|AUD|[$€£])"
_BETWEEN = rf"[ \t]{{0,3}}[:|=]?[ \t|]{{0,40}}(?:{_SIGN}[ \t]{{0,20}})?"
_TOTALS = {
    "gross": (
        r"gross total|grand total|total gross|gross (?:order )?amount|gross cost|invoice total|order total"
        r"|contract total"
        r"|total (?:invoice|order|contract)(?: amount| value| cost)?|total cost|total \$|gesamtbetrag"
        r"|gesamtsumme"
        r"|rechnungsbetrag|bruttosumme|bruttobetrag|endbetrag|auftragssumme|bestellsumme|total ttc"
        r"|montant ttc"
        r"|total général"
    ),
    "net": r"net total|total net|net amount|nettosumme|nettobetrag|gesamt netto|total ht|montant ht",
    "due": r"(?:amount|total|balance) due|net due|zahlbetrag|zu zahlen|net à payer|reste à payer",
}
_NAMED = {
    role: re2.compile(rf"(?i)\b(?:{names}){_BETWEEN}({_AMOUNT})(?:[^\d.,]|$)")
    for role, names in _TOTALS.items()
}
NAMED = frozenset(_TOTALS)
"""The totals that are found so."""

_TOTAL_CELL = re2.compile(rf"(?im)(?:^|[ \t]{{2}}|\|)[ \t]*totals?{_BETWEEN}({_AMOUNT})[ \t|]*$")
_HEADINGS = {
    "gross": re2.compile(r"(?i)\bgross ?(?:amount|total|cost)\b.{0,200}\bnet ?(?:amount|total|cost)\b"),
}
_TOTALS_ROW = re2.compile(
    rf"(?i)^[ \t|]*(?:grand )?totals?\b[^\n$€£.,]{{0,60}}{_SIGN}?[ \t]{{0,20}}({_AMOUNT})"
)
_ROWS_BELOW = 60


def named_totals(text: str, role: str) -> list[tuple[Decimal, Span]]:
    """List the amounts behind the names of a total, ``gross``, ``net`` or ``due``, in their order.

    >>> named_totals("Payment Terms 30 Days   Gross Total   $3,210.00", "gross")
    [(Decimal('3210.00'), (39, 47))]
    """
    text = plain(text[:_READ])
    spans = [match.span(1) for match in islice(_NAMED[role].finditer(text), _MOST)]
    if role == "gross":
        spans = spans or list(_below_headings(text))
        spans = spans or [match.span(1) for match in islice(_TOTAL_CELL.finditer(text), _MOST)]
    mark = notation_of(text).decimal_mark
    return [(decimal(text[slice(*span)].replace(" ", "'"), mark)[0], span) for span in spans]


def _below_headings(text: str) -> Iterator[Span]:
    """Find the first amount of the row of totals below the headings of gross and net."""
    for match in islice(_HEADINGS["gross"].finditer(text), _MOST):
        start = text.find("\n", match.end()) + 1
        for _ in range(_ROWS_BELOW if start else 0):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            if row := _TOTALS_ROW.search(text[start : min(end, start + 400)]):
                yield start + row.start(1), start + row.end(1)
                break
            if end >= len(text):
                break
            start = end + 1
