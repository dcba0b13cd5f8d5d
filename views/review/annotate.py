"""Write notes on documents, and say who looks at one or at all that a filter shows."""

from __future__ import annotations

from hashlib import sha256
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docassay.observe.sanitize import line
from docassay.storage.decisions.on_documents import assigned, noted
from docassay.views.html import write
from docassay.views.review.app import Review
from docassay.views.review.params import Refused, parse_decision_id, parse_filters
from docassay.views.review.show import name_of, remarks_of
from docassay.views.review.snapshot import MOST_ALIKE, Filters


def note(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Add a note to a document."""
    doc_id = request.path_params["doc_id"]
    words = form.get("note", "").strip()
    if not words:
        raise Refused(HTTPStatus.BAD_REQUEST, "The note is empty.")
    run_id = review.document(doc_id).items["d0"].run_id
    review.ledger.record([noted(doc_id, words, run_id, parse_decision_id(form) or None)])
    if all(row["reason"] != words for row in review.ledger.remarks.notes(doc_id)):
        why = "This form was already sent with other text, which is kept. Reload the page to add this text."
        raise Refused(HTTPStatus.CONFLICT, why)
    return _remarks(review, doc_id, "Note added")


def assign(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Say who looks at a document, unless somebody has said so since the page was loaded."""
    doc_id = request.path_params["doc_id"]
    run_id = review.document(doc_id).items["d0"].run_id
    review.refresh()
    remarks = review.ledger.remarks
    now = remarks.assignment(doc_id)
    if form.get("seen", "") != (now["decision_id"] if now else ""):
        who = f"{line(now['reviewer'], 80)} assigned it to" if now else "it was assigned to"
        said = (
            f"Meanwhile {who} {line(remarks.reviewer(doc_id), 80) or 'nobody'}. To change that, assign again."
        )
        return _remarks(review, doc_id, said, HTTPStatus.CONFLICT)
    name = form.get("assignee", "").strip()
    review.ledger.record([assigned(doc_id, name, run_id)])
    return _remarks(review, doc_id, f"Assigned to {line(name, 80) or 'nobody'}")


def listed(review: Review, request: Request) -> Response:
    """List the documents that a filter shows, to be assigned together."""
    review.refresh()
    filters, query = parse_filters(request.query_params)
    rows, more, seen = _listed(review, filters)
    remarks = review.ledger.remarks
    for row in rows:
        row["name"], row["assigned"] = name_of(row), remarks.reviewer(row["doc_id"])
    names = sorted({*remarks.reviewers(), review.ledger.reviewer})
    return review.page("assign.html", rows=rows, more=more, seen=seen, query=query, names=names)


def assign_listed(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Assign the documents that were listed, all or none."""
    review.refresh()
    filters, query = parse_filters(request.query_params)
    rows, _, seen = _listed(review, filters)
    if form.get("seen") != seen or not rows:
        why = "The list has changed since it was shown, so nothing was assigned. Reload it and check again."
        raise Refused(HTTPStatus.CONFLICT, why)
    name = form.get("assignee", "")
    review.ledger.record([assigned(row["doc_id"], name, row["run_id"]) for row in rows])
    address = f"/queue?{query}" if query else "/queue"
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})


def _listed(review: Review, filters: Filters) -> tuple[list[dict[str, Any]], int, str]:
    """Give the first `MOST_ALIKE` documents of a filter, and how many more there are.

    Returns:
        Also a digest of the documents and of who looks at each.
    """
    positions = review.progress.shown(filters)
    rows = review.progress.snapshot.taken(positions[:MOST_ALIKE])
    remarks = review.ledger.remarks
    told = [f"{row['doc_id']} {(remarks.assignment(row['doc_id']) or {}).get('decision_id')}" for row in rows]
    return rows, max(0, len(positions) - MOST_ALIKE), sha256("\n".join(told).encode()).hexdigest()


def _remarks(review: Review, doc_id: str, said: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    values = remarks_of(review, doc_id)
    parts = (
        write("remarks.html", doc_id=doc_id, ledger=review.ledger, **values),
        write("note.html", said=said, other=""),
    )
    return HTMLResponse("".join(parts), status)
