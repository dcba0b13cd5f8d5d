"""Publish: make a finished run visible, all of it or nothing, and each document once.

The output folder has one folder per table, with Parquet files that any reader can glob, and
``_staging/RUN``, where a run's files wait. Publishing first decides which rows are dropped (of a document
that another part of the run has too) or replaced (of an earlier run on the same input), and commits it all as
one transaction (`transaction.transaction`). A run that died before its journal was complete never happened,
and the next run sweeps it; one that died later is finished by the next run. In an object store others may
publish at the same time; what this run replaces is then looked up again.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables import file_systems
from docassay.storage.tables.manifest import Manifest, TablePaths, number_of, table_paths
from docassay.storage.tables.parquet import count_rows, read_table, write_table
from docassay.storage.tables.runs import stamp, with_removed
from docassay.storage.tables.write import STAGING, Written, arrow, duplicate
from docassay.storage.transaction.rewrite import KEYS, mark_of, remove_rows, replaced_by, without
from docassay.storage.transaction.transaction import Transaction, commit_on_newest

DUPLICATES = "duplicates.parquet"


@dataclass(frozen=True, slots=True)
class Published:
    """What a run added to the tables: rows by table, rejects by ``stage reason``."""

    rows: Mapping[str, int]
    reasons: Mapping[str, int]


def publish(
    out: str,
    run_id: str,
    groups: Sequence[Written],
    metadata: Mapping[str, str],
    run_of: Callable[[Published, int, int], Run],
    settled: Iterable[str] = (),
) -> Run:
    """Make the files of a run visible, and remove the rows that they replace.

    Args:
        out: The output folder.
        run_id: The run, whose files are in ``OUT/_staging/RUN``.
        groups: Every group of files that the run has written.
        metadata: Metadata of the files written here; their rows have its ``run_id`` and the present time.
        run_of: Makes the row of `runs` from what was published and the numbers of documents and rejects.
        settled: URIs whose earlier rejects are removed, whatever comes of them in this run.

    Returns:
        The row of `runs`, which is published last: when it is visible, all that it counts is.
    """
    folder = f"{out}/{STAGING}/{run_id}"
    reasons = reasons_of(groups)
    names = [group.name for group in groups]
    files = {table: [g.name for g in groups if table in g.rows] for table in TABLES}
    duplicates = _drop_duplicates(folder, files, names, metadata)
    if duplicates:
        reasons["write duplicate"] += duplicates
        files["rejects"].append(DUPLICATES)
    documents = _read_columns(folder, "documents", files["documents"], list(KEYS))
    rejects = _read_columns(folder, "rejects", files["rejects"], ["uri", "table_name"])
    removal = replaced_by(documents)
    removal = replace(removal, uris={*removal.uris, *rejects["uri"].to_pylist(), *settled})
    numbers = {name: number for number, name in enumerate([*sorted(names), DUPLICATES])}
    own: list[tuple[str, str, int]] = []
    rows: dict[str, int] = {}
    for table, table_files in files.items():
        for name in table_files:
            count = count_rows(f"{folder}/{table}/{name}")
            own.append((f"{table}/{name}", f"{table}/{run_id}-{numbers[name]:05d}.parquet", count))
            rows[table] = rows.get(table, 0) + count
    rejected_inputs = rejects["table_name"].null_count
    run = run_of(Published(rows, dict(sorted(reasons.items()))), len(documents), rejected_inputs)

    def change(transaction: Transaction, tables: TablePaths, mark: str) -> Counter[tuple[str, str]]:
        removed = remove_rows(transaction, tables, mark, removal)
        for file in own:
            transaction.stage(*file)
        return removed

    published, _ = commit_run(out, run_id, metadata, [run], change)
    return published


def commit_run(
    out: str,
    run_id: str,
    metadata: Mapping[str, str],
    runs: Sequence[Run],
    change: Callable[[Transaction, TablePaths, str], Counter[tuple[str, str]]],
) -> tuple[Run, Counter[tuple[str, str]]]:
    """Commit the rows of `runs` that tell of a change of the tables, with the change itself.

    What is removed is looked up again where others have committed meanwhile. A table that would have no file
    gets one without rows.

    Args:
        out: The output folder.
        run_id: The run, which has its staging folder.
        metadata: Metadata of the files written here.
        runs: Its rows of `runs`; the first of them tells what it has removed.
        change: Stages the change: is given the transaction, the files of the tables and a mark for new names
            of old files (`storage.transaction.rewrite`); gives the rows that go, by run and table.

    Returns:
        The first row as published, and the rows that went.
    """
    attempts = itertools.count()
    published = runs[0]
    removed: Counter[tuple[str, str]] = Counter()

    def prepare(state: Manifest | None) -> Transaction:
        nonlocal published, removed
        tables = table_paths(out, state)
        transaction = Transaction(out, run_id, number_of(state))
        removed = change(transaction, tables, mark_of(run_id, next(attempts)))
        published = with_removed(runs[0], removed)
        rows = arrow("runs", [published, *runs[1:]], stamp(metadata))
        write_table(rows, f"{transaction.folder}/runs/run.parquet", metadata)
        stage_empty_files(transaction, tables, metadata)
        transaction.stage("runs/run.parquet", f"runs/{run_id}-00000.parquet", len(runs))
        return transaction

    commit_on_newest(out, prepare)
    return published, removed


def stage_empty_files(transaction: Transaction, tables: TablePaths, metadata: Mapping[str, str]) -> None:
    """Stage a file without rows for each table that would have none, so that a reader's pattern matches.

    Args:
        transaction: With all that it adds and removes.
        tables: The files of the tables before.
        metadata: Metadata of these files, whose names begin with its ``run_id``.
    """
    for table in TABLES:
        if table == "runs" or any(name.startswith(f"{table}/") for name in transaction.added):
            continue
        if {f"{table}/{name}" for name in tables[table]} <= set(transaction.removed):
            path = f"blank/{table}.parquet"
            write_table(arrow(table, [], stamp(metadata)), f"{transaction.folder}/{path}", metadata)
            transaction.stage(path, f"{table}/{metadata['run_id']}-blank.parquet", 0)


def reasons_of(groups: Iterable[Written]) -> Counter[str]:
    """Add up the rejects of groups, by ``stage reason``."""
    reasons: Counter[str] = Counter()
    for group in groups:
        reasons.update(group.reasons)
    return reasons


def losers_of(documents: Iterable[tuple[str, pa.Table]]) -> dict[str, list[tuple[str, str]]]:
    """Keep each document in the group that has its first URI.

    Args:
        documents: The `doc_id` and `uri` of each group's documents, by the group's name.

    Returns:
        The `doc_id` and URI of each document that a group loses, by the group's name.
    """
    owners: dict[str, tuple[str, str]] = {}
    losers: dict[str, list[tuple[str, str]]] = {}
    for name, rows in documents:
        for doc_id, uri in zip(rows["doc_id"].to_pylist(), rows["uri"].to_pylist(), strict=True):
            candidate = (uri, name)
            owner = owners.setdefault(doc_id, candidate)
            if owner != candidate:
                winner, (lost_uri, loser) = sorted([owner, candidate])
                owners[doc_id] = winner
                losers.setdefault(loser, []).append((doc_id, lost_uri))
    return losers


def _drop_duplicates(
    folder: str, files: Mapping[str, list[str]], names: Iterable[str], metadata: Mapping[str, str]
) -> int:
    """Keep each document in the group that has its first URI, and remove its rows from the other groups.

    May be called again after it was interrupted: the rejects are written first, and account for the rows
    that are removed; a group's documents are rewritten last, since they say what to remove from the others.
    """
    duplicates = f"{folder}/rejects/{DUPLICATES}"
    resumed = file_systems.exists(duplicates)
    if resumed:
        for table, table_files in files.items():
            table_files[:] = [name for name in table_files if file_systems.exists(f"{folder}/{table}/{name}")]
    losers = losers_of(
        (name, read_table("documents", f"{folder}/documents/{name}", ["doc_id", "uri"]))
        for name in files["documents"]
    )
    rejects = [duplicate(doc_id, uri) for name in names for doc_id, uri in losers.get(name, [])]
    if rejects and not resumed:
        rejects.sort(key=lambda row: row.uri)
        write_table(arrow("rejects", rejects, stamp(metadata)), duplicates, metadata)
    for name, lost_documents in losers.items():
        for table, table_files in sorted(files.items(), key=lambda item: item[0] == "documents"):
            if name in table_files and table != "rejects":
                path = f"{folder}/{table}/{name}"
                remaining = without(
                    read_table(table, path, rewritten=True),
                    "doc_id",
                    {doc_id for doc_id, _ in lost_documents},
                )
                if len(remaining):
                    write_table(remaining, path, metadata)
                else:
                    file_systems.delete([path])
                    table_files.remove(name)
    return count_rows(duplicates) if resumed else len(rejects)


def _read_columns(folder: str, table: str, names: Iterable[str], columns: list[str]) -> pa.Table:
    empty = pa.schema([schema(table).field(column) for column in columns]).empty_table()
    return pa.concat_tables(
        [empty, *(read_table(table, f"{folder}/{table}/{name}", columns) for name in names)]
    )
