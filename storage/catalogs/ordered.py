"""Ordered: the commits that publish a run, table after table, by whoever comes to do them, each once.

A catalog commits one table at a time. So a run begins with a commit to the first table of `ORDER`, whose
snapshot names the run and its `Plan`, and ends with its row in `runs`. Nobody begins a run before the last
one that has begun is finished, and who meets an unfinished one finishes it, be its process dead or slow: each
commit holds only for the state of the table that was looked at, so what two do at once is done once.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import EqualTo
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.table import Table
from pyiceberg.table.snapshots import ancestors_of

from docassay.schemas.errors import TablesError
from docassay.storage.catalogs.connection import COMMIT_SECONDS, Connection, attempts
from docassay.storage.catalogs.files import at_once, data_path, write_file
from docassay.storage.catalogs.plan import Change, Plan, Replaced, change_of, find_replaced, read_plan
from docassay.storage.tables.runs import stamp, with_removed
from docassay.storage.tables.write import ORDER, arrow

FIRST = ORDER[0]

RUN = "docassay.run-id"
PLAN = "docassay.plan"
REMOVED = "docassay.removed"
"""Properties of a snapshot: the run, where its plan is, and JSON of the rows that it removed, by run."""


def publish(connection: Connection, plan: Plan) -> None:
    """Commit a run to all tables.

    Raises:
        TablesError: A run that was killed before cannot be finished.
        Exception: Of the catalog or the storage; what was begun is finished by `finish`.
    """
    path = plan.write(connection.table(FIRST))
    _commit(connection, plan, path, FIRST, None, Counter())
    finish(connection)


def begun(table: Table) -> tuple[str, Mapping[str, str]] | None:
    """Give the last run that has committed to a table, and the properties of its snapshot."""
    for snapshot in _snapshots(table):
        if run_id := _properties(snapshot).get(RUN):
            return run_id, _properties(snapshot)
    return None


def properties_of(table: Table, run_id: str) -> Mapping[str, str] | None:
    """Give the properties of the snapshot by which a run has committed to a table; None where it has not."""
    return next((p for p in map(_properties, _snapshots(table)) if p.get(RUN) == run_id), None)


def is_finished(connection: Connection, run_id: str) -> bool:
    """Tell whether a run is in `runs`; its snapshot may have been expired."""
    runs = connection.table("runs")
    if properties_of(runs, run_id) is not None:
        return True
    return len(runs.scan(EqualTo("run_id", run_id), selected_fields=("run_id",)).to_arrow()) > 0


def finish(connection: Connection, first: Table | None = None) -> list[str]:
    """Finish the run that has begun to publish, if there is one; gives its id.

    Args:
        connection: The catalog.
        first: The first table, if it is loaded.

    Raises:
        TablesError: Its plan is gone or damaged.
    """
    first = connection.table(FIRST) if first is None else first
    run = begun(first)
    if run is None or is_finished(connection, run[0]):
        return []
    run_id, properties = run
    tables = {name: connection.table(name) for name in ORDER}
    try:
        plan = read_plan(first.io, properties[PLAN], run_id, tables)
    except FileNotFoundError:
        if is_finished(connection, run_id):  # by another process, just now
            return []
        raise TablesError(
            f"{connection.out}: run {run_id} was killed while it published, and its plan {properties[PLAN]}"
            " is gone; roll the tables that have its snapshot back to the one before, then run it again"
        ) from None
    path, replaced = properties[PLAN], find_replaced(tables, plan)
    removed: Counter[tuple[str, str]] = Counter()
    for name in ORDER:
        _commit(connection, plan, path, name, replaced, removed)
    for file in (*plan.dropped, path):  # what stays is an orphan to Iceberg's own maintenance
        with suppress(OSError):
            first.io.delete(file)
    if connection.address.folder is not None:
        _hint(connection)
    return [run_id]


def _commit(
    connection: Connection,
    plan: Plan,
    path: str,
    name: str,
    replaced: Replaced | None,
    removed: Counter[tuple[str, str]],
) -> None:
    """Commit a run to one table, unless that is done already.

    Args:
        connection: The catalog.
        plan: What the run publishes.
        path: Where its plan is.
        name: The table.
        replaced: What it replaces; None: the run begins, after the last one is finished.
        removed: Gains the rows that go, by run and table.
    """
    for attempt in attempts():
        table = connection.table(name)
        properties = properties_of(table, plan.run_id)
        if properties is None and replaced is not None and _holds(table, plan.files[name]):
            properties = {}  # its snapshot was expired
        if properties is not None:  # by another process of this run, or the answer to our commit was lost
            counts = json.loads(properties.get(REMOVED, "{}"))
            removed.update({(run_id, name): number for run_id, number in counts.items()})
            return
        if name == "runs":
            change = Change(new=[_write_row(table, plan, removed)])
        elif replaced is not None:
            change = change_of(table, name, replaced, plan.run_id)
        else:
            finish(connection, table)
            inputs = {other: connection.table(other) for other in ("documents", "rejects")}
            change = change_of(table, name, find_replaced(inputs, plan), plan.run_id)
        new = {RUN: plan.run_id, PLAN: path}
        if _commit_table(connection, table, plan.files[name], change, new, attempt is None):
            removed.update(change.removed)
            return


def _commit_table(
    connection: Connection,
    table: Table,
    files: Sequence[str],
    change: Change,
    properties: dict[str, str],
    last: bool,
) -> bool:
    """Commit files and a change to a table in the state in which it was loaded, or not at all.

    Returns:
        False where another writer was first, or it cannot be told; the newest state tells.
    """
    if change.removed:
        properties[REMOVED] = json.dumps({run_id: n for (run_id, _), n in sorted(change.removed.items())})
    commit = partial(commit_change, table, [*files, *change.new], change.old, properties)
    try:
        connection.within(COMMIT_SECONDS, commit)
    except (CommitFailedException, ValidationException):
        for written in change.new:
            table.io.delete(written)
        if last:
            raise
        return False
    except Exception as error:  # whether it has come through is told by the table's snapshots
        if last or not _may_pass(error):
            raise
        return False
    return True


def commit_change(table: Table, added: list[str], old: list[Any], properties: dict[str, str]) -> None:
    """Commit one snapshot of a table, in the state in which it was loaded.

    Args:
        table: The table.
        added: Paths of the files that it gains.
        old: Its data files that go.
        properties: What the snapshot says of itself.

    Raises:
        CommitFailedException: Another writer was first.
    """
    # PyIceberg would try again on the newest state, in which the run may be already.
    table.metadata.properties["commit.retry.num-retries"] = "0"
    describe = partial(parquet_file_to_data_file, table.io, table.metadata)
    files = at_once(describe, added)
    with table.transaction() as transaction:
        update = transaction.update_snapshot(snapshot_properties=properties)
        with update.overwrite() if old else update.merge_append() as snapshot:
            for file in files:
                snapshot.append_data_file(file)
            for file in old:
                snapshot.delete_data_file(file)


def _write_row(runs: Table, plan: Plan, removed: Mapping[tuple[str, str], int]) -> str:
    path = data_path(runs, plan.run_id, f"run~{uuid.uuid4().hex[:8]}.parquet")
    row = with_removed(plan.row, removed)
    write_file(runs.io, path, arrow("runs", [row], stamp(plan.metadata)), plan.metadata)
    return path


def _holds(table: Table, paths: tuple[str, ...]) -> bool:
    if not paths:
        return False
    wanted = set(paths)
    return any(task.file.file_path in wanted for task in table.scan().plan_files())


def _hint(connection: Connection) -> None:
    """Write the file by which a reader that is given a folder, and no catalog, finds a table's newest state.

    The last one is looked at again, so that of two writers the slower does not leave an older state behind.
    """
    for name in ORDER:
        named = ""
        while named != (newest := connection.table(name)).metadata_location:
            named = newest.metadata_location
            content = named.rpartition("/")[2].removesuffix(".metadata.json")
            path = newest.location_provider().new_metadata_location("version-hint.text")
            with newest.io.new_output(path).create(overwrite=True) as stream:
                stream.write(content.encode())


def _may_pass(error: Exception) -> bool:
    """Tell whether a fault may be over the next time: a broken line, a busy server or database."""
    return isinstance(error, OSError) or type(error).__name__ in {
        "CommitStateUnknownException",
        "OperationalError",
        "ServerError",
        "ServiceUnavailableError",
        "TooManyRequestsError",
    }


def _snapshots(table: Table) -> Any:
    return ancestors_of(table.current_snapshot(), table.metadata)


def _properties(snapshot: Any) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary is not None else {}
