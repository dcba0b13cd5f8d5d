"""Notes on documents and who looks at each: rows of the table decisions that decide nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines.maintain import forget_documents, verify_tables
from docassay.schemas.errors import UsageError
from docassay.storage.decisions.lists import read_choices
from docassay.storage.decisions.on_documents import assigned, noted
from docassay.storage.decisions.record import Choice, decide, rows_of, withdraw
from docassay.views import export
from docassay.views.query import ask
from docassay.views.show import overview
from tests.storage.runs import run
from tests.tables import result

ONE, OTHER = result("This is odd, and a text of some length."), result("Another text of note", "b.txt")


@pytest.fixture
def out(tmp_path: Path) -> str:
    run(tmp_path / "out", "run-1", [ONE, OTHER])
    return str(tmp_path / "out")


def asked(out: str, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ask(out, sql).rows()]


def test_each_note_stays_and_the_latest_word_on_who_looks_counts(out: str) -> None:
    decide(out, [noted(ONE.doc_id, "called the bank"), assigned(ONE.doc_id, "Bea")], "Ann")
    decide(out, [noted(ONE.doc_id[:8], "called the bank"), assigned(ONE.doc_id, "Cid")], "Bea")
    assert asked(out, "select note, reviewer from notes") == [
        ("called the bank", "Ann"),
        ("called the bank", "Bea"),
    ]
    assert asked(out, "select doc_id, assigned_to, assigned_by from assignments") == [
        (ONE.doc_id, "Cid", "Bea")
    ]
    decide(out, [assigned(ONE.doc_id, "")], "Ann")
    assert asked(out, "select assigned_to from assignments") == []
    assert not verify_tables(out).faults


def test_they_are_taken_back_one_by_one(out: str) -> None:
    first, second, _ = decide(
        out, [noted(ONE.doc_id, "one"), noted(ONE.doc_id, "two"), assigned(ONE.doc_id, "Bea")], "Ann"
    )
    (third,) = decide(out, [assigned(ONE.doc_id, "Cid")], "Ann")
    withdraw(out, [first.decision_id, third.decision_id], "Ann")
    assert asked(out, "select note, decision_id from notes") == [("two", second.decision_id)]
    assert asked(out, "select assigned_to from assignments") == [("Bea",)]


def test_they_decide_nothing(out: str) -> None:
    sql = "select doc_id, state, decided_status, to_decide, left_to_decide from documents_decided order by 1"
    before = asked(out, sql)
    decide(out, [noted(ONE.doc_id, "odd"), assigned(OTHER.doc_id, "Bea")], "Ann")
    assert asked(out, sql) == before
    assert asked(out, "from decisions_matched") == []


def test_a_note_of_an_id_that_is_there_is_not_added_again(out: str) -> None:
    same = noted(ONE.doc_id, "sent twice", decision_id="ab" * 16)
    assert [decide(out, [same], "Ann")[0].added for _ in range(2)] == [True, False]


def test_they_go_to_other_tables_with_the_decisions(out: str, tmp_path: Path) -> None:
    decide(out, [noted(ONE.doc_id, "of two\nlines"), assigned(ONE.doc_id, "Bea")], "Ann")
    found = ask(out, "from decisions_to_carry")
    with (tmp_path / "carried.csv").open("w", newline="") as file:
        export.write_csv(found.schema, found.batches(), file)
    other = str(tmp_path / "other")
    run(other, "run-1", [ONE])
    choices = read_choices(str(tmp_path / "carried.csv"))
    for added in (2, 0):
        assert sum(one.added for one in decide(other, choices, "Cid")) == added
    assert asked(other, "select note, reviewer from notes") == [("of two\nlines", "Ann")]
    assert asked(other, "select assigned_to, assigned_by from assignments") == [("Bea", "Ann")]


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (noted(ONE.doc_id, "  "), "needs a text"),
        (noted(ONE.doc_id, "x" * 10_001), "10,001 characters"),
        (noted(ONE.doc_id, "a\x00b"), "no file can hold"),
        (noted("0" * 64, "whose?"), "the tables have no document 0000"),
        (assigned(ONE.doc_id, "x" * 201), "reviewer's name"),
        (assigned(ONE.doc_id, "Ann\nReed"), "reviewer's name"),
        (Choice(ONE.doc_id, "document", "note", "confirmed", reason="a"), "the outcome of a note is"),
        (Choice(ONE.doc_id, "document", "reviewer", "assigned", 1, 2), "not on a span"),
        (Choice(ONE.doc_id, "document", "kind", "noted", reason="a"), "not an outcome"),
        (Choice(ONE.doc_id, "document", "colour", "noted", reason="a"), "`kind`, `note` or `reviewer`"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_recorded(out: str, choice: Choice, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        decide(out, [noted(ONE.doc_id, "fine"), choice], "Ann")
    assert len(rows_of(out)) == 0


@pytest.mark.parametrize("more", [["--reason", "because"], ["--at", "1:5"], ["--as", "x"]])
def test_what_a_note_cannot_take_is_not_passed_over(out: str, more: list[str]) -> None:
    done = CliRunner().invoke(app, ["decide", out, ONE.doc_id, "--note", "fine", *more])
    assert done.exit_code == 2 and len(rows_of(out)) == 0


def test_a_forgotten_document_takes_its_notes_along(out: str) -> None:
    decide(
        out, [noted(ONE.doc_id, "secret"), assigned(ONE.doc_id, "Bea"), noted(OTHER.doc_id, "kept")], "Ann"
    )
    forget_documents(out, [ONE.doc_id], "asked for")
    assert asked(out, "select note from notes") == [("kept",)]
    assert asked(out, "from assignments") == []
    assert "secret" not in str(rows_of(out).to_pylist())
    assert not verify_tables(out).faults


def test_people_who_write_at_once_lose_no_note(out: str) -> None:
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda n: decide(out, [noted(ONE.doc_id, f"note {n}")], f"person {n}"), range(8)))
    assert {note for (note,) in asked(out, "select note from notes")} == {f"note {n}" for n in range(8)}
    assert not verify_tables(out).faults


def test_show_has_the_latest_notes_and_who_looks(out: str) -> None:
    decide(out, [noted(ONE.doc_id, "asked"), assigned(ONE.doc_id, "Bea")], "Ann")
    shown = {row.uri: (row.notes, row.assigned_to) for row in overview(out, 5).top}
    assert shown == {ONE.uri: ((("asked", "Ann"),), "Bea"), OTHER.uri: ((), "")}
