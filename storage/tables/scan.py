"""Scan: a file of a table, read to its end, batch by batch, and compared with what it says of itself.

Engines skip rows by the statistics of a file, and no checksum covers them: they are compared, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from docassay.schemas import versions
from docassay.schemas.errors import DamagedError
from docassay.storage.tables.parquet import batches, opened

_Bounds = tuple[Any, Any]


class Observed:
    """What the rows of a row group really hold, column by column."""

    def __init__(self) -> None:
        """Begin with no row."""
        self._rows = 0
        self._nulls: dict[str, int] = {}
        self._bounds: dict[str, _Bounds] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Add some rows of the group."""
        self._rows += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_nested(column.type):
                continue
            self._nulls[name] = self._nulls.get(name, 0) + column.null_count
            if column.null_count < len(column):
                least, most = pc.min_max(column).as_py().values()
                before = self._bounds.get(name)
                self._bounds[name] = (
                    (least, most) if before is None else (min(least, before[0]), max(most, before[1]))
                )

    def contradicted(self, group: pq.RowGroupMetaData) -> str | None:
        """Say which statistic of the group its rows contradict; None where none does.

        Bounds may be wider than the values, since long ones are cut, but not narrower.
        """
        if group.num_rows != self._rows:
            return f"a row group says {group.num_rows:,} rows, and has {self._rows:,}"
        for n in range(group.num_columns):
            column = group.column(n)
            name = column.path_in_schema
            if name not in self._nulls or not column.is_stats_set:
                continue
            try:
                stated = column.statistics
                bounds = (stated.min, stated.max) if stated.has_min_max else None
            except (ValueError, pa.ArrowException):
                return f"statistics of {name} cannot be read"
            if stated.has_null_count and stated.null_count != self._nulls[name]:
                return f"statistics of {name} say {stated.null_count:,} nulls, not {self._nulls[name]:,}"
            if bounds and name in self._bounds:
                least, most = self._bounds[name]
                if bounds[0] > least or bounds[1] < most:
                    return f"statistics of {name} leave out values that are there"
        return None


def scan(table: str, path: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
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
                    observed.add(batch)
                    yield batch
                if said := observed.contradicted(file.metadata.row_group(group)):
                    raise DamagedError(f"{path} is damaged: {said}")
            if rows != file.metadata.num_rows:
                raise DamagedError(f"{path} is damaged: {rows:,} rows of {file.metadata.num_rows:,}")
    except FileNotFoundError:
        raise DamagedError(f"{path} went away while it was read") from None
