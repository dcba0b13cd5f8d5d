"""Cut financial documents: filing items, mails, tables, paragraphs."""

from __future__ import annotations

import re2

from domains import View
from domains.outline import Part, outline

_HEADINGS = [
    [re2.compile(r"(?i)part\s+I{1,3}V?\b\W*$")],
    [re2.compile(r"(?i)item\s+\d{1,2}[A-C]?\.")],
]


def split(view: View) -> list[Part]:
    """Cut a document at its items."""
    return outline(view.text, _HEADINGS)
