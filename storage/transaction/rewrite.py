"""Replace: files of the tables without some rows, under new names; none is ever changed itself."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.uris import whole_of
from docassay.storage.decisions.chain import blanked
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.runs import rows_by_run
from docassay.storage.tables.write import GROUPED
from docassay.storage.transaction.atomic_swap import share

Move = tuple[str, str, int]
"""A new file: where it is below the staging folder, what it becomes (``TABLE/NAME``), and its rows."""

KEYS = ("doc_id", "uri", "parent_id")
"""The columns of `documents` that tell what replaces what."""

_MARKED = re.compile(r"(?:_[0-9a-f]{8})?\.parquet\Z")


def without_rows(
    earlier: Mapping[str, Mapping[str, str]],
    folder: str,
    mark: str,
    *,
    doc_ids: Collection[str] = (),
    uris: Collection[str] = (),
    rejected: Collection[str] = (),
    wholes: Collection[str] = (),
) -> tuple[list[Move], list[str], Counter[tuple[str, str]]]:
    """Write the files of the tables that have some rows again without them.

    A group's files have the same name in every table, so only groups with such a document are opened; each of
    their files gets the new name, so that it stays a group.

    Args:
        earlier: The files, as `storage.tables.manifest.table_paths` gives them.
        folder: The staging folder, where the new files are written.
        mark: Of `mark_of`, for the new names.
        doc_ids: Documents whose rows go.
        uris: URIs whose rejects go.
        rejected: `doc_id` of rejects that go.
        wholes: Files whose parts go; see `replacing`.

    Returns:
        The new files, the files that they replace, and the number of rows that went, by run and table.
    """
    moves: list[Move] = []
    removed: list[str] = []
    counts: Counter[tuple[str, str]] = Counter()

    def write(table: str, name: str, rows: pa.Table, remaining: pa.Table) -> None:
        path, staged = earlier[table][name], f"replaced-{mark}/{table}/{name}"
        removed.append(f"{table}/{name}")
        counts.update(rows_by_run(table, rows["run_id"]))
        counts.subtract(rows_by_run(table, remaining["run_id"]))
        if not len(remaining):
            return
        if len(remaining) == len(rows) and is_local(path):
            Path(folder, staged).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, staged).unlink(missing_ok=True)  # of an attempt that was cut off
            share(Path(path), Path(folder, staged))
        else:
            # Without metadata: it stays a file of the run that wrote it.
            write_table(remaining, f"{folder}/{staged}", {})
        moves.append((staged, f"{table}/{renamed(name, mark)}", len(remaining)))

    for name, path in earlier["documents"].items():
        gone = replaced(read_table("documents", path, list(KEYS)), doc_ids, wholes)
        for table in GROUPED if gone else ():
            if name in earlier[table]:
                rows = read_table(table, earlier[table][name], rewritten=True)
                write(table, name, rows, without(rows, "doc_id", gone))
    for name, path in earlier["rejects"].items():
        keys = read_table("rejects", path, ["uri", "doc_id"])
        if not (
            set(uris).isdisjoint(keys["uri"].to_pylist())
            and set(rejected).isdisjoint(keys["doc_id"].to_pylist())
        ):
            rows = read_table("rejects", path, rewritten=True)
            write("rejects", name, rows, without(without(rows, "uri", uris), "doc_id", rejected))
    return moves, removed, counts


def replacing(documents: pa.Table) -> tuple[set[str], set[str], set[str]]:
    """Tell what rows of `documents` replace: as a part of a file, the document that the whole file was.

    Args:
        documents: Rows with the columns `KEYS`.

    Returns:
        The documents whose rows go, the URIs whose rejects go, and the files, by the `doc_id` that they have
        as one document, whose parts go, since they are one document now.
    """
    doc_ids, uris = set(documents["doc_id"].to_pylist()), set(documents["uri"].to_pylist())
    wholes: set[str] = set()
    for row in documents.to_pylist():
        if (whole := whole_of(row["uri"])) is None:
            wholes.add(row["doc_id"])
        else:
            doc_ids.add(row["parent_id"])
            uris.add(whole)
    return doc_ids, uris, wholes


def replaced(documents: pa.Table, doc_ids: Collection[str], wholes: Collection[str]) -> set[str]:
    """List the documents among some rows, with the columns `KEYS`, that `replacing` says go."""
    ids = documents["doc_id"].to_pylist()
    gone = set(ids).intersection(doc_ids)
    parents = documents["parent_id"].to_pylist() if wholes else []
    if not set(wholes).isdisjoint(parents):
        parts = zip(ids, documents["uri"].to_pylist(), parents, strict=True)
        gone |= {doc_id for doc_id, uri, parent in parts if parent in wholes and whole_of(uri) is not None}
    return gone


def without_contents(
    earlier: Mapping[str, str], folder: str, mark: str, doc_ids: Collection[str]
) -> tuple[list[Move], list[str]]:
    """Write the files that have decisions on some documents again, with the contents of those left blank.

    Must be called within `deciding`, until they are committed.

    Args:
        earlier: The files of decisions, paths by name.
        folder: The staging folder.
        mark: Of `storage.transaction.rewrite.mark_of`.
        doc_ids: The documents.

    Returns:
        The new files and those that they replace, as `storage.transaction.rewrite.without_rows` gives them.
    """
    moves: list[Move] = []
    removed: list[str] = []
    for name, path in earlier.items():
        if set(doc_ids).isdisjoint(read_table("decisions", path, ["doc_id"])["doc_id"].to_pylist()):
            continue
        rows = [
            blanked(row) if row["doc_id"] in doc_ids else row
            for row in read_table("decisions", path, rewritten=True).to_pylist()
        ]
        staged = f"blanked-{mark}/decisions/{name}"
        write_table(pa.Table.from_pylist(rows, schema("decisions")), f"{folder}/{staged}", {})
        moves.append((staged, f"decisions/{renamed(name, mark)}", len(rows)))
        removed.append(f"decisions/{name}")
    return moves, removed


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
