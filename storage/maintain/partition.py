"""Partition: move documents to the folders of their month, domain or source; the rows stay what they are.

Runs and streams publish as ever. What they have published is moved afterwards, by a transaction of its own,
so that whatever holds of `compact` holds here: a process that dies on the way leaves every row once, and no
reader misses one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.errors import DamagedError
from docassay.storage.maintain.compact import commit_or_discard, joined_metadata
from docassay.storage.tables import partitions
from docassay.storage.tables.manifest import Manifest, TablePaths, number_of, table_paths
from docassay.storage.tables.parquet import opened, read_table, write_table
from docassay.storage.tables.write import GROUPED
from docassay.storage.transaction.transaction import Transaction

PACK_BYTES = 256_000_000
"""Most bytes of rows of a table that are read at once, as footers count them, unless one file has more."""


def partition(out: str, run_id: str, key: str) -> int:
    """Move the rows of files that are in no partition of a key to theirs; give the number of these files.

    Must be called while nobody else writes to `out`, and after `recover`. Tables whose rows belong to no
    document stay as they are, and so do files without rows, by which a pattern finds a table that has none.

    Args:
        out: The output folder.
        run_id: Begins the names of the new files; must never have been used in `out`.
        key: One of `partitions.KEYS`.

    Raises:
        TablesError: A file is damaged, or has rows of documents that its group has not.
        OSError: The disk is full, for instance; nothing was changed.
    """
    moved = 0

    def prepare(state: Manifest | None) -> Transaction | None:
        nonlocal moved
        paths = table_paths(out, state)
        here = {name for name in paths["documents"] if partitions.is_of(name, key)}
        sizes = {name: _bytes(paths, name) for name in sorted(paths["documents"].keys() - here)}
        outside = [name for name, (rows, _) in sizes.items() if rows]
        moved = sum(name in paths[table] for table in GROUPED for name in outside)
        if not outside:
            return None
        there = {partitions.folder_in(name) for name in here}
        transaction = Transaction(out, run_id, number_of(state))
        number = 0
        for names in _packs({name: sizes[name][1] for name in outside}):
            documents = _read("documents", [paths["documents"][name] for name in names], key)
            folders = partitions.folders_of(key, documents.to_pylist(), there)
            there.update(folders.values())
            targets = {
                folder: f"{folder}/{run_id}-{n:05d}.parquet"
                for n, folder in enumerate(sorted({*folders.values()}), number)
            }
            number += len(targets)
            for table in GROUPED:
                own = [name for name in names if name in paths[table]]
                for folder, rows in _split(table, [paths[table][name] for name in own], folders):
                    path = f"{table}/{targets[folder]}"
                    write_table(rows, f"{transaction.folder}/{path}", {})
                    transaction.stage(path, path, len(rows))
                transaction.remove(f"{table}/{name}" for name in own)
        return transaction

    commit_or_discard(out, run_id, prepare)
    return moved


def _bytes(paths: TablePaths, name: str) -> tuple[int, int]:
    """Give the documents of a group, and the bytes of the rows of the largest table, as footers tell them."""
    documents = most = 0
    for table in GROUPED:
        if name in paths[table]:
            with opened(paths[table][name]) as file:
                about = file.metadata
            most = max(most, sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups)))
            documents = about.num_rows if table == "documents" else documents
    return documents, most


def _packs(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Divide groups, in order, into packs of `PACK_BYTES`.

    >>> list(_packs({"a": 1, "b": PACK_BYTES, "c": 2, "d": 3}))
    [['a'], ['b'], ['c', 'd']]
    """
    pack: list[str] = []
    total = 0
    for name, size in sizes.items():
        if pack and total + size > PACK_BYTES:
            yield pack
            pack, total = [], 0
        pack.append(name)
        total += size
    yield pack


def _read(table: str, paths: Sequence[str], key: str) -> pa.Table:
    return pa.concat_tables(read_table(table, path, partitions.columns(key)) for path in paths)


def _split(table: str, paths: Sequence[str], folders: Mapping[str, str]) -> Iterator[tuple[str, pa.Table]]:
    """Read some files of a table as one, and give the rows of each folder, in their order."""
    if not paths:
        return
    files = [read_table(table, path, rewritten=True) for path in paths]
    shape = schema(table).with_metadata(joined_metadata(file.schema.metadata or {} for file in files))
    rows = pa.concat_tables(file.replace_schema_metadata(None) for file in files).cast(shape)
    names = sorted({*folders.values()})
    number_of_folder = {name: n for n, name in enumerate(names)}
    numbers = pa.array([number_of_folder[folder] for folder in folders.values()], pa.int32())
    known = pc.index_in(rows["doc_id"], value_set=pa.array(folders, pa.string()))
    if known.null_count:
        raise DamagedError(
            f"{paths[0]}: its group has rows of documents that it has not; docassay verify names them"
        )
    codes = pc.take(numbers, known).combine_chunks()
    parts: dict[int, list[pa.RecordBatch]] = {}
    at = 0
    for batch in rows.to_batches():  # a column of texts of more than 2 GiB has no take of its own
        own = codes.slice(at, len(batch))
        at += len(batch)
        sorted_batch, begin = batch.take(pc.sort_indices(own)), 0
        for count in sorted(pc.value_counts(own).to_pylist(), key=lambda count: count["values"]):
            parts.setdefault(count["values"], []).append(sorted_batch.slice(begin, count["counts"]))
            begin += count["counts"]
    for number in sorted(parts):
        yield names[number], pa.Table.from_batches(parts[number])
