"""Runs for tests of storage: published as a batch does, without validation, which takes a second a group."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docassay.schemas.rows import Reject, Result
from docassay.schemas.runs import Run, Stamp
from docassay.storage.catalogs import destination
from docassay.storage.tables.runs import row_of
from docassay.storage.tables.write import STAGING, Written, arrow
from docassay.storage.transaction.publish import RunOf

TABLES_OF_RESULT = ("segments", "classifications", "flags", "findings", "entities", "facts")


def copied(out: Path, place: Path) -> Path:
    """Copy tables; two names of one file stay that."""
    made: dict[int, str] = {}

    def copy(source: str, target: str) -> None:
        inode = os.stat(source).st_ino
        if inode in made:
            os.link(made[inode], target)
        else:
            made[inode] = shutil.copy2(source, target)

    return Path(shutil.copytree(out, place, copy_function=copy))


def run(
    out: Path | str,
    run_id: str,
    *groups: Sequence[Result | Reject],
    settled: Sequence[str] = (),
    totals: Mapping[str, int] | None = None,
) -> Run:
    """Publish groups of outcomes as one run."""
    about = {"run_id": run_id, "version": "0", "models": "m@1 abc", "rules": "legal abc"}
    written = []
    for number, group in enumerate(groups):
        results = [row for row in group if isinstance(row, Result)]
        rows: dict[str, list[Any]] = {"documents": [r.document for r in results]}
        rows |= {table: [row for r in results for row in getattr(r, table)] for table in TABLES_OF_RESULT}
        rows["rejects"] = [row for row in group if isinstance(row, Reject)]
        rows = {table: own for table, own in rows.items() if own}
        for table, own in rows.items():
            stamped = arrow(table, own, Stamp(run_id, datetime.now(UTC)))
            destination(str(out)).stage(stamped, f"{out}/{STAGING}/{run_id}/{table}/g{number}.parquet", about)
        written.append(Written(f"g{number}.parquet", {table: len(own) for table, own in rows.items()}))

    row = row_of_run(about, {"inputs": [f"in-of-{run_id}"]}, totals)
    return destination(str(out)).publish(run_id, written, about, row, settled)


def row_of_run(
    about: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    totals: Mapping[str, int] | None = None,
) -> RunOf:
    """Give what makes the row of a run that begins now, from what it published."""
    started = datetime.now(UTC)

    def row(
        rows: Mapping[str, int], reasons: Mapping[str, int], documents: int, rejects: int, passed_over: int
    ) -> Run:
        return row_of(
            about,
            started,
            options or {},
            totals or {},
            inputs=documents + rejects + passed_over,
            documents=documents,
            rejects=rejects,
            skipped=passed_over,
            rows=rows,
            reasons={},
        )

    return row
