"""Run accounting: what the runs say that they have put into the tables, and have taken out of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from docassay.storage.tables.parquet import read_table
from docassay.storage.tables.runs import removed_by


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What the row of a run tells.

    Attributes:
        options: The options that it was started with.
        rows: Rows that it published, by table.
        documents: Documents that it published.
        declares_removals: Whether it tells what it has removed of other runs; an earlier release did not.
    """

    options: Mapping[str, Any]
    rows: Mapping[str, int]
    documents: int
    declares_removals: bool


@dataclass(slots=True)
class RunAccounts:
    """The rows of `runs`, put together.

    Attributes:
        runs: What each run tells, by its id.
        files: The files of `runs` that have the row of a run; more than one is a fault.
        removed: Rows that later runs have removed, by run and table.
    """

    runs: dict[str, RunRecord] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    removed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def knows(self, run_id: str) -> bool:
        """Tell whether there is a row of a run, or a note that it is lost."""
        return run_id in self.runs or (run_id, "runs") in self.removed

    def expected_rows(self, run_id: str) -> dict[str, int]:
        """Give how many rows of a run there must be, by table, if all runs tell what they have removed."""
        rows = self.runs[run_id].rows
        return {table: number - self.removed[run_id, table] for table, number in rows.items()}

    def to_check(self, found: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, int]]:
        """Choose what can be checked: run, table, and the rows that must be there.

        Where a run of an earlier release may have replaced documents, only so much is known: no more than it
        had, and where all documents of a run are there, so is all that belongs to them.

        Args:
            found: Rows that are there, by run and table.
        """
        undeclaring = {
            run_id: run.documents for run_id, run in self.runs.items() if not run.declares_removals
        }
        undeclared_documents = sum(undeclaring.values())
        for run_id in sorted(self.runs):
            rows = self.expected_rows(run_id)
            # How many documents other runs may have replaced without telling; None where all others tell.
            undeclared = (
                undeclared_documents - undeclaring.get(run_id, 0)
                if len(undeclaring) > (run_id in undeclaring)
                else None
            )
            lost = rows.get("documents", 0) - found.get((run_id, "documents"), 0)
            for table, number in rows.items():
                if (
                    undeclared is None
                    or (table == "documents" and lost > undeclared)
                    or (table not in ("documents", "rejects") and lost <= 0)
                ):
                    yield run_id, table, number


def read_accounts(paths: Mapping[str, str]) -> RunAccounts:
    """Read these files of `runs`, which are whole: paths by name."""
    accounts = RunAccounts()
    columns = ["run_id", "options", "table_rows", "counts", "documents"]
    for name, path in paths.items():
        for row in read_table("runs", path, columns).to_pylist():
            options, counts = json.loads(row["options"]), json.loads(row["counts"])
            removed = removed_by(counts)
            # A stream replaces nothing.
            declares_removals = removed is not None or "source" in options
            entry = RunRecord(options, json.loads(row["table_rows"]), row["documents"], declares_removals)
            if row["run_id"] not in accounts.runs:
                accounts.removed.update(removed or {})
            accounts.runs[row["run_id"]] = entry
            accounts.files.setdefault(row["run_id"], []).append(name)
    return accounts
