"""Folder: tables as files below a folder, of any file system that Beam knows; see `transaction.publish`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import pyarrow as pa

from docassay.schemas.runs import Run
from docassay.storage.tables.manifest import table_paths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.runs import read_run
from docassay.storage.tables.write import Written
from docassay.storage.transaction import transaction
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.publish import Published, publish


class Folder:
    """A folder of tables; a `storage.catalogs.Destination`."""

    def __init__(self, out: str) -> None:
        """Take the folder; it need not exist."""
        self._out = out

    def write_access(self, make: bool = True) -> AbstractContextManager[None]:
        """Lock it, where it is local."""
        return writer_lock(self._out, make)

    def recover(self) -> list[str]:
        """Finish what killed runs had begun to publish, and sweep the rest; call it within `write_access`."""
        return transaction.recover(self._out)

    def stage(self, rows: pa.Table, path: str, metadata: Mapping[str, str]) -> None:
        """Write a file in the staging folder."""
        write_table(rows, path, metadata)

    def publish(
        self,
        run_id: str,
        groups: Sequence[Written],
        metadata: Mapping[str, str],
        run_of: Callable[[Published, int, int], Run],
        settled: Iterable[str] = (),
    ) -> Run:
        """Move a run's files to the tables."""
        return publish(self._out, run_id, groups, metadata, run_of, settled)

    def is_published(self, run_id: str) -> bool:
        """Tell whether a run is published; one that was interrupted is finished first."""
        return transaction.is_published(self._out, run_id)

    def discard(self, run_id: str) -> None:
        """Remove what a failed run has staged."""
        transaction.discard_run(self._out, run_id)

    def read_run(self, run_id: str) -> Run:
        """Read the row of a published run."""
        return read_run(f"{self._out}/runs/{run_id}-00000.parquet")

    def read(self, table: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read columns of a published table, file by file."""
        for path in table_paths(self._out)[table].values():
            yield read_table(table, path, columns)
