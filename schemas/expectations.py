"""Expectations of every row of a table, as data; `tables.validate` checks them with Great Expectations.

Each table has a list of (expectation, arguments). Three columns are added to a table only while it is
validated: ``known`` (the row's document, or segment, is in the same group), ``exact`` (its offsets give its
text) and ``placed`` (its boxes begin on its page, each from its upper left to its lower right).
"""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.decisions import OBJECTS, OUTCOMES
from docassay.schemas.rows import SEVERITIES, STATUSES, TABLES, VERDICTS

Expectation = tuple[str, dict[str, Any]]

NOT_NULL = "ExpectColumnValuesToNotBeNull"
SHA256 = r"^[0-9a-f]{64}$"
SNAKE = r"^[a-z][a-z0-9_]*$"
LABEL = r"^[^\x00-\x1f\x7f]{1,100}$"
"""Labels keep the spelling of the model's card, which a user may have written."""
RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""The names of a run's files begin with its name."""
EARLIEST = "1900-01-01T00:00:00+00:00"
LATEST = "2200-01-01T00:00:00+00:00"


def _between(column: str, low: float | None = 0, high: float | None = 1) -> Expectation:
    return "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high}


def _one_of(column: str, values: tuple[str, ...]) -> Expectation:
    return "ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)}


def _matches(column: str, regex: str) -> Expectation:
    return "ExpectColumnValuesToMatchRegex", {"column": column, "regex": regex}


def _holds(column: str) -> Expectation:
    return "ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}


def _after(late: str, early: str) -> Expectation:
    return "ExpectColumnPairValuesAToBeGreaterThanB", {
        "column_A": late,
        "column_B": early,
        "ignore_row_if": "either_value_is_missing",
    }


_OF_TABLE: dict[str, list[Expectation]] = {
    "documents": [
        ("ExpectColumnValuesToBeUnique", {"column": "doc_id"}),
        _matches("domain", SNAKE),
        _matches("language", r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"),
        _matches("media_type", r"^[a-z]+/[A-Za-z0-9.+-]+$"),
        _between("domain_probability"),
        _between("language_probability"),
        _between("risk"),
        _between("chars", 1, None),
        _between("segments", 1, None),
        _between("tokens", 0, None),
        _one_of("status", STATUSES),
        _between("event_time", EARLIEST, LATEST),  # type: ignore[arg-type]  # times compare as times
    ],
    "segments": [
        _between("segment", 0, None),
        _between("start_char", 0, None),
        _after("end_char", "start_char"),
        _holds("exact"),
        _between("page", 1, None),
        _holds("placed"),
    ],
    "classifications": [
        _between("probability"),
        _matches("task", SNAKE),
        _matches("label", LABEL),
        _matches("escalation", SNAKE),
        _matches("small_label", LABEL),
        _between("small_probability"),
    ],
    "entities": [
        _matches("label", SNAKE),
        _between("probability"),
        _between("segment", 0, None),
        _between("start_char", 0, None),
        _after("end_char", "start_char"),
        _holds("exact"),
        _between("page", 1, None),
        _holds("placed"),
    ],
    "flags": [
        _matches("code", SNAKE),
        _one_of("severity", SEVERITIES),
        _between("probability"),
        _between("start_char", 0, None),
        _after("end_char", "start_char"),
        _holds("exact"),
        _between("page", 1, None),
        _holds("placed"),
        _matches("decided_by", r"^(rule|model) \S+$"),
    ],
    "findings": [
        _matches("check_id", SNAKE),
        _one_of("verdict", VERDICTS),
        _one_of("severity", SEVERITIES),
        _between("start_char", 0, None),
        _after("end_char", "start_char"),
        _holds("exact"),
        _between("page", 1, None),
        _holds("placed"),
        _matches("decided_by", r"^(rule|model) \S+$"),
    ],
    "translations": [_between("segment", 0, None)],
    "rejects": [_matches("stage", SNAKE), _matches("reason", SNAKE)],
    "runs": [],
    "decisions": [
        ("ExpectColumnValuesToBeUnique", {"column": "decision_id"}),
        _matches("decision_id", r"^[0-9a-f]{32}$"),
        _between("sequence", 1, None),
        _one_of("object", OBJECTS),
        _one_of("outcome", OUTCOMES),
        _between("start_char", 0, None),
        _after("end_char", "start_char"),
        _after("corrected_end", "corrected_start"),
        _matches("corrected_label", LABEL),
        _matches("evidence_digest", SHA256),
        _matches("content_digest", SHA256),
        _matches("previous", SHA256),
        _matches("digest", SHA256),
    ],
}


def expectations(table: str) -> list[Expectation]:
    """List what must hold of every row of a table.

    Columns that may not be null come from the schema, the digest and presence of the document from the
    keys, run and time from the stamp; the rest belongs to the table.
    """
    hints = get_type_hints(TABLES[table])
    stamp: list[Expectation] = [
        _matches("run_id", RUN_ID),
        _between("processed_at", EARLIEST, LATEST),  # type: ignore[arg-type]  # times compare as times
    ]
    from_schema: list[Expectation] = [
        (NOT_NULL, {"column": column.name})
        for column in schema(table)
        if not column.nullable and not pa.types.is_list(column.type)
    ]
    if "doc_id" in hints and type(None) not in get_args(hints["doc_id"]):
        from_schema.append(_matches("doc_id", SHA256))
        if table not in ("documents", "decisions"):  # which stay when a document is forgotten
            from_schema.append(_holds("known"))
    return from_schema + stamp + _OF_TABLE[table]
