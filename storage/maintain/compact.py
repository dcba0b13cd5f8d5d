"""Compact: merge small files of the tables into files of a useful size; the rows stay what they are.

Files of an earlier release get the columns that were added since, empty (`schemas.versions`). The merged
files take the place of the small ones in one transaction: a merged file has a name that
was never used, so a name never leads to other rows than before, and no reader gets a row twice or misses one.

In an object store the folders of the tables have no such step. There the merged files come first and the
small ones go afterwards, so meanwhile a reader who lists them may get rows twice, but never misses one; who
reads by the manifest sees either the one or the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from docassay.schemas import versions
from docassay.schemas.arrow import schema
from docassay.schemas.errors import TablesError
from docassay.storage.decisions.append import merge_small_files
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import create_file, file_sizes, is_local, sync
from docassay.storage.tables.manifest import Manifest, number_of, table_paths
from docassay.storage.tables.parquet import WRITTEN, batches, opened
from docassay.storage.tables.runs import SEPARATOR
from docassay.storage.tables.write import OF_RUNS, UNGROUPED
from docassay.storage.transaction.transaction import CommitConflict, Transaction, discard_run

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
    of_people = merge_small_files(out, run_id)
    state = manifest.current(out)
    paths = table_paths(out, state)
    sizes = {table: _sizes(out, state, table) for table in OF_RUNS}
    stale = {table: [n for n, p in paths[table].items() if not _is_current(table, p)] for table in OF_RUNS}
    merges = _merges(sizes, stale, run_id, target)
    before = sum(map(len, sizes.values())) + of_people[0]
    after = before - of_people[0] + of_people[1]
    if not merges:
        return Compacted(before, after)
    transaction = Transaction(out, run_id, number_of(state))
    try:
        for table, table_merges in merges.items():
            for name, names in table_merges.items():
                path = f"{table}/{name}"
                rows = _merge(table, [paths[table][n] for n in names], f"{transaction.folder}/{path}")
                transaction.stage(path, path, rows)
                transaction.remove(f"{table}/{n}" for n in names)
        transaction.commit()
    except CommitConflict:
        transaction.discard()
        raise TablesError(
            f"{out}: another run has published meanwhile; nothing was changed, try again"
        ) from None
    except (OSError, TablesError):
        discard_run(out, run_id)
        raise
    merged = sum(len(names) - 1 for table_merges in merges.values() for names in table_merges.values())
    return Compacted(before, after - merged, sum(map(len, stale.values())))


def _sizes(out: str, state: Manifest | None, table: str) -> dict[str, int]:
    """Give the size of each file of a table."""
    if state is None:
        return file_sizes(f"{out}/{table}")
    files = state.files.get(table, {})
    listed = file_sizes(f"{out}/{table}") if any(file.bytes is None for file in files.values()) else {}
    return {n: listed.get(n, 0) if file.bytes is None else file.bytes for n, file in files.items()}


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


def _merge(table: str, paths: Sequence[str], target: str) -> int:
    """Write the rows of some files, in order, as one, and count them; holds no more than `BUFFER_BYTES`."""
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
    if is_local(target):
        sync(target)
    return written


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
