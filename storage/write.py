"""Write: a group of documents to one Parquet file a table, where no reader looks yet."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from docassay.observe import log
from docassay.schemas.arrow import schema
from docassay.schemas.rows import Reject, Result
from docassay.storage.validate import Row, validate

STAGING = "_staging"
"""The folder below the output in which a run's files wait; DuckDB's and pandas' globs do not see it."""


@dataclass(frozen=True, slots=True)
class Written:
    """A group of files, one a table at most, all of the same name.

    Attributes:
        name: The files' name; a table's file is ``FOLDER/TABLE/NAME``.
        rows: Rows by table; a table without rows has no file.
        reasons: Rejects by ``stage reason``.
        totals: What the writing process measured since the group before.
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
    """Validate a group of documents and write what holds, what does not as rejects.

    A document that stands twice in the group is written once, under the first of its URIs in
    alphabetical order, so that the outcome does not depend on who read it first.

    Args:
        results: Documents with their rows.
        rejects: Inputs that stages before this one refused.
        folder: Where the tables' folders are, any path that Beam's file systems know.
        metadata: Key-value metadata for every file, such as the run and the models' digests.
        name: The files' name, or None for one that nothing else has.

    Raises:
        OSError: The disk is full, or the folder cannot be written; nothing of it is published then.
    """
    first: dict[str, Result] = {}
    doubles: list[Reject] = []
    for result in sorted(results, key=lambda result: (result.document.doc_id, result.document.uri)):
        kept = first.setdefault(result.document.doc_id, result)
        if kept is not result:
            doubles.append(duplicate(result.document.doc_id, result.document.uri))
    rows, refused = validate(list(first.values()))
    rows["rejects"] = sorted(
        [*rejects, *doubles, *refused], key=lambda row: (row.uri, row.stage, row.reason, row.detail)
    )
    for refusal in rows["rejects"]:
        log.rejected(refusal)
    name = name or f"{uuid.uuid4().hex}.parquet"
    for table, found in rows.items():
        if found:
            save(arrow(table, found), f"{folder}/{table}/{name}", metadata)
    reasons: dict[str, int] = {}
    for row in rows["rejects"]:
        key = f"{row.stage} {row.reason}"
        reasons[key] = reasons.get(key, 0) + 1
    return Written(name, {table: len(found) for table, found in rows.items() if found}, reasons)


def duplicate(doc_id: str, uri: str) -> Reject:
    """Refuse an input whose bytes another input of the same run has."""
    return Reject(doc_id, uri, "write", "duplicate", "another input has the same bytes; see its doc_id")


def arrow(table: str, rows: Sequence[Row]) -> pa.Table:
    """Turn rows of one class into an Arrow table of the locked schema."""
    shape = schema(table)
    columns: dict[str, list[Any]] = {
        column.name: [
            list(value) if isinstance(value := getattr(row, column.name), tuple) else value for row in rows
        ]
        for column in shape
    }
    return pa.table(columns, schema=shape)


def save(rows: pa.Table, path: str, metadata: Mapping[str, str]) -> None:
    """Write an Arrow table as Parquet, zstd, with key-value metadata."""
    metadata = {**(rows.schema.metadata or {}), **{f"docassay.{k}": v for k, v in metadata.items()}}
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        pq.write_table(rows.replace_schema_metadata(metadata), file, compression="zstd")
