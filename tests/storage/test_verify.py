"""Verify: every fault is named, what is whole is not, and what is set aside leaves tables that are whole."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from docassay.pipelines.maintain import quarantine_tables, verify_tables
from docassay.schemas.errors import DamagedError
from docassay.schemas.rows import Reject, Result
from docassay.schemas.runs import Stamp
from docassay.storage.maintain import quarantine as aside
from docassay.storage.maintain import verify as module
from docassay.storage.maintain.compact import compact
from docassay.storage.maintain.partition import partition
from docassay.storage.maintain.quarantine import LIST
from docassay.storage.maintain.verify import KEYS, KINDS
from docassay.storage.tables import file_systems
from docassay.storage.tables.parquet import named, read_table, write_table
from docassay.storage.tables.runs import row_of
from docassay.storage.tables.write import GROUPED, STAGING, arrow
from docassay.storage.transaction.append import Index, append
from tests.families import quick_first
from tests.storage.runs import TABLES_OF_RESULT, run
from tests.tables import STAMP, result, tables, without_runs

WITH_ROWS = tuple(table for table in TABLES_OF_RESULT if table not in ("entities", "facts"))
"""The tables of results that have rows of the documents here, which name nobody and state nothing."""

A, B, C, D, E = (result(f"This is text {name} of a lease.", f"in/{name}.txt") for name in "abcde")
EMPTY = Reject(None, "in/empty.txt", "read", "empty", "-")
LATE = Reject(None, "in/late.txt", "read", "empty", "-")
GROUPS = {"run-1": [[A, EMPTY], [B]], "run-2": [[C, LATE]], "run-3": [[D], [E]]}


def forget_manifest(out: Path) -> Path:
    """Leave the tables as an earlier release would have: what lies in the folders is all there is."""
    for folder in ("_manifests", "_data"):
        shutil.rmtree(out / folder)
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    for run_id, groups in GROUPS.items():
        run(out, run_id, *groups)
    return forget_manifest(out)


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "tables"))


def found(out: Path) -> list[tuple[str, str]]:
    return [(fault.kind, fault.path) for fault in verify_tables(str(out)).faults]


def flip(path: Path, column: str) -> None:
    """Change a bit in the data of a column."""
    place = pq.ParquetFile(path).metadata.row_group(0)
    (chunk,) = [place.column(n) for n in range(place.num_columns) if place.column(n).path_in_schema == column]
    content = bytearray(path.read_bytes())
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content[start + chunk.total_compressed_size - 2] ^= 1
    path.write_bytes(content)


def without(path: Path, column: str, value: str) -> None:
    rows = pq.read_table(path)
    pq.write_table(rows.filter(pc.not_equal(rows[column], value)), path)


def test_keys_are_those_of_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    for table, key in KEYS.items():
        assert f"| {', '.join(f'`{column}`' for column in key)} |" in text, table


def test_what_is_whole_has_no_fault_whatever_was_replaced_retried_and_compacted(out: Path) -> None:
    assert found(out) == []
    run(out, "run-4", [result("This is text b of a lease.", "in/b.txt", risk=0.9), D], [EMPTY])
    assert found(out) == [], "documents and a reject of earlier runs were replaced"
    run(out, "run-5", [], settled=["in/late.txt"])
    assert found(out) == [], "a reject was settled"
    run(out, "run-6", [result("The same.", "z.txt")], [result("The same.", "y.txt"), A])
    assert found(out) == [], "a document was in two groups"
    report = verify_tables(str(out))
    assert report.rows == sum(map(len, tables(out).values()))
    compact(str(out), "run-7")
    assert found(out) == []
    run(out, "run-8", [C, D, E])
    assert found(out) == [], "rows of a merged file were replaced"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "no table": lambda path: path.write_bytes(b"PAR1 no table at all PAR1"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a bit of a digest": lambda path: flip(path, "doc_id"),
    "a bit of a time": lambda path: flip(path, "processed_at"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("table", quick_first(1, ["flags", "documents", "rejects", "runs"]))
@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "a folder"])
def test_a_damaged_file_is_named(out: Path, table: str, damage: str) -> None:
    path = out / table / "run-1-00000.parquet"
    if table == "runs" and damage == "a bit of a digest":
        flip(path, "run_id")
    else:
        DAMAGES[damage](path)
    report = verify_tables(str(out))
    assert ("damaged", f"{table}/run-1-00000.parquet") in {(f.kind, f.path) for f in report.faults}
    assert {f.kind for f in report.faults} <= {"damaged", "missing"}
    (fault,) = [f for f in report.faults if f.kind == "damaged"]
    assert str(out) not in fault.detail and "<Buffer>" not in fault.detail and fault.detail
    assert fault.remedy == f"docassay verify {out} --quarantine"


def test_columns_of_another_table_and_files_of_another_version_are_named(out: Path) -> None:
    shutil.copy(out / "segments/run-2-00000.parquet", out / "flags/run-2-00000.parquet")
    rows = pq.read_table(out / "findings/run-3-00001.parquet")
    later = {**rows.schema.metadata, b"docassay.schema_version": b"2"}
    pq.write_table(rows.replace_schema_metadata(later), out / "findings/run-3-00001.parquet")
    faults = verify_tables(str(out)).faults
    assert [(f.kind, f.path) for f in faults] == [
        ("version", "findings/run-3-00001.parquet"),
        ("damaged", "flags/run-2-00000.parquet"),
    ]
    assert "does not have the columns of flags" in faults[1].detail
    assert faults[0].remedy == "use the release that wrote them, or a later one"


@pytest.mark.parametrize("run_id", quick_first(1, ["run-1", "run-3"]))
@pytest.mark.parametrize("table", [*WITH_ROWS, "documents", "runs"])
def test_a_file_that_is_gone_is_missed(out: Path, table: str, run_id: str) -> None:
    (out / table / f"{run_id}-00000.parquet").unlink()
    faults = verify_tables(str(out)).faults
    assert ("missing", f"{table}/{run_id}-00000.parquet") in [(f.kind, f.path) for f in faults]
    assert {f.kind for f in faults} == {"missing"}


def test_rejects_and_whole_groups_that_are_gone_are_missed(out: Path) -> None:
    (out / "rejects/run-2-00000.parquet").unlink()
    for table in GROUPED:
        (out / table / "run-3-00001.parquet").unlink(missing_ok=True)
    kinds = found(out)
    assert ("missing", "rejects/run-2-00000.parquet") in kinds and ("missing", "documents") in kinds
    assert {kind for kind, _ in kinds} == {"missing"}


def test_a_file_that_is_gone_is_missed_after_compaction(out: Path) -> None:
    compact(str(out), "run-4")
    forget_manifest(out)
    (out / "flags/run-4-00000.parquet").unlink()
    assert set(found(out)) == {("missing", "flags")}


def test_a_row_that_vanished_is_missed(out: Path) -> None:
    without(out / "findings/run-1-00000.parquet", "check_id", "notice")
    (fault,) = verify_tables(str(out)).faults
    assert (fault.kind, fault.path) == ("missing", "findings")
    assert fault.detail == "run run-1 counts 2 rows in findings, and 1 are there"


def test_a_document_in_two_files_and_rows_that_are_twice_are_doubled(out: Path) -> None:
    for table in GROUPED:
        if (path := out / table / "run-2-00000.parquet").exists():
            shutil.copy(path, out / table / "copied.parquet")
    rows = read_table("findings", f"{out}/findings/run-1-00001.parquet")
    pq.write_table(pa.concat_tables([rows, rows]), out / "findings/run-1-00001.parquet")
    shutil.copy(out / "runs/run-1-00000.parquet", out / "runs/run-9.parquet")
    assert found(out) == [
        ("doubled", "documents/run-2-00000.parquet"),
        ("doubled", "findings/run-1-00001.parquet"),
        ("doubled", "runs/run-9.parquet"),
    ]


def test_many_rows_are_compared_across_pieces(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docassay.storage.tables.parquet.BATCH_ROWS", 2)
    compact(str(out), "run-4")
    forget_manifest(out)
    rows = read_table("findings", f"{out}/findings/run-4-00000.parquet")
    pq.write_table(pa.concat_tables([rows, rows.slice(1, 1)]), out / "findings/run-4-00000.parquet")
    (fault,) = verify_tables(str(out)).faults
    assert (fault.kind, fault.detail.split()[0]) == ("doubled", "1")


def test_rows_of_a_document_that_is_not_there_are_orphaned(out: Path) -> None:
    compact(str(out), "run-4")
    forget_manifest(out)
    without(out / "documents/run-4-00000.parquet", "doc_id", C.document.doc_id)
    kinds = found(out)
    assert {("orphaned", f"{table}/run-4-00000.parquet") for table in WITH_ROWS} <= set(kinds)
    assert ("missing", "documents") in kinds


def test_what_killed_runs_left_and_what_is_not_ours_is_named(out: Path) -> None:
    (out / STAGING / "run-8/flags").mkdir(parents=True)
    (out / STAGING / "run-8/flags/a.parquet").write_bytes(b"half")
    (out / STAGING / "run-9").mkdir()
    (out / STAGING / "run-9/publish.json").write_text('{"moves": [')
    (out / "flags/run-1.parquet.part").write_bytes(b"half")
    (out / "flags/notes").mkdir()
    (out / "thesis.docx").write_bytes(b"years of work")
    assert found(out) == [
        ("left_over", "_staging/run-8"),
        ("left_over", "_staging/run-9/publish.json"),
        ("foreign", "flags/notes"),
        ("left_over", "flags/run-1.parquet.part"),
        ("foreign", "thesis.docx"),
    ]
    assert set(KINDS) > {kind for kind, _ in found(out)}


def test_a_run_that_is_half_published_is_said_and_its_rows_are_not_compared(out: Path) -> None:
    staged = out / STAGING / "run-1/flags/g0.parquet"
    staged.parent.mkdir(parents=True)
    shutil.move(out / "flags/run-1-00000.parquet", staged)
    moves = [["_staging/run-1/flags/g0.parquet", "flags/run-1-00000.parquet"]]
    content = {"moves": moves, "rows": {"flags/run-1-00000.parquet": 1}, "removed": [], "base": None}
    (out / STAGING / "run-1/publish.json").write_text(json.dumps(content))
    report = verify_tables(str(out))
    assert report.pending
    assert [(f.kind, f.path) for f in report.faults] == [("left_over", "_staging/run-1/publish.json")]
    assert f"docassay compact {out}" in report.faults[0].remedy
    report, done = quarantine_tables(str(out))
    assert (report.faults, done) == ([], None), "the run was finished"


def lines(path: str | None) -> list[str]:
    return Path(path).read_text().splitlines() if path else []


@pytest.mark.parametrize(
    ("table", "damage", "listed"),
    quick_first(
        1,
        [
            ("flags", "zeros", ["in/a.txt"]),
            ("runs", "empty", []),
            ("documents", "a bit of a time", ["in/a.txt"]),
            ("documents", "cut short", ["in-of-run-1"]),
            ("segments", "a bit of a digest", ["in/a.txt"]),
            ("rejects", "empty", ["in-of-run-1"]),
        ],
    ),
)
def test_a_damaged_file_is_set_aside_with_its_group_and_the_rest_is_whole(
    out: Path, table: str, damage: str, listed: list[str]
) -> None:
    before = tables(out)
    damaged = out / table / "run-1-00000.parquet"
    DAMAGES[damage](damaged)
    content = damaged.read_bytes()
    report, done = quarantine_tables(str(out))
    assert report.faults and done is not None
    group = [t for t in GROUPED if before[t]] if table in GROUPED else [table]
    assert sorted(done.files) == sorted(f"{t}/run-1-00000.parquet" for t in group)
    assert (Path(done.folder) / table / "run-1-00000.parquet").read_bytes() == content
    assert not any((out / path).exists() for path in done.files)
    assert lines(done.list_path) == listed
    assert found(out) == [], "what is left belongs together"
    left = tables(out)
    assert {row["uri"] for row in left["documents"]} >= {f"in/{name}.txt" for name in "bcde"}
    assert len(tables(out)["runs"]) == (3 if table == "runs" else 4), "what was taken out is in `runs`"
    run(out, "run-9", [A, EMPTY])
    assert without_runs(tables(out)) == without_runs(before)
    assert found(out) == []


def test_the_list_has_the_names_that_a_batch_takes(tmp_path: Path) -> None:
    out, listed = tmp_path / "out", tmp_path / "names"
    odd = [
        result("This is a lease.", "in/a.jsonl%23line-3"),
        result("This is one, too.", "file:///in/b%20c.txt"),
    ]
    run(out, "run-1", odd)
    DAMAGES["empty"](out / "flags/run-1-00000.parquet")
    _, done = quarantine_tables(str(out))
    assert done and done.list_path
    assert Path(done.list_path).read_text().splitlines() == ["/in/b c.txt", "in/a.jsonl#line-3"]
    listed.write_bytes("in/x\u2028y.txt\n\nin/z.txt\n".encode())
    assert [name for name in aside._names(f"@{listed}") or [] if name] == ["in/x\u2028y.txt", "in/z.txt"]
    assert aside._names(f"@{listed}-gone") is None


def test_what_is_set_aside_may_go_to_another_folder_but_not_among_the_tables(
    out: Path, tmp_path: Path
) -> None:
    DAMAGES["empty"](out / "flags/run-1-00000.parquet")
    with pytest.raises(ValueError, match="among the tables"):
        quarantine_tables(str(out), f"{out}/aside")
    _, done = quarantine_tables(str(out), str(tmp_path / "aside"))
    assert done is not None and done.folder.startswith(str(tmp_path / "aside"))
    assert (Path(done.folder) / LIST).read_text() == "in/a.txt\n"
    assert found(out) == []


def test_every_other_fault_is_mended_by_reading_the_list(out: Path) -> None:
    before = without_runs(tables(out))
    for table in GROUPED:
        if (path := out / table / "run-2-00000.parquet").exists():
            shutil.copy(path, out / table / "copied.parquet")  # C is doubled
    (out / "segments/run-3-00000.parquet").unlink()  # of D
    (out / "flags/run-3-00001.parquet").unlink()  # of E
    _, done = quarantine_tables(str(out))
    assert done is not None and done.replaces
    assert lines(done.list_path) == ["in/c.txt", "in/d.txt", "in/e.txt"]
    run(out, "run-9", [C, D, E])
    assert found(out) == []
    assert without_runs(tables(out)) == before


class Died(Exception):
    """Stands for the end of the process."""


def _dying_after(steps: int) -> Callable[[Any], Any]:
    """Wrap functions so that the process dies at the call of this number."""
    left = [steps]

    def step(function: Any) -> Any:
        def counted(*given: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Died
            return function(*given)

        return counted

    return step


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 4])
def test_a_process_that_dies_while_it_sets_aside_leaves_all_or_nothing(
    out: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    shutil.rmtree(out)
    run(out, "run-1", [A, EMPTY], [B])
    DAMAGES["empty"](out / "flags/run-1-00000.parquet")
    filled = Path(shutil.copytree(out, out.with_name("filled")))
    steps, died = 0, True
    while died:
        shutil.rmtree(out)
        shutil.copytree(filled, out)
        step = _dying_after(steps)
        with monkeypatch.context() as patch:
            patch.setattr("docassay.storage.maintain.quarantine._copy_durably", step(aside._copy_durably))
            patch.setattr("docassay.storage.maintain.quarantine._write", step(aside._write))
            patch.setattr("docassay.storage.tables.file_systems.rename", step(file_systems.rename))
            patch.setattr(
                "docassay.storage.transaction.journal.file_systems.delete",
                step(file_systems.delete),
            )
            try:
                quarantine_tables(str(out))
                died = False
            except Died:
                died = True
        quarantine_tables(str(out))
        assert found(out) == [], f"died at step {steps}"
        assert sorted(row["uri"] for row in tables(out)["documents"]) == ["in/b.txt"]
        steps += every
    assert steps > 8


def test_what_is_set_aside_is_on_the_disk_before_it_leaves_the_tables(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition(str(out), "p1", "domain")
    file = next((out / "flags/by_domain=legal").iterdir())
    DAMAGES["empty"](file)
    done_before: list[str] = []
    synced, commit = aside.sync, aside.commit_run
    monkeypatch.setattr(aside, "sync", lambda *paths: (done_before.extend(paths), synced(*paths)))
    monkeypatch.setattr(aside, "commit_run", lambda *given: (done_before.append("commit"), commit(*given)))
    _, done = quarantine_tables(str(out))
    assert done is not None
    folders = [os.path.dirname(os.path.join(done.folder, name)) for name in done.files]
    folders += [os.path.dirname(folder) for folder in folders]
    folders += [done.folder, os.path.dirname(done.folder), os.path.dirname(os.path.dirname(done.folder))]
    assert set(folders) <= set(done_before[: done_before.index("commit")])


def test_a_copied_file_of_rejects_is_set_aside_and_doubles_none(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [A, EMPTY], [B])
    rejects = [row["uri"] for row in tables(tmp_path)["rejects"]]
    shutil.copyfile(tmp_path / "rejects/run-1-00000.parquet", tmp_path / "rejects/copy.parquet")
    _, done = quarantine_tables(str(tmp_path))
    assert done is not None and done.files == ("rejects/copy.parquet",)
    assert [row["uri"] for row in tables(tmp_path)["rejects"]] == rejects and found(tmp_path) == []


def test_documents_that_came_as_messages_are_counted(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result("A message.", "kafka://broker/topic/0/7"), A], [B])
    DAMAGES["empty"](tmp_path / "flags/run-1-00000.parquet")
    _, done = quarantine_tables(str(tmp_path))
    assert done is not None
    assert (lines(done.list_path), done.unlisted) == (["in/a.txt"], 1)


def test_a_stream_is_whole_whether_it_ended_or_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unvalidated(results: list[Result], *_: Any) -> tuple[dict[str, list[Any]], list[Reject]]:
        rows: dict[str, list[Any]] = {"documents": [r.document for r in results]}
        rows |= {table: [row for r in results for row in getattr(r, table)] for table in TABLES_OF_RESULT}
        return rows, []

    monkeypatch.setattr("docassay.storage.tables.write.validate", unvalidated)
    about = {"run_id": "stream-1", "version": "0", "models": "", "rules": ""}
    index = Index(str(tmp_path), 0, 1)
    done = [append(rows, index, f"w{n}", about) for n, rows in enumerate([[A, B, EMPTY], [C]])]
    assert found(tmp_path) == [], "killed, it has no row in `runs`"
    rows = Counter[str]()
    for appended in done:
        rows.update(appended.rows)
    numbers = {"documents": 3, "rejects": 1, "inputs": 4, "skipped": 0}
    ended = row_of(about, STAMP.processed_at, {"source": "in"}, {}, rows=rows, reasons={}, **numbers)
    stamped = arrow("runs", [ended], Stamp("stream-1", STAMP.processed_at))
    write_table(stamped, f"{tmp_path}/runs/stream-1-00000.parquet", about)
    assert found(forget_manifest(tmp_path)) == []
    run(tmp_path, "run-2", [B, D])
    assert found(tmp_path) == [], "a batch has replaced a document of the stream"
    forget_manifest(tmp_path)
    next((tmp_path / "flags").glob("w0-*")).unlink()
    assert found(tmp_path) == [("missing", "flags")]
    _, taken = quarantine_tables(str(tmp_path))
    assert taken is not None and lines(taken.list_path) == ["in/a.txt", "in/c.txt"]
    assert found(tmp_path) == []


def test_a_network_that_fails_is_no_damage() -> None:
    with pytest.raises(TimeoutError), named("s3://bucket/tables/flags/a.parquet"):
        raise TimeoutError(110, "Connection timed out")
    hint = "docassay verify s3://bucket/tables$"
    with pytest.raises(DamagedError, match=hint), named("s3://bucket/tables/flags/a.parquet"):
        raise OSError("could not verify page integrity")
    says = r"flags/a\.parquet is damaged: Input/output error"
    with pytest.raises(DamagedError, match=says), named("tables/flags/a.parquet"):
        raise OSError(5, "Input/output error")


def test_memory_is_that_of_a_piece(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr("docassay.storage.tables.parquet.BATCH_ROWS", 1)
    scan = module.scan

    def watched(*given: Any) -> Any:
        for piece in scan(*given):
            sizes.append(piece.num_rows)
            yield piece

    monkeypatch.setattr(module, "scan", watched)
    assert found(out) == []
    assert set(sizes) == {1}
