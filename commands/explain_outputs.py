"""What becomes of a document that is explained: it is printed, or written as a page or as a PDF."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from docassay.commands.options import stderr, write_whole
from docassay.observe.sanitize import line
from docassay.schemas.rows import Reject, Result
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.draw import Picture
from docassay.views import explain, sheets
from docassay.views.html import explained
from docassay.views.terminal import render

WIDTH = 110
"""Most columns of a terminal that are used."""


class Json:
    """Prints a JSON object for each."""

    def take(self, outcome: Result | Reject) -> None:
        """Print one."""
        is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        print(explain.as_json(outcome, ascii_only=not is_unicode))


class Terminal:
    """Prints each with its evidence marked."""

    def __init__(self, full: bool, no_color: bool) -> None:
        """Print all of long texts if `full`; mark evidence by brackets if there is to be no colour."""
        self._full = full
        self._console = Console(color_system=None) if no_color else Console()
        self._console.width = min(self._console.width, WIDTH)

    def take(self, outcome: Result | Reject) -> None:
        """Print one."""
        render(outcome, self._console, self._full)


class Page:
    """Writes all of them as one page, with pictures of the pages of PDFs."""

    def __init__(self, path: Path, limits: Limits, full: bool) -> None:
        """Write to a file; show all of long texts if `full`."""
        self._path, self._limits, self._full = path, limits, full
        self._outcomes: list[Result | Reject] = []
        self._pictures: dict[str, list[Picture]] = {}

    def take(self, outcome: Result | Reject, content: bytes | None) -> None:
        """Keep one, and draw its pages."""
        self._outcomes.append(outcome)
        if content and isinstance(outcome, Result):
            drawn = sheets.pictures(outcome, content, self._limits, self._full)
            self._pictures[outcome.uri] = list(drawn)

    def end(self) -> None:
        """Write the page."""
        page = explained(self._outcomes, self._full, self._pictures)
        _write(self._path, page.encode("utf-8", "replace"))


class MarkedPdf:
    """Writes a PDF's own pages anew, with the evidence of all documents that lie in it highlighted."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Write to a file."""
        self._path, self._limits = path, limits
        self._results: list[Result] = []
        self._carrier: bytes | None = None

    def take(self, outcome: Result | Reject, content: bytes | None) -> None:
        """Keep one if it lies in the same file as the first."""
        if isinstance(outcome, Result) and (not self._results or content is self._carrier):
            self._results.append(outcome)
            self._carrier = content

    def end(self) -> None:
        """Write the PDF, if anything of it could be read."""
        if self._results:
            _write(self._path, sheets.marked(self._results, self._carrier, self._limits))


def _write(path: Path, content: bytes) -> None:
    write_whole(path, content)
    stderr.print(f"wrote {line(str(path))}", highlight=False, markup=False, soft_wrap=True)
