"""The lines of an invoice as its tables have them: quantity, price and amount, each from its column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, combinations

from docassay.domains.financial.figures import Figure, Notation, notation_of, read_line
from docassay.domains.financial.invoice import CENT
from docassay.schemas.tables import Cell, Role, Table

_MOST_OFF = 100
_MOST_OTHERS = 10


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A row of a table that bills something.

    Attributes:
        label: What it says beside its figures.
        others: Figures of other cells.
        cells: All that it consists of.
    """

    label: str
    quantity: Figure | None
    price: Figure | None
    amount: Figure
    others: tuple[Figure, ...]
    cells: tuple[Cell, ...]

    @property
    def product(self) -> Decimal | None:
        """Quantity times price, where it has both.

        It is less a discount, or with a tax, where another figure of the row makes it the amount.
        """
        if not (self.quantity and self.price):
            return None
        product = self.quantity.value * self.price.value
        if self.amount.value < 0 < product:  # a credit note
            product = -product
        claims = [product]
        for off in (abs(figure.value) for figure in self.others if abs(figure.value) < _MOST_OFF):
            claims += [product * (1 - off / 100), product * (1 + off / 100)]
        claims += [product - figure.value for figure in self.others if figure.money]
        return next((claim for claim in claims if abs(claim - self.amount.value) <= CENT), product)


def billed_lines(text: str, tables: Sequence[Table]) -> list[BilledLine]:
    """Read the rows that have an amount, in the order of the tables.

    >>> row = (Cell("quantity", 0, 1), Cell("price", 2, 6), Cell("amount", 7, 12))
    >>> [line.product == line.amount.value for line in billed_lines("2 5.25 10.50", [Table((row,))])]
    [True]
    """
    if not tables:
        return []
    notation = notation_of(text)
    lines = [_line(text, row, notation) for table in tables for row in table.rows]
    return [line for line in lines if line]


def _line(text: str, row: tuple[Cell, ...], notation: Notation) -> BilledLine | None:
    amount = _figure(text, row, "amount", notation) or _figure(text, row, "gross", notation)
    if amount is None or amount.percent:
        return None
    words = [text[cell.start : cell.end] for cell in row if cell.role == "description"]
    label = " ".join(" ".join(words).split())
    quantity = _figure(text, row, "quantity", notation)
    price = _figure(text, row, "price", notation)
    line = BilledLine(label, quantity, price, amount, tuple(_others(text, row, notation)), row)
    if quantity is None or (price and line.product == amount.value):
        return line
    # A levy or a code may stand in the last column, and a price below a heading that is not known.
    figures = [one for one in line.others if one.money and one.value]
    pairs = (
        ((price, one) for one in figures)
        if price
        else chain(((one, amount) for one in figures), combinations(figures, 2))
    )
    fitting = next(((one, other) for one, other in pairs if quantity.value * one.value == other.value), None)
    return replace(line, price=fitting[0], amount=fitting[1]) if fitting else line


def _others(text: str, row: Sequence[Cell], notation: Notation) -> Iterator[Figure]:
    for cell in row:
        if cell.role not in ("quantity", "price", "amount", "code", "date"):
            yield from read_line(text[cell.start : cell.end], cell.start, notation)[0][:_MOST_OTHERS]


def _figure(text: str, row: Sequence[Cell], role: Role, notation: Notation) -> Figure | None:
    """Give the figure of a cell; None where it has none."""
    for cell in row:
        if cell.role == role:
            figures, _ = read_line(text[cell.start : cell.end], cell.start, notation)
            if figures and not figures[0].bracketed:
                return figures[0]
    return None
