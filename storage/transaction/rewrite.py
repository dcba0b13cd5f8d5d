"""Rewrite: files of the tables without some rows, under new names; none is ever changed itself."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.uris import Uri, whole_of
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import TablePaths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.runs import rows_by_run
from docassay.storage.tables.write import GROUPED
from docassay.storage.transaction.folders import link_or_copy
from docassay.storage.transaction.transaction import Transaction

NAMES = ("doc_id", "uri", "other_uris")
"""The columns of `documents` that tell where a document lies."""

KEYS = ("doc_id", "uri", "parent_id")
"""The columns of `documents` that tell what replaces what."""

INPUTS = {"documents": NAMES, "rejects": ("doc_id", "uri", "table_name")}
"""The tables that tell which inputs are published, with the columns that tell it."""

_MARKED = re.compile(r"(?:_[0-9a-f]{8})?\.parquet\Z")


@dataclass(frozen=True, slots=True)
class Removal:
    """The rows that a commit takes out of the tables.

    Attributes:
        doc_ids: Documents whose rows go.
        uris: URIs whose rejects go.
        wholes: Files whose parts go, by the `doc_id` that they have as one document, since they are one now.
        rejected: `doc_id` of rejects that go.
        names: Further URIs of documents that stay, by their `doc_id`.
    """

    doc_ids: Collection[str] = ()
    uris: Collection[str] = ()
    wholes: Collection[str] = ()
    rejected: Collection[str] = ()
    names: Mapping[str, Collection[str]] = field(default_factory=dict)


def remove_rows(
    transaction: Transaction, tables: TablePaths, mark: str, removal: Removal
) -> Counter[tuple[str, str]]:
    """Replace the files that have some rows by files without them.

    A group's files have the same name in every table, so only groups with such a document are opened; each of
    their files gets the new name, so that it stays a group.

    Args:
        transaction: The files are written into its folder, and staged.
        tables: The files of the tables.
        mark: Of `mark_of`, for the new names.
        removal: The rows.

    Returns:
        The number of rows that go, by run and table.
    """
    counts: Counter[tuple[str, str]] = Counter()

    def replace(table: str, name: str, rows: pa.Table, remaining: pa.Table, changed: bool = False) -> None:
        path, staged = tables[table][name], f"replaced-{mark}/{table}/{name}"
        transaction.remove([f"{table}/{name}"])
        counts.update(rows_by_run(table, rows["run_id"]))
        counts.subtract(rows_by_run(table, remaining["run_id"]))
        if not len(remaining):
            return
        target = f"{transaction.folder}/{staged}"
        if len(remaining) == len(rows) and is_local(path) and not changed:
            link_or_copy(path, target)
        else:
            # Without metadata: it stays a file of the run that wrote it.
            write_table(remaining, target, {})
        transaction.stage(staged, f"{table}/{renamed(name, mark)}", len(remaining))

    for name, path in tables["documents"].items():
        keys = read_table("documents", path, list(KEYS))
        gone = removed_doc_ids(keys, removal)
        named = removal.names.keys() & set(keys["doc_id"].to_pylist()) - gone
        for table in GROUPED if gone or named else ():
            if name in tables[table]:
                rows = read_table(table, tables[table][name], rewritten=True)
                remaining = without(rows, "doc_id", gone)
                if table == "documents":
                    remaining = with_names(remaining, removal.names)
                replace(table, name, rows, remaining, table == "documents" and bool(named))
    for name, path in tables["rejects"].items():
        keys = read_table("rejects", path, ["uri", "doc_id"])
        if not (
            set(removal.uris).isdisjoint(keys["uri"].to_pylist())
            and set(removal.rejected).isdisjoint(keys["doc_id"].to_pylist())
        ):
            rows = read_table("rejects", path, rewritten=True)
            remaining = without(without(rows, "uri", removal.uris), "doc_id", removal.rejected)
            replace("rejects", name, rows, remaining)
    return counts


def with_names(documents: pa.Table, names: Mapping[str, Collection[str]]) -> pa.Table:
    """Give rows of `documents` further URIs, by `doc_id`.

    A file becomes the first of its places that are files. What lies in another document stays what it is
    called, since its `parent_id` and pages are of that place.
    """
    if not names or names.keys().isdisjoint(documents["doc_id"].to_pylist()):
        return documents
    uris, others = [], []
    for row in documents.select(["doc_id", "uri", "other_uris"]).to_pylist():
        uri, more = row["uri"], row["other_uris"]
        if row["doc_id"] in names:
            every = {uri, *(more or ()), *names[row["doc_id"]]}
            if not Uri.parse(uri).marks:
                uri = min(one for one in every if not Uri.parse(one).marks)
            more = sorted(every - {uri})
        uris.append(uri)
        others.append(more)
    for column, values in (("uri", uris), ("other_uris", others)):
        place = documents.schema.get_field_index(column)
        documents = documents.set_column(
            place, documents.schema.field(column), pa.array(values, documents.schema.field(column).type)
        )
    return documents


def names_of(documents: pa.Table) -> Iterator[tuple[str, str]]:
    """Yield the `doc_id` and each URI of rows of `documents`, of their columns `NAMES`."""
    for row in documents.to_pylist():
        for uri in (row["uri"], *(row["other_uris"] or ())):
            yield row["doc_id"], uri


def inputs_of(table: str, rows: pa.Table) -> Iterator[tuple[str | None, str]]:
    """Yield the `doc_id` and URI of each input that rows of a table are of, of their columns `INPUTS`."""
    if table == "documents":
        yield from names_of(rows)
    else:
        whole = rows.filter(rows["table_name"].is_null())  # inputs, not single rows
        yield from zip(whole["doc_id"].to_pylist(), whole["uri"].to_pylist(), strict=True)


def replaced_by(documents: pa.Table) -> Removal:
    """Tell what rows of `documents` replace: as a part of a file, the document that the whole file was.

    Args:
        documents: Rows with the columns `KEYS`, and `other_uris`.
    """
    doc_ids, uris = set(documents["doc_id"].to_pylist()), set(documents["uri"].to_pylist())
    wholes: set[str] = set()
    for row in documents.to_pylist():
        uris.update(row.get("other_uris") or ())
        if (whole := whole_of(row["uri"])) is None:
            wholes.add(row["doc_id"])
        else:
            doc_ids.add(row["parent_id"])
            uris.add(whole)
    return Removal(doc_ids, uris, wholes)


def removed_doc_ids(documents: pa.Table, removal: Removal) -> set[str]:
    """List the documents that go among some rows with the columns `KEYS`."""
    ids = documents["doc_id"].to_pylist()
    gone = set(ids).intersection(removal.doc_ids)
    parents = documents["parent_id"].to_pylist() if removal.wholes else []
    if not set(removal.wholes).isdisjoint(parents):
        parts = zip(ids, documents["uri"].to_pylist(), parents, strict=True)
        gone |= {
            doc_id for doc_id, uri, parent in parts if parent in removal.wholes and whole_of(uri) is not None
        }
    return gone


def renamed(name: str, mark: str) -> str:
    """Give a file that is written again a name that was never used, which begins as the old one does.

    >>> renamed("run-00003.parquet", "1a2b3c4d"), renamed("run-00003_1a2b3c4d.parquet", "5e6f7a8b")
    ('run-00003_1a2b3c4d.parquet', 'run-00003_5e6f7a8b.parquet')
    """
    return f"{_MARKED.sub('', name)}_{mark}.parquet"


def mark_of(run_id: str, attempt: int) -> str:
    """Make what tells the new names of one attempt of a run from all others."""
    return hashlib.sha256(f"{run_id} {attempt}".encode()).hexdigest()[:8]


def without(rows: pa.Table, column: str, values: Collection[str]) -> pa.Table:
    """Leave out the rows that have one of these values."""
    chosen = pc.is_in(rows[column].cast(pa.string()), value_set=pa.array(sorted(values), pa.string()))
    return rows.filter(pc.invert(chosen))
