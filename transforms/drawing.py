"""Draw the pages of a PDF, and write notes on them, in a process that may be killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from typing import NamedTuple

from docassay.schemas.pages import Box
from docassay.transforms.formats import Limits
from docassay.transforms.sandbox_child import pack
from docassay.transforms.sandbox_process import GRACE_SECONDS, Child, Dead

_SERVE = "docassay.transforms.drawing_child:serve"

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
    lost = 0
    while lost < 3 and (waiting is None or waiting):
        try:
            with Child(limits, _SERVE, []) as child:
                (pages,) = _exchange(child, content)
                waiting = list(choose(json.loads(pages))) if waiting is None else waiting
                while waiting:
                    number = waiting.pop(0)
                    if answer := _exchange(child, pack({"page": number})):
                        width, height = json.loads(answer[0])
                        yield Picture(number, width, height, answer[1])
        except Dead:
            lost += 1


def annotate(content: bytes, notes: Sequence[NoteOf], limits: Limits) -> bytes | None:
    """Write a PDF with notes on its pages, as highlights; None where it cannot be read or written in time."""
    packed = [[[astuple(box) for box in boxes], *note] for boxes, *note in notes]
    try:
        with Child(limits, _SERVE, []) as child:
            _exchange(child, content)
            return next(iter(_exchange(child, pack({"notes": packed}))), None)
    except Dead:
        return None


def _exchange(child: Child, frame: bytes) -> list[bytes]:
    return child.exchange([frame], time.monotonic() + child.limits.seconds + GRACE_SECONDS)
