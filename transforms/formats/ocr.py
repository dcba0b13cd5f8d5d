"""OCR of pictures with RapidOCR: PP-OCRv6 finds the lines and reads them; the wheel holds its weights.

It reads English, German, French and some fifty other languages without being told which. Nothing is
downloaded.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from docassay.schemas.pages import NOWHERE, Frame, packed_places, paged
from docassay.transforms.formats import Limits, Look, Read, Unusable, plain
from docassay.transforms.formats.media_types import JPEG, PNG, TIFF
from docassay.transforms.formats.ocr_order import Quad, in_order, is_sideways

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MEDIA_TYPES = frozenset({PNG, JPEG, TIFF})

NO_LIBRARY = "--ocr needs the extra `ocr`: pip install '.[ocr]'"

MOST_PIXELS = 120_000_000
"""Most pixels of a picture that is read; A3 at 600 dpi has 70 million."""

_LONGEST_SIDE = 4_000
"""Pixels of the longer side to which a larger picture is scaled down before it is read."""

_LEAST_SIDE = 8
"""Pixels of a side below which a picture can show no letters."""

_MOST_SLENDER = 4
"""Largest ratio of the longer side to the shorter; a more slender picture is padded with white.

RapidOCR enlarges the shorter side to 736 pixels, and the longer one in proportion.
"""

_LEAST_CERTAINTY = 0.85
"""Mean certainty of the letters that were read below which a page is read upside down, too.

Of 25 receipts, none was below .96 when it stood upright, and none above .73 upside down
(`research.benchmarks.receipts --certainty --every 25`).
"""

_SHARP_S = re.compile("(?<=[a-zäöü])β")
"""A beta that was read for ``ß``: a small letter stands before it, unlike in `β-Blocker` and `TGFβ`."""

_LEAST_OF_LINE = 0.5
"""Certainty below which a line is left out: marks that are not letters are read as letters."""


def lacking() -> str:
    """Say what OCR needs that is not installed, with the command that installs it; "" where all is there."""
    return NO_LIBRARY if find_spec("rapidocr") is None or find_spec("onnxruntime") is None else ""


@dataclass(frozen=True, slots=True)
class Recognised:
    r"""The text that was read in a picture.

    Attributes:
        text: Its text; line ends are ``\n``, so that cleaning it moves nothing.
        places: Where each character stands, packed by `schemas.pages.packed_places`, in a frame from 0, 0.
            The characters of a word are taken to be equally wide.
    """

    text: str = ""
    places: bytes = b""


class _Line(NamedTuple):
    """A line as it was read, in pixels from the top left of the picture that was read."""

    text: str
    certainty: float
    corners: Quad
    words: tuple[tuple[str, Quad], ...]


def recognise(pixels: NDArray[np.uint8], scale: float = 1.0) -> Recognised:
    """Read the text in a picture, and where it stands; the text is empty if none is found.

    A picture that lies on its side or upside down is read the right way up; the places are those in the
    picture as given.

    Args:
        pixels: (height, width) shades of grey, or (height, width, 3) of red, green and blue.
        scale: Pixels of the picture per unit of its places.
    """
    lines, turns = _upright(pixels)
    kept = [line for line in lines if line.certainty >= _LEAST_OF_LINE]
    text, places = bytearray(), bytearray()
    size = pixels.shape[1], pixels.shape[0]
    written = in_order([(line.words, line.corners) for line in kept])
    for row in written:
        for word, corners in row:
            text += word.encode() + b" "
            places += _chars(word, corners, size, turns, scale) + NOWHERE
        text[-1:] = b"\n"
    return Recognised(text.decode().removesuffix("\n"), packed_places(bytes(places[: -len(NOWHERE)])))


def _chars(word: str, corners: Quad, size: tuple[int, int], turns: int, scale: float) -> bytes:
    """Give left, top, right and bottom of each character of a word, y upwards, in the picture as given."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top, bottom = min(xs), min(ys), max(ys)
    step = (max(xs) - left) / len(word)
    packed = bytearray()
    for n in range(len(word)):
        first = _back(left + n * step, top, size, turns)
        second = _back(left + (n + 1) * step, bottom, size, turns)
        (x0, x1), (y0, y1) = map(sorted, zip(first, second, strict=True))
        packed += struct.pack("<4f", *(edge / scale for edge in (x0, size[1] - y0, x1, size[1] - y1)))
    return bytes(packed)


def _back(x: float, y: float, size: tuple[int, int], turns: int) -> tuple[float, float]:
    """Map a point of a turned picture to where it is in the picture as given."""
    width, height = size
    return ((x, y), (width - y, x), (width - x, height - y), (y, height - x))[turns]


def _upright(pixels: NDArray[np.uint8]) -> tuple[list[_Line], int]:
    """Read a picture the right way up.

    Returns:
        Its lines, and the number of quarter turns, anticlockwise, that it was given.
    """
    import numpy as np

    if min(pixels.shape[:2]) < _LEAST_SIDE:
        return [], 0
    turns = 0
    lines = lines_of(pixels)
    if is_sideways([line.corners for line in lines]):
        turns, lines = 1, lines_of(np.rot90(pixels))
    if lines and certainty(lines) < _LEAST_CERTAINTY:
        turned = lines_of(np.rot90(pixels, turns + 2))
        if certainty(turned) > certainty(lines):
            turns, lines = turns + 2, turned
    return lines, turns


def certainty(lines: Sequence[_Line]) -> float:
    """Compute the mean certainty of the letters of some lines; 0 where there are none."""
    letters = sum(len(line.text) for line in lines)
    return sum(line.certainty * len(line.text) for line in lines) / letters if letters else 0.0


def lines_of(pixels: NDArray[np.uint8]) -> list[_Line]:
    """Read the lines of a picture as it lies."""
    import numpy as np

    height, width = pixels.shape[:2]
    least = -(-max(height, width) // _MOST_SLENDER)
    beside = [(0, max(0, least - height)), (0, max(0, least - width)), (0, 0)][: pixels.ndim]
    # RapidOCR expects blue, green and red.
    given = np.pad(pixels if pixels.ndim == 2 else pixels[:, :, ::-1], beside, constant_values=255)
    try:
        found = _engine()(given, return_word_box=True)
    except IndexError:  # RapidOCR 3.10 drops lines of which it can place no word, but counts them
        found = _engine()(given, return_word_box=False)
    if found.boxes is None or not found.txts:
        return []
    placed: Sequence[Any] = found.word_results
    if len(placed) != len(found.txts):
        placed = [()] * len(found.txts)
    lines = []
    for text, score, corners, words in zip(found.txts, found.scores, found.boxes, placed, strict=True):
        whole = _quad(corners)
        parts = tuple((_SHARP_S.sub("ß", word), _quad(box)) for word, _, box in words if box and word.strip())
        if not parts:
            parts = ((text, whole),)
        if text.strip():
            lines.append(_Line(text, float(score), whole, parts))
    return lines


def _quad(corners: Any) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = corners
    return (float(a), float(b)), (float(c), float(d)), (float(e), float(f)), (float(g), float(h))


@cache
def _engine() -> Any:
    import rapidocr

    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,  # what is left out is decided here
            "Global.use_cls": False,  # a page is turned as a whole
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read the text in a picture, page by page; a pixel counts as a point.

    Raises:
        Unusable: OCR is off, is not installed or finds no text; or the picture exceeds `limits`.
    """
    if not limits.ocr:
        raise Unusable("no_text", "a picture; OCR is off: --ocr reads it where the extra `ocr` is installed")
    if lack := lacking():
        raise Unusable("no_text", f"a picture; {lack}")
    texts, frames, places = [], [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is odd in a picture
        for number, (pixels, scale) in enumerate(_pages(content, media_type)):
            if number == limits.pages:
                raise Unusable("too_many_pages", f"more than {limits.pages:,} pages")
            found = recognise(pixels, scale)
            texts.append(found.text)
            frames.append(Frame(0, 0, pixels.shape[1] / scale, pixels.shape[0] / scale))
            places.append(found.places)
    text, sheets = paged(texts, frames, places)
    if plain.is_blank(plain.clean(text)):
        raise Unusable("no_text", "OCR found no text: the picture has none, or is damaged")
    looks = tuple(Look(unread=not page) for page in texts)
    return Read(plain.bounded(text, limits), pages=sheets, looks=looks)


def _pages(content: bytes, media_type: str) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Yield the pixels of each page of a picture, and the factor by which the page was scaled.

    Of a damaged file, yield the pages before the damage.

    Raises:
        Unusable: A page has more than `MOST_PIXELS`.
    """
    from PIL import Image, ImageSequence

    Image.MAX_IMAGE_PIXELS = None  # they are counted here
    # For damaged pictures Pillow raises these, and UnidentifiedImageError, which is an OSError.
    damaged = suppress(OSError, ValueError, SyntaxError, struct.error, EOFError)
    with damaged, Image.open(io.BytesIO(content)) as opened:
        # An animated PNG is read as the picture that it begins with.
        for page in ImageSequence.Iterator(opened) if media_type == TIFF else [opened]:
            if page.width * page.height > MOST_PIXELS:
                detail = f"{page.width * page.height:,} pixels; at most {MOST_PIXELS:,} are read"
                raise Unusable("too_large", detail)
            yield _pixels(page)


def _pixels(page: Image) -> tuple[NDArray[np.uint8], float]:
    import numpy as np
    from PIL import Image, ImageOps

    longest = max(page.size)
    page.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG is unpacked smaller at once
    page.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    shown = ImageOps.exif_transpose(page)
    if shown.has_transparency_data:  # on white, as it is shown
        shown = shown.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    return np.asarray(shown.convert("RGB")), max(shown.size) / longest
