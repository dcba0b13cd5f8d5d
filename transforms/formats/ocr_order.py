"""The lines that OCR finds in a picture, in the order of reading.

A scanned page may be skewed. Its columns are read one after another, and cells side by side in a table are
one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import atan2, cos, sin
from statistics import median

from docassay.transforms.formats.pdf_rows import Box, Line, rows

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""The corners of what was read, from the upper left one clockwise, in pixels; y goes down."""

Words = Sequence[tuple[str, Quad]]

_LONG = 3.0
"""Ratio of width to height above which a line shows how a page is skewed, or that it lies on its side."""
_POINTS = 10.0
"""Height to which lines are scaled, as `pdf_rows` measures in points."""
_SAME_ROW = 0.5
"""Part of a line's height within which the middles of a row's cells lie."""
_PROSE = 20
"""Fewest characters of the median line in a column of prose."""
_FEWEST = 4
"""Fewest lines of a column."""
_WIDE = 0.6
"""Share of the page's width above which a line belongs to no column."""


def is_sideways(lines: Sequence[Quad]) -> bool:
    """Tell whether most of the long lines run up or down."""
    down = sum(_height(line) for line in lines if _height(line) > _LONG * _width(line))
    across = sum(_width(line) for line in lines if _width(line) > _LONG * _height(line))
    return down > across


def in_order(lines: Sequence[tuple[Words, Quad]]) -> list[list[tuple[str, Quad]]]:
    """Give the words of each row, in the order of reading.

    Args:
        lines: The words of each line, from left to right, and its corners.
    """
    if not lines:
        return []
    angle = _skew([corners for _, corners in lines])
    level = [[_turned(point, -angle) for point in corners] for _, corners in lines]
    tall = median(max(y for _, y in quad) - min(y for _, y in quad) for quad in level) or 1.0
    words: list[tuple[str, Quad]] = []
    placed = []
    for (of_line, _), quad in zip(lines, level, strict=True):
        text = ""
        at: list[range] = []
        for word, corners in of_line:
            text += f" {word}" if text else word
            # A character stands for its word, so that a row can be taken apart again; a space for none.
            at += ([range(-1, 0)] if at else []) + [range(len(words), len(words) + 1)] * len(word)
            words.append((word, corners))
        xs, ys = [x * _POINTS / tall for x, _ in quad], [-y * _POINTS / tall for _, y in quad]
        placed.append(Line(text, Box(min(xs), min(ys), max(xs), max(ys)), at=tuple(at)))
    left, right = min(line.box.left for line in placed), max(line.box.right for line in placed)
    read = [line for block in _blocks(placed, right - left) for line in block]
    written = []
    for row in rows(read, right - left):
        seen = dict.fromkeys(run.start for run in row.at if run.start >= 0)
        if seen:
            written.append([words[number] for number in seen])
    return written


def _blocks(lines: Sequence[Line], width: float) -> Iterator[list[Line]]:
    """Give the lines of a page from top to bottom, those of columns of prose one column after another."""
    block: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.box.middle):
        if line.box.width > _WIDE * width:
            yield from _columns(block)
            yield [line]
            block = []
        else:
            block.append(line)
    yield from _columns(block)


def _columns(block: list[Line]) -> Iterator[list[Line]]:
    """Give the columns of a block, or its lines row by row where it has none."""
    by_left = sorted(block, key=lambda line: line.box.left)
    reach = float("-inf")
    for number, line in enumerate(by_left):
        if line.box.left > reach and _is_prose(by_left[:number]) and _is_prose(by_left[number:]):
            yield from _columns(by_left[:number])
            yield from _columns(by_left[number:])
            return
        reach = max(reach, line.box.right)
    row: list[Line] = []
    for line in sorted(block, key=lambda line: -line.box.middle):
        if row and row[0].box.middle - line.box.middle > _SAME_ROW * min(row[0].box.height, line.box.height):
            yield sorted(row, key=lambda line: line.box.left)
            row = []
        row.append(line)
    yield sorted(row, key=lambda line: line.box.left)


def _is_prose(lines: Sequence[Line]) -> bool:
    return len(lines) >= _FEWEST and median(len(line.text) for line in lines) >= _PROSE


def _skew(lines: Sequence[Quad]) -> float:
    """Give the angle by which lines slope down to the right, in radians."""
    angles = [
        atan2(right[1] - left[1], right[0] - left[0])
        for left, right, *_ in lines
        if right[0] - left[0] > _LONG * abs(right[1] - left[1])
    ]
    return median(angles) if angles else 0.0


def _turned(point: Point, angle: float) -> Point:
    x, y = point
    return x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)


def _width(quad: Quad) -> float:
    return max(x for x, _ in quad) - min(x for x, _ in quad)


def _height(quad: Quad) -> float:
    return max(y for _, y in quad) - min(y for _, y in quad)
