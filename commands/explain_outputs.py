"""Outputs of `docassay explain`: terminal, JSON, HTML page, marked PDF."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from docassay.commands.options import print_plain, stderr, write_whole
from docassay.observe.sanitize import line
from docassay.schemas.rows import Reject, Result
from docassay.transforms.formats import Limits
from docassay.views import explain

if TYPE_CHECKING:
    from docassay.transforms.isolation.draw import Picture

WIDTH = 110
"""Maximum number of terminal columns used."""


Show = Callable[[Result | Reject, explain.Removed | None], None]
"""Prints a document, and what is removed from it where that was looked for."""


def printer(as_json: bool, full: bool, no_color: bool) -> Show:
    """Choose how a document is printed: as a JSON object, or with its evidence marked.

    Args:
        as_json: The former.
        full: Print all of long texts.
        no_color: Mark evidence by brackets.
    """
    if as_json:
        is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        return lambda outcome, removed: print(explain.as_json(outcome, not is_unicode, removed))
    from docassay.views.terminal import render

    console = Console(color_system=None) if no_color else Console()
    console.width = min(console.width, WIDTH)
    return lambda outcome, removed: render(outcome, console, full, removed)


class Page:
    """Write all documents as one HTML page, with pictures of the pages of PDFs."""

    def __init__(self, path: Path, limits: Limits, full: bool) -> None:
        """Write to a file; show all of long texts if `full`."""
        self._path, self._limits, self._full = path, limits, full
        self._outcomes: list[Result | Reject] = []
        self._pictures: dict[str, list[Picture]] = {}
        self._removed: dict[str, explain.Removed] = {}

    def take(
        self, outcome: Result | Reject, content: bytes | None, removed: explain.Removed | None = None
    ) -> None:
        """Add a document, and draw its pages."""
        self._outcomes.append(outcome)
        if removed is not None:
            self._removed[outcome.uri] = removed
        if content and isinstance(outcome, Result):
            from docassay.views import sheets

            drawn = sheets.pictures(outcome, content, self._limits, self._full)
            self._pictures[outcome.uri] = list(drawn)

    def end(self) -> None:
        """Write the page."""
        from docassay.views.html import explained

        page = explained(self._outcomes, self._full, self._pictures, self._removed)
        _write(self._path, page.encode("utf-8", "replace"))


class MarkedPdf:
    """Write the pages of a PDF with the evidence of all documents in it highlighted."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Write to a file."""
        self._path, self._limits = path, limits
        self._results: list[Result] = []
        self._carrier: bytes | None = None

    def take(
        self, outcome: Result | Reject, content: bytes | None, removed: explain.Removed | None = None
    ) -> None:
        """Add a document of the same file as the first; others are left out."""
        if isinstance(outcome, Result) and (not self._results or content is self._carrier):
            self._results.append(outcome)
            self._carrier = content

    def end(self) -> None:
        """Write the PDF, unless nothing of it could be read."""
        if self._results:
            from docassay.views import sheets

            _write(self._path, sheets.marked(self._results, self._carrier, self._limits))


def _write(path: Path, content: bytes) -> None:
    write_whole(path, content)
    print_plain(f"wrote {line(str(path))}", stderr)
