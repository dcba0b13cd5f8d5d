"""Append: rows are added to `decisions` one commit at a time, and small files become one on the way.

A commit is a transaction as any other, so a killed process leaves a decision that is there or one that is
not. The lock is their own (`transaction.locks`): a batch holds its lock for as long as it runs, and people do
not wait for it. An object store has no lock; there a commit that others have overtaken is made again after
theirs.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.storage.decisions.chain import HEADS, Head, heads_of
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import is_local, sync
from docassay.storage.tables.manifest import Manifest, file_sizes_at, number_of, table_paths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import retention
from docassay.storage.transaction.locks import decisions_lock
from docassay.storage.transaction.transaction import Transaction, commit_on_newest, recover

TABLE = "decisions"

FOLD_FILES = 32
"""So many small files become one with the next decision."""

FOLD_BYTES = 8_000_000
"""A file of this size is not small any more."""

SWEEP_EVERY = 50
"""After so many decisions what earlier ones have left behind is swept."""


def read_decisions(out: str, columns: Sequence[str] | None = None, state: Manifest | None = None) -> pa.Table:
    """Read all decisions, or some columns of them, in the order of the chain.

    Raises:
        TablesError: A file is damaged, or of another version.
    """
    wanted = None if columns is None else list(dict.fromkeys(["sequence", *columns]))
    shape = schema(TABLE) if wanted is None else pa.schema([schema(TABLE).field(name) for name in wanted])
    for attempt in range(3):
        paths = table_paths(out, state if state is not None else manifest.current(out))[TABLE]
        try:
            read = [read_table(TABLE, path, wanted).replace_schema_metadata(None) for path in paths.values()]
            break
        except FileNotFoundError:  # merged since
            if attempt == 2 or state is not None:
                raise
    return pa.concat_tables([shape.empty_table(), *read]).sort_by("sequence")


def append(out: str, make: Callable[[Manifest | None, Head], Sequence[Mapping[str, Any]]]) -> None:
    """Add rows to the chain, in one commit; on return they are on the disk.

    Args:
        out: The output folder.
        make: Gives the rows, sealed (`decisions.chain`), from the state of the tables and the end of it;
            is called again where others were quicker. No rows: nothing is committed.

    Raises:
        OutputError: Others keep decisions locked.
        OSError: The disk is full, for instance; nothing was added.
    """
    rows: Sequence[Mapping[str, Any]] = ()

    def prepare(state: Manifest | None) -> Transaction | None:
        nonlocal rows
        rows = make(state, head_of(out, state))
        if not rows:
            return None
        paths = table_paths(out, state)[TABLE]
        small = small_files(file_sizes_at(out, state, TABLE)) if len(paths) >= FOLD_FILES else []
        replaced = small if len(small) >= FOLD_FILES else []
        head = Head(rows[-1]["sequence"], rows[-1]["digest"])
        transaction = Transaction(out, head.commit_name, number_of(state))
        pieces = [read_table(TABLE, paths[name], rewritten=True) for name in replaced]
        pieces.append(pa.Table.from_pylist(list(map(dict, rows)), schema(TABLE)))
        merged = pa.concat_tables(p.replace_schema_metadata(None) for p in pieces).sort_by("sequence")
        first = f"{merged['sequence'][0].as_py():012d}"
        name = f"{TABLE}/{new_name(first)}"
        path = f"{transaction.folder}/{name}"
        write_table(merged, path, {})
        if is_local(path):
            sync(path)
        transaction.stage(name, name, len(merged))
        transaction.remove(f"{TABLE}/{other}" for other in replaced)
        return transaction

    with decisions_lock(out):
        finish_interrupted(out)
        try:
            commit_on_newest(out, prepare, discard=True)
        except OSError:
            finish_interrupted(out)
            raise
        if rows and rows[-1]["sequence"] % SWEEP_EVERY < len(rows):
            retention.sweep(out, tables=[TABLE])


def head_of(out: str, state: Manifest | None) -> Head:
    """Give the end of the chain: of the rows, or of what was committed where the last rows are gone."""
    ends = [_end_of(path) for path in table_paths(out, state)[TABLE].values()]
    ends += heads_of(state.commits if state is not None else ())
    return max(ends, key=lambda end: end.sequence, default=Head())


def finish_interrupted(out: str) -> None:
    """Finish the decision that a killed process had begun, and sweep those that it had not."""
    staging = f"{out}/{STAGING}"
    if is_local(out) and os.path.isdir(staging) and any(n.startswith(HEADS) for n in os.listdir(staging)):
        recover(out, HEADS)


def small_files(sizes: Mapping[str, int]) -> list[str]:
    """List the small files after the last that is not: each file has the rows that follow another's."""
    big = max((name for name, size in sizes.items() if size >= FOLD_BYTES), default="")
    return sorted(name for name in sizes if name > big)


def new_name(first: str) -> str:
    """Name a file that begins with the rows of another: names sort by the number of their first row."""
    return f"{first[:12]}-{uuid.uuid4().hex[:8]}.parquet"


@lru_cache(10_000)
def _end_of(path: str) -> Head:
    """Give the last row of a file, which never changes."""
    rows = read_table(TABLE, path, ["sequence", "digest"])
    if not len(rows):
        return Head()
    last = pc.index(rows["sequence"], pc.max(rows["sequence"])).as_py()
    return Head(rows["sequence"][last].as_py(), rows["digest"][last].as_py())
