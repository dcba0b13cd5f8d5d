"""Versions: tables grow, old files and new ones are read as one, and those of version 0 are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines import maintain
from docassay.schemas.arrow import LOCKED, schema, text
from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES, Flag, Reject, Result
from docassay.storage.catalogs import published_inputs
from docassay.storage.maintain.compact import compact
from docassay.storage.tables import parquet
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.runs import row_of
from docassay.storage.tables.write import STAGING, Written, arrow
from docassay.storage.transaction.publish import publish
from docassay.views import show
from tests.tables import STAMP, result, tables

GROUPED = ("documents", "segments", "classifications", "flags", "findings")
ABOUT = {"version": "0", "models": "m@1 abc", "rules": "legal abc"}


@dataclass(frozen=True, slots=True)
class GrownFlag(Flag):
    """A flag with a column more.

    Attributes:
        weight: How much it counts; null where nobody looked.
    """

    weight: int | None = None


@dataclass(frozen=True, slots=True)
class GrownReject(Reject):
    """A reject with a column more.

    Attributes:
        size: Bytes of the input.
    """

    size: int | None = None


@pytest.fixture
def grow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    def grown() -> None:
        monkeypatch.setitem(TABLES, "flags", GrownFlag)
        monkeypatch.setitem(TABLES, "rejects", GrownReject)
        schema.cache_clear()

    yield grown
    monkeypatch.undo()
    schema.cache_clear()


def rows_of(*results: Result) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {"documents": [r.document for r in results]}
    return rows | {table: [row for r in results for row in getattr(r, table)] for table in GROUPED[1:]}


def grown_rows(*results: Result) -> dict[str, list[Any]]:
    rows = rows_of(*results)
    values = [{name: getattr(flag, name) for name in Flag.__slots__} for flag in rows["flags"]]
    return rows | {"flags": [GrownFlag(**value, weight=3) for value in values]}


def put(folder: Path, name: str, rows: dict[str, list[Any]], run_id: str = "run-1") -> None:
    for table, own in rows.items():
        stamped = arrow(table, own, replace(STAMP, run_id=run_id))
        write_table(stamped, f"{folder}/{table}/{name}.parquet", {**ABOUT, "run_id": run_id})


def both(out: Path, grow: Callable[[], None]) -> None:
    """Write a group and a reject as they are today, then one of each with a column more."""
    put(out, "run-1", {**rows_of(result("old text", "old.txt")), "rejects": [REJECT]})
    grow()
    larger = [GrownReject("c" * 64, "new.pdf", "parse", "timeout", "-", None, 9)]
    put(out, "run-2", {**grown_rows(result("new text", "new.txt")), "rejects": larger}, "run-2")


REJECT = Reject("b" * 64, "old.pdf", "parse", "timeout", "-")


def test_files_of_both_are_read_as_one(tmp_path: Path, grow: Callable[[], None]) -> None:
    both(tmp_path, grow)
    old, new = (read_table("flags", f"{tmp_path}/flags/run-{n}.parquet") for n in (1, 2))
    assert old.schema.names == new.schema.names == schema("flags").names
    assert old["weight"].to_pylist() == [None] and new["weight"].to_pylist() == [3]
    chosen = read_table("flags", f"{tmp_path}/flags/run-1.parquet", ["weight", "code"])
    assert chosen.to_pylist() == [{"weight": None, "code": "odd"}]
    assert {uri for _, uri in published_inputs(str(tmp_path))} == {"old.txt", "new.txt", "old.pdf", "new.pdf"}


def test_show_and_retry_read_both(tmp_path: Path, grow: Callable[[], None]) -> None:
    both(tmp_path, grow)
    found = show.overview(str(tmp_path), 10)
    assert {row.uri: [flag[0] for flag in row.flags] for row in found.top} == {
        "old.txt": ["odd"],
        "new.txt": ["odd"],
    }
    assert maintain.plan_retry(str(tmp_path)).absent == 2


def test_a_merged_file_has_the_columns_of_today(tmp_path: Path, grow: Callable[[], None]) -> None:
    both(tmp_path, grow)
    before = tables(tmp_path)
    done = compact(str(tmp_path), "c1")
    assert (done.before, done.after, done.lifted) == (12, 6, 2)
    found = pq.read_table(tmp_path / "flags" / "c1-00000.parquet")
    assert found.schema.remove_metadata().equals(schema("flags"))
    assert found.schema.metadata[parquet.KEY] == str(parquet.VERSION).encode()
    assert found["weight"].to_pylist() == [None, 3]
    assert sorted(found["run_id"].to_pylist()) == ["run-1", "run-2"], "rows keep their run"
    after = tables(tmp_path)
    assert {k: v for k, v in after.items() if k not in ("flags", "rejects")} == {
        k: v for k, v in before.items() if k not in ("flags", "rejects")
    }


def test_a_file_that_is_large_enough_is_lifted_alone_with_its_group(
    tmp_path: Path, grow: Callable[[], None]
) -> None:
    put(tmp_path, "run-1", {**rows_of(result("old text", "old.txt")), "rejects": [REJECT]})
    grow()
    done = compact(str(tmp_path), "c1", target=10)
    assert (done.before, done.after, done.lifted) == (6, 6, 2)
    for table in GROUPED:
        (path,) = (tmp_path / table).iterdir()
        assert path.name == "c1-00000.parquet", "a group has one name in every table"
        assert pq.read_schema(path).remove_metadata().equals(schema(table))
    assert compact(str(tmp_path), "c2", target=10).lifted == 0


def test_a_run_replaces_rows_of_an_earlier_release(tmp_path: Path, grow: Callable[[], None]) -> None:
    kept = result("kept text", "kept.txt")
    put(tmp_path, "run-1", {**rows_of(result("old text", "old.txt"), kept), "rejects": [REJECT]})
    grow()
    about = {**ABOUT, "run_id": "run-2"}
    again = grown_rows(result("old text", "old.txt"))
    put(tmp_path / STAGING / "run-2", "group", again, "run-2")
    group = Written("group.parquet", {table: len(rows) for table, rows in again.items()})

    def row(
        rows: Mapping[str, int], reasons: Mapping[str, int], documents: int, rejects: int, passed_over: int
    ) -> Any:
        counts = {
            "documents": documents,
            "rejects": rejects,
            "inputs": documents + rejects + passed_over,
            "skipped": passed_over,
        }
        return row_of(about, STAMP.processed_at, {}, {}, rows=rows, reasons={}, **counts)

    publish(str(tmp_path), "run-2", [group], about, row, settled=["old.pdf"])
    found = tables(tmp_path)
    by_run = {row["run_id"]: (row["doc_id"], row["weight"]) for row in map(_weight, found["flags"])}
    assert by_run == {
        "run-1": (kept.document.doc_id, None),
        "run-2": (result("old text").document.doc_id, 3),
    }
    assert not found["rejects"], "its reject has given way"
    (path,) = (tmp_path / "flags").glob("run-1_*.parquet")
    thinned = pq.read_table(path)
    assert thinned.schema.remove_metadata().equals(schema("flags"))
    assert thinned["processed_at"].to_pylist() == [STAMP.processed_at], "replaced rows keep their stamp"


def _weight(row: dict[str, Any]) -> dict[str, Any]:
    return {"weight": None, **row}


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_only_added_and_may_be_null(table: str) -> None:
    locked = (LOCKED / f"{table}.txt").read_text().splitlines()
    today = text(table).splitlines()
    assert not set(locked) - set(today), "a column vanished, or changed: that is a new version"
    assert not [line for line in set(today) - set(locked) if line.endswith("not null")]


def version_0(out: Path) -> None:
    """Write tables as docassay did before version 1."""
    old = {
        "documents": {"doc_id": ["a" * 64], "uri": ["a.txt"], "status": ["clear"]},
        "flags": {"doc_id": ["a" * 64], "code": ["odd"], "start": [0], "end": [4]},
        "findings": {"doc_id": ["a" * 64], "check": ["notice"], "start": [0], "end": [4]},
        "rejects": {"doc_id": ["b" * 64], "uri": ["b.pdf"], "table": pa.nulls(1, pa.string())},
    }
    for table, columns in old.items():
        (out / table).mkdir(parents=True)
        shape = pa.table(columns).replace_schema_metadata({"docassay.run_id": "run-1"})
        pq.write_table(shape, out / table / "run-1-00000.parquet")


COMMANDS = {
    "batch": ["batch", "IN", "--out", "OUT"],
    "stream": ["stream", "IN", "--out", "OUT", "--until-idle", "1"],
    "compact": ["compact", "OUT"],
    "retry": ["retry", "OUT"],
    "show": ["show", "OUT"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_tables_of_version_0_are_refused_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The tenant pays the rent.")
    version_0(tmp_path / "out")
    monkeypatch.setattr("docassay.pipelines.runners.services.find_prism", lambda path: "/bin/false")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.parquet")}
    places = {"IN": str(tmp_path / "in"), "OUT": str(tmp_path / "out")}
    done = CliRunner().invoke(app, [places.get(word, word) for word in COMMANDS[command]])
    assert done.exit_code == 2, done.output
    said = " ".join(done.stderr.split())
    assert "another program did, such as pandas, or docassay before 0.1.0; query it with DuckDB" in said
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.parquet")} == before
    assert not list((tmp_path / "out" / STAGING).rglob("*"))


def test_tables_of_a_later_version_are_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "VERSION", 2)
    put(tmp_path, "run-1", rows_of(result("a text", "a.txt")))
    monkeypatch.undo()
    with pytest.raises(TablesError, match="version 2, and this release reads version 1"):
        compact(str(tmp_path), "c1")
    with pytest.raises(TablesError, match="version 2"):
        show.overview(str(tmp_path), 1)


def test_a_column_that_this_release_does_not_know_is_not_dropped(
    tmp_path: Path, grow: Callable[[], None]
) -> None:
    both(tmp_path, grow)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TABLES, "flags", Flag)
        patch.setitem(TABLES, "rejects", Reject)
        schema.cache_clear()
        assert len(show.overview(str(tmp_path), 10).top) == 2, "who only reads does without it"
        assert len(read_table("flags", f"{tmp_path}/flags/run-2.parquet", ["code"])) == 1
        with pytest.raises(TablesError, match="does not have the columns of flags"):
            compact(str(tmp_path), "c1")
    assert pq.read_table(tmp_path / "flags" / "run-2.parquet")["weight"].to_pylist() == [3]
