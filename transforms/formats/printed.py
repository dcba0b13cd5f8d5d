"""PDF, RTF and old Word documents, through kreuzberg; the only module that imports it.

kreuzberg is a Rust library around pdfium. It extracts only the text: no OCR unless wanted,
no cache on disk, no post-processing (which would join lines and drop repeated ones), one thread.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from typing import TYPE_CHECKING

from docassay.transforms.formats import Limits, Read, Unusable, plain
from docassay.transforms.formats.media_types import DOC, PDF, RTF

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig

MEDIA_TYPES = frozenset({PDF, RTF, DOC})
SIGNATURES = {rb"{\rtf": RTF}

_SCAN_CHARS = 100
"""A PDF with images and fewer characters a page than this is taken for a scan."""

_IMAGE = re.compile(rb"/Subtype\s*/Image\b")  # of a stream, whose dictionary is never compressed
NO_TESSERACT = (
    "--ocr needs Tesseract, which is not installed: apt-get install tesseract-ocr, or brew install tesseract"
)
_PRINTED_FROM = re.compile(
    r"^Microsoft (?:Word|Excel|PowerPoint) - "
)  # what a print driver puts before a title
_LINE_END = re.compile(r"[ \t\r]+\n")


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a PDF, RTF or old Word document; the lines of a PDF stay lines.

    Raises:
        Unusable: Encrypted, damaged, without text, or beyond `limits`.
    """
    ocr = limits.ocr and has_tesseract()
    text, pages, title = _extract(content, media_type, ocr=ocr)
    if media_type == PDF and pages > limits.pages:
        raise Unusable("too_many_pages", f"{pages:,} pages; at most {limits.pages:,} are read")
    scan = media_type == PDF and _sparse(text, pages) and _IMAGE.search(content) is not None
    if scan and ocr:
        text, _, _ = _extract(content, media_type, ocr=True, force=True)
    if (scan and not ocr) or plain.is_blank(plain.clean(text)):
        raise Unusable("no_text", _no_text(media_type, limits.ocr))
    return Read(plain.bounded(_LINE_END.sub("\n", text), limits), title=title)


def _extract(content: bytes, media_type: str, ocr: bool, force: bool = False) -> tuple[str, int, str | None]:
    """Give the text, the number of pages (0 where there are none), and the title."""
    import kreuzberg

    try:
        result = kreuzberg.extract_bytes_sync(content, media_type, _config(ocr, force))
    except kreuzberg.KreuzbergError as error:
        raise _unusable(str(error), media_type) from None
    pages, title = result.metadata.get("page_count"), result.metadata.get("title")
    return (
        result.content,
        pages if isinstance(pages, int) else 0,
        _PRINTED_FROM.sub("", title).strip() or None if isinstance(title, str) else None,
    )


def _sparse(text: str, pages: int) -> bool:
    """Tell whether a text is too short for its pages, such as a court's stamp on a scan."""
    return len("".join(text.split())) < _SCAN_CHARS * max(1, pages)


@cache
def _config(ocr: bool, force: bool) -> ExtractionConfig:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=not ocr,
        force_ocr=force,
        ocr=kreuzberg.OcrConfig(backend="tesseract", language="eng") if ocr else None,
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
        content_filter=kreuzberg.ContentFilterConfig(
            include_headers=True, include_footers=True, strip_repeating_text=False, include_watermarks=True
        ),
    )


def _unusable(error: str, media_type: str) -> Unusable:
    line = " ".join(error.split())[:200]
    if "password" in error.lower() or "encrypted" in error.lower():
        return Unusable("encrypted", "a password is needed to open it; save it without one")
    if "unsupported" in error.lower():
        return Unusable("unsupported_media_type", f"{media_type}: {line}")
    return Unusable("malformed", f"not a readable {media_type}: {line}")


def _no_text(media_type: str, ocr: bool) -> str:
    if media_type != PDF:
        return "there is no text in it"
    scan = "no text, or next to none, beside its images: it may be a scan"
    if not ocr:
        return f"{scan}; OCR is off: --ocr reads it where Tesseract is installed"
    if not has_tesseract():
        return f"{scan}; {NO_TESSERACT}"
    return f"{scan}, and OCR with Tesseract found no text"


def has_tesseract() -> bool:
    """Tell whether Tesseract is on the PATH, where kreuzberg looks for it."""
    return shutil.which("tesseract") is not None
