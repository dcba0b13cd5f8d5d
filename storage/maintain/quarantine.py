"""Quarantine: set aside the files that cannot stay in the tables, and list the inputs to read again.

A damaged file goes with all files of its group, so that what stays belongs together. The files are linked or
copied first; then they leave the tables in one commit, together with a row of `runs` that says what was taken
out. A process that dies on the way leaves the tables as they were, or the next run does the rest.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas import uris
from docassay.schemas.errors import TablesError
from docassay.storage.maintain.verify import Report
from docassay.storage.tables import file_systems
from docassay.storage.tables.file_systems import is_local, open_file, sync, write_bytes
from docassay.storage.tables.manifest import TablePaths, table_paths
from docassay.storage.tables.parquet import scan
from docassay.storage.tables.runs import row_of
from docassay.storage.tables.write import GROUPED
from docassay.storage.transaction.folders import link_or_copy
from docassay.storage.transaction.publish import commit_run
from docassay.storage.transaction.transaction import Transaction

LIST = "read-again.txt"
"""The file of inputs to read again, one a line, as `docassay batch @FILE` takes it."""

FAULTS = "faults.json"
"""The file that says what was wrong."""

_MESSAGES = re.compile(r"(?:kafka|pubsub)://")


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was done.

    Attributes:
        folder: Where the files are now.
        files: What was set aside, as ``TABLE/NAME``.
        inputs: Number of inputs in the list.
        list_path: The list, or None where there is nothing to read again.
        unlisted: Number of documents that came as messages, which their sender has to send again.
        gone: Lists of names, whose inputs are to be read again, that cannot be read themselves.
        replaces: Some of the documents are in the tables, and are to be replaced.
    """

    folder: str
    files: tuple[str, ...]
    inputs: int
    list_path: str | None
    unlisted: int
    gone: tuple[str, ...]
    replaces: bool


def set_aside(report: Report, place: str, metadata: Mapping[str, str]) -> SetAside:
    """Take the files that cannot stay out of the tables, and write the list of inputs to read again.

    Must be called while nobody else writes, after `recover`.

    Args:
        report: What is wrong with the tables.
        place: Where to put the files, in a folder that has the run's name.
        metadata: Metadata of the files written here; its ``run_id`` must never have been used.

    Raises:
        OSError: A file cannot be copied, for instance; the tables are what they were.
    """
    started = datetime.now(UTC)
    out, run_id = report.out, metadata["run_id"]
    target = f"{place.rstrip('/')}/{run_id}"
    earlier = table_paths(out)
    grouped = [f"{t}/{name}" for t in GROUPED for name in earlier[t] if name in report.groups]
    files = sorted({*grouped, *report.alone})
    inputs, unlisted, gone = _inputs(report)
    for path in sorted({*files, *report.layout.strangers} - report.layout.gone):
        table, _, name = path.partition("/")
        _copy_durably(report.layout.paths[table].get(name, f"{out}/{path}"), f"{target}/{path}")
    list_path = f"{target}/{LIST}" if inputs else None
    if list_path:
        _write(list_path, "".join(f"{name}\n" for name in inputs))
    faults = [fault._asdict() for fault in report.faults]
    _write(f"{target}/{FAULTS}", json.dumps({"folder": out, "faults": faults}, indent=1))
    if is_local(target):
        _sync_folders(target)
    removed = _written_off(report, set(files))
    if files or removed:
        options = {"command": "verify", "quarantine": target, "files": files}

        def change(transaction: Transaction, _tables: TablePaths, _mark: str) -> Counter[tuple[str, str]]:
            transaction.remove(files)
            return removed

        commit_run(out, run_id, metadata, [row_of(metadata, started, options)], change)
    for path in report.layout.strangers:
        file_systems.delete([f"{out}/{path}"])
    replaces = bool(report.doc_ids or report.of_runs)
    taken = tuple(sorted({*files, *report.layout.strangers}))
    return SetAside(target, taken, len(inputs), list_path, unlisted, gone, replaces)


def _written_off(report: Report, files: set[str]) -> Counter[tuple[str, str]]:
    """Count what is no longer there, by run and table, so that it is not missed again.

    A run that has lost its own row is noted by one row of `runs`.
    """
    stay: Counter[tuple[str, str]] = Counter()
    for path, counts in report.present.items():
        if path not in files:
            stay.update(counts)
    removed: Counter[tuple[str, str]] = Counter()
    for (run_id, table), expected in report.expected.items():
        if f"runs/{report.run_files[run_id][0]}" not in files:
            removed[run_id, table] = max(0, expected - stay[run_id, table])
    removed = +removed
    for run_id in report.unknown_runs:
        removed[run_id, "runs"] = 1
    return removed


def _inputs(report: Report) -> tuple[list[str], int, tuple[str, ...]]:
    """List the inputs whose documents are lost or have to be replaced.

    Returns:
        The inputs, the number of those that were messages, and the lists of names that are gone.
    """
    found: dict[str, None] = {}
    gone: dict[str, None] = {}
    unlisted = 0
    for name, path in report.layout.paths["documents"].items():
        whole = f"documents/{name}" in report.present
        columns = ["doc_id", "uri", "run_id"] if whole else ["uri"]
        try:
            for batch in scan("documents", path, columns):
                for uri in _wanted(report, name, batch):
                    file = uris.path_of(uri) or uris.file_of(uri)  # a list of names has paths, not URIs
                    if _MESSAGES.match(uri) or "\n" in file:
                        unlisted += 1
                    else:
                        found[file] = None
        except TablesError:  # it is damaged; its run is in `inputs_of`
            continue
    for run_id in report.inputs_of & set(report.options):
        options = report.options[run_id]
        for name in options.get("inputs", [options.get("source", "")]):
            if (names := _names(str(name))) is None:
                gone[str(name)] = None
            found.update(dict.fromkeys(names or ()))
    return sorted(name for name in found if name and not _MESSAGES.match(name)), unlisted, tuple(gone)


def _wanted(report: Report, name: str, batch: pa.RecordBatch) -> list[str]:
    if name not in report.groups:
        chosen = pc.or_(
            pc.is_in(batch.column("doc_id"), value_set=pa.array(sorted(report.doc_ids), pa.string())),
            pc.is_in(batch.column("run_id"), value_set=pa.array(sorted(report.of_runs), pa.string())),
        )
        batch = batch.filter(chosen)
    return [str(uri) for uri in batch.column("uri").to_pylist()]


def _names(argument: str) -> list[str] | None:
    """Give what an argument of a batch names: a list of names cannot name a list; None where it is gone."""
    if not argument.startswith("@"):
        return [argument]
    try:
        with open_file(argument[1:]) as file:
            return [os.fsdecode(line.strip()) for line in file.read().split(b"\n")]
    except OSError:
        return None


def _copy_durably(source: str, target: str) -> None:
    """Link or copy a file, so that it is on the disk under its new name before it loses the old one."""
    if not is_local(target):
        file_systems.copy(source, target)
        return
    link_or_copy(source, target)
    above = os.path.dirname(target)
    sync(target, above, os.path.dirname(above))  # it may lie in a partition


def _write(path: str, text: str) -> None:
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def _sync_folders(target: str) -> None:
    """Flush the names of what has just been written: in the folder, its own, and that of the one above."""
    for folder in (target, os.path.dirname(target), os.path.dirname(os.path.dirname(target)) or "."):
        sync(folder)
