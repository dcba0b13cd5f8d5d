"""Compact: merge small files of the tables into files of a useful size; the rows stay what they are.

Files of an earlier release get the columns that were added since, empty (`storage.tables.parquet.lift`). The
merged files take the place of the small ones in one transaction: a merged file has a name that was never
used, so a name never leads to other rows than before, and no reader gets a row twice or misses one.

In an object store the folders of the tables have no such step. There the merged files come first and the
small ones go afterwards, so meanwhile a reader who lists them may get rows twice, but never misses one; who
reads by the manifest sees either the one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from docassay.schemas.arrow import schema
from docassay.schemas.errors import TablesError
from docassay.storage.decisions.chain import TABLE, finish_interrupted, new_name, small_files
from docassay.storage.tables.file_systems import create_file
from docassay.storage.tables.manifest import Manifest, file_sizes_at, number_of, table_paths
from docassay.storage.tables.parquet import WRITTEN, fits, opened, read_table
from docassay.storage.tables.partitions import folder_in, in_folder
from docassay.storage.tables.runs import SEPARATOR
from docassay.storage.tables.write import OF_RUNS, UNGROUPED
from docassay.storage.transaction.locks import commit_lock
from docassay.storage.transaction.transaction import Transaction, commit_on_newest, discard_run

Merges = dict[str, dict[str, list[str]]]
"""The files to merge: by table and new name, the old names in order."""

TARGET_BYTES = 64_000_000
"""Size up to which files are merged: large enough to scan, small enough to rewrite."""

BUFFER_BYTES = 32_000_000
"""Most bytes of rows in memory, which is the size of a row group of a merged file."""


class Compacted(NamedTuple):
    """The number of files before and after; `lifted` of them were written by an earlier release."""

    before: int
    after: int
    lifted: int


def compact(out: str, run_id: str, target: int = TARGET_BYTES) -> Compacted:
    """Merge the files of all tables that are smaller than half of `target`, and lift those that lack columns.

    Files of a partition are merged with others of it only.

    Must be called while nobody else writes to `out`, and after `recover`. Where the process dies on the
    way, either nothing has changed or the next `recover` does the rest.

    Args:
        out: The output folder.
        run_id: Begins the names of merged files; must never have been used in `out`.
        target: Most bytes of a merged file, counted as the sum of the files that it is made from.

    Raises:
        TablesError: A file is not a Parquet file of its table.
        OSError: The disk is full, for instance; nothing was changed.
    """
    with commit_lock(out):
        finish_interrupted(out)
        of_people = _compact(out, f"{run_id}-{TABLE}", [TABLE], _merge_of_people)
    of_runs = _compact(out, run_id, OF_RUNS, lambda sizes, stale: _merges(sizes, stale, run_id, target))
    return Compacted(*map(sum, zip(of_people, of_runs, strict=True)))


def _compact(
    out: str,
    name: str,
    tables: Sequence[str],
    choose: Callable[[Mapping[str, Mapping[str, int]], Mapping[str, Sequence[str]]], Merges],
) -> tuple[int, int, int]:
    """Commit the merges of some tables; give the number of files before and after, and of those lifted."""
    counts = (0, 0, 0)

    def prepare(state: Manifest | None) -> Transaction | None:
        nonlocal counts
        paths, sizes = table_paths(out, state), {table: file_sizes_at(out, state, table) for table in tables}
        stale = {table: [n for n, p in paths[table].items() if not _look(table, p)[0]] for table in tables}
        merges = choose(sizes, stale)
        before = sum(map(len, sizes.values()))
        merged = sum(len(names) - 1 for of_table in merges.values() for names in of_table.values())
        counts = before, before - merged, sum(map(len, stale.values())) if merges else 0
        if not merges:
            return None
        transaction = Transaction(out, name, number_of(state))
        for table, of_table in merges.items():
            for new, names in of_table.items():
                path = f"{table}/{new}"
                rows = _merge(table, [paths[table][n] for n in names], f"{transaction.folder}/{path}")
                transaction.stage(path, path, rows)
                transaction.remove(f"{table}/{n}" for n in names)
        return transaction

    commit_or_discard(out, name, prepare)
    return counts


def commit_or_discard(out: str, name: str, prepare: Callable[[Manifest | None], Transaction | None]) -> None:
    """Commit a transaction as `commit_on_newest` does; what it has staged is deleted where that fails."""
    try:
        commit_on_newest(out, prepare)
    except (OSError, TablesError):
        discard_run(out, name)
        raise


def _merge_of_people(sizes: Mapping[str, Mapping[str, int]], stale: Mapping[str, Sequence[str]]) -> Merges:
    """Choose the files of decisions that become one, which keeps the rows in order."""
    small = small_files(sizes[TABLE])
    if len(small) < 2 and set(small).isdisjoint(stale[TABLE]):
        return {}
    return {TABLE: {new_name(small[0]): small}}


def packs(sizes: Mapping[str, int], target: int) -> list[list[str]]:
    """Choose which files to merge: neighbours by name, smaller than half of `target`, together no larger.

    >>> packs({"a": 1, "b": 2, "c": 9, "d": 3, "e": 4}, 10)
    [['a', 'b', 'd', 'e']]
    >>> packs({"a": 1, "b": 1, "by_domain=legal/a": 1, "by_domain=legal/b": 1}, 10)
    [['a', 'b'], ['by_domain=legal/a', 'by_domain=legal/b']]
    """
    bins: list[list[str]] = [[]]
    total = 0
    small = [name for name, size in sizes.items() if size < target / 2]
    for name in sorted(small, key=lambda name: (folder_in(name), name)):
        if total + sizes[name] > target or (bins[-1] and folder_in(name) != folder_in(bins[-1][0])):
            bins.append([])
            total = 0
        bins[-1].append(name)
        total += sizes[name]
    return [names for names in bins if len(names) > 1]


def _merges(
    sizes: Mapping[str, Mapping[str, int]], stale: Mapping[str, Sequence[str]], run_id: str, target: int
) -> Merges:
    """Choose for each table the merges.

    A file that lacks columns and is merged with no other is rewritten alone, and so is its group.
    """
    groups: dict[str, int] = {}
    for table, table_sizes in sizes.items():
        if table not in UNGROUPED:
            for name, size in table_sizes.items():
                groups[name] = max(size, groups.get(name, 0))
    merges: Merges = {}
    for table, table_sizes in sizes.items():
        bins = packs(table_sizes if table in UNGROUPED else groups, target)
        stale_tables = [table] if table in UNGROUPED else [t for t in sizes if t not in UNGROUPED]
        stale_names = {name for stale_table in stale_tables for name in stale[stale_table]}
        bins += [[name] for name in sorted(stale_names) if not any(name in names for names in bins)]
        for number, names in enumerate(bins):
            present = [name for name in names if name in table_sizes]
            if present:
                name = in_folder(folder_in(present[0]), f"{run_id}-{number:05d}.parquet")
                merges.setdefault(table, {})[name] = present
    return merges


def _merge(table: str, paths: Sequence[str], target: str) -> int:
    """Write the rows of some files, in order, as one, and count them; holds one file and `BUFFER_BYTES`."""
    merged_schema = schema(table).with_metadata(joined_metadata(_look(table, path)[1] for path in paths))
    buffer: list[pa.Table] = []
    size = written = 0
    with create_file(target) as file, pq.ParquetWriter(file, merged_schema, **WRITTEN) as writer:
        for left, path in enumerate(paths, 1 - len(paths)):
            rows = read_table(table, path, rewritten=True).replace_schema_metadata(None)
            buffer.append(rows)
            size += rows.nbytes
            if size >= BUFFER_BYTES or not left:
                rows = pa.concat_tables(buffer).cast(merged_schema)
                writer.write_table(
                    rows, row_group_size=1 + len(rows) * BUFFER_BYTES // max(size, BUFFER_BYTES)
                )
                written += len(rows)
                buffer, size = [], 0
    return written


def _look(table: str, path: str) -> tuple[bool, Mapping[bytes, bytes]]:
    """Tell whether a file has all columns of today, and give its metadata."""
    with opened(path) as file:
        shape = file.schema_arrow
    return fits(table, shape, path), shape.metadata or {}


def joined_metadata(files: Iterable[Mapping[bytes, bytes]]) -> dict[bytes, bytes]:
    """Join the metadata of files: each distinct value of a key once, in order, separated by `SEPARATOR`."""
    values_of: dict[bytes, dict[bytes, None]] = {}
    for metadata in files:
        for key, value in metadata.items():
            values_of.setdefault(key, {}).update(dict.fromkeys(value.split(SEPARATOR.encode())))
    return {key: SEPARATOR.encode().join(values) for key, values in values_of.items()}
