"""Alignment: a document in English, and where each piece of it stands in the original.

The English text is the original with each sentence replaced by its translation; what lies between
sentences and what was not translated stays, character by character. So a rule sees one whole
document, and every place in it has a place in the original; see
docs/decisions/0007-evidence-of-translations.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from docassay.schemas.rows import Finding, Flag, Segment, Translation


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
        segments: The document's segments as they are in English, with places in `text`; their
            headings are the original ones.
        translations: The rows to write.
        model: The translators, ``name@version``, several joined by ``+``.
        told: What the English told of the document that the original had not: `domain`, `kind`.
    """

    original: str
    pieces: tuple[Piece, ...]
    segments: tuple[Segment, ...] = ()
    translations: tuple[Translation, ...] = ()
    model: str = ""
    told: frozenset[str] = frozenset()

    @cached_property
    def text(self) -> str:
        """The document with each sentence replaced by its translation."""
        parts, at = [], 0
        for piece in self.pieces:
            parts += [self.original[at : piece.start], piece.english]
            at = piece.end
        return "".join([*parts, self.original[at:]])

    @cached_property
    def _starts(self) -> list[int]:
        """Where each piece begins in the English text."""
        found, shift = [], 0
        for piece in self.pieces:
            found.append(piece.start + shift)
            shift += len(piece.english) - (piece.end - piece.start)
        return found

    @cached_property
    def _original_starts(self) -> list[int]:
        return [piece.start for piece in self.pieces]

    def forth(self, start: int, end: int) -> tuple[int, int]:
        """Find where a slice of the original stands in the English text: whole sentences, at least.

        >>> english = English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end.")))
        >>> english.text, english.forth(9, 13), english.text[slice(*english.forth(9, 13))]
        ('The lease. The end.', (11, 19), 'The end.')
        """
        first = bisect_right(self._original_starts, start) - 1
        last = bisect_left(self._original_starts, end) - 1
        begin, stop = start, end
        if first >= 0:
            piece, at = self.pieces[first], self._starts[first]
            begin = at if start < piece.end else at + len(piece.english) + start - piece.end
        if last >= 0:
            piece, at = self.pieces[last], self._starts[last]
            stop = at + len(piece.english) + max(0, end - piece.end)
        return begin, max(begin, stop)

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Find where a slice of the English text comes from in the original.

        Of a sentence that is touched all of it is meant, but where the very words of the slice
        stand in the original sentence once (an amount, an address, a name), only these.

        >>> English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end."))).back(15, 18)
        (9, 13)
        """
        first = bisect_right(self._starts, start) - 1
        last = bisect_left(self._starts, end) - 1
        begin, stop = start, end
        if first >= 0:
            piece, at = self.pieces[first], self._starts[first]
            past = start - at - len(piece.english)
            begin = piece.start if past < 0 else piece.end + past
        if last >= 0:
            piece, at = self.pieces[last], self._starts[last]
            stop = piece.end + max(0, end - at - len(piece.english))
        if first == last >= 0 and begin == self.pieces[first].start and stop == self.pieces[first].end:
            words, sentence = self.text[start:end], self.original[begin:stop]
            if len(words) > 2 and sentence.count(words) == 1:
                begin += sentence.index(words)
                stop = begin + len(words)
        return begin, max(begin, stop)

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
        first = max(0, bisect_right(self._starts, start) - 1)
        return any(
            piece.guarded and at < end and start < at + len(piece.english)
            for piece, at in zip(self.pieces[first:], self._starts[first:], strict=True)
            if at < end
        )

    def without_guarded(self, segments: Sequence[Segment]) -> English:
        """Give the document with the sentences that a guard doubts left as they are in the original.

        >>> english = English("Le bail. Fin.", (Piece(0, 8, "The lease."), Piece(9, 13, "The end.", True)))
        >>> english.without_guarded(()).text
        'The lease. Fin.'
        """
        sure = replace(self, pieces=tuple(piece for piece in self.pieces if not piece.guarded))
        return replace(sure, segments=tuple(sure.of(segment) for segment in segments))

    def flags(self, rows: Iterable[Flag]) -> list[Flag]:
        """Move flags found in the English text to their evidence in the original."""
        return [
            replace(
                row,
                start_char=start,
                end_char=end,
                evidence=self.original[start:end],
                decided_by=self.by(row),
            )
            for row in rows
            for start, end in [self.back(row.start_char, row.end_char)]
            if end > start
        ]

    def findings(self, rows: Iterable[Finding]) -> list[Finding]:
        """Move findings made in the English text to their evidence in the original."""
        moved = []
        for row in rows:
            if row.start_char is None or row.end_char is None:
                moved.append(replace(row, decided_by=self.by(row)))
                continue
            start, end = self.back(row.start_char, row.end_char)
            moved.append(
                replace(
                    row,
                    start_char=start,
                    end_char=end,
                    evidence=self.original[start:end],
                    decided_by=self.by(row),
                )
            )
        return moved

    def of(self, segment: Segment) -> Segment:
        """Give a segment as it is in English, with its place in `text`."""
        start, end = self.forth(segment.start_char, segment.end_char)
        return replace(segment, start_char=start, end_char=end, text=self.text[start:end])

    def by(self, row: Flag | Finding) -> str:
        """Name what decided a row for which the English was read: the rule or model, and the translators."""
        return f"{row.decided_by}+{self.model}"


def merged_flags(own: Sequence[Flag], english: Sequence[Flag]) -> list[Flag]:
    """Join what the rules found in the original and in the English: a sign found in both stands once."""
    found = list(own)
    for row in english:
        if not is_found(row, found):
            found.append(row)
    return found


def is_found(row: Flag, others: Iterable[Flag]) -> bool:
    """Tell whether others have the same sign at the same place."""
    return any(
        row.code == other.code and row.start_char < other.end_char and other.start_char < row.end_char
        for other in others
    )


def merged_findings(own: Sequence[Finding], english: Sequence[Finding]) -> list[Finding]:
    """Join the outcomes of checks asked of the original and of the English.

    Evidence beats absence, and evidence in the original beats that in the English, which stands on a
    translator's words: where it is all there is, or where only the English asks for the check, a person
    has to look.
    """
    found: list[Finding] = []
    for check in dict.fromkeys(row.check_id for row in (*own, *english)):
        first = [row for row in own if row.check_id == check]
        second = [_for_review(row) for row in english if row.check_id == check]
        evident = [row for row in first if row.start_char is not None]
        further = [
            row
            for row in second
            if row.start_char is not None and not any(_meet(row, other) for other in evident)
        ]
        if any(row.verdict == "pass" for row in evident):
            found += evident
        else:
            found += [*evident, *further] or first or second
    return found


def _for_review(row: Finding) -> Finding:
    """Leave a verdict on English to a person, but for that nothing forbidden stands in it."""
    return row if row.verdict == "pass" and row.start_char is None else replace(row, verdict="review")


def _meet(one: Finding, other: Finding) -> bool:
    assert (
        one.start_char is not None
        and one.end_char is not None
        and other.start_char is not None
        and other.end_char is not None
    )
    return one.start_char < other.end_char and other.start_char < one.end_char
