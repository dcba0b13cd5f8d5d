"""Read a page as it looks: by its columns, or by its rows.

In the text of a PDF the seller's address and the buyer's may share their lines, and so may headings and,
below them, their values; or a value may stand far from the label to the left of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Finder, Found
from docassay.schemas.pages import Pages, Stretch

_MOST = 400
"""Stretches of words of the first page that are arranged."""

_BELOW = 1.2
"""How far below another, in heights, a line of the same block may begin."""

_ALIGNED = 0.6
"""How far the edges of two lines of one block may be apart, in heights."""


_LABEL = re.compile(r"[^\W\d_][^\n:\d]{1,40}:(?:\s|$)")


class Arranged(NamedTuple):
    """The text of a page in another order.

    Attributes:
        starts: Where each stretch begins in `text`.
        origins: Where that stands in the document's text.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def origin(self, start: int, end: int) -> Span | None:
        """Give where a slice stands in the document's text; of several stretches, the last of them."""
        at = bisect_right(self.starts, end - 1) - 1
        if at < 0 or start >= end:
            return None
        start, moved = max(start, self.starts[at]), self.origins[at] - self.starts[at]
        return start + moved, end + moved


@lru_cache(maxsize=2)
def columns(text: str, pages: Pages) -> Arranged:
    """Put the first page of a document into blocks, from top to bottom and from left to right."""
    blocks: list[list[Stretch]] = []
    for one in _from_top(text, pages):
        above = [block for block in blocks if _continues(block[-1], one)]
        if above:
            above[-1].append(one)
        else:
            blocks.append([one])
    return _joined(text, [[[one] for one in block] for block in blocks])


@lru_cache(maxsize=2)
def rows(text: str, pages: Pages) -> Arranged:
    """Put what stands at one height of the first page of a document into one line, from left to right."""
    return _joined(text, [_lines(text, pages)])


@lru_cache(maxsize=2)
def pairs(text: str, pages: Pages) -> Arranged:
    """Do the same, but begin a line with each stretch that is a label, or begins with one."""
    lines: list[list[Stretch]] = []
    for row in _lines(text, pages):
        for place, one in enumerate(row):
            if not place or _LABEL.match(text, one.start, one.end):
                lines.append([])
            lines[-1].append(one)
    return _joined(text, [lines])


def _lines(text: str, pages: Pages) -> list[list[Stretch]]:
    lines: list[list[Stretch]] = []
    for one in _from_top(text, pages):
        box = lines[-1][0].box if lines else one.box
        height = min(box.y1 - box.y0, one.box.y1 - one.box.y0)
        if lines and abs(box.y0 + box.y1 - one.box.y0 - one.box.y1) <= height:
            lines[-1].append(one)
        else:
            lines.append([one])
    return [sorted(line, key=lambda one: one.box.x0) for line in lines]


def _from_top(text: str, pages: Pages) -> list[Stretch]:
    return sorted(
        pages.stretches(text, pages.first)[:_MOST], key=lambda one: (one.box.y0 + one.box.y1, one.box.x0)
    )


def _joined(text: str, blocks: Iterable[Iterable[Iterable[Stretch]]]) -> Arranged:
    """Write blocks of lines of stretches, and note where each stretch comes to stand."""
    written, starts, origins, length = [], [], [], 0
    for block in blocks:
        for line in block:
            for one in line:
                starts.append(length)
                origins.append(one.start)
                written += [text[one.start : one.end], " "]
                length += one.end - one.start + 1
            written[-1] = "\n"
        written.append("\n")
        length += 1
    return Arranged("".join(written), tuple(starts), tuple(origins))


def _continues(above: Stretch, one: Stretch) -> bool:
    """Tell whether a line is the next one of a block: right below, with an edge or the middle in common."""
    height = max(above.box.y1 - above.box.y0, one.box.y1 - one.box.y0)
    if not -0.5 * height <= one.box.y0 - above.box.y1 <= _BELOW * height or one.box.y0 <= above.box.y0:
        return False
    edges = (one.box.x0 - above.box.x0, one.box.x1 - above.box.x1)
    middle = (edges[0] + edges[1]) / 2
    return min(map(abs, (*edges, middle))) <= _ALIGNED * height


def _in(order: Callable[[str, Pages], Arranged], finder: Finder, parted: bool = False) -> Finder:
    def found(view: RuleInput) -> Iterator[Found]:
        if view.pages is None:
            return
        page = order(view.text, view.pages)
        for item in finder(replace(view, text=page.text, tables=(), pages=None)):
            one = Found(*item)
            first, span = page.origin(one.start, one.start + 1), page.origin(one.start, one.end)
            if first and span:
                is_whole = view.text[first[0] : span[1]].split() == page.text[one.start : one.end].split()
                start = first[0] if is_whole else span[0]
                yield one._replace(start=start, end=span[1], sure=one.sure and (is_whole or parted))

    return found


def in_columns(finder: Finder, parted: bool = False) -> Finder:
    """Make what finds the same in the columns of the first page; nothing in a document without pages.

    Of what has other words between its parts in the text, the last part is a hint.

    Args:
        finder: What finds it in a text.
        parted: Such a part is sure, too: what is sought has a form of its own, and its label beside it.
    """
    return _in(columns, finder, parted)


def in_rows(finder: Finder, parted: bool = False) -> Finder:
    """Make what finds the same in the rows of the first page; nothing in a document without pages."""
    return _in(rows, finder, parted)


def in_pairs(finder: Finder) -> Finder:
    """Make what finds the same in the rows of the first page, cut before each label."""
    return _in(pairs, finder)


def is_across(view: RuleInput, start: int, end: int) -> bool:
    """Tell whether a line of a slice of the text has words of two columns."""
    if view.pages is None:
        return False
    lines = view.text[start:end].count("\n") + 1
    return len(view.pages.boxes(view.text, start, end)) > lines
