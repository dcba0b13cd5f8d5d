"""Draw the pages of a PDF, and write notes on them, in a worker."""

from __future__ import annotations

import io
import struct
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from ctypes import POINTER, c_ushort, cast, create_string_buffer
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.schemas.pages import Box, Frame
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.formats.pdf_page import page_frame
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.worker import Pool

DPI = 108
MOST_PIXELS = 3_000_000
"""Of a page that is drawn; A4 has 1.1 million."""
_FEW_PIXELS = 10_000
"""Of a page that is drawn for pdfium to work out what its notes look like."""

MOST_PAGES = 20_000
"""Pages of a PDF that are measured."""

_DRAW = "docassay.transforms.isolation.draw:draw_pages"
_MEASURE = "docassay.transforms.isolation.draw:measure_pages"
_ANNOTATE = "docassay.transforms.isolation.draw:write_notes"

NoteOf = tuple[Sequence[Box], tuple[int, int, int], str, str]
"""Boxes of a highlight; its red, green and blue, to 255; a title; what it says."""


class Picture(NamedTuple):
    """A page that was drawn.

    Attributes:
        page: Its number, from 1.
        width: In points, as it is shown.
        height: In points.
        png: A PNG file.
    """

    page: int
    width: float
    height: float
    png: bytes


def draw(content: bytes, choose: Callable[[int], Sequence[int]], limits: Limits) -> Iterator[Picture]:
    """Draw pages of a PDF; what cannot be drawn is left out.

    A page that takes longer than `Limits.seconds`, or more memory than is allowed, costs itself alone; after
    the third, no more are tried.

    Args:
        content: The PDF.
        choose: Gives the numbers of the pages that are wanted, from 1, where it is told how many there are.
        limits: Bounds of each page.
    """
    waiting: list[int] | None = None

    def answer(_: object) -> list[int] | None:
        return waiting

    lost = 0
    while lost < 3 and (waiting is None or waiting):
        try:
            with Pool(_DRAW, limits) as pool:
                responses = pool.stream(content, _drawn, answer)
                pages = next(responses, 0)
                waiting = list(choose(pages)) if waiting is None else waiting
                while waiting:
                    picture = next(responses, None)
                    number = waiting.pop(0)
                    if picture:
                        yield Picture(number, *picture)
        except Unusable:
            lost += 1
            waiting = waiting and waiting[1:]


def measure(content: bytes, limits: Limits) -> list[tuple[float, float]]:
    """Give the width and height of each page of a PDF in points; none where it cannot be read in time."""
    try:
        with Pool(_MEASURE, limits) as pool:
            return pool.run(content, _sizes)
    except Unusable:
        return []


def annotate(content: bytes, notes: Sequence[NoteOf], limits: Limits) -> bytes | None:
    """Write a PDF with notes on its pages, as highlights; None where it cannot be read or written in time."""
    try:
        with Pool(_ANNOTATE, limits) as pool:
            return pool.run((content, notes), _file)
    except Unusable:
        return None


def draw_pages(request: Request) -> Iterator[Any]:
    """Draw pages of the PDF of a request; runs in a worker.

    Gives how many pages there are, and calls the parent for the numbers of those that are wanted. Where one
    cannot be drawn, there is None in its place.
    """
    document = _opened(request.asked)
    yield 0 if document is None else len(document)
    for number in request.parent.call("pages"):
        shown = None
        with suppress(pdfium.PdfiumError, MemoryError, IndexError), closing(document[number - 1]) as page:
            scale = _scale(page, DPI / 72, MOST_PIXELS)
            with closing(page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)) as bitmap:
                shown = *page_frame(page).size, _png(bitmap)
        yield shown


def measure_pages(request: Request) -> list[tuple[float, float]]:
    """Measure the pages of the PDF of a request; runs in a worker. A page that cannot be read has no size."""
    sizes = []
    if (document := _opened(request.asked)) is not None:
        for number in range(min(len(document), MOST_PAGES)):
            size = (0.0, 0.0)
            with suppress(pdfium.PdfiumError, MemoryError), closing(document[number]) as page:
                size = page_frame(page).size
            sizes.append(size)
    return sizes


def write_notes(request: Request) -> bytes | None:
    """Write notes on the PDF of a request, on every page that their boxes name; runs in a worker.

    A highlight has an appearance of its own, so that viewers need not make one.
    """
    content, notes = request.asked
    of_page: defaultdict[int, list[NoteOf]] = defaultdict(list)
    for boxes, colour, title, text in notes:
        placed = [Box(*box) for box in boxes]
        for number in {box.page for box in placed}:
            of_page[number].append(([box for box in placed if box.page == number], colour, title, text))
    if (document := _opened(content)) is not None:
        with suppress(pdfium.PdfiumError, MemoryError, IndexError):
            for number, page_notes in sorted(of_page.items()):
                with closing(document[number - 1]) as page:
                    frame = page_frame(page)
                    for note in page_notes:
                        _highlight(page, frame, *note)
                    page.render(scale=_scale(page, 1.0, _FEW_PIXELS)).close()  # makes the appearances
            written = io.BytesIO()
            document.save(written)
            return written.getvalue()
    return None


def _opened(content: bytes) -> Any:
    with suppress(pdfium.PdfiumError, MemoryError):
        return pdfium.PdfDocument(content)
    return None


def _drawn(response: Any) -> Any:
    """Read how many pages there are, the width, height and picture of one, or None."""
    if type(response) is int or response is None:
        return response
    width, height, picture = response
    return float(width), float(height), _file(picture)


def _sizes(response: Any) -> list[tuple[float, float]]:
    if not isinstance(response, list | tuple) or len(response) > MOST_PAGES:
        raise ValueError("no sizes")
    return [(float(width), float(height)) for width, height in response]


def _file(response: Any) -> bytes:
    if not isinstance(response, bytes):
        raise ValueError("no file")
    return response


def _highlight(
    page: pdfium.PdfPage, frame: Frame, boxes: Sequence[Box], colour: Sequence[int], title: str, text: str
) -> None:
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
            encoded = (value.replace("\0", " ") + "\0").encode("utf-16-le", "replace")
            wide = cast(create_string_buffer(encoded, len(encoded)), POINTER(c_ushort))
            raw.FPDFAnnot_SetStringValue(annotation, key, wide)
    finally:
        raw.FPDFPage_CloseAnnot(annotation)


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
