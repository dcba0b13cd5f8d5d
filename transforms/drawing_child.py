"""The child that draws and marks pages, and the protocol it speaks with its parent (`transforms.drawing`).

Frames are those of `transforms.sandbox_child`. The parent sends the PDF once, which is answered by the number
of its pages, then what it wants of it, in JSON:

    {"page": NUMBER}    answered by its width and height in points, in JSON, and by the page as a PNG file
    {"notes": [...]}    answered by the PDF with these notes on its pages; a note is the boxes, the colour,
                        the title and the text of a `Note`

An answer without frames says that it cannot be done.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
from typing import Any

from docassay.schemas.pages import Box
from docassay.transforms.sandbox_child import begin, pack, receive, receive_setup, restrict, send, streams


def serve() -> None:
    """Answer requests on standard input until it ends: what a child runs."""
    requests, answers = streams()
    if (told := receive_setup(requests)) is None:
        return
    _, folder, limits = told
    restrict(limits)
    import pypdfium2 as pdfium

    from docassay.transforms.formats.pdf_drawn import Note, annotated, drawn

    send(answers, [b""])
    if (content := receive(requests)) is None:
        return
    document: Any = None
    begin(limits)
    with contextlib.suppress(pdfium.PdfiumError, MemoryError):
        document = pdfium.PdfDocument(content)
    signal.setitimer(signal.ITIMER_REAL, 0)
    send(answers, [pack(0 if document is None else len(document))])
    while (request := receive(requests)) is not None:
        wanted = json.loads(request)
        begin(limits)
        answer = []
        with contextlib.suppress(pdfium.PdfiumError, MemoryError, IndexError):
            if document is not None and "page" in wanted:
                size, picture = drawn(document, wanted["page"])
                answer = [pack(size), picture]
            elif document is not None:
                notes = [
                    Note(tuple(Box(*box) for box in boxes), tuple(colour), title, text)
                    for boxes, colour, title, text in wanted["notes"]
                ]
                answer = [annotated(document, notes)]
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(answers, answer)
    shutil.rmtree(folder, ignore_errors=True)  # the parent is gone, or closing
