"""Runs: what a run is called, what its files say of it, and its row of `runs`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime

from docassay.schemas.rows import TABLES, Run, Stamp
from docassay.storage.parquet import read_rows

SEPARATOR = "; "
"""Parts several values in a file's metadata: the models and rules of a run, the runs of a merged file."""

MICROSECONDS = ".microseconds"
"""The end of the name of a total that is a time."""


def new_run_id(begun: datetime) -> str:
    """Name a run by the time that it began, so that the names of its files are in order of time."""
    return f"{begun:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


def stamp(metadata: Mapping[str, str]) -> Stamp:
    """Make the stamp of rows that are written now by the run that the files' metadata names."""
    return Stamp(metadata["run_id"], datetime.now(UTC))


def joined(values: Iterable[str]) -> str:
    """Join several values for a file's metadata."""
    return SEPARATOR.join(values)


def parted(value: str) -> tuple[str, ...]:
    """Take apart what `joined` has joined.

    >>> parted(joined(["m@1 abc", "n@2 def"])), parted("")
    (('m@1 abc', 'n@2 def'), ())
    """
    return tuple(value.split(SEPARATOR)) if value else ()


def counts_of(totals: Mapping[str, int]) -> dict[str, int]:
    """Choose what stages counted from the totals of `observe.counters`."""
    return {name: n for name, n in sorted(totals.items()) if not name.endswith(MICROSECONDS)}


def seconds_of(totals: Mapping[str, int]) -> dict[str, float]:
    """Choose the times from the totals of `observe.counters`, in seconds by stage.

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
    """Make the row of `runs` of a run that ends now.

    Args:
        metadata: That of its files: its name, the version of docassay, models and rules.
        started: When it began, UTC.
        options: What it was started with.
        totals: What all its processes counted and measured.
        inputs: What there was to read.
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
    """Read the row of a file of `runs` that has one."""
    (row,) = read_rows("runs", path)
    own = {field.name: row[field.name] for field in fields(Run)}
    return Run(**{**own, "models": tuple(row["models"]), "rules": tuple(row["rules"])})
