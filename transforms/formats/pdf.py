"""PDF to text, through pdfium: its pages, the files attached to it, and what an attached invoice states.

pdfium is not thread-safe; workers have one thread each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from ctypes import c_ulong
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docassay.schemas.pages import Frame, paged
from docassay.transforms.formats import Attachment, Limits, Look, Read, Stated, Unusable, ocr, plain
from docassay.transforms.formats.media_types import PDF

if TYPE_CHECKING:
    import pypdfium2 as pdfium

    from docassay.transforms.formats.pdf_doubt import Judged

MEDIA_TYPES = frozenset({PDF})

_SCAN_CHARS = 100
"""A page that its pictures cover and that has fewer characters is a scan, perhaps with a court's stamp."""
_OCR_DPI = 200
_OCR_PIXELS = 12_000_000
"""Most pixels of a page that is drawn for OCR: A4 at 300 dpi has nine million."""
_MOST_ATTACHMENTS = 2_000
_PRINTED_FROM = re.compile(r"^Microsoft (?:Word|Excel|PowerPoint) - ")
"""What a print driver puts before a title."""

_NO_FRAME = Frame(0, 0, 0, 0)
_NO_LOOK = Look()


@dataclass(slots=True)
class _Page:
    """What a page gave."""

    text: str
    scan: bool = False
    garbled: bool = False
    failed: bool = False
    frame: Frame = _NO_FRAME
    places: bytes = b""
    look: Look = _NO_LOOK


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a PDF: the text of its pages, parted by empty lines, with what is attached to it.

    Pages without text, of garbled text or of text that they may not show are read by OCR where `Limits.ocr`
    asks for it. Without it, a document most of whose pages are scans or garbled is refused.

    Raises:
        Unusable: Encrypted, damaged, without text, or beyond `limits`.
    """
    with _opened(content) as document:
        from docassay.transforms.formats.pdf_hidden import bookmarked

        if len(document) > limits.pages:
            raise Unusable("too_many_pages", f"{len(document):,} pages; at most {limits.pages:,} are read")
        pages = list(_pages(document, limits))
        if all(page.failed for page in pages):
            raise Unusable("malformed", "none of its pages can be read")
        _check_read(pages, limits)
        attachments = list(_attachments(document, limits))
        title = _title(document)
        bookmarks = bookmarked(document) if len(pages) > 1 else frozenset()
    stated, invoice = _invoice(attachments)
    text, sheets = paged(
        [page.text for page in pages], [page.frame for page in pages], [page.places for page in pages]
    )
    return Read(
        text,
        title=title,
        attachments=tuple(attachments),
        embedded_values=stated,
        invoice=invoice if limits.invoices else None,
        pages=sheets,
        looks=tuple(replace(page.look, bookmark=n in bookmarks) for n, page in enumerate(pages)),
    )


def _invoice(attachments: Sequence[Attachment]) -> tuple[Stated, bytes | None]:
    if not attachments:
        return (), None
    from docassay.transforms.formats.xml import embedded_invoice  # imports lxml

    return embedded_invoice(attachment.content for attachment in attachments if attachment.content)


@contextmanager
def _opened(content: bytes) -> Iterator[pdfium.PdfDocument]:
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Unusable("encrypted", "a password is needed to open it; save it without one") from None
        said = str(error).removesuffix(" (PDFium: Success).")  # what it says where it does not know why
        raise Unusable("malformed", f"not a readable PDF: {said}") from None
    try:
        yield document
    finally:
        document.close()


def _pages(document: pdfium.PdfDocument, limits: Limits) -> Iterator[_Page]:
    import pypdfium2 as pdfium

    reads_pictures = limits.ocr and not ocr.lacking()
    chars = 0
    judged: Judged = {}
    for number in range(len(document)):
        try:
            page = _page(document, number, reads_pictures, judged)
        except pdfium.PdfiumError:  # such as a page that is its own parent
            page = _Page("", failed=True, look=Look(unread=True))
        chars += len(page.text)
        if chars > limits.chars:
            raise Unusable("too_long", f"more than {limits.chars:,} characters of text")
        yield page


def _page(document: pdfium.PdfDocument, number: int, reads_pictures: bool, judged: Judged) -> _Page:
    import pypdfium2.raw as raw

    from docassay.transforms.formats.pdf_hidden import is_scan, is_white, typeface
    from docassay.transforms.formats.pdf_ink import shows_further_words
    from docassay.transforms.formats.pdf_page import page_frame, page_text

    with closing(document[number]) as page:
        frame = page_frame(page)
        text, places, doubted = page_text(page, judged)
        sparse = len("".join(text.split())) < _SCAN_CHARS
        scan, is_garbled = sparse and is_scan(page), plain.is_garbled(text)
        blank = plain.is_blank(plain.clean(text))  # its letters may be drawn as curves
        empty = blank and raw.FPDFPage_CountObjects(page) == 0
        doubted = doubted or (not blank and not scan and shows_further_words(page))
        if reads_pictures and (blank or scan or is_garbled or doubted):
            if recognised := _recognised(page, frame):
                return recognised
            text, scan, is_garbled = "" if is_garbled else text, False, False
            empty = empty or is_white(page)
        look = Look(*typeface(page), unread=scan or (not text and not empty), doubted=doubted)
        return _Page(text, scan, is_garbled, frame=frame, places=places, look=look)


def _recognised(page: pdfium.PdfPage, frame: Frame) -> _Page | None:
    points = max(1.0, page.get_width() * page.get_height())
    scale = min(_OCR_DPI / 72, (_OCR_PIXELS / points) ** 0.5)
    with closing(page.render(scale=scale)) as bitmap:
        recognised = ocr.recognise(bitmap.to_numpy()[:, :, 2::-1], scale)
    if not recognised.text:
        return None
    return _Page(recognised.text, frame=Frame(0, 0, *frame.size), places=recognised.places)


def _check_read(pages: list[_Page], limits: Limits) -> None:
    """Refuse a document most of whose pages were not read."""
    if sum(len(page.text) for page in pages if page.garbled) * 2 > sum(len(page.text) for page in pages):
        raise Unusable("garbled", _with_advice("its fonts do not say which letters they show", limits))
    scans = sum(page.scan for page in pages)
    if scans * 2 > len(pages) or plain.is_blank(plain.clean("".join(page.text for page in pages))):
        raise Unusable(
            "no_text", _with_advice("no text, or next to none, beside its images: it may be a scan", limits)
        )


def _with_advice(why: str, limits: Limits) -> str:
    if not limits.ocr:
        return f"{why}; OCR is off: --ocr reads it where the extra `ocr` is installed"
    if lacking := ocr.lacking():
        return f"{why}; {lacking}"
    return f"{why}, and OCR found no text"


def _title(document: pdfium.PdfDocument) -> str | None:
    try:
        title = document.get_metadata_value("Title")
    except UnicodeDecodeError:  # lone surrogates
        return None
    return _PRINTED_FROM.sub("", title).strip() or None


def _attachments(document: pdfium.PdfDocument, limits: Limits) -> Iterator[Attachment]:
    """Give the files that are attached to the document, unpacked as long as all are within `Limits.bytes`.

    One that cannot be unpacked is left out, as it is nowhere to be seen.
    """
    import pypdfium2 as pdfium

    count = document.count_attachments()
    if count > _MOST_ATTACHMENTS:
        raise Unusable("too_many_attachments", f"the PDF has more than {_MOST_ATTACHMENTS:,} attachments")
    left = limits.bytes
    for number in range(count):
        try:
            attachment = document.get_attachment(number)
            size = _unpacked_size(attachment)
            fits = size <= left and number < limits.attachments
            if fits:
                yield Attachment(bytes(attachment.get_data()), None, name=attachment.get_name())
            else:
                detail = f"the attachments unpack to more than {limits.bytes:,} bytes"
                yield Attachment(None, None, ("too_large", detail))
        except pdfium.PdfiumError:
            continue
        left -= size if fits else 0


def _unpacked_size(attachment: pdfium.PdfAttachment) -> int:
    import pypdfium2.raw as raw

    size = c_ulong()
    raw.FPDFAttachment_GetFile(attachment, None, 0, size)
    return size.value
