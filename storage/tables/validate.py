"""Validate: check a group of rows against the expectations of the tables, with Great Expectations.

This is the only module that opens it. Importing it takes seconds, and a suite about 50 ms however few the
rows, so groups are large, and the expectations of all tables are checked together.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from itertools import chain
from math import inf
from typing import Any

from docassay.schemas.arrow import row_columns, schema, stamp_columns
from docassay.schemas.expectations import NOT_NULL, expectations
from docassay.schemas.rows import Reject, Result
from docassay.schemas.runs import Stamp
from docassay.transforms.lazy_imports import later

_validating = threading.Lock()
"""A suite mixes up two batches that threads of a worker give it at the same time."""

Row = Any
"""An instance of one of the row classes of `schemas.rows.TABLES`."""

DEPENDENT = ("segments", "classifications", "entities", "flags", "findings", "translations")
"""The tables whose rows belong to a document or to one of its segments."""


def validate(results: Sequence[Result], stamped: Stamp) -> tuple[dict[str, list[Row]], list[Reject]]:
    """Check a group of documents; a row that breaks an expectation becomes a reject that names it.

    Where the row of `documents` fails, the whole document is left out. Of the other tables only the row
    that fails is left out, and the rows that point to it. All tables are first checked together, which
    mostly is enough: nothing is broken.

    Args:
        results: The documents with their rows.
        stamped: The stamp of every row of the group.

    Returns:
        The valid rows by table, in order, and the rejects.
    """
    texts = {result.document.doc_id: result.text for result in results}
    uris = {result.document.doc_id: result.document.uri for result in results}
    rows: dict[str, list[Row]] = {"documents": [result.document for result in results]}
    rows |= {table: [row for result in results for row in getattr(result, table)] for table in DEPENDENT}
    known = {
        table: _known(table, table_rows, texts.keys(), rows["segments"]) for table, table_rows in rows.items()
    }
    if _all_hold(rows, known, texts, stamped):
        return rows, []
    rejects: list[Reject] = []

    def keep(table: str, candidates: list[Row], known: list[bool]) -> None:
        broken = failures(table, candidates, known, texts, stamped)
        rows[table] = [row for n, row in enumerate(candidates) if n not in broken]
        for n, (reason, detail) in sorted(broken.items()):
            doc_id = candidates[n].doc_id
            rejected_table = None if table == "documents" else table
            rejects.append(Reject(doc_id, uris.get(doc_id, ""), "validate", reason, detail, rejected_table))

    keep("documents", rows["documents"], [True] * len(results))
    good = {row.doc_id for row in rows["documents"]}
    for table in DEPENDENT:
        table_rows = [
            row for result in results if result.document.doc_id in good for row in getattr(result, table)
        ]
        keep(table, table_rows, _known(table, table_rows, good, rows["segments"]))
    return rows, rejects


def failures(
    table: str, rows: Sequence[Row], known: Sequence[bool], texts: dict[str, str], stamped: Stamp
) -> dict[int, tuple[str, str]]:
    """Find the rows that break an expectation.

    A first check tells whether there are any, in two thirds of the time that it takes to name them.

    Args:
        table: The table of the rows.
        rows: Rows of that table.
        known: Whether the document or segment that each row points to exists.
        texts: The texts of the documents, by `doc_id`.
        stamped: The stamp of every row.

    Returns:
        By position: the first expectation broken, in snake case, and the column with its value.
    """
    if not rows or _all_hold({table: rows}, {table: known}, texts, stamped):
        return {}
    batch_of, suite = _suite(table)
    frame = row_columns(table, rows) | stamp_columns(table, stamped, len(rows))
    frame |= _derived(rows, known, texts)
    outcome = _outcome(batch_of, suite, frame, "COMPLETE")
    broken: dict[int, tuple[str, str]] = {}
    for check in outcome.results:
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


def _known(table: str, rows: Sequence[Row], documents: Set[str], segments: Sequence[Row]) -> list[bool]:
    """Tell for each row whether the document or segment that it points to exists."""
    if "segment" not in schema(table).names or table == "segments":
        return [row.doc_id in documents for row in rows]
    segment_keys = {(row.doc_id, row.segment) for row in segments}
    return [(row.doc_id, row.segment) in segment_keys for row in rows]


def _all_hold(
    rows: Mapping[str, Sequence[Row]],
    known: Mapping[str, Sequence[bool]],
    texts: dict[str, str],
    stamped: Stamp,
) -> bool:
    """Tell whether the rows of all these tables, some of which may be empty, break no expectation.

    An expectation costs milliseconds however few the values, so one that several columns share is checked
    once, on their values stacked in one column. Nulls break only NOT_NULL, which is checked here. All rows
    of a table have the same stamp, so it is checked once.
    """
    if not any(rows.values()):
        return True
    columns: dict[tuple[str, str], Sequence[Any]] = {}
    for table, table_rows in rows.items():
        table_columns = row_columns(table, table_rows) | stamp_columns(
            table, stamped, min(1, len(table_rows))
        )
        if any(
            value is None or value != value for column in _required(table) for value in table_columns[column]
        ):
            return False
        table_columns |= _derived(table_rows, known[table], texts)
        columns |= {(table, column): values for column, values in table_columns.items()}
    batch_of, suite, stacks = _joint_suite(tuple(rows))
    stacked = {
        name: list(chain.from_iterable(columns[pair] for pair in pairs)) for name, pairs in stacks.items()
    }
    longest = max(map(len, stacked.values()))
    frame = {name: [*values, *[None] * (longest - len(values))] for name, values in stacked.items()}
    return bool(_outcome(batch_of, suite, frame, "BOOLEAN_ONLY").success)


def _derived(rows: Sequence[Row], known: Sequence[bool], texts: dict[str, str]) -> dict[str, list[bool]]:
    return {
        "known": list(known),
        "exact": [_exact(row, texts) for row in rows],
        "placed": [_placed(row) for row in rows],
    }


def _outcome(
    batch_of: Callable[[Any], Any], suite: Any, columns: Mapping[str, Sequence[Any]], result_format: str
) -> Any:
    import pandas as pd

    with _validating, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' and marshmallow's, inside the library
        frame = pd.DataFrame(dict(columns))
        return batch_of(frame).validate(suite, result_format={"result_format": result_format})


def _exact(row: Row, texts: dict[str, str]) -> bool:
    start = getattr(row, "start_char", None)
    if start is None:
        return True
    expected = row.evidence if hasattr(row, "evidence") else row.text
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


@cache
def _required(table: str) -> list[str]:
    return [arguments["column"] for name, arguments in expectations(table) if name == NOT_NULL]


@cache
def prepare_ahead() -> None:
    """Import Great Expectations in a thread, once a process, before it is needed."""
    threading.Thread(target=prepare, name="validate", daemon=True).start()


@cache
def prepare() -> Any:
    """Import Great Expectations, without its telemetry and warnings, once a process."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    later("scipy.stats")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return gx


@cache
def _suite(table: str) -> tuple[Callable[[Any], Any], Any]:
    """Build the suite of a table that names the rows that fail, once a process."""
    batch_of, suite = _empty_suite()
    gx = prepare()
    for name, arguments in expectations(table):
        suite.add_expectation(getattr(gx.expectations, name)(**arguments))
    return batch_of, suite


@cache
def _joint_suite(
    tables: tuple[str, ...],
) -> tuple[Callable[[Any], Any], Any, dict[str, list[tuple[str, str]]]]:
    """Build the suite that checks an expectation once for all columns, of some tables, that share it.

    Returns:
        How to make a batch, the suite, and by column of its frame: the (table, column) pairs that it stacks.
    """
    batch_of, suite = _empty_suite()
    gx = prepare()
    roles = ("column", "column_A", "column_B")
    shared: dict[str, tuple[str, dict[str, Any], list[tuple[str, dict[str, str]]]]] = {}
    for table in tables:
        for name, arguments in expectations(table):
            columns = {role: arguments[role] for role in roles if role in arguments}
            options = {key: value for key, value in arguments.items() if key not in columns}
            if name != NOT_NULL:
                shared.setdefault(f"{name} {options}", (name, options, []))[2].append((table, columns))
    stacks: dict[str, list[tuple[str, str]]] = {}
    for number, (name, options, uses) in enumerate(shared.values()):
        stacked_columns = {role: f"{role} {number}" for role in uses[0][1]}
        stacks |= {
            stacked_columns[role]: [(table, columns[role]) for table, columns in uses]
            for role in stacked_columns
        }
        suite.add_expectation(getattr(gx.expectations, name)(**stacked_columns, **options))
    return batch_of, suite, stacks


def _empty_suite() -> tuple[Callable[[Any], Any], Any]:
    """Prepare batches and a suite, without progress bars."""
    gx = prepare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
        batches = asset.add_batch_definition_whole_dataframe("group")
        suite = gx.ExpectationSuite(name="rows")
    return lambda frame: batches.get_batch(batch_parameters={"dataframe": frame}), suite
