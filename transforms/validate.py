"""Validate: the expectations of a table on a group of rows; the only module that opens Great Expectations.

Importing it costs seconds and a suite about 50 ms however few the rows, so groups are large.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from schemas.arrow import schema
from schemas.expectations import NOT_NULL, expectations
from schemas.rows import Reject, Result

_validating = threading.Lock()
"""A suite mixes up two batches that threads of a worker give it at a time."""

Row = Any
"""An instance of one of the row classes of `schemas.rows.TABLES`."""


def validate(results: Sequence[Result]) -> tuple[dict[str, list[Row]], list[Reject]]:
    """Check a group of documents; what breaks an expectation becomes a reject that names it.

    A document's row that fails takes its whole document with it. Of the other tables only the row
    that fails is left out, and what points to it.

    Returns:
        Rows by table, in order, that may be written; and the rejects.
    """
    texts = {result.document.doc_id: result.text for result in results}
    uris = {result.document.doc_id: result.document.uri for result in results}
    rows: dict[str, list[Row]] = {}
    rejects: list[Reject] = []

    def keep(table: str, candidates: list[Row], known: Callable[[Row], bool]) -> None:
        broken = failures(table, candidates, [known(row) for row in candidates], texts)
        rows[table] = [row for n, row in enumerate(candidates) if n not in broken]
        for n, (reason, detail) in sorted(broken.items()):
            doc_id = candidates[n].doc_id
            refused = None if table == "documents" else table
            rejects.append(Reject(doc_id, uris.get(doc_id, ""), "validate", reason, detail, refused))

    keep("documents", [result.document for result in results], lambda row: True)
    good = {row.doc_id for row in rows["documents"]}
    kept = [result for result in results if result.document.doc_id in good]
    keep("segments", [row for r in kept for row in r.segments], lambda row: row.doc_id in good)
    places = {(row.doc_id, row.index) for row in rows["segments"]}
    keep(
        "classifications",
        [row for r in kept for row in r.classifications],
        lambda row: (row.doc_id, row.index) in places,
    )
    keep("entities", [row for r in kept for row in r.entities], lambda row: (row.doc_id, row.index) in places)
    keep("flags", [row for r in kept for row in r.flags], lambda row: row.doc_id in good)
    keep("findings", [row for r in kept for row in r.findings], lambda row: row.doc_id in good)
    keep(
        "translations",
        [row for r in kept for row in r.translations],
        lambda row: (row.doc_id, row.index) in places,
    )
    return rows, rejects


def failures(
    table: str, rows: Sequence[Row], known: Sequence[bool], texts: dict[str, str]
) -> dict[int, tuple[str, str]]:
    """Find the rows that break an expectation.

    Returns:
        By position: the first expectation broken, in snake case, and the column with its value.
    """
    if not rows:
        return {}
    import pandas as pd
    import pyarrow as pa

    frame = pd.DataFrame(
        {
            column.name: [getattr(row, column.name) for row in rows]
            for column in schema(table)
            if not pa.types.is_list(column.type)
        }
    )
    frame["known"] = list(known)
    frame["exact"] = [_exact(row, texts) for row in rows]
    required = [c["column"] for name, c in expectations(table) if name == NOT_NULL]
    batch_of, suite = _suite(table, bool(frame[required].isnull().to_numpy().any()))
    with _validating, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' and marshmallow's, inside the library
        outcome = batch_of(frame).validate(suite, result_format={"result_format": "COMPLETE"})
    broken: dict[int, tuple[str, str]] = {}
    for check in outcome.results:
        if check.success:
            continue
        if "unexpected_index_list" not in check.result:  # the expectation itself failed to run
            raise RuntimeError(f"{table}: {check.expectation_config.type}: {check.exception_info}")
        arguments = check.expectation_config.kwargs
        column = arguments.get("column") or arguments["column_A"]
        for n in check.result["unexpected_index_list"]:
            value = str(getattr(rows[n], column, "false"))[:200]
            broken.setdefault(int(n), (check.expectation_config.type, f"{table}.{column} is {value}"))
    return broken


def _exact(row: Row, texts: dict[str, str]) -> bool:
    start = getattr(row, "start", None)
    if start is None:
        return True
    expected = row.evidence if hasattr(row, "evidence") else row.text
    return bool(texts.get(row.doc_id, "")[start : row.end] == expected)


@cache
def prepare() -> Any:
    """Import Great Expectations, once a process; a process that starts may do it ahead of its work."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx


@cache
def _suite(table: str, nulls: bool) -> tuple[Callable[[Any], Any], Any]:
    """Build a table's suite once a process, with neither telemetry nor progress bars.

    An expectation costs milliseconds however few the rows, and half of them say that no null stands in a
    column: they are left out for a group that has no `nulls` in any of those columns.
    """
    gx = prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas(table).add_dataframe_asset(table)
        batches = asset.add_batch_definition_whole_dataframe("group")
        suite = gx.ExpectationSuite(name=table)
        for name, arguments in expectations(table):
            if name == NOT_NULL and not nulls:
                continue
            suite.add_expectation(getattr(gx.expectations, name)(**arguments))
    return lambda frame: batches.get_batch(batch_parameters={"dataframe": frame}), suite
