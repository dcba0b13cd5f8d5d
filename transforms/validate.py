"""Validate: the expectations of a table on a group of rows; the only module that opens Great Expectations.

Importing it costs seconds and a suite about 50 ms however few the rows, so groups are large.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from typing import Any

from schemas.arrow import schema
from schemas.expectations import DERIVED, NOT_NULL, expectations
from schemas.rows import Reject, Result

_validating = threading.Lock()
"""A suite mixes up two batches that threads of a worker give it at a time."""

Row = Any
"""An instance of one of the row classes of `schemas.rows.TABLES`."""

DEPENDENT = ("segments", "classifications", "entities", "flags", "findings", "translations")
"""The tables whose rows belong to a document or to one of its segments."""


def validate(results: Sequence[Result]) -> tuple[dict[str, list[Row]], list[Reject]]:
    """Check a group of documents; what breaks an expectation becomes a reject that names it.

    A document's row that fails takes its whole document with it. Of the other tables only the row
    that fails is left out, and what points to it. All tables but the documents are first asked together
    whether anything is broken, which mostly is the end of it.

    Returns:
        Rows by table, in order, that may be written; and the rejects.
    """
    texts = {result.document.doc_id: result.text for result in results}
    uris = {result.document.doc_id: result.document.uri for result in results}
    rows: dict[str, list[Row]] = {}
    rejects: list[Reject] = []

    def keep(table: str, candidates: list[Row], known: list[bool]) -> None:
        broken = failures(table, candidates, known, texts)
        rows[table] = [row for n, row in enumerate(candidates) if n not in broken]
        for n, (reason, detail) in sorted(broken.items()):
            doc_id = candidates[n].doc_id
            refused = None if table == "documents" else table
            rejects.append(Reject(doc_id, uris.get(doc_id, ""), "validate", reason, detail, refused))

    documents = [result.document for result in results]
    keep("documents", documents, [True] * len(documents))
    good = {row.doc_id for row in rows["documents"]}
    found: dict[str, list[Row]] = {
        table: [row for result in results if result.document.doc_id in good for row in getattr(result, table)]
        for table in DEPENDENT
    }
    if _hold(
        found, {table: _known(table, own, good, found["segments"]) for table, own in found.items()}, texts
    ):
        return rows | found, rejects
    for table, own in found.items():
        keep(table, own, _known(table, own, good, rows.get("segments", [])))
    return rows, rejects


def failures(
    table: str, rows: Sequence[Row], known: Sequence[bool], texts: dict[str, str]
) -> dict[int, tuple[str, str]]:
    """Find the rows that break an expectation.

    Whether there are any is asked first, which takes two thirds of the time that it takes to name them.

    Returns:
        By position: the first expectation broken, in snake case, and the column with its value.
    """
    if not rows or _hold({table: rows}, {table: known}, texts):
        return {}
    outcome = _outcome((table,), {table: rows}, {table: known}, texts, complete=True)
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


def _known(table: str, rows: Sequence[Row], documents: Set[str], segments: Sequence[Row]) -> list[bool]:
    """Tell of each row whether the document or segment that it points to is there."""
    if "index" not in schema(table).names or table == "segments":
        return [row.doc_id in documents for row in rows]
    places = {(row.doc_id, row.index) for row in segments}
    return [(row.doc_id, row.index) in places for row in rows]


def _hold(
    rows: Mapping[str, Sequence[Row]], known: Mapping[str, Sequence[bool]], texts: dict[str, str]
) -> bool:
    """Tell whether the rows of all these tables, some of which may be empty, surely break nothing."""
    for table, own in rows.items():
        for column in _required(table):
            values = [getattr(row, column) for row in own]
            if any(value is None or value != value for value in values):
                return False
    if not any(rows.values()):
        return True
    return bool(_outcome(tuple(rows), rows, known, texts, complete=False).success)


def _outcome(
    tables: tuple[str, ...],
    rows: Mapping[str, Sequence[Row]],
    known: Mapping[str, Sequence[bool]],
    texts: dict[str, str],
    complete: bool,
) -> Any:
    """Run the expectations of tables on their rows, one below the other.

    Where a table has no such column the value is missing, which breaks no expectation but NOT_NULL; those
    are asked only when a `complete` answer is wanted.
    """
    import pandas as pd

    batch_of, suite = _suite(tables, complete)
    stacked = [row for table in tables for row in rows[table]]
    frame = pd.DataFrame(
        {column: [getattr(row, column, None) for row in stacked] for column in _columns(suite) - {*DERIVED}}
    )
    frame["known"] = [value for table in tables for value in known[table]]
    frame["exact"] = [_exact(row, texts) for row in stacked]
    wanted = "COMPLETE" if complete else "BOOLEAN_ONLY"
    with _validating, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' and marshmallow's, inside the library
        return batch_of(frame).validate(suite, result_format={"result_format": wanted})


def _columns(suite: Any) -> set[str]:
    names = ("column", "column_A", "column_B")
    return {getattr(each, name) for each in suite.expectations for name in names if hasattr(each, name)}


def _exact(row: Row, texts: dict[str, str]) -> bool:
    start = getattr(row, "start", None)
    if start is None:
        return True
    expected = row.evidence if hasattr(row, "evidence") else row.text
    return bool(texts.get(row.doc_id, "")[start : row.end] == expected)


@cache
def _required(table: str) -> list[str]:
    return [arguments["column"] for name, arguments in expectations(table) if name == NOT_NULL]


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
def _suite(tables: tuple[str, ...], complete: bool) -> tuple[Callable[[Any], Any], Any]:
    """Build the suite of some tables once a process, with neither telemetry nor progress bars.

    An expectation costs milliseconds however few the rows. What several tables expect of a column is asked
    once, and that a column has no null, which half of the expectations say, in a `complete` suite only.
    """
    gx = prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
        batches = asset.add_batch_definition_whole_dataframe("group")
        suite = gx.ExpectationSuite(name="rows")
        asked = []
        for expectation in (each for table in tables for each in expectations(table)):
            name, arguments = expectation
            if expectation not in asked and (complete or name != NOT_NULL):
                suite.add_expectation(getattr(gx.expectations, name)(**arguments))
                asked.append(expectation)
    return lambda frame: batches.get_batch(batch_parameters={"dataframe": frame}), suite
