"""Export the documents that a filter shows: as rows with decisions, or as a case file."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from docassay.views.export import write_csv, write_xlsx
from docassay.views.queue_table import table_of
from docassay.views.review.app import Review
from docassay.views.review.case import write_case
from docassay.views.review.params import Refused, parse_filters
from docassay.views.review.snapshot import Filters

MEMORY = 1_000_000_000
"""Bytes that DuckDB may take for an export."""

FORMATS = {
    "queue.csv": "text/csv",
    "queue.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "case.html": "text/html",
}
"""The files that there are, and their media types."""

_one = threading.Lock()  # at a time, since each takes memory


def export(review: Review, request: Request) -> Response:
    """Send the documents that a filter shows as a file."""
    name = request.path_params["name"]
    if name not in FORMATS:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such export.")
    filters, query = parse_filters(request.query_params)
    with ExitStack() as ending:
        folder = ending.enter_context(TemporaryDirectory(prefix="docassay-export-"))
        path = Path(folder) / name
        with _one:
            review.refresh()
            write(review, filters, query, path, MEMORY, folder)
        kept = ending.pop_all()  # until it is sent
    return FileResponse(
        path, media_type=FORMATS[name], filename=f"docassay-{name}", background=BackgroundTask(kept.close)
    )


def write(review: Review, filters: Filters, query: str, path: Path, memory: int, spill: str) -> str:
    """Write the documents that a filter shows to a file, whose name ends in the format.

    Returns:
        What was written, and what was left out.

    Raises:
        UsageError: They are more than a sheet holds.
        TablesError: The tables are damaged.
        RunError: It takes too much memory.
    """
    if filters.search:
        review.progress.snapshot.searching.finish()
    if path.name.endswith(".html"):
        with path.open("w", encoding="utf-8", newline="") as file:
            inside, more = write_case(review, filters, query, file)
        left_out = f"; left out: {more:,} more matching the filter or contained in a match" if more else ""
        return f"{inside:,} documents written{left_out}"
    snapshot = review.progress.snapshot
    places = review.progress.shown(filters)
    doc_ids = [row["doc_id"] for row in snapshot.taken(places)]
    rows = table_of(snapshot.out, doc_ids, memory, spill, review.ledger.matcher.eyes)
    if path.name.endswith(".xlsx"):
        number, cut = write_xlsx(rows.schema, rows.batches(), path)
        return f"{number:,} rows written" + (f"; {cut:,} texts were cut to fit a cell" if cut else "")
    with path.open("w", encoding="utf-8", newline="") as file:
        return f"{write_csv(rows.schema, rows.batches(), file):,} rows written"
