"""Write: validate a group of documents and write one Parquet file a table, in the staging folder."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from docassay.observe import log
from docassay.schemas.arrow import row_columns, schema, stamp_columns
from docassay.schemas.rows import TABLES, Reject, Result, Stamp
from docassay.storage.parquet import write_table
from docassay.storage.runs import stamp
from docassay.storage.validate import Row, validate

STAGING = "_staging"
"""The folder below the output in which a run's files wait; the globs of DuckDB and pandas skip it."""

QUARANTINE = ".quarantine"
"""The folder below the output to which `docassay verify --quarantine` moves what is damaged."""

UNGROUPED = ("rejects", "runs")
"""Tables whose files belong to no group."""

GROUPED = tuple(table for table in TABLES if table not in UNGROUPED)
"""Tables whose files of one name are a group: they have the rows of the same documents."""


@dataclass(frozen=True, slots=True)
class Written:
    """A group of files, one a table at most, all of the same name.

    Attributes:
        name: The files' name; a table's file is ``FOLDER/TABLE/NAME``.
        rows: Rows by table; a table without rows has no file.
        reasons: Rejects by ``stage reason``.
        totals: What the writing process has counted and measured since its last group.
    """

    name: str
    rows: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)


def write(
    results: Sequence[Result],
    rejects: Sequence[Reject],
    folder: str,
    metadata: Mapping[str, str],
    name: str | None = None,
) -> Written:
    """Validate a group of documents; write the valid rows, and what is not valid as rejects.

    A document that is twice in the group is written once, under the first of its URIs in
    alphabetical order, so that the outcome does not depend on which was read first.

    Args:
        results: Documents with their rows.
        rejects: Inputs that stages before this one refused.
        folder: Where the tables' folders are, any path that Beam's file systems know.
        metadata: Key-value metadata for every file, such as the models' digests; its ``run_id`` is that of
            every row.
        name: The files' name, or None for a unique one.

    Raises:
        OSError: The disk is full, or the folder cannot be written; nothing of the group is published.
    """
    first: dict[str, Result] = {}
    duplicates: list[Reject] = []
    for result in sorted(results, key=lambda result: (result.document.doc_id, result.document.uri)):
        winner = first.setdefault(result.document.doc_id, result)
        if winner is not result:
            duplicates.append(duplicate(result.document.doc_id, result.document.uri))
    stamped = stamp(metadata)
    rows, refused = validate(list(first.values()), stamped)
    rows["rejects"] = sorted(
        [*rejects, *duplicates, *refused], key=lambda row: (row.uri, row.stage, row.reason, row.detail)
    )
    for refusal in rows["rejects"]:
        log.rejected(refusal)
    name = name or f"{uuid.uuid4().hex}.parquet"
    for table, table_rows in rows.items():
        if table_rows:
            write_table(arrow(table, table_rows, stamped), f"{folder}/{table}/{name}", metadata)
    reasons: dict[str, int] = {}
    for row in rows["rejects"]:
        key = f"{row.stage} {row.reason}"
        reasons[key] = reasons.get(key, 0) + 1
    return Written(
        name, {table: len(table_rows) for table, table_rows in rows.items() if table_rows}, reasons
    )


def duplicate(doc_id: str, uri: str) -> Reject:
    """Make the reject of an input whose bytes another input has, too."""
    return Reject(doc_id, uri, "write", "duplicate", "another input has the same bytes; see its doc_id")


def arrow(table: str, rows: Sequence[Row], stamped: Stamp) -> pa.Table:
    """Turn rows of one class into an Arrow table of the locked schema, each with the stamp."""
    return pa.table(
        {
            name: [list(value) if isinstance(value, tuple) else value for value in values]
            for name, values in (row_columns(table, rows) | stamp_columns(table, stamped, len(rows))).items()
        },
        schema=schema(table),
    )
