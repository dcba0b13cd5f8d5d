"""Parquet: every file of the tables is opened, read and written here.

Old files and new ones lie in one folder, and readers see one schema. Every file says in its metadata which
version of the tables it is of (`KEY`). Within a version, columns are only added, and what is added may be
null. So a file with fewer columns than this release has is read as if it had them, with nulls (`lift`), which
is what DuckDB calls ``union_by_name``; nothing is rewritten for it, and `docassay compact` adds the new
columns when it rewrites a file. No column is renamed, dropped, or given another type: a change that needs one
is a new version, and its release says how to get there. The text of each table's schema stands in
`schemas/locked`, and a test fails where it changes in any other way.

Version 0 is what was written before: without `KEY`, `run_id` and `processed_at`, with reserved words of
SQL as column names. It is refused by name, because its rows cannot say which rules decided them.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from docassay.schemas.arrow import schema
from docassay.schemas.errors import DamagedError, VersionError
from docassay.storage.tables.file_systems import create_file, is_local, open_file

VERSION = 1
"""The version of the tables that this release writes, and the only one that it reads."""

KEY = b"docassay.schema_version"
"""Where a file's metadata has its version."""

_OUT = re.compile(r"/(?:_staging/.*|(?:_data/)?[^/]+/(?:by_[a-z]+=[^/]+/)?[^/]+)\Z")
"""What follows the output folder in the path of a file of a table, published or not."""

WRITTEN: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
"""How every file is written: a page whose bits have changed is told when it is read."""

BATCH_ROWS = 10_000
"""Rows in memory at a time where a file is read piece by piece."""


def check_version(metadata: Mapping[bytes, bytes] | None, path: str) -> None:
    """Make sure that a file is of a version that this release reads.

    Raises:
        VersionError: It is of another one; the message says what to do.
    """
    version = (metadata or {}).get(KEY, b"0").decode("ascii", "replace")
    if KEY not in (metadata or {}):
        raise VersionError(
            f"{path} does not say that docassay wrote it: another program did, such as pandas, or docassay"
            " before 0.1.0; query it with DuckDB or pandas, or read the documents again into a new folder"
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
        raise DamagedError(f"{path} does not have the columns of {table}; was it written by another version?")
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


@contextmanager
def named(path: str, what: str = "is damaged") -> Iterator[None]:
    """Have what is raised while a file of a table is read name the file, which Arrow does not.

    Args:
        path: The file.
        what: What its fault is, should there be one.

    Raises:
        FileNotFoundError: It is gone since it was listed: merged, or replaced.
        DamagedError: It cannot be read; of a file elsewhere, only what Arrow says counts.
    """
    try:
        yield
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:
        from_arrow = isinstance(error, pa.ArrowException) or (type(error) is OSError and error.errno is None)
        if not from_arrow and not is_local(path):
            if getattr(error, "code", None) == HTTPStatus.NOT_FOUND:  # stores tell only when it is read
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
            raise  # a network that fails is no damage
        if not isinstance(error, pa.ArrowException | OSError | ValueError | KeyError | NotImplementedError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        folder = _OUT.sub("", path)
        raise DamagedError(
            f"{path} {what}: {' '.join(reason.split())[:200]};"
            f" to see all that is damaged: docassay verify {folder}"
        ) from None


@contextmanager
def opened(path: str) -> Iterator[pq.ParquetFile]:
    """Open a file of a table; what is read from it must be read within `named`.

    Raises:
        FileNotFoundError: It is gone since it was listed.
        DamagedError: It cannot be opened, or is not a Parquet file.
        VersionError: It is of another version of the tables.
    """
    with named(path, "cannot be opened"):
        file = open_file(path)
    with file:
        with named(path, "is not a Parquet file, or is damaged"):
            parquet_file = pq.ParquetFile(pa.PythonFile(file, mode="r"), page_checksum_verification=True)
            metadata = parquet_file.schema_arrow.metadata
        check_version(metadata, path)
        yield parquet_file


def scan(table: str, path: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Read a file of a table to its end, or some of the columns that it has, piece by piece.

    Raises:
        DamagedError: It is damaged, gone, or has not the columns of the table.
        VersionError: It is of another version.
    """
    try:
        with opened(path) as file:
            fits(table, file.schema_arrow, path, rewritten=False)
            rows = 0
            # PyArrow 18 does not read a file without row groups.
            pieces = file.iter_batches(BATCH_ROWS, columns=columns) if file.metadata.num_row_groups else None
            while pieces is not None:
                with named(path):
                    batch = next(pieces, None)
                if batch is None:
                    break
                rows += batch.num_rows
                yield batch
            if rows != file.metadata.num_rows:
                raise DamagedError(f"{path} is damaged: {rows:,} rows of {file.metadata.num_rows:,}")
    except FileNotFoundError:
        raise DamagedError(f"{path} disappeared while it was being read") from None


def read_table(
    table: str, path: str, columns: Sequence[str] | None = None, rewritten: bool = False
) -> pa.Table:
    """Read one file of a table, or some columns of it.

    Args:
        table: The table.
        path: The file.
        columns: Those that are wanted; None: all that this release knows.
        rewritten: The rows will be written again, so no column may be left out.

    Raises:
        FileNotFoundError: It is gone since it was listed.
        TablesError: It is no file of this table that this release reads, or may write again.
    """
    with opened(path) as file:
        file_schema = file.schema_arrow
        fits(table, file_schema, path, rewritten=rewritten)
        present = None if columns is None else [name for name in columns if name in file_schema.names]
        if file.metadata.num_row_groups:
            with named(path):
                rows = file.read(columns=present)
        else:  # which PyArrow 18 does not read
            rows = file_schema.empty_table() if present is None else file_schema.empty_table().select(present)
    return lift(table, rows.replace_schema_metadata(file_schema.metadata), columns)


def read_rows(table: str, path: str) -> list[dict[str, Any]]:
    """Read all of one file of a table, as rows by column."""
    return list(read_table(table, path).to_pylist())


def count_rows(path: str) -> int:
    """Count the rows of a file, from its footer alone."""
    with opened(path) as file:
        return int(file.metadata.num_rows)


def write_table(rows: pa.Table, path: str, metadata: Mapping[str, str]) -> None:
    """Write an Arrow table with key-value metadata, and the version of the tables."""
    with create_file(path) as file:
        pq.write_table(stamped(rows, metadata), file, **WRITTEN)


def stamped(rows: pa.Table, metadata: Mapping[str, str]) -> pa.Table:
    """Add key-value metadata to rows that are to be written, and the version of the tables."""
    prefixed = {f"docassay.{key}".encode(): value.encode() for key, value in metadata.items()}
    return rows.replace_schema_metadata(
        {**(rows.schema.metadata or {}), **prefixed, KEY: str(VERSION).encode()}
    )
