"""Signs of fraud in the letters themselves, in a document of any kind."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.domains.disguise import disguised_words, is_disguised
from docassay.domains.rules import RuleInput, Span


def disguised_letters(view: RuleInput) -> Iterable[Span]:
    """Find words that are hidden from a filter and not from the reader, where there are several."""
    spans = disguised_words(view.text) if view.disguised is None else view.disguised
    return spans if is_disguised(spans, view.text) else ()
