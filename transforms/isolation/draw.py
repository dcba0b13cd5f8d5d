"""Draw the pages of a PDF, and write notes on them, in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple
from typing import Any, NamedTuple

from docassay.schemas.pages import Box
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.frames import Message
from docassay.transforms.isolation.pool import Pool, run

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
    chosen: list[int] = []

    def answer(_: object) -> Message:
        return Message(chosen)

    lost = 0
    while lost < 3 and (waiting is None or waiting):
        try:
            with Pool(_DRAW, limits) as pool:
                responses = pool.stream(Message(None, [content]), _drawn, answer)
                pages = next(responses, 0)
                waiting = list(choose(pages)) if waiting is None else waiting
                chosen = list(waiting)
                while waiting:
                    number = waiting.pop(0)
                    if picture := next(responses, None):
                        yield Picture(number, *picture)
        except Unusable:
            lost += 1


def annotate(content: bytes, notes: Sequence[NoteOf], limits: Limits) -> bytes | None:
    """Write a PDF with notes on its pages, as highlights; None where it cannot be read or written in time."""
    head = [[[astuple(box) for box in boxes], *note] for boxes, *note in notes]
    try:
        return run(_ANNOTATE, Message(head, [content]), limits, lambda done: done.blocks[0])
    except Unusable:
        return None


def draw_pages(request: Request) -> Iterator[Message]:
    """Draw pages of the PDF of a request; runs in a worker.

    Gives how many pages there are, and calls the parent for the numbers of those that are wanted. Where one
    cannot be drawn, its message has no picture.
    """
    import pypdfium2 as pdfium

    from docassay.transforms.formats.pdf_drawn import drawn

    document = _opened(request)
    yield Message(0 if document is None else len(document))
    for number in request.parent.call("pages").head:
        message = Message()
        with suppress(pdfium.PdfiumError, MemoryError, IndexError):
            size, picture = drawn(document, number)
            message = Message(size, [picture])
        yield message


def write_notes(request: Request) -> Message:
    """Write notes on the PDF of a request; runs in a worker."""
    import pypdfium2 as pdfium

    from docassay.transforms.formats.pdf_drawn import Note, annotated

    document = _opened(request)
    if document is not None:
        notes = [
            Note(tuple(Box(*box) for box in boxes), tuple(colour), title, text)
            for boxes, colour, title, text in request.head
        ]
        with suppress(pdfium.PdfiumError, MemoryError, IndexError):
            return Message("written", [annotated(document, notes)])
    return Message()


def _opened(request: Request) -> Any:
    import pypdfium2 as pdfium

    with suppress(pdfium.PdfiumError, MemoryError):
        return pdfium.PdfDocument(request.blocks[0])
    return None


def _drawn(response: Message) -> Any:
    """Read how many pages there are, the width, height and picture of one, or None."""
    if type(response.head) is int or response.head is None:
        return response.head
    width, height = map(float, response.head)
    return width, height, response.blocks[0]
