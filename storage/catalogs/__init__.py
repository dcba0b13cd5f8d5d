"""Catalogs: where the tables of a run go: a folder of files, or a catalog of tables.

The scheme of ``--out`` tells which: of a scheme in `file_systems.CATALOGS`, a class in this package does what
`Destination` does; any other is that of a file system, where tables lie in a folder.
"""

from __future__ import annotations

from functools import lru_cache

from docassay.storage.catalogs.folder import Destination
from docassay.storage.tables.file_systems import check_extra, is_catalog

__all__ = ["Destination", "destination", "published_doc_ids", "published_inputs"]


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
