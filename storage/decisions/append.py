"""Append: rows are added to `decisions` one commit at a time, and small files become one on the way.

A commit is a transaction as any other, so a killed process leaves a decision that is there or one that is
not. The lock is their own (`transaction.locks`): a batch holds its lock for as long as it runs, and people do
not wait for it. An object store has no lock; there a commit that others have overtaken is made again after
theirs.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas import versions
from docassay.schemas.arrow import schema
from docassay.schemas.errors import TablesError
from docassay.storage.decisions.chain import HEADS, Head, heads_of
from docassay.storage.tables import file_systems, manifest
from docassay.storage.tables.file_systems import file_sizes, is_local, sync
from docassay.storage.tables.manifest import MANIFESTS, Manifest, number_of, table_paths
from docassay.storage.tables.parquet import opened, read_table, write_table
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import retention
from docassay.storage.transaction.locks import decisions_lock
from docassay.storage.transaction.transaction import Transaction, commit_on_newest, recover

TABLE = "decisions"

Plan = tuple[str, Sequence[Mapping[str, Any]], Sequence[str]]
"""A commit: its name, the rows that it adds, and the files that it replaces by one with them."""

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

    def plan(state: Manifest | None) -> Plan | None:
        nonlocal rows
        rows = make(state, head_of(out, state))
        if not rows:
            return None
        paths = table_paths(out, state)[TABLE]
        small = _small(out, state, paths) if len(paths) >= FOLD_FILES else []
        head = Head(rows[-1]["sequence"], rows[-1]["digest"])
        return head.commit_name, rows, small if len(small) >= FOLD_FILES else []

    with decisions_lock(out):
        _finish_interrupted(out)
        _commit(out, plan)
        if rows and rows[-1]["sequence"] % SWEEP_EVERY < len(rows):
            with suppress(TablesError):  # an earlier manifest is damaged; `verify` will say so
                _sweep(out)


def head_of(out: str, state: Manifest | None) -> Head:
    """Give the end of the chain: of the rows, or of what was committed where the last rows are gone."""
    ends = [_end_of(path) for path in table_paths(out, state)[TABLE].values()]
    ends += heads_of(state.commits if state is not None else ())
    return max(ends, key=lambda end: end.sequence, default=Head())


def merge_small_files(out: str, run_id: str) -> tuple[int, int]:
    """Merge the files of decisions that are small or lack columns; the rows and their chain stay as they are.

    Args:
        out: The output folder.
        run_id: Names the commit; must never have been used.

    Returns:
        The number of files before and after.
    """
    before = after = 0

    def plan(state: Manifest | None) -> Plan | None:
        nonlocal before, after
        paths = table_paths(out, state)[TABLE]
        small = _small(out, state, paths)
        before = after = len(paths)
        if len(small) < 2 and all(_is_current(paths[name]) for name in small):
            return None
        after = before - len(small) + 1
        return f"{run_id}-{TABLE}", [], small

    with decisions_lock(out):
        _finish_interrupted(out)
        _commit(out, plan)
    return before, after


def _finish_interrupted(out: str) -> None:
    """Finish the decision that a killed process had begun, and sweep those that it had not."""
    if not is_local(out) or not os.path.isdir(f"{out}/{STAGING}"):
        return
    left = [name for name in os.listdir(f"{out}/{STAGING}") if name.startswith(HEADS)]
    if left:
        recover(out, HEADS)
        for name in left:
            shutil.rmtree(f"{out}/{STAGING}/{name}", ignore_errors=True)


def _commit(out: str, plan: Callable[[Manifest | None], Plan | None]) -> None:
    """Commit one file of new rows, after those of the files that it replaces.

    Args:
        out: The output folder.
        plan: Says for a state of the tables what to commit; None: nothing.
    """
    transaction: Transaction | None = None

    def prepare(state: Manifest | None) -> Transaction | None:
        nonlocal transaction
        if transaction is not None:
            transaction.discard()  # others were quicker
        planned = plan(state)
        if planned is None:
            return None
        transaction = Transaction(out, planned[0], number_of(state))
        _stage(transaction, table_paths(out, state)[TABLE], *planned[1:])
        return transaction

    try:
        commit_on_newest(out, prepare)
    except OSError:
        if transaction is not None:
            transaction.discard()
        raise


def _stage(
    transaction: Transaction,
    paths: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    replaced: Sequence[str],
) -> None:
    pieces = [
        read_table(TABLE, paths[name], rewritten=True).replace_schema_metadata(None) for name in replaced
    ]
    pieces.append(pa.Table.from_pylist(list(map(dict, rows)), schema(TABLE)))
    merged = pa.concat_tables(pieces).sort_by("sequence")
    first = merged["sequence"][0].as_py() if len(merged) else 0
    name = f"{TABLE}/{first:012d}-{uuid.uuid4().hex[:8]}.parquet"
    path = f"{transaction.folder}/{name}"
    write_table(merged, path, {})
    if is_local(path):
        sync(path)
    transaction.stage(name, name, len(merged))
    transaction.remove(f"{TABLE}/{other}" for other in replaced)


def _sweep(out: str, seconds: float = retention.SECONDS) -> None:
    """Delete manifests between two commits of decisions, and files of decisions that nothing names any more.

    What was before a run stays. Must be called within `decisions_lock`.
    """
    state = manifest.current(out)
    if state is None:
        return
    written, numbers, now = retention.written_at(out), manifest.numbers(out), time.time()
    named = {file.path for file in state.files.get(TABLE, {}).values()}
    for number, name in numbers.items():
        follower = numbers.get(number + 1, "")
        of_decisions = all(one[9:].startswith(HEADS) for one in (name, follower))
        if of_decisions:  # young ones name no file that is older than `seconds` since it was replaced
            if now - written.get(follower, now) > seconds:
                file_systems.delete([f"{out}/{MANIFESTS}/{name}"])
        elif number != state.number:
            named |= {file.path for file in manifest.read(out, name).files.get(TABLE, {}).values()}
    if is_local(out):
        retention.delete_unnamed(out, TABLE, named, seconds)


def _small(out: str, state: Manifest | None, paths: Mapping[str, str]) -> list[str]:
    """List the small files after the last that is not: each file has the rows that follow another's."""
    files = state.files.get(TABLE, {}) if state is not None else {}
    sizes = {name: files[name].bytes if name in files else None for name in paths}
    if any(size is None for size in sizes.values()):
        listed = file_sizes(f"{out}/{TABLE}")
        sizes = {name: listed.get(name, 0) if size is None else size for name, size in sizes.items()}
    big = max((name for name, size in sizes.items() if (size or 0) >= FOLD_BYTES), default="")
    return sorted(name for name in sizes if name > big)


def _is_current(path: str) -> bool:
    with opened(path) as file:
        return versions.fits(TABLE, file.schema_arrow, path)


@lru_cache(10_000)
def _end_of(path: str) -> Head:
    """Give the last row of a file, which never changes."""
    rows = read_table(TABLE, path, ["sequence", "digest"])
    if not len(rows):
        return Head()
    last = pc.index(rows["sequence"], pc.max(rows["sequence"])).as_py()
    return Head(rows["sequence"][last].as_py(), rows["digest"][last].as_py())
