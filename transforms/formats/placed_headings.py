"""Headings of columns on a page: its words, its lines, and the lines that name what is billed.

A heading may be stacked: words above and below each other are one, or each stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import islice, pairwise
from typing import NamedTuple

from docassay.schemas.pages import Pages
from docassay.schemas.tables import Role
from docassay.transforms.formats.columns import MOST_WORDS, is_heading, is_qualifier, role_of, settled

SPACE = 0.7
"""Widest space between the words of one cell, in heights."""
MOST_PAGE_WORDS = 5_000
"""Words of a page up to which it is looked at."""

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
_MOST_HINTS = 200
_LONGEST_WORD = 40
_MOST_TRIED = 50
"""Lines of a page of which some may be headings."""
_MOST_HEADINGS = 20
_SAME_LINE = 0.45
"""How far apart the middles of two words of a line may lie, in heights of the lower one."""
_STACKED = 2.6
"""How far above or below the others' line a heading may stand, in heights."""


class Word(NamedTuple):
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
        """Half-way between its top and its bottom."""
        return (self.y0 + self.y1) / 2

    @property
    def height(self) -> float:
        """From its top to its bottom."""
        return self.y1 - self.y0


class Column(NamedTuple):
    """A heading; what is stacked is one."""

    role: Role | None
    x0: float
    x1: float
    text: str

    def overlap(self, word: Word) -> float:
        """Give how much of a word stands below its heading; negative: how far it is from it."""
        return min(self.x1, word.x1) - max(self.x0, word.x0)


class Heading(NamedTuple):
    """The headings of a table, from left to right, and between which heights they stand."""

    columns: tuple[Column, ...]
    top: float
    bottom: float


def hints_of(page: str) -> set[int]:
    """Find where words begin on a page that may be headings; none where no two stand near each other."""
    lower = page.lower()
    if len(lower) != len(page):  # a capital dotted I becomes two characters
        lower = page
    found = [match.start() for match in islice(_HINT.finditer(lower), _MOST_HINTS)]
    near = any(
        _OTHER.search(lower, max(0, at - _NEAR), at) or _OTHER.search(lower, at + 3, at + _NEAR)
        for at in found
    )
    return {_begin(page, at) for at in found} if near else set()


def _begin(page: str, at: int) -> int:
    """Find where the word begins in which a hint stands."""
    for back in range(min(at, _LONGEST_WORD)):
        if page[at - back - 1].isspace():
            return at - back
    return max(0, at - _LONGEST_WORD)


def words_of(text: str, pages: Pages, number: int) -> list[Word]:
    """Give the words of a page with their places; a word that stands nowhere is left out."""
    start, end = pages.span(number, len(text))
    places, frame = pages.places(number), pages.sheets[number - pages.first].frame
    words: list[Word] = []
    for match in _WORD.finditer(text, start, end):
        first, last = 4 * (match.start() - start), 4 * (match.end() - start)
        if last > len(places) or len(words) == MOST_PAGE_WORDS:
            break
        # From its first character to its last: a word that bends is no cell.
        left, top, right, bottom = places[first], places[first + 1], places[last - 2], places[first + 3]
        if not (left < right and bottom < top):
            continue
        if frame.rotation:
            box = frame.shown(left, bottom, right, top)
        else:  # the same, but faster
            box = (left - frame.left, frame.top - top, right - frame.left, frame.top - bottom)
        words.append(Word(match.group(), match.start(), match.end(), *box))
    return words


def lines_of(words: Sequence[Word]) -> list[list[Word]]:
    """Put words that stand at one height into a line, from left to right; lines from top to bottom."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.middle, word.x0)):
        line = lines[-1] if lines else None
        if line and abs(line[0].middle - word.middle) <= _SAME_LINE * min(line[0].height, word.height):
            line.append(word)
        else:
            lines.append([word])
    for line in lines:
        line.sort(key=lambda word: word.x0)
    return lines


def headings_of(lines: Sequence[list[Word]], hints: AbstractSet[int]) -> list[Heading]:
    """Find lines that are headings of columns, with what is stacked above and below them."""
    found: list[Heading] = []
    tried = [at for at, line in enumerate(lines) if any(word.start in hints for word in line)]
    for at in tried[:_MOST_TRIED]:
        line = lines[at]
        if found and line[0].middle < found[-1].bottom:
            continue
        columns = columns_of(line)
        named = [column for column in columns if column.role]
        if not named or len(named) * 2 < len(columns) or len(columns) > _MOST_HEADINGS or has_digit(line):
            continue
        if not is_heading([column.role for column in named]) and len(named) < 2:
            continue
        top, bottom = min(word.y0 for word in line), max(word.y1 for word in line)
        for others in (lines[max(0, at - 3) : at][::-1], lines[at + 1 : at + 4]):
            for other in others:
                reach = _STACKED * max(line[0].height, other[0].height)
                if abs(other[0].middle - line[0].middle) > reach or has_digit(other):
                    break
                stacked = _stacked(columns, columns_of(other), other[0].middle < line[0].middle)
                if stacked == columns:
                    continue
                columns = stacked
                bottom = max(bottom, *(word.y1 for word in other))
                top = min(top, *(word.y0 for word in other))
        columns.sort(key=lambda column: column.x0)
        roles = settled([column.role for column in columns])
        if is_heading(roles):
            columns = [column._replace(role=role) for column, role in zip(columns, roles, strict=True)]
            found.append(Heading(tuple(columns), top, bottom - 0.3 * line[0].height))
    return found[:_MOST_HEADINGS]


def _stacked(columns: Sequence[Column], others: Sequence[Column], above: bool) -> list[Column]:
    """Put headings above or below others: together they may say what they are, or stand for themselves."""
    joined = list(columns)
    for other in others:
        over = [at for at, column in enumerate(joined) if not are_apart(column, other)]
        if not over:
            if other.role and other.role not in {column.role for column in joined}:
                joined.append(other)
        elif len(over) == 1:
            column = joined[over[0]]
            text = f"{other.text} {column.text}" if above else f"{column.text} {other.text}"
            role = role_of(text)
            if role is None and (column.role or not other.role):
                continue
            joined[over[0]] = Column(
                role or other.role, min(column.x0, other.x0), max(column.x1, other.x1), text
            )
    return joined


def columns_of(line: Sequence[Word]) -> list[Column]:
    """Read a line as headings: the longest runs of words that name a column, and what stands between them."""
    columns: list[Column] = []
    at = 0
    while at < len(line) and len(columns) <= _MOST_HEADINGS:
        for count in range(min(MOST_WORDS, len(line) - at), 0, -1):
            words = line[at : at + count]
            together = all(b.x0 - a.x1 < 2 * SPACE * a.height for a, b in pairwise(words))
            role = role_of(" ".join(word.text for word in words)) if together else None
            if role or count == 1:
                text = " ".join(word.text for word in words)
                column = Column(role, words[0].x0, words[-1].x1, text)
                if columns and is_qualifier(text) and column.x0 - columns[-1].x1 < SPACE * words[0].height:
                    before = columns.pop()
                    column = before._replace(x1=column.x1, text=f"{before.text} {text}")
                columns.append(column)
                at += count
                break
    return columns


def are_apart(one: Column, other: Column) -> bool:
    """Tell whether two headings stand beside each other, and not above."""
    return min(one.x1, other.x1) <= max(one.x0, other.x0)


def has_digit(line: Sequence[Word]) -> bool:
    """Tell whether a line has a digit; headings have none."""
    return any(char.isdigit() for word in line for char in word.text)
