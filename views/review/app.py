"""Request handlers of the review server."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

import anyio
import numpy as np
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docassay.observe.sanitize import line
from docassay.storage.decisions.targets import Choice
from docassay.views import labels
from docassay.views.entries import Entry
from docassay.views.html import environment, write
from docassay.views.page import Page
from docassay.views.review.documents import LruCache, Progress, Reviewed, choices_for
from docassay.views.review.ledger import Ledger, State, place_of
from docassay.views.review.params import Refused, of_all, parse_correction, parse_filters, parse_number
from docassay.views.review.snapshot import MOST_ALIKE, Filters, Snapshot, changed
from docassay.views.sheets import sheet

ROWS = 50
"""Documents on a page of the queue."""

ENTRIES = 100
"""Findings sent in one response."""

DOCUMENTS_KEPT = 6
AFTER = 0.5
"""Seconds to serve the first page and its resources before a document is prepared."""

OUTCOMES = tuple(labels.OUTCOMES)
GONE = "The tables have no such document."

ALIKE = {"f": "flags", "c": "findings", "e": "entities"}
"""Tables whose equal findings can be decided together, by the prefix of their items."""

_ITEM = re.compile(r"[dfcle][0-9]{1,9}")
_ID = re.compile(r"[0-9a-f]{32}")


class Review:
    """State of the server: a snapshot of the tables, the decisions, cached documents."""

    def __init__(
        self, out: str, reviewer: str, four_eyes: bool = False, snapshot: Snapshot | None = None
    ) -> None:
        """Read the decisions, and the tables unless they are read.

        Raises:
            TablesError: The folder holds no tables, or damaged ones.
        """
        self.ledger = Ledger(out, reviewer, four_eyes)
        self.csrf = ""
        self._warm = False
        self._lock = threading.RLock()
        self._load(snapshot or Snapshot(out))

    def _load(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._documents: LruCache[Reviewed] = LruCache(DOCUMENTS_KEPT)
        self._drawn: LruCache[tuple[list[Any], str]] = LruCache(DOCUMENTS_KEPT)
        self.progress = Progress(self.snapshot, self.ledger)

    def reload(self) -> None:
        """Take a new snapshot."""
        snapshot = Snapshot(self.snapshot.out)
        with self._lock:
            self._load(snapshot)

    def document(self, doc_id: str) -> Reviewed:
        """Return a document, from the cache if possible."""
        with self._lock:
            snapshot, kept = self.snapshot, self._documents
        if doc_id not in snapshot.place:
            raise Refused(HTTPStatus.NOT_FOUND, GONE)
        return kept.get(doc_id, lambda: Reviewed(snapshot, doc_id))

    def drawn(self, doc_id: str) -> tuple[list[Any], str]:
        """Return the pictures of a document's pages, from the cache if possible."""
        kept, document = self._drawn, self.document(doc_id)
        return kept.get(doc_id, document.pictures)

    def _count(self, touched: set[str]) -> None:
        """Recount documents with new decisions, from the cache if possible."""
        with self._lock:
            progress, kept = self.progress, self._documents
        progress.count(touched, kept.entries())

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

    # Pages

    def queue(self, request: Request) -> Response:
        """Show the queue, or more rows of it."""
        self.refresh()
        filters, query = parse_filters(request)
        progress = self.progress
        positions = progress.shown(filters)
        after = parse_number(request.query_params.get("after"), -1)
        start = int(np.searchsorted(positions, after, side="right"))
        rows = progress.snapshot.taken(positions[start : start + ROWS])
        named = progress.snapshot.headlines([row["doc_id"] for row in rows])
        for row in rows:
            row["left"] = int(progress.left[row["n"]])
            row["file"] = line(row["uri"].rpartition("/")[2], 160)
            row["name"] = line(named.get(row["doc_id"]) or row["title"] or row["uri"].rpartition("/")[2], 200)
        more = start + ROWS < len(positions)
        values: dict[str, Any] = {
            "rows": rows, "more": rows[-1]["n"] if rows and more else None, "query": query,
            "count": len(positions), "filters": asdict(filters), "facets": progress.snapshot.facets,
            "others": 0 if rows else len(progress.snapshot.matching(filters)), "every": of_all(query),
        }  # fmt: skip
        if request.query_params.get("after"):
            return HTMLResponse(write("queue_rows.html", **values))
        page = self.page("queue.html", **values)
        if not self._warm and rows:
            self._warm = True
            page.background = BackgroundTask(self._prepare_later, rows[0]["doc_id"])
        return page

    async def _prepare_later(self, doc_id: str) -> None:
        await anyio.sleep(AFTER)
        await run_in_threadpool(self._prepare, doc_id)

    def _prepare(self, doc_id: str) -> None:
        """Load the next document in the background."""
        with suppress(Exception):  # it will be told when the document is asked for
            self.document(doc_id)
            for name in ("document.html", "_review.html", "_document.html"):
                environment().get_template(name)

    def show(self, request: Request) -> Response:
        """Show a document."""
        self.refresh()
        doc_id = request.path_params["doc_id"]
        reviewed = self.document(doc_id)
        filters, query = parse_filters(request)
        progress, page = self.progress, reviewed.page
        place = progress.snapshot.place.get(doc_id)
        if place is None:  # newer tables were taken just now
            raise Refused(HTTPStatus.NOT_FOUND, GONE)
        next_id = self.after(filters, place, 1)
        shown = self.page(
            "document.html",
            page=page,
            doc_id=doc_id,
            query=query,
            prefix="",
            first=list(page.blocks(0)),
            entries=self._entries(reviewed, page, 0),
            **self._spans(reviewed, 0),
            more=ENTRIES if len(page.entries) > ENTRIES else None,
            document_state=self.ledger.state(reviewed.items["d0"]),
            left=int(progress.left[place]),
            items=int(progress.snapshot.items[place]),
            next_id=next_id,
            previous_id=self.after(filters, place, -1),
        )
        if next_id is not None:
            shown.background = BackgroundTask(self._prepare, next_id)
        return shown

    def text(self, request: Request) -> Response:
        """Show a piece of a document's text."""
        page = self.document(request.path_params["doc_id"]).page
        piece = request.path_params["piece"]
        if not 0 <= piece < len(page.pieces):
            raise Refused(HTTPStatus.NOT_FOUND, "The text has no such piece.")
        return HTMLResponse(write("piece.html", blocks=page.blocks(piece), prefix="", piece=piece))

    def entries(self, request: Request) -> Response:
        """Show more findings of a document."""
        doc_id = request.path_params["doc_id"]
        reviewed = self.document(doc_id)
        start = request.path_params["start"]
        entries = self._entries(reviewed, reviewed.page, start)
        more = start + ENTRIES if len(reviewed.page.entries) > start + ENTRIES else None
        values = {"doc_id": doc_id, "prefix": "", "ledger": self.ledger, "most_alike": MOST_ALIKE}
        return HTMLResponse(write("entries.html", entries=entries, more=more, **values))

    def spans(self, request: Request) -> Response:
        """Show more of the personal data in a document."""
        doc_id, start = request.path_params["doc_id"], request.path_params["start"]
        more = self._spans(self.document(doc_id), start)
        values = {"doc_id": doc_id, "ledger": self.ledger, "most_alike": MOST_ALIKE}
        return HTMLResponse(write("spans.html", **more, **values))

    def sheets(self, request: Request) -> Response:
        """Show the pages of a document as pictures."""
        doc_id = request.path_params["doc_id"]
        drawn, why = self.drawn(doc_id)
        page = self.document(doc_id).page
        some = [sheet(one, page.marks, f"/documents/{doc_id}/pages/{one.page}.png") for one in drawn]
        return HTMLResponse(write("sheets.html", sheets=some, why=why, prefix=""))

    def picture(self, request: Request) -> Response:
        """Return the picture of a page."""
        drawn, _ = self.drawn(request.path_params["doc_id"])
        for one in drawn:
            if one.page == request.path_params["page"]:
                return Response(one.png, media_type="image/png")
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such picture.")

    def panel(self, request: Request) -> Response:
        """Show the decision dialog of an item."""
        doc_id, item = request.path_params["doc_id"], request.path_params["item"]
        reviewed = self.document(doc_id)
        target = self._target(reviewed, item)
        alike, more = self._alike(reviewed, item) if item[0] in ALIKE else ([], False)
        return HTMLResponse(
            write(
                "panel.html",
                doc_id=doc_id,
                item=item,
                target=target,
                state=self.ledger.state(target),
                accuracy=self.ledger.accuracy.of(target.decided_by, target.code, target.label),
                choices=choices_for(target, reviewed.page),
                alike=len(set(map(place_of, alike))),
                alike_documents=len({one.doc_id for one in alike}),
                more_alike=more,
                read_only=self.ledger.read_only,
            )
        )

    def help(self, request: Request) -> Response:
        """Show the help page."""
        return self.page("help.html")

    # Decisions

    def decide(self, request: Request, form: dict[str, str]) -> Response:
        """Record a decision and show what it changed."""
        doc_id = request.path_params["doc_id"]
        reviewed = self.document(doc_id)
        item, outcome = form.get("item", ""), form.get("outcome", "")
        if not item or outcome not in OUTCOMES:
            raise Refused(HTTPStatus.BAD_REQUEST, "Choose an item and a decision.")
        target = self._target(reviewed, item)
        label, span = parse_correction(form, len(reviewed.result.text))
        if label and label not in dict(choices_for(target, reviewed.page)):
            raise Refused(HTTPStatus.BAD_REQUEST, f"It cannot be “{line(label, 100)}”: choose from the list.")
        targets = [target]
        if form.get("group"):
            targets = self._open_of_group(reviewed, item)
        elif form.get("alike") and item[0] in ALIKE:
            targets += self._alike(reviewed, item)[0]
        targets = list({place_of(target): target for target in targets}.values())
        if span is not None and len(targets) > 1:
            raise Refused(
                HTTPStatus.BAD_REQUEST, "A corrected passage applies to one finding, not to all alike."
            )
        decision_id = form.get("decision_id", "")
        touched = self.ledger.decide(
            targets,
            outcome,
            form.get("reason", "").strip(),
            label,
            span,
            decision_id if _ID.fullmatch(decision_id) else "",
        )
        self._count(touched)
        said = (
            f"{labels.OUTCOMES[outcome]}: {len(targets):,}" if len(targets) > 1 else labels.OUTCOMES[outcome]
        )
        places = {place_of(target) for target in targets}
        return self._changed(reviewed, places, said, form)

    def undo(self, request: Request, form: dict[str, str]) -> Response:
        """Take back the latest decision made here."""
        touched = self.ledger.undo()
        self._count(touched)
        if not touched:
            return self._note("There is nothing to undo.")
        doc_id = form.get("doc_id", "")
        if doc_id in touched and doc_id in self.snapshot.place:
            reviewed = self.document(doc_id)
            return self._changed(reviewed, set(map(place_of, reviewed.items.values())), "Undone", form)
        return self._note("Undone, in another document:", sorted(touched)[0])

    def renew(self, request: Request, form: dict[str, str]) -> Response:
        """Read the tables anew."""
        self.reload()
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})

    def _changed(self, reviewed: Reviewed, places: set[Any], said: str, form: dict[str, str]) -> Response:
        """Render the changed items of a page and the progress."""
        here, spans_here = (parse_number(form.get(name), ENTRIES) for name in ("entries", "spans"))
        of_items = {item: target for item, target in reviewed.items.items() if place_of(target) in places}
        entries = [
            (reviewed.page.entry(entry), self.ledger.state(of_items[entry.item]))
            for entry in reviewed.page.entries[:here]
            if entry.item in of_items
        ]
        spans = [
            (span, self.ledger.state(of_items[span.item]))
            for span in reviewed.spans[:spans_here]
            if span.item in of_items
        ]
        states = [self.ledger.state(reviewed.items[item]) for item in reviewed.to_decide]
        return HTMLResponse(
            write(
                "changed.html",
                entries=entries,
                spans=spans,
                doc_id=reviewed.doc_id,
                said=said,
                left=[state.settled for state in states].count(False),
                items=len(states),
                document_state=self.ledger.state(reviewed.items["d0"]) if "d0" in of_items else None,
                prefix="",
                review=self,
            )
        )

    def _note(self, said: str, doc_id: str = "") -> Response:
        return HTMLResponse(write("note.html", said=said, other=doc_id))

    def _entries(self, reviewed: Reviewed, page: Page, start: int) -> list[tuple[Entry, State]]:
        return [
            (entry, self.ledger.state(reviewed.items[entry.item])) for entry in page.listed(start, ENTRIES)
        ]

    def _spans(self, reviewed: Reviewed, start: int) -> dict[str, Any]:
        some = reviewed.spans[start : start + ENTRIES]
        more = start + ENTRIES if len(reviewed.spans) > start + ENTRIES else None
        states = [(span, self.ledger.state(reviewed.items[span.item])) for span in some]
        return {"spans": states, "more_spans": more}

    def _target(self, reviewed: Reviewed, item: str) -> Choice:
        if not _ITEM.fullmatch(item) or item not in reviewed.items:
            raise Refused(HTTPStatus.NOT_FOUND, "The document has no such finding.")
        return reviewed.items[item]

    def _open_of_group(self, reviewed: Reviewed, item: str) -> list[Choice]:
        """List the first `MOST_ALIKE` open items of a group."""
        targets = [reviewed.items[one] for one in reviewed.group(item)]
        still_open = [target for target in targets if not self.ledger.state(target).settled]
        if not still_open:
            raise Refused(HTTPStatus.CONFLICT, "All of these are decided already.")
        return still_open[:MOST_ALIKE]

    def _alike(self, reviewed: Reviewed, item: str) -> tuple[list[Choice], bool]:
        """List equal findings of the same rule in all documents, and whether there are more."""
        target = reviewed.items[item]
        rows = reviewed.snapshot.alike(
            ALIKE[item[0]],
            target.code,
            target.decided_by or "",
            target.evidence,
            target.label or "",
        )
        alike = [
            replace(
                target,
                doc_id=row["doc_id"],
                run_id=row["run_id"],
                segment=row.get("segment"),
                start_char=row["start_char"],
                end_char=row["end_char"],
            )
            for row in rows[:MOST_ALIKE]
        ]
        return alike, len(rows) > MOST_ALIKE

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
