"""What the tests of catalogs share: runs of documents, and tables read back in one state."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pyiceberg.table import Table

from docassay.schemas.rows import Reject
from docassay.storage.catalogs import destination
from docassay.storage.catalogs.connection import Connection
from docassay.storage.tables.write import OF_RUNS
from tests.storage.runs import run
from tests.tables import Rows, result

CHILDREN = ("segments", "classifications", "flags", "findings")
"""Tables of which `tests.tables.result` makes one row a document."""


def run_id(number: int) -> str:
    """Make the id of a run as they are in earnest: from the time, so that later ones sort later."""
    return f"20250301T{number:06d}-{number:08x}"


def doc_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def put(out: str, number: int, *groups: Iterable[str], rejects: Iterable[str] = ()) -> str:
    """Publish a run of documents with these texts, in groups; each document's URI is its text."""
    made: list[list[object]] = [[result(text, uri=f"{text}.txt") for text in group] for group in groups]
    made[0] += [Reject(None, uri, "parse", "malformed", "it is broken") for uri in rejects]
    with destination(out).write_access():
        run(out, run_id(number), *made)  # type: ignore[arg-type]
    return run_id(number)


def rows(out: str) -> Rows:
    """Read all tables, through PyIceberg."""
    connection = Connection(out)
    return {name: connection.table(name).scan().to_arrow().to_pylist() for name in OF_RUNS}


def table(out: str, name: str) -> Table:
    return Connection(out).table(name)


def documents(out: str) -> dict[str, str]:
    """Give the run of each document by its text, after a check that every table tells the same.

    Raises:
        AssertionError: A document is there twice, or not in every table, or its rows are of two runs.
    """
    found = rows(out)
    by_table = {
        name: Counter((row["doc_id"], row["run_id"]) for row in found[name])
        for name in ("documents", *CHILDREN)
    }
    for name in CHILDREN:
        assert by_table[name] == by_table["documents"], name
    ids = [row["doc_id"] for row in found["documents"]]
    assert len(ids) == len(set(ids)), "a document is there twice"
    return {row["uri"].removesuffix(".txt"): row["run_id"] for row in found["documents"]}


def local(tmp_path: Path) -> str:
    return f"iceberg://{tmp_path}/lake/contracts"
