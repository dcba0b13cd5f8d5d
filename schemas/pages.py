"""Where a document's text stands on its pages, kept small: it travels with the text through every stage.

A reader of a format with pages gives a `Pages` beside the text, and from then on offsets are enough:
`Pages.number` tells the page of an offset, `Pages.boxes` the rectangles of a slice of the text. Nothing but
the pages that are asked for is unpacked.
"""

from __future__ import annotations

import re
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the process that packs goes without
    import numpy as np
    from numpy.typing import NDArray

NOWHERE = struct.pack("<4f", *[float("nan")] * 4)
"""The rectangle of a character that stands nowhere, such as the end of a line."""

BETWEEN = "\n\n"
"""What parts the texts of two pages; a page without text adds none."""

_RECTANGLE = struct.calcsize("<4f")
_KEPT = [byte for byte in range(_RECTANGLE) if byte % 4]
"""Bytes of a rectangle that are kept: without the lowest one of each number it is true to .03 points."""
MOST_CHARS = 2_000_000
"""Characters of a page up to which it is kept where they stand."""
_LINE_END = re.compile("\n")
_SHEET = struct.Struct("<q4fHI")
_GAP = 1.5
"""Gap within a line, in heights of its characters, at which its box ends and another begins."""
_SAME_LINE = 0.5
"""Share of the lower one's height that two characters of a line have in common."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a line on a page, in points from the top left of the page as it is shown.

    Attributes:
        page: From 1.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class Stretch(NamedTuple):
    """A slice of the text that stands on one line of a page without a wide gap, and where."""

    start: int
    end: int
    box: Box


class Frame(NamedTuple):
    """The part of a page that is shown, in points of the page's own coordinates, whose y goes up.

    Attributes:
        rotation: Degrees by which it is shown turned clockwise: 0, 90, 180 or 270.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int = 0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as it is shown, in points."""
        width, height = max(0.0, self.right - self.left), max(0.0, self.top - self.bottom)
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def shown(self, left: float, bottom: float, right: float, top: float) -> tuple[float, ...]:
        """Turn a rectangle of the page's own coordinates into one from the top left of what is shown.

        >>> Frame(0, 0, 600, 800, 90).shown(100, 700, 200, 712)
        (700, 100, 712, 200)
        """
        x0, x1 = left - self.left, right - self.left
        y0, y1 = self.top - top, self.top - bottom
        if self.rotation == 90:
            x0, x1, y0, y1 = bottom - self.bottom, top - self.bottom, left - self.left, right - self.left
        elif self.rotation == 180:
            x0, x1, y0, y1 = self.right - right, self.right - left, bottom - self.bottom, top - self.bottom
        elif self.rotation == 270:
            x0, x1, y0, y1 = self.top - top, self.top - bottom, self.right - right, self.right - left
        width, height = self.size
        return tuple(
            round(min(max(value, 0.0), most), 2)
            for value, most in ((x0, width), (y0, height), (x1, width), (y1, height))
        )

    def own(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """Turn a rectangle as `shown` gives it into left, bottom, right, top of the page's own.

        >>> Frame(0, 0, 600, 800, 90).own(700, 100, 712, 200)
        (100, 700, 200, 712)
        """
        if self.rotation == 90:
            return self.left + y0, self.bottom + x0, self.left + y1, self.bottom + x1
        if self.rotation == 180:
            return self.right - x1, self.bottom + y0, self.right - x0, self.bottom + y1
        if self.rotation == 270:
            return self.right - y1, self.top - x1, self.right - y0, self.top - x0
        return self.left + x0, self.top - y1, self.left + x1, self.top - y0


class Sheet(NamedTuple):
    """A page.

    Attributes:
        start: Offset of its first character in the document's text; a page without text has that of the next.
        frame: The part of it that is shown.
        places: Where each of its characters stands, as `packed_places` gives it.
    """

    start: int
    frame: Frame
    places: bytes


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a document, in order, and where the characters of its text stand on them.

    Attributes:
        sheets: A page each.
        first: Number of the first of them in its file, from 1.
    """

    sheets: tuple[Sheet, ...]
    first: int = 1

    @property
    def last(self) -> int:
        """Number of the last page."""
        return self.first + len(self.sheets) - 1

    def number(self, offset: int) -> int:
        """Give the number of the page on which a character stands.

        >>> empty = Frame(0, 0, 600, 800)
        >>> pages = Pages((Sheet(0, empty, b""), Sheet(12, empty, b""), Sheet(12, empty, b"")))
        >>> pages.number(11), pages.number(12)
        (1, 3)
        """
        return self.first + max(0, bisect_right(self.sheets, offset, key=lambda sheet: sheet.start) - 1)

    def size(self, number: int) -> tuple[float, float]:
        """Give a page's width and height as it is shown, in points."""
        return self.sheets[number - self.first].frame.size

    def places(self, number: int) -> memoryview[float]:
        """Give left, top, right and bottom of each of a page's characters, in the page's own coordinates.

        What stands nowhere is NaN; where nothing is known there are none.
        """
        # Without numpy, which takes longer to import in a parser's process than all of this.
        return memoryview(_rectangles(self.sheets[number - self.first].places)).cast("f")

    def span(self, number: int, chars: int) -> tuple[int, int]:
        """Give the first character of a page, and that after its last one, of a text of so many."""
        at = number - self.first
        start = min(self.sheets[at].start, chars)
        if at + 1 == len(self.sheets):
            return start, chars
        return start, max(start, min(chars, self.sheets[at + 1].start - len(BETWEEN)))

    def part(self, first: int, last: int, start: int) -> Pages:
        """Give the pages from one number to another, both included, for the text that begins at an offset.

        Numbers stay those of the file.
        """
        sheets = self.sheets[first - self.first : last - self.first + 1]
        return Pages(tuple(sheet._replace(start=sheet.start - start) for sheet in sheets), first)

    def boxes(self, text: str, start: int, end: int) -> tuple[Box, ...]:
        """Give the rectangles of ``text[start:end]``, one for each line, two where a line has a wide gap.

        Args:
            text: The document's text.
            start: Its first character.
            end: The character after its last.

        Returns:
            Boxes in the order of the text; none where nothing is known of it.
        """
        numbers = range(self.number(start), self.number(max(start, end - 1)) + 1)
        return tuple(one.box for number in numbers for one in self._stretches(text, number, start, end))

    def stretches(self, text: str, number: int) -> list[Stretch]:
        """Give what stands together on a page, in the order of the text: a line, or its part beside a gap."""
        return list(self._stretches(text, number, 0, len(text)))

    def _stretches(self, text: str, number: int, start: int, end: int) -> Iterator[Stretch]:
        sheet = self.sheets[number - self.first]
        first, stop = self.span(number, len(text))
        if not sheet.places or stop <= first:
            return
        at, stop = max(start, first), min(end, stop)
        for begin, last, rectangle in _unpacked_places(sheet.places).joined(text[at:stop], at - sheet.start):
            x0, y0, x1, y1 = sheet.frame.shown(*rectangle)
            if x0 < x1 and y0 < y1:
                yield Stretch(sheet.start + begin, sheet.start + last, Box(number, x0, y0, x1, y1))

    def packed(self) -> bytes:
        """Write them as bytes, for `unpacked`."""
        parts = [struct.pack("<q", self.first)]
        for sheet in self.sheets:
            parts += [_SHEET.pack(sheet.start, *sheet.frame, len(sheet.places)), sheet.places]
        return b"".join(parts)

    @classmethod
    def unpacked(cls, content: bytes) -> Pages:
        """Read what `packed` wrote.

        Raises:
            struct.error: It is cut short.
        """
        (first,) = struct.unpack_from("<q", content)
        at, sheets = 8, []
        while at < len(content):
            start, left, bottom, right, top, rotation, size = _SHEET.unpack_from(content, at)
            at += _SHEET.size
            frame = Frame(left, bottom, right, top, rotation)
            sheets.append(Sheet(start, frame, content[at : at + size]))
            at += size
        return cls(tuple(sheets), first)


def paged(texts: Sequence[str], frames: Sequence[Frame], places: Sequence[bytes]) -> tuple[str, Pages]:
    r"""Join the texts of pages, and say where each begins.

    Args:
        texts: The text of each page; it has no ``\r\n``, so that cleaning it moves nothing.
        frames: The part of each that is shown.
        places: Where its characters stand, as `packed_places` gives it.
    """
    start, sheets = 0, []
    for text, frame, place in zip(texts, frames, places, strict=True):
        sheets.append(Sheet(start, frame, place))
        start += len(text) + len(BETWEEN) if text else 0
    return BETWEEN.join(filter(None, texts)), Pages(tuple(sheets))


def packed_places(rectangles: bytes) -> bytes:
    """Pack the rectangles of a page's characters, each left, top, right and bottom as four little floats.

    Bytes of the same place in each rectangle stand together, which halves what is left after compression.
    Of more than `MOST_CHARS` nothing is kept.
    """
    if len(rectangles) > MOST_CHARS * _RECTANGLE:
        return b""
    return zlib.compress(b"".join(rectangles[byte::_RECTANGLE] for byte in _KEPT), 1)


def _rectangles(packed: bytes) -> bytearray:
    """Unpack what `packed_places` gives; nothing where nothing is known."""
    planes = zlib.decompressobj().decompress(packed, len(_KEPT) * MOST_CHARS) if packed else b""
    chars = len(planes) // len(_KEPT)
    whole = bytearray(_RECTANGLE * chars)
    for plane, byte in enumerate(_KEPT):
        whole[byte::_RECTANGLE] = planes[plane * chars : (plane + 1) * chars]
    return whole


class _Places(NamedTuple):
    """Those characters of a page that stand somewhere.

    Attributes:
        at: The offset of each in the page's text.
        edges: Their left, bottom, right and top, [4, characters].
        apart: Whether it does not stand beside the one before.
    """

    at: NDArray[np.int64]
    edges: NDArray[np.float32]
    apart: NDArray[np.bool_]

    def joined(self, text: str, start: int) -> list[tuple[int, int, list[float]]]:
        """Join those of a slice of the page's text that begins at `start`.

        Returns:
            First character, that after the last one, and left, bottom, right and top of what stands on a line
            without a wide gap.
        """
        import numpy as np

        first, stop = self.at.searchsorted((start, start + len(text)))
        if first == stop:
            return []
        begins = self.apart[first:stop].copy()
        begins[0] = True
        line_ends = [start + match.start() for match in _LINE_END.finditer(text)]
        lines = self.at[first:stop].searchsorted(line_ends)
        begins[lines[lines < len(begins)]] = True
        edges, (starts,) = self.edges[:, first:stop], begins.nonzero()
        joined = np.minimum.reduceat(edges[:2], starts, 1), np.maximum.reduceat(edges[2:], starts, 1)
        rectangles: list[list[float]] = np.concatenate(joined).T.tolist()
        chars = self.at[first:stop]
        lasts = chars[np.append(starts[1:], len(chars)) - 1] + 1
        return list(zip(chars[starts].tolist(), lasts.tolist(), rectangles, strict=True))


@lru_cache(maxsize=4)
def _unpacked_places(places: bytes) -> _Places:
    import numpy as np

    edges = np.frombuffer(_rectangles(places), "<f4").reshape(-1, 4).T[[0, 3, 2, 1]]
    left, bottom, right, top = edges
    (at,) = ((left < right) & (bottom < top) & np.isfinite(edges).all(0)).nonzero()
    edges = edges[:, at]
    return _Places(at, edges, _apart(edges.astype(np.float64)))


def _apart(edges: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which characters are not beside the one before; a line may run in any direction."""
    import numpy as np

    apart = np.ones(edges.shape[1], np.bool_)
    before, char = edges[:, :-1], edges[:, 1:]
    wide, high = np.maximum(before[:2], char[:2]) - np.minimum(before[2:], char[2:])
    sizes = edges[2:] - edges[:2]
    width, height = np.minimum(sizes[:, :-1], sizes[:, 1:])
    gap = _GAP * np.maximum(sizes[1, :-1], sizes[1, 1:])
    along = (-high >= _SAME_LINE * height) & (wide <= gap)
    across = (-wide >= _SAME_LINE * width) & (high <= gap)
    apart[1:] = ~(along | across)
    return apart
