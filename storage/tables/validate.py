"""Validate: check a group of rows against the expectations of the tables.

Where the compiled expectations (`schemas.expectations.holds`) hold for all rows of a table, they are valid.
Elsewhere, and where it is asked for, Great Expectations runs the same suite and names the rows that break it.
This is the only module that opens it: importing it takes seconds, and a suite about 50 ms however few rows.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from math import inf
from typing import Any

from docassay.schemas.arrow import row_columns, schema, stamp_columns
from docassay.schemas.expectations import Expectation, expectations, holds
from docassay.schemas.rows import Reject, Result
from docassay.schemas.runs import Stamp
from docassay.transforms.lazy_imports import later

_validating = threading.Lock()
"""A suite mixes up two batches that threads of a worker give it at the same time."""

Row = Any
"""An instance of one of the row classes of `schemas.rows.TABLES`."""

DEPENDENT = ("segments", "classifications", "entities", "facts", "flags", "findings", "translations")
"""The tables whose rows belong to a document or to one of its segments."""


def validate(
    results: Sequence[Result], stamped: Stamp, full: bool = False
) -> tuple[dict[str, list[Row]], list[Reject]]:
    """Check a group of documents; a row that breaks an expectation becomes a reject that names it.

    Where the row of `documents` fails, the whole document is left out. Of the other tables only the row
    that fails is left out, and the rows that point to it.

    Args:
        results: The documents with their rows.
        stamped: The stamp of every row of the group.
        full: Run Great Expectations on all rows, also where the compiled expectations hold.

    Returns:
        The valid rows by table, in order, and the rejects.
    """
    texts = {result.document.doc_id: result.text for result in results}
    uris = {result.document.doc_id: result.document.uri for result in results}
    rows: dict[str, list[Row]] = {}
    rejects: list[Reject] = []

    def keep(table: str, candidates: list[Row], known: list[bool]) -> None:
        broken = failures(table, candidates, known, texts, stamped, full)
        rows[table] = [row for n, row in enumerate(candidates) if n not in broken]
        for n, (reason, detail) in sorted(broken.items()):
            doc_id = candidates[n].doc_id
            rejected_table = None if table == "documents" else table
            rejects.append(Reject(doc_id, uris.get(doc_id, ""), "validate", reason, detail, rejected_table))

    keep("documents", [result.document for result in results], [True] * len(results))
    good = {row.doc_id for row in rows["documents"]}
    for table in DEPENDENT:
        table_rows = [
            row for result in results if result.document.doc_id in good for row in getattr(result, table)
        ]
        keep(table, table_rows, _known(table, table_rows, good, rows.get("segments", ())))
    return rows, rejects


def failures(
    table: str,
    rows: Sequence[Row],
    known: Sequence[bool],
    texts: Mapping[str, str],
    stamped: Stamp,
    full: bool = False,
) -> dict[int, tuple[str, str]]:
    """Find the rows that break an expectation.

    Args:
        table: The table of the rows.
        rows: Rows of that table.
        known: Whether the document or segment that each row points to exists.
        texts: The texts of the documents, by `doc_id`.
        stamped: The stamp of every row.
        full: Run Great Expectations, also where the compiled expectations hold.

    Returns:
        By position: the first expectation broken, in snake case, and the column with its value.
    """
    if not rows:
        return {}
    columns = columns_of(table, rows, known, texts, stamped)
    if not full and holds(table, columns):
        return {}
    broken: dict[int, tuple[str, str]] = {}
    for check in _outcome(table, columns).results:
        if check.success:
            continue
        if "unexpected_index_list" not in check.result:  # the expectation itself could not be evaluated
            raise RuntimeError(f"{table}: {check.expectation_config.type}: {check.exception_info}")
        arguments = check.expectation_config.kwargs
        column = arguments.get("column") or arguments["column_A"]
        for n in check.result["unexpected_index_list"]:
            value = str(getattr(rows[n], column, "false"))[:200]
            broken.setdefault(int(n), (check.expectation_config.type, f"{table}.{column} is {value}"))
    return broken


def columns_of(
    table: str, rows: Sequence[Row], known: Sequence[bool], texts: Mapping[str, str], stamped: Stamp
) -> dict[str, Sequence[Any]]:
    """Give the columns that the expectations of a table are about; the arguments are those of `failures`."""
    return {
        **row_columns(table, rows),
        **stamp_columns(table, stamped, len(rows)),
        "known": known,
        "exact": [_exact(row, texts) for row in rows],
        "placed": [_placed(row) for row in rows],
    }


def _known(table: str, rows: Sequence[Row], documents: Set[str], segments: Sequence[Row]) -> list[bool]:
    """Tell for each row whether the document or segment that it points to exists."""
    if "segment" not in schema(table).names or table == "segments":
        return [row.doc_id in documents for row in rows]
    segment_keys = {(row.doc_id, row.segment) for row in segments}
    return [(row.doc_id, row.segment) in segment_keys for row in rows]


def _exact(row: Row, texts: Mapping[str, str]) -> bool:
    start = getattr(row, "start_char", None)
    if start is None:
        return True
    expected = next(getattr(row, name) for name in ("evidence", "value", "text") if hasattr(row, name))
    return bool(texts.get(row.doc_id, "")[start : row.end_char] == expected)


def _placed(row: Row) -> bool:
    boxes = getattr(row, "boxes", None)
    if boxes is None:
        return True
    pages = [box.page for box in boxes]
    return (
        bool(pages)
        and pages[0] == row.page
        and pages == sorted(pages)
        and all(0 <= box.x0 < box.x1 < inf and 0 <= box.y0 < box.y1 < inf for box in boxes)
    )


def _outcome(table: str, columns: Mapping[str, Sequence[Any]]) -> Any:
    """Run the suite of a table on its columns; the outcome names each row that breaks an expectation."""
    batch_of, suite = _suite(table)
    import pandas as pd

    with _validating, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' and marshmallow's, inside the library
        frame = pd.DataFrame(dict(columns))
        return batch_of(frame).validate(suite, result_format={"result_format": "COMPLETE"})


@cache
def _suite(table: str) -> tuple[Callable[[Any], Any], Any]:
    return build_suite(table, expectations(table))


def build_suite(name: str, of: Sequence[Expectation]) -> tuple[Callable[[Any], Any], Any]:
    """Build a suite of Great Expectations, without progress bars; and what makes a batch of a data frame."""
    gx = _library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
        batches = asset.add_batch_definition_whole_dataframe("group")
        suite = gx.ExpectationSuite(name=name)
        for expectation, arguments in of:
            suite.add_expectation(getattr(gx.expectations, expectation)(**arguments))
    return lambda frame: batches.get_batch(batch_parameters={"dataframe": frame}), suite


@cache
def _library() -> Any:
    """Import Great Expectations, without its telemetry and warnings, once a process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    later("scipy.stats")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx
