"""Files of Iceberg tables, through the table's own file system: what PyIceberg's configuration can reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from docassay.schemas.arrow import schema
from docassay.storage.tables.parquet import WRITTEN, stamped

THREADS = 16
"""How many files are read at a time: on an object store each is a wait, not work."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def data_path(table: Table, run_id: str, name: str) -> str:
    """Give where a run's file of a table lies: below the table, in a folder of the run."""
    return str(table.location_provider().new_data_location(f"{run_id}/{name}"))


def files_below(io: FileIO, location: str) -> list[pafs.FileInfo]:
    """List the files right below a folder; none where the file system that PyIceberg uses cannot list."""
    if not isinstance(io, PyArrowFileIO):
        return []
    scheme, netloc, path = io.parse_location(location, io.properties)
    selector = pafs.FileSelector(path, allow_not_found=True)
    listed = io.fs_by_scheme(scheme, netloc).get_file_info(selector)
    return [info for info in listed if info.is_file]


def read_columns(io: FileIO, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read columns of a file, or all."""
    with io.new_input(path).open() as stream:
        return pq.ParquetFile(stream, page_checksum_verification=True).read(columns=columns)


def write_file(io: FileIO, path: str, rows: pa.Table, metadata: Mapping[str, str]) -> None:
    """Write a file of a table, stamped as those of a folder are."""
    with io.new_output(path).create(overwrite=True) as stream:
        pq.write_table(stamped(rows, metadata), stream, **WRITTEN)


def fitted(name: str, rows: pa.Table) -> pa.Table:
    """Give rows that PyIceberg has read our schema's types; columns of a later release stay as they are.

    It reads a null list of structs as an empty one, which we never write: it is null again.
    """
    today = schema(name)
    kept = [today.field(c.name) if c.name in today.names else c for c in rows.schema]
    rows = rows.cast(pa.schema(kept))
    for at, column in enumerate(kept):
        if column.nullable and pa.types.is_list(column.type) and pa.types.is_struct(column.type.value_type):
            empty = pc.equal(pc.list_value_length(rows[at]), 0)
            rows = rows.set_column(at, column, pc.if_else(empty, pa.scalar(None, column.type), rows[at]))
    return rows


def at_once(work: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
    """Do the same with many files at a time; gives the outcomes in order."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, items))
