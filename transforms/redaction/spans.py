"""Redact: a text without the personal data that are marked in it.

What is removed once is removed wherever the text repeats it, as far as it is long enough to be told from
ordinary words. `mask` leaves a bar of one width, `label` what it was, `surrogate` something else of its kind.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docassay.domains.disguise import Shown, shown
from docassay.models.span_edges import TaggedSpan
from docassay.models.tagger import PersonalDataTagger, find_each
from docassay.schemas.errors import UsageError
from docassay.transforms.redaction.file_names import in_file_names
from docassay.transforms.redaction.harmless import without_harmless
from docassay.transforms.redaction.surrogates import Surrogates, kind_of

MODES = ("mask", "label", "surrogate")

MASK = "█████"
"""A bar of one width: how long what stood there was is not told."""

REPEATED_CHARS = 4
"""Letters and digits of a value from which on it is removed wherever it stands again."""
REPEATED_TOKENS = 12
"""Words and marks of a value up to which it is looked for again."""

_NAME = re.compile(r"[^\W\d_]{3,}")
_TOKEN = re.compile(r"\w+|[^\w\s]")
Phrase = tuple[str, ...]
"""The words and marks of a value, in lower case."""

_PARTED = re.compile(r"(?<![^\W\d_])([^\W\d_]++)-([^\W\d_]++)")
"""A word that a line's end may have parted; the lines of a PDF are joined where it is read."""


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """Personal data in a text: ``text[start:end]``.

    Attributes:
        label: What it is: a label of the tagger, or of whoever marked it.
        person: Whom it belongs to, where that is given.
        sure: It was given, or the tagger relies on it.
    """

    start: int
    end: int
    label: str
    person: str | None = None
    sure: bool = True


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
    return _settled(text, shown(text), spans, is_ordinary)


def _settled(
    text: str,
    as_shown: tuple[str, Shown] | None,
    spans: Iterable[PersonalSpan],
    is_ordinary: Callable[[str], bool] = lambda word: True,
) -> list[PersonalSpan]:
    """Do as `settle` with the text as it is shown, where that is not the text."""
    given = joined(text, spans)
    if as_shown is None:
        return joined(text, [*given, *_repeats(text, given, is_ordinary)])
    seen, way = as_shown
    there = [replace(span, start=way.forth(span.start), end=way.forth(span.end)) for span in given]
    return joined(text, [*given, *back(way, _repeats(seen, there, is_ordinary))])


def back(way: Shown, spans: Iterable[PersonalSpan]) -> Iterator[PersonalSpan]:
    """Give for spans of a text as it is shown those of the original."""
    for span in spans:
        start, end = way.span_back(span.start, span.end)
        yield replace(span, start=start, end=end)


def edits(
    text: str, spans: Sequence[PersonalSpan], mode: str, key: bytes = b"", language: str = ""
) -> list[Edit]:
    """Say what is written in place of each span."""
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


def joined(text: str, spans: Iterable[PersonalSpan]) -> list[PersonalSpan]:
    """Trim white space, and join what overlaps under the label of what begins first."""
    whole: list[PersonalSpan] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        value = text[span.start : span.end]
        start = span.start + len(value) - len(value.lstrip())
        end = start + len(value.strip())
        if start >= end:
            continue
        if whole and start < whole[-1].end:
            last = whole[-1]
            whole[-1] = replace(last, end=max(last.end, end), sure=last.sure or span.sure)
        else:
            whole.append(replace(span, start=start, end=end))
    return whole


def _repeats(
    text: str, spans: Sequence[PersonalSpan], is_ordinary: Callable[[str], bool]
) -> Iterator[PersonalSpan]:
    """Find where else the values of spans stand: the same words, however they are parted or capitalised."""
    known: dict[Phrase, PersonalSpan] = {}
    names: dict[str, PersonalSpan] = {}
    for span in spans:
        if not span.sure:
            continue
        value = text[span.start : span.end]
        parts = _NAME.findall(value) if kind_of(span.label) == "person" else []
        parts = [part for part in parts if part[0].isupper()]
        names |= {part.casefold(): span for part in parts if len(part) >= REPEATED_CHARS}
        wanted = [part for part in parts if not is_ordinary(part)]
        wanted += [value] if is_repeated(value) else []
        for tokens in map(phrase, wanted):
            if len(tokens) <= REPEATED_TOKENS:
                known.setdefault(tokens, span)
    for start, end, word in in_file_names(text, names):  # ordinary words, too
        yield replace(names[word], start=start, end=end)
    yield from standing(text, known, spans)


def phrase(words: str) -> Phrase:
    """Give the words and marks of a phrase as it is looked for: without capitals and spaces.

    >>> phrase("Dr. Müller")
    ('dr', '.', 'müller')
    """
    return tuple(_TOKEN.findall(words.casefold()))


def standing(
    text: str, known: Mapping[Phrase, PersonalSpan], spans: Sequence[PersonalSpan]
) -> Iterator[PersonalSpan]:
    """Find where phrases stand, outside of `spans`; each is the span in whose place it was found."""
    if not known:
        return
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for tokens in known:
        lengths[tokens[0]].add(len(tokens))
    for match in _PARTED.finditer(text):
        left, right = match[1].casefold(), match[2].casefold()
        german = f"{left[:-1]}c{right}" if left[-1] == right[0] == "k" else ""  # "Bäk-ker" is "Bäcker"
        if (like := known.get((left + right,)) or known.get((german,))) and match[2].islower():
            yield replace(like, start=match.start(), end=match.end())
    alone = {tokens[0]: like for tokens, like in known.items() if len(tokens) == 1}
    for start, end, word in in_file_names(text, alone):
        yield replace(alone[word], start=start, end=end)
    starts = [span.start for span in spans]
    places = [match.span() for match in _TOKEN.finditer(text)]
    words = [text[start:end].casefold() for start, end in places]
    for at, word in enumerate(words):
        for length in sorted(lengths.get(word, ()), reverse=True):
            like = known.get(tuple(words[at : at + length]))
            if like is None or at + length > len(words):
                continue
            start, end = places[at][0], places[at + length - 1][1]
            smaller = text[start:end].islower() and not text[like.start : like.end].islower()
            if smaller and like.start < like.end:
                continue
            near = bisect_left(starts, end) - 1
            if near < 0 or spans[near].start > start or spans[near].end < end:
                yield replace(like, start=start, end=end)
            break


def is_repeated(value: str) -> bool:
    """Tell whether a value is looked for again: long enough, and no ordinary word in lower case.

    >>> is_repeated("Lee"), is_repeated("Berlin"), is_repeated("2002"), is_repeated("nephew")
    (False, True, True, False)
    """
    chars = sum(map(str.isalnum, value))
    return chars >= REPEATED_CHARS and any(char.isdigit() or char.isupper() for char in value)


LEAST = 0.1
"""Probability from which on what the tagger finds is removed."""
EAGERNESS = 2.0
"""How eager the tagger is to find something. Both were chosen on the half of the documents of
`research.benchmarks.redact` whose name has an even CRC-32; on the other, too, they leave half of what the
tagger's own settings leave."""


def found(
    text: str,
    language: str,
    tagger: PersonalDataTagger,
    least: float = LEAST,
    eagerness: float = EAGERNESS,
    harmless: list[TaggedSpan] | None = None,
    with_fields: Callable[[list[PersonalSpan]], list[PersonalSpan]] = list,
) -> list[PersonalSpan]:
    """Find the personal data of a text, in order: all that tables surely have, and what is less sure.

    Args:
        text: A whole document, since names are told by where they stand and by their repetition.
        language: Its language, as ISO 639-1 says.
        tagger: The tagger.
        least: As in `PersonalDataTagger`.
        eagerness: As in `PersonalDataTagger`.
        harmless: Gets what the tagger finds and is kept, such as drugs.
        with_fields: Takes what was found, and adds what the fields of a data format say (`redaction.fields`).
    """
    as_shown = shown(text, lambda text: language)
    seen, way = as_shown or (text, None)
    tagged, certainly = find_each(seen, [replace(tagger, least=least, eagerness=eagerness), tagger], language)
    sure = [span for span in certainly if span.sure and (span.probability or 1.0) >= least]
    tagged = sorted({*tagged, *sure}, key=lambda span: (span.start, span.end))
    going = list(without_harmless(seen, tagged, tagger.is_ordinary, tagger.is_listed))
    if harmless is not None:
        harmless += set(tagged).difference(going)
    spans = [PersonalSpan(span.start, span.end, span.label, sure=span.sure) for span in going]
    spans = list(back(way, spans)) if way else spans
    return _settled(text, as_shown, with_fields(spans))


MOST_BYTES = 200_000_000
_Given = tuple[int, PersonalSpan, str | None]
"""The number of a line of a file of spans, from 1, what it marks, and the text that stands there by it."""


@dataclass(slots=True)
class SpanFile:
    """The spans of many documents.

    Attributes:
        name: What the file is called.
        rows: By what names a document: a path, a URI, a `doc_id`; of rows that name none, by ``""``.
        used: The names that were asked for.
    """

    name: str
    rows: Mapping[str, Sequence[_Given]]
    used: set[str] = field(default_factory=set)

    def of(self, path: str, doc_id: str, text: str, alone: bool) -> list[PersonalSpan]:
        """Give the spans of a document.

        Args:
            path: What it is called; a row that names the end of its path means it, too.
            doc_id: SHA-256 of its bytes.
            text: Its text, in which the spans must lie.
            alone: It is the only one, so rows that name none mean it.

        Raises:
            UsageError: No row means it; a span is beyond its text, or something else stands there.
        """
        parts = path.replace("\\", "/").split("/")
        names = {doc_id, path, *("/".join(parts[at:]) for at in range(len(parts)))} | (
            {""} if alone else set()
        )
        meant = [name for name in sorted(names) if name in self.rows]
        if not meant:
            raise UsageError(f"{self.name} has no span of {path}, and none that says there is nothing in it")
        self.used.update(meant)
        return [self._checked(*row, path, text) for name in meant for row in self.rows[name]]

    def unused(self) -> int:
        """Count the spans of documents that were not asked for."""
        return sum(len(rows) for name, rows in self.rows.items() if name not in self.used)

    def _checked(
        self, line: int, span: PersonalSpan, marked: str | None, path: str, text: str
    ) -> PersonalSpan:
        where = f"{self.name}, line {line}"
        if span.end > len(text):
            raise UsageError(
                f"{where}: {span.start} to {span.end} is beyond the text of {path}: {len(text):,} characters"
            )
        if marked is not None and marked != text[span.start : span.end]:
            raise UsageError(
                f"{where}: another text stands there in {path}; offsets are those of the text that"
                f" docassay reads: docassay explain {path} --json | jq -j .text"
            )
        return span


def read_spans(path: Path) -> SpanFile:
    """Read spans that somebody else has marked, from JSON Lines, a span each.

        {"file": "letters/a.pdf", "start": 14, "end": 17, "label": "person", "text": "Ada", "person": "p1"}

    `start_char`, `end_char`, `uri` and `doc_id` are read, too, so rows of the table `entities` will do. A
    file in which nobody has found anything is named by a row without offsets.

    Raises:
        UsageError: It cannot be read, or a line is no span.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} has more than {MOST_BYTES:,} bytes")
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    rows: defaultdict[str, list[_Given]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                _add(rows, number, json.loads(line))
            except (ValueError, RecursionError):
                what = "a span: an object with file, start, end and label"
                raise UsageError(f"{path}, line {number}: not {what}") from None
    return SpanFile(str(path), dict(rows))


def _add(rows: defaultdict[str, list[_Given]], number: int, value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError
    names = list(_texts(value, "doc_id", "file", "uri"))
    name = names[0].removeprefix("file://").removeprefix("./") if names else ""
    start, end = (value.get(key, value.get(f"{key}_char")) for key in ("start", "end"))
    found = rows[name]
    if start is None and end is None and name:
        return
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueError
    label, text, person = (next(_texts(value, key), None) for key in ("label", "text", "person"))
    found.append((number, PersonalSpan(start, end, label or "removed", person), text))


def _texts(value: dict[str, Any], *keys: str) -> Iterator[str]:
    for key in keys:
        if value.get(key) is not None:
            if not isinstance(value[key], str):
                raise ValueError
            yield value[key]
