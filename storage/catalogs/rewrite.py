"""Rewrite: which files of a catalog's tables hold what a run replaces, and those files without it.

A `doc_id` is a digest, so the statistics of files rule nothing out. What does is that the files of one group
have the same documents in every table: `documents` is searched, and elsewhere only its groups are opened.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import FileScanTask, Table

from docassay.storage.catalogs.files import (
    at_once,
    data_path,
    fitted,
    group_of,
    read_columns,
    rewritten,
    write_file,
)
from docassay.storage.catalogs.plan import Plan
from docassay.storage.tables.runs import rows_by_run
from docassay.storage.transaction.rewrite import KEYS, Removal, removed_doc_ids, replaced_by, without

_OURS = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}/[^/]+")
"""What `group_of` gives for a file that we wrote; another one was merged by somebody's maintenance."""

MERGED = "merged"
"""The folder of what replaces such a file."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a run replaces in the tables as they are.

    Attributes:
        doc_ids: Documents of the run that are in the tables already.
        uris: URIs whose earlier rejects go.
        groups: The groups of files that hold these documents.
        everywhere: A document lies in a file that is of no group, so each file must be searched.
    """

    doc_ids: frozenset[str] = frozenset()
    uris: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    everywhere: bool = False


@dataclass(slots=True)
class Change:
    """What replacing rows means for one table.

    Attributes:
        old: Data files that go.
        new: Files, written already, that come in their place.
        removed: Rows that are gone, by run and table.
    """

    old: list[Any] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    removed: Counter[tuple[str, str]] = field(default_factory=Counter)


def find_replaced(tables: Mapping[str, Table], plan: Plan) -> Replaced:
    """Search `documents` for the documents of a run.

    Args:
        tables: The newest state of the tables.
        plan: What the run publishes.
    """
    documents, rejects = tables["documents"], tables["rejects"]
    inputs = at_once(lambda path: read_columns(documents.io, path, list(KEYS)), plan.files["documents"])
    refused = at_once(lambda path: read_columns(rejects.io, path, ["uri"]), plan.files["rejects"])
    removals = [replaced_by(rows) for rows in inputs]
    doc_ids = {doc_id for removal in removals for doc_id in removal.doc_ids}
    uris = {uri for removal in removals for uri in removal.uris}
    wholes = {whole for removal in removals for whole in removal.wholes}
    uris |= {uri for rows in refused for uri in rows["uri"].to_pylist()}
    own = set(plan.files["documents"])  # where the run is published in part already
    tasks = (
        [task for task in documents.scan().plan_files() if task.file.file_path not in own] if doc_ids else []
    )

    def gone(task: FileScanTask) -> set[str]:
        rows = read_columns(documents.io, task.file.file_path, list(KEYS))
        return removed_doc_ids(rows, Removal(doc_ids=doc_ids, wholes=wholes))

    found = at_once(gone, tasks)
    groups = {group_of(task.file.file_path) for task, there in zip(tasks, found, strict=True) if there}
    return Replaced(
        frozenset().union(*found),
        frozenset({*uris, *plan.settled}),
        frozenset(groups),
        not all(map(_OURS.fullmatch, groups)),
    )


def change_of(table: Table, name: str, replaced: Replaced, run_id: str) -> Change:
    """Write the files of a table anew that hold what is replaced, without it.

    Args:
        table: The newest state of the table.
        name: Which of our tables it is.
        replaced: What is replaced.
        run_id: The run that replaces it.
    """
    change = Change()
    key, values = ("uri", replaced.uris) if name == "rejects" else ("doc_id", replaced.doc_ids)
    if not values:
        return change
    for task in _candidates(table, name, replaced):
        rows = _rows(table, task)
        remaining = without(rows, key, values)
        if len(remaining) == len(rows):
            continue
        change.removed.update(rows_by_run(name, rows["run_id"]))
        change.removed.subtract(rows_by_run(name, remaining["run_id"]))
        change.old.append(task.file)
        if len(remaining):
            path = task.file.file_path
            group = group_of(path)
            folder = group.partition("/")[0] if _OURS.fullmatch(group) else MERGED
            mark = f"{run_id}-{uuid.uuid4().hex[:8]}"  # two that finish a run must not write the same file
            target = data_path(table, folder, rewritten(path.rpartition("/")[2], mark))
            write_file(table.io, target, fitted(name, remaining), {})
            change.new.append(target)
    change.removed = +change.removed
    return change


def _candidates(table: Table, name: str, replaced: Replaced) -> Sequence[FileScanTask]:
    tasks = list(table.scan().plan_files())
    if name == "rejects":
        found = at_once(lambda task: not replaced.uris.isdisjoint(_column(table, task, "uri")), tasks)
        return [task for task, there in zip(tasks, found, strict=True) if there]

    def may_hold(path: str) -> bool:
        group = group_of(path)
        return replaced.everywhere or group in replaced.groups or not _OURS.fullmatch(group)

    return [task for task in tasks if may_hold(task.file.file_path)]


def _column(table: Table, task: FileScanTask, column: str) -> list[str]:
    """Read a column of a file; rows that a delete file takes away may be among them, which costs a look."""
    values: list[str] = read_columns(table.io, task.file.file_path, [column])[column].to_pylist()
    return values


def _rows(table: Table, task: FileScanTask) -> pa.Table:
    """Read a file without the rows that delete files, Spark's for one, take away."""
    return ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table([task])
