"""Words that a page of a PDF shows beside its text: drawn as outlines, or in a picture, in its body.

The page is drawn without its text objects where it has pictures or curves. What is left is looked through for
lines of letters: pieces of ink of like height on one baseline, with little other ink around. Letterheads and
footers are left out: their words are logos and addresses. So are figures, where other ink prevails, light
words on a dark ground, and scans, whose text is not drawn on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from ctypes import PYFUNCTYPE, c_int, c_void_p, cast
from statistics import median
from typing import NamedTuple

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from docassay.transforms.formats.pdf_hidden import NOT_DRAWN, bounds, page_box
from docassay.transforms.formats.pdf_rows import Box

_MOST_OBJECTS = 50_000
"""Objects of a page that are looked at; one with more is not searched for words beside its text."""
_HEAD, _FOOT = 0.15, 0.08
"""Shares of a page's height, at its top and bottom, where words in pictures are letterheads and footers."""
_CURVED = 5
"""Segments of a path up to which it is a line or a rectangle."""
_SEGMENTS = 60
"""Segments of all other paths from which they may be words."""
_LEAST_WIDTH, _LEAST_HEIGHT = 20.0, 5.0
"""Points of a picture from which it may show a line of letters."""
_SCALE = 2.0
_MOST_PIXELS = 3_000_000
_DARK = 150
_LETTERS = 6
"""Fewest letters of a line."""
_MOST_LETTERS = 6_000
_LOWEST, _HIGHEST = 5, 50
"""Pixels of a letter's height."""
_FOREIGN = 0.5
"""Ink around a line, as a share of its own, beyond which it belongs to a figure."""
_FIGURE = 0.5
"""Share of the ink of a picture that must be in lines."""

_kind = cast(raw.FPDFPageObj_GetType, PYFUNCTYPE(c_int, c_void_p))
"""The same function by addresses, which is quicker to call: for every object."""


class _Piece(NamedTuple):
    """A piece of connected ink, in pixels from the upper left."""

    left: int
    top: int
    right: int
    bottom: int
    area: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def follows(self, before: _Piece) -> bool:
        """Tell whether it may be the next letter of a line."""
        high, low = max(self.height, before.height), min(self.height, before.height)
        near = before.left <= self.left <= before.right + high
        return near and high <= 2.6 * low and abs(self.bottom - before.bottom) <= 0.3 * high


def shows_further_words(page: pdfium.PdfPage) -> bool:
    """Tell whether the body of a page shows lines of letters that are not drawn as text."""
    texts: list[raw.FPDF_PAGEOBJECT] = []
    pictures: list[int] = []
    paths: list[int] = []
    segments = 0
    for kind, thing, outer in _objects(page):
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            texts.append(thing)
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(outer)
        elif kind == raw.FPDF_PAGEOBJ_PATH and (count := raw.FPDFPath_CountSegments(thing)) > _CURVED:
            segments += count
            paths.append(outer)
    if segments < _SEGMENTS:
        paths = []
    if not texts or not (pictures or paths):
        return False
    shown = page_box(page)
    turned = page.get_rotation()
    seen = [box for number in dict.fromkeys(pictures) if (box := _part(page, number, shown))]
    if sum(box.area for box in seen) > shown.area / 2 and _is_hidden(texts):
        return False
    large = [box.turned(turned) for box in seen if box.width >= _LEAST_WIDTH and box.height >= _LEAST_HEIGHT]
    curves = [box.turned(turned) for number in dict.fromkeys(paths) if (box := _part(page, number, shown))]
    whole = shown.turned(turned)
    body = Box(
        whole.left,
        whole.bottom + _FOOT * whole.height,
        whole.right,
        whole.top - _HEAD * whole.height,
    )
    parts = [part for box in (*large, *curves) if (part := _common(box, body))]
    if not parts:
        return False
    region = Box(
        min(part.left for part in parts),
        min(part.bottom for part in parts),
        max(part.right for part in parts),
        max(part.top for part in parts),
    )
    dark, scale = _dark(page, texts, region, whole)
    return _has_words(dark, [_pixels(box, region, scale) for box in large])


def _objects(page: pdfium.PdfPage) -> Iterator[tuple[int, raw.FPDF_PAGEOBJECT, int]]:
    """Give the objects of a page and of its forms: type, itself, and the page's object that it is in."""
    count = raw.FPDFPage_CountObjects(page)
    if count > _MOST_OBJECTS:
        return
    waiting = [(raw.FPDFPage_GetObject(page, number), number) for number in reversed(range(count))]
    given = 0
    while waiting and given < _MOST_OBJECTS:
        thing, outer = waiting.pop()
        given += 1
        address = cast(thing, c_void_p).value
        if not address:
            continue
        kind = _kind(address)
        yield kind, thing, outer
        if kind == raw.FPDF_PAGEOBJ_FORM:
            inner = min(_MOST_OBJECTS - given, raw.FPDFFormObj_CountObjects(thing))
            waiting += [(raw.FPDFFormObj_GetObject(thing, number), outer) for number in range(inner)]


def _is_hidden(texts: list[raw.FPDF_PAGEOBJECT]) -> bool:
    """Tell whether most of the text is not drawn, as the text of a scan is."""
    hidden = sum(raw.FPDFTextObj_GetTextRenderMode(text) in NOT_DRAWN for text in texts)
    return hidden * 2 > len(texts)


def _part(page: pdfium.PdfPage, number: int, shown: Box) -> Box | None:
    """Give the part of a page that an object takes, if it is shown."""
    edges = bounds(raw.FPDFPage_GetObject(page, number))
    return _common(Box(*edges), shown) if edges else None


def _common(box: Box, other: Box) -> Box | None:
    left, bottom = max(box.left, other.left), max(box.bottom, other.bottom)
    right, top = min(box.right, other.right), min(box.top, other.top)
    return Box(left, bottom, right, top) if left < right and bottom < top else None


def _dark(
    page: pdfium.PdfPage, texts: list[raw.FPDF_PAGEOBJECT], region: Box, whole: Box
) -> tuple[NDArray[np.bool_], float]:
    """Draw a part of a page without its text; give its dark pixels, from the upper left, and their scale."""
    scale = min(_SCALE, (_MOST_PIXELS / max(1.0, region.area)) ** 0.5)
    margins = (
        region.left - whole.left,
        region.bottom - whole.bottom,
        whole.right - region.right,
        whole.top - region.top,
    )
    for text in texts:
        raw.FPDFPageObj_SetIsActive(text, False)
    try:
        with closing(page.render(scale=scale, crop=margins, grayscale=True, draw_annots=False)) as bitmap:
            pixels = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
            return np.asarray(pixels < _DARK), scale
    finally:
        for text in texts:
            raw.FPDFPageObj_SetIsActive(text, True)


def _pixels(box: Box, region: Box, scale: float) -> tuple[slice, slice]:
    left, right = (max(0, round((edge - region.left) * scale)) for edge in (box.left, box.right))
    top, bottom = (max(0, round((region.top - edge) * scale)) for edge in (box.top, box.bottom))
    return slice(top, bottom), slice(left, right)


def _has_words(dark: NDArray[np.bool_], pictures: list[tuple[slice, slice]]) -> bool:
    """Tell whether ink forms lines of letters; in a picture, only where most of its ink does."""
    lines = [line for line in _lines(_letters(dark)) if _is_written(line)]
    if not lines:
        return False
    of_lines = np.zeros_like(dark)
    for line in lines:
        of_lines[_window(line, 0, 0)] = True
    of_lines &= dark
    figures = [part for part in pictures if of_lines[part].sum() < _FIGURE * dark[part].sum()]
    for line in lines:
        high = round(median(piece.height for piece in line))
        around, own = _window(line, high, 2 * high), _window(line, 0, 0)
        ink, foreign = dark[own].sum(), (dark[around] & ~of_lines[around]).sum()
        if foreign <= _FOREIGN * ink and not any(_overlap(own, part) for part in figures):
            return True
    return False


def _letters(dark: NDArray[np.bool_]) -> list[_Piece]:
    """Give the pieces of ink that are as large as letters, from left to right."""
    from scipy import ndimage

    labels, count = ndimage.label(dark, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    pieces = []
    for (down, across), area in zip(ndimage.find_objects(labels), areas.tolist(), strict=True):
        height, width = down.stop - down.start, across.stop - across.start
        if _LOWEST <= height <= _HIGHEST and width <= 3 * height + 4 and height <= 8 * width:
            pieces.append(_Piece(across.start, down.start, across.stop, down.stop, area))
            if len(pieces) >= _MOST_LETTERS:
                break
    return sorted(pieces)


def _lines(pieces: list[_Piece]) -> list[list[_Piece]]:
    """Put pieces, from left to right, on lines."""
    lines: list[list[_Piece]] = []
    growing: list[list[_Piece]] = []
    for piece in pieces:
        growing = [line for line in growing if line[-1].right + _HIGHEST >= piece.left]
        fitting = [line for line in growing if piece.follows(line[-1])]
        if fitting:
            max(fitting, key=lambda line: line[-1].right).append(piece)
        else:
            line = [piece]
            growing.append(line)
            lines.append(line)
    return [line for line in lines if len(line) >= _LETTERS]


def _is_written(line: list[_Piece]) -> bool:
    """Tell letters from bars, dots and boxes, which are like each other and full, or empty."""
    fill = median(piece.area / (piece.height * (piece.right - piece.left)) for piece in line)
    sizes = {(piece.height, piece.right - piece.left) for piece in line}
    shape = median((piece.right - piece.left) / piece.height for piece in line)
    return len(sizes) >= _LETTERS // 2 + 1 and 0.2 <= fill <= 0.85 and 0.25 <= shape <= 2


def _window(line: list[_Piece], above: int, beside: int) -> tuple[slice, slice]:
    top, bottom = min(piece.top for piece in line), max(piece.bottom for piece in line)
    left, right = line[0].left, max(piece.right for piece in line)
    return (
        slice(max(0, top - above), bottom + above),
        slice(max(0, left - beside), right + beside),
    )


def _overlap(one: tuple[slice, slice], other: tuple[slice, slice]) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))
