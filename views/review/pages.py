"""Pages of documents under review as pictures, each drawn when it is looked at."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from docassay.schemas.rows import Result
from docassay.schemas.uris import Uri, local_path, whole_of
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import PDF
from docassay.transforms.moved import places
from docassay.transforms.read import open_regular
from docassay.views.explain import Mark, marks
from docassay.views.sheets import Sheet, outlines, sheet

if TYPE_CHECKING:
    from docassay.transforms.isolation.draw import Picture

MOST_BYTES = 200_000_000
"""Maximum size of a source whose pages are drawn."""

MOST_SHEETS = 1_000
"""Pages of a document that are shown; of a longer one those with evidence, and the first."""

AHEAD = 3
"""Pages drawn at once: the one that is looked at, and those after it."""

KEPT = 24
"""Pictures of a document that are kept."""

TEXT = "Showing the extracted text."


class Pages:
    """The pages of a document, if its file is there and is what was read."""

    def __init__(self, result: Result, address: str, out: str = "", root: str = "") -> None:
        """Look for the file and measure its pages.

        Args:
            result: The document.
            address: Of the pictures, before the number of a page.
            out: The folder of the tables.
            root: The folder to which files have moved.
        """
        self.result, self._address = result, address
        self.why = ""
        self._path = ""
        self._known: tuple[int, int] | None = None
        self._sizes: dict[int, tuple[float, float]] = {}
        self._drawn: OrderedDict[int, Picture | None] = OrderedDict()
        self._lock = threading.Lock()
        if result.document.media_type == PDF:
            self.why = self._find(out, root) or self._measure()

    def _find(self, out: str, root: str) -> str:
        """Find the file; return why there is none."""
        document = self.result.document
        uri = Uri.parse(whole_of(document.uri) or document.uri)
        path = local_path(uri.file)
        if uri.marks or path is None:
            return f"Pages are not shown: the document is inside another file or on another machine. {TEXT}"
        changed, reason = "", "there is no such file"
        for place in places(path, root, out):
            try:
                self._path = place
                if self._read() is not None:
                    return ""
                changed = changed or place
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
        if changed:
            return f"The file has changed since it was read: {changed}. {TEXT}"
        advice = "" if root else "; if files have moved, start review with --root FOLDER"
        return f"{path} cannot be opened ({reason}){advice}. {TEXT}"

    def _read(self) -> bytes | None:
        """Read the file; None if it is not what was read.

        Raises:
            OSError: It cannot be opened.
            ValueError: Its name has a NUL, or it is too large.
        """
        path = self._path
        folder = path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
        with open_regular(path if "/" in path else f"./{path}", folder) as file:
            about = os.fstat(file.fileno())
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError("it is too large to draw its pages")
        now = (about.st_size, about.st_mtime_ns)
        if now != self._known:
            document = self.result.document
            wanted = document.doc_id if whole_of(document.uri) is None else document.parent_id
            if hashlib.sha256(content).hexdigest() != wanted:
                return None
            self._known = now
        return content

    def _measure(self) -> str:
        from docassay.transforms.isolation.draw import measure  # imports the parsers

        content = self._read()
        sizes = measure(content, Limits()) if content else []
        document = self.result.document
        first, last = document.first_page or 1, min(document.last_page or len(sizes), len(sizes))
        numbers = list(range(first, last + 1))
        if len(numbers) > MOST_SHEETS:
            evidence = {box.page for mark in marks(self.result, passed=True) for box in mark.row.boxes or ()}
            with_evidence = [number for number in numbers if number in evidence][:MOST_SHEETS]
            numbers = sorted({*with_evidence, *numbers[: MOST_SHEETS - len(with_evidence)]})
        self._sizes = {number: sizes[number - 1] for number in numbers if all(sizes[number - 1])}
        return "" if self._sizes else f"The pages cannot be drawn. {TEXT}"

    @property
    def sheets(self) -> list[Sheet]:
        """The pages with their evidence, facts and personal data, and the address of the picture of each."""
        on_page: dict[int, list[Mark]] = {number: [] for number in self._sizes}
        for mark in marks(self.result, passed=True):
            for number in {box.page for box in mark.row.boxes or ()} & on_page.keys():
                on_page[number].append(mark)
        more = outlines(self.result)
        return [
            sheet(number, size, on_page[number], f"{self._address}/{number}.png", more.get(number, ()))
            for number, size in self._sizes.items()
        ]

    def picture(self, number: int) -> bytes | None:
        """Draw a page, and those after it; None where it cannot be drawn, or the file is another by now."""
        if number not in self._sizes:
            return None
        with self._lock:
            if number not in self._drawn:
                self._draw([one for one in self._sizes if one >= number and one not in self._drawn][:AHEAD])
            drawn = self._drawn.get(number)
            return None if drawn is None else drawn.png

    def _draw(self, numbers: list[int]) -> None:
        from docassay.transforms.isolation.draw import draw  # imports the parsers

        try:
            content = self._read()
        except (OSError, ValueError):
            content = None
        if content is None:
            return
        self._drawn.update(dict.fromkeys(numbers))  # what cannot be drawn is not tried again
        for picture in draw(content, lambda _: list(numbers), Limits()):
            self._drawn[picture.page] = picture
        while len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
