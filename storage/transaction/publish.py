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
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables.manifest import Manifest, TablePaths, number_of, table_paths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.runs import stamp, with_removed
from docassay.storage.tables.write import OF_RUNS, STAGING, Written, arrow, duplicate
from docassay.storage.transaction.rewrite import KEYS, mark_of, remove_rows, replaced_by, without
from docassay.storage.transaction.transaction import Transaction, commit_on_newest

DUPLICATES = "duplicates.parquet"


RunOf = Callable[[Mapping[str, int], Mapping[str, int], int, int], Run]
"""Makes the row of `runs` of what was published: rows by table, rejects by ``stage reason``, and the numbers
of documents and of rejected inputs."""


def publish(
    out: str,
    run_id: str,
    groups: Sequence[Written],
    metadata: Mapping[str, str],
    run_of: RunOf,
    settled: Iterable[str] = (),
) -> Run:
    """Make the files of a run visible, and remove the rows that they replace.

    Args:
        out: The output folder.
        run_id: The run, whose files are in ``OUT/_staging/RUN``.
        groups: Every group of files that the run has written.
        metadata: Metadata of the files written here; their rows have its ``run_id`` and the present time.
        run_of: Makes the row of `runs` from what was published.
        settled: URIs whose earlier rejects are removed, whatever comes of them in this run.

    Returns:
        The row of `runs`, which is published last: when it is visible, all that it counts is.
    """
    folder = f"{out}/{STAGING}/{run_id}"

    def path_of(table: str, name: str) -> str:
        return f"{folder}/{table}/{name}"

    def write(table: str, rows: pa.Table, path: str) -> None:
        write_table(rows, path, metadata)

    files, reasons, _ = distinct(groups, metadata, path_of, read_table, write)
    documents = _read_columns("documents", files["documents"], list(KEYS))
    rejects = _read_columns("rejects", files["rejects"], ["uri", "table_name"])
    removal = replaced_by(documents)
    removal = replace(removal, uris={*removal.uris, *rejects["uri"].to_pylist(), *settled})
    numbers = {name: n for n, name in enumerate([*sorted(group.name for group in groups), DUPLICATES])}
    rows = {table: sum(count for _, count in own.values()) for table, own in files.items() if own}
    run = run_of(rows, reasons, len(documents), rejects["table_name"].null_count)

    def change(transaction: Transaction, tables: TablePaths, mark: str) -> Counter[tuple[str, str]]:
        removed = remove_rows(transaction, tables, mark, removal)
        for table, own in files.items():
            for name, (path, count) in own.items():
                target = f"{table}/{run_id}-{numbers[name]:05d}.parquet"
                transaction.stage(path.removeprefix(f"{folder}/"), target, count)
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
        published = with_removed(runs[0], removed, number_of(state) + 1)
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
        if table == "runs" or any(name.startswith(f"{table}/") for name in transaction.rows):
            continue
        if {f"{table}/{name}" for name in tables[table]} <= set(transaction.removed):
            path = f"blank/{table}.parquet"
            write_table(arrow(table, [], stamp(metadata)), f"{transaction.folder}/{path}", metadata)
            transaction.stage(path, f"{table}/{metadata['run_id']}-blank.parquet", 0)


def distinct(
    groups: Sequence[Written],
    metadata: Mapping[str, str],
    path_of: Callable[[str, str], str],
    read: Callable[..., pa.Table],
    write: Callable[[str, pa.Table, str], None],
    each: Callable[..., Iterable[Any]] = map,
) -> tuple[dict[str, dict[str, tuple[str, int]]], dict[str, int], list[str]]:
    """Keep each document in the group of a run that has its first URI.

    What other groups have of it is left out of new files, and becomes rejects. Nothing is changed in place:
    it may be done again, by another process even.

    Args:
        groups: Every group of files that the run has written.
        metadata: Metadata of the files written here; their rows have its ``run_id`` and the present time.
        path_of: Gives the path of a file by its table and name.
        read: Reads a file: its table, its path, and the columns.
        write: Writes a file: its table, the rows, and its path.
        each: Reads several files, as `map` does.

    Returns:
        The files to publish by table and group, each with its path and its rows; the rejects by
        ``stage reason``; and the paths of files that are not to be published.
    """
    reasons: Counter[str] = Counter()
    for group in groups:
        reasons.update(group.reasons)
    files = {
        table: {g.name: (path_of(table, g.name), g.rows[table]) for g in groups if table in g.rows}
        for table in OF_RUNS
    }
    dropped: list[str] = []
    paths = [path for path, _ in files["documents"].values()]
    documents = each(lambda path: read("documents", path, ["doc_id", "uri"]), paths)
    losers = _losers_of(zip(files["documents"], documents, strict=True))
    for name, lost in losers.items():
        doc_ids = {doc_id for doc_id, _ in lost}
        for table in (table for table in OF_RUNS if table != "rejects" and name in files[table]):
            path, _ = files[table].pop(name)
            dropped.append(path)
            remaining = without(read(table, path), "doc_id", doc_ids)
            if len(remaining):
                target = path_of(table, f"{uuid.uuid4().hex}.parquet")
                write(table, remaining, target)
                files[table][name] = target, len(remaining)
    rejects = [duplicate(doc_id, uri) for lost in losers.values() for doc_id, uri in lost]
    if rejects:
        rejects.sort(key=lambda row: row.uri)
        target = path_of("rejects", f"{uuid.uuid4().hex}.parquet")
        write("rejects", arrow("rejects", rejects, stamp(metadata)), target)
        files["rejects"][DUPLICATES] = target, len(rejects)
        reasons["write duplicate"] += len(rejects)
    return files, dict(sorted(reasons.items())), dropped


def _losers_of(documents: Iterable[tuple[str, pa.Table]]) -> dict[str, list[tuple[str, str]]]:
    """List the `doc_id` and URI of each document that a group loses to another, by the group's name."""
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


def _read_columns(table: str, files: Mapping[str, tuple[str, int]], columns: list[str]) -> pa.Table:
    empty = pa.schema([schema(table).field(column) for column in columns]).empty_table()
    return pa.concat_tables([empty, *(read_table(table, path, columns) for path, _ in files.values())])
