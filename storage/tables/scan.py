"""Pieces: a file of a table, read to its end, a piece at a time, and compared with what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from docassay.schemas import versions
from docassay.schemas.errors import DamagedError
from docassay.storage.tables.parquet import batches, opened
from docassay.storage.tables.statistics import Observed


def pieces(table: str, path: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Read a file, or some columns of it, with those that it is too old to have.

    Raises:
        DamagedError: It is damaged, gone, or has not the columns of the table.
        VersionError: It is of another version.
    """
    try:
        with opened(path) as file:
            versions.fits(table, file.schema_arrow, path, rewritten=False)
            rows = 0
            for group in range(file.metadata.num_row_groups):
                observed = Observed()
                for batch in batches(file, path, columns, group):
                    rows += batch.num_rows
                    observed.take(batch)
                    yield batch
                if said := observed.contradicted(file.metadata.row_group(group)):
                    raise DamagedError(f"{path} is damaged: {said}")
            if rows != file.metadata.num_rows:
                raise DamagedError(f"{path} is damaged: {rows:,} rows of {file.metadata.num_rows:,}")
    except FileNotFoundError:
        raise DamagedError(f"{path} went away while it was read") from None
