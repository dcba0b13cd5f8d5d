"""Publish: make a finished run visible, all of it or nothing, and each document once.

The output folder has one folder per table, with Parquet files that any reader can glob, and
``_staging/RUN``, where a run's files wait. Publishing first decides which rows are dropped (of a
document that another part of the run has too) or replaced (of an earlier run on the same input), writes
the moves to a journal, ``publish.json``, and then carries it out. A run that died before its journal was
complete never happened, and the next run sweeps it; one that died later is finished by the next run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.io.filesystems import FileSystems

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES, Run
from docassay.storage.journal import JOURNAL, carry_out, commit, read
from docassay.storage.parquet import (
    count_rows,
    file_names,
    matching,
    read_table,
    write_table,
)
from docassay.storage.runs import rows_by_run, stamp, with_removed
from docassay.storage.write import STAGING, Written, arrow, duplicate

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
    reasons: dict[str, int] = {}
    for group in groups:
        for reason, number in group.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + number
    names = [group.name for group in groups]
    files = {table: [g.name for g in groups if table in g.rows] for table in TABLES}
    duplicates = _drop_duplicates(folder, files, names, metadata)
    if duplicates:
        reasons["write duplicate"] = reasons.get("write duplicate", 0) + duplicates
        files["rejects"].append(DUPLICATES)
    documents = _read_columns(folder, "documents", files["documents"], ["doc_id", "uri"])
    rejects = _read_columns(folder, "rejects", files["rejects"], ["uri", "table_name"])
    uris = {*documents["uri"].to_pylist(), *rejects["uri"].to_pylist(), *settled}
    moves, deletes, removed = _replace_earlier(out, folder, set(documents["doc_id"].to_pylist()), uris)
    numbers = {name: number for number, name in enumerate([*sorted(names), DUPLICATES])}
    rows: dict[str, int] = {}
    for table, table_files in files.items():
        for name in table_files:
            moves.append([f"{folder}/{table}/{name}", f"{out}/{table}/{run_id}-{numbers[name]:05d}.parquet"])
            rows[table] = rows.get(table, 0) + count_rows(f"{folder}/{table}/{name}")
    moves += empty_files(out, folder, run_id, metadata, deletes, [target for _, target in moves])
    rejected_inputs = rejects["table_name"].null_count
    run = run_of(Published(rows, dict(sorted(reasons.items()))), len(documents), rejected_inputs)
    run = with_removed(run, removed)
    write_table(arrow("runs", [run], stamp(metadata)), f"{folder}/runs/run.parquet", metadata)
    moves.append([f"{folder}/runs/run.parquet", f"{out}/runs/{run_id}-00000.parquet"])
    commit(folder, moves, deletes)
    return run


def empty_files(
    out: str,
    folder: str,
    run_id: str,
    metadata: Mapping[str, str],
    deleted: Collection[str] = (),
    moved: Collection[str] = (),
) -> list[list[str]]:
    """Prepare a file without rows for each table that would have none, so that a reader's pattern matches.

    Args:
        out: The output folder.
        folder: The staging folder of the run, where the files are written.
        run_id: Begins the names of these files.
        metadata: Metadata of these files.
        deleted: Published files that will be deleted.
        moved: Files that will be published.

    Returns:
        Source and target of each file to move.
    """
    moves = []
    for table in TABLES:
        table_folder = f"{out}/{table}"
        if table == "runs" or any(path.startswith(f"{table_folder}/") for path in moved):
            continue
        if {f"{table_folder}/{name}" for name in file_names(out, table)} <= set(deleted):
            write_table(arrow(table, [], stamp(metadata)), f"{folder}/blank/{table}.parquet", metadata)
            moves.append([f"{folder}/blank/{table}.parquet", f"{table_folder}/{run_id}-blank.parquet"])
    return moves


def make_visible(out: str, folder: str, group: Written) -> None:
    """Make one group of files visible under its own name; where this is interrupted, `recover` finishes it.

    Args:
        out: The output folder.
        folder: The group's folder below ``OUT/_staging``, which is deleted at the end.
        group: What `storage.write.write` wrote there.
    """
    moves = [[f"{folder}/{table}/{group.name}", f"{out}/{table}/{group.name}"] for table in group.rows]
    commit(folder, moves, [])


def recover(out: str, prefix: str = "") -> list[str]:
    """Finish runs that died while they published, and sweep those that died before.

    Must be called while no other run writes to `out`, or to staging folders that begin with `prefix`.

    Returns:
        The runs that were finished.

    Raises:
        TablesError: A journal is damaged, or names what is not its run's to change.
    """
    recovered = []
    for path in matching(f"{out}/{STAGING}/{prefix}*/{JOURNAL}"):
        run = path.rsplit("/", 2)[1]
        carry_out(out, run, read(out, run))
        recovered.append(run)
    if FileSystems.exists(f"{out}/{STAGING}"):
        FileSystems.delete(matching(f"{out}/{STAGING}/{prefix}*/**") if prefix else [f"{out}/{STAGING}"])
    return recovered


def give_up(out: str, run_id: str) -> None:
    """Remove what a failed run has staged, so that it takes no room; one that publishes is left alone."""
    folder = f"{out}/{STAGING}/{run_id}"
    if FileSystems.exists(folder) and not FileSystems.exists(f"{folder}/{JOURNAL}"):
        FileSystems.delete([folder])


def finished(out: str, run_id: str) -> bool:
    """Tell whether a run is published already; one that was interrupted is finished first.

    A runner retries a step that died or whose result was lost, so `publish` may be called twice.
    """
    journal = f"{out}/{STAGING}/{run_id}/{JOURNAL}"
    if FileSystems.exists(journal):
        carry_out(out, run_id, read(out, run_id))
        return True
    return bool(FileSystems.exists(f"{out}/runs/{run_id}-00000.parquet"))


def published_doc_ids(out: str) -> frozenset[str]:
    """List the `doc_id` of every document that is published in `out`."""
    doc_ids: set[str] = set()
    for path in matching(f"{out}/documents/*.parquet"):
        doc_ids.update(read_table("documents", path, ["doc_id"])["doc_id"].to_pylist())
    return frozenset(doc_ids)


def published_inputs(out: str) -> frozenset[tuple[str | None, str]]:
    """List the `doc_id` and URI of every input that is published in `out`, as a document or as a reject."""
    inputs: set[tuple[str | None, str]] = set()
    for name in file_names(out, "documents"):
        rows = read_table("documents", f"{out}/documents/{name}", ["doc_id", "uri"])
        inputs.update(zip(rows["doc_id"].to_pylist(), rows["uri"].to_pylist(), strict=True))
    for name in file_names(out, "rejects"):
        rows = read_table("rejects", f"{out}/rejects/{name}", ["doc_id", "uri", "table_name"])
        rejected = rows.filter(pc.is_null(rows["table_name"]))  # inputs, not single rows
        inputs.update(zip(rejected["doc_id"].to_pylist(), rejected["uri"].to_pylist(), strict=True))
    return frozenset(inputs)


def _drop_duplicates(
    folder: str, files: Mapping[str, list[str]], names: Iterable[str], metadata: Mapping[str, str]
) -> int:
    """Keep each document in the group that has its first URI, and remove its rows from the other groups.

    May be called again after it was interrupted: the rejects are written first, and account for the rows
    that are removed; a group's documents are rewritten last, since they say what to remove from the others.
    """
    duplicates = f"{folder}/rejects/{DUPLICATES}"
    resumed = FileSystems.exists(duplicates)
    if resumed:
        for table, table_files in files.items():
            table_files[:] = [name for name in table_files if FileSystems.exists(f"{folder}/{table}/{name}")]
    owners: dict[str, tuple[str, str]] = {}
    losers: dict[str, list[tuple[str, str]]] = {}
    for name in files["documents"]:
        documents = read_table("documents", f"{folder}/documents/{name}", ["doc_id", "uri"])
        for doc_id, uri in zip(documents["doc_id"].to_pylist(), documents["uri"].to_pylist(), strict=True):
            candidate = (uri, name)
            owner = owners.setdefault(doc_id, candidate)
            if owner != candidate:
                winner, loser = sorted([owner, candidate])
                owners[doc_id] = winner
                losers.setdefault(loser[1], []).append((doc_id, loser[0]))
    rejects = [duplicate(doc_id, uri) for name in names for doc_id, uri in losers.get(name, [])]
    if rejects and not resumed:
        rejects.sort(key=lambda row: row.uri)
        write_table(arrow("rejects", rejects, stamp(metadata)), duplicates, metadata)
    for name, lost_documents in losers.items():
        for table, table_files in sorted(files.items(), key=lambda item: item[0] == "documents"):
            if name in table_files and table != "rejects":
                path = f"{folder}/{table}/{name}"
                remaining = _without(
                    read_table(table, path, rewritten=True),
                    "doc_id",
                    {doc_id for doc_id, _ in lost_documents},
                )
                if len(remaining):
                    write_table(remaining, path, metadata)
                else:
                    FileSystems.delete([path])
                    table_files.remove(name)
    return count_rows(duplicates) if resumed else len(rejects)


def _replace_earlier(
    out: str, folder: str, doc_ids: set[str], uris: set[str]
) -> tuple[list[list[str]], list[str], Counter[tuple[str, str]]]:
    """Rewrite the files of earlier runs without the rows that this run replaces.

    A group's files have the same name in every table, so only groups with such a document are opened.

    Returns:
        The moves of the rewritten files, the files to delete because no row is left, and the number of rows
        removed, by run and table.
    """
    moves: list[list[str]] = []
    deletes: list[str] = []
    removed: Counter[tuple[str, str]] = Counter()

    def rewrite(table: str, name: str, key: str, replaced: set[str]) -> None:
        path = f"{out}/{table}/{name}"
        rows = read_table(table, path, rewritten=True)
        remaining = _without(rows, key, replaced)
        removed.update(rows_by_run(table, rows["run_id"]))
        removed.subtract(rows_by_run(table, remaining["run_id"]))
        if len(remaining):
            # Without metadata: it stays a file of the run that wrote it.
            write_table(remaining, f"{folder}/replaced/{table}/{name}", {})
            moves.append([f"{folder}/replaced/{table}/{name}", path])
        else:
            deletes.append(path)

    for name in file_names(out, "documents"):
        replaced = doc_ids.intersection(
            read_table("documents", f"{out}/documents/{name}", ["doc_id"])["doc_id"].to_pylist()
        )
        if replaced:
            for table in TABLES:
                if table not in ("rejects", "runs") and FileSystems.exists(f"{out}/{table}/{name}"):
                    rewrite(table, name, "doc_id", replaced)
    for name in file_names(out, "rejects"):
        if uris.intersection(read_table("rejects", f"{out}/rejects/{name}", ["uri"])["uri"].to_pylist()):
            rewrite("rejects", name, "uri", uris)
    return moves, deletes, removed


def _without(rows: pa.Table, column: str, values: set[str]) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows[column], value_set=pa.array(sorted(values)))))


def _read_columns(folder: str, table: str, names: Iterable[str], columns: list[str]) -> pa.Table:
    empty = pa.schema([schema(table).field(column) for column in columns]).empty_table()
    return pa.concat_tables(
        [empty, *(read_table(table, f"{folder}/{table}/{name}", columns) for name in names)]
    )
