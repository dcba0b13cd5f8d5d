"""What is counted of real documents: kinds, fraud found, false alarms; each file once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from research.benchmarks import real
from research.benchmarks.real import Expected, Outcome


def _table(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / name).mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / name / "run-0.parquet")


def _expected(file: str, *kinds: str, fraud: bool = False, language: str = "en") -> Expected:
    return Expected(file, file.split("/")[0], "", frozenset(kinds), fraud, language)


def test_rows_are_found_by_file_and_copies_share_their_flags(tmp_path: Path) -> None:
    document = {"doc_id": "1", "kind": "email", "domain": "unknown", "status": "clear"}
    places = {"uri": "/real/mail_ham/a.eml", "other_uris": ["/real/mail_ham/d.eml"]}
    _table(tmp_path, "documents", [{**document, **places}])
    unreadable = {"uri": "/real/mail_ham/b.eml", "table_name": None, "reason": "empty", "doc_id": None}
    _table(tmp_path, "rejects", [unreadable])
    _table(tmp_path, "flags", [{"doc_id": "1", "code": "c", "severity": "high"}])
    found = real.outcomes(tmp_path, [f"mail_ham/{letter}.eml" for letter in "abcd"])
    assert found["mail_ham/a.eml"].document is not None
    assert found["mail_ham/a.eml"].severe == {"c"}
    assert found["mail_ham/d.eml"].document is not None
    assert found["mail_ham/d.eml"].severe == {"c"}
    assert found["mail_ham/b.eml"].reject is not None
    assert "mail_ham/c.eml" not in found


def test_the_longest_part_stands_for_a_file_that_is_cut(tmp_path: Path) -> None:
    def row(name: str, chars: int) -> dict[str, Any]:
        return {"doc_id": name, "uri": f"/real/nda_pdf/{name}", "chars": chars, "other_uris": None}

    parts = {"a.pdf#part-1": 48, "a.pdf#part-2": 9_000, "a.pdf#part-3": 700, "b.eml#attachment-1": 90}
    _table(tmp_path, "documents", [row(*part) for part in parts.items()])
    unreadable = {"uri": "/real/nda_pdf/a.pdf#part-4", "table_name": None, "reason": "no_text"}
    _table(tmp_path, "rejects", [unreadable, {**unreadable, "uri": "/real/nda_pdf/c.pdf#part-1"}])
    _table(tmp_path, "flags", [{"doc_id": "a.pdf#part-3", "code": "c", "severity": "high"}])
    found = real.outcomes(tmp_path, ["nda_pdf/a.pdf", "nda_pdf/b.eml", "nda_pdf/c.pdf"])
    document = found["nda_pdf/a.pdf"].document
    assert document is not None and document["doc_id"] == "a.pdf#part-2"
    assert found["nda_pdf/a.pdf"].reject is None
    assert found["nda_pdf/a.pdf"].severe == {"c"}, "the flags of every part count"
    assert found["nda_pdf/b.eml"].document is None, "an attachment is not its mail"
    assert found["nda_pdf/c.pdf"].reject is not None


def test_fraud_is_counted_with_and_without_the_headers_own_sign() -> None:
    by_headers = Outcome(flags=[{"code": real.BY_HEADERS, "severity": "high"}])
    by_content = Outcome(flags=[{"code": "advance_fee", "severity": "critical"}])
    weak = Outcome(flags=[{"code": "haste", "severity": "medium"}])
    found = {"mail_bec/1": by_headers, "mail_bec/2": by_content, "mail_bec/3": weak}
    expected = [_expected(file, fraud=True) for file in found]
    ((_, everything, content),) = real.fraud(expected, found)
    assert everything.startswith("2/3")
    assert content.startswith("1/3")


def test_a_legitimate_document_with_a_severe_flag_is_named_by_its_rule() -> None:
    found = {
        "terms/1": Outcome(flags=[{"code": "advance_fee", "severity": "critical"}]),
        "terms/2": Outcome(),
    }
    ((group, flagged, rules),) = real.false_alarms([_expected(file) for file in found], found)
    assert (group, rules) == ("terms", "advance_fee 1")
    assert flagged.startswith("1/2")


def test_one_of_several_right_kinds_counts_and_a_reject_does_not() -> None:
    found = {
        "note/1": Outcome(document={"kind": "consult", "domain": "medical", "status": "clear"}),
        "note/2": Outcome(),
    }
    expected = [_expected("note/1", "consult", "visit_note"), _expected("note/2", "consult")]
    ((_, read, kind, _, status),) = real.by_group(expected, found)
    assert read.startswith("1/2")
    assert kind.startswith("1/2")
    assert status == "clear 1 rejected 1"
