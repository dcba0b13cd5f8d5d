"""Alignment: a document in English, and where each piece of it stands in the original.

The English text is the original with each sentence replaced by its translation; what lies between
sentences and what was not translated stays, character by character. So a rule sees one whole
document, and every offset into it maps to the original; see
docs/decisions/0007-rules-read-the-original.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import TypeVar

from docassay.schemas.rows import Finding, Flag, Segment, Translation

Row = TypeVar("Row", Flag, Finding)
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence in both texts: `english` stands for ``original[start:end]``.

    Attributes:
        guarded: A guard doubts the translation.
    """

    start: int
    end: int
    english: str
    guarded: bool = False


@dataclass(frozen=True)
class English:
    """A document in English.

    Attributes:
        original: The document's text.
        pieces: Its translated sentences, in order, not overlapping.
        segments: The document's segments in English, with offsets into `text`; their headings are the
            original ones.
        translations: The rows to write.
        model: The translators, ``name@version``, several joined by ``+``.
        inferred: Which of `domain` and `kind` were told by the English, not by the original.
    """

    original: str
    pieces: tuple[Piece, ...]
    segments: tuple[Segment, ...] = ()
    translations: tuple[Translation, ...] = ()
    model: str = ""
    inferred: frozenset[str] = frozenset()

    @cached_property
    def text(self) -> str:
        """The document with each sentence replaced by its translation."""
        parts, at = [], 0
        for piece in self.pieces:
            parts += [self.original[at : piece.start], piece.english]
            at = piece.end
        return "".join([*parts, self.original[at:]])

    @cached_property
    def _spans(self) -> list[Span]:
        """Where each piece stands in the English text."""
        spans, shift = [], 0
        for piece in self.pieces:
            start = piece.start + shift
            spans.append((start, start + len(piece.english)))
            shift += len(piece.english) - (piece.end - piece.start)
        return spans

    @cached_property
    def _original_spans(self) -> list[Span]:
        return [(piece.start, piece.end) for piece in self.pieces]

    def to_english(self, start: int, end: int) -> tuple[int, int]:
        """Map a slice of the original to the English text, extended to whole sentences.

        >>> english = English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end.")))
        >>> english.text, english.to_english(9, 13), english.text[slice(*english.to_english(9, 13))]
        ('The lease. The end.', (11, 19), 'The end.')
        """
        return _mapped(self._original_spans, self._spans, start, end)

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Map a slice of the English text to the original, extended to whole sentences.

        Where the very words of the slice (an amount, an address, a name) occur exactly once in the original
        sentence, only these are meant.

        >>> english = English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end.")))
        >>> english.to_original(15, 18)
        (9, 13)
        """
        begin, stop = _mapped(self._spans, self._original_spans, start, end)
        at = bisect_right(self._original_spans, begin, key=itemgetter(0)) - 1
        if at >= 0 and (begin, stop) == self._original_spans[at]:
            words, sentence = self.text[start:end], self.original[begin:stop]
            if len(words) > 2 and sentence.count(words) == 1:
                begin += sentence.index(words)
                stop = begin + len(words)
        return begin, stop

    @cached_property
    def guarded(self) -> bool:
        """Whether a guard doubts any sentence."""
        return any(piece.guarded for piece in self.pieces)

    def is_guarded(self, start: int, end: int) -> bool:
        """Tell whether a slice of the English text touches a sentence that a guard doubts.

        >>> english = English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end.", True)))
        >>> english.is_guarded(0, 9), english.is_guarded(0, 12)
        (False, True)
        """
        spans = self._spans
        first = max(0, bisect_right(spans, start, key=itemgetter(0)) - 1)
        last = bisect_left(spans, end, key=itemgetter(0))
        return any(self.pieces[at].guarded and start < spans[at][1] for at in range(first, last))

    def without_guarded(self, segments: Sequence[Segment]) -> English:
        """Give the document with the sentences that a guard doubts left untranslated.

        >>> english = English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end.", True)))
        >>> english.without_guarded(()).text
        'The lease. Fin.'
        """
        sure = replace(self, pieces=tuple(piece for piece in self.pieces if not piece.guarded))
        return replace(sure, segments=tuple(sure.translated(segment) for segment in segments))

    def moved(self, rows: Iterable[Row]) -> list[Row]:
        """Move flags or findings made in the English text to their evidence in the original."""
        moved = []
        for row in rows:
            row = replace(row, decided_by=self.decider(row))
            if row.start_char is not None and row.end_char is not None:
                start, end = self.to_original(row.start_char, row.end_char)
                if start == end and isinstance(row, Flag):
                    continue
                row = replace(row, start_char=start, end_char=end, evidence=self.original[start:end])
            moved.append(row)
        return moved

    def translated(self, segment: Segment) -> Segment:
        """Give a segment in English, with its offsets into `text`."""
        start, end = self.to_english(segment.start_char, segment.end_char)
        return replace(segment, start_char=start, end_char=end, text=self.text[start:end])

    def decider(self, row: Flag | Finding) -> str:
        """Write `decided_by` of a row that rests on the English: the rule or model, and the translators."""
        return f"{row.decided_by}+{self.model}"


def _mapped(spans: Sequence[Span], others: Sequence[Span], start: int, end: int) -> Span:
    """Map a slice of a text by where its pieces stand in it and in another, extended to whole pieces."""
    first = bisect_right(spans, start, key=itemgetter(0)) - 1
    last = bisect_left(spans, end, key=itemgetter(0)) - 1
    begin, stop = start, end
    if first >= 0:
        past = start - spans[first][1]
        begin = others[first][0] if past < 0 else others[first][1] + past
    if last >= 0:
        stop = others[last][1] + max(0, end - spans[last][1])
    return begin, max(begin, stop)


def merged_flags(original: Sequence[Flag], english: Sequence[Flag]) -> list[Flag]:
    """Merge the flags of the original and of the English; a sign found in both is kept once."""
    merged = list(original)
    for row in english:
        if not is_matched(row, merged):
            merged.append(row)
    return merged


def is_matched(row: Flag, others: Iterable[Flag]) -> bool:
    """Tell whether another flag has the same code and overlaps this one."""
    return any(row.code == other.code and _overlap(row, other) for other in others)


def merged_findings(original: Sequence[Finding], english: Sequence[Finding]) -> list[Finding]:
    """Merge the outcomes of checks run on the original and on the English.

    Evidence beats absence, and evidence in the original beats evidence in the English. Where there is only
    evidence in the English, or only the English calls for the check, the verdict is for review.
    """
    merged: list[Finding] = []
    for check in dict.fromkeys(row.check_id for row in (*original, *english)):
        original_rows = [row for row in original if row.check_id == check]
        english_rows = [_for_review(row) for row in english if row.check_id == check]
        evidence_rows = [row for row in original_rows if row.start_char is not None]
        english_only = [
            row
            for row in english_rows
            if row.start_char is not None and not any(_overlap(row, other) for other in evidence_rows)
        ]
        if any(row.verdict == "pass" for row in evidence_rows):
            merged += evidence_rows
        else:
            merged += [*evidence_rows, *english_only] or original_rows or english_rows
    return merged


def _for_review(row: Finding) -> Finding:
    """Leave a verdict on the English to a person, unless it passes because nothing forbidden was found."""
    return row if row.verdict == "pass" and row.start_char is None else replace(row, verdict="review")


def _overlap(one: Flag | Finding, other: Flag | Finding) -> bool:
    ends = one.start_char, one.end_char, other.start_char, other.end_char
    start, end, other_start, other_end = (-1 if at is None else at for at in ends)
    return start < other_end and other_start < end
