"""Lay out a document as a page: its text with marked evidence, and the list of findings.

The same layout serves `docassay explain --html` and `docassay review`; the templates in `views/templates`
write it, with every text escaped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from docassay.domains.values import LONGEST
from docassay.observe.sanitize import UNSEEN, line
from docassay.schemas.rows import Classification, Result, Translation
from docassay.schemas.uris import parse_attachment
from docassay.transforms.formats.media_types import MAIL
from docassay.views import labels
from docassay.views.entries import QUOTE_CHARS, Entry, entries
from docassay.views.explain import (
    absences,
    chance,
    in_english,
    marks,
    open_with_evidence,
    part_of,
    stretches,
)
from docassay.views.facts import Said, more_said, said, several_patients
from docassay.views.sheets import shade, tip

PIECE_CHARS = 20_000
"""Approximate characters of a piece; long texts load piece by piece."""

TIPS = 8
"""Maximum number of findings in the tooltip of a passage."""

MAIL_SHOWN = ("from", "to", "cc", "subject", "date", "reply-to")
"""Headers that are shown; the others are folded."""


class Glyph(NamedTuple):
    """A piece of text, or the code point of an invisible character."""

    text: str
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of the text in which the same evidence holds.

    Attributes:
        shade: How it is shown: a severity, `passed`, or nothing.
        tip: What was found in it.
        first: Numbers of the evidence that begins here.
        last: Numbers of the evidence that ends here.
        stated: Numbers of the facts that begin here.
        fact: The titles of the facts of which it is a part.
        personal: What the personal data is of which it is a part.
        is_hit: It is a place of what was searched for.
    """

    start: int
    glyphs: tuple[Glyph, ...]
    shade: str = ""
    tip: str = ""
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    stated: tuple[int, ...] = ()
    fact: str = ""
    personal: str = ""
    is_hit: bool = False

    @property
    def classes(self) -> str:
        """The classes by which a style shows what it is, beside the evidence."""
        named = (("stated", self.fact), ("personal-data", self.personal), ("hit", self.is_hit))
        return " ".join(name for name, holds in named if holds)

    @property
    def told(self) -> str:
        """What it is, beside the evidence."""
        return ", ".join(filter(None, (self.fact, self.personal and f"personal data: {self.personal}")))


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a passage, by a model or a heading.

    Attributes:
        index: Of its row among those of the document.
    """

    index: int
    words: str
    task: str
    chance: str
    unsure: bool
    row: Classification


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a mail, with its value as it stands in the text."""

    name: str
    spans: tuple[Span, ...]
    shown: bool

    @property
    def marked(self) -> bool:
        """Return whether it contains evidence."""
        return any(span.shade for span in self.spans)


@dataclass(frozen=True, slots=True)
class Block:
    """A slice of the text, with its labels and its English beside it."""

    start: int
    spans: tuple[Span, ...]
    heading: str = ""
    labels: tuple[Label, ...] = ()
    english: tuple[Glyph, ...] = ()
    doubtful: bool = False
    headers: tuple[Header, ...] = ()


class Page:
    """The layout of a document, for the templates."""

    def __init__(self, result: Result) -> None:
        """Number the evidence and cut the text into pieces."""
        self.result = result
        self.document = result.document
        self.marks = marks(result, passed=True)
        self.pieces = cut(result.text)
        self.is_mail = result.document.media_type == MAIL
        self.head_end = _head_end(result.text) if self.is_mail else 0
        self._starts = [mark.start for mark in self.marks]
        self._longest = max((mark.end - mark.start for mark in self.marks), default=0)
        self._segments = sorted(result.segments, key=lambda row: (row.start_char, row.segment))
        self._segment_starts = [row.start_char for row in self._segments]
        self._english: Mapping[int, Translation] = {row.segment: row for row in result.translations}
        self._labels: dict[int, list[Label]] = {}
        for index, row in enumerate(result.classifications):
            self._labels.setdefault(row.segment, []).append(label(index, row))
        self.entries = entries(result, self.marks, self.pieces)
        self.facts = list(said(result))
        self.more_facts = more_said(result.facts)
        self.several_patients = several_patients(result.facts)
        self._placed = sorted((fact for fact in self.facts if fact.number), key=lambda fact: fact.start)
        self._fact_starts = [fact.start for fact in self._placed]
        self._personal = sorted(
            (row.start_char, row.end_char, labels.title(row.label)) for row in result.entities
        )
        self._longest_personal = max((end - start for start, end, _ in self._personal), default=0)
        self._hits: Sequence[tuple[int, int]] = ()
        self._cuts = self._cut_at()

    def _cut_at(self) -> list[int]:
        """List where facts, personal data and hits begin and end."""
        facts = ((fact.start, fact.end) for fact in self._placed)
        personal = ((start, end) for start, end, _ in self._personal)
        return sorted({at for slices in (facts, personal, self._hits) for one in slices for at in one})

    def searched(self, hits: Sequence[tuple[int, int]]) -> Page:
        """Return the page with the places of a search marked: slices in order that do not overlap."""
        page = copy(self)
        page._hits = hits
        page._cuts = page._cut_at()
        return page

    @property
    def marked(self) -> list[tuple[str, str]]:
        """Name what is marked in the text, with the class of each."""
        there = (
            ("checks", "signs and checks", self.marks),
            ("facts", "facts", self._placed),
            ("personal", "personal data", self._personal),
            ("hits", "search matches", self._hits),
        )
        return [(name, title) for name, title, rows in there if rows]

    @property
    def title(self) -> str:
        """The document's title, or the name of its file."""
        return line(self.document.title or self.document.uri.rpartition("/")[2], 300)

    @property
    def found(self) -> str:
        """Summarise the findings in a sentence."""
        verdicts = [row.verdict for row in open_with_evidence(self.result)]
        passed = sum(row.verdict == "pass" for row in self.result.findings)
        absent = len(absences(self.result))
        return labels.found(
            len(self.result.flags), verdicts.count("fail"), verdicts.count("review"), passed, absent
        )

    @property
    def places(self) -> list[tuple[int, int]]:
        """The slices of the text that are evidence or facts, in order."""
        facts = [(fact.start, fact.end) for fact in self._placed]
        return sorted([*facts, *((mark.start, mark.end) for mark in self.marks)])

    def piece_of(self, offset: int) -> int:
        """Return the piece of the text in which a character stands."""
        return max(0, bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1)

    @property
    def attached(self) -> str:
        """Name the document it is attached to."""
        attached = parse_attachment(self.document.uri)
        if not attached:
            return ""
        name = f"{line(self.document.file_name, 200)}, " if self.document.file_name else ""
        return f"{name}attachment {attached[1]} of {line(attached[0])}"

    @property
    def part(self) -> str:
        """Name the file it is a part of, with its pages."""
        return line(part_of(self.document))

    def blocks(self, piece: int) -> Iterator[Block]:
        """Lay out a piece of the text."""
        start, end = self.pieces[piece]
        yield from self.slice(start, end)

    def slice(self, start: int, end: int) -> Iterator[Block]:
        """Lay out a slice of the text: a mail's headers first, then a block for each passage."""
        if start < self.head_end:
            until = min(end, self.head_end)
            yield Block(start, (), headers=tuple(self._headers(start, until)))
            start = until
        first, last = bisect_left(self._segment_starts, start), bisect_left(self._segment_starts, end)
        cuts = [(start, -1)] if first == last or self._segment_starts[first] > start else []
        for place in range(first, last):
            at = self._segment_starts[place]
            is_annotated = (
                self._segments[place].segment in self._labels
                or self._segments[place].segment in self._english
            )
            if is_annotated and not (cuts and cuts[-1][0] == at and cuts[-1][1] >= 0):
                cuts = [*cuts[:-1], (at, place)] if cuts and cuts[-1][0] == at else [*cuts, (at, place)]
            elif not cuts:
                cuts.append((at, -1))
        for n, (at, place) in enumerate(cuts):
            until = cuts[n + 1][0] if n + 1 < len(cuts) else end
            if until > at:
                yield self._block(at, until, place)

    def listed(self, start: int = 0, count: int | None = None) -> list[Entry]:
        """Return a slice of the entries, with the English of their evidence."""
        some = self.entries[start : None if count is None else start + count]
        return [self.entry(entry) for entry in some]

    def entry(self, entry: Entry) -> Entry:
        """Return an entry with the English of its evidence."""
        if entry.mark is None or not self.result.translations:
            return entry
        found = in_english(self.result, entry.mark)
        return replace(entry, english=line(found[0], QUOTE_CHARS), doubtful=found[1]) if found else entry

    def _block(self, start: int, end: int, place: int) -> Block:
        spans = tuple(self._spans(start, end))
        if place < 0:
            return Block(start, spans)
        segment = self._segments[place]
        english = self._english.get(segment.segment)
        return Block(
            start,
            spans,
            " › ".join(line(one, 120) for one in segment.heading),
            tuple(self._labels.get(segment.segment, ())),
            glyphs(english.text) if english else (),
            bool(english and english.guarded),
        )

    def _headers(self, start: int, end: int) -> Iterator[Header]:
        text = self.result.text
        fields: list[tuple[str, int, int]] = []
        at = start
        for written in text[start:end].splitlines(keepends=True):
            name, colon, _ = written.partition(":")
            if fields and (written[:1] in " \t" or not colon):
                fields[-1] = (*fields[-1][:2], at + len(written))
            elif written.strip():
                fields.append((name, at + len(name) + 1, at + len(written)))
            at += len(written)
        order = {field: n for n, field in enumerate(MAIL_SHOWN)}
        for name, begin, until in sorted(fields, key=lambda field: order.get(field[0].lower(), len(order))):
            value = text[begin:until]
            begin, until = until - len(value.lstrip()), begin + len(value.rstrip())
            yield Header(line(name, 80), tuple(self._spans(begin, max(begin, until))), name.lower() in order)

    def _spans(self, start: int, end: int) -> Iterator[Span]:
        low = bisect_left(self._starts, start - self._longest)
        near = self.marks[low : bisect_right(self._starts, end)]
        for stretch in stretches(start, end, near):
            for begin, until in self._pieces(stretch.start, stretch.end):
                stated = [fact for fact in self._facts_near(begin) if begin < fact.end]
                span = Span(
                    begin,
                    glyphs(self.result.text[begin:until]),
                    stated=tuple(fact.number for fact in stated if fact.start == begin),
                    fact=", ".join(dict.fromkeys(fact.title for fact in stated)),
                    personal=", ".join(dict.fromkeys(self._personal_at(begin))),
                    is_hit=self._is_hit(begin),
                )
                if stretch.marks:
                    span = replace(
                        span,
                        shade=shade([mark.row for mark in stretch.marks]),
                        tip="\n".join(dict.fromkeys(tip(mark) for mark in stretch.marks[:TIPS])),
                        first=tuple(mark.number for mark in stretch.marks if mark.start == begin),
                        last=tuple(mark.number for mark in stretch.marks if mark.end == until),
                    )
                yield span

    def _personal_at(self, offset: int) -> Iterator[str]:
        """Name the personal data in which a character stands."""
        low = bisect_left(self._personal, (offset - self._longest_personal,))
        for start, end, title in self._personal[low : bisect_left(self._personal, (offset + 1,))]:
            if start <= offset < end:
                yield title

    def _is_hit(self, offset: int) -> bool:
        at = bisect_right(self._hits, offset, key=lambda hit: hit[0]) - 1
        return at >= 0 and offset < self._hits[at][1]

    def _facts_near(self, offset: int) -> list[Said]:
        """List the facts that begin there or within `LONGEST` characters before."""
        low = bisect_right(self._fact_starts, offset - LONGEST - 1)
        return self._placed[low : bisect_right(self._fact_starts, offset)]

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cut a slice where facts, personal data and hits begin and end."""
        cuts = self._cuts[bisect_right(self._cuts, start) : bisect_left(self._cuts, end)]
        yield from pairwise((start, *cuts, end))


def _head_end(text: str) -> int:
    from docassay.domains.mail.message import header_block  # imports what judges mail

    return header_block(text)


def cut(text: str) -> list[tuple[int, int]]:
    """Cut a text into pieces, at line ends where possible.

    >>> cut("short"), [b - a for a, b in cut("x" * 45_000)]
    ([(0, 5)], [20000, 20000, 5000])
    """
    pieces, start = [], 0
    while len(text) - start > PIECE_CHARS:
        end = text.rfind("\n", start + PIECE_CHARS // 2, start + PIECE_CHARS) + 1 or start + PIECE_CHARS
        pieces.append((start, end))
        start = end
    return [*pieces, (start, len(text))]


def glyphs(text: str) -> tuple[Glyph, ...]:
    r"""Split a text at characters that are invisible or change the direction of text.

    >>> glyphs("pay\u202eevil")
    (Glyph(text='pay', unseen=False), Glyph(text='U+202E', unseen=True), Glyph(text='evil', unseen=False))
    """
    found, at = [], 0
    for match in UNSEEN.finditer(text):
        found += [Glyph(text[at : match.start()]), Glyph(f"U+{ord(match[0]):04X}", True)]
        at = match.end()
    return tuple(glyph for glyph in (*found, Glyph(text[at:])) if glyph.text)


def label(index: int, row: Classification) -> Label:
    """Lay out a label of a passage."""
    return Label(
        index, labels.title(row.label), labels.title(row.task), chance(row.probability), row.abstained, row
    )
