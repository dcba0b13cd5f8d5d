"""Cut medical documents at their section headings."""

from __future__ import annotations

import re2

from domains import View
from domains.outline import Part, outline

_HEADINGS = [[re2.compile(r"^(?:\d{1,2}(?:\.\d{1,2})?\s+)?[A-Z][A-Z ,/&()'-]{2,70}:?$")]]


def split(view: View) -> list[Part]:
    """Cut a document into sections."""
    return outline(view.text, _HEADINGS)
