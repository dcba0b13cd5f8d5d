"""What an invoice bills, line by line, and its tax by rate: where each part of it is printed.

The figures are those that `amounts.read_invoice` has understood: quantity times price is the amount of a
line, and a rate gives the tax. A row whose columns have headings counts without that, since there may be a
discount, a price for a hundred, or none: for sure where the amounts of all lines make a total.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import islice

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found, of_each
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.figures import (
    Figure,
    Notation,
    notation_of,
    plain_decimal,
    read_line,
    shortest_decimal,
)
from docassay.domains.financial.invoice import Invoice, Item
from docassay.domains.financial.lines import BilledLine, billed_lines
from docassay.domains.patterns import compiled
from docassay.domains.values import LONGEST
from docassay.schemas.tables import Table

MOST_LINES = 1_000
"""Lines of an invoice that are given."""

_MOST_RATES = 50
_HEADING_CHARS = 300
_MOST_BELOW = 2
_SENTENCE = 50
"""Characters from which on what stands below a row is a remark on it."""

_QUANTITY = compiled(r"(?i)\b(?:qty|quantity|units?|hours|menge|anzahl|stück|stunden|qté|quantité|nombre)\b")
_PRICE = compiled(r"(?i)(?:price|rate|cost|preis|satz|prix|tarif|\bP\.?U\.?)\b")
_POSITION = re.compile(
    r"[ \t|*#]*(?:(?:Pos\.?|No\.?|Nr\.?|#)[ \t]*)?(?:\d{1,4}(?:\.\d{1,3}){0,2}[.):]?[ \t|]+)?"
)
_ENDS = " \t\n|:;,*_-–=.€$£×@("
_NO_WORDS = compiled(r"(?i)^(?:qty|quantity|menge|anzahl|qté|quantité)$")
_LETTERS = compiled(r"\pL{2}")
_WRAPPED = compiled(r"\pL{2}|\pL[0-9]|[0-9] ?\pL")
"""What goes on below: the A4 of "paper", "A4"."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A line that bills something: where its words stand, its quantity and price, if they do, and its amount.

    Attributes:
        words: All its words, where they stand in several places of the text, of which `text` is the first.
        sure: Its figures confirm each other, or a total does.
    """

    text: Span | None
    words: str | None
    quantity: Figure | None
    price: Figure | None
    amount: Figure
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Taxed:
    """A rate of tax, in per cent, on a sum: the sum may stand elsewhere, as the total without tax."""

    rate: Decimal
    rate_at: Span
    base: Figure | None
    tax: Figure


@lru_cache(maxsize=2)
def billed(text: str, tables: tuple[Table, ...]) -> tuple[Billed, ...]:
    """List the lines of an invoice in the order of its text, at most `MOST_LINES`."""
    invoice = read_invoice(text, tables)
    if invoice.named:
        return ()
    notation = notation_of(text)
    cells = {line.amount.start: line for line in billed_lines(text, tables)}
    lines = [
        _of_cells(text, cells[item.amount.start])
        if item.amount.start in cells
        else _of_line(text, item, notation)
        for item in islice(invoice.items, MOST_LINES)
    ]
    understood = {line.amount.start for line in lines}
    priced = any(row.price for row in cells.values())
    rows = [row for row in cells.values() if row.amount.start not in understood and _bills(row, priced)]
    every = sum(line.amount.value for line in lines) + sum(row.amount.value for row in rows)
    totals = {total.amount.value for total in invoice.of("lines", "net", "gross")}
    lines += [replace(_of_cells(text, row), sure=every in totals) for row in rows[: MOST_LINES - len(lines)]]
    return tuple(sorted(lines, key=lambda line: line.amount.start))


def _bills(row: BilledLine, priced: bool) -> bool:
    """Tell whether a row has what a line needs; a price where others have one."""
    return bool(
        row.quantity and row.amount.money and _LETTERS.search(row.label) and (row.price or not priced)
    )


def _of_cells(text: str, line: BilledLine) -> Billed:
    words = list(_words_of(text, line))
    said = " ".join(" ".join(text[slice(*span)].split()) for span in words)[:LONGEST]
    return Billed(
        words[0] if words else None, said if len(words) > 1 else None, line.quantity, line.price, line.amount
    )


def _words_of(text: str, line: BilledLine) -> Iterator[Span]:
    """List the words before the first figure, and those below the row, up to what has a label of its own."""
    cells = [cell for cell in line.cells if cell.role == "description"]
    figures = [figure.start for figure in (line.quantity, line.price, line.amount) if figure]
    first, last = min(figures), max(figures)
    row = text.rfind("\n", 0, first)
    before = [cell for cell in cells if cell.end <= first]
    beside = [cell for cell in before if cell.start > row] or before
    named = [span for cell in beside if (span := _stripped(text, cell.start, cell.end))]
    yield from named
    # Below a row that names nothing stands no more of its name, but the foot of the page.
    for cell in [cell for cell in cells if named and cell.start > last][:_MOST_BELOW]:
        if ":" in text[cell.start : cell.end + 2] or cell.end - cell.start > _SENTENCE:
            return
        if span := _stripped(text, cell.start, cell.end, _WRAPPED):
            yield span


def _of_line(text: str, item: Item, notation: Notation) -> Billed:
    """Find the terms of a line among its figures: those that stand together, nearest before its amount.

    A count with a price comes before two prices: 3 and 10.00 of "3 10.00 3.00 30.00", whose tax is 3.00.
    """
    start, end = item.line
    figures, _ = read_line(text[start:end], start, notation)
    before = [f for f in figures if f.end <= item.amount.start and not f.percent and not f.bracketed]
    pairs = [
        (one, other)
        for place, one in enumerate(before)
        for other in before[place + 1 :]
        if item.terms in ((one.value, other.value), (other.value, one.value))
    ]
    if not pairs:
        return Billed(None, None, None, None, item.amount)

    def words_before(figure: Figure) -> Span | None:
        first = _POSITION.match(text, start, figure.start)
        return _stripped(text, first.end() if first else start, figure.start)

    def distance(pair: tuple[Figure, Figure]) -> tuple[bool, bool, int, int]:
        one, other = pair
        both = one.money and other.money
        return words_before(one) is None, both, other.start - one.start, -one.start

    one, other = min(pairs, key=distance)
    quantity, price = (other, one) if _price_first(text, one, other) else (one, other)
    return Billed(words_before(one), None, quantity, price, item.amount)


def _price_first(text: str, one: Figure, other: Figure) -> bool:
    """Tell whether the first of two terms is the price: it alone has cents, or the headings say so."""
    if one.money != other.money:
        return one.money
    return _price_headed_first(text)


@lru_cache(maxsize=2)
def _price_headed_first(text: str) -> bool:
    """Tell whether the first line of headings that names a quantity and a price names the price before."""
    for match in islice(_QUANTITY.finditer(text), 20):
        start = text.rfind("\n", 0, match.start()) + 1
        line = text[max(start, match.start() - _HEADING_CHARS) : match.end() + _HEADING_CHARS]
        line = line[: line.find("\n", match.end() - start)] if "\n" in line[match.end() - start :] else line
        if priced := _PRICE.search(line):
            return bool(priced.start() < match.start() - start)
    return False


def _stripped(text: str, start: int, end: int, word: re2._Regexp = _LETTERS) -> Span | None:
    """Leave out what is no word at both ends, an x between blanks too; None where no word is left."""
    words = text[start:end].rstrip(_ENDS).removesuffix(" x").rstrip(_ENDS)
    end = start + len(words)
    start = end - len(words.lstrip(_ENDS).removeprefix("x ").lstrip(_ENDS))
    words = text[start:end]
    return (start, end) if word.search(words) and not _NO_WORDS.search(words) else None


def _billed(view: RuleInput) -> tuple[Billed, ...]:
    return billed(view.text, view.tables)


def _found(
    figure: Figure | None, write: Callable[[Decimal], str] = plain_decimal, sure: bool = True
) -> Found | None:
    return Found(figure.start, figure.end, write(figure.value), sure=sure) if figure else None


line_text = of_each(
    _billed, lambda line: Found(*line.text, line.words, sure=line.sure) if line.text else None
)
line_quantity = of_each(_billed, lambda line: _found(line.quantity, shortest_decimal, line.sure))
line_unit_price = of_each(_billed, lambda line: _found(line.price, sure=line.sure))
line_amount = of_each(_billed, lambda line: _found(line.amount, sure=line.sure))


@lru_cache(maxsize=2)
def taxed(text: str, tables: tuple[Table, ...]) -> tuple[Taxed, ...]:
    """List the rates of tax, each once: rows of the breakdown, else totals that name their rate."""
    invoice = read_invoice(text, tables)
    if invoice.named:
        return ()
    notation = notation_of(text)
    rows: dict[tuple[Decimal, Decimal], Taxed] = {}
    for row in islice(invoice.taxes, _MOST_RATES):
        line = _line_of(text, row.tax)
        rate = next(
            (
                f
                for f in _figures(text, line, notation)
                if f.value == row.rate and f not in (row.base, row.tax)
            ),
            None,
        )
        if rate:
            rows.setdefault(
                (row.rate, row.tax.value), Taxed(row.rate, (rate.start, rate.end), row.base, row.tax)
            )
    return tuple(rows.values()) or tuple(_totals_with_rates(text, invoice, notation))


def _totals_with_rates(text: str, invoice: Invoice, notation: Notation) -> Iterator[Taxed]:
    """Give taxes among the totals whose line names one rate, with the total without tax that they fit."""
    seen: set[Decimal] = set()
    taxes = []
    for total in islice(invoice.of("tax"), _MOST_RATES):
        figures = _figures(text, _line_of(text, total.amount), notation)
        rates = [f for f in figures if f.percent and 0 < f.value < 100]
        if len(rates) == 1 and rates[0].value not in seen:
            seen.add(rates[0].value)
            taxes.append((rates[0], total.amount))
    nets = {net.amount.value: net.amount for net in invoice.of("net", "lines")}
    for rate, tax in taxes:
        fitting = [
            net for net in nets.values() if abs(net.value * rate.value / 100 - tax.value) <= Decimal("0.02")
        ]
        yield Taxed(rate.value, (rate.start, rate.end), fitting[-1] if fitting else None, tax)


def _line_of(text: str, figure: Figure) -> Span:
    end = text.find("\n", figure.end)
    return text.rfind("\n", 0, figure.start) + 1, len(text) if end < 0 else end


def _figures(text: str, line: Span, notation: Notation) -> list[Figure]:
    return read_line(text[slice(*line)], line[0], notation)[0]


def _taxed(view: RuleInput) -> tuple[Taxed, ...]:
    return taxed(view.text, view.tables)


tax_rate = of_each(_taxed, lambda row: Found(*row.rate_at, shortest_decimal(row.rate)))
tax_base = of_each(_taxed, lambda row: _found(row.base))
tax_amount = of_each(_taxed, lambda row: _found(row.tax))
