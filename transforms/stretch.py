"""Stretch: what may be a document of its own within another, with all that was found out about it."""

from __future__ import annotations

from dataclasses import replace

from docassay.schemas.tables import Cell, Table
from docassay.transforms.assess import Assessed
from docassay.transforms.translation.alignment import English


def stretch(assessed: Assessed, start: int, end: int) -> Assessed:
    """Give a stretch of a document as if there were nothing else.

    Offsets into it count from its start. What reaches beyond it is left out: segments with their readings,
    sentences of the English, tables. Its pages, and what its file states, are those of the whole document.
    """
    split = assessed.split
    parsed, english = split.parsed, split.english
    inside = [at for at, one in enumerate(split.segments) if start <= one.start_char and one.end_char <= end]
    segments = tuple(
        replace(
            split.segments[at],
            segment=number,
            start_char=split.segments[at].start_char - start,
            end_char=split.segments[at].end_char - start,
        )
        for number, at in enumerate(inside)
    )
    tables = (_moved(table, start, end) for table in parsed.tables)
    parsed = replace(
        parsed, text=parsed.text[start:end], tables=tuple(table for table in tables if table), may_begin=()
    )
    if english is not None:
        pieces = tuple(
            replace(piece, start=piece.start - start, end=piece.end - start)
            for piece in english.pieces
            if start <= piece.start and piece.end <= end
        )
        cut = English(parsed.text, pieces, (), english.translations, english.model, english.inferred)
        english = replace(cut, segments=tuple(map(cut.translated, segments)))
    tasks = tuple(split.tasks[at] for at in inside)
    split = replace(split, parsed=parsed, segments=segments, tasks=tasks, english=english)
    return Assessed(split, tuple(assessed.readings[at] for at in inside))


def _moved(table: Table, start: int, end: int) -> Table | None:
    """Move a table's cells to offsets from a start; none where it does not lie in the stretch."""
    cells = [cell for row in table.rows for cell in row]
    if any(cell.start < start or end < cell.end for cell in cells):
        return None
    return Table(
        tuple(
            tuple(Cell(cell.role, cell.start - start, cell.end - start) for cell in row) for row in table.rows
        )
    )
