"""OCR of a picture, with the Tesseract that kreuzberg brings; its language data must be installed."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from docassay.schemas.pages import NOWHERE, packed_places

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig

NO_TESSERACT = (
    "--ocr needs Tesseract, which is not installed: apt-get install tesseract-ocr, or brew install tesseract"
)

_FARTHEST = 200
"""Characters of a text that are searched for the next word."""


def has_tesseract() -> bool:
    """Tell whether Tesseract is on the PATH, and so its language data where kreuzberg looks for it."""
    return shutil.which("tesseract") is not None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was read in a picture.

    Attributes:
        text: Its text; line ends are ``\\n``, so that cleaning it moves nothing.
        words: The words in their order, each with its left, top, right and bottom in pixels.
    """

    text: str = ""
    words: tuple[tuple[str, float, float, float, float], ...] = ()

    def places(self, height: float, scale: float = 1.0) -> bytes:
        """Give where each character stands, as `schemas.pages.packed_places` does, in a frame from 0, 0.

        A word's characters are taken to be equally wide. A word that is not found in the text, near the one
        before it, is passed over.

        Args:
            height: Of the picture, in pixels.
            scale: Pixels a point.
        """
        places = bytearray(NOWHERE * len(self.text))
        at = 0
        for word, left, top, right, bottom in self.words:
            found = self.text.find(word, at, at + len(word) + _FARTHEST)
            if found < 0 or not word:
                continue
            step = (right - left) / len(word)
            for n in range(len(word)):
                edges = (left + n * step, height - top, left + (n + 1) * step, height - bottom)
                struct.pack_into("<4f", places, len(NOWHERE) * (found + n), *(edge / scale for edge in edges))
            at = found + len(word)
        return packed_places(bytes(places))


def recognise(picture: bytes, media_type: str) -> Recognised:
    """Give the text in a picture, and where it stands; an empty one where none is found."""
    import kreuzberg

    try:
        result = kreuzberg.extract_bytes_sync(picture, media_type, _config())
    except kreuzberg.KreuzbergError:
        return Recognised()
    return Recognised(str(result.content).replace("\r\n", "\n"), tuple(_words(result.ocr_elements or ())))


def _words(elements: Iterable[dict[str, Any]]) -> Iterable[tuple[str, float, float, float, float]]:
    for element in elements:
        box = element["geometry"]
        if element["level"] == "word" and box["type"] == "rectangle":
            left, top = float(box["left"]), float(box["top"])
            yield element["text"], left, top, left + box["width"], top + box["height"]


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
