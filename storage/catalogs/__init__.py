"""Catalogs: where the tables of a run go, behind one protocol: a folder of files, or a catalog of tables.

The scheme of ``--out`` tells which. To add one, write a module with a class that implements `Destination`,
and add a line to `DESTINATIONS`; any other scheme is that of a file system, where tables lie in a folder.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from docassay.storage.tables.file_systems import check_extra, is_catalog

if TYPE_CHECKING:
    import pyarrow as pa

    from docassay.schemas.runs import Run
    from docassay.storage.tables.write import Written
    from docassay.storage.transaction.publish import Published

DESTINATIONS = {
    "": ("folder", "Folder"),
    "iceberg": ("iceberg", "IcebergTables"),
}
"""By scheme: the module in this package and its class; "" for folders of any file system."""


class Destination(Protocol):
    """Where the tables of runs are kept; any process makes one from the same ``--out``."""

    def write_access(self, make: bool = True) -> AbstractContextManager[None]:
        """Check, before any work, that a run can write here, and keep others out where only one may.

        Args:
            make: Make what is missing; else tables must be there.

        Raises:
            OutputError: It cannot take this run.
            MissingError: An extra is not installed.
            TablesError: It holds tables of another version.
        """

    def recover(self) -> list[str]:
        """Finish what killed runs had begun to publish; gives their ids."""

    def stage(self, rows: pa.Table, path: str, metadata: Mapping[str, str]) -> None:
        """Write a file of a run, where no reader sees it yet.

        Args:
            rows: The rows.
            path: ``OUT/_staging/RUN/TABLE/NAME``, which need not be where it lies.
            metadata: Key-value metadata of the file.
        """

    def publish(
        self,
        run_id: str,
        groups: Sequence[Written],
        metadata: Mapping[str, str],
        run_of: Callable[[Published, int, int], Run],
        settled: Iterable[str] = (),
    ) -> Run:
        """Make what `stage` has written visible, and remove what it replaces; see `transaction.publish`."""

    def is_published(self, run_id: str) -> bool:
        """Tell whether a run is published; one that was interrupted is finished first."""

    def discard(self, run_id: str) -> None:
        """Remove the files of a failed run; of one that publishes, nothing."""

    def read_run(self, run_id: str) -> Run:
        """Read the row of a published run."""

    def read(self, table: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read columns of a published table, piece by piece."""


@lru_cache(8)
def destination(out: str) -> Destination:
    """Make the destination that ``--out`` names; its module is imported now, its tables are not looked at.

    Raises:
        OutputError: It is no address of a catalog, or holds a secret.
        MissingError: The extra of a catalog is not installed.
    """
    scheme, separator, _ = out.partition("://")
    module, class_name = DESTINATIONS.get(scheme if separator else "", DESTINATIONS[""])
    if is_catalog(out):
        check_extra(out)
    made: Destination = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)(out)
    return made


def published_doc_ids(out: str) -> frozenset[str]:
    """List the `doc_id` of every document that is published in `out`."""
    doc_ids: set[str] = set()
    for rows in destination(out).read("documents", ["doc_id"]):
        doc_ids.update(rows["doc_id"].to_pylist())
    return frozenset(doc_ids)


def published_inputs(out: str) -> frozenset[tuple[str | None, str]]:
    """List the `doc_id` and URI of every input that is published in `out`, as a document or as a reject."""
    inputs: set[tuple[str | None, str]] = set()
    for rows in destination(out).read("documents", ["doc_id", "uri"]):
        inputs.update(zip(rows["doc_id"].to_pylist(), rows["uri"].to_pylist(), strict=True))
    for rows in destination(out).read("rejects", ["doc_id", "uri", "table_name"]):
        rejected = rows.filter(rows["table_name"].is_null())  # inputs, not single rows
        inputs.update(zip(rejected["doc_id"].to_pylist(), rejected["uri"].to_pylist(), strict=True))
    return frozenset(inputs)
