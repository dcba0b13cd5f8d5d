"""Invented documents: forms with blanks, for kinds of which no corpus may be trained on.

A form is sections in an order, each with headings in several wordings and sentences with blanks. Everything
is written here; nothing is copied. A draw depends on its seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from research.documents.forms import data, trade
from research.documents.forms.form import draw, read

__all__ = ["documents", "draw", "read"]

CLINICAL = ("clinical_english", "clinical_german", "clinical_french")
FILES = (*CLINICAL, "finance", "further", "legal", "courts", "others", "samples")


def documents(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, language, group and text of documents, `count` of each form."""
    for name in FILES:
        bank, forms = read(name)
        for place, form in enumerate(forms):
            for number in range(count):
                yield form.kind, form.language, f"{name} {place} {number % 10}", draw(form, bank, str(number))
    yield from trade.documents(2 * count)
    yield from data.documents(count)
