"""Write: what breaks an expectation is rejected by name, the rest is in files of the locked schema."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from docassay.schemas.arrow import LOCKED, schema, text
from docassay.schemas.rows import Reject, Result
from docassay.storage.tables.write import write
from tests.families import quick_first
from tests.tables import Rows, result, tables

ABOUT = {"run_id": "run-1", "version": "0.1.0", "models": "m@1 abc"}


def test_a_group_is_one_file_a_table_of_one_name(tmp_path: Path) -> None:
    written = write(
        [result("The whole text.")], [Reject(None, "b.txt", "read", "empty", "-")], str(tmp_path), ABOUT
    )
    names = {path.name for path in tmp_path.rglob("*.parquet")}
    assert names == {written.name}
    assert written.rows == {
        "documents": 1,
        "segments": 1,
        "classifications": 1,
        "flags": 1,
        "findings": 1,
        "rejects": 1,
    }
    assert not (tmp_path / "translations").exists(), "a table without rows has no file"
    assert written.reasons == {"read empty": 1}


def test_files_have_the_locked_schema_and_say_which_run_and_models_made_them(tmp_path: Path) -> None:
    written = write([result("The whole text.")], [], str(tmp_path), ABOUT)
    for table in written.rows:
        file = pq.ParquetFile(tmp_path / table / written.name)
        assert file.schema_arrow.remove_metadata().equals(schema(table))
        assert (LOCKED / f"{table}.txt").read_text() == text(table)
        metadata = file.schema_arrow.metadata
        assert {key: metadata[f"docassay.{key}".encode()].decode() for key in ABOUT} == ABOUT
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_bytes_that_stand_twice_are_one_document_under_the_first_uri(tmp_path: Path) -> None:
    twins = [result("The same.", uri) for uri in ("c.txt", "a.txt", "b.txt")]
    for order in (twins, twins[::-1]):
        folder = tmp_path / order[0].document.uri
        write(order, [], str(folder), ABOUT)
        found = tables(folder)
        assert [row["uri"] for row in found["documents"]] == ["a.txt"]
        assert len(found["segments"]) == 1
        assert [row["other_uris"] for row in found["documents"]] == [["b.txt", "c.txt"]]
        assert not found["rejects"]


def changed(table: str, values: dict[str, Any], text: str = "The whole text.", uri: str = "a.txt") -> Result:
    """Give a document with one row of `table` that is not as it should be."""
    good = result(text, uri)
    if table == "documents":
        return replace(good, document=replace(good.document, **values))
    (row,) = getattr(good, table)
    return replace(good, **{table: (replace(row, **values),)})


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("documents", {"domain_probability": 1.2}, "expect_column_values_to_be_between"),
    ("documents", {"status": "fine"}, "expect_column_values_to_be_in_set"),
    ("documents", {"doc_id": "1234"}, "expect_column_values_to_match_regex"),
    ("documents", {"chars": 0}, "expect_column_values_to_be_between"),
    ("documents", {"language": "English"}, "expect_column_values_to_match_regex"),
    ("segments", {"end_char": 7}, "expect_column_values_to_be_in_set"),
    ("segments", {"start_char": -1}, "expect_column_values_to_be_between"),
    ("segments", {"end_char": 0, "text": ""}, "expect_column_pair_values_a_to_be_greater_than_b"),
    ("classifications", {"probability": 1.01}, "expect_column_values_to_be_between"),
    ("classifications", {"label": "two\nlines"}, "expect_column_values_to_match_regex"),
    ("classifications", {"segment": 3}, "expect_column_values_to_be_in_set"),
    ("flags", {"evidence": "That"}, "expect_column_values_to_be_in_set"),
    ("flags", {"severity": "awful"}, "expect_column_values_to_be_in_set"),
    ("flags", {"doc_id": "0" * 64}, "expect_column_values_to_be_in_set"),
    ("flags", {"why": None}, "expect_column_values_to_not_be_null"),
    ("findings", {"verdict": "perhaps"}, "expect_column_values_to_be_in_set"),
    ("findings", {"decided_by": "nobody"}, "expect_column_values_to_match_regex"),
]
"""A table, what is wrong in a row of it, and the expectation that it breaks."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Write every broken row, each in a document of its own, and a good document, in one group."""
    folder = tmp_path_factory.mktemp("mixed")
    bad = [changed(table, v, f"This is text {n}.", f"{n}.txt") for n, (table, v, _) in enumerate(BROKEN)]
    write([*bad, result("As it should be.", "good.txt")], [], str(folder), ABOUT)
    return tables(folder)


@pytest.mark.parametrize("n", range(len(BROKEN)), ids=lambda n: f"{BROKEN[n][0]} {BROKEN[n][1]}")
def test_a_row_that_breaks_an_expectation_is_rejected_with_its_name(mixed: Rows, n: int) -> None:
    table, values, expectation = BROKEN[n]
    uri = "" if values.get("doc_id", "") == "0" * 64 else f"{n}.txt"  # the row belongs to no document
    rejects = {row["table_name"]: row for row in mixed["rejects"] if row["uri"] == uri}
    refused = rejects[None if table == "documents" else table]
    assert refused["reason"] == expectation
    assert refused["stage"] == "validate"
    assert (f"{n}.txt" in [row["uri"] for row in mixed["documents"]]) == (table != "documents")
    if table == "documents":
        assert list(rejects) == [None], "one input, one reject, and none for the rows that went with it"


@pytest.mark.slow
def test_the_library_judges_rows_that_compiled_expectations_pass_where_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docassay.storage.tables.validate.holds", lambda *_: True)
    bad = changed("flags", {"severity": "awful"})
    assert write([bad], [], str(tmp_path / "auto"), ABOUT).rows["flags"] == 1
    written = write([bad], [], str(tmp_path / "full"), ABOUT, full_validation=True)
    assert written.reasons == {"validate expect_column_values_to_be_in_set": 1}


def test_rows_that_hold_need_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    assert write([result("The whole text.")], [], str(tmp_path), ABOUT).rows["documents"] == 1


def test_rows_that_hold_stay(mixed: Rows) -> None:
    (good,) = (row["doc_id"] for row in mixed["documents"] if row["uri"] == "good.txt")
    for table in ("segments", "classifications", "flags", "findings"):
        assert good in {row["doc_id"] for row in mixed[table]}, table
    documents = {row["doc_id"] for row in mixed["documents"]}
    for table in ("segments", "classifications", "flags", "findings"):
        assert {row["doc_id"] for row in mixed[table]} <= documents, f"{table} points to no document"


def test_a_segment_that_is_refused_takes_along_what_points_to_it(tmp_path: Path) -> None:
    write([changed("segments", {"end_char": 7})], [], str(tmp_path), ABOUT)
    found = tables(tmp_path)
    assert not found["segments"]
    assert not found["classifications"]
    assert {row["table_name"] for row in found["rejects"]} == {"segments", "classifications"}


@pytest.mark.parametrize(
    ("table", "values"),
    quick_first(
        2,
        [
            ("documents", {"title": "a lone \ud800 surrogate"}),
            ("segments", {"heading": (3,)}),
            ("documents", {"tokens": 2**70}),
            ("documents", {"reasons": (1,)}),
            ("documents", {"event_time": "yesterday"}),
            ("findings", {"why": b"\xff"}),
        ],
    ),
)
def test_a_row_that_no_file_can_hold_rejects_its_document_and_no_other(
    tmp_path: Path, table: str, values: dict[str, Any]
) -> None:
    good = [result(f"As it should be, {n}.", f"good-{n}.txt") for n in range(4)]
    group = [*good[:2], changed(table, values, uri="bad.txt"), *good[2:]]
    written = write(group, [Reject(None, "b.txt", "read", "empty", "-")], str(tmp_path), ABOUT)
    found = tables(tmp_path)
    assert sorted(row["uri"] for row in found["documents"]) == [f"good-{n}.txt" for n in range(4)]
    assert len(found["segments"]) == len(found["flags"]) == 4
    (reject,) = [row for row in found["rejects"] if row["uri"] == "bad.txt"]
    assert reject["table_name"] is None and reject["stage"] in ("write", "validate")
    assert written.rows["documents"] == 4 and sum(written.reasons.values()) == 2


def test_a_reject_whose_name_no_file_can_hold_is_written_with_escapes(tmp_path: Path) -> None:
    write([], [Reject(None, "kafka:\ud800", "read", "empty", "\udcff")], str(tmp_path), ABOUT)
    (row,) = tables(tmp_path)["rejects"]
    assert (row["uri"], row["detail"]) == ("kafka:\\ud800", "\\udcff")


def test_a_disk_that_takes_nothing_raises(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_bytes(b"")
    with pytest.raises(OSError):
        write([result("The whole text.")], [], f"{place}{os.sep}below", ABOUT)
