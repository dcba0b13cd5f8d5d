"""Decision files: rows are added to `decisions` one commit at a time, and small files become one on the way.

They are committed as groups of a stream are, by a journal and the manifest of all tables, so a killed process
leaves a decision that is there or one that is not. The lock is their own (`decision_lock`): a batch
holds its lock for as long as it runs, and people do not wait for it. An object store has no lock; there a
commit that others have overtaken is made again after theirs.
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
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import Manifest, table_paths
from docassay.storage.tables.parquet import delete_folder, file_sizes, opened, read_table, sync, write_table
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import retention
from docassay.storage.transaction.commits import ATTEMPTS, number_of, state_of
from docassay.storage.transaction.decision_lock import deciding
from docassay.storage.transaction.journal import commit
from docassay.storage.transaction.publish import recover

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
    with deciding(out):
        _finish(out)
        for _ in range(ATTEMPTS):
            state = state_of(out)
            rows = make(state, head_of(out, state))
            if not rows:
                return
            if _add(out, state, rows):
                if rows[-1]["sequence"] % SWEEP_EVERY < len(rows):
                    with suppress(TablesError):  # an earlier manifest is damaged; `verify` will say so
                        retention.sweep_decisions(out)
                return
            time.sleep(0.05)
    raise OSError(f"{out}: others have committed {ATTEMPTS} times since this decision was begun")


def head_of(out: str, state: Manifest | None) -> Head:
    """Give the end of the chain: of the rows, or of what was committed where the last rows are gone."""
    ends = [_end_of(path) for path in table_paths(out, state)[TABLE].values()]
    ends += heads_of(state.commits if state is not None else ())
    return max(ends, key=lambda end: end.sequence, default=Head())


def fold(out: str, run_id: str) -> tuple[int, int]:
    """Merge the files of decisions that are small or lack columns; the rows and their chain stay as they are.

    Args:
        out: The output folder.
        run_id: Names the commit; must never have been used.

    Returns:
        The number of files before and after.
    """
    with deciding(out):
        _finish(out)
        for _ in range(ATTEMPTS):
            state = state_of(out)
            paths = table_paths(out, state)[TABLE]
            small = _small(out, state, paths)
            if len(small) < 2 and not any(not _is_current(paths[name]) for name in small):
                return len(paths), len(paths)
            if _replace(out, f"{run_id}-{TABLE}", state, [], small):
                return len(paths), len(paths) - len(small) + 1
    raise OSError(f"{out}: others have committed {ATTEMPTS} times since decisions were to be merged")


def _finish(out: str) -> None:
    """Finish the decision that a killed process had begun, and sweep those that it had not."""
    if not is_local(out) or not os.path.isdir(f"{out}/{STAGING}"):
        return
    left = [name for name in os.listdir(f"{out}/{STAGING}") if name.startswith(HEADS)]
    if left:
        recover(out, HEADS)
        for name in left:
            shutil.rmtree(f"{out}/{STAGING}/{name}", ignore_errors=True)


def _add(out: str, state: Manifest | None, rows: Sequence[Mapping[str, Any]]) -> bool:
    paths = table_paths(out, state)[TABLE]
    small = _small(out, state, paths) if len(paths) >= FOLD_FILES else []
    commit_id = Head(rows[-1]["sequence"], rows[-1]["digest"]).commit
    return _replace(out, commit_id, state, rows, small if len(small) >= FOLD_FILES else [])


def _replace(
    out: str,
    commit_id: str,
    state: Manifest | None,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
) -> bool:
    """Commit one file of these rows, after those of the files of these names, which it replaces."""
    paths = table_paths(out, state)[TABLE]
    pieces = [read_table(TABLE, paths[name], rewritten=True).replace_schema_metadata(None) for name in names]
    pieces.append(pa.Table.from_pylist(list(map(dict, rows)), schema(TABLE)))
    merged = pa.concat_tables(pieces).sort_by("sequence")
    first = merged["sequence"][0].as_py() if len(merged) else 0
    name = f"{first:012d}-{uuid.uuid4().hex[:8]}.parquet"
    folder = f"{out}/{STAGING}/{commit_id}"
    try:
        write_table(merged, f"{folder}/{TABLE}/{name}", {})
        if is_local(folder):
            sync(f"{folder}/{TABLE}/{name}")
        moves = [(f"{TABLE}/{name}", f"{TABLE}/{name}", len(merged))]
        if commit(folder, moves, [f"{TABLE}/{n}" for n in names], number_of(state)):
            return True
    except OSError:
        delete_folder(folder)
        raise
    delete_folder(folder)
    return False


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
