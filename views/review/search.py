"""Search the documents of a snapshot, also while the index of their words is being made."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError
from docassay.views.search.index import Hit, Index
from docassay.views.search.words import Search, marked, parse

WAIT = 2.0
"""Seconds that a search waits for the index; after that it says that it is of a part of the documents."""

AROUND = 40
"""Characters that are shown on each side of a place in a document."""


class Searching:
    """The index of an output folder, which is brought up to date in a thread when it is first needed."""

    def __init__(self, out: str, index: Index | None = None) -> None:
        """Do nothing yet.

        Args:
            out: The output folder.
            index: The one used so far, if there is one.
        """
        self._out, self._index = out, index
        self.complete, self.fault = False, ""
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def index(self) -> Index:
        """The index."""
        with self._lock:
            if self._index is None:
                self._index = Index(self._out)
            return self._index

    @property
    def progress(self) -> str:
        """How far the index has come; empty where it is complete."""
        if self.fault:
            return self.fault
        done, total = self.index.done, self.index.total
        return "" if self.complete else f"{done:,} of {total:,} documents" if total else "it has just started"

    def prepare(self) -> tuple[bool, int]:
        """Bring the index up to date, or wait `WAIT` seconds for it.

        Returns:
            Whether it is complete, and how many documents have been added to it.
        """
        index = self.index
        with self._lock:
            if not self.complete and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._update, args=[index], daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None and not self.complete:
            thread.join(WAIT)
        return self.complete, index.done

    def finish(self) -> None:
        """Wait until the index is complete.

        Raises:
            RunError: It cannot be made.
        """
        while not self.prepare()[0]:
            if self.fault:
                raise RunError(f"the word index cannot be made: {self.fault}")

    def _update(self, index: Index) -> None:
        try:
            self.complete = index.update()
            self.fault = ""
        except Exception as error:  # the page says it
            self.fault = line(f"{type(error).__name__}: {error}", 300)

    def close(self) -> None:
        """Remove the index if it lies in a temporary folder."""
        if self._index is not None:
            self._index.close()

    def doc_ids(self, words: str) -> list[str]:
        """List the documents that have the words of a search, as far as they are in the index.

        It does not wait for the index; call `prepare` before.
        """
        search = parse(words)
        try:
            return self.index.doc_ids(search) if self.index.path.exists() else []
        except RunError:
            if self.complete:
                raise
            return []

    def shown(self, words: str, doc_ids: Sequence[str]) -> dict[str, Hit]:
        """Show what stands around the words of a search in some documents."""
        search = parse(words)
        if not search.terms or not self.complete:
            return {}
        return {hit.doc_id: hit for hit in self.index.shown(search, doc_ids) if hit.pieces}

    def near(self, words: str) -> list[tuple[str, int]]:
        """Suggest searches that find something."""
        return self.index.near(parse(words)) if self.complete else []


def places_of(search: Search, text: str, most: int) -> list[tuple[int, int, tuple[tuple[str, bool], ...]]]:
    """List the first places of a search in a text, each with what stands around it."""
    places = search.matches(text)
    listed = []
    for start, end in places[:most]:
        begin, until = max(0, start - AROUND), min(len(text), end + AROUND)
        pieces = marked(text, [(start, end)], begin, until)
        listed.append((start, end, tuple((line(f"|{one}|")[1:-1], is_match) for one, is_match in pieces)))
    return listed
