"""Rebuild the text of a document from the rows of the tables."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.schemas.rows import Entity, Finding, Flag, Segment


def text_of(chars: int, rows: Iterable[Segment | Flag | Finding | Entity]) -> str:
    r"""Rebuild a text of `chars` characters from the passages in rows; gaps become white space.

    >>> text_of(9, [Segment("", 0, 0, 3, (), "One", "en"), Segment("", 1, 5, 9, (), "Two.", "en")])
    'One\n\nTwo.'
    """
    return joined(
        chars,
        (
            (row.start_char, row.end_char, piece)
            for row in rows
            if row.start_char is not None
            and row.end_char is not None
            and (piece := row.evidence if isinstance(row, Flag | Finding) else row.text)
        ),
    )


def joined(chars: int, passages: Iterable[tuple[int, int, str]]) -> str:
    """Rebuild a text from passages, each with its first character and the one after its last."""
    pieces, at = [], 0
    for start, end, piece in sorted(passages):
        if end <= at or end > chars or len(piece) != end - start:
            continue
        if start > at:
            pieces.append(_gap(start - at))
            at = start
        pieces.append(piece[at - start :])
        at = end
    return "".join([*pieces, _gap(chars - at)])


def _gap(chars: int) -> str:
    return "\n" * min(2, chars) + " " * max(0, chars - 2)
