"""Tables of a document beside its text: rows of cells, each a slice of the text, as their headings say.

A reader that knows where cells stand gives them; the text stays what it is. They travel packed, like
`schemas.pages.Pages`, and are unpacked when a rule asks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

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

MOST_CELLS = 20_000
"""Cells of a document up to which its tables are kept."""


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
    """Leave out tables that are beyond `MOST_CELLS`, with those behind them."""
    cells, fitting = 0, []
    for table in tables:
        cells += sum(map(len, table.rows))
        if cells > MOST_CELLS:
            break
        fitting.append(table)
    return tuple(fitting)


def packed(tables: Sequence[Table]) -> bytes:
    """Write tables as bytes, for `unpacked`."""
    return json.dumps([table.rows for table in tables]).encode()


def unpacked(content: bytes) -> tuple[Table, ...]:
    """Read what `packed` wrote.

    >>> table = Table(((Cell("description", 0, 5), Cell("amount", 6, 10)), (Cell("amount", 20, 24),)))
    >>> unpacked(packed([table, table])) == (table, table)
    True

    Raises:
        TypeError, ValueError: It is something else.
    """
    return tuple(
        Table(tuple(tuple(Cell(*cell) for cell in row) for row in rows)) for rows in json.loads(content)
    )
