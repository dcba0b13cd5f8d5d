"""The state of the review server: the tables, the decisions, and the documents that are kept."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.responses import HTMLResponse, Response

from docassay.views.html import write
from docassay.views.review.documents import LruCache, Progress, Reviewed
from docassay.views.review.ledger import Ledger
from docassay.views.review.pages import Pages
from docassay.views.review.params import Refused
from docassay.views.review.search import Searching
from docassay.views.review.snapshot import MOST_ALIKE, Filters, Snapshot, changed

if TYPE_CHECKING:
    from docassay.views.review.trial import Trial

DOCUMENTS_KEPT = 6
DECIDABLE = ("documents", "flags", "findings", "classifications", "segments", "entities", "facts")
"""The tables whose rows are decided on, and what these need."""

GONE = "The tables have no such document."


class Review:
    """State of the server: a snapshot of the tables, the decisions, cached documents."""

    def __init__(
        self,
        out: str,
        reviewer: str,
        four_eyes: bool = False,
        snapshot: Snapshot | None = None,
        root: str = "",
    ) -> None:
        """Read the decisions, and the tables unless they are read.

        Args:
            out: The output folder.
            reviewer: Who decides.
            four_eyes: A second reviewer must agree.
            snapshot: The tables, if they are read.
            root: The folder to which the files of the documents have moved.

        Raises:
            TablesError: The folder holds no tables, or damaged ones.
        """
        self.ledger = Ledger(out, reviewer, four_eyes)
        self.csrf, self.root = "", root
        self.trial: Trial | None = None
        self.warm = False
        self._lock = threading.RLock()
        self._load(snapshot or Snapshot(out))

    def _load(self, snapshot: Snapshot) -> None:
        earlier = getattr(self, "snapshot", snapshot)  # which a page that is open may be of
        kept: LruCache[dict[str, Any]] = LruCache(DOCUMENTS_KEPT)

        def rows_of(doc_id: str) -> dict[str, Any]:
            of = snapshot if doc_id in snapshot.place else earlier
            return kept.get(doc_id, lambda: of.tables_of([doc_id], DECIDABLE))

        self.snapshot = snapshot
        self._documents: LruCache[Reviewed] = LruCache(DOCUMENTS_KEPT)
        self.ledger.rows_of = rows_of
        self.ledger.forget_states()
        self._pages: LruCache[Pages] = LruCache(DOCUMENTS_KEPT)
        self.progress = Progress(self.snapshot, self.ledger)

    def reload(self) -> None:
        """Take a new snapshot."""
        snapshot = Snapshot(self.snapshot.out)
        snapshot.searching = Searching(snapshot.out, self.snapshot.searching.index)
        with self._lock:
            self._load(snapshot)

    def document(self, doc_id: str) -> Reviewed:
        """Return a document, from the cache if possible."""
        with self._lock:
            snapshot, kept = self.snapshot, self._documents
        if doc_id not in snapshot.place:
            raise Refused(HTTPStatus.NOT_FOUND, GONE)
        reviewed = kept.get(doc_id, lambda: Reviewed(snapshot, doc_id))
        reviewed.take(self.ledger)
        return reviewed

    def pages(self, doc_id: str) -> Pages:
        """Return the pages of a document, from the cache if possible."""
        kept, result = self._pages, self.document(doc_id).result
        address = f"/documents/{doc_id}/pages"
        return kept.get(doc_id, lambda: Pages(result, address, self.snapshot.out, self.root))

    def count(self, touched: set[str]) -> None:
        """Recount documents with new decisions."""
        self.progress.count(touched)

    def refresh(self) -> None:
        """Load decisions of other processes."""
        self.progress.count(self.ledger.refresh())

    def after(self, filters: Filters, place: int, step: int) -> str | None:
        """Find the next or previous document that matches a filter."""
        progress = self.progress
        positions = progress.shown(filters)
        at = int(np.searchsorted(positions, place, side="right" if step > 0 else "left"))
        at = at if step > 0 else at - 1
        if not 0 <= at < len(positions):
            return None
        return str(progress.snapshot.taken(positions[at : at + 1])[0]["doc_id"])

    def page(self, template: str, **values: Any) -> Response:
        """Render a whole page."""
        return HTMLResponse(
            write(
                template,
                review=self,
                ledger=self.ledger,
                csrf=self.csrf,
                newer=changed(self.snapshot),
                most_alike=MOST_ALIKE,
                **values,
            )
        )
