"""Find an invoice's table by where its words stand on a page: columns below headings, rows by their amounts.

Only pages that may have such headings are looked at. The order of the text does not matter here: a PDF may
have the figures of a row, or the headings, anywhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from docassay.schemas.pages import Pages
from docassay.schemas.tables import Cell, Role, Table
from docassay.transforms.formats.columns import (
    MOST_WORDS,
    is_bare_total,
    is_carried,
    is_heading,
    is_qualifier,
    is_total,
    role_of,
    settled,
)

_WORD = re.compile(r"\S+")
_HINT = re.compile(
    r"\b(?:menge|anzahl|st[üu]ck|stk|std|stunden|qty|quantit(?:y|é|e)|units?|hours|hrs|qt[ée]|nombre|price|rate|cost"
    r"|prix|p\.? ?u)\b|preis\b"
)
"""Words of which each line of headings has one, in small letters."""
_OTHER = re.compile(
    r"(?:betrag|gesamt|summe|wert|netto|brutto|entgelt|preis|menge|anzahl)\b|\bgesamt"
    r"|\b(?:amounts?|totals?|extended|ext|charges?|montant|ht|ttc|price|prix|qty|quantity|p\.? ?u)\b"
)
"""Words of which one stands near a hint, wherever a PDF has it; `_HINT` alone is in every contract."""
_NEAR = 300
_FIGURE = re.compile(r"[(+\-−–]?[€$£]?\d[\d.,'’]*[-)]?[€$£%]?[)*]?|[€$£]-?\d[\d.,'’]*")
_MONEY = re.compile(r"\d[.,]\d\d(?![\d%])")
_GROUP = re.compile(r"\d{3}(?:[.,]\d+)?")
_MOST_WORDS = 20_000
"""Words of a page up to which it is looked at."""
_MOST_PAGES = 200
"""Pages of a document that are looked at."""
_MOST_HEADINGS = 20
_SAME_LINE = 0.45
"""How far apart the middles of two words of a line may lie, in heights of the lower one."""
_SPACE = 0.7
"""Widest space between the words of one cell, in heights."""
_STACKED = 2.6
"""How far above or below the others' line a heading may stand, in heights."""
_BESIDE = 1.6
"""How far above or below its amount a figure of the same row may stand, in heights."""
_TRAILING = 4.0
"""How far below the last amount words belong to it, in heights."""
_FIGURES: frozenset[Role] = frozenset(("quantity", "price", "discount", "rate", "tax", "amount", "gross"))


class _Word(NamedTuple):
    """A word, from the top left of the page as it is shown."""

    text: str
    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def height(self) -> float:
        return self.y1 - self.y0


class _Column(NamedTuple):
    """A heading; what is stacked is one."""

    role: Role | None
    x0: float
    x1: float
    text: str

    def overlap(self, word: _Word) -> float:
        """Give how much of a word stands below its heading; negative: how far it is from it."""
        return min(self.x1, word.x1) - max(self.x0, word.x0)


class _Heading(NamedTuple):
    columns: tuple[_Column, ...]
    top: float
    bottom: float


@dataclass(slots=True)
class _Row:
    """What belongs to one amount."""

    middle: float
    height: float
    cells: dict[Role, list[_Word]] = field(default_factory=dict)


def placed_tables(text: str, pages: Pages) -> Iterator[Table]:
    """Find the tables of invoice lines in a document with pages, in order.

    A table that goes on over pages is one for each; on a page without headings those of the page before count.
    """
    columns: tuple[_Column, ...] = ()
    for number in range(pages.first, min(pages.last, pages.first + _MOST_PAGES - 1) + 1):
        start, end = pages.span(number, len(text))
        hints = _hints(text[start:end])
        if not columns and not hints:
            continue
        lines = _lines(_words(text, pages, number))
        headings = _headings(lines, {start + at for at in hints})
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


def _hints(page: str) -> set[int]:
    """Find where words begin on a page that may be headings; none where no two stand near each other."""
    lower = page.lower()
    if len(lower) != len(page):  # a capital dotted I becomes two characters
        lower = page
    found = [match.start() for match in _HINT.finditer(lower)]
    near = any(
        _OTHER.search(lower, max(0, at - _NEAR), at) or _OTHER.search(lower, at + 3, at + _NEAR)
        for at in found
    )
    return {_begin(page, at) for at in found} if near else set()


def _begin(page: str, at: int) -> int:
    while at and not page[at - 1].isspace():
        at -= 1
    return at


def _words(text: str, pages: Pages, number: int) -> list[_Word]:
    """Give the words of a page with their places; a word that stands nowhere is left out."""
    start, end = pages.span(number, len(text))
    places, frame = pages.places(number), pages.sheets[number - pages.first].frame
    words = []
    for match in _WORD.finditer(text, start, end):
        first, last = 4 * (match.start() - start), 4 * (match.end() - start)
        if last > len(places) or len(words) == _MOST_WORDS:
            break
        # From its first character to its last: a word that bends is no cell.
        left, top, right, bottom = places[first], places[first + 1], places[last - 2], places[first + 3]
        if not (left < right and bottom < top):
            continue
        if frame.rotation:
            box = frame.shown(left, bottom, right, top)
        else:  # the same, but faster
            box = (left - frame.left, frame.top - top, right - frame.left, frame.top - bottom)
        words.append(_Word(match.group(), match.start(), match.end(), *box))
    return words


def _lines(words: Sequence[_Word]) -> list[list[_Word]]:
    """Put words that stand at one height into a line, from left to right; lines from top to bottom."""
    lines: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: (word.middle, word.x0)):
        line = lines[-1] if lines else None
        if line and abs(line[0].middle - word.middle) <= _SAME_LINE * min(line[0].height, word.height):
            line.append(word)
        else:
            lines.append([word])
    for line in lines:
        line.sort(key=lambda word: word.x0)
    return lines


def _headings(lines: Sequence[list[_Word]], hints: AbstractSet[int]) -> list[_Heading]:
    """Find lines that are headings of columns, with what is stacked above and below them.

    Args:
        lines: Those of a page.
        hints: Where in the text words begin of which each line of headings has one.
    """
    found: list[_Heading] = []
    for at, line in enumerate(lines):
        if not any(word.start in hints for word in line):
            continue
        if found and line[0].middle < found[-1].bottom:
            continue
        columns = _columns(line)
        named = [column for column in columns if column.role]
        if not named or len(named) * 2 < len(columns) or len(columns) > _MOST_HEADINGS or _has_figure(line):
            continue
        if not is_heading([column.role for column in named]) and len(named) < 2:
            continue
        top, bottom = min(word.y0 for word in line), max(word.y1 for word in line)
        for others in (lines[max(0, at - 3) : at][::-1], lines[at + 1 : at + 4]):
            for other in others:
                reach = _STACKED * max(line[0].height, other[0].height)
                if abs(other[0].middle - line[0].middle) > reach or _has_figure(other):
                    break
                stacked = _stacked(columns, _columns(other), other[0].middle < line[0].middle)
                if stacked == columns:
                    continue
                columns = stacked
                bottom = max(bottom, *(word.y1 for word in other))
                top = min(top, *(word.y0 for word in other))
        columns.sort(key=lambda column: column.x0)
        roles = settled([column.role for column in columns])
        if is_heading(roles):
            columns = [column._replace(role=role) for column, role in zip(columns, roles, strict=True)]
            found.append(_Heading(tuple(columns), top, bottom - 0.3 * line[0].height))
    return found[:_MOST_HEADINGS]


def _stacked(columns: Sequence[_Column], others: Sequence[_Column], above: bool) -> list[_Column]:
    """Put headings above or below others: together they may say what they are, or stand for themselves."""
    joined = list(columns)
    for other in others:
        over = [at for at, column in enumerate(joined) if not _apart(column, other)]
        if not over:
            if other.role and other.role not in {column.role for column in joined}:
                joined.append(other)
        elif len(over) == 1:
            column = joined[over[0]]
            text = f"{other.text} {column.text}" if above else f"{column.text} {other.text}"
            role = role_of(text)
            if role is None and (column.role or not other.role):
                continue
            joined[over[0]] = _Column(
                role or other.role, min(column.x0, other.x0), max(column.x1, other.x1), text
            )
    return joined


def _columns(line: Sequence[_Word]) -> list[_Column]:
    """Read a line as headings: the longest runs of words that name a column, and what stands between them."""
    columns: list[_Column] = []
    at = 0
    while at < len(line) and len(columns) <= _MOST_HEADINGS:
        for count in range(min(MOST_WORDS, len(line) - at), 0, -1):
            words = line[at : at + count]
            together = all(
                b.x0 - a.x1 < 2 * _SPACE * a.height for a, b in zip(words, words[1:], strict=False)
            )
            role = role_of(" ".join(word.text for word in words)) if together else None
            if role or count == 1:
                text = " ".join(word.text for word in words)
                column = _Column(role, words[0].x0, words[-1].x1, text)
                if columns and is_qualifier(text) and column.x0 - columns[-1].x1 < _SPACE * words[0].height:
                    before = columns.pop()
                    column = before._replace(x1=column.x1, text=f"{before.text} {text}")
                columns.append(column)
                at += count
                break
    return columns


def _is_other_heading(line: Sequence[_Word], anchors: Sequence[_Column]) -> bool:
    """Tell whether a line has the headings of another table: two of figures, or one over the amounts."""
    if len(line) < 3 or _has_figure(line):
        return False
    named = [column for column in _columns(line) if column.role in _FIGURES]
    return len({column.role for column in named}) >= 2 or any(
        not _apart(column, anchor) for column in named for anchor in anchors
    )


def _apart(one: _Column, other: _Column) -> bool:
    return min(one.x1, other.x1) <= max(one.x0, other.x0)


def _has_money(line: Sequence[_Word]) -> bool:
    return any(_MONEY.search(word.text) for word in line)


def _has_figure(line: Sequence[_Word]) -> bool:
    return any(char.isdigit() for word in line for char in word.text)


def _rows(lines: Sequence[list[_Word]], columns: Sequence[_Column], goes_on: bool) -> tuple[list[_Row], bool]:
    """Read the lines below headings: rows, and whether no total ended the table.

    Args:
        lines: From top to bottom.
        columns: What the headings say.
        goes_on: It began on the page before: the first rows must be whole, or there are none.
    """
    anchor: Role = next(role for role in ("amount", "gross", "price") if role in {c.role for c in columns})
    factor: Role = "quantity" if any(column.role == "quantity" for column in columns) else "price"
    anchors = [column for column in columns if column.role == anchor]
    sorted_lines: list[tuple[list[_Word], dict[Role, list[_Word]], list[_Word]]] = []
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
        if (is_sum and _has_money(line)) or (has_rows and _is_other_heading(line, anchors)):
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
            above = [row for row in rows if row.middle <= line[0].middle + _BESIDE * row.height / 2]
            _attach_words(words, columns, above[-1] if above else rows[0])
    whole = [row for row in rows if len(row.cells.keys() & {"quantity", "price"}) >= 1]
    if not whole or (goes_on and len(whole) * 2 < len(rows)):
        return [], is_open
    return rows, is_open


def _attach(words: list[_Word], role: Role, rows: Sequence[_Row]) -> None:
    """Give a cell to the row whose amount is nearest, if none stands nearer to it already."""
    nearest = min(rows, key=lambda row: abs(row.middle - words[0].middle))
    off = abs(nearest.middle - words[0].middle)
    if off > _BESIDE * nearest.height:
        return
    before = nearest.cells.get(role)
    if before is None or off < abs(nearest.middle - before[0].middle):
        nearest.cells[role] = words


def _attach_words(words: Iterable[_Word], columns: Sequence[_Column], row: _Row) -> None:
    texts = [column for column in columns if column.role and column.role not in _FIGURES]
    for word in words:
        starting = [column for column in texts if column.x0 <= word.x1]
        column = starting[-1] if starting else None
        role: Role = column.role if column and column.role else "description"
        row.cells.setdefault(role, []).append(word)


def _cells(line: Sequence[_Word], columns: Sequence[_Column]) -> tuple[dict[Role, list[_Word]], list[_Word]]:
    """Sort the words of a line into the columns of figures, and the rest."""
    best: dict[Role, tuple[float, list[_Word]]] = {}
    rest: list[_Word] = []
    at = 0
    while at < len(line):
        figure = [line[at]]
        while (
            at + len(figure) < len(line)
            and _FIGURE.fullmatch(figure[-1].text)
            and _GROUP.fullmatch(line[at + len(figure)].text)
            and line[at + len(figure)].x0 - figure[-1].x1 < 0.4 * figure[-1].height
            and "," not in figure[-1].text
            and "." not in figure[-1].text
        ):
            figure.append(line[at + len(figure)])
        joined = figure[0]._replace(x1=figure[-1].x1)
        column = _column(joined, line, at, columns) if _FIGURE.fullmatch(figure[0].text) else None
        at += len(figure)
        if column is None or column.role not in _FIGURES or _is_misplaced(figure[0], column.role):
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


def _is_misplaced(word: _Word, role: Role) -> bool:
    return word.text.rstrip(")*").endswith("%") and role not in ("rate", "discount")


def _last(words: Sequence[_Word]) -> str:
    """Give the last words of a line that stand together, without a currency: what is beside its amount."""
    run: list[_Word] = []
    for word in reversed(words):
        if not any(map(str.isalpha, word.text)) and not run:
            continue
        if run and run[-1].x0 - word.x1 > 2 * _SPACE * word.height:
            break
        run.append(word)
    return " ".join(word.text for word in reversed(run))


def _column(word: _Word, line: Sequence[_Word], at: int, columns: Sequence[_Column]) -> _Column | None:
    """Find the column of a figure: that under whose heading it stands, or the nearest.

    A figure among words is one of them, unless it stands under a heading of figures.
    """
    over = max(columns, key=lambda column: column.overlap(word))
    if over.overlap(word) > 0:
        return over
    near = _SPACE * word.height
    before = line[at - 1] if at else None
    after = line[at + 1] if at + 1 < len(line) else None
    among = (before and word.x0 - before.x1 < near and not _FIGURE.fullmatch(before.text)) or (
        after and after.x0 - word.x1 < near and len(after.text) > 4 and not _FIGURE.fullmatch(after.text)
    )
    return None if among else over


def _table(rows: Iterable[_Row]) -> Table:
    return Table(tuple(tuple(_slices(row)) for row in rows))


def _slices(row: _Row) -> Iterator[Cell]:
    """Join the words of each cell that follow each other in the text."""
    found: list[Cell] = []
    for role, words in row.cells.items():
        run: list[_Word] = []
        for word in sorted(words, key=lambda word: word.start):
            if run and (word.start - run[-1].end > 1 or abs(word.middle - run[-1].middle) > word.height / 2):
                found.append(Cell(role, run[0].start, run[-1].end))
                run = []
            run.append(word)
        found.append(Cell(role, run[0].start, run[-1].end))
    return iter(sorted(found, key=lambda cell: (cell.start, cell.end)))
