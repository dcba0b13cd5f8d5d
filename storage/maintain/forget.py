"""Forget: every row of some documents goes, from tables, manifests and what was set aside; a receipt stays.

The tables change as by a run (`transaction.publish`). After that there is no grace: earlier manifests and the
files that they alone name are deleted after seconds, since they have the rows, too, and so is the index of
their words. The receipt is the row of `runs`: digests, when, and why, and no text. Of decisions on them only
the chain stays (`decisions.chain`).
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.errors import TablesError
from docassay.schemas.runs import Run
from docassay.schemas.uris import enclosing, whole_of
from docassay.storage.decisions.chain import blanked
from docassay.storage.tables import file_systems
from docassay.storage.tables.file_systems import is_local, matching
from docassay.storage.tables.manifest import TablePaths, table_paths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.partitions import name_in
from docassay.storage.tables.runs import row_of
from docassay.storage.tables.write import QUARANTINE, SEARCH
from docassay.storage.transaction.locks import commit_lock
from docassay.storage.transaction.publish import commit_run
from docassay.storage.transaction.rewrite import KEYS, Removal, remove_rows, renamed
from docassay.storage.transaction.transaction import Transaction, sweep

READERS_SECONDS = 2.0
"""How long readers that had begun to list a folder have, before it is deleted."""

RECEIPTS = 1_000
"""A row of `runs` names so many documents at most; a receipt of more is several rows."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went.

    Attributes:
        run_ids: The rows of `runs` that are the receipt.
        doc_ids: The documents, with those that lay in them, in order.
        rows: Rows that went, by table.
        set_aside: Files of the quarantine that were deleted: they had such rows, or could not be read.
    """

    run_ids: tuple[str, ...]
    doc_ids: tuple[str, ...]
    rows: Mapping[str, int]
    set_aside: tuple[str, ...]


def chosen(out: str, doc_ids: Collection[str], before: datetime | None = None) -> list[str]:
    """Choose the documents to forget: those named or read before a time, and all that lay in them.

    Args:
        out: The output folder.
        doc_ids: Their ids, or the first eight digits or more of one; SHA-256 of a file stands for its parts.
        before: Documents whose row is older, too.

    Raises:
        TablesError: An id fits no document, or several.
    """
    parents: dict[str, list[str]] = {}
    found: set[str] = set()
    every: list[str] = []
    of_uri: dict[str, list[str]] = {}
    files: dict[str, str] = {}
    for path in table_paths(out)["documents"].values():
        rows = read_table("documents", path, [*KEYS, "processed_at"])
        if before is not None:
            old = rows.filter(pc.less(rows["processed_at"], before))
            found.update(old["doc_id"].to_pylist())
        for row in rows.select(list(KEYS)).to_pylist():
            every.append(row["doc_id"])
            of_uri.setdefault(row["uri"], []).append(row["doc_id"])
            if row["parent_id"] is not None:
                parents.setdefault(row["parent_id"], []).append(row["doc_id"])
            if (whole := whole_of(row["uri"])) is not None:
                files[row["parent_id"]] = whole
    for file, uri in files.items():  # a file of several documents has no row, but lies in what has one
        every.append(file)
        for parent in (doc_id for above in enclosing(uri) for doc_id in of_uri.get(above, ())):
            parents.setdefault(parent, []).append(file)
    known = set(every)
    for wanted in doc_ids:
        fits = [wanted] if wanted in known else [one for one in every if one.startswith(wanted)]
        if len(fits) != 1 or len(wanted) < 8:
            many = f"{len(fits):,} documents have" if fits else "no document has"
            raise TablesError(
                f"{out}: {many} the id {wanted!r}; a doc_id has 64 digits; the first eight may be enough"
            )
        found.update(fits)
    waiting = list(found)
    while waiting:
        inner = set(parents.get(waiting.pop(), ())) - found
        found |= inner
        waiting += inner
    return sorted(found - (files.keys() - {doc_id for ids in of_uri.values() for doc_id in ids}))


def forget(out: str, doc_ids: Collection[str], metadata: Mapping[str, str], why: str) -> Forgotten:
    """Remove every row of these documents, and write the receipt; must be called after `recover`.

    Args:
        out: The output folder.
        doc_ids: The documents.
        metadata: Metadata of the receipt; its ``run_id`` must never have been used.
        why: The reason, for the receipt.

    Raises:
        OSError: The disk is full, for instance; then nothing was removed.
    """
    gone = set(doc_ids)
    receipts = list(_receipts(metadata, datetime.now(UTC), sorted(gone), why))

    def change(transaction: Transaction, tables: TablePaths, mark: str) -> Counter[tuple[str, str]]:
        removed = remove_rows(transaction, tables, mark, Removal(doc_ids=gone, rejected=gone))
        _blank_decisions(transaction, tables["decisions"], mark, gone)
        return removed

    with commit_lock(out):
        _, counts = commit_run(out, metadata["run_id"], metadata, receipts, change)
        if is_local(out):
            time.sleep(READERS_SECONDS)
        sweep(out, seconds=-math.inf)
        if is_local(out) and os.path.isdir(f"{out}/{SEARCH}"):
            shutil.rmtree(os.path.realpath(f"{out}/{SEARCH}"))  # it has their words; a search makes it anew
            if os.path.islink(f"{out}/{SEARCH}"):
                os.unlink(f"{out}/{SEARCH}")
    rows = Counter[str]()
    for (_, table), number in counts.items():
        rows[table] += number
    aside = tuple(_purge(out, gone))
    return Forgotten(tuple(run.run_id for run in receipts), tuple(sorted(gone)), dict(rows), aside)


def _blank_decisions(
    transaction: Transaction, paths: Mapping[str, str], mark: str, doc_ids: Collection[str]
) -> None:
    """Replace the files that have decisions on some documents by files with the contents of those left blank.

    Must be called within `commit_lock`, until they are committed.
    """
    for name, path in paths.items():
        if set(doc_ids).isdisjoint(read_table("decisions", path, ["doc_id"])["doc_id"].to_pylist()):
            continue
        rows = [
            blanked(row) if row["doc_id"] in doc_ids else row
            for row in read_table("decisions", path, rewritten=True).to_pylist()
        ]
        staged = f"blanked-{mark}/decisions/{name}"
        write_table(pa.Table.from_pylist(rows, schema("decisions")), f"{transaction.folder}/{staged}", {})
        transaction.stage(staged, f"decisions/{renamed(name, mark)}", len(rows))
        transaction.remove([f"decisions/{name}"])


def _receipts(metadata: Mapping[str, str], started: datetime, doc_ids: list[str], why: str) -> Iterator[Run]:
    for number, begin in enumerate(range(0, len(doc_ids), RECEIPTS)):
        own = {**metadata, "run_id": f"{metadata['run_id']}.{number}" if number else metadata["run_id"]}
        options = {"command": "forget", "doc_ids": doc_ids[begin : begin + RECEIPTS], "why": why}
        yield row_of(own, started, options)


def _purge(out: str, doc_ids: set[str]) -> Iterator[str]:
    """Delete the files that were set aside and have rows of these documents, or cannot be read."""
    for path in matching(f"{out}/{QUARANTINE}/*/*/**.parquet"):
        table = path.removesuffix(f"/{name_in(path)}").rpartition("/")[2]
        try:
            rows = None if table == "runs" else read_table(table, path, ["doc_id"])
            whole = rows is None or doc_ids.isdisjoint(rows["doc_id"].to_pylist())
        except (TablesError, OSError, KeyError):
            whole = False
        if not whole:
            file_systems.delete([path])
            yield path.removeprefix(f"{out}/")
