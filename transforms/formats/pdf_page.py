"""The text of one page of a PDF: the lines that are seen, a row of a table or of a form on one line.

pdfium gives the characters in the order in which the PDF's program wrote them, which is nearly always that
of reading, so it is kept. Only what makes a table unreadable is mended: cells of a row that were written
apart. It parts words by the distance between characters, and so it parts some that merely have wide gaps.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from ctypes import POINTER, c_ushort, cast, create_string_buffer
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.transforms.formats.pdf_fields import fields
from docassay.transforms.formats.pdf_hidden import Visibility
from docassay.transforms.formats.pdf_rows import NARROWEST_SPACE, Box, Line, rows

_LINE = re.compile(r"[^\r\n]+")
_WITHIN_WORD = re.compile(r"(?<=[a-zß-öø-ÿ]) (?=[a-zß-öø-ÿ])")
_LEVEL_ANGLE = 0.01
_HYPHEN = "\ufffe"
"""What pdfium gives for a hyphen at the end of a line; the line's end goes with it."""


def page_text(page: pdfium.PdfPage) -> str:
    """Give the text of a page, its lines parted by line ends.

    Raises:
        PdfiumError: The page cannot be read.
    """
    textpage = page.get_textpage()
    try:
        lines = [*_lines(page, textpage), *fields(page)]
    finally:
        textpage.close()
    return "\n".join(rows(lines, page.get_width()))


def _lines(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> Iterator[Line]:
    chars = _chars(textpage)
    gaps = _gaps_within_words(textpage, chars)
    visibility = Visibility(page, textpage)
    sideways = page.get_rotation() in (90, 270)
    for match in _LINE.finditer(chars):
        start, end = match.start(), match.start() + len(match.group().rstrip())
        if start == end:
            continue
        upright = not sideways and abs(raw.FPDFText_GetCharAngle(textpage, start)) < _LEVEL_ANGLE
        box, level = _box(textpage, start, end)
        places = _places(textpage, chars, start, end) if upright and not level else [start]
        for first, stop in pairwise([*places, end]):
            hyphen = chars.find(_HYPHEN, first, stop - 1)
            if len(places) > 1 or hyphen >= 0:  # a word that was parted stands where its line began
                box, level = _box(textpage, first, hyphen + 1 if hyphen >= 0 else stop)
            seen = visibility.seen(first, stop, box)
            text = _written(chars, seen, gaps).replace(_HYPHEN, "-").rstrip()
            if text.strip():
                yield Line(text, box, upright and level)


def _box(textpage: pdfium.PdfTextPage, start: int, end: int) -> tuple[Box, bool]:
    """Give the rectangle from a line's first to its last character, and whether they stand at one height."""
    first, last = raw.FS_RECTF(), raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(textpage, start, first)
    raw.FPDFText_GetLooseCharBox(textpage, end - 1, last)
    level = abs(first.bottom - last.bottom) < max(first.top - first.bottom, last.top - last.bottom) / 2
    box = Box(
        min(first.left, last.left),
        min(first.bottom, last.bottom),
        max(first.right, last.right),
        max(first.top, last.top),
    )
    return box, level and first.left <= last.left


def _places(textpage: pdfium.PdfTextPage, chars: str, start: int, end: int) -> list[int]:
    """Find where a line goes on at another height, as figures below each other do that pdfium takes for one.

    It does so behind a hyphen, too, but there it is to be one line.
    """
    places = [start]
    before, char = raw.FS_RECTF(), raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(textpage, start, before)
    for at in range(start + 1, end):
        raw.FPDFText_GetLooseCharBox(textpage, at, char)
        if char.top <= char.bottom:  # a space that pdfium added has no height
            continue
        apart = char.top < before.bottom or char.bottom > before.top
        if apart and chars[at - 1] != _HYPHEN:
            places.append(at)
        before, char = char, before
    return places


def _written(chars: str, seen: Sequence[int], gaps: Sequence[int]) -> str:
    """Write the characters that are seen, without the gaps, which are in order."""
    if not isinstance(seen, range):
        return "".join(chars[at] for at in seen if at not in gaps)
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


def _gaps_within_words(textpage: pdfium.PdfTextPage, chars: str) -> list[int]:
    """Find the spaces that pdfium saw where the letters of a word merely stand apart."""
    gaps = []
    before, after = raw.FS_RECTF(), raw.FS_RECTF()
    for match in _WITHIN_WORD.finditer(chars):
        at = match.start()
        if raw.FPDFText_IsGenerated(textpage, at) == 1:
            raw.FPDFText_GetLooseCharBox(textpage, at - 1, before)
            raw.FPDFText_GetLooseCharBox(textpage, at + 1, after)
            if after.left - before.right < NARROWEST_SPACE * (before.top - before.bottom):
                gaps.append(at)
    return gaps
