"""Append: each input once, however often and in whatever groups it is delivered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from docassay.schemas.rows import Reject, Result
from docassay.storage.tables import file_systems
from docassay.storage.transaction.append import Appended, Index, append, shard_of
from tests.tables import result, tables, without_runs

ABOUT = {"run_id": "run-1", "version": "1"}
TEXTS = [f"text number {n} of the lease" for n in range(6)]


def group(*rows: Result | Reject, out: Path, index: Index | None = None, window: str = "w") -> Appended:
    return append(rows, index or Index(str(out), 0, 1), window, ABOUT)


def ids(out: Path) -> list[str]:
    return sorted(row["uri"] for row in tables(out)["documents"])


def test_a_group_is_one_file_a_table_with_a_name_that_its_content_gives(tmp_path: Path) -> None:
    rows = [result(text, f"{n}.txt") for n, text in enumerate(TEXTS)]
    for folder, order in (("a", rows), ("b", rows[::-1])):
        done = group(*order, out=tmp_path / folder)
        assert (done.documents, done.rejects, done.passed_over) == (6, 0, 0)
    outs = (tmp_path / "a", tmp_path / "b")
    first, second = ({str(path.relative_to(out)) for path in out.rglob("*.parquet")} for out in outs)
    assert first == second and len({Path(name).name for name in first}) == 1
    assert without_runs(tables(outs[0])) == without_runs(tables(outs[1]))
    assert not list((tmp_path / "a" / "_staging").glob("*"))


def test_what_is_delivered_again_is_passed_over_in_whatever_group_it_comes(tmp_path: Path) -> None:
    rows = [result(text, f"{n}.txt") for n, text in enumerate(TEXTS)]
    refused = Reject(None, "bad.pdf", "read", "unreadable", "no")
    group(*rows[:3], refused, out=tmp_path)
    again = group(rows[2], rows[3], refused, out=tmp_path)
    assert (again.documents, again.rejects, again.passed_over) == (1, 0, 2)
    nothing = group(*rows[:4], refused, out=tmp_path)
    assert (nothing.rows, nothing.passed_over) == ({}, 5)
    assert ids(tmp_path) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert len(tables(tmp_path)["rejects"]) == 1 and len(tables(tmp_path)["flags"]) == 4


@pytest.mark.parametrize("windows", [("w1", "w1"), ("w1", "w2")], ids=["two panes", "two windows"])
def test_the_same_document_under_another_name_is_one_row_set_and_a_reject(
    tmp_path: Path, windows: tuple[str, str]
) -> None:
    group(result(TEXTS[0], "a.txt"), out=tmp_path, window=windows[0])
    later = group(result(TEXTS[0], "b.txt"), out=tmp_path, window=windows[1])
    assert later.reasons == {"write duplicate": 1}
    assert ids(tmp_path) == ["a.txt"] and len(tables(tmp_path)["segments"]) == 1
    assert group(result(TEXTS[0], "b.txt"), out=tmp_path).passed_over == 1


def test_the_same_document_twice_in_one_pane_is_one_row_set(tmp_path: Path) -> None:
    done = group(
        result(TEXTS[0], "b.txt"), result(TEXTS[0], "a.txt"), result(TEXTS[0], "a.txt"), out=tmp_path
    )
    assert (done.documents, done.rejects, done.passed_over) == (1, 0, 2)
    assert ids(tmp_path) == ["a.txt"]
    assert [row["other_uris"] for row in tables(tmp_path)["documents"]] == [["b.txt"]]
    again = group(result(TEXTS[0], "b.txt"), out=tmp_path)
    assert (again.rows, again.passed_over) == ({}, 1), "also after a restart, which reads the tables"


def test_a_pane_without_rows_replaces_nothing(tmp_path: Path) -> None:
    group(result(TEXTS[0], "a.txt"), out=tmp_path)
    before = sorted(tmp_path.rglob("*.parquet"))
    assert group(out=tmp_path).rows == {}
    assert sorted(tmp_path.rglob("*.parquet")) == before


def test_an_index_sees_what_others_have_published_since(tmp_path: Path) -> None:
    index = Index(str(tmp_path), 0, 1)
    group(result(TEXTS[0], "a.txt"), out=tmp_path, index=index)
    group(result(TEXTS[1], "b.txt"), out=tmp_path)
    assert group(result(TEXTS[1], "b.txt"), out=tmp_path, index=index).passed_over == 1


def test_each_shard_keeps_its_own_documents_only(tmp_path: Path) -> None:
    rows = [result(text, f"{n}.txt") for n, text in enumerate(TEXTS)]
    for shard in range(3):
        mine = [r for r in rows if shard_of(r.document.doc_id, r.document.uri, 3) == shard]
        append(mine, Index(str(tmp_path), shard, 3), "w", ABOUT)
    index = Index(str(tmp_path), 1, 3)
    index.refresh()
    for row in rows:
        mine = shard_of(row.document.doc_id, row.document.uri, 3) == 1
        assert (index.has_input(row), index.has_document(row.document.doc_id)) == (mine, mine)
    assert ids(tmp_path) == [f"{n}.txt" for n in range(6)]


@pytest.mark.parametrize("moves", range(5))
def test_a_process_that_dies_while_it_publishes_leaves_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    class Killed(BaseException):
        pass

    left = [moves]
    move = file_systems.rename

    def counted(source: str, target: str) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        move(source, target)

    rows = [result(text, f"{n}.txt") for n, text in enumerate(TEXTS[:2])]
    monkeypatch.setattr(file_systems, "rename", counted)
    with pytest.raises(Killed):
        group(*rows, out=tmp_path)
    monkeypatch.setattr(file_systems, "rename", move)
    # What comes again comes in another group.
    group(rows[1], result(TEXTS[2], "2.txt"), out=tmp_path)
    group(rows[0], out=tmp_path)
    found = tables(tmp_path)
    assert ids(tmp_path) == ["0.txt", "1.txt", "2.txt"]
    assert [len(found[table]) for table in ("segments", "classifications", "flags", "findings")] == [3] * 4
    assert found["rejects"] == []


@pytest.mark.parametrize("fails", ["file_systems.rename", "manifest.finish"])
def test_a_commit_that_fails_midway_is_finished_before_the_next_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def refused(*paths: str) -> None:
        if fails == "manifest.finish" or "/_data/" in paths[-1]:
            raise OSError("Input/output error")
        os.replace(*paths)

    index = Index(str(tmp_path), 0, 1)
    group(result(TEXTS[0], "a.txt"), out=tmp_path, index=index)
    with monkeypatch.context() as patch:
        patch.setattr(f"docassay.storage.tables.{fails}", refused)
        with pytest.raises(OSError, match="Input/output"):
            group(result(TEXTS[1], "b.txt"), out=tmp_path, index=index)
    assert group(result(TEXTS[1], "b.txt"), out=tmp_path, index=index).passed_over == 1
    Index(str(tmp_path), 0, 1).refresh()
    assert ids(tmp_path) == ["a.txt", "b.txt"]


def test_a_full_disk_is_an_error_and_nothing_of_the_group_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    index = Index(str(tmp_path), 0, 1)
    with monkeypatch.context() as patch:
        patch.setattr("docassay.storage.transaction.journal.sync", full)
        with pytest.raises(OSError, match="No space"):
            group(result(TEXTS[0], "a.txt"), out=tmp_path, index=index)
    assert not list(tmp_path.rglob("*.parquet"))
    assert group(result(TEXTS[0], "a.txt"), out=tmp_path, index=index).documents == 1
