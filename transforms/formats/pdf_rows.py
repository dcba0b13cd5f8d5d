"""Lines that stand beside each other on a page, put together where they are the cells of a table's row.

Only figures are moved: prose in columns stands beside each other, too, and must not be mixed. Figures that
were written after what stands below them, and that belong to no row, go back to where they stand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

NARROWEST_SPACE = 0.13
"""Width of a space in heights of its line: of 33,000 on 800 pages, words lay .15 apart, letters .11."""

_FIGURE = re.compile(r"[^A-Za-z\s]*\d[^A-Za-z\s]*")
_CURRENCY = re.compile(r"[$€£¥]|EUR|USD|GBP|CHF|CAD|AUD|JPY|SEK|DKK|NOK|PLN|CZK|HUF|BRL")
_UNIT = 4
"""Letters of a unit, such as `Stk` or `kWh`."""
_AMOUNT = re.compile(r"\d[.,]\d|[$€£%]")
_AMOUNT_AT_END = re.compile(r"\d[.,]\d\d(?:\s?(?:[$€£]|[A-Z]{3}))?$")
_LINE_HEIGHT = 1.2
_SAME_HEIGHT = 0.3
"""How far apart the middles of two cells of a row may lie, in heights of the lower one."""
_NARROW = 0.35
"""Share of the page's width up to which a line takes what is no amount beside it."""
_TRIED = 40
"""Rows of about one height that are tried for a cell."""
_BAND = 6.0
"""Points of height by which rows are looked up."""
_BACK = 300
"""Rows back to which a line is moved."""
_MOST_CELLS = 100
"""Cells of a row: each line is compared with all of them, and no page has a table so wide."""


class Box(NamedTuple):
    """A rectangle in points from the lower left."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies in it."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    def turned(self, angle: int) -> Box:
        """Give it as it stands on a page that is shown turned by 0, 90, 180 or 270 degrees clockwise.

        >>> Box(100, 72, 110, 90).turned(90)
        Box(left=72, bottom=-110, right=90, top=-100)
        """
        left, bottom, right, top = self
        if angle == 90:
            return Box(bottom, -right, top, -left)
        if angle == 180:
            return Box(-right, -top, -left, -bottom)
        return Box(-top, left, -bottom, right) if angle == 270 else self

    @property
    def width(self) -> float:
        """From its left to its right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From its bottom to its top."""
        return self.top - self.bottom

    @property
    def middle(self) -> float:
        """Half-way between its bottom and its top."""
        return (self.bottom + self.top) / 2

    @property
    def area(self) -> float:
        """Its width times its height."""
        return max(0.0, self.right - self.left) * max(0.0, self.top - self.bottom)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page as it was written.

    Attributes:
        upright: It runs from left to right, so it can be a cell of a row.
        field: It was filled into a form, so it belongs to the words beside it.
        at: Where its characters are in the list of the page's, in stretches; they may go on beyond its text.
    """

    text: str
    box: Box
    upright: bool = True
    field: bool = False
    at: tuple[range, ...] = ()


class Written(NamedTuple):
    """A row of a page as it is read.

    Attributes:
        at: Where its characters are in the list of the page's, in stretches, as long as the text together.
    """

    text: str
    at: tuple[range, ...]


SPACE = range(-1, 0)
"""A character that the page does not have."""


@dataclass(slots=True)
class _Row:
    """Cells from left to right."""

    cells: list[Line] = field(default_factory=list)
    joined: bool = False

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self._pieces())

    @property
    def written(self) -> Written:
        pieces = list(self._pieces())
        return Written("".join(text for text, _ in pieces), tuple(run for _, at in pieces for run in at))

    def _pieces(self) -> Iterator[Written]:
        first = self.cells[0]
        yield Written(first.text, _cut(first.at, 0, len(first.text)))
        for before, cell in pairwise(self.cells):
            text, start = cell.text, 0
            if cell.box.left - before.box.right >= NARROWEST_SPACE * before.box.height:
                start = len(text) - len(text.lstrip())
                text = text.strip()
                yield Written(" ", (SPACE,))
            yield Written(text, _cut(cell.at, start, start + len(text)))

    def is_beside(self, line: Line) -> bool:
        """Tell whether a line stands at the row's height and over none of its cells, which are few."""
        if len(self.cells) >= _MOST_CELLS:
            return False
        box = self.cells[0].box
        height = max(box.height, line.box.height) if line.field else min(box.height, line.box.height)
        return abs(box.middle - line.box.middle) <= _SAME_HEIGHT * height and all(
            cell.box.right <= line.box.left + 1 or line.box.right <= cell.box.left + 1 for cell in self.cells
        )

    def add(self, line: Line) -> None:
        self.cells.append(line)
        self.cells.sort(key=lambda cell: cell.box.left)


def rows(lines: Sequence[Line], page_width: float) -> Iterator[Written]:
    """Give each row of a page, in the order of reading."""
    order: list[_Row] = []
    at_height: defaultdict[int, list[_Row]] = defaultdict(list)
    for line in lines:
        previous = order[-1] if order else None
        row = _row_of(line, previous, at_height, page_width * _NARROW) if line.upright else None
        if row is None:
            row = _Row([line])
            order.insert(_place(line, order), row)
            if line.upright:
                at_height[_band(line)].append(row)
        elif row is not previous and _is_figures(row.cells) and not _is_figures([line]):
            # The words of a row are where it stands in the order of reading.
            row.joined = True
            moved = _Row(row.cells)
            moved.add(line)
            order.append(moved)
            at_height[_band(line)].append(moved)
        else:
            row.add(line)
    return (row.written for row in order if not row.joined)


def _cut(at: Sequence[range], start: int, end: int) -> tuple[range, ...]:
    """Take characters from one to another of stretches of them.

    >>> _cut([range(5, 8), range(20, 30)], 1, 5)
    (range(6, 8), range(20, 22))
    """
    cut = []
    for run in at:
        if taken := run[max(0, start) : max(0, end)]:
            cut.append(taken)
        start, end = start - len(run), end - len(run)
    return tuple(cut)


def _row_of(
    line: Line, previous: _Row | None, at_height: defaultdict[int, list[_Row]], narrow: float
) -> _Row | None:
    """Find the row that a line is a cell of: the one that was just written, or the nearest to its side."""
    if previous and line.box.left >= previous.cells[-1].box.right - 1:
        if previous.is_beside(line):
            return previous if _belongs(line, previous, narrow, moved=False) else None
        if _is_amount_below(line, previous):
            return previous
    band = _band(line)
    near = [row for number in (band - 1, band, band + 1) for row in at_height[number][-_TRIED:]]
    beside = [
        row
        for row in near
        if not row.joined and row.is_beside(line) and _belongs(line, row, narrow, moved=True)
    ]
    return min(beside, key=lambda row: _distance(line, row), default=None)


def _is_amount_below(line: Line, row: _Row) -> bool:
    """Tell whether an amount is the last cell of the row just written, set a line lower than the others."""
    box = row.cells[-1].box
    return (
        0 < box.middle - line.box.middle <= _LINE_HEIGHT * box.height
        and _is_figures([line])
        and _AMOUNT_AT_END.search(line.text) is not None
        and any(map(str.isdigit, row.text))
        and _AMOUNT_AT_END.search(row.text) is None
    )


def _belongs(line: Line, row: _Row, narrow: float, moved: bool) -> bool:
    """Tell whether a line beside a row is a cell of it: an amount, or a figure or word beside little else.

    Words that were written elsewhere are none, unless the row has but figures so far.
    """
    if line.field:
        return True
    figures, row_figures = _is_figures([line]), _is_figures(row.cells)
    if moved and not figures and not row_figures:
        return False
    if (figures and _AMOUNT.search(line.text)) or (row_figures and _AMOUNT.search(row.text)):
        return True
    return max(line.box.width, *(cell.box.width for cell in row.cells)) <= narrow


def _place(line: Line, order: Sequence[_Row]) -> int:
    """Give the place of a line that belongs to no row: the last, but for fields and figures written late."""
    late = line.field or (_is_figures([line]) and _AMOUNT.search(line.text))
    if not (order and line.upright and late):
        return len(order)
    if line.box.bottom < order[-1].cells[0].box.top:
        return len(order)
    for place in range(len(order), max(0, len(order) - _BACK), -1):
        if order[place - 1].cells[0].box.middle >= line.box.middle:
            return place
    return len(order)


def _distance(line: Line, row: _Row) -> float:
    return min(
        abs(line.box.left - cell.box.right)
        if cell.box.right <= line.box.left + 1
        else abs(cell.box.left - line.box.right)
        for cell in row.cells
    )


def _band(line: Line) -> int:
    return int(line.box.middle // _BAND)


def _is_figures(cells: Sequence[Line]) -> bool:
    """Tell whether cells have figures, their units and nothing else.

    >>> page = Box(0, 0, 100, 10)
    >>> _is_figures([Line("5,5000 50 Stk 7 %", page)]), _is_figures([Line("Rechnung 50", page)])
    (True, False)
    """
    words = [word for cell in cells for word in cell.text.split()]
    if not (words and (_FIGURE.fullmatch(words[0]) or _CURRENCY.fullmatch(words[0]))):
        return False  # a word before a figure says what it is: `GLN 4304171000002`
    others = [word for word in words if not _FIGURE.fullmatch(word)]
    return len(others) * 2 <= len(words) and all(len(word) <= _UNIT for word in others)
