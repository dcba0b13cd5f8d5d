"""Invented documents: forms with blanks, for kinds of which no corpus may be trained on.

A form is sections in an order, each with headings in several wordings and sentences with blanks. Everything is
written here; nothing is copied. A draw depends on its seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from docassay.training.documents.forms import (
    clinical_english,
    clinical_french,
    clinical_german,
    finance,
    form,
    legal,
    others,
    trade,
)

__all__ = ["documents", "finance", "form"]


def documents(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, language, group and text of documents, `count` of each form."""
    for module in (clinical_english, clinical_german, clinical_french, finance, legal, others):
        for place, one in enumerate(module.FORMS):
            for number in range(count):
                name = f"{module.__name__.rsplit('.', 1)[-1]} {place}"
                yield (
                    one.kind,
                    one.language,
                    f"{name} {number % 10}",
                    form.draw(one, module.BANK, str(number)),
                )
    yield from trade.documents(2 * count)
