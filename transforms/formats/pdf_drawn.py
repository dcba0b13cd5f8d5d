"""Pages of a PDF as pictures, and a PDF with notes on its pages.

What is drawn is as large as a screen shows, whatever the page says of its size.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from ctypes import POINTER, c_ushort, cast, create_string_buffer

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.schemas.pages import Box, Frame
from docassay.transforms.formats.pdf_page import page_frame

DPI = 108
MOST_PIXELS = 3_000_000
"""Of a page that is drawn; A4 has 1.1 million."""
_FEW_PIXELS = 10_000
"""Of a page that is drawn for pdfium to work out what its notes look like."""


Note = tuple[Sequence[Box], tuple[int, int, int], str, str]
"""Boxes of a highlight; its red, green and blue, to 255; a title; what it says."""


def drawn(document: pdfium.PdfDocument, number: int) -> tuple[tuple[float, float], bytes]:
    """Draw a page, from 1: its width and height in points, and a PNG file.

    Raises:
        PdfiumError: It cannot be read, or not be drawn.
    """
    with closing(document[number - 1]) as page:
        scale = _scale(page, DPI / 72, MOST_PIXELS)
        with closing(page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)) as bitmap:
            return page_frame(page).size, _png(bitmap)


def annotated(document: pdfium.PdfDocument, notes: Iterable[Note]) -> bytes:
    """Write the document with a highlight for each note, on every page that its boxes name.

    A highlight has an appearance of its own, so that viewers need not make one.

    Raises:
        PdfiumError: A page cannot be read, or the document not be written.
    """
    of_page: defaultdict[int, list[Note]] = defaultdict(list)
    for note in notes:
        for number in {box.page for box in note[0]}:
            of_page[number].append(note)
    for number, page_notes in sorted(of_page.items()):
        with closing(document[number - 1]) as page:
            frame = page_frame(page)
            for note in page_notes:
                _highlight(page, frame, [box for box in note[0] if box.page == number], note)
            page.render(scale=_scale(page, 1.0, _FEW_PIXELS)).close()  # makes the appearances
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _highlight(page: pdfium.PdfPage, frame: Frame, boxes: list[Box], note: Note) -> None:
    _, colour, title, text = note
    annotation = raw.FPDFPage_CreateAnnot(page, raw.FPDF_ANNOT_HIGHLIGHT)
    if not annotation:
        raise pdfium.PdfiumError("a highlight could not be made")
    try:
        rectangles = [frame.own(box.x0, box.y0, box.x1, box.y1) for box in boxes]
        for left, bottom, right, top in rectangles:
            corners = raw.FS_QUADPOINTSF(left, top, right, top, left, bottom, right, bottom)
            raw.FPDFAnnot_AppendAttachmentPoints(annotation, corners)
        lefts, bottoms, rights, tops = zip(*rectangles, strict=True)
        whole = raw.FS_RECTF(min(lefts), max(tops), max(rights), min(bottoms))
        raw.FPDFAnnot_SetRect(annotation, whole)
        raw.FPDFAnnot_SetColor(annotation, raw.FPDFANNOT_COLORTYPE_Color, *colour, 255)
        raw.FPDFAnnot_SetFlags(annotation, raw.FPDF_ANNOT_FLAG_PRINT)
        for key, value in ((b"T", title), (b"Contents", text)):
            raw.FPDFAnnot_SetStringValue(annotation, key, _wide(value))
    finally:
        raw.FPDFPage_CloseAnnot(annotation)


def _wide(text: str) -> object:
    encoded = (text.replace("\0", " ") + "\0").encode("utf-16-le", "replace")
    return cast(create_string_buffer(encoded, len(encoded)), POINTER(c_ushort))


def _scale(page: pdfium.PdfPage, wanted: float, most: int) -> float:
    """Give the pixels a point at which a page has at most so many, and a side no more than that."""
    width, height = max(1.0, page.get_width()), max(1.0, page.get_height())
    return float(min(wanted, (most / (width * height)) ** 0.5, most / 100 / max(width, height)))


def _png(bitmap: pdfium.PdfBitmap) -> bytes:
    """Write a picture as a PNG file (https://www.w3.org/TR/png-3), in grey or in red, green and blue."""
    pixels, width, channels = bytes(bitmap.buffer), bitmap.width, bitmap.n_channels
    starts = range(0, bitmap.height * bitmap.stride, bitmap.stride)
    lines = b"".join(b"\0" + pixels[start : start + width * channels] for start in starts)
    header = struct.pack(">IIBBBBB", width, bitmap.height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
