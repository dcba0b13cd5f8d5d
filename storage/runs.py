"""Runs: the name of a run, the metadata of its files, and its row of `runs`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime

from docassay.schemas.rows import TABLES, Run, Stamp
from docassay.storage.parquet import read_rows

SEPARATOR = "; "
"""Separates values in a file's metadata: the models and rules of a run, the runs of a merged file."""

MICROSECONDS = ".microseconds"
"""Suffix of the name of a total that is a time."""


def new_run_id(begun: datetime) -> str:
    """Make the id of a run from the time it began, so that the names of files sort by time."""
    return f"{begun:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


def stamp(metadata: Mapping[str, str]) -> Stamp:
    """Make the stamp of rows that are written now, by the run that the metadata names."""
    return Stamp(metadata["run_id"], datetime.now(UTC))


def joined(values: Iterable[str]) -> str:
    """Join values for a file's metadata."""
    return SEPARATOR.join(values)


def parted(value: str) -> tuple[str, ...]:
    """Split what `joined` has joined.

    >>> parted(joined(["m@1 abc", "n@2 def"])), parted("")
    (('m@1 abc', 'n@2 def'), ())
    """
    return tuple(value.split(SEPARATOR)) if value else ()


def counts_of(totals: Mapping[str, int]) -> dict[str, int]:
    """Select what the stages counted from the totals of `observe.counters`."""
    return {name: n for name, n in sorted(totals.items()) if not name.endswith(MICROSECONDS)}


def seconds_of(totals: Mapping[str, int]) -> dict[str, float]:
    """Select the times from the totals of `observe.counters`, in seconds by stage.

    >>> seconds_of({"read.microseconds": 1_500_000, "read.in": 3})
    {'read': 1.5}
    """
    return {
        name.removesuffix(MICROSECONDS): round(spent / 1_000_000, 3)
        for name, spent in sorted(totals.items())
        if name.endswith(MICROSECONDS)
    }


def row_of(
    metadata: Mapping[str, str],
    started: datetime,
    options: Mapping[str, object],
    totals: Mapping[str, int],
    *,
    inputs: int,
    documents: int,
    rejects: int,
    skipped: int,
    rows: Mapping[str, int],
    reasons: Mapping[str, int],
) -> Run:
    """Make the row of `runs` for a run that ends now.

    Args:
        metadata: The metadata of its files: its id, the version of docassay, models and rules.
        started: When it began, UTC.
        options: The options that it was started with.
        totals: The totals of all its processes, as `observe.counters` has them.
        inputs: Inputs that there were to read.
        documents: Inputs that became documents.
        rejects: Inputs that did not.
        skipped: Inputs passed over.
        rows: Rows published, by table.
        reasons: Rejects, by stage and reason.
    """
    return Run(
        run_id=metadata["run_id"],
        started=started,
        finished=datetime.now(UTC),
        version=metadata["version"],
        options=json.dumps(options, sort_keys=True),
        models=parted(metadata["models"]),
        rules=parted(metadata["rules"]),
        inputs=inputs,
        documents=documents,
        rejects=rejects,
        skipped=skipped,
        table_rows=json.dumps({table: rows.get(table, 0) for table in TABLES if table != "runs"}),
        reasons=json.dumps(dict(reasons)),
        counts=json.dumps(counts_of(totals)),
        seconds=json.dumps(seconds_of(totals)),
    )


def read_run(path: str) -> Run:
    """Read the only row of a file of `runs`."""
    (row,) = read_rows("runs", path)
    columns = {field.name: row[field.name] for field in fields(Run)}
    return Run(**{**columns, "models": tuple(row["models"]), "rules": tuple(row["rules"])})
