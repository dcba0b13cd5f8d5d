"""The pictures on a page of a PDF: where they are, whether text lies on them, and the page without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from docassay.schemas.pages import Frame
from docassay.transforms.formats.pdf_hidden import bounds

_SCAN = 0.5
"""Share of a page that its pictures cover where it is a scan."""
_ON_SCAN = 0.5
"""Share of what stands on a scanned page that lies on its pictures."""


class Picture(NamedTuple):
    """A picture as it is shown.

    Attributes:
        thing: pdfium's object.
        box: Its left, top, right and bottom, in points from the top left of the page, cut to it.
    """

    thing: raw.FPDF_PAGEOBJECT
    box: tuple[float, ...]

    @property
    def area(self) -> float:
        """In square points."""
        x0, y0, x1, y1 = self.box
        return (x1 - x0) * (y1 - y0)


def pictures_of(page: pdfium.PdfPage, frame: Frame) -> list[Picture]:
    """List the pictures of a page, those in its forms, too (ISO 32000-1, 8.10); none that lies off it."""
    count, give = raw.FPDFPage_CountObjects(page), lambda number: raw.FPDFPage_GetObject(page, number)
    found = (Picture(thing, frame.shown(*edges)) for thing, edges in _placed(count, give, pdfium.PdfMatrix()))
    return [picture for picture in found if not picture.area <= 0]


def are_scan(pictures: Sequence[Picture], middles: NDArray[np.float64], area: float) -> bool:
    """Tell whether pictures are those of a scanned page whose text is known.

    They are where they cover most of the page, and most of the text lies on them. A page of a letter on which
    a passport was copied has its text beside the picture.

    Args:
        pictures: All of the page.
        middles: Of each of its words, in points from the top left, [words, 2].
        area: Of the page, in square points.
    """
    if not (len(middles) and sum(picture.area for picture in pictures) > _SCAN * area):
        return False
    on = np.zeros(len(middles), np.bool_)
    for picture in pictures:
        on |= ((middles >= picture.box[:2]) & (middles <= picture.box[2:])).all(1)
    return float(on.mean()) >= _ON_SCAN


def leave_out(pictures: Sequence[Picture]) -> None:
    """Let pdfium draw their page without them.

    Raises:
        PdfiumError: It does not.
    """
    for picture in pictures:
        if not raw.FPDFPageObj_SetIsActive(picture.thing, False):
            raise pdfium.PdfiumError("a picture cannot be left out")


def _placed(
    count: int, give: Callable[[int], raw.FPDF_PAGEOBJECT], matrix: pdfium.PdfMatrix
) -> Iterator[tuple[raw.FPDF_PAGEOBJECT, tuple[float, ...]]]:
    """Give pictures with their left, bottom, right and top in the page's own coordinates."""
    for number in range(max(0, count)):
        thing = give(number)
        kind = raw.FPDFPageObj_GetType(thing)
        if kind == raw.FPDF_PAGEOBJ_FORM:
            own = raw.FS_MATRIX()
            raw.FPDFPageObj_GetMatrix(thing, own)
            inner = pdfium.PdfMatrix.from_raw(own).multiply(matrix)
            yield from _placed(
                raw.FPDFFormObj_CountObjects(thing),
                lambda number, form=thing: raw.FPDFFormObj_GetObject(form, number),  # type: ignore[misc]
                inner,
            )
        elif kind == raw.FPDF_PAGEOBJ_IMAGE and (edges := bounds(thing)):
            yield thing, matrix.on_rect(*edges)
