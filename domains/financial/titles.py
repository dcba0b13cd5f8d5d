"""The head of an invoice, in which its title stands."""

from __future__ import annotations

import re

from docassay.domains import RuleInput
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.typography import plain

_HEAD_LINES = 20
_READ = 20_000

NAMES_BILL = re.compile(
    r"(?i)\b(?:[^\W\d_]{0,20}rechnung|gutschrift|invoice|credit note|bill|facture|avoir|factura|fattura"
    r"|fatura|factuur|faktura)\b"
)
"""What a bill is called somewhere in its head."""


def printed_part(view: RuleInput) -> str:
    """Give what is read of a text for its number and its date; nothing of an electronic invoice."""
    text = plain(view.text)
    return "" if is_electronic(text) else text[:_READ]


def head_of(view: RuleInput) -> str:
    """Give the lines in which the title of an invoice stands; nothing of an electronic one."""
    return "\n".join(printed_part(view).split("\n", _HEAD_LINES)[:_HEAD_LINES])
