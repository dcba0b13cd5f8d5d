"""Compact: merge small files of the tables into files of a useful size; the rows stay what they are.

What an earlier release wrote gets the columns that came since, empty (`schemas.versions`).

On a local file system each table's folder gives way to a new one in a single step (`swap`), and a
merged file has a name that was never used: a reader lists either the old files or the new, and a
name never leads to other rows than before. One who listed the old ones and comes to open one of
them too late is told that it is not there, and asks again. No reader gets a row twice or misses one.

An object store has no such step. There the merged files are copied first and the old ones deleted
then, so a reader may get rows twice meanwhile, never too few.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystems import FileSystems

from docassay.schemas import versions
from docassay.schemas.arrow import schema
from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.exchange import share
from docassay.storage.parquet import COMPRESSION, create_file, file_sizes, is_local, opened
from docassay.storage.publish import commit
from docassay.storage.runs import SEPARATOR
from docassay.storage.write import STAGING

TARGET_BYTES = 64_000_000
"""Size up to which files are merged: large enough to scan, small enough to rewrite."""

HELD_BYTES = 32_000_000
"""Most bytes of rows in memory; a row group of a merged file has as many."""

ALONE = ("rejects", "runs")
"""Tables whose files belong to no group; of the others a group's files have the same name in each."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """How many files there were, and how many there are; `lifted` were written by an earlier release."""

    before: int
    after: int
    lifted: int = 0


def compact(out: str, run_id: str, target: int = TARGET_BYTES) -> Compacted:
    """Merge the files of all tables that are smaller than half of `target`, and lift those that lack columns.

    To be called while nobody else writes to `out`, and after `recover`. A process that dies on the
    way has changed nothing, or what is left to do is done by the next `recover`.

    Args:
        out: The output folder.
        run_id: Begins the names of merged files; must never have been used in `out`.
        target: Bytes that a merged file has at most, as the sum of what it is made from.

    Raises:
        TablesError: A file is no Parquet file of its table.
        OSError: The disk is full, for instance; nothing was changed.
    """
    folder = f"{out}/{STAGING}/{run_id}"
    sizes = {table: file_sizes(f"{out}/{table}") for table in TABLES}
    stale = {
        table: [n for n in sizes[table] if not _is_current(table, f"{out}/{table}/{n}")] for table in TABLES
    }
    merges = _merges(sizes, stale, run_id, target)
    before = sum(map(len, sizes.values()))
    if not merges:
        return Compacted(before, before)
    try:
        if is_local(out):
            commit(folder, (), (), _folders(out, folder, merges))
        else:
            _copied(out, folder, merges)
    except (OSError, TablesError):
        if not FileSystems.exists(f"{folder}/publish.json"):
            _sweep(folder)
        raise
    merged = sum(len(names) - 1 for of_table in merges.values() for names in of_table.values())
    return Compacted(before, before - merged, sum(map(len, stale.values())))


def packs(sizes: Mapping[str, int], target: int) -> list[list[str]]:
    """Choose which files to merge: neighbours by name, smaller than half of `target`, together no larger.

    >>> packs({"a": 1, "b": 2, "c": 9, "d": 3, "e": 4}, 10)
    [['a', 'b', 'd', 'e']]
    """
    found: list[list[str]] = [[]]
    total = 0
    for name in sorted(name for name, size in sizes.items() if size < target / 2):
        if total + sizes[name] > target:
            found.append([])
            total = 0
        found[-1].append(name)
        total += sizes[name]
    return [names for names in found if len(names) > 1]


def _merges(
    sizes: Mapping[str, Mapping[str, int]], stale: Mapping[str, Sequence[str]], run_id: str, target: int
) -> dict[str, dict[str, list[str]]]:
    """Say for each table which files become which: the new name, and the old ones in order.

    A file that lacks columns and is merged with no other becomes one of its own, and so does its group.
    """
    groups: dict[str, int] = {}
    for table, of_table in sizes.items():
        if table not in ALONE:
            for name, size in of_table.items():
                groups[name] = max(size, groups.get(name, 0))
    found: dict[str, dict[str, list[str]]] = {}
    for table, of_table in sizes.items():
        chosen = packs(of_table if table in ALONE else groups, target)
        old = stale[table] if table in ALONE else {n for t in sizes if t not in ALONE for n in stale[t]}
        chosen += [[name] for name in sorted(old) if not any(name in names for names in chosen)]
        for number, names in enumerate(chosen):
            present = [name for name in names if name in of_table]
            if present:
                found.setdefault(table, {})[f"{run_id}-{number:05d}.parquet"] = present
    return found


def _folders(out: str, folder: str, merges: Mapping[str, Mapping[str, list[str]]]) -> list[list[str]]:
    """Prepare the folders that take the place of the tables': the merged files, and all that stays."""
    swaps = []
    for table, of_table in merges.items():
        new, old = f"{folder}/tables/{table}", f"{out}/{table}"
        os.makedirs(new)
        gone = {name for names in of_table.values() for name in names}
        for path in Path(old).iterdir():
            if not path.is_file():
                raise TablesError(f"{path} is no file of docassay's; move it out of the table's folder")
            if path.name not in gone:
                share(path, Path(new, path.name))
        for name, names in of_table.items():
            _merge(table, [f"{old}/{n}" for n in names], f"{new}/{name}")
            _settle(Path(new, name))
        swaps.append([new, old, next(iter(of_table))])
    return swaps


def _copied(out: str, folder: str, merges: Mapping[str, Mapping[str, list[str]]]) -> None:
    moves, deletes = [], []
    for table, of_table in merges.items():
        for name, names in of_table.items():
            paths = [f"{out}/{table}/{n}" for n in names]
            _merge(table, paths, f"{folder}/{table}/{name}")
            moves.append([f"{folder}/{table}/{name}", f"{out}/{table}/{name}"])
            deletes += paths
    commit(folder, moves, deletes)


def _merge(table: str, paths: Sequence[str], target: str) -> None:
    """Write the rows of some files, in order, as one; holds no more than `HELD_BYTES` of them."""
    shape = schema(table).with_metadata(_metadata(_metadata_of(table, path) for path in paths))
    wanted = written = 0
    with create_file(target) as file, pq.ParquetWriter(file, shape, compression=COMPRESSION) as writer:
        held: list[pa.Table] = []
        size = 0

        def write() -> int:
            rows = pa.concat_tables(held).cast(shape)
            writer.write_table(rows, row_group_size=max(1, len(rows)))
            held.clear()
            return len(rows)

        for path in paths:
            with opened(path) as source:
                wanted += source.metadata.num_rows
                for batch in source.iter_batches(10_000):
                    rows = pa.Table.from_batches([batch.replace_schema_metadata(None)])
                    held.append(versions.lift(table, rows))
                    size += batch.nbytes
                    if size >= HELD_BYTES:
                        written += write()
                        size = 0
        if held:
            written += write()
    if written != wanted:
        raise TablesError(f"{target}: {written} rows of {wanted}; nothing was changed")


def _is_current(table: str, path: str) -> bool:
    with opened(path) as file:
        return versions.fits(table, file.schema_arrow, path)


def _metadata_of(table: str, path: str) -> Mapping[bytes, bytes]:
    with opened(path) as file:
        found = file.schema_arrow
    versions.fits(table, found, path)
    return found.metadata or {}


def _metadata(of_files: Iterable[Mapping[bytes, bytes]]) -> dict[bytes, bytes]:
    """Join the metadata of files: every different value of a key once, in order, parted by `SEPARATOR`."""
    found: dict[bytes, dict[bytes, None]] = {}
    for metadata in of_files:
        for key, value in metadata.items():
            found.setdefault(key, {}).update(dict.fromkeys(value.split(SEPARATOR.encode())))
    return {key: SEPARATOR.encode().join(values) for key, values in found.items()}


def _settle(path: Path) -> None:
    """Make sure that a file is on the disk: what it is made from will be gone."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sweep(folder: str) -> None:
    if FileSystems.exists(folder):
        FileSystems.delete([folder])
