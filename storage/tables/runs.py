"""Runs: the name of a run, the metadata of its files, and its row of `runs`."""

from __future__ import annotations

import json
import uuid
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import accumulate
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay import domains
from docassay.domains.rule_digest import question_digests
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run, Stamp

SEPARATOR = "; "
"""Separates values in a file's metadata: the models and rules of a run, the runs of a merged file."""

MICROSECONDS = ".microseconds"
"""Suffix of the name of a total that is a time."""


REMOVED = "removed."
"""Begins the names of counts that tell how many rows of other runs a run has removed, see `with_removed`."""

REMOVED_IN_ALL = f"{REMOVED}rows.all"
"""Their sum, which is there even where it is nought."""

COMMIT = "commit.number"
"""The count of a run that says in which commit it was published, which orders runs whatever clocks say."""


def new_run_id(begun: datetime) -> str:
    """Make the id of a run from the time it began, so that the names of files sort by time."""
    return f"{begun:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


def stamp(metadata: Mapping[str, str]) -> Stamp:
    """Make the stamp of rows that are written now, by the run that the metadata names."""
    return Stamp(metadata["run_id"], datetime.now(UTC))


def join_values(values: Iterable[str]) -> str:
    """Join values for a file's metadata."""
    return SEPARATOR.join(values)


def split_values(value: str) -> tuple[str, ...]:
    """Split what `join_values` has joined.

    >>> split_values(join_values(["m@1 abc", "n@2 def"])), split_values("")
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
    totals: Mapping[str, int] = MappingProxyType({}),
    *,
    inputs: int = 0,
    documents: int = 0,
    rejects: int = 0,
    skipped: int = 0,
    rows: Mapping[str, int] = MappingProxyType({}),
    reasons: Mapping[str, int] = MappingProxyType({}),
) -> Run:
    """Make the row of `runs` for a run, or a command that changes tables, that ends now.

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
        models=split_values(metadata["models"]),
        rules=split_values(metadata["rules"]),
        inputs=inputs,
        documents=documents,
        rejects=rejects,
        skipped=skipped,
        table_rows=json.dumps(
            {table: rows.get(table, 0) for table in TABLES if table not in ("runs", "decisions")}
        ),
        reasons=json.dumps(dict(reasons)),
        counts=json.dumps(counts_of(totals)),
        seconds=json.dumps(seconds_of(totals)),
        questions=_questions(split_values(metadata["rules"])),
    )


def _questions(rules: Iterable[str]) -> tuple[str, ...] | None:
    """List ``DOMAIN.ID sha256`` of each rule of these domains and overlays; None where others are here."""
    here = domains.digests()
    there = {name: digest for name, _, digest in (rule.partition(" ") for rule in rules)}
    if any(here.get(name) != digest for name, digest in there.items()):
        return None
    return tuple(
        f"{name} {digest}"
        for domain in domains.names()
        if domain in there
        for name, digest in question_digests(domain).items()
    )


def rows_by_run(table: str, run_ids: pa.ChunkedArray | pa.Array) -> Counter[tuple[str, str]]:
    """Count rows by run, from their `run_id`: ``(run_id, table)``."""
    counts = pc.value_counts(run_ids).to_pylist()
    return Counter({(str(one["values"]), table): one["counts"] for one in counts})


def with_removed(run: Run, removed: Mapping[tuple[str, str], int], commit: int | None = None) -> Run:
    """Add to the counts of a run what it has removed of others, ``removed.RUN.TABLE``, and its `COMMIT`.

    So it can be told whether what lies in the tables is all that the runs have put there, less what later
    ones have replaced (`storage.maintain.verify`).

    Args:
        run: The row of `runs`.
        removed: Rows by ``(run_id, table)``.
        commit: The number of its commit; None where the tables have no manifest.
    """
    added = {} if commit is None else {COMMIT: commit}
    counts = {f"{REMOVED}{other}.{table}": n for (other, table), n in sorted(removed.items()) if n}
    counts = {REMOVED_IN_ALL: sum(counts.values()), **counts}
    return replace(run, counts=json.dumps({**json.loads(run.counts), **counts, **added}))


def removed_by(counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Read from the counts of a run what `with_removed` has added.

    >>> removed_by({"removed.rows.all": 3, "removed.run-1.flags": 3, "read.in": 1})
    {('run-1', 'flags'): 3}
    """
    removed = {}
    for name, number in counts.items():
        if name.startswith(REMOVED) and name != REMOVED_IN_ALL:
            run_id, _, table = name.removeprefix(REMOVED).rpartition(".")
            removed[run_id, table] = number
    return removed


def commit_order(
    runs: Iterable[Mapping[str, Any]],
) -> Callable[[Mapping[str, Any]], tuple[int, datetime]]:
    """Make the key by which rows sort from the oldest to the latest; `views/sql/document_states.sql` does so.

    Rows of a run that has no number count as written after the runs that ended before them, by the clock.

    Args:
        runs: Rows of `runs`, with `run_id`, `finished` and `counts`.

    Returns:
        What gives the key of a row that has `run_id` and `processed_at`.
    """
    numbered = [(run["finished"], json.loads(run["counts"]).get(COMMIT, 0), run["run_id"]) for run in runs]
    numbers = {run_id: number for _, number, run_id in numbered if number}
    numbered.sort()
    highest = [0, *accumulate((number for _, number, _ in numbered), max)]

    def key(row: Mapping[str, Any]) -> tuple[int, datetime]:
        before = bisect_right(numbered, row["processed_at"], key=itemgetter(0))
        return numbers.get(row["run_id"], highest[before]), row["processed_at"]

    return key


def run_of_row(row: Mapping[str, Any]) -> Run:
    """Make a `Run` of its row by column; columns that it does not have are left out."""
    columns = {field.name: row[field.name] for field in fields(Run)}
    for name in ("models", "rules", "questions"):
        columns[name] = None if columns[name] is None else tuple(columns[name])
    return Run(**columns)
