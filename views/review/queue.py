"""Show the queue of documents to review."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import anyio
import numpy as np
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docassay.observe.sanitize import line
from docassay.views.html import write
from docassay.views.review.app import Review
from docassay.views.review.params import of_all, of_words, parse_filters, parse_number, without
from docassay.views.review.remarks import MINE, UNASSIGNED
from docassay.views.review.show import prepare
from docassay.views.review.snapshot import Filters

ROWS = 50
"""Documents on a page of the queue."""

NAMED = {
    "domain": "the domain",
    "kind": "the document type",
    "code": "the sign or check",
    "verdict": "the verdict",
    "language": "the language",
    "since": "the start date",
    "until": "the end date",
    "search": "the search",
    "fact": "the fact",
    "assigned": "the assignment",
    "status": "the status",
    "dated": "the stated date",
}
"""The parts of a filter, as readers know them."""

AFTER = 0.5
"""Seconds to serve the first page and its resources before a document is prepared."""


def queue(review: Review, request: Request) -> Response:
    """Show the queue, or more rows of it."""
    review.refresh()
    filters, query = parse_filters(request.query_params)
    progress, unfinished = review.progress, ""
    searching = progress.snapshot.searching
    if filters.search:
        searching.prepare()
        unfinished = searching.progress  # of before: it may be complete when the rest is done
    positions = progress.shown(filters)
    after = parse_number(request.query_params.get("after"), -1)
    start = int(np.searchsorted(positions, after, side="right"))
    rows = progress.snapshot.taken(positions[start : start + ROWS])
    named = progress.headlines([row["doc_id"] for row in rows])
    hits = searching.shown(filters.search, [row["doc_id"] for row in rows]) if filters.search else {}
    for row in rows:
        row["hit"] = hits[row["doc_id"]].pieces if row["doc_id"] in hits else ()
        row["file"] = line(row["uri"].rpartition("/")[2], 160)
        row["name"] = line(named.get(row["doc_id"]) or row["title"] or row["uri"].rpartition("/")[2], 200)
        row["notes"] = len(review.ledger.remarks.notes(row["doc_id"]))
        row["assigned"] = review.ledger.remarks.reviewer(row["doc_id"])
    more = start + ROWS < len(positions)
    values: dict[str, Any] = {
        "rows": rows, "more": rows[-1]["n"] if rows and more else None, "query": query,
        "count": len(positions), "filters": asdict(filters), "facets": progress.snapshot.facets,
        "others": 0 if rows else len(progress.matching(filters)), "every": of_all(query),
        "unfinished": unfinished,
        "instead": [] if rows else _instead(review, filters, query),
        "names": sorted({*review.ledger.remarks.reviewers(), filters.assigned} - {"", MINE, UNASSIGNED}),
    }  # fmt: skip
    if request.query_params.get("after"):
        return HTMLResponse(write("queue_rows.html", **values))
    page = review.page("queue.html", **values)
    if not review.warm and rows:
        review.warm = True
        page.background = BackgroundTask(_prepare_later, review, rows[0]["doc_id"])
    return page


def _instead(review: Review, filters: Filters, query: str) -> list[tuple[str, str, int]]:
    """List what would fit where nothing does: the filter without one of its parts, and other words.

    Returns:
        What it is, its query string, and how many documents fit.
    """
    found = []
    for name in NAMED:
        if getattr(filters, name):
            empty: Any = None if name in ("since", "until") else ""
            number = len(review.progress.shown(replace(filters, **{name: empty})))
            found.append((f"without {NAMED[name]}", without(query, name), number))
    if filters.search:
        for words, _ in review.progress.snapshot.searching.near(filters.search):
            number = len(review.progress.shown(replace(filters, search=words)))
            found.append((words, of_words(query, words), number))
            if not number:
                number = len(review.progress.matching(replace(filters, search=words)))
                found.append((f"{words}, whatever the state", of_all(of_words(query, words)), number))
    return [one for one in found if one[2]]


async def _prepare_later(review: Review, doc_id: str) -> None:
    await anyio.sleep(AFTER)
    await run_in_threadpool(prepare, review, doc_id)
