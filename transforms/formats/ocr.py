"""OCR of a picture, with the Tesseract that kreuzberg brings; its language data must be installed."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from docassay.schemas.pages import NOWHERE, Frame, packed_places, paged
from docassay.transforms.formats import Limits, Look, Read, Unusable, plain
from docassay.transforms.formats.media_types import JPEG, PNG, TIFF

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig


NO_LIBRARY = "--ocr needs the extra `ocr`: pip install '.[ocr]'"
NO_TESSERACT = (
    "--ocr needs Tesseract, which is not installed: apt-get install tesseract-ocr, or brew install tesseract"
)

_SLACK = 8
_FARTHEST = 200
"""Characters of a text that are searched for the next word."""


def has_tesseract() -> bool:
    """Tell whether Tesseract is on the PATH, and so its language data where kreuzberg looks for it."""
    return shutil.which("tesseract") is not None


def lacking() -> str:
    """Say what OCR needs that is not installed, with the command that installs it; "" where all is there."""
    if find_spec("kreuzberg") is None:
        return NO_LIBRARY
    return "" if has_tesseract() else NO_TESSERACT


Word = tuple[str, float, float, float, float]
"""A word, and its left, top, right and bottom, in pixels."""


@dataclass(frozen=True, slots=True)
class Recognised:
    r"""What was read in a picture.

    Attributes:
        text: Its text; line ends are ``\n``, so that cleaning it moves nothing.
        words: The words in their order.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
    """

    text: str = ""
    words: tuple[Word, ...] = ()
    width: int = 0
    height: int = 0

    def places(self, scale: float = 1.0) -> bytes:
        """Give where each character stands, as `schemas.pages.packed_places` does, in a frame from 0, 0.

        A word's characters are taken to be equally wide. A word that is not found in the text, near the one
        before it, is passed over.

        Args:
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
                edges = (left + n * step, self.height - top, left + (n + 1) * step, self.height - bottom)
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
    width, height = result.metadata.get("width", 0), result.metadata.get("height", 0)
    words = tuple(_words(result.ocr_elements or (), _enlarged(width, height)))
    if any(right > width + _SLACK or bottom > height + _SLACK for *_, right, bottom in words):
        words = ()  # measured in other pixels than was thought
    return Recognised(str(result.content).replace("\r\n", "\n"), words, width, height)


def _words(elements: Iterable[dict[str, Any]], scale: float) -> Iterator[Word]:
    for element in elements:
        box = element["geometry"]
        if element["level"] == "word" and box["type"] == "rectangle":
            left, top = box["left"], box["top"]
            right, bottom = left + box["width"], top + box["height"]
            yield element["text"], left / scale, top / scale, right / scale, bottom / scale


def _enlarged(width: int, height: int) -> float:
    """Tell how much larger the picture is that Tesseract is given, in whose pixels words are placed.

    kreuzberg takes each for one of 72 dpi and makes that 300, up to 4,096 pixels; a test holds it to this.
    """
    scale = min(300 / 72, 4_096 / max(1, width, height))
    return 1.0 if 1.0 <= scale < 1.05 else scale


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


MEDIA_TYPES = frozenset({PNG, JPEG, TIFF})


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read the text in a picture, page by page; a pixel counts as a point.

    Raises:
        Unusable: OCR is off or not installed, or finds no text; or beyond `limits`.
    """
    if not limits.ocr:
        raise Unusable("no_text", "a picture; OCR is off: --ocr reads it where Tesseract is installed")
    if lack := lacking():
        raise Unusable("no_text", f"a picture; {lack}")
    pages: list[Recognised] = []
    for page in _pages(content) if media_type == TIFF else [content]:
        if len(pages) == limits.pages:
            raise Unusable("too_many_pages", f"more than {limits.pages:,} pages")
        found = recognise(page, media_type)
        pages.append(replace(found, text=found.text.strip()))
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
