"""Plan: what a run will put into the tables of a catalog, written down before the first commit.

It lies beside the metadata of the first table, whose snapshot names it, so any process can finish the run.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pyarrow as pa
from pyiceberg.io import FileIO
from pyiceberg.table import Table

from docassay.schemas.errors import TablesError
from docassay.schemas.runs import Run
from docassay.storage.catalogs.files import at_once, data_path, files_below, read_columns, write_file
from docassay.storage.tables.runs import run_of_row
from docassay.storage.tables.write import OF_RUNS, Written
from docassay.storage.transaction.publish import Published, distinct

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
    run_of: Callable[[Published, int, int], Run],
    settled: Iterable[str] = (),
) -> Plan:
    """Decide what a run publishes; of documents that two groups have, one has a file without them written."""

    def path_of(table: str, name: str) -> str:
        return data_path(tables[table], run_id, name)

    def read(table: str, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        return read_columns(tables[table].io, path, columns)

    def write(table: str, rows: pa.Table, path: str) -> None:
        write_file(tables[table].io, path, rows, metadata)

    files, reasons, dropped = distinct(groups, metadata, path_of, read, write, at_once)
    refused = at_once(lambda file: read("rejects", file[0], ["table_name"]), files["rejects"].values())
    rejected = sum(rows["table_name"].null_count for rows in refused)
    rows = {table: sum(count for _, count in own.values()) for table, own in files.items() if own}
    row = run_of(Published(rows, reasons), rows.get("documents", 0), rejected)
    paths = {table: tuple(path for path, _ in own.values()) for table, own in files.items()}
    return Plan(run_id, paths, tuple(sorted(settled)), metadata, row, tuple(dropped))


def _name(run_id: str) -> str:
    return f"docassay-{run_id}-"
