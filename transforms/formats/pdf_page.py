"""The text of one page of a PDF: the lines that are seen, a row of a table or of a form on one line.

pdfium gives the characters in the order in which the PDF's program wrote them, which is nearly always that
of reading, so it is kept. Only what makes a table unreadable is mended: cells of a row that were written
apart. It parts words by the distance between characters, and so it parts some that merely have wide gaps.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from ctypes import POINTER, c_ushort, cast, create_string_buffer
from itertools import pairwise
from math import pi

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.transforms.formats.pdf_fields import fields
from docassay.transforms.formats.pdf_hidden import Visibility
from docassay.transforms.formats.pdf_rows import NARROWEST_SPACE, Box, Line, rows

_LINE = re.compile(r"[^\r\n]+")
_WITHIN_WORD = re.compile(r"(?<=[a-zß-öø-ÿ]) (?=[a-zß-öø-ÿ])")
_ANGLES = {0: 0.0, 90: 1.5 * pi, 180: pi, 270: 0.5 * pi}
"""Angle of characters that are shown upright, by the angle by which their page is turned."""
_LEVEL_ANGLE = 0.01
_LONG = 2_000
_HYPHEN = "\ufffe"
"""What pdfium gives for a hyphen at the end of a line; the line's end goes with it."""


def page_text(page: pdfium.PdfPage) -> str:
    """Give the text of a page, its lines parted by line ends.

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
        lines = [*_lines(page, textpage), *fields(page)]
    finally:
        textpage.close()
    return "\n".join(rows(lines, page.get_width()))


def _lines(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> Iterator[Line]:
    rotation = page.get_rotation()
    chars = _chars(textpage)
    gaps = _gaps_within_words(textpage, chars, rotation)
    visibility = Visibility(page, textpage)
    for match in _LINE.finditer(chars):
        start, end = match.start(), match.start() + len(match.group().rstrip())
        if start == end:
            continue
        turned = raw.FPDFText_GetCharAngle(textpage, start) - _ANGLES[rotation]
        upright = abs(turned) < _LEVEL_ANGLE
        box, level = _box(textpage, start, end, rotation)
        places = (
            _places(textpage, chars, start, end, rotation)
            if upright and not level and end - start < _LONG
            else [start]
        )
        for first, stop in pairwise([*places, end]):
            hyphen = chars.find(_HYPHEN, first, stop - 1)
            if len(places) > 1 or hyphen >= 0:  # a word that was parted stands where its line began
                box, level = _box(textpage, first, hyphen + 1 if hyphen >= 0 else stop, rotation)
            seen = visibility.seen(first, stop, box)
            text = _written(chars, seen, gaps).replace(_HYPHEN, "-").rstrip()
            if text.strip():
                yield Line(text, box, upright and level)


def _char_box(textpage: pdfium.PdfTextPage, at: int, rotation: int) -> Box:
    """Give the rectangle of a character as the page is shown, as high as its font, as wide as its advance."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(textpage, at, box)
    upright = Box(box.left, box.bottom, box.right, box.top)
    return upright.turned(rotation) if rotation else upright


def _box(textpage: pdfium.PdfTextPage, start: int, end: int, rotation: int) -> tuple[Box, bool]:
    """Give the rectangle from a line's first to its last character, and whether they stand at one height."""
    first, last = _char_box(textpage, start, rotation), _char_box(textpage, end - 1, rotation)
    level = abs(first.bottom - last.bottom) < max(first.height, last.height) / 2
    box = Box(
        min(first.left, last.left),
        min(first.bottom, last.bottom),
        max(first.right, last.right),
        max(first.top, last.top),
    )
    return box, level and first.left <= last.left


def _places(textpage: pdfium.PdfTextPage, chars: str, start: int, end: int, rotation: int) -> list[int]:
    """Find where a line goes on at another height, as figures below each other do that pdfium takes for one.

    It does so behind a hyphen, too, but there it is to be one line.
    """
    places = [start]
    before = _char_box(textpage, start, rotation)
    for at in range(start + 1, end):
        char = _char_box(textpage, at, rotation)
        if char.height <= 0:  # a space that pdfium added
            continue
        apart = char.top < before.bottom or char.bottom > before.top
        if apart and chars[at - 1] != _HYPHEN:
            places.append(at)
        before = char
    return places


def _written(chars: str, seen: Sequence[int], gaps: Sequence[int]) -> str:
    """Write the characters that are seen, without the gaps, which are in order."""
    if not isinstance(seen, range):
        inner = gaps[bisect_left(gaps, seen[0]) : bisect_right(gaps, seen[-1])] if seen else ()
        left_out = set(inner)
        return "".join(chars[at] for at in seen if at not in left_out)
    inner = gaps[bisect_left(gaps, seen.start) : bisect_left(gaps, seen.stop)]
    starts = [seen.start, *(at + 1 for at in inner)]
    return "".join(chars[start:end] for start, end in zip(starts, [*inner, seen.stop], strict=True))


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


def _gaps_within_words(textpage: pdfium.PdfTextPage, chars: str, rotation: int) -> list[int]:
    """Find the spaces that pdfium saw where the letters of a word merely stand apart."""
    gaps = []
    before, after = raw.FS_RECTF(), raw.FS_RECTF()  # one pair for a page: this runs for every space
    for match in _WITHIN_WORD.finditer(chars):
        at = match.start()
        if raw.FPDFText_IsGenerated(textpage, at) != 1:
            continue
        raw.FPDFText_GetLooseCharBox(textpage, at - 1, before)
        raw.FPDFText_GetLooseCharBox(textpage, at + 1, after)
        if rotation in (0, 180):
            height = before.top - before.bottom
            gap = after.left - before.right if rotation == 0 else before.left - after.right
        else:
            height = before.right - before.left
            gap = after.bottom - before.top if rotation == 90 else before.bottom - after.top
        if -height / 2 < gap < NARROWEST_SPACE * height:
            gaps.append(at)
    return gaps
