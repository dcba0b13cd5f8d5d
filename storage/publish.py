"""Publish: make a finished run visible, all of it, and each document once.

The output folder has a folder a table, with Parquet files that any reader can glob, and
``_staging/RUN``, where a run's files wait. Publishing first settles which rows give way (a
document that another part of the run has too; rows of an earlier run on the same input), writes
the moves to ``publish.json`` and then makes them. A run that died before that file was complete
never happened, and the next one sweeps it; one that died after it is finished by the next run.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.io.filesystems import FileSystems

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES, Run
from docassay.storage.exchange import exchange_folders
from docassay.storage.parquet import (
    count_rows,
    create_file,
    file_names,
    is_local,
    matching,
    open_file,
    read_table,
    write_table,
)
from docassay.storage.runs import stamp
from docassay.storage.write import STAGING, Written, arrow, duplicate

JOURNAL = "publish.json"
DOUBLES = "duplicates.parquet"
LISTING_SECONDS = 0.5
"""How long a folder that was replaced is kept for readers that had begun to list it."""


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
    """Make the files of a run visible, and remove what they replace.

    Args:
        out: The output folder.
        run_id: The run, whose files are in ``OUT/_staging/RUN``.
        groups: Every group of files that the run has written.
        metadata: Metadata for files written here; ``run_id`` and the time of now are in their rows.
        run_of: Makes the row of `runs` from what is published, its documents and its rejected inputs.
        settled: URIs whose earlier rejects give way, whatever this run says of them.

    Returns:
        The row of `runs`, which is published last: what it names is visible when it is.
    """
    folder = f"{out}/{STAGING}/{run_id}"
    reasons: dict[str, int] = {}
    for group in groups:
        for reason, number in group.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + number
    names = [group.name for group in groups]
    files = {table: [g.name for g in groups if table in g.rows] for table in TABLES}
    doubles = _drop_doubles(folder, files, names, metadata)
    if doubles:
        reasons["write duplicate"] = reasons.get("write duplicate", 0) + doubles
        files["rejects"].append(DOUBLES)
    documents = _column(folder, "documents", files["documents"], ["doc_id", "uri"])
    rejects = _column(folder, "rejects", files["rejects"], ["uri", "table_name"])
    uris = {*documents["uri"].to_pylist(), *rejects["uri"].to_pylist(), *settled}
    moves, deletes = _replaced(out, folder, set(documents["doc_id"].to_pylist()), uris)
    numbers = {name: number for number, name in enumerate([*sorted(names), DOUBLES])}
    rows: dict[str, int] = {}
    for table, of_table in files.items():
        for name in of_table:
            moves.append([f"{folder}/{table}/{name}", f"{out}/{table}/{run_id}-{numbers[name]:05d}.parquet"])
            rows[table] = rows.get(table, 0) + count_rows(f"{folder}/{table}/{name}")
    moves += empty_files(out, folder, run_id, metadata, deletes, [target for _, target in moves])
    refused = rejects["table_name"].null_count
    run = run_of(Published(rows, dict(sorted(reasons.items()))), len(documents), refused)
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
    """Prepare a file without rows for each table that would have no file: a reader's pattern finds one.

    Args:
        out: The output folder.
        folder: The staging folder of the run, where the files are written.
        run_id: Begins their names.
        metadata: Their metadata.
        deleted: Files of the tables that will be deleted.
        moved: Files of the tables that will be there.

    Returns:
        Source and target of each file to move.
    """
    moves = []
    for table in TABLES:
        place = f"{out}/{table}"
        if table == "runs" or any(path.startswith(f"{place}/") for path in moved):
            continue
        if {f"{place}/{name}" for name in file_names(out, table)} <= set(deleted):
            write_table(arrow(table, [], stamp(metadata)), f"{folder}/blank/{table}.parquet", metadata)
            moves.append([f"{folder}/blank/{table}.parquet", f"{place}/{run_id}-blank.parquet"])
    return moves


def make_visible(out: str, folder: str, group: Written) -> None:
    """Make one group of files visible under its own name, all of it: what is cut off, `recover` finishes.

    Args:
        out: The output folder.
        folder: The group's folder below ``OUT/_staging``, which is deleted at the end.
        group: What `storage.write.write` wrote there.
    """
    moves = [[f"{folder}/{table}/{group.name}", f"{out}/{table}/{group.name}"] for table in group.rows]
    commit(folder, moves, [])


def recover(out: str, prefix: str = "") -> list[str]:
    """Finish runs that died while they published, and sweep those that died before.

    Only to be called while no other run writes to `out`, or none to folders that begin with `prefix`.

    Returns:
        The runs that were finished.
    """
    done = []
    for path in matching(f"{out}/{STAGING}/{prefix}*/{JOURNAL}"):
        _resume(out, path)
        done.append(path.rsplit("/", 2)[1])
    if FileSystems.exists(f"{out}/{STAGING}"):
        FileSystems.delete(matching(f"{out}/{STAGING}/{prefix}*/**") if prefix else [f"{out}/{STAGING}"])
    return done


def finished(out: str, run_id: str) -> bool:
    """Tell whether a run is published already, finishing one that was cut off.

    A runner tries a step again that died, or whose answer was lost: `publish` comes a second time.
    """
    journal = f"{out}/{STAGING}/{run_id}/{JOURNAL}"
    if FileSystems.exists(journal):
        _resume(out, journal)
        return True
    return bool(FileSystems.exists(f"{out}/runs/{run_id}-00000.parquet"))


def _resume(out: str, path: str) -> None:
    """Do what a journal says is still to be done."""
    with open_file(path) as file:
        journal = json.loads(file.read())
    _carry_out(
        path.rsplit("/", 1)[0],
        [[f"{out}/{path}" for path in move] for move in journal["moves"]],
        [f"{out}/{path}" for path in journal["deletes"]],
        [[f"{out}/{new}", f"{out}/{target}", mark] for new, target, mark in journal["swaps"]],
    )


def published_doc_ids(out: str) -> frozenset[str]:
    """List the `doc_id` of every document that is already published in `out`."""
    found: set[str] = set()
    for path in matching(f"{out}/documents/*.parquet"):
        found.update(read_table("documents", path, ["doc_id"])["doc_id"].to_pylist())
    return frozenset(found)


def published_inputs(out: str) -> frozenset[tuple[str | None, str]]:
    """List `doc_id` and URI of every input that is published already, as a document or as a reject."""
    found: set[tuple[str | None, str]] = set()
    for name in file_names(out, "documents"):
        rows = read_table("documents", f"{out}/documents/{name}", ["doc_id", "uri"])
        found.update(zip(rows["doc_id"].to_pylist(), rows["uri"].to_pylist(), strict=True))
    for name in file_names(out, "rejects"):
        rows = read_table("rejects", f"{out}/rejects/{name}", ["doc_id", "uri", "table_name"])
        whole = rows.filter(pc.is_null(rows["table_name"]))
        found.update(zip(whole["doc_id"].to_pylist(), whole["uri"].to_pylist(), strict=True))
    return frozenset(found)


def _drop_doubles(
    folder: str, files: Mapping[str, list[str]], names: Iterable[str], metadata: Mapping[str, str]
) -> int:
    """Leave each document to the group that has its first URI; the others' rows of it go.

    May be called again after it was cut off: the rejects come first, and stand for what is lost;
    a group's documents come last, and tell until then what is still to be taken from its other tables.
    """
    doubles = f"{folder}/rejects/{DOUBLES}"
    again = FileSystems.exists(doubles)
    if again:
        for table, of_table in files.items():
            of_table[:] = [name for name in of_table if FileSystems.exists(f"{folder}/{table}/{name}")]
    owners: dict[str, tuple[str, str]] = {}
    losers: dict[str, list[tuple[str, str]]] = {}
    for name in files["documents"]:
        found = read_table("documents", f"{folder}/documents/{name}", ["doc_id", "uri"])
        for doc_id, uri in zip(found["doc_id"].to_pylist(), found["uri"].to_pylist(), strict=True):
            claim = (uri, name)
            owner = owners.setdefault(doc_id, claim)
            if owner != claim:
                winner, loser = sorted([owner, claim])
                owners[doc_id] = winner
                losers.setdefault(loser[1], []).append((doc_id, loser[0]))
    rejects = [duplicate(doc_id, uri) for name in names for doc_id, uri in losers.get(name, [])]
    if rejects and not again:
        rejects.sort(key=lambda row: row.uri)
        write_table(arrow("rejects", rejects, stamp(metadata)), doubles, metadata)
    for name, lost in losers.items():
        for table, of_table in sorted(files.items(), key=lambda item: item[0] == "documents"):
            if name in of_table and table != "rejects":
                path = f"{folder}/{table}/{name}"
                kept = _without(
                    read_table(table, path, rewritten=True), "doc_id", {doc_id for doc_id, _ in lost}
                )
                if len(kept):
                    write_table(kept, path, metadata)
                else:
                    FileSystems.delete([path])
                    of_table.remove(name)
    return count_rows(doubles) if again else len(rejects)


def _replaced(out: str, folder: str, doc_ids: set[str], uris: set[str]) -> tuple[list[list[str]], list[str]]:
    """Prepare earlier runs' files without the rows that this run replaces: (moves, deletes).

    A group's files have the same name in every table, so only groups with such a document are opened.
    """
    moves: list[list[str]] = []
    deletes: list[str] = []

    def thin(table: str, name: str, key: str, replaced: set[str]) -> None:
        path = f"{out}/{table}/{name}"
        kept = _without(read_table(table, path, rewritten=True), key, replaced)
        if len(kept):
            write_table(
                kept, f"{folder}/replaced/{table}/{name}", {}
            )  # it stays a file of the run that it names
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
                    thin(table, name, "doc_id", replaced)
    for name in file_names(out, "rejects"):
        if uris.intersection(read_table("rejects", f"{out}/rejects/{name}", ["uri"])["uri"].to_pylist()):
            thin("rejects", name, "uri", uris)
    return moves, deletes


def _without(rows: pa.Table, column: str, values: set[str]) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows[column], value_set=pa.array(sorted(values)))))


def commit(
    folder: str,
    moves: Sequence[Sequence[str]],
    deletes: Sequence[str],
    swaps: Sequence[Sequence[str]] = (),
) -> None:
    """Write down what is to be done to the tables, do it, and remove the staging folder.

    The journal appears under its name only when it is complete; from then on `recover` finishes
    what is cut off.

    Args:
        folder: The staging folder of the run.
        moves: Source and target of each file to move, over what is there.
        deletes: Files to delete after that.
        swaps: For `exchange_folders`: the new folder, the one it takes the place of, a file of the new one.
    """
    root = f"{folder.rsplit(f'/{STAGING}/', 1)[0]}/"

    def below(path: str) -> str:
        return path.removeprefix(root)  # whoever finishes it may call the output folder by another name

    journal = {
        "moves": [[below(path) for path in move] for move in moves],
        "deletes": [below(path) for path in deletes],
        "swaps": [[below(new), below(target), mark] for new, target, mark in swaps],
    }
    with create_file(f"{folder}/{JOURNAL}.part") as file:
        file.write(json.dumps(journal).encode())
    _move(f"{folder}/{JOURNAL}.part", f"{folder}/{JOURNAL}")
    _carry_out(folder, moves, deletes, swaps)


def _carry_out(
    folder: str,
    moves: Iterable[Sequence[str]],
    deletes: Iterable[str],
    swaps: Iterable[Sequence[str]],
) -> None:
    """Do what is still to be done; may be called again after it was cut off."""
    for new, target, mark in swaps:
        exchange_folders(new, target, mark)
    for source, target in moves:
        if FileSystems.exists(source):
            _move(source, target)
    for path in deletes:
        if FileSystems.exists(path):
            FileSystems.delete([path])
    if swaps:
        time.sleep(LISTING_SECONDS)
    FileSystems.delete([folder])


def _move(source: str, target: str) -> None:
    if is_local(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(source, target)  # atomic, also where the target exists
    else:
        FileSystems.rename([source], [target])  # an object store copies over what is there


def _column(folder: str, table: str, names: Iterable[str], columns: list[str]) -> pa.Table:
    empty = pa.schema([schema(table).field(column) for column in columns]).empty_table()
    return pa.concat_tables(
        [empty, *(read_table(table, f"{folder}/{table}/{name}", columns) for name in names)]
    )
