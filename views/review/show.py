"""Show a document: its findings, text, pages, and the dialog in which an item is decided."""

from __future__ import annotations

import re
import shlex
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docassay.observe.sanitize import line
from docassay.schemas.uris import Uri, local_path, whole_of
from docassay.storage.decisions.choice import Choice
from docassay.views import labels
from docassay.views.entries import Entry
from docassay.views.html import environment, write
from docassay.views.page import Page
from docassay.views.review.app import GONE, Review
from docassay.views.review.documents import Reviewed, choices_for
from docassay.views.review.family import family
from docassay.views.review.ledger import State, place_of
from docassay.views.review.params import Refused, parse_filters, parse_find
from docassay.views.review.search import places_of
from docassay.views.review.snapshot import MOST_ALIKE
from docassay.views.search.words import parse

ENTRIES = 100
"""Findings sent in one response."""

HITS = 200
"""Places of a search that are listed of a document; all are marked in its text."""

ALIKE = {"f": "flags", "c": "findings", "e": "entities"}
"""Tables whose equal findings can be decided together, by the prefix of their items."""

_ITEM = re.compile(r"[dfclea][0-9]{1,9}")


def prepare(review: Review, doc_id: str) -> None:
    """Load the next document in the background."""
    with suppress(Exception):  # it will be told when the document is asked for
        review.document(doc_id)
        for name in ("document.html", "_review.html", "_document.html"):
            environment().get_template(name)


def show(review: Review, request: Request) -> Response:
    """Show a document."""
    review.refresh()
    doc_id = request.path_params["doc_id"]
    reviewed = review.document(doc_id)
    filters, query = parse_filters(request.query_params)
    progress, find = review.progress, parse_find(request)
    search = parse(find)
    page = reviewed.page.searched(search.matches(reviewed.result.text)) if search.terms else reviewed.page
    place = progress.snapshot.place.get(doc_id)
    if place is None:  # newer tables were taken just now
        raise Refused(HTTPStatus.NOT_FOUND, GONE)
    next_id = review.after(filters, place, 1)
    shown = review.page(
        "document.html",
        page=page,
        doc_id=doc_id,
        query=query,
        fields=parse_qsl(query),
        find=find,
        finding=urlencode({"find": find}) if search.terms else "",
        redacting=_redacting(review, reviewed),
        hits=places_of(search, reviewed.result.text, HITS) if search.terms else [],
        prefix="",
        first=list(page.blocks(0)),
        entries=_entries(review, reviewed, page, 0),
        **_spans(review, reviewed, 0),
        more=ENTRIES if len(page.entries) > ENTRIES else None,
        fact_states={fact.item: review.ledger.state(reviewed.items[fact.item]) for fact in page.facts},
        document_state=review.ledger.state(reviewed.items["d0"]),
        after=after_of(review, doc_id),
        grouped=reviewed.grouped,
        left=int(progress.left[place]),
        items=int(progress.snapshot.items[place]),
        next_id=next_id,
        **remarks_of(review, doc_id),
        previous_id=review.after(filters, place, -1),
    )
    if next_id is not None:
        shown.background = BackgroundTask(prepare, review, next_id)
    return shown


def _redacting(review: Review, reviewed: Reviewed) -> str:
    """Write the command that redacts the file of a document by the decisions.

    Empty of a document in another, and where the page would show another name than the file's.
    """
    uri = Uri.parse(whole_of(reviewed.result.uri) or reviewed.result.uri)
    path = local_path(uri.file)
    if uri.marks or path is None:
        return ""
    words = ["docassay", "redact", path, "--decisions", review.snapshot.out, "--out", "redacted"]
    command = shlex.join([*words, "--root", review.root] if review.root else words)
    return command if line(command) == command else ""


def text(review: Review, request: Request) -> Response:
    """Show a piece of a document's text."""
    page = review.document(request.path_params["doc_id"]).page
    if (search := parse(parse_find(request))).terms:
        page = page.searched(search.matches(page.result.text))
    piece = request.path_params["piece"]
    if not 0 <= piece < len(page.pieces):
        raise Refused(HTTPStatus.NOT_FOUND, "The text has no such part.")
    return HTMLResponse(write("piece.html", blocks=page.blocks(piece), prefix="", piece=piece))


def entries(review: Review, request: Request) -> Response:
    """Show more findings of a document."""
    doc_id = request.path_params["doc_id"]
    reviewed = review.document(doc_id)
    start = request.path_params["start"]
    entries = _entries(review, reviewed, reviewed.page, start)
    more = start + ENTRIES if len(reviewed.page.entries) > start + ENTRIES else None
    values = {"doc_id": doc_id, "prefix": "", "ledger": review.ledger, "most_alike": MOST_ALIKE}
    values["grouped"] = reviewed.grouped
    return HTMLResponse(write("entries.html", entries=entries, more=more, **values))


def spans(review: Review, request: Request) -> Response:
    """Show more of the personal data in a document."""
    doc_id, start = request.path_params["doc_id"], request.path_params["start"]
    more = _spans(review, review.document(doc_id), start)
    values = {"doc_id": doc_id, "ledger": review.ledger, "most_alike": MOST_ALIKE}
    return HTMLResponse(write("spans.html", **more, **values))


def sheets(review: Review, request: Request) -> Response:
    """Show the pages of a document as pictures, which are drawn when they are looked at."""
    pages = review.pages(request.path_params["doc_id"])
    return HTMLResponse(write("sheets.html", sheets=pages.sheets, why=pages.why, prefix=""))


def picture(review: Review, request: Request) -> Response:
    """Return the picture of a page."""
    png = review.pages(request.path_params["doc_id"]).picture(request.path_params["page"])
    if png is None:
        why = "There is no such picture: the page cannot be drawn, or the file has changed or is gone."
        raise Refused(HTTPStatus.NOT_FOUND, why)
    return Response(png, media_type="image/png")


def relatives(review: Review, request: Request) -> Response:
    """Show the family of a document."""
    reviewed = review.document(request.path_params["doc_id"])
    listed, same = family(reviewed.snapshot, reviewed.result)
    return HTMLResponse(write("family.html", relatives=listed, same=same))


def panel(review: Review, request: Request) -> Response:
    """Show the decision dialog of an item."""
    doc_id, item = request.path_params["doc_id"], request.path_params["item"]
    reviewed = review.document(doc_id)
    target = target_of(reviewed, item)
    group = bool(request.query_params.get("group"))
    if group:
        alike, more = open_of_group(review, reviewed, item), False
    else:
        alike, more = alike_of(reviewed, item) if item[0] in ALIKE else ([], False)
    alike = list({place_of(one): one for one in alike}.values())
    words = [one[:2] for one in labels.words(target.object, target.decided_by or "")]
    words.append(("not_sure", labels.WORDS["not_sure"]))
    if target.object in ("flag", "finding"):
        words.append(("corrected", labels.WORDS["corrected"]))
    names = {row["doc_id"]: name_of(row) for row in queued_of(review, {one.doc_id for one in alike})}
    return HTMLResponse(
        write(
            "panel.html",
            doc_id=doc_id,
            item=item,
            target=target,
            state=review.ledger.state(target),
            accuracy=review.ledger.accuracy.of(target.decided_by, target.code, target.label),
            choices=[] if target.object == "finding" else choices_for(target, reviewed.page),
            words=words,
            group=group,
            alike=alike,
            documents=len({one.doc_id for one in alike}),
            name_of=lambda doc_id: names.get(doc_id, doc_id[:16]),
            more_alike=more,
            read_only=review.ledger.read_only,
        )
    )


def help(review: Review, request: Request) -> Response:
    """Show the help page."""
    return review.page("help.html")


def _entries(review: Review, reviewed: Reviewed, page: Page, start: int) -> list[tuple[Entry, State]]:
    return [(entry, review.ledger.state(reviewed.items[entry.item])) for entry in page.listed(start, ENTRIES)]


def _spans(review: Review, reviewed: Reviewed, start: int) -> dict[str, Any]:
    some = reviewed.spans[start : start + ENTRIES]
    more = start + ENTRIES if len(reviewed.spans) > start + ENTRIES else None
    states = [(span, review.ledger.state(reviewed.items[span.item])) for span in some]
    return {"spans": states, "more_spans": more}


def remarks_of(review: Review, doc_id: str) -> dict[str, Any]:
    """Give the notes on a document, who looks at it, and what the forms for these need."""
    remarks = review.ledger.remarks
    assignment = remarks.assignment(doc_id)
    return {
        "notes": remarks.notes(doc_id),
        "assigned_to": remarks.reviewer(doc_id),
        "assignment_id": assignment["decision_id"] if assignment else "",
        "names": sorted({*remarks.reviewers(), review.ledger.reviewer}),
        "note_id": uuid.uuid4().hex,
    }


def queued_of(review: Review, doc_ids: set[str]) -> list[dict[str, Any]]:
    """Return the rows of documents in the queue."""
    snapshot = review.progress.snapshot
    places = [snapshot.place[doc_id] for doc_id in doc_ids if doc_id in snapshot.place]
    return snapshot.taken(np.array(sorted(places), np.int64))


def after_of(review: Review, doc_id: str) -> dict[str, Any] | None:
    """Return what counts of a document after decisions; None of one that newer tables have not."""
    return next(iter(queued_of(review, {doc_id})), None)


def name_of(row: Mapping[str, Any]) -> str:
    """Name a document by its title, else its file."""
    return line(row["title"] or row["uri"].rpartition("/")[2], 200)


def target_of(reviewed: Reviewed, item: str) -> Choice:
    """Return an item of a document."""
    if not _ITEM.fullmatch(item) or item not in reviewed.items:
        raise Refused(HTTPStatus.NOT_FOUND, "The document has no such finding.")
    return reviewed.items[item]


def alike_of(reviewed: Reviewed, item: str) -> tuple[list[Choice], bool]:
    """List equal findings of the same rule in all documents, and whether there are more.

    Where nothing was found there is nothing to be equal.
    """
    target = reviewed.items[item]
    if target.evidence is None:
        return [target], False
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


def open_of_group(review: Review, reviewed: Reviewed, item: str) -> list[Choice]:
    """List the first `MOST_ALIKE` open items of a group that rest on the same words."""
    evidence = reviewed.items[item].evidence
    targets = [reviewed.items[one] for one in reviewed.group(item)]
    targets = [target for target in targets if target.evidence == evidence and evidence is not None]
    still_open = [target for target in targets if not review.ledger.state(target).settled]
    if not still_open:
        raise Refused(HTTPStatus.CONFLICT, "All of these have already been decided.")
    return still_open[:MOST_ALIKE]
