"""The text of one page of a PDF: the lines that are seen, a row of a table on one line.

pdfium gives the characters in the order in which the PDF's program wrote them, which is nearly always that of
reading, so it is kept. Only what makes a table unreadable is mended: cells of a row that were written apart. It
parts words by the distance between characters, and so it parts some that merely have wide gaps within.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ctypes import POINTER, c_ushort, cast, create_string_buffer

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from docassay.transforms.formats.pdf_hidden import Visibility
from docassay.transforms.formats.pdf_rows import NARROWEST_SPACE, Box, Line, rows

_LINE = re.compile(r"[^\r\n]+")
_WITHIN_WORD = re.compile(r"(?<=[a-zß-öø-ÿ]) (?=[a-zß-öø-ÿ])")
_HYPHEN = "\ufffe"
"""What pdfium gives for a hyphen at the end of a line; the line's end goes with it."""


def page_text(page: pdfium.PdfPage) -> str:
    """Give the text of a page, its lines parted by line ends.

    Raises:
        PdfiumError: The page cannot be read.
    """
    textpage = page.get_textpage()
    try:
        lines = list(_lines(page, textpage))
    finally:
        textpage.close()
    return "\n".join(rows(lines, page.get_width()))


def _lines(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> Iterator[Line]:
    chars = _chars(textpage)
    gaps = _gaps_within_words(textpage, chars)
    visibility = Visibility(page, textpage)
    sideways = page.get_rotation() in (90, 270)
    first, last = raw.FS_RECTF(), raw.FS_RECTF()
    for match in _LINE.finditer(chars):
        start, end = match.start(), match.start() + len(match.group().rstrip())
        if start == end:
            continue
        raw.FPDFText_GetLooseCharBox(textpage, start, first)
        raw.FPDFText_GetLooseCharBox(textpage, end - 1, last)
        box = Box(
            min(first.left, last.left),
            min(first.bottom, last.bottom),
            max(first.right, last.right),
            max(first.top, last.top),
        )
        seen = visibility.seen(start, end, box)
        upright = not sideways and first.left <= last.left and abs(first.bottom - last.bottom) < box.height / 2
        text = "".join(chars[at] for at in seen if at not in gaps).replace(_HYPHEN, "-").rstrip()
        if text.strip():
            yield Line(text, box, upright)


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


def _gaps_within_words(textpage: pdfium.PdfTextPage, chars: str) -> frozenset[int]:
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
    return frozenset(gaps)
