"""Publish: all of a run or nothing of it, each document once, whenever the process dies."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from docassay.schemas.rows import Reject, Result
from docassay.schemas.runs import Run
from docassay.storage.maintain.tombstones import known_documents
from docassay.storage.tables import file_systems
from docassay.storage.tables.write import STAGING, Written, write
from docassay.storage.transaction import journal
from docassay.storage.transaction import publish as module
from docassay.storage.transaction.publish import FURTHER_URIS, note, publish
from docassay.storage.transaction.transaction import is_published, recover
from tests.tables import Rows, result, tables, without_runs

ABOUT = {"run_id": "run-1", "version": "0.1.0", "models": "m@1 abc"}


@pytest.fixture(autouse=True)
def _unvalidated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write without Great Expectations, which takes a second a group and has no part in publishing."""

    def pass_on(results: list[Result], *_: Any) -> tuple[dict[str, list[Any]], list[Reject]]:
        rows: dict[str, list[Any]] = {"documents": [result.document for result in results]}
        for table in ("segments", "classifications", "flags", "findings"):
            rows[table] = [row for result in results for row in getattr(result, table)]
        return rows, []

    monkeypatch.setattr("docassay.storage.tables.write.validate", pass_on)


class Died(Exception):
    """Stands for the end of the process."""


def row(
    rows: Mapping[str, int], reasons: Mapping[str, int], documents: int, rejects: int, passed_over: int
) -> Run:
    now = datetime.now(UTC)
    counts = json.dumps(dict(rows))
    reasons = json.dumps(dict(reasons))
    return Run(
        "run-1",
        now,
        now,
        "0",
        "{}",
        ("m@1 abc",),
        ("legal abc",),
        documents + rejects + passed_over,
        documents,
        rejects,
        passed_over,
        counts,
        reasons,
        "{}",
        "{}",
    )


def stage(out: Path, run_id: str, *groups: Sequence[Result | Reject]) -> list[Written]:
    folder = f"{out}/{STAGING}/{run_id}"
    return [
        write(
            [r for r in group if isinstance(r, Result)],
            [r for r in group if isinstance(r, Reject)],
            folder,
            ABOUT,
        )
        for group in groups
    ]


def run(out: Path, run_id: str, *groups: Sequence[Result | Reject]) -> Run:
    return publish(str(out), run_id, stage(out, run_id, *groups), ABOUT, row)


def uris(found: Rows, table: str = "documents") -> list[str]:
    return sorted(row["uri"] for row in found[table])


A, B, C = (result(f"This is text {name}.", f"{name}.txt") for name in "abc")
EMPTY = Reject(None, "empty.txt", "read", "empty", "-")


def test_a_run_becomes_visible_with_its_row(tmp_path: Path) -> None:
    done = run(tmp_path, "run-1", [A, EMPTY], [B])
    found = tables(tmp_path)
    assert uris(found) == ["a.txt", "b.txt"]
    assert uris(found, "rejects") == ["empty.txt"]
    assert (done.documents, done.rejects) == (2, 1)
    assert json.loads(found["runs"][0]["table_rows"])["documents"] == 2
    assert sorted(path.name for path in (tmp_path / "documents").iterdir()) == [
        "run-1-00000.parquet",
        "run-1-00001.parquet",
    ]
    assert not list((tmp_path / STAGING).glob("*")), "nothing waits any more"
    assert known_documents(str(tmp_path)).doc_ids == {A.document.doc_id, B.document.doc_id}


def test_a_run_without_any_document_leaves_its_row(tmp_path: Path) -> None:
    done = run(tmp_path, "run-1")
    assert (done.documents, done.rejects) == (0, 0)
    assert {name: len(rows) for name, rows in tables(tmp_path).items() if rows} == {"runs": 1}


@pytest.mark.parametrize("first", [0, 1], ids=["first group has the first uri", "second group has it"])
def test_a_document_of_two_groups_stays_under_its_first_uri(tmp_path: Path, first: int) -> None:
    twins = [[result("The same.", "z.txt"), B], [result("The same.", "a.txt")]]
    done = run(tmp_path, "run-1", twins[first], twins[1 - first])
    found = tables(tmp_path)
    assert uris(found) == ["a.txt", "b.txt"]
    assert {r["uri"]: r["other_uris"] for r in found["documents"]} == {"a.txt": ["z.txt"], "b.txt": []}
    assert not found["rejects"]
    for table in ("segments", "classifications", "flags", "findings"):
        assert len(found[table]) == 2, table
    assert (done.inputs, done.documents, done.rejects, done.skipped) == (3, 2, 0, 1)


SAME = "The same."


def places(found: Rows) -> dict[str, list[str]]:
    return {row["uri"]: row["other_uris"] for row in found["documents"]}


def test_of_many_groups_all_places_are_kept_in_order(tmp_path: Path) -> None:
    names = ["d", "b", "a", "e", "c"]
    groups = [[result(SAME, f"{name}.txt"), result(SAME, f"{name}2.txt")] for name in names]
    done = run(tmp_path, "run-1", *groups)
    every = sorted(f"{name}{n}.txt" for name in names for n in ("", "2"))
    assert places(tables(tmp_path)) == {every[0]: every[1:]}
    assert (done.inputs, done.documents, done.skipped) == (10, 1, 9)


def test_a_place_that_a_later_run_finds_is_added_whatever_their_order(tmp_path: Path) -> None:
    for name, order in (("one", "ab"), ("other", "ba")):
        for number, uri in enumerate(order):
            run(tmp_path / name, f"run-{number}", [result(SAME, f"{uri}.txt")])
        assert places(tables(tmp_path / name)) == {"a.txt": ["b.txt"]}


def test_a_place_with_other_bytes_by_now_is_none_any_more(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result(SAME, "a.txt"), result(SAME, "b.txt")])
    run(tmp_path, "run-2", [result("Something else.", "a.txt"), result(SAME, "c.txt")])
    assert places(tables(tmp_path)) == {"a.txt": [], "b.txt": ["c.txt"]}
    run(tmp_path, "run-3", [result(SAME, "d.txt")])
    assert places(tables(tmp_path)) == {"a.txt": [], "b.txt": ["c.txt", "d.txt"]}


def test_a_place_that_cannot_be_read_or_is_marked_as_missing_is_none_any_more(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result(SAME, "a.txt"), result(SAME, "b.txt"), result(SAME, "c.txt")])
    run(
        tmp_path,
        "run-2",
        [Reject(None, "b.txt", "read", "missing", "-"), Reject(None, "c.txt", "read", "empty", "-")],
    )
    run(tmp_path, "run-3", [result(SAME, "d.txt"), Reject(None, "c.txt", "read", "empty", "-")])
    assert places(tables(tmp_path)) == {"a.txt": ["d.txt"]}


def test_places_that_were_passed_over_are_added_to_the_published_row(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result(SAME, "b.txt"), A])
    (doc_id,) = {row["doc_id"] for row in tables(tmp_path)["documents"]} - {A.doc_id}
    note(
        f"{tmp_path}/{STAGING}/run-2",
        FURTHER_URIS,
        [(doc_id, "a2.txt"), (doc_id, "c.txt"), (doc_id, "a.txt")],
    )
    run(tmp_path, "run-2")
    found = tables(tmp_path)
    assert places(found) == {"a.txt": [], "a2.txt": ["b.txt", "c.txt"]}, "a.txt is another document's"
    assert {row["run_id"] for row in found["documents"]} == {"run-1"}
    for table in ("segments", "flags", "findings"):
        assert len(found[table]) == 2, table
    names = {
        table: {path.name for path in (tmp_path / table).iterdir()} for table in ("documents", "segments")
    }
    assert names["documents"] == names["segments"], "its files are still a group"


@pytest.mark.parametrize("noted", [True, False])
def test_an_attachment_keeps_the_name_that_goes_with_its_parent(tmp_path: Path, noted: bool) -> None:
    mails = {name: result(f"Mail {name}.", f"{name}.eml") for name in "ab"}
    place = {name: f"{name}.eml#attachment-1" for name in "ab"}
    run(tmp_path, "run-1", [mails["b"], result(SAME, place["b"], parent_id=mails["b"].doc_id)])
    if noted:
        doc_id = result(SAME).doc_id
        note(f"{tmp_path}/{STAGING}/run-2", FURTHER_URIS, [(doc_id, place["a"]), (doc_id, "a.txt")])
        run(tmp_path, "run-2", [mails["a"]])
        parent, uri, others = "b", place["b"], [place["a"], "a.txt"]
    else:
        run(
            tmp_path,
            "run-2",
            [result(SAME, "c.txt"), mails["a"], result(SAME, place["a"], parent_id=mails["a"].doc_id)],
        )
        parent, uri, others = "a", place["a"], [place["b"], "c.txt"]
    (row,) = (row for row in tables(tmp_path)["documents"] if row["doc_id"] == result(SAME).doc_id)
    assert (row["uri"], row["other_uris"], row["parent_id"]) == (uri, others, mails[parent].doc_id)
    run(tmp_path, "run-3", [result(SAME, "z.txt")])
    (row,) = (row for row in tables(tmp_path)["documents"] if row["doc_id"] == result(SAME).doc_id)
    assert (row["uri"], row["parent_id"]) == (min(uri for uri in [*others, "z.txt"] if "#" not in uri), None)


def test_rows_of_an_earlier_run_on_the_same_document_give_way(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [A, B, EMPTY])
    run(tmp_path, "run-2", [result("This is text b.", "b.txt", risk=0.9), C, EMPTY])
    found = tables(tmp_path)
    assert uris(found) == ["a.txt", "b.txt", "c.txt"]
    assert {r["uri"]: r["risk"] for r in found["documents"]} == {"a.txt": 0.3, "b.txt": 0.9, "c.txt": 0.3}
    assert uris(found, "rejects") == ["empty.txt"]
    assert len(found["segments"]) == len(found["flags"]) == 3
    assert len(found["runs"]) == 2
    kept = [path.name for path in (tmp_path / "documents").glob("run-1-00000_*.parquet")]
    assert len(kept) == 1, "a.txt is still of the first run, in a file of another name"


def test_a_file_of_which_nothing_is_left_is_deleted(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [A, B, EMPTY])
    run(tmp_path, "run-2", [A, B, EMPTY])
    for table in ("documents", "segments", "classifications", "flags", "findings", "rejects"):
        assert [path.name for path in (tmp_path / table).iterdir()] == ["run-2-00000.parquet"], table


def test_an_input_that_is_mended_is_no_reject_any_more(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [A, Reject(None, "b.txt", "read", "unreadable", "-")])
    run(tmp_path, "run-2", [B])
    found = tables(tmp_path)
    assert uris(found) == ["a.txt", "b.txt"]
    assert not found["rejects"]


def test_a_run_that_died_before_its_journal_never_happened(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [A])
    before = tables(tmp_path)
    stage(tmp_path, "run-2", [A, B])
    (tmp_path / STAGING / "run-2" / f"{journal.JOURNAL}.part").write_text('{"moves": [')
    assert recover(str(tmp_path)) == []
    assert tables(tmp_path) == before
    assert not (tmp_path / STAGING).exists()


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 5])
def test_a_run_that_died_between_moves_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    """Die before each of the moves and deletions in turn; what recovers is what an undisturbed run gives."""
    undisturbed = tmp_path / "undisturbed"
    run(undisturbed, "run-1", [A, B, EMPTY], [C])
    run(undisturbed, "run-2", [B, EMPTY], [C])
    expected = without_runs(tables(undisturbed))
    steps, crashes = 0, 0
    first = tmp_path / "first"
    run(first, "run-1", [A, B, EMPTY], [C])
    while True:
        out = tmp_path / str(steps)
        shutil.copytree(first, out)
        with monkeypatch.context() as patch:
            left = _die_after(patch, steps)
            try:
                run(out, "run-2", [B, EMPTY], [C])
            except Died:
                crashes += 1
        survived = left[0] >= 0
        assert recover(str(out)) == ([] if survived else ["run-2"])
        found = tables(out)
        assert without_runs(found) == expected, f"died after {steps} steps"
        assert len(found["runs"]) == 2
        assert recover(str(out)) == []
        if survived:
            break
        shutil.rmtree(out)
        steps += every
    assert crashes * every == steps >= 15, "six tables, two groups, replaced files and the row of the run"


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 7])
def test_a_step_that_is_tried_again_publishes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    """Die before each file that is written, moved or deleted; a runner then tries the same step again."""
    first = [result("The same.", "z.txt")], [result("The same.", "a.txt"), B]
    second = [result("The same.", "z.txt"), C], [result("The same.", "a.txt"), EMPTY]
    undisturbed = tmp_path / "undisturbed"
    run(undisturbed, "run-1", *first)
    run(undisturbed, "run-2", *second)
    expected, steps, survived = without_runs(tables(undisturbed)), 0, False
    assert len(expected["rejects"]) == 1, "an empty file"
    assert sorted(filter(None, (row["other_uris"] for row in expected["documents"]))) == [["z.txt"]]
    out, prepared = tmp_path / "out", tmp_path / "prepared"
    run(prepared, "run-1", *first)
    groups = stage(prepared, "run-2", *second)
    while not survived:
        shutil.copytree(prepared, out)
        with monkeypatch.context() as patch:
            _die_at(patch, steps)
            try:
                publish(str(out), "run-2", groups, ABOUT, row)
                survived = True
            except Died:
                steps += every
        if not is_published(str(out), "run-2"):
            publish(str(out), "run-2", groups, ABOUT, row)
        assert is_published(str(out), "run-2")
        found = tables(out)
        assert without_runs(found) == expected, f"died at step {steps}"
        assert len(found["runs"]) == 2
        shutil.rmtree(out)
    assert steps > 20


def _die_at(patch: pytest.MonkeyPatch, steps: int) -> None:
    """Let the process die at the file of this number that is written, moved or deleted."""
    left = [steps]

    def counted(function: Any) -> Any:
        def step(*given: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Died
            return function(*given)

        return step

    patch.setattr(module, "write_table", counted(module.write_table))
    patch.setattr(file_systems, "rename", counted(file_systems.rename))
    patch.setattr(file_systems, "delete", counted(file_systems.delete))


def _die_after(patch: pytest.MonkeyPatch, steps: int) -> list[int]:
    """Let the process die after so many moves and deletions that follow the complete journal."""
    left = [steps]
    complete: list[bool] = []
    replace, delete = os.replace, file_systems.delete

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Died

    def counted_replace(source: str, target: str) -> None:
        if complete:
            step()
        replace(source, target)
        if target.endswith(journal.JOURNAL):
            complete.append(True)

    def counted_delete(paths: list[str]) -> Any:
        if complete:
            step()
        return delete(paths)

    patch.setattr(file_systems.os, "replace", counted_replace)
    patch.setattr(file_systems, "delete", counted_delete)
    return left
