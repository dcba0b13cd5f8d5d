"""The sentence around a match, cut where it is long."""

from __future__ import annotations

from docassay.domains import Span
from docassay.domains.passages import REACH, sentence_around

_LONGEST = 400
"""Most characters of a sentence that are shown before and after a match."""


def sentence_of(text: str, span: Span) -> Span:
    """Give the sentence that a match lies in, looking no further than such sentences reach.

    >>> text = "It was closed. A tear was seen. She woke."
    >>> start, end = sentence_of(text, (17, 21))
    >>> text[start:end]
    'A tear was seen.'
    """
    base = max(0, span[0] - REACH - 1)
    start, end = sentence_around(text[base : span[1] + REACH + 1], (span[0] - base, span[1] - base))
    return max(base + start, span[0] - _LONGEST), min(base + end, span[1] + _LONGEST)
