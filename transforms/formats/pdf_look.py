"""How a page of a PDF looks, for telling where a document begins: its paper, its typeface, its bookmarks."""

from __future__ import annotations

from collections import Counter
from ctypes import c_float, create_string_buffer

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_MOST_OBJECTS = 40
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
    step = max(1, count // _MOST_OBJECTS)
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
    bitmap = page.render(scale=min(0.5, (_MOST_PIXELS / points) ** 0.5), grayscale=True)
    try:
        pixels = bytes(bitmap.buffer)
    finally:
        bitmap.close()
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
