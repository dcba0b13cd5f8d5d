"""Draw the pages of a PDF, and write notes on them, in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from docassay.schemas.pages import Box
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.worker import Pool, run

_DRAW = "docassay.transforms.isolation.draw:draw_pages"
_ANNOTATE = "docassay.transforms.isolation.draw:write_notes"

NoteOf = tuple[Sequence[Box], tuple[int, int, int], str, str]
"""Boxes of a highlight; its red, green and blue, to 255; a title; what it says."""


class Picture(NamedTuple):
    """A page that was drawn.

    Attributes:
        page: Its number, from 1.
        width: In points, as it is shown.
        height: In points.
        png: A PNG file.
    """

    page: int
    width: float
    height: float
    png: bytes


def draw(content: bytes, choose: Callable[[int], Sequence[int]], limits: Limits) -> Iterator[Picture]:
    """Draw pages of a PDF; what cannot be drawn is left out.

    A page that takes longer than `Limits.seconds`, or more memory than is allowed, costs itself alone; after
    the third, no more are tried.

    Args:
        content: The PDF.
        choose: Gives the numbers of the pages that are wanted, from 1, where it is told how many there are.
        limits: Bounds of each page.
    """
    waiting: list[int] | None = None

    def answer(_: object) -> list[int] | None:
        return waiting

    lost = 0
    while lost < 3 and (waiting is None or waiting):
        try:
            with Pool(_DRAW, limits) as pool:
                responses = pool.stream(content, _drawn, answer)
                pages = next(responses, 0)
                waiting = list(choose(pages)) if waiting is None else waiting
                while waiting:
                    picture = next(responses, None)
                    number = waiting.pop(0)
                    if picture:
                        yield Picture(number, *picture)
        except Unusable:
            lost += 1
            waiting = waiting and waiting[1:]


def annotate(content: bytes, notes: Sequence[NoteOf], limits: Limits) -> bytes | None:
    """Write a PDF with notes on its pages, as highlights; None where it cannot be read or written in time."""
    try:
        return run(_ANNOTATE, (content, notes), limits, _file)
    except Unusable:
        return None


def draw_pages(request: Request) -> Iterator[Any]:
    """Draw pages of the PDF of a request; runs in a worker.

    Gives how many pages there are, and calls the parent for the numbers of those that are wanted. Where one
    cannot be drawn, there is None in its place.
    """
    import pypdfium2 as pdfium

    from docassay.transforms.formats.pdf_drawn import drawn

    document = _opened(request.asked)
    yield 0 if document is None else len(document)
    for number in request.parent.call("pages"):
        shown = None
        with suppress(pdfium.PdfiumError, MemoryError, IndexError):
            (width, height), picture = drawn(document, number)
            shown = width, height, picture
        yield shown


def write_notes(request: Request) -> bytes | None:
    """Write notes on the PDF of a request; runs in a worker."""
    import pypdfium2 as pdfium

    from docassay.transforms.formats.pdf_drawn import annotated

    content, notes = request.asked
    if (document := _opened(content)) is not None:
        written = [(tuple(Box(*box) for box in boxes), *note) for boxes, *note in notes]
        with suppress(pdfium.PdfiumError, MemoryError, IndexError):
            return annotated(document, written)
    return None


def _opened(content: bytes) -> Any:
    import pypdfium2 as pdfium

    with suppress(pdfium.PdfiumError, MemoryError):
        return pdfium.PdfDocument(content)
    return None


def _drawn(response: Any) -> Any:
    """Read how many pages there are, the width, height and picture of one, or None."""
    if type(response) is int or response is None:
        return response
    width, height, picture = response
    return float(width), float(height), _file(picture)


def _file(response: Any) -> bytes:
    if not isinstance(response, bytes):
        raise ValueError("no file")
    return response
