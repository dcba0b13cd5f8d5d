"""What becomes of the pages of a PDF: what is painted over, and which text stands on them in the end."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from docassay.schemas.pages import Pages
from docassay.transforms.redaction.layer import Placed
from docassay.transforms.redaction.spans import MASK, Edit

_WORD = re.compile(r"\S+")


@dataclass(slots=True)
class PagePlan:
    """What becomes of a page.

    Attributes:
        painted: What is painted over: black where it is `seen`, else white.
        words: The text that stays and what is written in place of what does not, in the order of reading.
        blank: All of it is painted over, since something is removed from it that stands nobody knows where.
    """

    painted: list[Placed] = field(default_factory=list)
    words: list[Placed] = field(default_factory=list)
    blank: bool = False


def page_plans(text: str, pages: Pages, edits: Sequence[Edit]) -> list[PagePlan]:
    """Plan each page of a PDF: what is painted over, and what is written.

    A page on which nobody knows where something that is removed stands is painted over as a whole.
    """
    plans = [PagePlan() for _ in range(pages.first, pages.last + 1)]
    for edit in edits:
        for match in _WORD.finditer(text, edit.span.start, edit.span.end):
            if not pages.boxes(text, *match.span()):
                plans[pages.number(match.start()) - pages.first].blank = True
        for box in pages.boxes(text, edit.span.start, edit.span.end):
            painted = Placed("", box.x0, box.y0, box.x1, box.y1, seen=edit.text == MASK)
            plans[box.page - pages.first].painted.append(painted)
    for number in range(pages.first, pages.last + 1):
        start, end = pages.span(number, len(text))
        plans[number - pages.first].words = list(_words(text, pages, edits, start, end))
    return plans


def _words(text: str, pages: Pages, edits: Sequence[Edit], start: int, end: int) -> Iterator[Placed]:
    """Give what stands on a page in the end.

    A word that is parted at a line's end, and what is written in place of several lines, stand on the first.
    """
    near = bisect_left(edits, start + 1, key=lambda edit: edit.span.end)
    at = start
    for edit in (*edits[near:], None):
        stop = end if edit is None else max(at, min(edit.span.start, end))
        for match in _WORD.finditer(text, at, stop):
            for box in pages.boxes(text, *match.span())[:1]:
                yield Placed(match[0], box.x0, box.y0, box.x1, box.y1)
        if edit is None or edit.span.start >= end:
            return
        if edit.span.start >= start:
            for box in pages.boxes(text, edit.span.start, edit.span.end)[:1]:
                yield Placed(edit.text, box.x0, box.y0, box.x1, box.y1, True, edit.text != MASK)
        at = min(edit.span.end, end)
