"""Rebuild PDFs from which text is removed, in a worker that has seen no other document."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docassay.schemas.pages import Pages
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.worker import run
from docassay.transforms.redaction.spans import MASK, Edit
from docassay.transforms.temporary import lack_of

_FUNCTION = "docassay.transforms.redaction.rebuild:rebuild_request"
_WORD = re.compile(r"\S+")
_SECONDS_A_PAGE = 2.0
_SECONDS_OF_OCR = 20.0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A PDF that was rebuilt.

    Attributes:
        content: Its bytes.
        pages: Of each page what `redaction.pdf.rebuild` says.
        texts: The text of each page of the new file, as it is read again.
        recognised: What OCR reads on each page of the new file; empty without OCR.
    """

    content: bytes
    pages: tuple[dict[str, Any], ...]
    texts: tuple[str, ...]
    recognised: tuple[str, ...]


def rebuild(content: bytes, plans: Sequence[dict[str, Any]], keep_pictures: bool, limits: Limits) -> Rebuilt:
    """Rebuild a PDF by the plans of its pages.

    Args:
        content: The PDF.
        plans: As `page_plans` gives them.
        keep_pictures: Leave pictures that no text lies on, though nobody knows what they show.
        limits: Memory of the process; its seconds are those of a document, to which some are added for each
            page.

    Raises:
        Unusable: It cannot be rebuilt: the reason and the detail of its reject.
        RunError: The machine lacks something.
    """
    seconds = limits.seconds + (_SECONDS_A_PAGE + (_SECONDS_OF_OCR if limits.ocr else 0.0)) * len(plans)
    try:
        return run(_FUNCTION, (content, plans, keep_pictures), replace(limits, seconds=seconds), _rebuilt)
    except Unusable as unusable:
        late = f"it could not be rebuilt in {seconds:g} s"
        detail = late if unusable.reason == "timeout" else unusable.detail
        raise Unusable(unusable.reason, detail) from None


def _rebuilt(response: Any) -> Rebuilt:
    content, pages, texts, recognised = response
    if not (isinstance(content, bytes) and isinstance(pages, tuple)):
        raise ValueError("no file, or nothing of its pages")
    return Rebuilt(content, pages, texts, recognised)


def rebuild_request(request: Request) -> Any:
    """Rebuild the PDF of a request, and read the new one; runs in a worker.

    Raises:
        Unusable: It cannot be rebuilt; no word of the document is in the detail.
    """
    from docassay.transforms.formats import ocr
    from docassay.transforms.redaction.layer import Placed
    from docassay.transforms.redaction.pdf import PagePlan, Painted, pictures, texts
    from docassay.transforms.redaction.pdf import rebuild as rebuild_pdf

    content, plans, keep_pictures = request.asked
    is_read = request.limits.ocr
    plans = [
        PagePlan(
            tuple(Painted(*box) for box in page["painted"]),
            tuple(Placed(*word) for word in page["words"]),
            page["blank"],
        )
        for page in plans
    ]
    try:
        rebuilt, facts = rebuild_pdf(content, plans, is_read, keep_pictures)
        recognised = [
            ocr.recognise(picture, "image/x-portable-graymap").text
            for picture in (pictures(rebuilt) if is_read else ())
        ]
        return rebuilt, facts, list(texts(rebuilt)), recognised
    except (Unusable, MemoryError):
        raise
    except Exception as error:
        if lack_of(error):
            raise
        raise Unusable("crashed", f"it could not be rebuilt: {type(error).__name__}") from None


def page_plans(text: str, pages: Pages, edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Plan each page of a PDF: what is painted over, and what is written, as `redaction.pdf.PagePlan`.

    A page on which nobody knows where something that is removed stands is painted over as a whole.
    """
    plans: list[dict[str, Any]] = [
        {"painted": [], "words": [], "blank": False} for _ in range(pages.first, pages.last + 1)
    ]
    for edit in edits:
        for match in _WORD.finditer(text, edit.span.start, edit.span.end):
            if not pages.boxes(text, *match.span()):
                plans[pages.number(match.start()) - pages.first]["blank"] = True
        for box in pages.boxes(text, edit.span.start, edit.span.end):
            painted = (edit.text == MASK, box.x0, box.y0, box.x1, box.y1)
            plans[box.page - pages.first]["painted"].append(painted)
    for number in range(pages.first, pages.last + 1):
        start, end = pages.span(number, len(text))
        plans[number - pages.first]["words"] = list(_words(text, pages, edits, start, end))
    return plans


def _words(
    text: str, pages: Pages, edits: Sequence[Edit], start: int, end: int
) -> Iterator[tuple[str, float, float, float, float, bool, bool]]:
    """Give what stands on a page in the end, as `redaction.layer.Placed`.

    A word that is parted at a line's end, and what is written in place of several lines, stand on the first.
    """
    near = bisect_left(edits, start + 1, key=lambda edit: edit.span.end)
    at = start
    for edit in (*edits[near:], None):
        stop = end if edit is None else max(at, min(edit.span.start, end))
        for match in _WORD.finditer(text, at, stop):
            for box in pages.boxes(text, *match.span())[:1]:
                yield match[0], box.x0, box.y0, box.x1, box.y1, False, False
        if edit is None or edit.span.start >= end:
            return
        if edit.span.start >= start:
            for box in pages.boxes(text, edit.span.start, edit.span.end)[:1]:
                yield edit.text, box.x0, box.y0, box.x1, box.y1, True, edit.text != MASK
        at = min(edit.span.end, end)
