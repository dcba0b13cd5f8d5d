"""Rows for tests, and tables read back from an output folder."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from docassay.schemas.pages import Box
from docassay.schemas.rows import TABLES, Classification, DocumentRow, Finding, Flag, Result, Segment
from docassay.schemas.runs import Stamp

STAMP = Stamp("run-1", datetime(2025, 3, 1, tzinfo=UTC))
STAMPED = tuple(field.name for field in fields(Stamp))

Rows = dict[str, list[dict[str, Any]]]


def result(text: str, uri: str = "a.txt", **about: Any) -> Result:
    """Make every row of a document that has one segment, one label, one flag and one finding."""
    doc_id = hashlib.sha256(text.encode()).hexdigest()
    document = {
        "doc_id": doc_id,
        "uri": uri,
        "parent_id": None,
        "domain": "legal",
        "domain_probability": 0.9,
        "kind": "nda",
        "media_type": "text/plain",
        "language": "en",
        "language_probability": 0.99,
        "title": None,
        "chars": len(text),
        "tokens": 5,
        "segments": 1,
        "event_time": None,
        "risk": 0.3,
        "status": "flagged",
        "reasons": ("flag:odd",),
    }
    rule = {"severity": "medium", "why": "it is odd", "source": "a handbook, section 1"}
    return Result(
        document=DocumentRow(**{**document, **about}),
        text=text,
        segments=(Segment(doc_id, 0, 0, len(text), ("One",), text, "en"),),
        classifications=(Classification(doc_id, 0, "clause_type", "insurance", 0.8, False, "m@1"),),
        flags=(
            Flag(
                doc_id=doc_id,
                code="odd",
                probability=None,
                start_char=0,
                end_char=4,
                evidence=text[:4],
                decided_by="rule legal.odd",
                page=3,
                boxes=(Box(3, 72, 80.25, 120, 92), Box(3, 72, 94, 100, 106)),
                **rule,  # type: ignore[arg-type]
            ),
        ),
        findings=(
            Finding(
                doc_id=doc_id,
                check_id="notice",
                verdict="fail",
                start_char=None,
                end_char=None,
                evidence=None,
                searched=("One",),
                decided_by="rule legal.notice",
                **rule,  # type: ignore[arg-type]
            ),
        ),
    )


def tables(out: Path) -> Rows:
    """Read every table below a folder, as a user's glob does, sorted so that files do not matter."""
    found: Rows = {}
    for table in TABLES:
        rows = [
            row
            for path in sorted((out / table).rglob("*.parquet"))
            for row in pq.read_table(path, partitioning=None).to_pylist()
        ]
        found[table] = sorted(rows, key=_without_its_stamp)
    return found


def without_runs(found: Rows) -> Rows:
    """Leave out what differs from run to run: the table `runs`, and the stamp of every row."""
    return {
        table: [{name: value for name, value in row.items() if name not in STAMPED} for row in rows]
        for table, rows in found.items()
        if table != "runs"
    }


def _without_its_stamp(row: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in row.items() if name not in STAMPED)
