"""OCR of a picture, with the Tesseract that kreuzberg brings; its language data must be installed."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig

NO_TESSERACT = (
    "--ocr needs Tesseract, which is not installed: apt-get install tesseract-ocr, or brew install tesseract"
)


def has_tesseract() -> bool:
    """Tell whether Tesseract is on the PATH, and so its language data where kreuzberg looks for it."""
    return shutil.which("tesseract") is not None


def recognise(picture: bytes, media_type: str) -> str:
    """Give the text in a picture; an empty one where none is found."""
    import kreuzberg

    try:
        return str(kreuzberg.extract_bytes_sync(picture, media_type, _config()).content)
    except kreuzberg.KreuzbergError:
        return ""


@cache
def _config() -> ExtractionConfig:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        force_ocr=True,
        ocr=kreuzberg.OcrConfig(backend="tesseract", language="eng"),
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
        postprocessor=kreuzberg.PostProcessorConfig(enabled=False),
    )
