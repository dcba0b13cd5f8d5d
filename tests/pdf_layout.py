"""Where the ink of each character of a PDF stands, asked of the engine itself."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

HYPHENS = "\ufffe\x02\xad"
"""What pdfium gives for a hyphen at a line's end, here and there."""

Middle = tuple[str, float, float]


class Layout:
    """A PDF as the engine has it: where the ink of each character is, and where fields are."""

    def __init__(self, content: bytes) -> None:
        """Open it."""
        self._document = pdfium.PdfDocument(content)
        self._middles: dict[int, list[Middle]] = {}

    def close(self) -> None:
        """Close it."""
        self._document.close()

    def holds(self, text: str, boxes: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether the characters in some boxes are those of a text."""
        return bool(boxes) and _shown(self._read(boxes)) == _shown(text)

    def _read(self, boxes: Iterable[Mapping[str, Any]]) -> str:
        return "".join(
            char
            for box in boxes
            for char, x, y in self._page(box["page"])
            if box["x0"] <= x <= box["x1"] and box["y0"] <= y <= box["y1"]
        )

    def _page(self, number: int) -> list[Middle]:
        if number not in self._middles:
            page = self._document[number - 1]
            self._middles[number] = list(_characters(page))
            page.close()
        return self._middles[number]


def _characters(page: pdfium.PdfPage) -> Iterable[Middle]:
    """Give each character with the middle of its ink, in points from the upper left of the page as shown."""
    textpage = page.get_textpage()
    width, height = page.get_size()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y = ctypes.c_int(), ctypes.c_int()
    fine = 100
    for at in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(textpage, at)
        raw.FPDFText_GetCharBox(textpage, at, left, right, bottom, top)
        middle = (left.value + right.value) / 2, (bottom.value + top.value) / 2
        raw.FPDF_PageToDevice(page, 0, 0, int(width * fine), int(height * fine), 0, *middle, x, y)
        yield chr(code), x.value / fine, y.value / fine
    textpage.close()


def _shown(text: str) -> str:
    for hyphen in HYPHENS:
        text = text.replace(hyphen, "-")
    return "".join(text.replace("\ufffd", "").encode("utf-16", "ignore").decode("utf-16").split())
