"""Glyphs as a page shows them, and those that stand for a letter which other glyphs of their font show, too.

pdfium gives the outline of one glyph for a letter of a font. Where a font says the same letter of several, or
has no outlines (Type 3), the glyph is drawn from the page instead: as large as its box, on a few pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from ctypes import PYFUNCTYPE, c_double, c_int, c_uint, c_void_p, cast, sizeof
from math import isfinite
from typing import NamedTuple

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

GRID = 12
_LIGATURE = re.compile("ff?[ijlbhkt]?|tt?[fi]|tt|ct|s[tp]|Th")
_SIDE = 48
"""Pixels of a side of a glyph that is drawn."""
_LEVEL = 0.01
_MOST_GLYPHS = 50_000
_MOST_SHAPES = 8
"""Glyphs of one letter and font that are told apart; what is beyond them is taken for the last."""
_SAME = 0.004
"""Largest difference between the boxes of a glyph, in heights of its font; pdfium rounds them to 0.001."""
_CONTRAST = 40
_REACH = 4.0
"""Heights of its font by which a box reaches from a glyph's origin at most; what says more is broken."""

_put_box = cast(raw.FPDFText_GetCharBox, PYFUNCTYPE(c_int, c_void_p, c_int, *[c_void_p] * 4))
"""The same function by addresses, which is quicker to call: for every letter."""


class Glyph(NamedTuple):
    """An outline: ink as bits of a grid over its box, and where that lies, in sizes of the font."""

    ink: int
    bottom: float
    top: float
    width: float

    def unlike(self, other: Glyph) -> float:
        """Say how unlike another outline it is: 0 is the same."""
        ink, bottom, top, width = other
        low, high, wide = self.bottom - bottom, self.top - top, self.width - width
        return (self.ink ^ ink).bit_count() + 36 * (low * low + high * high) + 9 * wide * wide


class Shown(NamedTuple):
    """A glyph that stands for a letter on a page: the index of a character, and what tells it from others."""

    at: int
    box: tuple[float, ...]


def glyphs(
    textpage: pdfium.PdfTextPage,
    chars: str,
    words: Sequence[tuple[int, int, int]],
    places: NDArray[np.float32],
) -> dict[tuple[int, str], list[Shown]]:
    """Tell apart the glyphs that stand for the same letter in the same font, by their boxes.

    Args:
        textpage: The page.
        chars: Its characters, at pdfium's own indices.
        words: The address of the font, the first index and the end of each word.
        places: The rectangle of each character, as high as its font.
    """
    if not words:
        return {}
    fonts, starts, ends = np.array(words).T
    lengths = ends - starts
    fonts = np.repeat(fonts, lengths)[:_MOST_GLYPHS]
    numbers = (np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum()))[
        :_MOST_GLYPHS
    ]
    letters = np.frombuffer(chars.encode("utf-32-le", "surrogatepass"), np.uint32)[numbers].astype(np.int64)
    tight = _boxes(textpage, numbers)
    boxes = _relative(tight, places[numbers])
    kept: NDArray[np.bool_] = np.asarray((abs(boxes) < _REACH).all(1))  # none of what is not a number
    # The letters of a ligature have one box.
    tied = (np.diff(numbers) == 1) & (np.diff(tight, axis=0) == 0).all(1)
    for first, end in _stretches(tied):
        if _LIGATURE.fullmatch(chars, numbers[first], numbers[end] + 1):
            kept[first : end + 1] = False
    numbers, fonts, letters, boxes = numbers[kept], fonts[kept], letters[kept], boxes[kept]
    order = np.lexsort((letters, fonts))
    numbers, fonts, letters, boxes = numbers[order], fonts[order], letters[order], boxes[order]
    if not len(numbers):
        return {}
    new = np.flatnonzero((np.diff(fonts) != 0) | (np.diff(letters) != 0)) + 1
    firsts = np.concatenate(([0], new))
    lengths = np.diff(np.append(firsts, len(numbers)))
    apart = np.maximum.reduceat(abs(boxes - np.repeat(boxes[firsts], lengths, axis=0)).max(1), firsts)
    found = {
        (font, chr(letter)): [Shown(at, tuple(box))]
        for font, letter, at, box in zip(
            fonts[firsts].tolist(),
            letters[firsts].tolist(),
            numbers[firsts].tolist(),
            boxes[firsts].round(3).tolist(),
            strict=True,
        )
    }
    for number in np.flatnonzero(apart > _SAME):
        first = firsts[number]
        group = boxes[first : first + lengths[number]]
        found[int(fonts[first]), chr(letters[first])] = [
            Shown(int(numbers[first + at]), tuple(group[at].round(3).tolist())) for at in _apart(group)
        ]
    return found


def _stretches(tied: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Give the first and the last of the numbers that are tied to those after them."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], tied, [False])).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _apart(boxes: NDArray[np.float64]) -> Iterator[int]:
    """Give the first index of each box that differs from those before it."""
    left = np.arange(len(boxes))
    for _ in range(_MOST_SHAPES):
        yield int(left[0])
        left = left[abs(boxes[left] - boxes[left[0]]).max(1) > _SAME]
        if not len(left):
            return


def _boxes(textpage: pdfium.PdfTextPage, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give left, right, bottom and top of the ink of characters, as their fonts have it."""
    boxes = np.zeros((len(numbers), 4))
    handle, size, to = cast(textpage.raw, c_void_p).value, sizeof(c_double), boxes.ctypes.data
    for at in numbers.tolist():
        _put_box(handle, at, to, to + size, to + 2 * size, to + 3 * size)
        to += 4 * size
    return boxes


def _relative(boxes: NDArray[np.float64], places: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give boxes from the origins of the characters, in heights of the font.

    Those of text that is not upright, or has no height, are not finite.
    """
    left, top, _, bottom = places.T.astype(np.float64)
    height = top - bottom
    height[height <= 0] = np.nan
    relative: NDArray[np.float64] = (boxes - np.stack((left, left, bottom, bottom), axis=1)) / height[:, None]
    return relative


class _Place(NamedTuple):
    """Where a glyph is, in the page's coordinates: its box, its origin and the size of its font."""

    box: tuple[float, float, float, float]
    x: float
    y: float
    across: float
    up: float

    def scaled(self, box: tuple[float, float, float, float]) -> tuple[float, float, float]:
        """Give bottom, top and width of a box and the origin, in sizes of the font."""
        left, bottom, right, top = box
        wide = max(right, self.x) - min(left, self.x)
        return (
            (min(bottom, self.y) - self.y) / self.up,
            (max(top, self.y) - self.y) / self.up,
            wide / self.across,
        )


def _place(textpage: pdfium.PdfTextPage, at: int) -> _Place | None:
    """Find where a glyph is; None where it is not upright or has no size."""
    matrix = raw.FS_MATRIX()
    left, right, bottom, top, x, y = (c_double() for _ in range(6))
    raw.FPDFText_GetMatrix(textpage, at, matrix)
    raw.FPDFText_GetCharBox(textpage, at, left, right, bottom, top)
    raw.FPDFText_GetCharOrigin(textpage, at, x, y)
    size = raw.FPDFText_GetFontSize(textpage, at)
    box = left.value, bottom.value, right.value, top.value
    place = _Place(box, x.value, y.value, matrix.a * size, matrix.d * size)
    if not all(map(isfinite, (*box, *place[1:]))) or abs(matrix.b) > _LEVEL * matrix.a:
        return None
    return place if min(place.across, place.up, box[2] - box[0], box[3] - box[1]) > 0 else None


def measures(textpage: pdfium.PdfTextPage, at: int) -> tuple[float, float, float] | None:
    """Give bottom, top and width of a glyph on its page, as its outline has them in `Glyph`."""
    place = _place(textpage, at)
    return place.scaled(place.box) if place else None


def drawn(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage, at: int) -> Glyph | None:
    """Draw the glyph of a character from its page; None where nothing is seen, or it is not upright."""
    place = _place(textpage, at)
    if not place:
        return None
    left, bottom, right, top = place.box
    x, y = place.x, place.y
    ink = np.flipud(_ink(textpage, at, _pixels(page, place.box)))
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return None
    wide, high = (right - left) / _SIDE, (top - bottom) / _SIDE
    # The grid is laid over the ink and the origin, as over an outline, which begins there.
    first, last = left + columns[0] * wide, left + (columns[-1] + 1) * wide
    low, upper = bottom + rows[0] * high, bottom + (rows[-1] + 1) * high
    box = float(first), float(low), float(last), float(upper)
    first, last, low, upper = min(x, first), max(x, last), min(y, low), max(y, upper)
    middles = (np.arange(GRID) + 0.5) / GRID
    lines = np.floor((low + middles * (upper - low) - bottom) / high).astype(int)
    places = np.floor((first + middles * (last - first) - left) / wide).astype(int)
    cells = ink[lines.clip(0, _SIDE - 1)][:, places.clip(0, _SIDE - 1)]
    cells[(lines < 0) | (lines >= _SIDE)] = False
    cells[:, (places < 0) | (places >= _SIDE)] = False
    bits = sum(1 << number for number in np.flatnonzero(cells).tolist())
    return Glyph(bits, *place.scaled(box))


def _pixels(page: pdfium.PdfPage, box: tuple[float, float, float, float]) -> NDArray[np.int16]:
    """Draw the part of a page, in its own coordinates, on a square."""
    left, bottom, right, top = box
    turned = page.get_rotation()
    if turned:
        page.set_rotation(0)
    try:
        shown = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, shown)
        a, d = _SIDE / (right - left), _SIDE / (top - bottom)
        with closing(pdfium.PdfBitmap.new_native(_SIDE, _SIDE, raw.FPDFBitmap_Gray)) as bitmap:
            bitmap.fill_rect((255, 255, 255, 255), 0, 0, _SIDE, _SIDE)
            matrix = raw.FS_MATRIX(a, 0, 0, d, (shown.left - left) * a, (top - shown.top) * d)
            raw.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, raw.FS_RECTF(0, 0, _SIDE, _SIDE), 0)
            pixels: NDArray[np.int16] = bitmap.to_numpy().reshape(_SIDE, _SIDE).astype(np.int16)
            return pixels
    finally:
        if turned:
            page.set_rotation(turned)


def _ink(textpage: pdfium.PdfTextPage, at: int, pixels: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Tell the pixels of the colour of a character from those of its ground."""
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    raw.FPDFText_GetFillColor(textpage, at, red, green, blue, alpha)
    away = abs(pixels - (0.299 * red.value + 0.587 * green.value + 0.114 * blue.value))
    return away < away.max() / 2 if away.max() >= _CONTRAST else np.zeros_like(away, bool)
