"""Redact: a text without the personal data that are marked in it.

What is removed once is removed wherever the text repeats it, as far as it is long enough to be told from
ordinary words. `mask` leaves a bar of one width, `label` what it was, `surrogate` something else of its kind.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from docassay.transforms.surrogates import Surrogates, kind_of

MODES = ("mask", "label", "surrogate")

MASK = "█████"
"""A bar of one width: how long what stood there was is not told."""

REPEATED_CHARS = 4
"""Letters and digits of a value from which on it is removed wherever it stands again."""

REPEATED_TOKENS = 12
"""Words and marks of a value up to which it is looked for again."""

_NAME = re.compile(r"[^\W\d_]{3,}")
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """Personal data in a text: ``text[start:end]``.

    Attributes:
        label: What it is: a label of the tagger, or of whoever marked it.
        person: Whom it belongs to, where that is given.
        sure: It was given, or the tagger relies on it.
        repeated: It was found because the text has it elsewhere.
    """

    start: int
    end: int
    label: str
    person: str | None = None
    sure: bool = True
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A span, and what is written in its place."""

    span: PersonalSpan
    text: str


def settle(
    text: str, spans: Iterable[PersonalSpan], is_ordinary: Callable[[str], bool] = lambda word: True
) -> list[PersonalSpan]:
    """Put spans in order, join those that overlap, and add what the text repeats of them.

    Args:
        text: The document's text.
        spans: In any order.
        is_ordinary: Tells whether a word is an ordinary one; other parts of a name are looked for by
            themselves.

    >>> [(s.start, s.end) for s in settle("Ann Lee. Lee called Ann Lee.", [PersonalSpan(0, 7, "person")])]
    [(0, 7), (20, 27)]
    """
    given = _joined(text, spans)
    return _joined(text, [*given, *_repeats(text, given, is_ordinary)])


def edits(
    text: str, spans: Sequence[PersonalSpan], mode: str, key: bytes = b"", language: str = ""
) -> list[Edit]:
    """Say what is written in place of each span.

    Args:
        text: The document's text.
        spans: As `settle` gives them.
        mode: One of `MODES`.
        key: Of the surrogates; see `Surrogates`.
        language: Of the text, as ISO 639-1 says.
    """
    if mode == "mask":
        return [Edit(span, MASK) for span in spans]
    if mode == "label":
        return [Edit(span, f"[{_shown(span.label)}]") for span in spans]
    names = [text[span.start : span.end] for span in spans if kind_of(span.label) == "person"]
    surrogates = Surrogates(key, text, language, names)
    return [
        Edit(span, surrogates.replacement(text[span.start : span.end], span.label, span.person))
        for span in spans
    ]


def redacted(text: str, edits: Sequence[Edit], start: int = 0, end: int | None = None) -> str:
    """Give a text, or ``text[start:end]`` of it, with its edits made; one over its edge counts whole.

    >>> redacted("Ann Lee called.", [Edit(PersonalSpan(0, 7, "person"), "[PERSON]")])
    '[PERSON] called.'
    """
    end = len(text) if end is None else end
    pieces, at = [], start
    for edit in edits:
        if edit.span.end > start and edit.span.start < end:
            pieces += [text[at : max(at, edit.span.start)], edit.text]
            at = min(end, edit.span.end)
    return "".join([*pieces, text[at:end]])


def _shown(label: str) -> str:
    return re.sub(r"\W+", "_", label).upper()[:40] or "REMOVED"


def _joined(text: str, spans: Iterable[PersonalSpan]) -> list[PersonalSpan]:
    """Trim white space, and join what overlaps under the label of what begins first."""
    joined: list[PersonalSpan] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        value = text[span.start : span.end]
        start = span.start + len(value) - len(value.lstrip())
        end = start + len(value.strip())
        if start >= end:
            continue
        if joined and start < joined[-1].end:
            last = joined[-1]
            joined[-1] = replace(last, end=max(last.end, end), sure=last.sure or span.sure)
        else:
            joined.append(replace(span, start=start, end=end))
    return joined


def _repeats(
    text: str, spans: Sequence[PersonalSpan], is_ordinary: Callable[[str], bool]
) -> Iterator[PersonalSpan]:
    """Find where else the values of spans stand: the same words, however they are parted or capitalised."""
    known: dict[tuple[str, ...], PersonalSpan] = {}
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for span in spans:
        if not span.sure:
            continue
        value = text[span.start : span.end]
        parts = _NAME.findall(value) if kind_of(span.label) == "person" else []
        wanted = [part for part in parts if part[0].isupper() and not is_ordinary(part)]
        wanted += [value] if is_repeated(value) else []
        for tokens in (tuple(_TOKEN.findall(words.casefold())) for words in wanted):
            if len(tokens) <= REPEATED_TOKENS:
                known.setdefault(tokens, span)
                lengths[tokens[0]].add(len(tokens))
    if not known:
        return
    starts = [span.start for span in spans]
    places = [match.span() for match in _TOKEN.finditer(text)]
    words = [text[start:end].casefold() for start, end in places]
    for at, word in enumerate(words):
        for length in sorted(lengths.get(word, ()), reverse=True):
            like = known.get(tuple(words[at : at + length]))
            if like is None or at + length > len(words):
                continue
            start, end = places[at][0], places[at + length - 1][1]
            if text[start:end].islower() and not text[like.start : like.end].islower():
                continue
            near = bisect_left(starts, end) - 1
            if near < 0 or spans[near].start > start or spans[near].end < end:
                yield replace(like, start=start, end=end, repeated=True)
            break


def is_repeated(value: str) -> bool:
    """Tell whether a value is looked for again: long enough, and no ordinary word in lower case.

    >>> is_repeated("Lee"), is_repeated("Berlin"), is_repeated("2002"), is_repeated("nephew")
    (False, True, True, False)
    """
    chars = sum(map(str.isalnum, value))
    return chars >= REPEATED_CHARS and any(char.isdigit() or char.isupper() for char in value)
