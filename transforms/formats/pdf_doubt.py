"""Signs that what a PDF's page shows is not what its text says.

A font says which character each of its glyphs stands for (`ToUnicode`; ISO 32000-1, 9.10.3), and nothing
makes it tell the truth. The outlines of its letters are therefore compared with those of the letters and
digits of the standard fonts: a font is doubted where many of the commonest are unlike theirs, or one is
another letter plainly. And pdfium takes a character for a shadow of the same character
before it where less than a part of the font's size lies between them; in fonts that are many times as large
as their glyphs, as some printer drivers make them, this loses doubled letters.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from ctypes import PYFUNCTYPE, addressof, c_double, c_float, c_int, c_void_p, cast
from functools import cache, lru_cache
from itertools import islice, pairwise
from math import ceil, hypot, isfinite
from typing import Literal, NamedTuple

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from docassay.transforms.formats.pdf_glyphs import GRID, Glyph, Shown, drawn, glyphs, measures
from docassay.transforms.formats.pdf_hidden import NOT_DRAWN

_WORD = re.compile("[A-Za-z0-9]+")
_DIGITS = "0123456789"
_LETTERS = f"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ{_DIGITS}"
_STANDARD = (b"Helvetica", b"Helvetica-Bold", b"Times-Roman", b"Times-Bold", b"Times-Italic", b"Courier")
_MOST_WORDS = 5_000
_MOST_FONTS = 100
_MOST_POINTS = 2_000
"""Points of an outline beyond which it is not looked at."""
_COMMONEST = 10
"""Letters of a font that are counted, the commonest on the page."""
_SIMPLE = 300
"""Points of an outline up to which a letter that is not one of the commonest is looked at."""
_FEWEST = 4
_NEARER = 10
"""So many other letters must be more like a glyph than the one that it stands for, in its better case."""
_WRONG = 0.4
"""Share of the letters with outlines from which a font is doubted; fonts of handwriting have up to a quarter.

What is drawn counts only where it is another letter plainly: bitmaps and odd boxes of honest Type 3 fonts are
often unlike their letters.
"""
_ALIKE = frozenset("iIl1")
"""Letters that fonts draw like each other."""
_FEWER, _LIKE, _UNLIKER, _DRAWN_UNLIKER = 6, 20, 15, 20
"""A glyph is another letter plainly that is within `_LIKE` of that one, `_UNLIKER` further from its own, and
nearer to `_FEWER` others than to its own; on one that is drawn antialiasing blurs, so it must be
`_DRAWN_UNLIKER` further."""
_LIKE_DIGIT, _UNLIKER_DIGIT = 25, 12
"""The same of one digit for another: fonts draw digits less unlike each other than they draw letters."""
_SHADOW = 0.07
"""Distance, in sizes of the font, within which pdfium drops a repeated character."""
_SAMPLED = 40
_APART = 0.012
"""Difference of bottom, top or width, in sizes of the font, from which a glyph is not that of an outline."""
_MOST_DRAWN = 200
_MOST_OBJECTS = 2_000_000
"""Glyphs of a page that are drawn from it at most, and objects that are looked at for them."""


_text_object = cast(raw.FPDFText_GetTextObject, PYFUNCTYPE(c_void_p, c_void_p, c_int))
_font = cast(raw.FPDFTextObj_GetFont, PYFUNCTYPE(c_void_p, c_void_p))
_mode = cast(raw.FPDFTextObj_GetTextRenderMode, PYFUNCTYPE(c_int, c_void_p))
_segment = cast(raw.FPDFGlyphPath_GetGlyphPathSegment, PYFUNCTYPE(c_void_p, c_void_p, c_int))
_put_point = cast(raw.FPDFPathSegment_GetPoint, PYFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p))
_kind = cast(raw.FPDFPathSegment_GetType, PYFUNCTYPE(c_int, c_void_p))
"""The same functions by addresses, which are quicker to call: for every word, or point of an outline."""


Shape = Literal["right", "unlike", "another"] | None
"""What the outline of a glyph says of its letter: that, hardly, or another one; None where it has none."""


class Judgement(NamedTuple):
    """What a glyph is like, and its bottom, top and width in sizes of the font, where it has an outline."""

    shape: Shape
    measures: tuple[float, float, float] | None = None


_Key = tuple[str | float, ...]
Judged = dict[_Key, Judgement]
"""Glyphs of a document: by letter, points and width of an outline, by letter and box where they are drawn, by
letter, box and outline where they are compared with one."""


def is_doubted(
    page: pdfium.PdfPage,
    textpage: pdfium.PdfTextPage,
    chars: str,
    places: NDArray[np.float32],
    judged: Judged,
) -> bool:
    """Tell whether the text of a page may not be what it shows.

    Args:
        page: The page.
        textpage: Its text.
        chars: Its characters, at pdfium's own indices.
        places: The rectangle of each, as high as its font.
        judged: Glyphs of the document that were judged before; it gains others.
    """
    words: list[tuple[int, int, int]] = []
    starts: list[int] = []
    handle = cast(textpage.raw, c_void_p).value
    before, font = None, None
    for match in islice(_WORD.finditer(chars), _MOST_WORDS):
        start, end = match.span()
        shown = _text_object(handle, start)
        if shown != before:
            before, font = shown, _font(shown) if shown and _mode(shown) not in NOT_DRAWN else None
        if font:
            words.append((font, start, end))
            if end - start > 1:
                starts.append(start)
    sample = starts[:: max(1, len(starts) // _SAMPLED)]
    if sum(_is_shadow(textpage, at) for at in sample) > max(3, len(sample) // 10):
        return True
    fonts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for font, start, end in words:
        fonts[font].update(chars[start:end])
    known = _Glyphs(page, textpage, glyphs(textpage, chars, words, places), judged)
    return any(known.lie(font, letters) for font, letters in islice(fonts.items(), _MOST_FONTS))


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


class _Glyphs:
    """The glyphs of a page, judged by their outlines, or drawn where those are not known."""

    def __init__(
        self,
        page: pdfium.PdfPage,
        textpage: pdfium.PdfTextPage,
        shown: dict[tuple[int, str], list[Shown]],
        judged: Judged,
    ) -> None:
        self._page, self._textpage, self._shown, self._judged = page, textpage, shown, judged
        self._left = min(_MOST_DRAWN, _MOST_OBJECTS // max(1, raw.FPDFPage_CountObjects(page)))

    def lie(self, font: int, letters: Counter[str]) -> bool:
        """Tell whether a font says other letters than it shows."""
        found: list[Shape] = []
        for number, (letter, _) in enumerate(letters.most_common()):
            shown = self._shown.get((font, letter), [])
            outline = self._outline(cast(font, raw.FPDF_FONT), letter, number < _COMMONEST)
            if outline:
                found.append(outline.shape)
                shown = [glyph for glyph in shown if not self._is_of(glyph, letter, outline)]
            further = [self._drawn(letter, glyph) for glyph in shown]
            if "another" in further:
                return True
        commonest = [shape for shape in found[:_COMMONEST] if shape]
        wrong = len(commonest) - commonest.count("right")
        return len(commonest) >= _FEWEST and (wrong >= max(3, _WRONG * len(commonest)) or "another" in found)

    def _outline(self, font: raw.FPDF_FONT, letter: str, is_common: bool) -> Judgement | None:
        """Judge the outline by which a font shows a letter; None where it has none."""
        points, width = _measures(font, letter)
        if not points:
            return None
        if points > _SIMPLE and not is_common:
            return Judgement(None)
        key: _Key = (letter, points, width)
        if key not in self._judged:
            glyph = _glyph(font, letter)
            self._judged[key] = Judgement(_shape(glyph, letter), glyph[1:]) if glyph else Judgement(None)
        return self._judged[key]

    def _is_of(self, glyph: Shown, letter: str, outline: Judgement) -> bool:
        """Tell whether a glyph of the page has the box of an outline, or nothing is known of either."""
        if not outline.measures:
            return True
        key: _Key = (letter, *outline.measures, *glyph.box)
        if key not in self._judged:
            found = measures(self._textpage, glyph.at)
            same = not found or all(
                abs(one - other) < _APART for one, other in zip(found, outline.measures, strict=True)
            )
            self._judged[key] = Judgement("right" if same else "unlike")
        return self._judged[key].shape == "right"

    def _drawn(self, letter: str, glyph: Shown) -> Shape:
        """Judge a glyph as the page shows it."""
        key: _Key = (letter, *glyph.box)
        if key not in self._judged and self._left:
            self._left -= 1
            found = drawn(self._page, self._textpage, glyph.at)
            self._judged[key] = Judgement(_shape(found, letter, _DRAWN_UNLIKER) if found else None)
        return self._judged[key].shape if key in self._judged else None


def _measures(font: raw.FPDF_FONT, letter: str) -> tuple[int, float]:
    width = c_float()
    raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1000.0, width)
    path = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1000.0)
    return (raw.FPDFGlyphPath_CountGlyphSegments(path) if path else 0), width.value


@lru_cache(maxsize=4_096)
def _shape(glyph: Glyph, letter: str, unliker: float = _UNLIKER) -> Shape:
    unlike = {name: min(map(glyph.unlike, shapes)) for name, shapes in _known().items()}
    own = min(unlike[letter.lower()], unlike[letter.upper()])  # small capitals
    nearer, nearest = sum(other < own for other in unlike.values()), min(unlike.values())
    if letter in _DIGITS:
        digit = min(unlike[other] for other in _DIGITS)
        if digit <= _LIKE_DIGIT and own - digit >= _UNLIKER_DIGIT:
            return "another"
    if letter not in _ALIKE and nearer >= _FEWER and nearest <= _LIKE and own - nearest >= unliker:
        return "another"
    return "unlike" if nearer >= _NEARER else "right"


@cache
def _known() -> dict[str, list[Glyph]]:
    document = pdfium.PdfDocument.new()
    fonts = [raw.FPDFText_LoadStandardFont(document, name) for name in _STANDARD]
    try:
        return {letter: [glyph for font in fonts if (glyph := _glyph(font, letter))] for letter in _LETTERS}
    finally:
        for font in fonts:
            raw.FPDFFont_Close(font)
        document.close()


def _glyph(font: raw.FPDF_FONT, letter: str) -> Glyph | None:
    """Draw the glyph by which a font shows a letter; None where it has no outline or too long a one."""
    edges = list(_edges(font, letter))
    xs, ys = [edge[0] for edge in edges], [edge[1] for edge in edges]
    if not edges or not isfinite(sum(xs) + sum(ys)):
        return None
    left, bottom, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if width <= 0 or height <= 0:
        return None
    across, up = GRID / width, GRID / height
    rows: list[list[tuple[float, int]]] = [[] for _ in range(GRID)]
    for x0, y0, x1, y1 in edges:
        low, high = (y0 - bottom) * up - 0.5, (y1 - bottom) * up - 0.5
        turn = 1 if low < high else -1
        first, stop = (low, high) if turn > 0 else (high, low)
        at, end = max(0, ceil(first)), min(GRID, ceil(stop))
        if at < end:
            start, slope = (x0 - left) * across - 0.5, (x1 - x0) * across / (high - low)
            for row in range(at, end):
                rows[row].append((start + (row - low) * slope, turn))
    ink = 0
    for row, crossings in enumerate(rows):
        winding = 0
        for (before, turn), (after, _) in pairwise(sorted(crossings)):
            winding += turn
            if winding:
                ink |= ((1 << ceil(after)) - (1 << ceil(before))) << row * GRID
    return Glyph(ink, bottom, bottom + height, width)


def _edges(font: raw.FPDF_FONT, letter: str) -> Iterator[tuple[float, float, float, float]]:
    """Give the sides of an outline, curves as two each."""
    path = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1000.0)
    count = raw.FPDFGlyphPath_CountGlyphSegments(path) if path else 0
    if not 0 < count <= _MOST_POINTS:
        return
    x, y = c_float(), c_float()
    handle, to_x, to_y = cast(path, c_void_p).value, addressof(x), addressof(y)
    first = at = (0.0, 0.0)
    bent: list[tuple[float, float]] = []
    for number in range(count):
        segment = _segment(handle, number)
        _put_point(segment, to_x, to_y)
        point, kind = (x.value, y.value), _kind(segment)
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
