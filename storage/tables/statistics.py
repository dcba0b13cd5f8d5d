"""Statistics of Parquet files: engines skip rows by them, and no checksum covers them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_Bounds = tuple[Any, Any]


class Observed:
    """What the rows of a row group really hold, column by column."""

    def __init__(self) -> None:
        """Begin with no row."""
        self._rows = 0
        self._nulls: dict[str, int] = {}
        self._bounds: dict[str, _Bounds] = {}

    def take(self, batch: pa.RecordBatch) -> None:
        """Take some rows of the group."""
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
