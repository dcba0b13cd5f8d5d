"""Draw charts as inline SVG that follows the colours of the page, for light and dark.

A title and a description come first, for screen readers. Nothing is measured: a text is taken to be as wide
as those of common fonts are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import escape

WIDTH = 360.0
"""Pixels: about the width of a telephone, so that text keeps its size there."""

ROW = 22.0
HEIGHT = 120.0
"""Of the columns of a plot."""

LEAST_COLUMNS = 6
"""Columns that there is room for where there are fewer: one alone would be as wide as the plot."""

LONGEST = 26
"""Characters of a label."""

_FONT = 10.5
_CHARACTER = 6.6
_GAP = 5.0
_DOWN = 3.7  # from the middle of a line to where its letters stand


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one meaning, a part of each bar.

    Attributes:
        name: What they are.
        colour: A name of the page's colours, such as ``bad``.
        values: One for each bar.
    """

    name: str
    colour: str
    values: Sequence[float]


def bars(
    title: str, labels: Sequence[str], series: Sequence[Series], beside: bool = False, form: str = "{:,.0f}"
) -> str:
    """Draw horizontal bars, the first at the top.

    Args:
        title: What it shows, for who does not see it.
        labels: A name for each bar.
        series: The parts of each bar, from left to right.
        beside: Draw the series below each other instead, to be compared.
        form: How a number is written at the end of a bar.
    """
    shown = [_short(label) for label in labels]
    left = max(map(_wide, shown), default=0.0) + _GAP
    stacks = [[part] for part in series] if beside else [list(series)]
    ends = [sum(part.values[n] for part in stack) for n in range(len(labels)) for stack in stacks]
    room = max((_wide(form.format(end)) for end in ends), default=0.0) + 2 * _GAP
    scale = (WIDTH - left - room) / (max(ends, default=0) or 1)
    row = ROW * (1 + 0.4 * (len(stacks) - 1))
    thick = 0.76 * row / len(stacks)
    drawn = [*_legend(series)]
    top = _head(series)
    for n, label in enumerate(shown):
        middle = top + (n + 0.5) * row
        drawn.append(_text(left - _GAP, middle, label, "end"))
        for at, stack in enumerate(stacks):
            y = middle + (at - len(stacks) / 2) * thick
            x = left
            for part in stack:
                drawn.append(_box(x, y + 0.04 * thick, part.values[n] * scale, 0.92 * thick, part.colour))
                x += part.values[n] * scale
            number = form.format(sum(part.values[n] for part in stack))
            drawn.append(_text(x + 3, y + thick / 2, number))
    bottom = top + len(labels) * row
    drawn.append(_box(left - 0.5, top, 1, bottom - top, "line"))
    return _written(title, bottom, drawn)


def columns(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Draw stacked columns, the earliest at the left; the arguments are those of `bars`."""
    most = max((sum(part.values[n] for part in series) for n in range(len(labels))), default=0) or 1
    ticks = [*_ticks(most)]
    top, left = _head(series) + _FONT / 2, max(_wide(f"{tick:,}") for tick in ticks) + _GAP
    wide = (WIDTH - left - 2 * _GAP) / max(len(labels), LEAST_COLUMNS)
    floor, scale = top + HEIGHT, HEIGHT / max(most, ticks[-1])
    drawn = [*_legend(series)]
    for tick in ticks:
        drawn.append(_box(left, floor - tick * scale - 0.3, WIDTH - left, 0.6, "line"))
        drawn.append(_text(left - _GAP, floor - tick * scale, f"{tick:,}", "end"))
    for n in range(len(labels)):
        y = floor
        for part in series:
            y -= part.values[n] * scale
            drawn.append(_box(left + (n + 0.07) * wide, y, 0.86 * wide, part.values[n] * scale, part.colour))
    apart = max(map(_wide, labels), default=0.0) + _GAP
    for n in range(0, len(labels), max(1, -(-len(labels) // 4), ceil(apart / wide))):
        half = _wide(labels[n]) / 2
        middle = min(max(left + (n + 0.5) * wide, half), WIDTH - half)
        drawn.append(_text(middle, floor + _FONT, labels[n], "middle"))
    drawn.append(_box(left, floor - 0.5, WIDTH - left, 1, "line"))
    return _written(title, floor + 2 * _FONT, drawn)


def lines(title: str, labels: Sequence[str], series: Sequence[Series], places: Sequence[float] = ()) -> str:
    """Draw a line for each series, the earliest at the left.

    Args:
        title: What it shows, for who does not see it.
        labels: A name for each point.
        series: The lines; their numbers may be below 0.
        places: How far apart the points are; without them evenly.
    """
    at = places or range(len(labels))
    values = [value for part in series for value in part.values]
    least, most = min([0.0, *values]), max([0.0, *values])
    most = most if most > least else least + 1
    ends = [f"{value:,.6g}" for value in (least, most)]
    top, left = _head(series) + _FONT / 2, max(map(_wide, ends)) + _GAP
    wide, high = (WIDTH - left - 2 * _GAP) / ((at[-1] - at[0]) or 1), HEIGHT / (most - least)
    floor = top + HEIGHT
    drawn = [*_legend(series)]
    for value, end in zip((least, most), ends, strict=True):
        drawn.append(_box(left, floor - (value - least) * high - 0.3, WIDTH - left, 0.6, "line"))
        drawn.append(_text(left - _GAP, floor - (value - least) * high, end, "end"))
    for part in series:
        points = [
            (left + _GAP + (place - at[0]) * wide, floor - (value - least) * high)
            for place, value in zip(at, part.values, strict=True)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="var(--{part.colour})" stroke-width="1.5"/>'
        )
        drawn += [_box(x - 1.5, y - 1.5, 3, 3, part.colour) for x, y in points]
    for n, anchor in ((0, "start"), (len(labels) - 1, "end"))[: len(labels)]:
        x = left if anchor == "start" else WIDTH
        drawn.append(_text(x, floor + _FONT, _short(labels[n]), anchor))
    return _written(title, floor + 2 * _FONT, drawn)


def _ticks(most: float) -> Iterator[int]:
    """Yield at most five whole numbers from 0, evenly apart, the last at or below the highest column.

    >>> list(_ticks(7)), list(_ticks(1)), list(_ticks(1300))
    ([0, 2, 4, 6], [0, 1], [0, 500, 1000])
    """
    step = next(one * 10**power for power in range(300) for one in (1, 2, 5) if most / (one * 10**power) < 5)
    yield from range(0, int(most) + 1, step)


def _head(series: Sequence[Series]) -> float:
    lines = ceil(len(series) / (WIDTH // _named(series))) if len(series) > 1 else 0
    return 2 * _FONT * lines + _GAP


def _legend(series: Sequence[Series]) -> Iterator[str]:
    """Name the series, where there are several."""
    wide = _named(series)
    for n, part in enumerate(series if len(series) > 1 else ()):
        line, place = divmod(n, WIDTH // wide)
        x, y = place * wide, _FONT * (1 + 2 * line)
        yield _box(x, y - _FONT / 2, _FONT, _FONT, part.colour)
        yield _text(x + _FONT + _GAP, y, _short(part.name))


def _named(series: Sequence[Series]) -> float:
    """Give the room for a name in the legend."""
    return max(_wide(_short(part.name)) for part in series) + _FONT + 3 * _GAP


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="var(--{colour})"/>'


def _text(x: float, middle: float, text: str, anchor: str = "start") -> str:
    """Write a text whose middle is so far down; `x` is where it starts, or ends, or its middle."""
    return f'<text x="{x:.1f}" y="{middle + _DOWN:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _written(title: str, height: float, drawn: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img"'
        f' fill="var(--ink)" font-size="{_FONT}"><title>{escape(title)}</title>'
        f"<desc>The table after it has the numbers.</desc>{''.join(drawn)}</svg>"
    )


def _wide(text: str) -> float:
    return sum(_FONT if unicodedata.east_asian_width(one) in "WF" else _CHARACTER for one in text)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1].rstrip() + "…"
