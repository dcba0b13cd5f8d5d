"""What the tagger takes for personal data where it is eager: drugs, substances, measured values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from docassay.models.span_edges import TITLED, TaggedSpan

_NAMES = frozenset(("person", "place", "facility"))
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DOSED = re.compile(
    r"(?<![^\W_])(?<!-)([^\W\d_]++(?:-[^\W\d_]++)*+)[,:]?[ \t]{1,3}\d{1,5}(?:[.,]\d{1,3})?[ \t]?"
    r"(?:[mµ]g|mcg|ml|i\.?[eu]\.?|mmol|mval)(?![^\W_])",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"\s?(?:/\s?min|bpm|mm\s?hg|[mµ]g|ml|mmol|%|°|drops|gouttes|tropfen)", re.IGNORECASE)
"""What stands behind a measured value, and not behind years."""

_DOUBTFUL = 0.2
"""Probability below which an ordinary word of `_SHORTEST` letters is no name.

On the documents of `research.benchmarks.redact --detection` nothing more is left by it.
"""
_SHORTEST = 4
_TITLE_CHARS = 14


def without_harmless(
    text: str, spans: Sequence[TaggedSpan], is_ordinary: Callable[[str], bool]
) -> Iterator[TaggedSpan]:
    """Leave out what is a drug, a substance, an ordinary word or a measured value.

    A drug or substance is a single word that the text has before a dose, unless a form of address stands
    before it somewhere, or it is a part of a longer name.

    Args:
        text: A whole document.
        spans: Of the text, as the tagger gives them.
        is_ordinary: Tells whether a word is an ordinary one.
    """
    dosed = {match[1].casefold() for match in _DOSED.finditer(text)}
    for span in spans:
        words = _WORDS.findall(text[span.start : span.end])
        if len(words) > 1 or TITLED.search(text[max(0, span.start - _TITLE_CHARS) : span.start]):
            dosed.difference_update(word.casefold() for word in words)
    for span in spans:
        value = text[span.start : span.end]
        doubtful = (span.probability or 1.0) < _DOUBTFUL and len(value) >= _SHORTEST
        if span.label == "age" and value.isdigit() and _MEASURED.match(text, span.end):
            continue
        if (
            span.label in _NAMES
            and span.probability is not None
            and _WORDS.fullmatch(value)
            and (value.casefold() in dosed or (doubtful and span.label != "facility" and is_ordinary(value)))
        ):
            continue
        yield span
