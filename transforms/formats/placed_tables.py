"""Find an invoice's table by where its words stand on a page: columns below headings, rows by their amounts.

Only pages that may have such headings are looked at. The order of the text does not matter here: a PDF may
have the figures of a row, or the headings, anywhere in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from docassay.schemas.pages import Pages
from docassay.schemas.tables import Cell, Role, Table
from docassay.transforms.formats.columns import is_bare_total, is_carried, is_total, role_of
from docassay.transforms.formats.placed_headings import (
    SPACE,
    Column,
    Word,
    are_apart,
    columns_of,
    has_digit,
    headings_of,
    hints_of,
    lines_of,
    words_of,
)

FIGURE = re.compile(r"[(+\-−–]?[€$£]?\d[\d.,'’]*[-)]?[€$£%]?[)*]?|[€$£]-?\d[\d.,'’]*")
_MONEY = re.compile(r"\d[.,]\d\d(?![\d%])")
_GROUP = re.compile(r"\d{3}(?:[.,]\d+)?")
_MOST_PAGES = 500
_MOST_WORDS = 100_000
"""Pages and words of a document that are looked at; what is behind is read line by line."""
_BESIDE = 1.6
"""How far above or below its amount a figure of the same row may stand, in heights."""
_TRAILING = 4.0
"""How far below the last amount words belong to it, in heights."""
_FIGURES: frozenset[Role] = frozenset(("quantity", "price", "discount", "rate", "tax", "amount", "gross"))


@dataclass(slots=True)
class _Row:
    middle: float
    height: float
    cells: dict[Role, list[Word]] = field(default_factory=dict)


def placed_tables(text: str, pages: Pages) -> Iterator[Table]:
    """Find the tables of invoice lines in a document with pages, in order.

    A table that goes on over pages is one for each; on a page without headings those of the page before
    count.
    """
    columns: tuple[Column, ...] = ()
    words = 0
    for number in range(pages.first, min(pages.last, pages.first + _MOST_PAGES - 1) + 1):
        start, end = pages.span(number, len(text))
        hints = hints_of(text[start:end])
        if not columns and not hints:
            continue
        page = words_of(text, pages, number)
        words += len(page)
        if words > _MOST_WORDS:
            return
        lines = lines_of(page)
        headings = headings_of(lines, {start + at for at in hints})
        tops = [heading.top for heading in headings] + [float("inf")]
        if columns and lines:
            rows, open_ = _rows([line for line in lines if line[0].middle < tops[0]], columns, True)
            columns = columns if rows and open_ and not headings else ()
            if rows:
                yield _table(rows)
        for heading, below in zip(headings, tops[1:], strict=True):
            body = [line for line in lines if heading.bottom < line[0].middle < below]
            rows, open_ = _rows(body, heading.columns, False)
            columns = heading.columns if open_ else ()
            if rows:
                yield _table(rows)


def _is_other_heading(line: Sequence[Word], anchors: Sequence[Column]) -> bool:
    """Tell whether a line has the headings of another table: two of figures, or one over the amounts."""
    if len(line) < 3 or has_digit(line):
        return False
    named = [column for column in columns_of(line) if column.role in _FIGURES]
    return len({column.role for column in named}) >= 2 or any(
        not are_apart(column, anchor) for column in named for anchor in anchors
    )


def _rows(lines: Sequence[list[Word]], columns: Sequence[Column], goes_on: bool) -> tuple[list[_Row], bool]:
    """Read the lines below headings: rows, and whether no total ended the table."""
    anchor: Role = next(role for role in ("amount", "gross", "price") if role in {c.role for c in columns})
    factor: Role = "quantity" if any(column.role == "quantity" for column in columns) else "price"
    anchors = [column for column in columns if column.role == anchor]
    sorted_lines: list[tuple[list[Word], dict[Role, list[Word]], list[Word]]] = []
    is_open, has_rows = True, goes_on
    while lines and not goes_on and all(role_of(word.text) for word in lines[0]):
        lines = lines[1:]  # headings that are stacked
    for line in lines:
        cells, words = _cells(line, columns)
        said = " ".join(word.text for word in words)
        alone = not cells.get(factor)
        if alone and is_carried(said):
            continue
        is_sum = is_bare_total(said) or (alone and (is_total(said) or is_total(_last(words))))
        if (is_sum and any(_MONEY.search(word.text) for word in line)) or (
            has_rows and _is_other_heading(line, anchors)
        ):
            is_open = False
            break
        has_rows = has_rows or anchor in cells
        sorted_lines.append((line, cells, words))
    rows = [
        _Row(cells[anchor][0].middle, cells[anchor][0].height, {anchor: cells[anchor]})
        for _, cells, _ in sorted_lines
        if cells.get(anchor)
    ]
    if not rows:
        return [], is_open
    last = rows[-1].middle + _TRAILING * rows[-1].height
    for line, cells, words in sorted_lines:
        for role, found in cells.items():
            if role != anchor:
                _attach(found, role, rows)
        if words and line[0].middle < last:
            reach = line[0].middle + line[0].height / 2
            above = bisect_right(rows, reach, key=lambda row: row.middle)
            _attach_words(words, columns, rows[max(0, above - 1)])
    whole = [row for row in rows if len(row.cells.keys() & {"quantity", "price"}) >= 1]
    if not whole or (goes_on and len(whole) * 2 < len(rows)):
        return [], is_open
    return rows, is_open


def _attach(words: list[Word], role: Role, rows: Sequence[_Row]) -> None:
    """Give a cell to the row whose amount is nearest, if none stands nearer to it already."""
    at = bisect_left(rows, words[0].middle, key=lambda row: row.middle)
    nearest = min(rows[max(0, at - 1) : at + 1], key=lambda row: abs(row.middle - words[0].middle))
    off = abs(nearest.middle - words[0].middle)
    if off > _BESIDE * nearest.height:
        return
    before = nearest.cells.get(role)
    if before is None or off < abs(nearest.middle - before[0].middle):
        nearest.cells[role] = words


def _attach_words(words: Iterable[Word], columns: Sequence[Column], row: _Row) -> None:
    texts = [column for column in columns if column.role and column.role not in _FIGURES]
    for word in words:
        starting = [column for column in texts if column.x0 <= word.x1]
        column = starting[-1] if starting else None
        role: Role = column.role if column and column.role else "description"
        row.cells.setdefault(role, []).append(word)


def _cells(line: Sequence[Word], columns: Sequence[Column]) -> tuple[dict[Role, list[Word]], list[Word]]:
    """Sort the words of a line into the columns of figures, and the rest."""
    best: dict[Role, tuple[float, list[Word]]] = {}
    rest: list[Word] = []
    at = 0
    while at < len(line):
        figure = [line[at]]
        while (
            at + len(figure) < len(line)
            and FIGURE.fullmatch(figure[-1].text)
            and _GROUP.fullmatch(line[at + len(figure)].text)
            and line[at + len(figure)].x0 - figure[-1].x1 < 0.4 * figure[-1].height
            and "," not in figure[-1].text
            and "." not in figure[-1].text
        ):
            figure.append(line[at + len(figure)])
        joined = figure[0]._replace(x1=figure[-1].x1)
        column = _column(joined, line, at, columns) if FIGURE.fullmatch(figure[0].text) else None
        at += len(figure)
        of_rate = figure[0].text.rstrip(")*").endswith("%")
        if (
            column is None
            or column.role not in _FIGURES
            or (of_rate and column.role not in ("rate", "discount"))
        ):
            rest += figure
            continue
        before = best.get(column.role)
        overlap = column.overlap(joined)
        if before is None or overlap > before[0]:
            if before:
                rest += before[1]
            best[column.role] = (overlap, figure)
        else:
            rest += figure
    rest.sort(key=lambda word: word.x0)
    return {role: words for role, (_, words) in best.items()}, rest


def _last(words: Sequence[Word]) -> str:
    """Give the last words of a line that stand together, without a currency: what is beside its amount."""
    run: list[Word] = []
    for word in reversed(words):
        if not any(map(str.isalpha, word.text)) and not run:
            continue
        if run and run[-1].x0 - word.x1 > 2 * SPACE * word.height:
            break
        run.append(word)
    return " ".join(word.text for word in reversed(run))


def _column(word: Word, line: Sequence[Word], at: int, columns: Sequence[Column]) -> Column | None:
    """Find the column of a figure: that under whose heading it stands, or the nearest.

    A figure among words is one of them, unless it stands under a heading of figures.
    """
    over = max(columns, key=lambda column: column.overlap(word))
    if over.overlap(word) > 0:
        return over
    near = SPACE * word.height
    before = line[at - 1] if at else None
    after = line[at + 1] if at + 1 < len(line) else None
    among = (before and word.x0 - before.x1 < near and not FIGURE.fullmatch(before.text)) or (
        after and after.x0 - word.x1 < near and len(after.text) > 4 and not FIGURE.fullmatch(after.text)
    )
    return None if among else over


def _table(rows: Iterable[_Row]) -> Table:
    return Table(tuple(tuple(_slices(row)) for row in rows))


def _slices(row: _Row) -> Iterator[Cell]:
    """Join the words of each cell that follow each other in the text."""
    found: list[Cell] = []
    for role, words in row.cells.items():
        run: list[Word] = []
        for word in sorted(words, key=lambda word: word.start):
            if run and (word.start - run[-1].end > 1 or abs(word.middle - run[-1].middle) > word.height / 2):
                found.append(Cell(role, run[0].start, run[-1].end))
                run = []
            run.append(word)
        found.append(Cell(role, run[0].start, run[-1].end))
    return iter(sorted(found, key=lambda cell: (cell.start, cell.end)))
