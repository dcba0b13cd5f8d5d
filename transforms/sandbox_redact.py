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


class Rebuilder:
    """Rebuilds PDFs in a child process, one after the other. Use it as a context manager."""

    def __init__(self, limits: Limits) -> None:
        """Start no process yet.

        Args:
            limits: Memory of the child; its seconds are those of a document, to which some are added for
                each page.
        """
        self._limits = limits
        self._child: Child | None = None

    def __enter__(self) -> Rebuilder:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def rebuild(self, content: bytes, plans: Sequence[dict[str, Any]]) -> Rebuilt:
        """Rebuild a PDF by the plans of its pages.

        Raises:
            Unusable: It cannot be: the reason and the detail of its reject.
            RunError: The machine lacks something.
        """
        each = _SECONDS_A_PAGE + (_SECONDS_OF_OCR if self._limits.ocr else 0.0)
        seconds = self._limits.seconds + each * len(plans)
        request = {"pages": plans, "ocr": self._limits.ocr, "seconds": seconds}
        if self._child is None or not self._child.usable:
            self._kill()
            self._child = Child(self._limits, "docassay.transforms.redact_child:serve", [])
        try:
            self._child.requests += 1
            deadline = time.monotonic() + seconds + GRACE_SECONDS
            answer, rebuilt = self._child.exchange([pack(request), content], deadline)
            head = json.loads(answer)
        except Dead as dead:
            self._kill()
            raise Unusable(dead.reason, dead.detail) from None
        if "lack" in head:
            raise RunError(f"documents cannot be redacted on this machine: {head['lack']}")
        if "refused" in head:
            reason, detail = head["refused"]
            if reason == "out_of_memory":
                self._kill()  # its heap is full of holes
            raise Unusable(reason if reason in REASONS else "crashed", str(detail)[:500])
        return Rebuilt(rebuilt, tuple(head["pages"]), tuple(head["texts"]), tuple(head["recognised"]))

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


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
