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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from schemas.arrow import schema
from schemas.rows import TABLES, Run
from transforms.write import STAGING, Written, arrow, duplicate, save

JOURNAL = "publish.json"
DOUBLES = "duplicates.parquet"


@dataclass(frozen=True, slots=True)
class Published:
    """What a run added to the tables: rows by table, rejects by ``stage reason``."""

    rows: Mapping[str, int]
    reasons: Mapping[str, int]


def publish(
    out: str,
    run_id: str,
    groups: Sequence[Written],
    about: Mapping[str, str],
    run_of: Callable[[Published, int, int], Run],
) -> Run:
    """Make the files of a run visible, and remove what they replace.

    Args:
        out: The output folder.
        run_id: The run, whose files are in ``OUT/_staging/RUN``.
        groups: Every group of files that the run has written.
        about: Metadata for files written here.
        run_of: Makes the row of `runs` from what is published, its documents and its rejected inputs.

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
    doubles = _drop_doubles(folder, files, names, about)
    if doubles:
        reasons["write duplicate"] = reasons.get("write duplicate", 0) + doubles
        files["rejects"].append(DOUBLES)
    documents = _column(folder, "documents", files["documents"], ["doc_id", "uri"])
    rejects = _column(folder, "rejects", files["rejects"], ["uri", "table"])
    uris = set(documents["uri"].to_pylist()) | set(rejects["uri"].to_pylist())
    moves, deletes = _replaced(out, folder, set(documents["doc_id"].to_pylist()), uris, about)
    numbers = {name: number for number, name in enumerate([*sorted(names), DOUBLES])}
    rows: dict[str, int] = {}
    for table, of_table in files.items():
        for name in of_table:
            moves.append([f"{folder}/{table}/{name}", f"{out}/{table}/{run_id}-{numbers[name]:05d}.parquet"])
            rows[table] = rows.get(table, 0) + _rows_in(f"{folder}/{table}/{name}")
    refused = rejects["table"].null_count
    run = run_of(Published(rows, dict(sorted(reasons.items()))), len(documents), refused)
    save(arrow("runs", [run]), f"{folder}/runs/run.parquet", about)
    moves.append([f"{folder}/runs/run.parquet", f"{out}/runs/{run_id}-00000.parquet"])
    _write_journal(folder, moves, deletes)
    _carry_out(folder, moves, deletes)
    return run


def recover(out: str) -> list[str]:
    """Finish runs that died while they published, and sweep those that died before.

    Only to be called while no other run writes to `out`.

    Returns:
        The runs that were finished.
    """
    finished = []
    for path in _match(f"{out}/{STAGING}/*/{JOURNAL}"):
        folder = path.rsplit("/", 1)[0]
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            journal = json.loads(file.read())
        _carry_out(folder, journal["moves"], journal["deletes"])
        finished.append(folder.rsplit("/", 1)[1])
    if FileSystems.exists(f"{out}/{STAGING}"):
        FileSystems.delete([f"{out}/{STAGING}"])
    return finished


def known(out: str) -> frozenset[str]:
    """List the `doc_id` of every document that is already published in `out`."""
    found: set[str] = set()
    for path in _match(f"{out}/documents/*.parquet"):
        found.update(_read(path, ["doc_id"])["doc_id"].to_pylist())
    return frozenset(found)


def _drop_doubles(
    folder: str, files: Mapping[str, list[str]], names: Iterable[str], about: Mapping[str, str]
) -> int:
    """Leave each document to the group that has its first URI; the others' rows of it go."""
    owners: dict[str, tuple[str, str]] = {}
    losers: dict[str, list[tuple[str, str]]] = {}
    for name in files["documents"]:
        found = _read(f"{folder}/documents/{name}", ["doc_id", "uri"])
        for doc_id, uri in zip(found["doc_id"].to_pylist(), found["uri"].to_pylist(), strict=True):
            claim = (uri, name)
            owner = owners.setdefault(doc_id, claim)
            if owner != claim:
                winner, loser = sorted([owner, claim])
                owners[doc_id] = winner
                losers.setdefault(loser[1], []).append((doc_id, loser[0]))
    rejects = []
    for name in names:
        lost = losers.get(name, [])
        rejects += [duplicate(doc_id, uri) for doc_id, uri in lost]
        for table, of_table in files.items():
            if lost and name in of_table and table != "rejects":
                path = f"{folder}/{table}/{name}"
                kept = _without(_read(path), "doc_id", {doc_id for doc_id, _ in lost})
                if len(kept):
                    save(kept, path, about)
                else:
                    FileSystems.delete([path])
                    of_table.remove(name)
    if rejects:
        save(arrow("rejects", sorted(rejects, key=lambda r: r.uri)), f"{folder}/rejects/{DOUBLES}", about)
    return len(rejects)


def _replaced(
    out: str, folder: str, doc_ids: set[str], uris: set[str], about: Mapping[str, str]
) -> tuple[list[list[str]], list[str]]:
    """Prepare earlier runs' files without the rows that this run replaces: (moves, deletes).

    A group's files have the same name in every table, so only groups with such a document are opened.
    """
    moves: list[list[str]] = []
    deletes: list[str] = []

    def thin(table: str, name: str, key: str, replaced: set[str]) -> None:
        path = f"{out}/{table}/{name}"
        kept = _without(_read(path), key, replaced)
        if len(kept):
            save(kept, f"{folder}/replaced/{table}/{name}", about)
            moves.append([f"{folder}/replaced/{table}/{name}", path])
        else:
            deletes.append(path)

    for name in _names(f"{out}/documents/*.parquet"):
        replaced = doc_ids.intersection(_read(f"{out}/documents/{name}", ["doc_id"])["doc_id"].to_pylist())
        if replaced:
            for table in TABLES:
                if table not in ("rejects", "runs") and FileSystems.exists(f"{out}/{table}/{name}"):
                    thin(table, name, "doc_id", replaced)
    for name in _names(f"{out}/rejects/*.parquet"):
        if uris.intersection(_read(f"{out}/rejects/{name}", ["uri"])["uri"].to_pylist()):
            thin("rejects", name, "uri", uris)
    return moves, deletes


def _without(rows: pa.Table, column: str, values: set[str]) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows[column], value_set=pa.array(sorted(values)))))


def _write_journal(folder: str, moves: list[list[str]], deletes: list[str]) -> None:
    """Write the journal whole or not at all: it appears under its name only when it is complete."""
    content = json.dumps({"moves": moves, "deletes": deletes}).encode()
    with FileSystems.create(
        f"{folder}/{JOURNAL}.part", compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(content)
    _move(f"{folder}/{JOURNAL}.part", f"{folder}/{JOURNAL}")


def _carry_out(folder: str, moves: Iterable[Sequence[str]], deletes: Iterable[str]) -> None:
    """Make the moves that are still to be made; may be called again after it was cut off."""
    for source, target in moves:
        if FileSystems.exists(source):
            _move(source, target)
    for path in deletes:
        if FileSystems.exists(path):
            FileSystems.delete([path])
    FileSystems.delete([folder])


def _move(source: str, target: str) -> None:
    if FileSystems.get_scheme(target) is None:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(source, target)  # atomic, also where the target exists
    else:
        FileSystems.rename([source], [target])  # an object store copies over what is there


def _names(pattern: str) -> list[str]:
    return [path.rsplit("/", 1)[1] for path in _match(pattern)]


def _match(pattern: str) -> list[str]:
    return sorted(found.path for found in FileSystems.match([pattern])[0].metadata_list)


def _read(path: str, columns: list[str] | None = None) -> pa.Table:
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        return pq.read_table(pa.PythonFile(file, mode="r"), columns=columns)


def _rows_in(path: str) -> int:
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        return int(pq.read_metadata(pa.PythonFile(file, mode="r")).num_rows)


def _column(folder: str, table: str, names: Iterable[str], columns: list[str]) -> pa.Table:
    empty = pa.schema([schema(table).field(column) for column in columns]).empty_table()
    return pa.concat_tables([empty, *(_read(f"{folder}/{table}/{name}", columns) for name in names)])
