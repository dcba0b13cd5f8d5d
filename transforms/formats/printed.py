"""PDF, RTF and old Word documents, through kreuzberg; the only module that imports it.

kreuzberg is a Rust library around pdfium. It is asked for the text alone: no OCR unless wanted,
no cache on disk, no post-processing (which would join lines and drop repeated ones), one thread.
"""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

from transforms.formats import Limits, Read, Unusable, kinds, plain

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig


def read(content: bytes, media_type: str, limits: Limits) -> Read:
    """Read a PDF, RTF or old Word document; the lines of a PDF stay lines.

    Raises:
        Unusable: Encrypted, damaged, without text, or beyond `limits`.
    """
    import kreuzberg

    try:
        result = kreuzberg.extract_bytes_sync(content, media_type, _config(limits.ocr and _tesseract()))
    except kreuzberg.KreuzbergError as error:
        raise _unusable(str(error), media_type) from None
    pages = result.metadata.get("page_count")
    if media_type == kinds.PDF and isinstance(pages, int) and pages > limits.pages:
        raise Unusable("too_many_pages", f"{pages:,} pages; at most {limits.pages:,} are read")
    text = plain.bounded(result.content, limits)
    if plain.is_blank(plain.clean(text)):
        raise Unusable("no_text", _no_text(media_type, limits.ocr))
    title = result.metadata.get("title")
    return Read(text, title=title.strip() or None if isinstance(title, str) else None)


@cache
def _config(ocr: bool) -> ExtractionConfig:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=not ocr,
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
    if media_type != kinds.PDF:
        return "there is no text in it"
    if not ocr:
        return "no text layer, it may be a scan; OCR is off: --ocr reads it where Tesseract is installed"
    if not _tesseract():
        return "no text layer, it may be a scan; --ocr needs Tesseract, which is not installed"
    return "no text layer, and OCR with Tesseract found no text"


def _tesseract() -> bool:
    return shutil.which("tesseract") is not None
