"""Partition: the same rows in folders of one month, domain or source, whatever runs, readers and names do."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from typer.testing import Result as CliResult

from docassay.cli import app
from docassay.pipelines.maintain import (
    compact_tables,
    forget_documents,
    partition_published,
    quarantine_tables,
    verify_tables,
)
from docassay.schemas.errors import DamagedError, RunError
from docassay.schemas.rows import Reject, Result
from docassay.storage.catalogs import published_inputs
from docassay.storage.maintain import forget as forgetting
from docassay.storage.maintain import partition as module
from docassay.storage.maintain.compact import compact
from docassay.storage.maintain.partition import partition
from docassay.storage.maintain.tombstones import known_documents
from docassay.storage.tables import partitions
from docassay.storage.tables.parquet import write_table
from docassay.storage.tables.write import arrow
from docassay.storage.transaction.append import Index, append
from docassay.storage.transaction.transaction import recover, sweep
from docassay.views.query import connect
from docassay.views.review.snapshot import Snapshot
from docassay.views.search.index import Index as WordIndex
from docassay.views.search.words import parse
from docassay.views.shipped_views import by_glob, by_manifest
from tests.storage.runs import copied, run
from tests.storage.test_compact import Died, _die_after
from tests.tables import STAMP, result, tables, without_runs

GROUPED = ("documents", "segments", "classifications", "flags", "findings")
JANUARY, MARCH = date(2026, 1, 5), date(2026, 3, 1)


def documents() -> list[Result]:
    return [
        result("This one is of January.", "in/a.txt", document_date=JANUARY),
        result("So is this one, of another domain.", "in/b.txt", document_date=JANUARY, domain="medical"),
        result("This one is of March.", "out/c.txt", document_date=MARCH),
        result("Nobody knows of when this is.", "d.txt"),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "out"
    one, two, three, four = documents()
    run(out, "run-1", [one, three, Reject(None, "in/e.pdf", "parse", "encrypted", "-")], [two, four])
    return out


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path / "out")


def folders(out: Path, table: str = "documents") -> dict[str, int]:
    """Count the files in each folder of a table."""
    counts: dict[str, int] = {}
    for path in (out / table).rglob("*.parquet"):
        below = str(path.parent.relative_to(out / table)).replace(".", "", 1)
        counts[below] = counts.get(below, 0) + 1
    return counts


UNKNOWN = "unknown"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("month", {"by_month=2026-01", "by_month=2026-03", f"by_month={UNKNOWN}"}),
        ("domain", {"by_domain=legal", "by_domain=medical"}),
        ("source", {"by_source=in", "by_source=out", f"by_source={UNKNOWN}"}),
    ],
)
def test_rows_stay_and_lie_in_the_folder_of_their_value(out: Path, key: str, expected: set[str]) -> None:
    before = tables(out)
    assert partition(str(out), "p1", key) == 2 * len(GROUPED)
    assert tables(out) == before
    for table in GROUPED:
        names = {str(path.relative_to(out / table)) for path in (out / table).rglob("*.parquet")}
        assert names == {
            str(p.relative_to(out / "documents")) for p in (out / "documents").rglob("*.parquet")
        }
        assert set(folders(out, table)) == expected
    assert set(folders(out, "rejects")) == {""} == set(folders(out, "runs"))
    assert partition(str(out), "p2", key) == 0, "a second time there is nothing to do"
    assert verify_tables(str(out)).faults == []


def test_a_run_on_the_same_documents_replaces_them_even_where_their_month_is_another(out: Path) -> None:
    partition(str(out), "p1", "month")
    one, two, *_ = documents()
    moved = result("This one is of January.", "in/a.txt", document_date=MARCH)
    assert moved.document.doc_id == one.document.doc_id
    run(out, "run-2", [moved, two])
    assert len(tables(out)["documents"]) == 4 and folders(out)[""] == 1, "both kinds of folders are read"
    partition(str(out), "p2", "month")
    assert folders(out) == {"by_month=2026-01": 1, "by_month=2026-03": 2, f"by_month={UNKNOWN}": 1}
    assert {len(tables(out)[table]) for table in GROUPED} == {4}
    assert verify_tables(str(out)).faults == []


def test_what_was_read_is_known_to_the_next_run_and_to_a_stream(out: Path) -> None:
    known, inputs = known_documents(str(out)), set(published_inputs(str(out)))
    index = Index(str(out), 0, 1)
    index.refresh()
    partition(str(out), "p1", "source")
    assert known_documents(str(out)) == known and set(published_inputs(str(out))) == inputs
    about = {"run_id": "stream-1", "version": "0", "models": "", "rules": ""}
    again = append(documents(), index, "w", about)
    assert again.passed_over == 4 and not again.documents


@pytest.mark.slow
def test_compaction_merges_within_a_partition_and_another_key_moves_all(out: Path) -> None:
    for n in range(3):
        run(out, f"run-{n + 2}", [result(f"Number {n}.", f"in/{n}.txt", document_date=JANUARY)])
    before = tables(out)
    compacted, moved = compact_tables(str(out), partition_by="month")
    assert moved == 5 * len(GROUPED) and tables(out) == before
    run(out, "run-9", [result("Later.", "in/9.txt", document_date=JANUARY)])
    before = tables(out)
    partition(str(out), "p2", "month")
    assert folders(out)["by_month=2026-01"] == 2
    compacted = compact(str(out), "c2")
    assert compacted.after < compacted.before and tables(out) == before
    assert folders(out) == {"by_month=2026-01": 1, "by_month=2026-03": 1, f"by_month={UNKNOWN}": 1}
    compact_tables(str(out), partition_by="domain")
    assert set(folders(out)) == {"by_domain=legal", "by_domain=medical"} and tables(out) == before
    assert verify_tables(str(out)).faults == []


@pytest.mark.slow
@pytest.mark.parametrize("exchanges", [True, False], ids=["one step", "two steps"])
def test_it_may_die_between_any_two_steps(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    before, steps, died = tables(out), 0, True
    while died:
        place = copied(out, tmp_path / str(steps))
        with monkeypatch.context() as patch:
            _die_after(patch, steps, exchanges)
            try:
                partition(str(place), "p1", "month")
                died = False
            except Died:
                died = True
        recover(str(place))
        assert tables(place) == before, f"died after {steps} steps"
        assert set(folders(place)) in ({""}, {"by_month=2026-01", "by_month=2026-03", f"by_month={UNKNOWN}"})
        assert verify_tables(str(place)).faults == []
        steps += 4
    assert "" not in folders(place) and steps > 12


@pytest.mark.slow
def test_a_document_is_forgotten_with_the_name_of_its_folder(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "READERS_SECONDS", 0)
    partition(str(out), "p1", "source")
    (gone,) = [row["doc_id"] for row in tables(out)["documents"] if row["uri"] == "out/c.txt"]
    damaged = next((out / "flags" / "by_source=out").iterdir())
    damaged.write_bytes(b"damaged")
    _, aside = quarantine_tables(str(out))
    assert aside is not None and len(aside.files) == len(GROUPED)
    assert verify_tables(str(out)).faults == [] and len(tables(out)["documents"]) == 3
    run(out, "run-2", documents()[2:3])
    partition(str(out), "p2", "source")
    forget_documents(str(out), [gone], "a request")
    assert len(tables(out)["documents"]) == 3 and verify_tables(str(out)).faults == []
    left = [path for path in out.rglob("*") if "by_source=out" in str(path) and path.is_file()]
    assert left == [], "nor what was set aside"
    assert not (out / "documents" / "by_source=out").exists()
    assert not (out / "_data" / "documents" / "by_source=out").exists()


HOSTILE = [
    "../../etc",
    "/",
    "in/Straße *[a]?",
    "a=b/by_month=2026-01",
    "日本" * 200,
    "x" * 5_000,
    "tab\tand\nline",
    "%2F",
    "..",
]


def test_hostile_names_of_sources_stay_below_the_table(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, "run-1", [result(f"Text {n}.", f"{name}/a.txt") for n, name in enumerate(HOSTILE)])
    before = tables(out)
    partition(str(out), "p1", "source")
    assert tables(out) == before and verify_tables(str(out)).faults == []
    names = [path.name for path in (out / "documents").iterdir()]
    assert len(names) == len(HOSTILE) and all(len(name) < 200 and name.isascii() for name in names)
    assert {unquote(name) for name in names} >= {"by_source=../../etc", "by_source=in/Straße *[a]?"}
    found = duckdb.sql(f"select count(*), count(distinct by_source) from '{out}/documents/**/*.parquet'")
    assert found.fetchone() == (len(HOSTILE), len(HOSTILE))


def test_there_are_never_more_folders_than_the_most(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "MOST", 3)
    run(out, "run-2", [result(f"Text {n}.", f"{n}/a.txt") for n in range(9)])
    partition(str(out), "p1", "source")
    assert len(folders(out)) == 4 and folders(out)["by_source=other"] == 1
    run(out, "run-3", [result(f"More {n}.", f"{n}/b.txt") for n in range(9, 20)])
    before = tables(out)
    partition(str(out), "p2", "source")
    assert len(folders(out)) == 4 and tables(out) == before


def test_many_packs_have_files_of_their_own(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACK_BYTES", 1)
    before = tables(out)
    partition(str(out), "p1", "domain")
    assert folders(out) == {"by_domain=legal": 2, "by_domain=medical": 1} and tables(out) == before


def test_rows_that_are_read_in_pieces_keep_their_order(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{n % 3}/{n}.txt" for n in range(30)]
    run(out, "run-2", [result(f"Text {name}.", name) for name in names])
    (written,) = (out / "documents").glob("run-2*.parquet")
    before = pq.read_table(written, columns=["uri"])["uri"].to_pylist()
    count = len(tables(out)["documents"])
    read = module.read_table

    def in_pieces(*given: Any, **options: Any) -> pa.Table:
        rows = read(*given, **options)
        return pa.Table.from_batches(rows.to_batches(max_chunksize=2), rows.schema)

    monkeypatch.setattr(module, "read_table", in_pieces)
    partition(str(out), "p1", "source")
    for n in range(3):
        (path,) = (out / "documents" / f"by_source={n}").iterdir()
        own = [uri for uri in before if uri.startswith(f"{n}/")]
        assert pq.ParquetFile(path).read(["uri"])["uri"].to_pylist() == own
    assert len(tables(out)["documents"]) == count


def test_rows_of_no_document_stop_it_and_nothing_changes(out: Path) -> None:
    stray = result("A stray.", "stray.txt")
    for folder in ("_manifests", "_data"):
        shutil.rmtree(out / folder)
    name = next((out / "flags").iterdir()).name
    (out / "flags" / name).unlink()
    write_table(arrow("flags", stray.flags, STAMP), f"{out}/flags/{name}", {})
    before = tables(out)
    with pytest.raises(DamagedError, match="has rows of documents that it has not"):
        partition(str(out), "p1", "month")
    assert tables(out) == before and set(folders(out)) == {""}


def test_files_without_rows_stay_so_that_a_pattern_finds_their_table(out: Path) -> None:
    blank = folders(out, "translations")
    assert blank == {"": 1}
    partition(str(out), "p1", "month")
    assert folders(out, "translations") == blank and verify_tables(str(out)).faults == []


@pytest.mark.slow
def test_every_reader_finds_the_rows_with_older_files_beside_them(out: Path) -> None:
    partition(str(out), "p1", "month")
    run(out, "run-2", [result("A newer one.", "new/e.txt", document_date=MARCH)])
    folder = str(out)
    assert duckdb.sql(f"from '{out}/documents/**/*.parquet'").to_arrow_table().num_rows == 5
    joined = f"""select count(*) from read_parquet('{out}/flags/**/*.parquet', union_by_name = true) f
        join read_parquet('{out}/documents/**/*.parquet', union_by_name = true) using (doc_id)"""
    assert duckdb.sql(joined).fetchone() == (5,)
    frame = pd.read_parquet(out / "documents")
    assert len(frame) == 5 and sorted(set(frame["by_month"].dropna())) == ["2026-01", "2026-03", UNKNOWN]
    for statements in (by_glob(folder), by_manifest(folder)):
        connection = duckdb.connect()
        for statement in statements:
            connection.execute(statement)
        asked = connection.execute("from documents join segments using (doc_id)").to_arrow_table()
        assert len(asked) == 5 and "by_month" not in asked.column_names
    assert connect(folder).execute("select count(*) from current_documents").fetchone() == (5,)
    snapshot = Snapshot(folder)
    for row in tables(out)["documents"]:
        (segment,) = snapshot.rows("segments", row["doc_id"])
        assert segment["doc_id"] == row["doc_id"]
    index = WordIndex(folder)
    index.update()
    assert index.hits(parse("January"), 20)[0] == 1


def test_replaced_files_are_swept_and_rows_without_manifests_are_adopted(out: Path) -> None:
    before = without_runs(tables(out))
    partition(str(out), "p1", "month")
    compact(str(out), "c1")
    partition(str(out), "p2", "domain")
    sweep(str(out), seconds=-1)
    assert not list((out / "_data").rglob("by_month=*")), "with the folders"
    for folder in ("_manifests", "_data"):
        shutil.rmtree(out / folder)
    run(out, "run-2", [])
    assert without_runs(tables(out)) == before and verify_tables(str(out)).faults == []


def call(*arguments: object) -> CliResult:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_a_batch_moves_what_it_published_and_reads_nothing_twice(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "tables"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text("This Agreement is made on 5 January 2026 and is governed by Irish law.")
    (folder / "b" / "c.txt").write_text("The tenant shall pay the rent of EUR 900 on the first of the month.")
    command = ("batch", folder, "--out", out, "--partition-by", "source")
    done = call(*command)
    assert done.exit_code == 0, done.output
    assert len(folders(out)) == 2 and "" not in folders(out)
    before = without_runs(tables(out))
    again = call(*command, "--new-only")
    assert again.exit_code == 0 and "2 skipped" in again.output
    assert without_runs(tables(out)) == before
    assert call(*command).exit_code == 0
    assert without_runs(tables(out)) == before and verify_tables(str(out)).faults == []
    merged = call("compact", out, "--partition-by", "domain")
    assert "moved to folders by domain" in merged.output
    assert without_runs(tables(out)) == before


@pytest.mark.parametrize(
    "cause",
    [OSError(28, "No space left on device"), KeyboardInterrupt(), DamagedError("a.parquet is damaged")],
)
def test_what_stops_it_after_a_run_is_told_with_the_command_that_goes_on(
    out: Path, monkeypatch: pytest.MonkeyPatch, cause: BaseException
) -> None:
    def stop(*_: object) -> None:
        raise cause

    before = tables(out)
    with monkeypatch.context() as patch, pytest.raises(RunError) as said:
        patch.setattr(module, "write_table", stop)
        partition_published(str(out), "month")
    assert "the run is published" in str(said.value) and f"compact {out} --partition-by month" in str(
        said.value
    )
    assert tables(out) == before and set(folders(out)) == {""}
    recover(str(out))
    assert verify_tables(str(out)).faults == []


def test_a_catalog_partitions_its_tables_itself(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A text.")
    done = call("batch", tmp_path, "--out", "iceberg://lake/tables", "--partition-by", "month")
    assert done.exit_code == 2 and "a catalog partitions its tables itself" in " ".join(done.output.split())
