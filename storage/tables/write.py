"""Write: validate a group of documents and write one Parquet file a table, in the staging folder."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from docassay.observe import counters, log
from docassay.schemas.arrow import row_columns, schema, stamp_columns
from docassay.schemas.rows import TABLES, Reject, Result
from docassay.schemas.runs import Stamp
from docassay.storage.tables.parquet import write_table
from docassay.storage.tables.runs import stamp
from docassay.storage.tables.validate import Row, validate
from docassay.transforms import faults

STAGING = "_staging"
"""The folder below the output in which a run's files wait; the globs of DuckDB and pandas skip it."""

QUARANTINE = ".quarantine"
"""The folder below the output to which `docassay verify --quarantine` moves what is damaged."""

SEARCH = ".search"
"""The folder below the output that has the index of `docassay search`; it can be deleted at any time."""

OF_RUNS = tuple(table for table in TABLES if table != "decisions")
"""Tables that runs write; people write the other one (`storage.decisions.record`)."""

UNGROUPED = ("rejects", "runs", "decisions")
"""Tables whose files belong to no group."""

GROUPED = tuple(table for table in TABLES if table not in UNGROUPED)
"""Tables whose files of one name are a group: they have the rows of the same documents."""

ORDER = (*(table for table in GROUPED if table != "documents"), "rejects", "documents", "runs")
"""The order in which tables are published: what belongs to a document before it, and the run last."""


_BROKEN = re.compile(r"(\w+)\.(\w+) is ")
"""How validation begins the detail of a reject."""


@dataclass(frozen=True, slots=True)
class Written:
    """A group of files, one a table at most, all of the same name.

    Attributes:
        name: The files' name; a table's file is ``FOLDER/TABLE/NAME``.
        rows: Rows by table; a table without rows has no file.
        reasons: Rejects by ``stage reason``.
        totals: What the writing process has counted and measured since its last group.
        passed_over: Inputs that have the same bytes as another one of the group (`DocumentRow.other_uris`).
    """

    name: str
    rows: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    passed_over: int = 0


def write(
    results: Sequence[Result],
    rejects: Sequence[Reject],
    folder: str,
    metadata: Mapping[str, str],
    name: str | None = None,
    write_file: Callable[[pa.Table, str, Mapping[str, str]], None] = write_table,
    full_validation: bool = False,
) -> Written:
    """Validate a group of documents; write the valid rows, and what is not valid as rejects.

    A document of which validation or Arrow fails on a row is rejected (`transforms.faults`).

    A document that is twice in the group is written once, under the first of its URIs in
    alphabetical order, with the others in `other_uris`, so that the outcome does not depend on which was read
    first.

    Args:
        results: Documents with their rows.
        rejects: Inputs that stages before this one refused.
        folder: Where the tables' folders are, any path that Beam's file systems know.
        metadata: Key-value metadata for every file, such as the models' digests; its ``run_id`` is that of
            every row.
        name: The files' name, or None for a unique one.
        write_file: Writes rows to ``FOLDER/TABLE/NAME``, with this metadata.
        full_validation: Run Great Expectations on every row; see `storage.tables.validate`.

    Raises:
        OSError: The disk is full, or the folder cannot be written; nothing of the group is published.
    """
    uris: dict[str, list[str]] = {}
    first: dict[str, Result] = {}
    for result in sorted(results, key=lambda result: (result.doc_id, result.uri)):
        uris.setdefault(result.doc_id, []).append(result.uri)
        first.setdefault(result.doc_id, result)
    stamped = stamp(metadata)
    distinct = [_with_other_uris(result, uris[doc_id]) for doc_id, result in first.items()]
    written, refused = _tables(distinct, stamped, full_validation)
    # What refuses a document refuses each input that has its bytes.
    again = [
        replace(row, uri=uri)
        for row in refused
        if row.table_name is None
        for uri in uris.get(row.doc_id or "", ())[1:]
    ]
    refusals = sorted(
        [*rejects, *refused, *again], key=lambda row: (row.uri, row.stage, row.reason, row.detail)
    )
    for refusal in refusals:
        log.rejected(refusal)
    if refusals:
        written["rejects"] = _rejects(refusals, stamped)
    name = name or f"{uuid.uuid4().hex}.parquet"
    for table, table_rows in written.items():
        write_file(table_rows, f"{folder}/{table}/{name}", metadata)
    reasons = Counter(f"{row.stage} {row.reason}" for row in refusals)
    return Written(
        name,
        {table: len(table_rows) for table, table_rows in written.items()},
        dict(reasons),
        passed_over=len(results) - len(first) - len(again),
    )


def _with_other_uris(result: Result, uris: Sequence[str]) -> Result:
    others = tuple(sorted({*uris} - {result.uri}))
    return replace(result, document=replace(result.document, other_uris=others))


def _tables(
    results: Sequence[Result], stamped: Stamp, full_validation: bool
) -> tuple[dict[str, pa.Table], list[Reject]]:
    """Validate documents, and turn what is valid into the tables that have rows; the rest are rejects."""
    groups: list[dict[str, pa.Table]] = []
    refused: list[Reject] = []

    def prepare(some: Sequence[Result]) -> Sequence[Result]:
        rows, broken = validate(some, stamped, full_validation)
        groups.append({table: arrow(table, of, stamped) for table, of in rows.items() if of})
        refused.extend(broken)
        counters.record(distribution(rows, broken))
        return some

    outcomes = faults.together("write", results, prepare)
    refused += [outcome for outcome in outcomes if isinstance(outcome, Reject)]
    names = dict.fromkeys(table for group in groups for table in group)
    return {
        name: pa.concat_tables(group[name] for group in groups if name in group) for name in names
    }, refused


def _rejects(rows: Sequence[Reject], stamped: Stamp) -> pa.Table:
    """Turn rejects into a table; characters that no file can hold are written as escapes."""
    try:
        return arrow("rejects", rows, stamped)
    except UnicodeError:
        return arrow(
            "rejects",
            [replace(row, uri=_escaped(row.uri), detail=_escaped(row.detail)) for row in rows],
            stamped,
        )


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def distribution(rows: Mapping[str, Sequence[Any]], refused: Sequence[Reject]) -> Counter[str]:
    """Count what validation made of a group, and how its documents and labels are distributed.

    A run's record keeps these counts, so that later runs can be compared with it: rows are replaced when a
    document is read again, and counts stay. Their names:

    - ``validate.checked.TABLE``: rows that were checked; ``validate.refused.TABLE.COLUMN.EXPECTATION``: those
      that broke an expectation and became rejects, by the first that they broke.
    - ``spread.kinds.DOMAIN.KIND``, ``spread.languages.TAG``: documents.
    - ``spread.asked.TASK``: documents with an answer to a task; ``spread.given.TASK.LABEL`` and
      ``spread.abstained.TASK.LABEL``: their labels.

    Args:
        rows: The valid rows by table, as `validate` gives them.
        refused: The rejects of rows that are not valid, of the same group.
    """
    counts: Counter[str] = Counter({f"validate.checked.{table}": len(of) for table, of in rows.items()})
    for reject in refused:
        if place := _BROKEN.match(reject.detail):
            table, column = place.groups()
            counts[f"validate.checked.{table}"] += 1
            counts[f"validate.refused.{table}.{column}.{reject.reason}"] += 1
    for document in rows["documents"]:
        counts[f"spread.kinds.{document.domain}.{document.kind}"] += 1
        counts[f"spread.languages.{document.language}"] += 1
    labels = rows["classifications"]
    for task, _ in {(label.task, label.doc_id) for label in labels}:
        counts[f"spread.asked.{task}"] += 1
    for label in labels:
        counts[f"spread.{'abstained' if label.abstained else 'given'}.{label.task}.{label.label}"] += 1
    return +counts


def duplicate(doc_id: str, uri: str) -> Reject:
    """Make the reject of an input of a stream whose bytes an input that is published has, too."""
    return Reject(doc_id, uri, "write", "duplicate", "another input has the same bytes; see its doc_id")


def arrow(table: str, rows: Sequence[Row], stamped: Stamp) -> pa.Table:
    """Turn rows of one class into an Arrow table of the locked schema, each with the stamp."""
    return pa.table(
        {
            name: [list(value) if isinstance(value, tuple) else value for value in values]
            for name, values in (row_columns(table, rows) | stamp_columns(table, stamped, len(rows))).items()
        },
        schema=schema(table),
    )
