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
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables.file_systems import create_file, matching, open_file
from docassay.storage.tables.manifest import Manifest, TablePaths, number_of, table_paths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.runs import commit_order, stamp, with_removed
from docassay.storage.tables.write import OF_RUNS, STAGING, Written, arrow
from docassay.storage.transaction.rewrite import (
    KEYS,
    NAMES,
    mark_of,
    names_of,
    remove_rows,
    replaced_by,
    with_names,
    without,
)
from docassay.storage.transaction.transaction import Transaction, commit_on_newest

FURTHER_URIS = "further_uris"
"""Where a run notes, in its staging folder, the `doc_id` and each further URI of published documents."""

PASSED_OVER = "passed_over"
"""Where it notes the URIs of the inputs that it passed over."""

RunOf = Callable[[Mapping[str, int], Mapping[str, int], int, int, int], Run]
"""Makes the row of `runs` of what was published: rows by table, rejects by ``stage reason``, and the numbers
of documents, of rejected inputs, and of inputs skipped because another has the same bytes."""


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

    files, reasons, _, passed_over = distinct(groups, path_of, read_table, write)
    documents = _read_columns("documents", files["documents"], [*KEYS, "other_uris"])
    further: dict[str, set[str]] = {}
    for doc_id, uri in noted(folder, FURTHER_URIS):
        further.setdefault(doc_id, set()).add(uri)
    rejects = _read_columns("rejects", files["rejects"], ["uri", "table_name"])
    removal = replaced_by(documents)
    removal = replace(removal, uris={*removal.uris, *rejects["uri"].to_pylist(), *settled})
    numbers = {name: n for n, name in enumerate(sorted(group.name for group in groups))}
    rows = {table: sum(count for _, count in own.values()) for table, own in files.items() if own}
    run = run_of(rows, reasons, len(documents), rejects["table_name"].null_count, passed_over)
    found = {uri for _, uri in names_of(documents.select(list(NAMES)))} | set(rejects["uri"].to_pylist())
    own_ids = set(documents["doc_id"].to_pylist())

    def change(transaction: Transaction, tables: TablePaths, mark: str) -> Counter[tuple[str, str]]:
        names = _kept_names(tables, own_ids, further, found)
        removed = remove_rows(transaction, tables, mark, replace(removal, names=names))
        for table, own in files.items():
            for name, (path, count) in own.items():
                target = f"{table}/{run_id}-{numbers[name]:05d}.parquet"
                if table == "documents" and names:
                    path, written = f"{folder}/named-{mark}/{name}", read_table(table, path)
                    write_table(with_names(written, names), path, metadata)
                transaction.stage(path.removeprefix(f"{folder}/"), target, count)
        return removed

    published, _ = commit_run(out, run_id, metadata, [run], change)
    return published


def note(folder: str, what: str, values: Iterable[Any]) -> None:
    """Note what a bundle of a run has found, in a file of its own; noted twice is noted once.

    Args:
        folder: The staging folder of the run.
        what: `FURTHER_URIS` or `PASSED_OVER`.
        values: Texts, or pairs of them.
    """
    with create_file(f"{folder}/{what}/{uuid.uuid4().hex}.json") as file:
        file.write(json.dumps(sorted(values)).encode())


def noted(folder: str, what: str) -> Iterator[Any]:
    """Yield what the bundles of a run have noted; pairs are lists."""
    for path in matching(f"{folder}/{what}/*.json"):
        with open_file(path) as file:
            yield from json.loads(file.read())


def _kept_names(
    tables: TablePaths, doc_ids: Set[str], noted: Mapping[str, Set[str]], found: Set[str]
) -> dict[str, set[str]]:
    """List further URIs of documents: those that earlier runs found, and those that were skipped.

    A document loses a URI that the run has read, at which another document is the latest, or that is marked
    as missing.

    Args:
        tables: The files of the tables.
        doc_ids: The documents of the run.
        noted: What the run has skipped, URIs by `doc_id`.
        found: The URIs that the run has read.
    """
    names = {doc_id: set(uris) for doc_id, uris in noted.items()}
    for path in tables["documents"].values() if doc_ids else ():
        rows = read_table("documents", path, NAMES)
        own = pa.array([doc_id in doc_ids for doc_id in rows["doc_id"].to_pylist()], pa.bool_())
        for doc_id, uri in names_of(rows.filter(own)):
            if uri not in found:
                names.setdefault(doc_id, set()).add(uri)
    wanted = {uri for uris in names.values() for uri in uris}
    latest = _latest_at(tables, wanted) if wanted else {}
    for path in tables["rejects"].values() if wanted else ():
        rejects = read_table("rejects", path, ["uri", "stage", "reason"])
        marked = pc.and_(pc.equal(rejects["stage"], "read"), pc.equal(rejects["reason"], "missing"))
        wanted.difference_update(rejects.filter(marked)["uri"].to_pylist())
    kept = {
        doc_id: {uri for uri in uris & wanted if latest.get(uri, doc_id) == doc_id}
        for doc_id, uris in names.items()
    }
    return {doc_id: uris for doc_id, uris in kept.items() if uris}


def _latest_at(tables: TablePaths, uris: Set[str]) -> dict[str, str]:
    """Give the `doc_id` of the latest document at each of some URIs."""
    columns = ["run_id", "finished", "counts"]
    runs = (read_table("runs", path, columns) for path in tables["runs"].values())
    place_of = commit_order(run for rows in runs for run in rows.to_pylist())
    latest: dict[str, tuple[tuple[int, datetime], str]] = {}
    for path in tables["documents"].values():
        rows = read_table("documents", path, [*NAMES, "run_id", "processed_at"])
        others = pc.list_value_length(rows["other_uris"]).to_pylist()
        pairs = zip(rows["uri"].to_pylist(), others, strict=True)
        for row in rows.filter(
            pa.array([uri in uris or bool(more) for uri, more in pairs], pa.bool_())
        ).to_pylist():
            mine = place_of(row), row["doc_id"]
            for uri in uris & {row["uri"], *(row["other_uris"] or ())}:
                latest[uri] = max(latest.get(uri, mine), mine)
    return {uri: doc_id for uri, (_, doc_id) in latest.items()}


def commit_run(
    out: str,
    run_id: str,
    metadata: Mapping[str, str],
    runs: Sequence[Run],
    change: Callable[[Transaction, TablePaths, str], Counter[tuple[str, str]]],
    numbered: bool = True,
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
        numbered: Whether the first row has the number of this commit, by which its documents are later than
            others: not where they were published before and others may have committed meanwhile.

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
        published = with_removed(runs[0], removed, number_of(state) + 1 if numbered else None)
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
    path_of: Callable[[str, str], str],
    read: Callable[..., pa.Table],
    write: Callable[[str, pa.Table, str], None],
    each: Callable[..., Iterable[Any]] = map,
) -> tuple[dict[str, dict[str, tuple[str, int]]], dict[str, int], list[str], int]:
    """Keep each document in the group of a run that has its first URI.

    New files leave out what other groups have of it, and their URIs are added to its row. Nothing is changed
    in place, so it may be done again, even by another process.

    Args:
        groups: Every group of files that the run has written.
        path_of: Gives the path of a file by its table and name.
        read: Reads a file: its table, its path, and the columns.
        write: Writes a file: its table, the rows, and its path.
        each: Reads several files, as `map` does.

    Returns:
        The files to publish by table and group, each with its path and its rows; the rejects by
        ``stage reason``; the paths of files that are not to be published; and the number of inputs that have
        the same bytes as another.
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
    documents = each(lambda path: read("documents", path, NAMES), paths)
    losers, names = _losers_of(zip(files["documents"], documents, strict=True))
    for name, doc_ids in losers.items():
        for table in (table for table in OF_RUNS if table != "rejects" and name in files[table]):
            path, _ = files[table].pop(name)
            dropped.append(path)
            remaining = without(read(table, path), "doc_id", doc_ids)
            if len(remaining):
                target = path_of(table, f"{uuid.uuid4().hex}.parquet")
                write(table, remaining, target)
                files[table][name] = target, len(remaining)
    for name, (path, count) in list(files["documents"].items()):
        own = {doc_id: uris for doc_id, (owner, uris) in names.items() if owner == name}
        if own:
            dropped.append(path)
            target = path_of("documents", f"{uuid.uuid4().hex}.parquet")
            write("documents", with_names(read("documents", path), own), target)
            files["documents"][name] = target, count
    passed_over = sum(len(doc_ids) for doc_ids in losers.values()) + sum(g.passed_over for g in groups)
    return files, dict(sorted(reasons.items())), dropped, passed_over


def _losers_of(
    documents: Iterable[tuple[str, pa.Table]],
) -> tuple[dict[str, set[str]], dict[str, tuple[str, set[str]]]]:
    """List the documents that each group loses to another, and which group keeps each.

    Returns:
        The `doc_id` that each group loses; and by `doc_id` the group that keeps it, and all of its URIs.
    """
    owners: dict[str, tuple[str, str]] = {}
    losers: dict[str, set[str]] = {}
    uris: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for name, rows in documents:
        for row in rows.to_pylist():
            doc_id, candidate = row["doc_id"], (row["uri"], name)
            if row["other_uris"]:
                others.setdefault(doc_id, set()).update(row["other_uris"])
            owner = owners.setdefault(doc_id, candidate)
            if owner != candidate:
                winner, (_, loser) = sorted([owner, candidate])
                owners[doc_id] = winner
                losers.setdefault(loser, set()).add(doc_id)
                uris.setdefault(doc_id, set()).update((owner[0], candidate[0]))
    return losers, {
        doc_id: (owners[doc_id][1], found | others.get(doc_id, set())) for doc_id, found in uris.items()
    }


def _read_columns(table: str, files: Mapping[str, tuple[str, int]], columns: list[str]) -> pa.Table:
    empty = pa.schema([schema(table).field(column) for column in columns]).empty_table()
    return pa.concat_tables([empty, *(read_table(table, path, columns) for path, _ in files.values())])
