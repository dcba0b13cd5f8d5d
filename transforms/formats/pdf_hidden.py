"""Characters of a PDF's page that nobody sees: off the page, not drawn, or white on white."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from ctypes import c_float, c_int, c_uint, create_string_buffer
from functools import cached_property

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.transforms.formats.pdf_rows import Box

_WHITE = 250
_TRANSPARENT = 12
NOT_DRAWN = frozenset({raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP})
_PAINTS = frozenset({raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING, raw.FPDF_PAGEOBJ_FORM})
_SCAN = 0.5
"""Share of a page that its pictures cover where it is a scan; its recognised text is not drawn on purpose."""
_MOST_OBJECTS = 5_000
_MOST_LOOKS = 10_000_000
"""Boxes looked at on a page, anew for each white character; what is white after them counts as seen."""


class Visibility:
    """Which characters of a page are seen."""

    def __init__(self, page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> None:
        """Look at nothing but the size of the page yet."""
        self._page = page
        self._textpage = textpage
        self._shown = page_box(page).turned(page.get_rotation())
        self._looks = 0

    def seen(self, start: int, end: int, box: Box) -> Sequence[int]:
        """Give the indices of a line's characters that are seen; `box` is its place as the page is shown.

        Every character is asked for only where the first or the last of the line is hidden.
        """
        shown = self._shown
        if (
            box.right < shown.left
            or box.left > shown.right
            or box.top < shown.bottom
            or box.bottom > shown.top
        ):
            return ()
        if self._is_hidden(start) or self._is_hidden(end - 1):
            return [at for at in range(start, end) if not self._is_hidden(at)]
        return range(start, end)

    def _is_hidden(self, at: int) -> bool:
        text = raw.FPDFText_GetTextObject(self._textpage, at)
        if not text:  # a space that pdfium added
            return False
        if raw.FPDFTextObj_GetTextRenderMode(text) in NOT_DRAWN:
            return not self._is_scan
        red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
        if not raw.FPDFText_GetFillColor(self._textpage, at, red, green, blue, alpha):
            return False
        if alpha.value <= _TRANSPARENT:
            return not self._is_scan
        return min(red.value, green.value, blue.value) >= _WHITE and not self._is_painted_under(at)

    def _is_painted_under(self, at: int) -> bool:
        box = raw.FS_RECTF()
        if not raw.FPDFText_GetLooseCharBox(self._textpage, at, box):
            return True
        self._looks += len(self._painted)
        if self._looks > _MOST_LOOKS:
            return True
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        return any(painted.holds(x, y) for painted in self._painted)

    @cached_property
    def _is_scan(self) -> bool:
        return is_scan(self._page)

    @cached_property
    def _painted(self) -> list[Box]:
        """Find where the page is not white, largest first: pictures, shadings, what is filled in colour."""
        painted = (
            box for kind, thing, box in objects(self._page) if kind in _PAINTS or _is_coloured(kind, thing)
        )
        return sorted(painted, key=lambda box: -box.area)


def page_box(page: pdfium.PdfPage) -> Box:
    """Give the part of a page that is shown: its CropBox within its MediaBox."""
    box = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, box)
    return Box(box.left, box.bottom, box.right, box.top)


def is_scan(page: pdfium.PdfPage) -> bool:
    """Tell whether pictures cover most of a page."""
    covered = sum(box.area for kind, _, box in objects(page) if kind == raw.FPDF_PAGEOBJ_IMAGE)
    return covered > _SCAN * page_box(page).area


def objects(page: pdfium.PdfPage) -> Iterator[tuple[int, raw.FPDF_PAGEOBJECT, Box]]:
    """List the objects of a page: pdfium's number of its type, itself, and the part of the page it takes."""
    shown = page_box(page)
    for number in range(min(_MOST_OBJECTS, raw.FPDFPage_CountObjects(page))):
        thing = raw.FPDFPage_GetObject(page, number)
        if edges := bounds(thing):
            left, bottom, right, top = edges
            box = Box(
                max(shown.left, left), max(shown.bottom, bottom), min(shown.right, right), min(shown.top, top)
            )
            yield raw.FPDFPageObj_GetType(thing), thing, box


def bounds(thing: raw.FPDF_PAGEOBJECT) -> tuple[float, float, float, float] | None:
    """Give left, bottom, right and top of an object, in the coordinates of what holds it."""
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not raw.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _is_coloured(kind: int, thing: raw.FPDF_PAGEOBJECT) -> bool:
    if kind != raw.FPDF_PAGEOBJ_PATH:
        return False
    fill, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(thing, fill, stroke) or fill.value == raw.FPDF_FILLMODE_NONE:
        return False
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    if not raw.FPDFPageObj_GetFillColor(thing, red, green, blue, alpha):
        return True
    return alpha.value > _TRANSPARENT and min(red.value, green.value, blue.value) < _WHITE


_MOST_FONTS = 40
"""Objects of a page whose font is looked at, spread over the page."""
_MOST_BOOKMARKS = 2_000
_NAME_BYTES = 128
_MOST_PIXELS = 1_000_000
_LIGHT = bytes(range(160, 256))
_INK_SHARE = 0.001
"""Share of dark pixels below which a page is empty: specks of dust."""


def typeface(page: pdfium.PdfPage) -> tuple[str, float]:
    """Name the font of most of the text objects looked at, and its size in points; ``("", 0.0)`` without any.

    The letters that mark a part of a font (``ABCDEF+Arial``) are left out (ISO 32000-1, 9.6.4).
    """
    count = raw.FPDFPage_CountObjects(page)
    step = max(1, count // _MOST_FONTS)
    seen: Counter[tuple[str, float]] = Counter()
    size, name = c_float(), create_string_buffer(_NAME_BYTES)
    for at in range(0, max(0, count), step):
        shown = raw.FPDFPage_GetObject(page, at)
        if not shown or raw.FPDFPageObj_GetType(shown) != raw.FPDF_PAGEOBJ_TEXT:
            continue
        raw.FPDFTextObj_GetFontSize(shown, size)
        font = raw.FPDFTextObj_GetFont(shown)
        raw.FPDFFont_GetBaseFontName(font, name, _NAME_BYTES)
        base = name.value.decode("utf-8", "replace").rpartition("+")[2]
        seen[base, round(size.value, 1)] += 1
    return max(seen, key=lambda pair: (seen[pair], pair), default=("", 0.0))


def is_white(page: pdfium.PdfPage) -> bool:
    """Tell whether next to nothing is seen on a page, such as the scan of an empty back side."""
    points = max(1.0, page.get_width() * page.get_height())
    with closing(page.render(scale=min(0.5, (_MOST_PIXELS / points) ** 0.5), grayscale=True)) as bitmap:
        pixels = bytes(bitmap.buffer)
    return len(pixels.translate(None, _LIGHT)) < _INK_SHARE * len(pixels)


def bookmarked(document: pdfium.PdfDocument) -> frozenset[int]:
    """List the pages, from 0, to which bookmarks of the first level lead."""
    pages: set[int] = set()
    bookmark = raw.FPDFBookmark_GetFirstChild(document, None)
    for _ in range(_MOST_BOOKMARKS):  # a damaged list may be a circle
        if not bookmark:
            break
        if target := raw.FPDFBookmark_GetDest(document, bookmark):
            pages.add(raw.FPDFDest_GetDestPageIndex(document, target))
        bookmark = raw.FPDFBookmark_GetNextSibling(document, bookmark)
    return frozenset(pages)
