"""Signs that what a PDF's page shows is not what its text says.

A font says which character each of its glyphs stands for (`ToUnicode`; ISO 32000-1, 9.10.3), and nothing
makes it tell the truth. The outlines of its commonest letters are therefore compared with those of the
letters and digits of the standard fonts. And pdfium takes a character for a shadow of the same character
before it where less than a part of the font's size lies between them; in fonts that are many times as large
as their glyphs, as some printer drivers make them, this loses doubled letters.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from ctypes import PYFUNCTYPE, c_double, c_float, c_int, c_void_p, cast
from functools import cache, lru_cache
from itertools import chain, islice, pairwise
from math import ceil, hypot, isfinite
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.transforms.formats.pdf_hidden import NOT_DRAWN

_WORD = re.compile("[A-Za-z0-9]{2,}")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_STANDARD = (b"Helvetica", b"Helvetica-Bold", b"Times-Roman", b"Times-Bold", b"Times-Italic", b"Courier")
_MOST_WORDS = 5_000
_MOST_FONTS = 100
_MOST_POINTS = 2_000
"""Points of an outline beyond which it is not looked at."""
_LOOKED_AT = 10
"""Letters of a font that are looked at, the commonest on the page first."""
_FEWEST = 4
_NEARER = 10
"""So many other letters must be more like a glyph than the one that it stands for, in its better case."""
_WRONG = 0.4
"""Share of the letters looked at from which a font is doubted; fonts of handwriting have up to a quarter."""
_GRID = 12
_SHADOW = 0.07
"""Distance, in sizes of the font, within which pdfium drops a repeated character."""
_SAMPLED = 40


_text_object = cast(raw.FPDFText_GetTextObject, PYFUNCTYPE(c_void_p, c_void_p, c_int))
_font = cast(raw.FPDFTextObj_GetFont, PYFUNCTYPE(c_void_p, c_void_p))
_mode = cast(raw.FPDFTextObj_GetTextRenderMode, PYFUNCTYPE(c_int, c_void_p))
"""The same functions by addresses, which are quicker to call: they are called for every word."""


class _Glyph(NamedTuple):
    """An outline: ink as bits of a grid over its box, and where that lies, in sizes of the font."""

    ink: int
    bottom: float
    top: float
    width: float

    def unlike(self, other: _Glyph) -> float:
        ink, bottom, top, width = other
        low, high, wide = self.bottom - bottom, self.top - top, self.width - width
        return (self.ink ^ ink).bit_count() + 36 * (low * low + high * high) + 9 * wide * wide


Judged = dict[tuple[str, int, float], bool | None]
"""Glyphs of a document: whether each is unlike its letter, by that, its points and its width."""


def is_doubted(textpage: pdfium.PdfTextPage, chars: str, judged: Judged) -> bool:
    """Tell whether the text of a page may not be what it shows; `chars` stand at pdfium's own indices."""
    fonts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    starts, handle = [], cast(textpage.raw, c_void_p).value
    before, font = None, None
    for match in islice(_WORD.finditer(chars), _MOST_WORDS):
        shown = _text_object(handle, match.start())
        if shown != before:
            before, font = shown, _font(shown) if shown and _mode(shown) not in NOT_DRAWN else None
        if font:
            fonts[font].update(match[0])
            starts.append(match.start())
    sample = starts[:: max(1, len(starts) // _SAMPLED)]
    shadows = sum(_is_shadow(textpage, at) for at in sample)
    return shadows > max(3, len(sample) // 10) or any(
        _is_lying(cast(font, raw.FPDF_FONT), letters, judged)
        for font, letters in islice(fonts.items(), _MOST_FONTS)
    )


def _is_shadow(textpage: pdfium.PdfTextPage, at: int) -> bool:
    """Tell whether pdfium would drop the next character, were it the same again."""
    x, y, matrix = c_double(), c_double(), raw.FS_MATRIX()
    places = []
    for index in (at, at + 1):
        raw.FPDFText_GetCharOrigin(textpage, index, x, y)
        places.append((x.value, y.value))
    raw.FPDFText_GetMatrix(textpage, at, matrix)
    (x0, y0), (x1, y1) = places
    size = raw.FPDFText_GetFontSize(textpage, at) * hypot(matrix.a, matrix.b)
    return bool(0 < hypot(x1 - x0, y1 - y0) < _SHADOW * size)


def _is_lying(font: raw.FPDF_FONT, letters: Counter[str], judged: Judged) -> bool:
    found = []
    for letter, _ in letters.most_common(_LOOKED_AT):
        key = letter, *_measures(font, letter)
        if key not in judged:
            judged[key] = _is_wrong(glyph, letter) if (glyph := _glyph(font, letter)) else None
        found.append(judged[key])
    looked_at = len(found) - found.count(None)
    return looked_at >= _FEWEST and found.count(True) >= max(3, _WRONG * looked_at)


def _measures(font: raw.FPDF_FONT, letter: str) -> tuple[int, float]:
    width = c_float()
    raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1000.0, width)
    path = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1000.0)
    return (raw.FPDFGlyphPath_CountGlyphSegments(path) if path else 0), width.value


@lru_cache(maxsize=4_096)
def _is_wrong(glyph: _Glyph, letter: str) -> bool:
    unlike = {name: min(map(glyph.unlike, shapes)) for name, shapes in _known().items()}
    own = min(unlike[letter.lower()], unlike[letter.upper()])  # small capitals
    return sum(other < own for other in unlike.values()) >= _NEARER


@cache
def _known() -> dict[str, list[_Glyph]]:
    document = pdfium.PdfDocument.new()
    fonts = [raw.FPDFText_LoadStandardFont(document, name) for name in _STANDARD]
    try:
        return {letter: [glyph for font in fonts if (glyph := _glyph(font, letter))] for letter in _LETTERS}
    finally:
        for font in fonts:
            raw.FPDFFont_Close(font)
        document.close()


def _glyph(font: raw.FPDF_FONT, letter: str) -> _Glyph | None:
    """Draw the glyph by which a font shows a letter; None where it has no outline or too long a one."""
    edges = list(_edges(font, letter))
    xs, ys = [edge[0] for edge in edges], [edge[1] for edge in edges]
    if not edges or not all(map(isfinite, chain(xs, ys))):
        return None
    left, bottom, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if width <= 0 or height <= 0:
        return None
    rows: list[list[tuple[float, int]]] = [[] for _ in range(_GRID)]
    for x0, y0, x1, y1 in edges:
        y0, y1 = ((y - bottom) / height * _GRID - 0.5 for y in (y0, y1))
        x0, x1 = ((x - left) / width * _GRID - 0.5 for x in (x0, x1))
        for row in range(max(0, ceil(min(y0, y1))), min(_GRID, ceil(max(y0, y1)))):
            rows[row].append((x0 + (row - y0) / (y1 - y0) * (x1 - x0), 1 if y0 < y1 else -1))
    ink = 0
    for row, crossings in enumerate(rows):
        winding = 0
        for (before, turn), (after, _) in pairwise(sorted(crossings)):
            winding += turn
            if winding:
                ink |= ((1 << ceil(after)) - (1 << ceil(before))) << row * _GRID
    return _Glyph(ink, bottom, bottom + height, width)


def _edges(font: raw.FPDF_FONT, letter: str) -> Iterator[tuple[float, float, float, float]]:
    """Give the sides of an outline, curves as two each."""
    path = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1000.0)
    count = raw.FPDFGlyphPath_CountGlyphSegments(path) if path else 0
    if not 0 < count <= _MOST_POINTS:
        return
    x, y = c_float(), c_float()
    first = at = (0.0, 0.0)
    bent: list[tuple[float, float]] = []
    for number in range(count):
        segment = raw.FPDFGlyphPath_GetGlyphPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point, kind = (x.value, y.value), raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            yield (*at, *first)
            first = at = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield (*at, *point)
            at = point
        elif len(bent) < 2:
            bent.append(point)
        else:
            (ax, ay), (bx, by) = bent
            half = (at[0] + 3 * (ax + bx) + point[0]) / 8, (at[1] + 3 * (ay + by) + point[1]) / 8
            yield (*at, *half)
            yield (*half, *point)
            at = point
            bent.clear()
    yield (*at, *first)
