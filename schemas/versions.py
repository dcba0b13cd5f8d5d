"""How tables grow: old files and new ones lie in one folder, and readers see one schema.

Every Parquet file says in its metadata which version of the tables it is of (`KEY`). Within a version,
columns are only added, and what is added may be null. So a file with fewer columns than this release has is
read as if it had them, with nulls (`lift`), which is what DuckDB calls ``union_by_name``; nothing is
rewritten for it, and `docassay compact` adds the new columns when it rewrites a file. No column is renamed,
dropped, or given another type: a change that needs one is a new version, and its release says how to get
there. The text of each table's schema stands in `locked/`, and a test fails where it changes in any other
way.

Version 0 is what was written before: without `KEY`, `run_id` and `processed_at`, with reserved words of
SQL as column names. It is refused by name, because its rows cannot say which rules decided them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.errors import DamagedError, VersionError

VERSION = 1
"""The version of the tables that this release writes, and the only one that it reads."""

KEY = b"docassay.schema_version"
"""Where a file's metadata has its version."""


def check(metadata: Mapping[bytes, bytes] | None, path: str) -> None:
    """Make sure that a file is of a version that this release reads.

    Raises:
        VersionError: It is of another one; the message says what to do.
    """
    version = (metadata or {}).get(KEY, b"0").decode("ascii", "replace")
    if version == "0":
        raise VersionError(
            f"{path}: tables are of version 0, written by docassay before 0.1.0;"
            " read the documents again into a new folder"
        )
    if version != str(VERSION):
        raise VersionError(
            f"{path}: tables are of version {version}, and this release reads version {VERSION};"
            " use the release that wrote them, or a later one"
        )


def fits(table: str, shape: pa.Schema, path: str, rewritten: bool = True) -> bool:
    """Tell whether a file's columns are those of today, or those of an earlier release.

    Args:
        table: The table.
        shape: The file's schema.
        path: Its path, for the error.
        rewritten: Its rows will be written again, so a column that only a later release knows would be lost.

    Returns:
        True where it has every column; False where `lift` adds some.

    Raises:
        DamagedError: A column is unknown, of another type, or missing though it must not be null.
    """
    today = schema(table)
    compatible = all(
        column.type == today.field(column.name).type if column.name in today.names else not rewritten
        for column in shape
    )
    missing = [column for column in today if column.name not in shape.names]
    if not compatible or any(not column.nullable for column in missing):
        raise DamagedError(f"{path} has not the columns of {table}; was it written by another version?")
    return not missing


def lift(table: str, rows: pa.Table, columns: Sequence[str] | None = None) -> pa.Table:
    """Give the rows of a file that `fits` the columns of today, in order; missing ones are null.

    Args:
        table: The table.
        rows: The rows, with the columns of the file.
        columns: The names to keep; all where None.
    """
    today = schema(table)
    shape = today if columns is None else pa.schema([today.field(name) for name in columns])
    values = [
        rows[column.name] if column.name in rows.column_names else pa.nulls(len(rows), column.type)
        for column in shape
    ]
    return pa.table(values, schema=shape.with_metadata(rows.schema.metadata))
