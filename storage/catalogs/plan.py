"""Plan: what a run will put into the tables of a catalog, and what it replaces there.

The plan is written down before the first commit, beside the metadata of the first table, whose snapshot names
it, so any process can finish the run. A `doc_id` is a digest, so the statistics of files do not tell which
hold what a run replaces. Those of `run_id` do: all rows of a document were written by one run. So `documents`
is searched, and elsewhere only files with rows of the runs that are found there.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue, In
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import FileScanTask, Table

from docassay.schemas.errors import TablesError
from docassay.schemas.runs import Run
from docassay.storage.catalogs.files import (
    at_once,
    data_path,
    files_below,
    fitted,
    read_columns,
    write_file,
)
from docassay.storage.tables.runs import rows_by_run, run_of_row
from docassay.storage.tables.write import OF_RUNS, Written
from docassay.storage.transaction.publish import RunOf, distinct
from docassay.storage.transaction.rewrite import KEYS, Removal, removed_doc_ids, replaced_by, without

_VERSION = 1
_TIMES = ("started", "finished")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run publishes.

    Attributes:
        run_id: The run.
        files: Full paths by table.
        settled: URIs whose earlier rejects are removed, whatever came of them.
        metadata: Metadata of the files.
        row: The row of `runs`, without what the run removes of others.
        dropped: Files that it has written and does not publish.
    """

    run_id: str
    files: Mapping[str, tuple[str, ...]]
    settled: tuple[str, ...]
    metadata: Mapping[str, str]
    row: Run
    dropped: tuple[str, ...] = ()

    def write(self, first: Table) -> str:
        """Write the plan where no other is; gives its path."""
        row = {key: value.isoformat() if key in _TIMES else value for key, value in asdict(self.row).items()}
        content = json.dumps({**asdict(replace(self, row=None)), "row": row, "version": _VERSION})  # type: ignore[arg-type]
        name = f"{_name(self.run_id)}{uuid.uuid4().hex[:8]}.json"
        path: str = first.location_provider().new_metadata_location(name)
        with first.io.new_output(path).create() as stream:
            stream.write(content.encode())
        return path


def plans_of(first: Table, run_id: str) -> list[str]:
    """Name the plans of a run that was not finished, beside the metadata of the first table."""
    folder = first.location_provider().new_metadata_location("x").rpartition("/")[0]
    return [info.path for info in files_below(first.io, folder) if info.base_name.startswith(_name(run_id))]


def read_plan(io: FileIO, path: str, run_id: str, tables: Mapping[str, Table]) -> Plan:
    """Read a plan and check that it puts nothing but the run's own files into the tables.

    Raises:
        FileNotFoundError: It is gone: the run is finished, or somebody has deleted it.
        TablesError: It is damaged.
    """
    with io.new_input(path).open() as stream:
        content = stream.read()
    try:
        fields = json.loads(content)
        if fields["version"] != _VERSION or fields["run_id"] != run_id:
            raise ValueError("it is another run's, or of another release")
        files = {table: tuple(map(str, fields["files"].get(table, ()))) for table in OF_RUNS}
        for table, paths in files.items():
            own = data_path(tables[table], run_id, "x")[:-1]
            for file in paths:
                name = file.rpartition("/")[2]
                if file != data_path(tables[table], run_id, name):
                    raise ValueError(f"{file!r} is not in {own}")
        row = {**fields["row"], **{key: datetime.fromisoformat(fields["row"][key]) for key in _TIMES}}
        return Plan(
            run_id,
            files,
            tuple(map(str, fields["settled"])),
            {str(key): str(value) for key, value in fields["metadata"].items()},
            run_of_row(row),
            tuple(map(str, fields["dropped"])),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TablesError(
            f"{path} is damaged ({type(error).__name__}: {error}), so run {run_id} cannot be finished;"
            " roll the tables that have its snapshot back to the one before, then run it again"
        ) from None


def make_plan(
    tables: Mapping[str, Table],
    run_id: str,
    groups: Sequence[Written],
    metadata: Mapping[str, str],
    run_of: RunOf,
    settled: Iterable[str] = (),
) -> Plan:
    """Decide what a run publishes; of documents that two groups have, one has a file without them written."""

    def path_of(table: str, name: str) -> str:
        return data_path(tables[table], run_id, name)

    def read(table: str, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        return read_columns(tables[table].io, path, columns)

    def write(table: str, rows: pa.Table, path: str) -> None:
        write_file(tables[table].io, path, rows, metadata)

    files, reasons, dropped, passed_over = distinct(groups, path_of, read, write, at_once)
    refused = at_once(lambda file: read("rejects", file[0], ["table_name"]), files["rejects"].values())
    rejected = sum(rows["table_name"].null_count for rows in refused)
    rows = {table: sum(count for _, count in own.values()) for table, own in files.items() if own}
    row = run_of(rows, reasons, rows.get("documents", 0), rejected, passed_over)
    paths = {table: tuple(path for path, _ in own.values()) for table, own in files.items()}
    return Plan(run_id, paths, tuple(sorted(settled)), metadata, row, tuple(dropped))


def _name(run_id: str) -> str:
    return f"docassay-{run_id}-"


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a run replaces in the tables as they are.

    Attributes:
        doc_ids: Documents of the run that are in the tables already.
        uris: URIs whose earlier rejects go.
        runs: The runs that wrote these documents, and all rows that belong to them.
    """

    doc_ids: frozenset[str] = frozenset()
    uris: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()


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
    inputs = at_once(
        lambda path: read_columns(documents.io, path, [*KEYS, "other_uris"]), plan.files["documents"]
    )
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

    def gone(task: FileScanTask) -> dict[str, str]:
        rows = read_columns(documents.io, task.file.file_path, [*KEYS, "run_id"])
        ids = removed_doc_ids(rows, Removal(doc_ids=doc_ids, wholes=wholes))
        runs = zip(rows["doc_id"].to_pylist(), rows["run_id"].to_pylist(), strict=True)
        return {doc_id: run_id for doc_id, run_id in runs if doc_id in ids}

    found = at_once(gone, tasks)
    return Replaced(
        frozenset(doc_id for there in found for doc_id in there),
        frozenset({*uris, *plan.settled}),
        frozenset(run_id for there in found for run_id in there.values()),
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
    key, values, written = "doc_id", replaced.doc_ids, In("run_id", replaced.runs)
    if name == "rejects":
        key, values, written = "uri", replaced.uris, AlwaysTrue()
    if not values:
        return change

    def may_hold(task: FileScanTask) -> bool:
        # Rows that a delete file takes away may be among them, which costs a look.
        return not values.isdisjoint(read_columns(table.io, task.file.file_path, [key])[key].to_pylist())

    tasks = list(table.scan(row_filter=written).plan_files())
    for task in itertools.compress(tasks, at_once(may_hold, tasks)):
        # Without the rows that delete files, Spark's for one, take away.
        rows = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table([task])
        remaining = without(rows, key, values)
        if len(remaining) == len(rows):
            continue
        change.removed.update(rows_by_run(name, rows["run_id"]))
        change.removed.subtract(rows_by_run(name, remaining["run_id"]))
        change.old.append(task.file)
        if len(remaining):
            # Two that finish a run must not write the same file.
            target = data_path(table, run_id, f"{uuid.uuid4().hex}.parquet")
            write_file(table.io, target, fitted(name, remaining), {})
            change.new.append(target)
    change.removed = +change.removed
    return change
