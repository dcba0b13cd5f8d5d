"""Catalogs: where the tables of a run go: a folder of files, or a catalog of tables.

The scheme of ``--out`` tells which: of a scheme in `file_systems.CATALOGS`, a class in this package does what
`Destination` does; any other is that of a file system, where tables lie in a folder.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from docassay.storage.catalogs.folder import Destination
from docassay.storage.tables.file_systems import check_extra, is_catalog
from docassay.storage.transaction.rewrite import NAMES, names_of

__all__ = [
    "Destination",
    "destination",
    "name_digest",
    "published_doc_ids",
    "published_inputs",
    "published_names",
]


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


def published_names(out: str) -> frozenset[bytes]:
    """List the `name_digest` of each URI of every document that is published in `out`."""
    return frozenset(
        name_digest(doc_id, uri)
        for rows in destination(out).read("documents", NAMES)
        for doc_id, uri in names_of(rows)
    )


def name_digest(doc_id: str, uri: str) -> bytes:
    """Give eight bytes that stand for a document's `doc_id` and one of its URIs."""
    return hashlib.blake2b(f"{doc_id} {uri}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def published_inputs(out: str) -> frozenset[tuple[str | None, str]]:
    """List the `doc_id` and URI of every input that is published in `out`, as a document or as a reject."""
    inputs: set[tuple[str | None, str]] = set()
    for rows in destination(out).read("documents", NAMES):
        inputs.update(names_of(rows))
    for rows in destination(out).read("rejects", ["doc_id", "uri", "table_name"]):
        rejected = rows.filter(rows["table_name"].is_null())  # inputs, not single rows
        inputs.update(zip(rejected["doc_id"].to_pylist(), rejected["uri"].to_pylist(), strict=True))
    return frozenset(inputs)
