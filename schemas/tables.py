"""Tables of a document beside its text: rows of cells, each a slice of the text, as their headings say.

A reader that knows where cells stand gives them; the text stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

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

    @classmethod
    def of(cls, rows: Iterable[Iterable[Iterable[Any]]]) -> Table:
        """Make a table of rows whose cells are role, start and end.

        Raises:
            TypeError: They are something else.
        """
        return cls(tuple(tuple(Cell(*cell) for cell in row) for row in rows))

    def moved(self, place: Callable[[int], int]) -> Table:
        """Give it with each offset where `place` puts it."""
        return Table.of(
            ((cell.role, place(cell.start), place(cell.end)) for cell in row) for row in self.rows
        )


def kept(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Leave out tables that are beyond `MOST_CELLS`, with those behind them."""
    cells, fitting = 0, []
    for table in tables:
        cells += sum(map(len, table.rows))
        if cells > MOST_CELLS:
            break
        fitting.append(table)
    return tuple(fitting)
