"""Compact: merge small files of the tables into files of a useful size; the rows stay what they are.

Files of an earlier release get the columns that were added since, empty (`schemas.versions`).

On a local file system each table's folder is exchanged for a new one in a single step
(`storage.exchange`), and a merged file has a name that was never used: a reader lists either the old
files or the new, and a name never leads to other rows than before. A reader that listed the old files
and opens one of them too late gets an error and lists again. No reader gets a row twice or misses one.

An object store has no such step. There the merged files are copied first and the old ones deleted
afterwards, so meanwhile a reader may get rows twice, but never misses one.
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
from docassay.storage.journal import commit
from docassay.storage.parquet import WRITTEN, batches, create_file, file_sizes, is_local, opened
from docassay.storage.runs import SEPARATOR
from docassay.storage.write import STAGING, UNGROUPED

TARGET_BYTES = 64_000_000
"""Size up to which files are merged: large enough to scan, small enough to rewrite."""

BUFFER_BYTES = 32_000_000
"""Most bytes of rows in memory, which is the size of a row group of a merged file."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """The number of files before and after; `lifted` of them were written by an earlier release."""

    before: int
    after: int
    lifted: int = 0


def compact(out: str, run_id: str, target: int = TARGET_BYTES) -> Compacted:
    """Merge the files of all tables that are smaller than half of `target`, and lift those that lack columns.

    Must be called while nobody else writes to `out`, and after `recover`. Where the process dies on the
    way, either nothing has changed or the next `recover` does the rest.

    Args:
        out: The output folder.
        run_id: Begins the names of merged files; must never have been used in `out`.
        target: Most bytes of a merged file, counted as the sum of the files that it is made from.

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
            commit(folder, (), (), _new_folders(out, folder, merges))
        else:
            _replace_files(out, folder, merges)
    except (OSError, TablesError):
        if not FileSystems.exists(f"{folder}/publish.json"):
            _sweep(folder)
        raise
    merged = sum(len(names) - 1 for table_merges in merges.values() for names in table_merges.values())
    return Compacted(before, before - merged, sum(map(len, stale.values())))


def packs(sizes: Mapping[str, int], target: int) -> list[list[str]]:
    """Choose which files to merge: neighbours by name, smaller than half of `target`, together no larger.

    >>> packs({"a": 1, "b": 2, "c": 9, "d": 3, "e": 4}, 10)
    [['a', 'b', 'd', 'e']]
    """
    bins: list[list[str]] = [[]]
    total = 0
    for name in sorted(name for name, size in sizes.items() if size < target / 2):
        if total + sizes[name] > target:
            bins.append([])
            total = 0
        bins[-1].append(name)
        total += sizes[name]
    return [names for names in bins if len(names) > 1]


def _merges(
    sizes: Mapping[str, Mapping[str, int]], stale: Mapping[str, Sequence[str]], run_id: str, target: int
) -> dict[str, dict[str, list[str]]]:
    """Choose for each table the merges: by new name, the old names in order.

    A file that lacks columns and is merged with no other is rewritten alone, and so is its group.
    """
    groups: dict[str, int] = {}
    for table, table_sizes in sizes.items():
        if table not in UNGROUPED:
            for name, size in table_sizes.items():
                groups[name] = max(size, groups.get(name, 0))
    merges: dict[str, dict[str, list[str]]] = {}
    for table, table_sizes in sizes.items():
        bins = packs(table_sizes if table in UNGROUPED else groups, target)
        stale_tables = [table] if table in UNGROUPED else [t for t in sizes if t not in UNGROUPED]
        stale_names = {name for stale_table in stale_tables for name in stale[stale_table]}
        bins += [[name] for name in sorted(stale_names) if not any(name in names for names in bins)]
        for number, names in enumerate(bins):
            present = [name for name in names if name in table_sizes]
            if present:
                merges.setdefault(table, {})[f"{run_id}-{number:05d}.parquet"] = present
    return merges


def _new_folders(out: str, folder: str, merges: Mapping[str, Mapping[str, list[str]]]) -> list[list[str]]:
    """Prepare the folders that replace those of the tables: the merged files, and all that stay.

    Returns:
        For `exchange_folders`: the new folder, the old one, and a file of the new one.
    """
    swaps = []
    for table, table_merges in merges.items():
        new, old = f"{folder}/tables/{table}", f"{out}/{table}"
        os.makedirs(new)
        merged_names = {name for names in table_merges.values() for name in names}
        for path in Path(old).iterdir():
            if not path.is_file():
                raise TablesError(f"{path} is no file of docassay's; move it out of the table's folder")
            if path.name not in merged_names:
                share(path, Path(new, path.name))
        for name, names in table_merges.items():
            _merge(table, [f"{old}/{n}" for n in names], f"{new}/{name}")
            _sync(Path(new, name))
        swaps.append([new, old, next(iter(table_merges))])
    return swaps


def _replace_files(out: str, folder: str, merges: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Merge in the staging folder, then copy the merged files and delete the old ones."""
    moves, deletes = [], []
    for table, table_merges in merges.items():
        for name, names in table_merges.items():
            paths = [f"{out}/{table}/{n}" for n in names]
            _merge(table, paths, f"{folder}/{table}/{name}")
            moves.append([f"{folder}/{table}/{name}", f"{out}/{table}/{name}"])
            deletes += paths
    commit(folder, moves, deletes)


def _merge(table: str, paths: Sequence[str], target: str) -> None:
    """Write the rows of some files, in order, as one; holds no more than `BUFFER_BYTES` of them."""
    merged_schema = schema(table).with_metadata(_join_metadata(_metadata_of(table, path) for path in paths))
    expected = written = 0
    with (
        create_file(target) as file,
        pq.ParquetWriter(file, merged_schema, **WRITTEN) as writer,
    ):
        buffer: list[pa.Table] = []
        size = 0

        def flush() -> int:
            rows = pa.concat_tables(buffer).cast(merged_schema)
            writer.write_table(rows, row_group_size=max(1, len(rows)))
            buffer.clear()
            return len(rows)

        for path in paths:
            with opened(path) as source:
                expected += source.metadata.num_rows
                for batch in batches(source, path):
                    rows = pa.Table.from_batches([batch.replace_schema_metadata(None)])
                    buffer.append(versions.lift(table, rows))
                    size += batch.nbytes
                    if size >= BUFFER_BYTES:
                        written += flush()
                        size = 0
        if buffer:
            written += flush()
    if written != expected:
        raise TablesError(f"{target}: {written} rows of {expected}; nothing was changed")


def _is_current(table: str, path: str) -> bool:
    with opened(path) as file:
        return versions.fits(table, file.schema_arrow, path)


def _metadata_of(table: str, path: str) -> Mapping[bytes, bytes]:
    with opened(path) as file:
        file_schema = file.schema_arrow
    versions.fits(table, file_schema, path)
    return file_schema.metadata or {}


def _join_metadata(files: Iterable[Mapping[bytes, bytes]]) -> dict[bytes, bytes]:
    """Join the metadata of files: each distinct value of a key once, in order, separated by `SEPARATOR`."""
    values_of: dict[bytes, dict[bytes, None]] = {}
    for metadata in files:
        for key, value in metadata.items():
            values_of.setdefault(key, {}).update(dict.fromkeys(value.split(SEPARATOR.encode())))
    return {key: SEPARATOR.encode().join(values) for key, values in values_of.items()}


def _sync(path: Path) -> None:
    """Flush a file to the disk: the files that it is made from will be deleted."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sweep(folder: str) -> None:
    if FileSystems.exists(folder):
        FileSystems.delete([folder])
