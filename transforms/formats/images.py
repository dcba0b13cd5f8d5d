"""Pictures of documents, such as scans, faxes and photographs: read with OCR where wanted, else refused."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from docassay.schemas.pages import Frame, paged
from docassay.transforms.formats import Limits, Look, Read, Unusable, ocr, plain
from docassay.transforms.formats.media_types import JPEG, PNG, TIFF

MEDIA_TYPES = frozenset({PNG, JPEG, TIFF})


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read the text in a picture, page by page; a pixel counts as a point.

    Raises:
        Unusable: OCR is off or not installed, or finds no text; or beyond `limits`.
    """
    if not limits.ocr:
        raise Unusable("no_text", "a picture; OCR is off: --ocr reads it where Tesseract is installed")
    if lacking := ocr.lacking():
        raise Unusable("no_text", f"a picture; {lacking}")
    pages: list[ocr.Recognised] = []
    for page in _pages(content) if media_type == TIFF else [content]:
        if len(pages) == limits.pages:
            raise Unusable("too_many_pages", f"more than {limits.pages:,} pages")
        pages.append(ocr.recognise(page, media_type).stripped())
    text, sheets = paged(
        [page.text for page in pages],
        [Frame(0, 0, page.width, page.height) for page in pages],
        [page.places() for page in pages],
    )
    if plain.is_blank(plain.clean(text)):
        raise Unusable(
            "no_text", "OCR with Tesseract found no text: the picture has none, is damaged or too large"
        )
    looks = tuple(Look(unread=not page.text) for page in pages)
    return Read(plain.bounded(text, limits), pages=sheets, looks=looks)


def _pages(tiff: bytes) -> Iterator[bytes]:
    """Give a TIFF for each of its pages: one whose header names that page's directory first.

    Programs read the first directory; each ends in the offset of the next (TIFF 6.0, section 2).
    """
    order = "<" if tiff.startswith(b"II") else ">"
    seen: set[int] = set()
    try:
        (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
        while offset and offset not in seen:
            seen.add(offset)
            yield tiff[:4] + struct.pack(f"{order}I", offset) + tiff[8:]
            (entries,) = struct.unpack_from(f"{order}H", tiff, offset)
            (offset,) = struct.unpack_from(f"{order}I", tiff, offset + 2 + 12 * entries)
    except struct.error:  # damaged behind the pages so far
        return
