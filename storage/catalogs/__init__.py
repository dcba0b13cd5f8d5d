"""Catalogs: where the tables of a run go: a folder of files, or a catalog of tables.

The scheme of ``--out`` tells which: of a scheme in `file_systems.CATALOGS`, a class in this package does what
`Destination` does; any other is that of a file system, where tables lie in a folder.
"""

from __future__ import annotations

from functools import lru_cache

from docassay.storage.catalogs.folder import Destination
from docassay.storage.tables.file_systems import is_catalog
from docassay.storage.tables.stores import check_extra
from docassay.storage.transaction.rewrite import INPUTS, inputs_of

__all__ = ["Destination", "destination", "published_inputs"]


@lru_cache(8)
def destination(out: str) -> Destination:
    """Make the destination that ``--out`` names; its tables are not looked at.

    Raises:
        OutputError: It is no address of a catalog, or holds a secret.
        MissingError: The extra of a catalog is not installed.
    """
    if not is_catalog(out):
        return Destination(out)
    check_extra(out)
    from docassay.storage.catalogs.iceberg import IcebergTables

    return IcebergTables(out)


def published_inputs(out: str) -> frozenset[tuple[str | None, str]]:
    """List the `doc_id` and URI of every input that is published in `out`, as a document or as a reject."""
    read = destination(out).read
    return frozenset(
        pair
        for table, columns in INPUTS.items()
        for rows in read(table, columns)
        for pair in inputs_of(table, rows)
    )
