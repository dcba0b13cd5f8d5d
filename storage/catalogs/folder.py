"""Folder: tables as files below a folder of any file system; see `transaction.publish`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import pyarrow as pa

from docassay.schemas.runs import Run
from docassay.storage.tables.manifest import table_paths
from docassay.storage.tables.parquet import read_rows, read_table, write_table
from docassay.storage.tables.runs import run_of_row
from docassay.storage.tables.write import Written
from docassay.storage.transaction import transaction
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.publish import RunOf, publish


class Destination:
    """Tables in a folder of any file system that Beam knows; any process makes one of the same ``--out``."""

    def __init__(self, out: str) -> None:
        """Take the folder; it need not exist."""
        self.out = out

    def write_access(self, make: bool = True) -> AbstractContextManager[None]:
        """Check, before any work, that a run can write here, and keep others out where only one may.

        Args:
            make: Make what is missing; else tables must be there.

        Raises:
            OutputError: It cannot take this run.
            MissingError: An extra is not installed.
            TablesError: It holds tables of another version.
        """
        return writer_lock(self.out, make)

    def recover(self) -> list[str]:
        """Finish what killed runs had begun to publish; gives their ids. Call it within `write_access`."""
        return transaction.recover(self.out)

    def stage(self, rows: pa.Table, path: str, metadata: Mapping[str, str]) -> None:
        """Write a file of a run, where no reader sees it yet.

        Args:
            rows: The rows.
            path: ``OUT/_staging/RUN/TABLE/NAME``, which need not be where it lies.
            metadata: Key-value metadata of the file.
        """
        write_table(rows, path, metadata)

    def publish(
        self,
        run_id: str,
        groups: Sequence[Written],
        metadata: Mapping[str, str],
        run_of: RunOf,
        settled: Iterable[str] = (),
    ) -> Run:
        """Make what `stage` has written visible, and remove what it replaces; see `transaction.publish`."""
        return publish(self.out, run_id, groups, metadata, run_of, settled)

    def is_published(self, run_id: str) -> bool:
        """Tell whether a run is published; one that was interrupted is finished first."""
        return transaction.is_published(self.out, run_id)

    def discard(self, run_id: str) -> None:
        """Remove the files of a failed run; of one that publishes, nothing."""
        transaction.discard_run(self.out, run_id)

    def read_run(self, run_id: str) -> Run:
        """Read the row of a published run."""
        (row,) = read_rows("runs", f"{self.out}/runs/{run_id}-00000.parquet")
        return run_of_row(row)

    def read(self, table: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read columns of a published table, piece by piece."""
        for path in table_paths(self.out)[table].values():
            yield read_table(table, path, columns)
