"""Stretch: what may be a document of its own within another, with all that was found out about it."""

from __future__ import annotations

from dataclasses import replace

from docassay.transforms.document import Document
from docassay.transforms.translation.alignment import English


def stretch(document: Document, start: int, end: int) -> Document:
    """Give a stretch of a document as if there were nothing else.

    Offsets into it count from its start. What reaches beyond it is left out: segments with their readings,
    sentences of the English, tables. Its pages and embedded values are those of the whole document.
    """
    inside = [
        at for at, one in enumerate(document.segments) if start <= one.start_char and one.end_char <= end
    ]
    segments = tuple(
        replace(
            document.segments[at],
            segment=number,
            start_char=document.segments[at].start_char - start,
            end_char=document.segments[at].end_char - start,
        )
        for number, at in enumerate(inside)
    )
    tables = (
        table.moved(lambda at: at - start)
        for table in document.tables
        if all(start <= cell.start and cell.end <= end for row in table.rows for cell in row)
    )
    text, english = document.text[start:end], document.english
    if english is not None:
        pieces = tuple(
            replace(piece, start=piece.start - start, end=piece.end - start)
            for piece in english.pieces
            if start <= piece.start and piece.end <= end
        )
        cut = English(text, pieces, (), english.translations, english.model, english.inferred)
        english = replace(cut, segments=tuple(map(cut.translated, segments)))
    return replace(
        document,
        text=text,
        disguised=tuple((a - start, b - start) for a, b in document.disguised if start <= a and b <= end),
        tables=tuple(tables),
        boundary_candidates=(),
        segments=segments,
        tasks=tuple(document.tasks[at] for at in inside),
        english=english,
        readings=tuple(document.readings[at] for at in inside),
        unsmoothed=(),
    )
