"""What was filled into the form of a PDF's page, or typed onto it: it is no part of the page's own text."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import POINTER, c_ushort, cast, create_string_buffer, sizeof

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.transforms.formats.pdf_rows import SPACE, Box, Line

_VALUE_OF = {raw.FPDF_ANNOT_WIDGET: b"V", raw.FPDF_ANNOT_FREETEXT: b"Contents"}
"""The entry of an annotation's dictionary that is shown (ISO 32000-1, 12.5.6.6 and 12.7.3)."""
_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_TICKS = {"Off": "", "Yes": "X", "On": "X"}
_MOST = 5_000


def fields(page: pdfium.PdfPage, places: bytearray) -> Iterator[Line]:
    """Give what each field of a page shows, with where it stands; empty ones give nothing.

    The rectangle of each is added to `places`, for all its characters.
    """
    for number in range(min(_MOST, raw.FPDFPage_GetAnnotCount(page))):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            key = _VALUE_OF.get(raw.FPDFAnnot_GetSubtype(annotation))
            if key is None or raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                continue
            rectangle = raw.FS_RECTF()
            value = _string(annotation, key)
            if value and raw.FPDFAnnot_GetRect(annotation, rectangle):
                box = Box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
                at = len(places) // sizeof(rectangle)
                places += bytes(rectangle)
                whole = tuple(SPACE if char == "\n" else range(at, at + 1) for char in value)
                yield Line(value, box.turned(page.get_rotation()), field=True, at=whole)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _string(annotation: raw.FPDF_ANNOTATION, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(annotation, key, cast(buffer, POINTER(c_ushort)), size)
    value = buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip().replace("\r\n", "\n")
    return _TICKS.get(value, value)
