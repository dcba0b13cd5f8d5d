"""Iceberg tables in a SQLite catalog: what a reader finds after runs, re-runs, kills and mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pyiceberg")

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import EqualTo

from docassay.schemas.arrow import schema
from docassay.schemas.errors import OutputError, RunError, TablesError
from docassay.storage.catalogs import connection as connection_module
from docassay.storage.catalogs import destination, ordered, published_inputs
from docassay.storage.catalogs.connection import Connection
from docassay.storage.catalogs.files import read_columns
from docassay.storage.maintain.tombstones import known_documents
from docassay.storage.tables.write import OF_RUNS
from tests.families import quick_first
from tests.storage.catalogs.lakes import CHILDREN, doc_id, documents, local, put, rows, run_id, table
from tests.storage.catalogs.writers import fight


class Killed(BaseException):
    """Ends a process, as far as a test in the same process can tell."""


@pytest.fixture
def out(tmp_path: Path) -> str:
    return local(tmp_path)


def kill(monkeypatch: pytest.MonkeyPatch, at: str, after: bool) -> None:
    """Kill the next run at its commit to a table, before or after it has come through."""
    commit = ordered.commit_change

    def change(table: object, *arguments: object) -> None:
        if table.name()[-1] != at:  # type: ignore[attr-defined]
            commit(table, *arguments)  # type: ignore[arg-type]
            return
        if after:
            commit(table, *arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(ordered, "commit_change", commit)
        raise Killed

    monkeypatch.setattr(ordered, "commit_change", change)


def test_a_run_puts_its_rows_into_every_table_and_its_own_row_last(out: str) -> None:
    put(out, 1, ["a", "b"], ["c"], rejects=["broken.pdf"])
    assert documents(out) == {"a": run_id(1), "b": run_id(1), "c": run_id(1)}
    found = rows(out)
    assert [row["uri"] for row in found["rejects"]] == ["broken.pdf"]
    (run,) = found["runs"]
    assert (run["run_id"], run["documents"], run["rejects"]) == (run_id(1), 3, 1)
    assert json.loads(run["table_rows"])["segments"] == 3
    assert found["flags"][0]["boxes"][0] == {"page": 3, "x0": 72, "y0": 80.25, "x1": 120, "y1": 92}
    times = [table(out, name).current_snapshot().timestamp_ms for name in ordered.ORDER]  # type: ignore[union-attr]
    assert times == sorted(times) and ordered.ORDER[-2:] == ("documents", "runs")
    assert {*ordered.ORDER} == {*OF_RUNS}


@pytest.mark.slow
def test_a_document_that_is_read_again_replaces_its_rows_in_one_snapshot_a_table(out: str) -> None:
    put(out, 1, ["a", "b"], ["c", "d"])
    before = len(table(out, "flags").metadata.snapshots)
    put(out, 2, ["b", "e"])
    assert documents(out) == {"a": run_id(1), "b": run_id(2), "c": run_id(1), "d": run_id(1), "e": run_id(2)}
    assert len(table(out, "flags").metadata.snapshots) == before + 1
    removed = json.loads(next(r for r in rows(out)["runs"] if r["run_id"] == run_id(2))["counts"])
    assert removed[f"removed.{run_id(1)}.documents"] == 1
    assert removed["removed.rows.all"] == 5


@pytest.mark.slow
def test_the_files_of_groups_without_a_replaced_document_stay_as_they_are(out: str) -> None:
    put(out, 1, ["a", "b"], ["c", "d"])
    paths = {task.file.file_path for task in table(out, "segments").scan().plan_files()}
    put(out, 2, ["a"])
    kept = paths & {task.file.file_path for task in table(out, "segments").scan().plan_files()}
    assert len(paths) == 2 and len(kept) == 1


@pytest.mark.slow
def test_a_rewritten_file_has_null_boxes_where_it_had(out: str) -> None:
    def boxes() -> list[object]:
        return [
            row
            for name in ("segments", "entities", "flags", "findings")
            for task in table(out, name).scan().plan_files()
            for row in read_columns(table(out, name).io, task.file.file_path)["boxes"].to_pylist()
        ]

    put(out, 1, ["a", "b"])
    before = boxes()
    assert None in before
    put(out, 2, ["a"])
    assert sorted(boxes(), key=str) == sorted(before, key=str)


@pytest.mark.slow
def test_a_rewritten_file_is_found_again_by_its_group(out: str) -> None:
    put(out, 1, ["a", "b", "c"])
    put(out, 2, ["a"])
    put(out, 3, ["b"])
    assert documents(out) == {"a": run_id(2), "b": run_id(3), "c": run_id(1)}
    put(out, 4, ["a", "b", "c"])
    assert set(documents(out).values()) == {run_id(4)}


@pytest.mark.slow
def test_a_document_in_several_groups_is_published_once(out: str) -> None:
    put(out, 1, ["a", "b"], ["b", "c"], ["b"])
    assert set(documents(out)) == {"a", "b", "c"}
    found = rows(out)
    assert not found["rejects"]
    (run,) = found["runs"]
    assert (run["documents"], run["rejects"], run["skipped"]) == (3, 0, 2)
    assert json.loads(run["table_rows"])["flags"] == 3


@pytest.mark.slow
def test_rejects_of_an_input_are_replaced_by_what_comes_of_it(out: str) -> None:
    put(out, 1, ["a"], rejects=["b.txt", "c.txt"])
    put(out, 2, ["b"])
    assert [row["uri"] for row in rows(out)["rejects"]] == ["c.txt"]
    assert published_inputs(out) == {(doc_id("a"), "a.txt"), (doc_id("b"), "b.txt"), (None, "c.txt")}
    assert known_documents(out).doc_ids == {doc_id("a"), doc_id("b")}


@pytest.mark.slow
def test_a_run_without_documents_is_a_row_of_runs(out: str) -> None:
    put(out, 1, [])
    assert [row["run_id"] for row in rows(out)["runs"]] == [run_id(1)]
    assert documents(out) == {}


@pytest.mark.parametrize(
    ("at", "after"),
    [
        pytest.param(
            at,
            after,
            id=f"{at}-{'after' if after else 'before'}",
            marks=() if (at, after) == ("flags", True) else pytest.mark.slow,
        )
        for at in ordered.ORDER
        for after in (False, True)
    ],
)
def test_a_run_that_is_killed_at_any_commit_never_was_or_is_finished_by_the_next(
    out: str, at: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(out, 1, ["a", "b"], ["c"], rejects=["x.pdf"])
    kill(monkeypatch, at, after)
    with pytest.raises(Killed):
        put(out, 2, ["a", "d"], ["d"], rejects=["x.pdf"])
    never = at == ordered.FIRST and not after
    whole = at == "runs" and after
    assert destination(out).recover() == ([] if never or whole else [run_id(2)])
    assert destination(out).recover() == []
    first, second = run_id(1), run_id(2)
    expected = {"a": second, "b": first, "c": first, "d": second}
    assert documents(out) == ({"a": first, "b": first, "c": first} if never else expected)
    assert destination(out).is_published(second) is not never
    found = rows(out)
    assert [row["run_id"] for row in sorted(found["runs"], key=lambda r: r["run_id"])] == (
        [first] if never else [first, second]
    )
    put(out, 3, ["a", "b", "c", "d"])
    assert set(documents(out).values()) == {run_id(3)}


@pytest.mark.slow
def test_the_next_run_finishes_a_killed_one_before_it_replaces_its_documents(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(monkeypatch, "flags", after=True)
    with pytest.raises(Killed):
        put(out, 1, ["a", "b"])
    put(out, 2, ["b", "c"])
    assert documents(out) == {"a": run_id(1), "b": run_id(2), "c": run_id(2)}
    assert len(rows(out)["runs"]) == 2


@pytest.mark.slow
def test_a_run_that_a_helper_has_finished_meanwhile_is_not_put_in_twice(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(out, 1, ["a"])
    commit = ordered.commit_change

    def change(table: object, *arguments: object) -> None:
        if table.name()[-1] == "flags":  # type: ignore[attr-defined]
            monkeypatch.setattr(ordered, "commit_change", commit)
            assert destination(out).recover() == [run_id(2)]  # another writer, just now
        commit(table, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ordered, "commit_change", change)
    put(out, 2, ["a", "b"])
    assert documents(out) == {"a": run_id(2), "b": run_id(2)}
    assert len(rows(out)["runs"]) == 2


@pytest.mark.slow
def test_an_answer_that_is_lost_after_the_commit_doubles_nothing(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(out, 1, ["a"])
    commit, lost = ordered.commit_change, []

    def change(table: object, *arguments: object) -> None:
        commit(table, *arguments)  # type: ignore[arg-type]
        if len(lost) < 3:
            lost.append(table)
            raise ConnectionResetError("the line went dead")

    monkeypatch.setattr(ordered, "commit_change", change)
    put(out, 2, ["a", "b"])
    assert len(lost) == 3
    assert documents(out) == {"a": run_id(2), "b": run_id(2)}


@pytest.mark.slow
def test_a_writer_that_comes_in_between_is_waited_for_and_nothing_is_lost(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(out, 1, ["a", "b"])
    commit = ordered.commit_change

    def change(table: object, *arguments: object) -> None:
        if table.name()[-1] == ordered.FIRST:  # type: ignore[attr-defined]
            monkeypatch.setattr(ordered, "commit_change", commit)
            put(out, 2, ["b", "c"])
        commit(table, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ordered, "commit_change", change)
    put(out, 3, ["c", "d"])
    assert documents(out) == {"a": run_id(1), "b": run_id(2), "c": run_id(3), "d": run_id(3)}


def test_conflicts_without_end_are_an_error_that_says_so(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(*_: object) -> None:
        raise CommitFailedException("branch main has changed")

    monkeypatch.setattr(ordered, "commit_change", change)
    monkeypatch.setattr(connection_module, "ATTEMPTS", 2)
    with pytest.raises(RunError, match="branch main has changed"):
        put(out, 1, ["a"])
    assert destination(out).recover() == []


def merge(out: str, name: str) -> None:
    """Merge all files of a table into one, as a maintenance procedure does."""
    whole = table(out, name)
    whole.overwrite(whole.scan().to_arrow())


@pytest.mark.slow
@pytest.mark.parametrize(
    "merged", [("documents",), ("segments", "flags"), ("documents", "segments", "findings")]
)
def test_documents_are_replaced_in_files_that_maintenance_has_merged(
    out: str, merged: tuple[str, ...]
) -> None:
    put(out, 1, ["a", "b"], ["c", "d"])
    put(out, 2, ["e"])
    for name in merged:
        merge(out, name)
    put(out, 3, ["a", "e"])
    put(out, 4, ["c"])
    first = {"b": run_id(1), "d": run_id(1)}
    assert documents(out) == {**first, "a": run_id(3), "e": run_id(3), "c": run_id(4)}


@pytest.mark.slow
def test_a_run_whose_snapshots_were_expired_is_still_finished(out: str) -> None:
    put(out, 1, ["a"])
    put(out, 2, ["b"])
    for name in (*CHILDREN, "documents", "runs"):
        merge(out, name)
        old = [s.snapshot_id for s in table(out, name).metadata.snapshots[:-1]]
        if name != ordered.FIRST:
            table(out, name).maintenance.expire_snapshots().by_ids(old).commit()
    assert destination(out).is_published(run_id(2))
    assert destination(out).recover() == []
    assert documents(out) == {"a": run_id(1), "b": run_id(2)}


@pytest.mark.slow
def test_a_plan_that_is_gone_or_damaged_is_named(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(out, 1, ["a"])
    kill(monkeypatch, "flags", after=False)
    with pytest.raises(Killed):
        put(out, 2, ["a"])
    _, properties = ordered.begun(table(out, ordered.FIRST)) or ("", {})
    path = Path(properties[ordered.PLAN].removeprefix("file://"))
    whole = path.read_text()
    for content in ("", "[]", whole.replace("contracts/flags", "contracts/../other"), "{" * 100_000):
        path.write_text(content)
        with pytest.raises(RunError, match=f"{path.name} is damaged"):
            destination(out).recover()
    path.unlink()
    with pytest.raises(RunError, match="is gone; roll the tables"):
        put(out, 3, ["c"])
    path.write_text(whole)
    put(out, 3, ["c"])
    assert documents(out) == {"a": run_id(2), "c": run_id(3)}


@pytest.mark.slow
def test_a_failed_run_leaves_no_file_and_a_published_one_keeps_its_own(out: str, tmp_path: Path) -> None:
    put(out, 1, ["a"])
    path = f"{out}/_staging/{run_id(2)}/flags/g.parquet"
    destination(out).stage(schema("flags").empty_table(), path, {"run_id": run_id(2)})
    assert list(tmp_path.rglob(f"{run_id(2)}/g.parquet"))
    destination(out).discard(run_id(2))
    destination(out).discard(run_id(1))
    assert not list(tmp_path.rglob(f"{run_id(2)}/*"))
    assert documents(out) == {"a": run_id(1)}


@pytest.mark.slow
def test_the_files_of_a_run_whose_commit_may_yet_come_through_are_kept(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, late = ordered.commit_change, []

    def change(*arguments: object) -> None:
        late.append(arguments)
        raise RunError("the catalog has not answered")

    put(out, 1, ["a"])
    monkeypatch.setattr(ordered, "commit_change", change)
    with pytest.raises(RunError, match="has not answered"):
        put(out, 2, ["b"])
    destination(out).discard(run_id(2))
    monkeypatch.setattr(ordered, "commit_change", commit)
    commit(*late[0])  # type: ignore[arg-type]
    assert destination(out).recover() == [run_id(2)]
    assert documents(out) == {"a": run_id(1), "b": run_id(2)}


@pytest.mark.slow
def test_tables_of_an_earlier_release_get_the_columns_of_this_one(out: str) -> None:
    put(out, 1, ["a"])
    old = table(out, "documents")
    with old.update_schema() as update:
        update.delete_column("not_asked")
    with table(out, "flags").update_schema() as update:
        update.delete_column("page")
        update.delete_column("boxes")
    assert next(destination(out).read("documents", ["not_asked"]))["not_asked"].to_pylist() == [None]
    put(out, 2, ["b"])
    put(out, 3, ["a"])
    assert documents(out) == {"a": run_id(3), "b": run_id(2)}
    assert "not_asked" in table(out, "documents").schema().column_names
    assert [len(row["boxes"]) for row in rows(out)["flags"]] == [2, 2]


@pytest.mark.slow
def test_a_column_of_a_later_release_is_kept_in_rows_that_are_rewritten(out: str) -> None:
    put(out, 1, ["a", "b"])
    with table(out, "documents").update_schema() as update:
        from pyiceberg.types import StringType

        update.add_column("later", StringType())
    marked = table(out, "documents").scan().to_arrow()
    marked = marked.set_column(marked.column_names.index("later"), "later", pa.array(["x", "y"]))
    table(out, "documents").overwrite(marked)
    put(out, 2, ["a"])
    assert sorted(str(row["later"]) for row in rows(out)["documents"])[0] == "None"
    assert {row["later"] for row in rows(out)["documents"]} & {"x", "y"}


def property_of(name: str, value: str) -> Callable[[str], None]:
    def change(out: str) -> None:
        with table(out, "flags").transaction() as transaction:
            transaction.set_properties({name: value})

    return change


def other_type(out: str) -> None:
    with table(out, "flags").update_schema() as update:
        update.delete_column("why")
    with table(out, "flags").update_schema() as update:
        update.union_by_name(pa.schema([("why", pa.int64())]))


@pytest.mark.parametrize(
    ("change", "message"),
    quick_first(
        1,
        [
            (property_of("docassay.schema_version", "2"), "this release reads version 1"),
            (property_of("docassay.schema_version", "0"), "tables are of version 0"),
            (property_of("docassay.table", "findings"), "its table contracts.flags is not docassay's"),
            (other_type, "column why of contracts.flags is int64 and not string"),
        ],
    ),
)
def test_tables_that_are_not_ours_are_refused_before_any_work(
    out: str, change: Callable[[str], None], message: str
) -> None:
    put(out, 1, ["a"])
    change(out)
    before = [len(table(out, name).metadata.snapshots) for name in OF_RUNS]
    with pytest.raises((OutputError, TablesError), match=message):
        put(out, 2, ["b"])
    assert [len(table(out, name).metadata.snapshots) for name in OF_RUNS] == before


def test_somebody_elses_table_of_our_name_is_refused_and_left_alone(out: str) -> None:
    catalog = Connection(out).catalog
    catalog.create_namespace("contracts")
    catalog.create_table("contracts.documents", pa.schema([("invoice", pa.int64())]))
    with pytest.raises(OutputError, match=r"contracts\.documents is not docassay's; name another namespace"):
        put(out, 1, ["a"])
    assert table(out, "documents").schema().column_names == ["invoice"]
    assert not catalog.table_exists("contracts.runs")


@pytest.mark.slow
def test_two_catalogs_with_one_warehouse_are_refused(out: str, tmp_path: Path) -> None:
    put(out, 1, ["a"])
    second = (
        f"iceberg://second/contracts?type=sql&uri=sqlite:///{tmp_path}/b.db&warehouse=file://{tmp_path}/lake"
    )
    with pytest.raises(OutputError, match="holds a table of another catalog"):
        put(second, 2, ["b"])
    put(out, 2, ["b"])
    assert set(documents(out)) == {"a", "b"}
    with pytest.raises(OutputError, match="holds a table of another catalog"):
        put(second, 3, ["c"])


@pytest.mark.slow
def test_writers_that_are_killed_publish_every_document_once(tmp_path: Path) -> None:
    told = fight(f"iceberg://{tmp_path}/lake/fight", writers=3, runs=2, folder=tmp_path, limit=400)
    assert told["kills"] > 0 and told["wrong"] == 0


def test_reading_does_not_make_tables(out: str, tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="holds no tables; make some with"),
        destination(out).write_access(make=False),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_document_is_deleted_by_a_delete_of_anybodys(out: str) -> None:
    put(out, 1, ["a", "b"])
    for name in ("documents", "segments", "classifications", "flags", "findings"):
        table(out, name).delete(EqualTo("doc_id", doc_id("a")))
    put(out, 2, ["b", "c"])
    assert documents(out) == {"b": run_id(2), "c": run_id(2)}
