"""Split a parsed document into segments, by what its domain knows of such documents."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from docassay import domains
from docassay.domains.outline import Part, trim
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, Parsed, Segment
from docassay.transforms.lazy_imports import without

MAX_CHARS = 1_000
"""Longest segment in characters: about the 192 tokens at which the shipped encoder was trained."""

OVERLAP_CHARS = 200
"""Most that two windows of an over-long part share."""

_RUN = re.compile(r"\S{200,}")


def split(parsed: Parsed, language: Callable[[str], tuple[str, float]] | None = None) -> tuple[Segment, ...]:
    """Cut a document into segments with ``text[start_char:end_char] == segment.text``.

    A part longer than `MAX_CHARS` becomes windows that overlap and begin and end at sentence ends;
    where there is no sentence end they do so at white space, and a word longer than a window is
    cut only because it is no word.

    Args:
        parsed: A document with its domain and language; an unknown domain is cut at paragraphs.
        language: Tells the language of a segment; without it segments have the document's.
    """
    text = parsed.text
    segments: list[Segment] = []
    for part in _parts(parsed):
        for start, end in windows(text, part.start, part.end, parsed.language):
            piece = text[start:end]
            tongue = language(piece)[0] if language else parsed.language
            if tongue == UNDETERMINED:
                tongue = parsed.language
            segments.append(Segment(parsed.doc_id, len(segments), start, end, part.heading, piece, tongue))
    return tuple(segments)


def windows(text: str, start: int, end: int, language: str = "en") -> Iterator[tuple[int, int]]:
    """Cover ``text[start:end]`` with windows of at most `MAX_CHARS` that overlap at sentence ends.

    Yields:
        Start and end of each window, in order; both stand at no white space.
    """
    start, end = trim(text, start, end)
    if start >= end:
        return
    if end - start <= MAX_CHARS:
        yield start, end
        return
    breaks = _breaks(text, start, end, language)
    at = start
    while True:
        stop = end if end <= at + MAX_CHARS else breaks[bisect_right(breaks, at + MAX_CHARS) - 1]
        first, last = trim(text, at, stop)
        if first < last:
            yield first, last
        if stop >= end:
            return
        at = breaks[bisect_left(breaks, max(at + 1, stop - OVERLAP_CHARS))]


def _parts(parsed: Parsed) -> Sequence[Part]:
    if parsed.domain == UNKNOWN:
        return paragraphs(parsed.text)
    view = domains.View(parsed.text, parsed.kind, parsed.media_type)
    return domains.load(parsed.domain).split(view)


def paragraphs(text: str) -> list[Part]:
    """Cut a text at empty lines: the split of a document whose domain is unknown."""
    parts = []
    position = start = 0
    for line in [*text.splitlines(keepends=True), "\n"]:
        if not line.strip():
            first, last = trim(text, start, position)
            if first < last:
                parts.append(Part(first, last))
            start = position + len(line)
        position += len(line)
    return parts


def _breaks(text: str, start: int, end: int, language: str) -> list[int]:
    """List where a window may end: after sentences, and inside what leaves no other choice.

    No two neighbours are further apart than `MAX_CHARS`.
    """
    ends = [start, *_sentence_ends(text[start:end], start, language), end]
    breaks: list[int] = []
    for a, b in pairwise(sorted(set(ends))):
        at = a
        while b - at > MAX_CHARS:
            cut = _last_space(text, at, at + MAX_CHARS)
            breaks.append(cut)
            at = cut
        breaks.append(b)
    return breaks


def _last_space(text: str, start: int, end: int) -> int:
    for at in range(end, start, -1):
        if text[at - 1].isspace():
            return at
    return end


def _sentence_ends(text: str, offset: int, language: str) -> list[int]:
    """Find sentence ends with spaCy's rules for the language, in blocks it can hold."""
    nlp = _sentencizer(language)
    ends: list[int] = []
    at = 0
    while at < len(text):
        stop = min(len(text), at + 100_000)
        if stop < len(text):
            stop = _last_space(text, at, stop)
        block = _RUN.sub(_word, text[at:stop])
        ends.extend(offset + at + sentence.end_char for sentence in nlp(block).sents)
        at = stop
    return ends


def _word(run: re.Match[str]) -> str:
    """Make a run without white space a word as long, its end kept: spaCy takes quadratic time for signs."""
    return "x" * (len(run[0]) - 1) + run[0][-1]


@cache
def _sentencizer(language: str) -> Any:
    with without("torch"):
        import spacy

    try:
        nlp = spacy.blank(language)
    except ImportError:  # spaCy has no rules for the language
        nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    nlp.max_length = 200_000
    return nlp
