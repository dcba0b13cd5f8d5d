"""Publish: make a finished run visible, all of it or nothing, and each document once.

The output folder has one folder per table, with Parquet files that any reader can glob, and
``_staging/RUN``, where a run's files wait. Publishing first decides which rows are dropped (of a document
that another part of the run has too) or replaced (of an earlier run on the same input), writes the changes to
a journal, ``publish.json``, and then carries it out (`journal`). A run that died before its journal
was complete never happened, and the next run sweeps it; one that died later is finished by the next run. In
an object store others may publish at the same time; what this run replaces is then looked up again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables import file_systems, manifest
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import table_paths
from docassay.storage.tables.parquet import count_rows, delete_folder, matching, read_table, write_table
from docassay.storage.tables.runs import stamp, with_removed
from docassay.storage.tables.write import STAGING, Written, arrow, duplicate
from docassay.storage.transaction import retention
from docassay.storage.transaction.commits import ATTEMPTS, number_of, state_of
from docassay.storage.transaction.decision_lock import deciding
from docassay.storage.transaction.journal import JOURNAL, carry_out, commit, read
from docassay.storage.transaction.rewrite import (
    KEYS,
    Move,
    mark_of,
    replacing,
    without,
    without_contents,
    without_rows,
)

DUPLICATES = "duplicates.parquet"

LIVE_SECONDS = 86_400
"""A run in an object store that has written nothing for so long is dead."""

PUBLISHING_SECONDS = 900
"""One that had begun to publish is dead sooner: the journal is its last file, and the rest takes seconds."""


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
    doc_ids, uris, wholes = replacing(documents)
    uris |= {*rejects["uri"].to_pylist(), *settled}
    numbers = {name: number for number, name in enumerate([*sorted(names), DUPLICATES])}
    own: list[Move] = []
    rows: dict[str, int] = {}
    for table, table_files in files.items():
        for name in table_files:
            count = count_rows(f"{folder}/{table}/{name}")
            own.append((f"{table}/{name}", f"{table}/{run_id}-{numbers[name]:05d}.parquet", count))
            rows[table] = rows.get(table, 0) + count
    rejected_inputs = rejects["table_name"].null_count
    run = run_of(Published(rows, dict(sorted(reasons.items()))), len(documents), rejected_inputs)
    told, _ = commit_run(out, run_id, metadata, [run], own, doc_ids=doc_ids, uris=uris, wholes=wholes)
    return told


def commit_run(
    out: str,
    run_id: str,
    metadata: Mapping[str, str],
    runs: Sequence[Run],
    own: Sequence[Move] = (),
    *,
    doc_ids: Collection[str] = (),
    uris: Collection[str] = (),
    rejected: Collection[str] = (),
    wholes: Collection[str] = (),
    blanked: Collection[str] = (),
) -> tuple[Run, Counter[tuple[str, str]]]:
    """Commit a run: its files come, and the rows that it replaces go.

    What it replaces is looked up again where others have committed meanwhile.

    Args:
        out: The output folder.
        run_id: The run, whose files are in ``OUT/_staging/RUN``.
        metadata: Metadata of the files written here.
        runs: Its rows of `runs`; the first of them tells what it has removed.
        own: Its files.
        doc_ids: As in `storage.transaction.rewrite.without_rows`.
        uris: Likewise.
        rejected: Likewise.
        wholes: Likewise.
        blanked: Documents whose decisions lose their contents; call it within `deciding`, if there are any.

    Returns:
        The first row as published, and the rows removed, by run and table.
    """
    folder = f"{out}/{STAGING}/{run_id}"
    for attempt in range(ATTEMPTS):
        state = state_of(out)
        earlier = table_paths(out, state)
        try:
            mark = mark_of(run_id, attempt)
            moves, removed, counts = without_rows(
                earlier,
                folder,
                mark,
                doc_ids=doc_ids,
                uris=uris,
                rejected=rejected,
                wholes=wholes,
            )
            decided = without_contents(earlier["decisions"], folder, mark, blanked) if blanked else ([], [])
        except FileNotFoundError:
            if number_of(manifest.current(out)) == number_of(state):
                raise
            continue  # others have replaced the file
        moves += [*decided[0], *own]
        removed += decided[1]
        moves += empty_files(earlier, folder, run_id, metadata, removed, [target for _, target, _ in moves])
        told = with_removed(runs[0], counts)
        write_table(arrow("runs", [told, *runs[1:]], stamp(metadata)), f"{folder}/runs/run.parquet", metadata)
        moves.append(("runs/run.parquet", f"runs/{run_id}-00000.parquet", len(runs)))
        if commit(folder, moves, removed, number_of(state)):
            return told, counts
    raise OSError(f"{out}: others have published {ATTEMPTS} times while this run did")


def empty_files(
    earlier: Mapping[str, Mapping[str, str]],
    folder: str,
    run_id: str,
    metadata: Mapping[str, str],
    removed: Collection[str] = (),
    added: Collection[str] = (),
) -> list[Move]:
    """Prepare a file without rows for each table that would have none, so that a reader's pattern matches.

    Args:
        earlier: The files of the tables, as `storage.tables.manifest.table_paths` gives them.
        folder: The staging folder of the run, where the files are written.
        run_id: Begins the names of these files.
        metadata: Metadata of these files.
        removed: Files that will be removed, as ``TABLE/NAME``.
        added: Files that will be added, likewise.
    """
    moves: list[Move] = []
    for table in TABLES:
        if table == "runs" or any(name.startswith(f"{table}/") for name in added):
            continue
        if {f"{table}/{name}" for name in earlier[table]} <= set(removed):
            write_table(arrow(table, [], stamp(metadata)), f"{folder}/blank/{table}.parquet", metadata)
            moves.append((f"blank/{table}.parquet", f"{table}/{run_id}-blank.parquet", 0))
    return moves


def make_visible(folder: str, group: Written) -> None:
    """Make one group of files visible under its own name; where this is interrupted, `recover` finishes it.

    Args:
        folder: The group's folder below ``OUT/_staging``, which is deleted at the end.
        group: What `storage.tables.write.write` wrote there.
    """
    commit(folder, [(f"{table}/{group.name}", f"{table}/{group.name}", n) for table, n in group.rows.items()])


def recover(out: str, prefix: str = "") -> list[str]:
    """Finish runs that died while they published, and sweep those that died before.

    Must be called while no other run writes to a local `out`, or to staging folders that begin with `prefix`.
    In an object store, where nobody can tell, what is young is left alone.

    Returns:
        The runs that were finished.

    Raises:
        TablesError: A journal is damaged, or names what is not its run's to change.
    """
    if not prefix:
        with deciding(out, make=False):  # no decision is under way then, so what is staged is dead
            return _recover(out, "")
    return _recover(out, prefix)


def _recover(out: str, prefix: str) -> list[str]:
    staged = f"{out}/{STAGING}/{prefix}*/**"
    latest: dict[str, float] = {}  # of each run, when it wrote a file last
    publishing = set()
    for entry in file_systems.match(staged):
        run = _staged_run(entry.path)
        latest[run] = max(latest.get(run, 0.0), entry.written)
        if entry.path.endswith(f"/{JOURNAL}"):
            publishing.add(run)
    dead = set(latest)
    if not prefix and not is_local(out):
        now = time.time()
        dead = {
            run
            for run, written in latest.items()
            if now - written >= (PUBLISHING_SECONDS if run in publishing else LIVE_SECONDS)
        }
    recovered = [run for run in sorted(publishing & dead) if carry_out(out, run, read(out, run))]
    if is_local(out) and not prefix:
        delete_folder(f"{out}/{STAGING}")
    elif swept := [path for path in matching(staged) if _staged_run(path) in dead]:
        file_systems.delete(swept)
    if not prefix:
        retention.sweep(out)
    return recovered


def _staged_run(path: str) -> str:
    return path.rpartition(f"/{STAGING}/")[2].partition("/")[0]


def give_up(out: str, run_id: str) -> None:
    """Remove what a failed run has staged, so that it takes no room; one that publishes is left alone."""
    folder = f"{out}/{STAGING}/{run_id}"
    if not file_systems.exists(f"{folder}/{JOURNAL}"):
        delete_folder(folder)


def finished(out: str, run_id: str) -> bool:
    """Tell whether a run is published already; one that was interrupted is finished first.

    A runner retries a step that died or whose result was lost, so `publish` may be called twice.
    """
    journal = f"{out}/{STAGING}/{run_id}/{JOURNAL}"
    if file_systems.exists(journal) and carry_out(out, run_id, read(out, run_id)):
        return True
    return f"{run_id}-00000.parquet" in table_paths(out)["runs"]


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
