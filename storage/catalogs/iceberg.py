"""Iceberg: tables in a catalog, written by PyIceberg; ``iceberg://CATALOG/NAMESPACE``.

Workers write Parquet files below the tables' own locations, where no snapshot names them; the last step of a
run commits them, see `storage.catalogs.ordered`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import pyarrow as pa
from pyiceberg.expressions import EqualTo

from docassay.schemas.runs import Run
from docassay.storage.catalogs import ordered
from docassay.storage.catalogs.connection import Connection
from docassay.storage.catalogs.files import data_path, files_below, fitted, write_file
from docassay.storage.catalogs.folder import Destination
from docassay.storage.catalogs.plan import make_plan, plans_of
from docassay.storage.tables.parquet import lift
from docassay.storage.tables.runs import run_of_row
from docassay.storage.tables.write import OF_RUNS, STAGING, Written
from docassay.storage.transaction.publish import RunOf


class IcebergTables(Destination):
    """The tables of a namespace."""

    def __init__(self, out: str) -> None:
        """Take the address, without connecting.

        Raises:
            OutputError: It is none, or holds a secret.
        """
        super().__init__(out)
        self._connection = Connection(out)

    @contextmanager
    def write_access(self, make: bool = True) -> Iterator[None]:
        """Check catalog and tables. Nobody is kept out: commits are safe beside those of other writers."""
        self._connection.check(make)
        yield

    def recover(self) -> list[str]:
        """Finish the run that has begun to publish, whether its process is dead or only slow."""
        with self._errors_named():
            return ordered.finish(self._connection)

    def stage(self, rows: pa.Table, path: str, metadata: Mapping[str, str]) -> None:
        """Write a file below its table's location, with credentials that have just been given out."""
        run_id, name, file = path.rpartition(f"/{STAGING}/")[2].split("/")
        with self._errors_named():
            table = self._connection.table(name)
            write_file(table.io, data_path(table, run_id, file), rows, metadata)

    def publish(
        self,
        run_id: str,
        groups: Sequence[Written],
        metadata: Mapping[str, str],
        run_of: RunOf,
        settled: Iterable[str] = (),
    ) -> Run:
        """Commit a run to all tables, `runs` last."""
        with self._errors_named():
            tables = {name: self._connection.table(name) for name in OF_RUNS}
            ordered.publish(self._connection, make_plan(tables, run_id, groups, metadata, run_of, settled))
            return self.read_run(run_id)

    def is_published(self, run_id: str) -> bool:
        """Tell whether a run is published; one that was interrupted is finished first."""
        with self._errors_named():
            ordered.finish(self._connection)
            return ordered.is_finished(self._connection, run_id)

    def discard(self, run_id: str) -> None:
        """Delete the files of a failed run, unless it has tried to commit, which may yet come through."""
        with suppress(Exception):  # the run has failed already, and its cause counts
            first = self._connection.table(ordered.FIRST)
            if ordered.properties_of(first, run_id) is not None or plans_of(first, run_id):
                return
            for name in OF_RUNS:
                table = self._connection.table(name)
                folder, _, _ = data_path(table, run_id, "x").rpartition("/")
                for info in files_below(table.io, folder):
                    table.io.delete(f"{folder}/{info.base_name}")

    def read_run(self, run_id: str) -> Run:
        """Read the row of a published run."""
        with self._errors_named():
            rows = self._connection.table("runs").scan(EqualTo("run_id", run_id)).to_arrow()
            (row,) = lift("runs", fitted("runs", rows)).to_pylist()
            return run_of_row(row)

    def read(self, table: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read columns of a table in its newest state, batch by batch."""
        with self._errors_named():
            state = self._connection.table(table)
            present = tuple(column for column in columns if column in state.schema().column_names)
            for batch in state.scan(selected_fields=present or ("run_id",)).to_arrow_batch_reader():
                rows = fitted(table, pa.Table.from_batches([batch]))
                yield lift(table, rows, columns)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise self._connection.to_error(error) from error
