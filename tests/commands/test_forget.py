"""`docassay forget`: no file, manifest or set-aside copy has the document any more, and a receipt stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.pipelines.maintain import compact_tables, forget_documents, quarantine_tables, verify_tables
from docassay.schemas.rows import Reject
from docassay.storage.maintain import forget as module
from docassay.storage.tables.write import duplicate
from tests.storage.runs import copied, run
from tests.tables import result, tables

SECRET = "Zaphod Beeblebrox owes the landlord."
MAIL = result(SECRET, "mail.eml")
ATTACHED = result("Enclosed is the lease of Zaphod.", "mail.eml#attachment-1", parent_id=MAIL.document.doc_id)
OTHER = result("This is a lease.", "other.txt")


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads beside these tests, so nobody is waited for."""
    monkeypatch.setattr(module, "READERS_SECONDS", 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "out"
    run(place, "run-1", [MAIL, ATTACHED, duplicate(MAIL.document.doc_id, "copy.eml")], [OTHER])
    return place


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path / "out")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def holding(out: Path, doc_id: str) -> list[str]:
    """List the files below a folder that have a row of a document, other than receipts."""
    found = []
    for path in out.rglob("*"):
        if path.suffix == ".parquet" and path.parent.name != "runs":
            try:
                if doc_id in pq.read_table(path)["doc_id"].to_pylist():
                    found.append(str(path))
            except pa.ArrowInvalid:
                found.append(str(path))  # nobody can tell
        elif path.is_file() and path.suffix != ".parquet" and doc_id.encode() in path.read_bytes():
            found.append(str(path))
    return found


def test_every_row_goes_with_what_lay_in_it_and_the_receipt_has_no_text(out: Path) -> None:
    run(out, "run-2", [result(SECRET, "mail.eml", risk=0.9)])  # so that an earlier manifest has it, too
    assert holding(out, MAIL.document.doc_id)
    done = call("forget", out, MAIL.document.doc_id[:12], "--why", "a request")
    assert done.exit_code == 0, done.output
    assert MAIL.document.doc_id in done.output and "forgotten: 2 documents" in done.output
    for one in (MAIL, ATTACHED):
        assert holding(out, one.document.doc_id) == []
    assert [row["uri"] for row in tables(out)["documents"]] == ["other.txt"]
    assert tables(out)["rejects"] == [], "that another input had the same bytes is told no more"
    (receipt,) = [r for r in tables(out)["runs"] if json.loads(r["options"]).get("command") == "forget"]
    options = json.loads(receipt["options"])
    assert options["doc_ids"] == sorted([MAIL.document.doc_id, ATTACHED.document.doc_id])
    assert options["why"] == "a request" and "Zaphod" not in repr(receipt)
    assert verify_tables(str(out)).faults == []
    for path in out.rglob("*"):
        assert not path.is_file() or b"Zaphod" not in path.read_bytes(), path


def test_one_document_is_told_as_one(out: Path) -> None:
    doc_id = ATTACHED.document.doc_id
    assert "1 document would be forgotten" in call("forget", out, doc_id, "--dry-run").output
    assert "forgotten: 1 document; rows" in call("forget", out, doc_id, "--why", "a request").output


def test_it_goes_from_what_was_set_aside(out: Path) -> None:
    (out / "flags/run-1-00000.parquet").write_bytes(b"damaged")
    _, aside = quarantine_tables(str(out))
    assert aside is not None and holding(out, MAIL.document.doc_id)
    run(out, "run-2", [MAIL, ATTACHED])
    done = call("forget", out, MAIL.document.doc_id, "--why", "a request")
    assert done.exit_code == 0 and done.output.count("deleted, since") >= 5
    assert holding(out, MAIL.document.doc_id) == []


def test_documents_that_are_old_go(out: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    chosen, done = forget_documents(str(out), [], "time is up", later, dry_run=True)
    assert len(chosen) == 3 and done is None and len(tables(out)["documents"]) == 3
    assert call("forget", out, "--older-than", "1d", "--why", "x").output.strip() == "nothing to forget"
    forget_documents(str(out), [], "time is up", later)
    assert tables(out)["documents"] == [] and verify_tables(str(out)).faults == []


def test_a_receipt_of_many_is_several_rows(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECEIPTS", 2)
    _, done = forget_documents(str(out), [], "all", datetime.now(UTC) + timedelta(days=1))
    assert done is not None and len(done.run_ids) == 2
    options = [json.loads(row["options"]) for row in tables(out)["runs"] if row["run_id"] in done.run_ids]
    assert sorted(doc_id for one in options for doc_id in one["doc_ids"]) == list(done.doc_ids)
    assert verify_tables(str(out)).faults == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--why", "x"], "give a doc_id or --older-than"),
        (["12345678"], "give --why"),
        (["12345678", "--why", "x"], "no document has the id"),
        (["0123", "--why", "x"], "the first eight may be enough"),
        (["--older-than", "soon", "--why", "x"], "neither a number of days (730d) nor a date"),
        (["--older-than", "2024-13-01", "--why", "x"], "neither a number of days (730d) nor a date"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(out: Path, arguments: list[str], says: str) -> None:
    before = tables(out)
    done = call("forget", out, *arguments)
    assert done.exit_code == 2 and says in done.output and done.output.count("\n") == 1
    assert tables(out) == before


def test_an_id_that_fits_several_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ["abcdef01" + "0" * 56, "abcdef01" + "1" * 56]
    run(tmp_path, "run-1", [])
    monkeypatch.setattr(module, "table_paths", lambda _: {"documents": {"x": "x"}})
    rows = {
        "doc_id": ids,
        "uri": ["a", "b"],
        "parent_id": [None, None],
        "processed_at": [datetime.now(UTC)] * 2,
    }
    monkeypatch.setattr(module, "read_table", lambda *_: pa.table(rows))
    with pytest.raises(ValueError, match="2 documents have the id"):
        module.chosen(str(tmp_path), ["abcdef01"])
    assert module.chosen(str(tmp_path), [ids[0]]) == [ids[0]]


def test_after_compaction_and_with_other_rejects_only_its_own_rows_go(out: Path) -> None:
    run(out, "run-2", [Reject(None, "empty.txt", "read", "empty", "-")])
    compact_tables(str(out))
    before = tables(out)
    forget_documents(str(out), [OTHER.document.doc_id], "a request")
    after = tables(out)
    for table in ("documents", "segments", "flags", "findings"):
        kept = [row for row in before[table] if row["doc_id"] != OTHER.document.doc_id]
        assert after[table] == kept, table
    assert len(after["rejects"]) == 2
