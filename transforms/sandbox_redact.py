"""The sandbox for PDFs that are rebuilt: `formats.pdf_redacted.rebuild` in a process that may be killed."""

from __future__ import annotations

import json
import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docassay.schemas.errors import RunError
from docassay.schemas.pages import Pages
from docassay.transforms.formats import REASONS, Limits, Unusable
from docassay.transforms.redact import MASK, Edit
from docassay.transforms.sandbox_child import pack
from docassay.transforms.sandbox_process import GRACE_SECONDS, Child, Dead

_SERVE = "docassay.transforms.redact_child:serve"
_WORD = re.compile(r"\S+")
_SECONDS_A_PAGE = 2.0
_SECONDS_OF_OCR = 20.0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A PDF that was rebuilt.

    Attributes:
        content: Its bytes.
        pages: Of each page what `formats.pdf_redacted.PageFacts` says.
        texts: The text of each page of the new file, as it is read again.
        recognised: What OCR reads on each page of the new file; empty without OCR.
    """

    content: bytes
    pages: tuple[dict[str, Any], ...]
    texts: tuple[str, ...]
    recognised: tuple[str, ...]


def rebuild(content: bytes, plans: Sequence[dict[str, Any]], keep_pictures: bool, limits: Limits) -> Rebuilt:
    """Rebuild a PDF by the plans of its pages, in a process that has seen no other document.

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
    request = {"pages": plans, "ocr": limits.ocr, "keep_pictures": keep_pictures, "seconds": seconds}
    try:
        with Child(limits, _SERVE, []) as child:
            deadline = time.monotonic() + seconds + GRACE_SECONDS
            answer, rebuilt = child.exchange([pack(request), content], deadline)
    except Dead as dead:
        late = f"it could not be rebuilt in {seconds:g} s"
        raise Unusable(dead.reason, late if dead.reason == "timeout" else dead.detail) from None
    head = json.loads(answer)
    if "lack" in head:
        raise RunError(f"documents cannot be redacted on this machine: {head['lack']}")
    if "refused" in head:
        reason, detail = head["refused"]
        raise Unusable(reason if reason in REASONS else "crashed", str(detail)[:500])
    return Rebuilt(rebuilt, tuple(head["pages"]), tuple(head["texts"]), tuple(head["recognised"]))


def page_plans(text: str, pages: Pages, edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Plan each page of a PDF: what is painted over, and what is written, as `formats.pdf_redacted.PagePlan`.

    A page on which nobody knows where something that is removed stands is painted over as a whole.

    Args:
        text: The document's text.
        pages: Where it stands.
        edits: In order.
    """
    plans: list[dict[str, Any]] = [
        {"painted": [], "words": [], "blank": False} for _ in range(pages.first, pages.last + 1)
    ]
    for edit in edits:
        for start, end in _word_places(text, edit.span.start, edit.span.end):
            if not pages.boxes(text, start, end):
                plans[pages.number(start) - pages.first]["blank"] = True
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
    """Give what stands on a page in the end, as `formats.pdf_layer.Placed`.

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


def _word_places(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text, start, end):
        yield match.span()
