"""Draw bar charts as inline SVG that follows the colours of the page.

Matplotlib draws them, with text as text. Its output is reduced to shapes: colours become those of the page,
for light and dark, and a title and a description come first, for screen readers.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from lxml import etree
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

WIDTH = 5.0
"""Inches at 72 points: about the width of a telephone, so that text keeps its size there."""

ROW = 0.31
LONGEST = 26
"""Characters of a label."""

LEGEND = 3
"""Names of the legend that stand in a line."""

_SVG = "{http://www.w3.org/2000/svg}"
_COLOURS = {
    "ink": "#010203",
    "soft": "#010204",
    "line": "#010205",
    "accent": "#010206",
    "critical": "#010207",
    "high": "#010208",
    "medium": "#010209",
    "low": "#01020a",
    "bad": "#01020b",
    "doubt": "#01020c",
    "good": "#01020d",
    "muted": "#01020e",
}
"""What stands for the colours of the page while it is drawn."""

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "docassay",
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.unicode_minus": False,
    "xtick.labelsize": 9.5,
    "axes.edgecolor": _COLOURS["line"],
    "text.color": _COLOURS["ink"],
    "xtick.color": _COLOURS["line"],
    "ytick.color": _COLOURS["line"],
    "xtick.labelcolor": _COLOURS["ink"],
    "ytick.labelcolor": _COLOURS["ink"],
}
_FONT = re.compile(r" ?font-family: [^;\"]*;?")


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


@matplotlib.rc_context(_SETTINGS)
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
    count = len(series) if beside else 1
    figure, axes = _figure(len(labels) * ROW * (1 + 0.4 * (count - 1)) + _head(series))
    thick = 0.76 / count
    most, ends = 0.0, [0.0] * len(labels)
    for n, part in enumerate(series):
        shift = (n - (count - 1) / 2) * thick if beside else 0
        places = [place + shift for place in range(len(labels))]
        starts = [0.0] * len(labels) if beside else ends
        axes.barh(places, part.values, thick * 0.92, starts, color=_COLOURS[part.colour], label=part.name)
        ends = [start + value for start, value in zip(starts, part.values, strict=True)]
        most = max(most, *ends)
        if beside or n == len(series) - 1:
            for place, end in zip(places, ends, strict=True):
                axes.annotate(form.format(end), (end, place), (3, 0), "data", "offset points", va="center")
    axes.set_yticks(range(len(labels)), [_short(label) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlim(0, (most or 1) * 1.16)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    return _written(figure, title, len(series) > 1)


@matplotlib.rc_context(_SETTINGS)
def columns(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Draw stacked columns, the earliest at the left; the arguments are those of `bars`."""
    figure, axes = _figure(1.9 + _head(series))
    starts = [0.0] * len(labels)
    for part in series:
        places = range(len(labels))
        axes.bar(places, part.values, 0.86, starts, color=_COLOURS[part.colour], label=part.name)
        starts = [start + value for start, value in zip(starts, part.values, strict=True)]
    step = max(1, -(-len(labels) // 4))
    axes.set_xticks(range(0, len(labels), step), labels[::step])
    axes.set_xlim(-0.6, max(len(labels), 6) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", color=_COLOURS["line"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return _written(figure, title, len(series) > 1)


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(length=0)
    for patch in (figure.patch, axes.patch):
        patch.set_visible(False)
    return figure, axes


def _head(series: Sequence[Series]) -> float:
    return 0.15 + 0.3 * -(-len(series) // LEGEND) if len(series) > 1 else 0.15


def _written(figure: Figure, title: str, legend: bool) -> str:
    if legend:
        figure.legend(
            loc="outside upper left", ncols=LEGEND, frameon=False, handlelength=1, columnspacing=1.2
        )
    drawn = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font it measures with does not have
        figure.savefig(drawn, format="svg", metadata=nothing)
    return _inline(drawn.getvalue(), title)


def _inline(drawn: bytes, title: str) -> str:
    """Cut what was drawn down to shapes and texts, and give it the page's colours."""
    root = etree.fromstring(drawn, etree.XMLParser(resolve_entities=False, no_network=True))
    etree.strip_elements(root, f"{_SVG}metadata", f"{_SVG}style", with_tail=False)
    etree.strip_tags(root, etree.Comment)
    for element in root.iter():
        element.attrib.pop("id", None)
        element.attrib.pop("clip-path", None)
    etree.strip_elements(root, f"{_SVG}defs", with_tail=False)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    for n, (tag, text) in enumerate((("title", title), ("desc", "The table after it has the numbers."))):
        element = etree.Element(f"{_SVG}{tag}")
        element.text = text
        root.insert(n, element)
    written = _FONT.sub("", etree.tostring(root, encoding="unicode"))
    written = re.sub(r">\s+<", "><", written)
    for name, colour in _COLOURS.items():
        written = written.replace(colour, f"var(--{name})")
    return written


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1].rstrip() + "…"
