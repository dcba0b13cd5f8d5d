"""Tables that commit 2a2b62d wrote are read, and continued.

`tables-2a2b62d.tar.xz` was made there: two batches, a decision, a group of a stream, and a batch that was
killed right after it had written its journal.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from docassay.pipelines.maintain import compact_tables, quarantine_tables, verify_tables
from docassay.storage.decisions.record import Choice, decide, rows_of
from docassay.storage.tables import manifest
from docassay.storage.tables.parquet import read_table
from docassay.storage.transaction.transaction import recover
from tests.storage.runs import run
from tests.tables import result

A, B, C, D = (result(f"This is text {name} of a lease.", f"in/{name}.txt") for name in "abcd")
KILLED = "20260104T000000-dddddddd"


@pytest.fixture
def out(tmp_path: Path) -> str:
    with tarfile.open(Path(__file__).with_name("tables-2a2b62d.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    return str(tmp_path / "tables")


def uris(out: str) -> list[str]:
    paths = manifest.table_paths(out)["documents"].values()
    return sorted(uri for path in paths for uri in read_table("documents", path, ["uri"])["uri"].to_pylist())


def faults(out: str) -> list[tuple[str, str]]:
    return [(fault.kind, fault.path) for fault in verify_tables(out).faults]


def test_they_are_whole_but_for_the_run_that_was_killed(out: str) -> None:
    assert uris(out) == ["in/a.txt", "in/b.txt", "in/c.txt"]
    assert faults(out) == [("left_over", f"_staging/{KILLED}/publish.json")]
    (decision,) = rows_of(out, ["doc_id", "outcome", "reviewer"]).to_pylist()
    assert (decision["doc_id"], decision["outcome"]) == (A.doc_id, "dismissed")
    assert sorted(manifest.numbers(out)) == [1, 2, 3, 4]


def test_the_run_that_was_killed_is_finished_by_its_journal(out: str) -> None:
    assert recover(out) == [KILLED]
    assert uris(out) == ["in/a.txt", "in/b.txt", "in/c.txt", "in/d.txt"]
    assert faults(out) == [] and recover(out) == []


def test_they_are_continued(out: str) -> None:
    recover(out)  # as every run begins
    run(out, "20260105T000000-eeeeeeee", [B, D])
    assert uris(out) == ["in/a.txt", "in/b.txt", "in/c.txt", "in/d.txt"]
    (again,) = decide(out, [Choice(A.doc_id, "flag", "odd", "dismissed")], "anna")
    assert not again.added, "it counts already"
    (other,) = decide(out, [Choice(A.doc_id, "flag", "odd", "confirmed")], "bert")
    assert (other.sequence, other.supersedes) == (2, again.decision_id)
    compact_tables(out)
    assert faults(out) == []
    assert quarantine_tables(out)[1] is None
