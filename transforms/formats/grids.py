"""Tables of formats that have cells: HTML, DOCX, workbooks. Readers say where they write each cell.

A `Grid` is told of rows as they are written, and keeps those below headings of something that is billed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from docassay.schemas.tables import MOST_CELLS, Cell, Role, Table, kept
from docassay.transforms.formats.columns import (
    is_bare_total,
    is_carried,
    is_heading,
    is_total,
    role_of,
    settled,
)

MOST_SPAN = 1_000
"""Columns that a cell may take up (https://html.spec.whatwg.org/#dom-tdth-colspan)."""

_TRIED = 60
"""Rows of a table of which one may be its first headings."""
_MOST_HEADINGS = 60
_MOST_BELOW = 60
"""The first columns may reach into rows below."""
_LONGEST = 200
"""Characters that are kept of how a cell begins."""


class Piece(NamedTuple):
    """A piece of a cell.

    Attributes:
        line: On which line it stands, and from where to where.
        words: How it begins.
    """

    column: int
    line: int
    start: int
    end: int
    words: str


@dataclass(slots=True)
class _Open:
    columns: dict[int, Role]
    rows: list[list[tuple[Role, int, int, int]]] = field(default_factory=list)


@dataclass(slots=True)
class Grid:
    """The rows of a document's tables that bill something."""

    _open: dict[int, _Open] = field(default_factory=dict)
    _tried: dict[int, int] = field(default_factory=dict)
    _found: list[_Open] = field(default_factory=list)
    _cells: int = 0

    def takes(self, table: int) -> bool:
        """Tell whether a further row of a table would count."""
        if self._cells > MOST_CELLS:
            return False
        return table in self._open or self._tried.get(table, 0) < _TRIED

    def row(self, table: int, pieces: Sequence[Piece]) -> None:
        """Take the row that was written last of a table, which has a number of its own."""
        if not pieces or not self.takes(table):
            return
        table_open = self._open.get(table)
        if table_open is None:
            self._tried[table] = self._tried.get(table, 0) + 1
        if columns := _columns(pieces):
            self._open[table] = _Open(columns)
            self._found.append(self._open[table])
        elif table_open is not None:
            self._add(table, table_open, pieces)

    def line(self, table: int, line: int, cells: Sequence[str], between: str) -> None:
        """Take a line that is a row: its cells, empty ones too, of which the others were joined."""
        if not self.takes(table):
            return
        at, pieces = 0, []
        for column, cell in enumerate(cells):
            if cell:
                pieces.append(Piece(column, line, at, at + len(cell), cell))
                at += len(cell) + len(between)
        self.row(table, pieces)

    def tables(self, lines: Sequence[str]) -> tuple[Table, ...]:
        r"""Give the tables in order, as slices of the lines joined by ``\n``.

        >>> grid = Grid()
        >>> grid.line(0, 0, ["Item", "", "Qty", "Total"], " | ")
        >>> grid.line(0, 1, ["Paint", "", "2", "9.00"], " | ")
        >>> [tuple(cell) for cell in grid.tables(["Item | Qty | Total", "Paint | 2 | 9.00"])[0].rows[0]]
        [('description', 19, 24), ('quantity', 27, 28), ('amount', 31, 35)]
        """
        if not any(found.rows for found in self._found):
            return ()
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        return kept(
            [
                Table(
                    tuple(
                        tuple(
                            Cell(role, starts[line] + start, starts[line] + end)
                            for role, line, start, end in row
                        )
                        for row in found.rows
                    )
                )
                for found in self._found
                if found.rows
            ]
        )

    def _add(self, table: int, table_open: _Open, pieces: Sequence[Piece]) -> None:
        columns = table_open.columns
        cells = [
            (columns[piece.column], piece.line, piece.start, piece.end)
            for piece in pieces
            if piece.column in columns
        ]
        words = " ".join(piece.words for piece in pieces if not _is_figure(piece.words))
        alone = not any(cell[0] in ("quantity", "price") for cell in cells)
        if alone and is_carried(words):
            return
        if (alone and is_total(words)) or is_bare_total(words):
            del self._open[table]
            self._tried[table] = 0
        elif cells:
            self._cells += len(cells)
            table_open.rows.append(cells)


@dataclass(slots=True)
class _OpenTable:
    """A table of HTML."""

    number: int
    row: int = 0
    below: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _OpenRow:
    table: _OpenTable
    column: int = -1
    following: int = 0
    pieces: list[Piece] = field(default_factory=list)


class OpenCells:
    """The tables of HTML that are open, and the cells that words are written into.

    Attributes:
        grid: What has been read.
    """

    def __init__(self) -> None:
        """Begin outside of any table."""
        self.grid = Grid()
        self._tables = [_OpenTable(0)]
        self._rows: list[_OpenRow | None] = []  # None: one that does not count
        self._count = 0

    def start_table(self) -> None:
        """Begin a table, maybe within a cell of another."""
        self._count += 1
        self._tables.append(_OpenTable(self._count))

    def end_table(self) -> None:
        """End the innermost table."""
        if len(self._tables) > 1:
            self._tables.pop()

    def start_row(self) -> None:
        """Begin a row of the innermost table."""
        table = self._tables[-1]
        self._rows.append(_OpenRow(table) if self.grid.takes(table.number) else None)

    def end_row(self) -> None:
        """End the innermost row."""
        if self._rows and (row := self._rows.pop()):
            row.table.row += 1
            self.grid.row(row.table.number, row.pieces)

    def start_cell(self, colspan: str | None, rowspan: str | None) -> None:
        """Begin a cell of the innermost row."""
        row = self._rows[-1] if self._rows else None
        if row is None:
            return
        table = row.table
        while table.below.get(row.following, 0) > table.row:
            row.following += 1
        row.column = row.following
        row.following += _span(colspan)
        end = table.row + _span(rowspan)
        if end > table.row + 1 and row.following <= _MOST_BELOW:
            table.below.update(dict.fromkeys(range(row.column, row.following), end))

    def write(self, line: int, start: int, words: str) -> None:
        """Say that words stand in the open cell, on a line from a character on."""
        row = self._rows[-1] if self._rows else None
        if row is None or row.column < 0 or len(row.pieces) > MOST_SPAN:
            return
        last = row.pieces[-1] if row.pieces else None
        end = start + len(words)
        if last and (last.column, last.line) == (row.column, line):
            between = " " * (start > last.end)
            row.pieces[-1] = last._replace(end=end, words=f"{last.words}{between}{words}"[:_LONGEST])
        else:
            row.pieces.append(Piece(row.column, line, start, end, words[:_LONGEST]))


def _span(written: str | None) -> int:
    return min(int(written), MOST_SPAN) or 1 if written and written.isdecimal() and len(written) < 8 else 1


def _columns(pieces: Sequence[Piece]) -> dict[int, Role]:
    """Read a row as headings; none where it is no such."""
    if not 2 <= len(pieces) <= _MOST_HEADINGS or any(
        char.isdigit() for piece in pieces for char in piece.words[:80]
    ):
        return {}
    headings: dict[int, str] = {}
    for piece in pieces:
        above = headings.get(piece.column)
        headings[piece.column] = f"{above} {piece.words}" if above else piece.words
    columns = sorted(headings)
    roles = settled([role_of(headings[column]) for column in columns])
    if not is_heading(roles):
        return {}
    return {column: role for column, role in zip(columns, roles, strict=True) if role}


def _is_figure(words: str) -> bool:
    words = words[:40]
    return any(map(str.isdigit, words)) and sum(map(str.isalpha, words)) <= 3
