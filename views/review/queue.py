"""Show the queue of documents to review."""

from __future__ import annotations

from dataclasses import asdict
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
from docassay.views.review.params import of_all, parse_filters, parse_number
from docassay.views.review.show import prepare

ROWS = 50
"""Documents on a page of the queue."""

AFTER = 0.5
"""Seconds to serve the first page and its resources before a document is prepared."""


def queue(review: Review, request: Request) -> Response:
    """Show the queue, or more rows of it."""
    review.refresh()
    filters, query = parse_filters(request)
    progress = review.progress
    positions = progress.shown(filters)
    after = parse_number(request.query_params.get("after"), -1)
    start = int(np.searchsorted(positions, after, side="right"))
    rows = progress.snapshot.taken(positions[start : start + ROWS])
    named = progress.snapshot.headlines([row["doc_id"] for row in rows])
    for row in rows:
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
    page = review.page("queue.html", **values)
    if not review.warm and rows:
        review.warm = True
        page.background = BackgroundTask(_prepare_later, review, rows[0]["doc_id"])
    return page


async def _prepare_later(review: Review, doc_id: str) -> None:
    await anyio.sleep(AFTER)
    await run_in_threadpool(prepare, review, doc_id)
