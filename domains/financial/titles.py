"""The head of an invoice, in which its title stands."""

from __future__ import annotations

import re

from docassay.domains import RuleInput
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.typography import plain

_HEAD_LINES = 20
READ = 20_000
"""Characters of a text in which its number, its date and its title are sought."""

NAMES_BILL = re.compile(
    r"(?i)\b(?:[^\W\d_]{0,20}rechnung|gutschrift|invoice|credit note|bill|facture|avoir|factura|fattura"
    r"|fatura|factuur|faktura)\b"
)
"""What a bill is called somewhere in its head."""


def head_of(view: RuleInput) -> str:
    """Give the lines in which the title of an invoice stands; nothing of an electronic one."""
    text = plain(view.text)
    if is_electronic(text):
        return ""
    return "\n".join(text[:READ].split("\n", _HEAD_LINES)[:_HEAD_LINES])
