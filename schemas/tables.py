"""Tables of a document beside its text: rows of cells, each a slice of the text, as their headings say.

A reader that knows where cells stand gives them; the text stays what it is. They travel packed, like
`schemas.pages.Pages`, and are unpacked when a rule asks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Role = Literal[
    "code",
    "date",
    "description",
    "quantity",
    "unit",
    "price",
    "discount",
    "rate",  # of the tax, in per cent
    "tax",
    "amount",
    "gross",  # an amount with tax
]
"""What the cells of a column are."""

ROLES: tuple[Role, ...] = get_args(Role)

MOST_CELLS = 20_000
"""Cells of a document up to which its tables are kept."""

_ROW, _CELL = struct.Struct("<BH"), struct.Struct("<BIH")
_LONGEST = 0xFFFF


class Cell(NamedTuple):
    """A slice of the text that stands in a column; what stands on several lines is several cells."""

    role: Role
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose headings were understood.

    Attributes:
        rows: Its rows in order, without headings, subtotals and totals; the cells of each in the order of the
            text. A cell that is empty, or whose heading says nothing, is left out.
    """

    rows: tuple[tuple[Cell, ...], ...]


def kept(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Leave out tables that are beyond `MOST_CELLS`, with those behind them, and cells beyond any measure."""
    cells, fitting = 0, []
    for table in tables:
        cells += sum(map(len, table.rows))
        longest = max((cell.end - cell.start for row in table.rows for cell in row), default=0)
        if cells > MOST_CELLS or longest > _LONGEST or max(map(len, table.rows), default=0) > _LONGEST:
            break
        fitting.append(table)
    return tuple(fitting)


def packed(tables: Sequence[Table]) -> bytes:
    """Write tables that are `kept` as bytes, for `unpacked`."""
    parts = []
    for table in tables:
        for at, row in enumerate(table.rows):
            parts.append(_ROW.pack(at == 0, len(row)))
            parts += [_CELL.pack(ROLES.index(role), start, end - start) for role, start, end in row]
    return b"".join(parts)


def unpacked(content: bytes) -> tuple[Table, ...]:
    """Read what `packed` wrote.

    >>> table = Table(((Cell("description", 0, 5), Cell("amount", 6, 10)), (Cell("amount", 20, 24),)))
    >>> unpacked(packed([table, table])) == (table, table)
    True

    Raises:
        struct.error: It is cut short.
    """
    tables: list[list[tuple[Cell, ...]]] = []
    at = 0
    while at < len(content):
        first, count = _ROW.unpack_from(content, at)
        at += _ROW.size
        cells = [_CELL.unpack_from(content, at + n * _CELL.size) for n in range(count)]
        at += count * _CELL.size
        if first:
            tables.append([])
        tables[-1].append(tuple(Cell(ROLES[role], start, start + chars) for role, start, chars in cells))
    return tuple(Table(tuple(rows)) for rows in tables)
