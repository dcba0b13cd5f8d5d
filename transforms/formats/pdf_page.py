"""The text of one page of a PDF: the lines that are seen, a row of a table or of a form on one line.

pdfium gives the characters in the order in which the PDF's program wrote them, which is nearly always that
of reading, so it is kept. Only what makes a table unreadable is mended: cells of a row that were written
apart. It parts words by the distance between characters, and so it parts some that merely have wide gaps.

Beside the text stands where each of its characters is, in the page's own coordinates.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from ctypes import (
    POINTER,
    PYFUNCTYPE,
    addressof,
    c_char,
    c_int,
    c_ushort,
    c_void_p,
    cast,
    create_string_buffer,
    sizeof,
)
from itertools import pairwise
from math import pi
from typing import NamedTuple

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.schemas.pages import NOWHERE, Frame, packed_places
from docassay.transforms.formats.pdf_doubt import Judged, is_doubted
from docassay.transforms.formats.pdf_hidden import Visibility, page_box
from docassay.transforms.formats.pdf_rows import NARROWEST_SPACE, SPACE, Box, Line, Written, rows

_VALUE_OF = {raw.FPDF_ANNOT_WIDGET: b"V", raw.FPDF_ANNOT_FREETEXT: b"Contents"}
"""The entry of an annotation's dictionary that is shown (ISO 32000-1, 12.5.6.6 and 12.7.3)."""
_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_TICKS = {"Off": "", "Yes": "X", "On": "X"}
_MOST = 5_000


def fields(page: pdfium.PdfPage, places: bytearray) -> Iterator[Line]:
    """Give what each field of a page shows, with where it stands; empty ones give nothing.

    The rectangle of each is added to `places`, for all its characters.
    """
    for number in range(min(_MOST, raw.FPDFPage_GetAnnotCount(page))):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            key = _VALUE_OF.get(raw.FPDFAnnot_GetSubtype(annotation))
            if key is None or raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                continue
            rectangle = raw.FS_RECTF()
            value = _string(annotation, key)
            if value and raw.FPDFAnnot_GetRect(annotation, rectangle):
                box = Box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
                at = len(places) // sizeof(rectangle)
                places += bytes(rectangle)
                whole = tuple(SPACE if char == "\n" else range(at, at + 1) for char in value)
                yield Line(value, box.turned(page.get_rotation()), field=True, at=whole)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def has_signature(page: pdfium.PdfPage) -> bool:
    """Tell whether a signature field of a page, seen or not, has a value."""
    for number in range(min(_MOST, raw.FPDFPage_GetAnnotCount(page))):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            if _string(annotation, b"FT") == "Sig" and raw.FPDFAnnot_HasKey(annotation, b"V"):
                return True
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return False


def _string(annotation: raw.FPDF_ANNOTATION, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(annotation, key, cast(buffer, POINTER(c_ushort)), size)
    value = buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip().replace("\r\n", "\n")
    return _TICKS.get(value, value)


_LINE = re.compile(r"[^\r\n]+")
_WITHIN_WORD = re.compile(r"(?<=[a-zß-öø-ÿ]) (?=[a-zß-öø-ÿ])")
_ANGLES = {0: 0.0, 90: 1.5 * pi, 180: pi, 270: 0.5 * pi}
"""Angle of characters that are shown upright, by the angle by which their page is turned."""
_LEVEL_ANGLE = 0.01
_LONG = 2_000
_PLACE = sizeof(raw.FS_RECTF)
_put_place = cast(raw.FPDFText_GetLooseCharBox, PYFUNCTYPE(None, c_void_p, c_int, c_void_p))
"""The same function by addresses, three times as fast to call: it is called for every character."""
_HYPHEN = "\ufffe"
"""What pdfium gives for a hyphen at the end of a line; the line's end goes with it."""


class PageText(NamedTuple):
    """The text of a page, its lines parted by line ends.

    Attributes:
        places: Where each character stands, as `schemas.pages.packed_places` gives it.
        doubted: The page may show other words (`pdf_doubt`).
    """

    text: str
    places: bytes
    doubted: bool


def page_text(page: pdfium.PdfPage, judged: Judged) -> PageText:
    """Give the text of a page, and where it stands; `judged` gains the fonts that were judged.

    Raises:
        PdfiumError: The page cannot be read.
    """
    textpage = page.get_textpage()
    if page.get_rotation() and raw.FPDFText_GetCharAngle(textpage, 0) == 0:
        # It is shown lying on its side, and pdfium would give its lines from the last to the first.
        textpage.close()
        page.set_rotation(0)
        textpage = page.get_textpage()
    try:
        places = _places(textpage)
        chars = _chars(textpage)
        standing = bytes(places)
        rectangles = np.frombuffer(standing, np.float32).reshape(-1, 4)
        doubted = is_doubted(page, textpage, chars, rectangles, judged)
        lines = list(_lines(page, textpage, chars, memoryview(standing).cast("f")))
        lines += fields(page, places)
    finally:
        textpage.close()
    written = list(rows(lines, page.get_width()))
    text = "\n".join(row.text for row in written)
    return PageText(text, packed_places(_in_order(written, places)), doubted)


def page_frame(page: pdfium.PdfPage) -> Frame:
    """Give the part of a page that is shown, and how it is turned."""
    return Frame(*page_box(page), page.get_rotation())


def _in_order(written: list[Written], places: bytearray) -> bytes:
    """Give the rectangles of a page's characters in the order of its text, line ends included."""
    size = len(NOWHERE)
    whole = memoryview(places)
    ordered = bytearray()
    for row in written:
        for run in row.at:
            ordered += NOWHERE if run.start < 0 else whole[size * run.start : size * run.stop]
        ordered += NOWHERE
    return bytes(ordered[:-size])


def _places(textpage: pdfium.PdfTextPage) -> bytearray:
    """Give an `FS_RECTF` for each character, as high as its font, as wide as its advance."""
    count = max(0, textpage.count_chars())
    places = bytearray(_PLACE * count)
    held = (c_char * len(places)).from_buffer(places)
    first, handle = addressof(held), cast(textpage.raw, c_void_p).value
    for at, address in enumerate(range(first, first + len(places), _PLACE)):
        _put_place(handle, at, address)
    return places


def _lines(
    page: pdfium.PdfPage, textpage: pdfium.PdfTextPage, chars: str, places: memoryview[float]
) -> Iterator[Line]:
    rotation = page.get_rotation()
    gaps = _gaps_within_words(textpage, chars, places, rotation)
    visibility = Visibility(page, textpage)
    for match in _LINE.finditer(chars):
        start, end = match.start(), match.start() + len(match.group().rstrip())
        if start == end:
            continue
        turned = raw.FPDFText_GetCharAngle(textpage, start) - _ANGLES[rotation]
        upright = abs(turned) < _LEVEL_ANGLE
        box, level = _box(places, start, end, rotation)
        levels = (
            _levels(places, chars, start, end, rotation)
            if upright and not level and end - start < _LONG
            else [start]
        )
        for first, stop in pairwise([*levels, end]):
            hyphen = chars.find(_HYPHEN, first, stop - 1)
            if len(levels) > 1 or hyphen >= 0:  # a word that was parted stands where its line began
                box, level = _box(places, first, hyphen + 1 if hyphen >= 0 else stop, rotation)
            at = _shown(visibility.seen(first, stop, box), gaps)
            text = "".join(chars[run.start : run.stop] for run in at).replace(_HYPHEN, "-").rstrip()
            if text.strip():
                yield Line(text, box, upright and level, at=at)


def _char_box(places: memoryview[float], at: int, rotation: int) -> Box:
    """Give the rectangle of a character as the page is shown."""
    left, top, right, bottom = places[4 * at : 4 * at + 4]
    upright = Box(left, bottom, right, top)
    return upright.turned(rotation) if rotation else upright


def _box(places: memoryview[float], start: int, end: int, rotation: int) -> tuple[Box, bool]:
    """Give the rectangle from a line's first to its last character, and whether they stand at one height."""
    first, last = _char_box(places, start, rotation), _char_box(places, end - 1, rotation)
    level = abs(first.bottom - last.bottom) < max(first.height, last.height) / 2
    box = Box(
        min(first.left, last.left),
        min(first.bottom, last.bottom),
        max(first.right, last.right),
        max(first.top, last.top),
    )
    return box, level and first.left <= last.left


def _levels(places: memoryview[float], chars: str, start: int, end: int, rotation: int) -> list[int]:
    """Find where a line goes on at another height, as figures below each other do that pdfium takes for one.

    It does so behind a hyphen, too, but there it is to be one line.
    """
    levels = [start]
    before = _char_box(places, start, rotation)
    for at in range(start + 1, end):
        char = _char_box(places, at, rotation)
        if char.height <= 0:  # a space that pdfium added
            continue
        apart = char.top < before.bottom or char.bottom > before.top
        if apart and chars[at - 1] != _HYPHEN:
            levels.append(at)
        before = char
    return levels


def _shown(seen: Sequence[int], gaps: Sequence[int]) -> tuple[range, ...]:
    """Give the characters that are seen, in stretches, without the gaps, which are in order."""
    if not isinstance(seen, range):
        inner = gaps[bisect_left(gaps, seen[0]) : bisect_right(gaps, seen[-1])] if seen else ()
        left_out = set(inner)
        return tuple(range(at, at + 1) for at in seen if at not in left_out)
    inner = gaps[bisect_left(gaps, seen.start) : bisect_left(gaps, seen.stop)]
    starts = [seen.start, *(at + 1 for at in inner)]
    return tuple(range(start, end) for start, end in zip(starts, [*inner, seen.stop], strict=True))


def _chars(textpage: pdfium.PdfTextPage) -> str:
    """Give the characters, so that each stands at pdfium's own index of it."""
    count = textpage.count_chars()
    if count <= 0:
        return ""
    buffer = create_string_buffer(2 * (count + 1))
    raw.FPDFText_GetText(textpage, 0, count, cast(buffer, POINTER(c_ushort)))
    chars = buffer.raw[: 2 * count].decode("utf-16-le", "replace")
    if len(chars) == count:
        return chars
    return "".join(chr(raw.FPDFText_GetUnicode(textpage, at)) for at in range(count))


def _gaps_within_words(
    textpage: pdfium.PdfTextPage, chars: str, places: memoryview[float], rotation: int
) -> list[int]:
    """Find the spaces that pdfium saw where the letters of a word merely stand apart."""
    gaps = []
    for match in _WITHIN_WORD.finditer(chars):
        at = match.start()
        if places[4 * at + 1] > places[4 * at + 3]:  # those that pdfium added have no size
            continue
        if raw.FPDFText_IsGenerated(textpage, at) != 1:
            continue
        before, after = _char_box(places, at - 1, rotation), _char_box(places, at + 1, rotation)
        if -before.height / 2 < after.left - before.right < NARROWEST_SPACE * before.height:
            gaps.append(at)
    return gaps
