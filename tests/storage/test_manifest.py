"""Manifest: a reader sees the tables at one moment, whatever is published, killed, copied or damaged."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from docassay import read_tables
from docassay.pipelines.maintain import compact_tables, quarantine_tables, verify_tables
from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES, Reject
from docassay.storage.tables import manifest
from docassay.storage.tables.write import OF_RUNS, ORDER
from docassay.storage.transaction import transaction
from docassay.storage.transaction.rewrite import renamed
from docassay.storage.transaction.transaction import Transaction, recover
from tests.families import quick_first
from tests.storage.runs import copied, run
from tests.tables import Rows, result, tables, without_runs

A, B, C = (result(f"This is text {name} of a lease.", f"{name}.txt") for name in "abc")
B_AGAIN = result("This is text b of a lease.", "b.txt", risk=0.9)
EMPTY = Reject(None, "empty.txt", "read", "empty", "-")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "out"
    run(place, "run-1", [A, EMPTY], [B])
    return place


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path / "out")


def by_manifest(out: Path, at: manifest.Manifest | None = None) -> Rows:
    files = manifest.table_files(str(out), at)
    rows = {t: [row for path in files[t] for row in pq.read_table(path).to_pylist()] for t in TABLES}
    return {table: sorted(own, key=repr) for table, own in rows.items()}


def faults(out: Path) -> list[tuple[str, str]]:
    return [(fault.kind, fault.path) for fault in verify_tables(str(out)).faults]


def test_the_folders_and_the_manifest_have_the_same_rows(out: Path) -> None:
    run(out, "run-2", [B_AGAIN, C], [EMPTY])
    compact_tables(str(out))
    run(out, "run-3", [A])
    assert by_manifest(out) == {table: sorted(rows, key=repr) for table, rows in tables(out).items()}
    state = manifest.current(str(out))
    assert state is not None and (state.number, state.run_id) == (4, "run-3")
    for table, files in state.files.items():
        for name, file in files.items():
            assert (out / table / name).samefile(out / file.path), "two names of one file"
            assert file.rows == pq.read_metadata(out / file.path).num_rows
    assert faults(out) == []


def test_who_reads_an_earlier_manifest_sees_what_was_there_then(out: Path) -> None:
    before, state = by_manifest(out), manifest.current(str(out))
    run(out, "run-2", [B_AGAIN, C], [EMPTY])
    assert by_manifest(out, state) == before
    assert by_manifest(out, manifest.at(str(out), 1)) == before
    assert by_manifest(out) != before
    with pytest.raises(TablesError, match="no manifest 7; there are 1 to 2"):
        manifest.at(str(out), 7)


def test_no_file_is_ever_replaced_by_another_of_its_name(out: Path) -> None:
    inodes: dict[str, int] = {}
    for turn in range(4):
        run(out, f"run-2-{turn}", [B_AGAIN, result(f"Text {turn}.", f"{turn}.txt")], [EMPTY])
        if turn == 2:
            compact_tables(str(out))
        for path in out.glob("*/*.parquet"):
            at = str(path.relative_to(out))
            assert inodes.setdefault(at, path.stat().st_ino) == path.stat().st_ino, at


def test_what_was_replaced_goes_after_its_time(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(out, "run-2", [B_AGAIN, EMPTY])
    kept = sorted(path.name for path in (out / "_data/documents").iterdir())
    transaction.sweep(str(out))
    assert sorted(path.name for path in (out / "_data/documents").iterdir()) == kept, "it is young"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 10 * transaction.KEPT_SECONDS)
    transaction.sweep(str(out))
    assert len(list((out / "_data/documents").iterdir())) == len(kept), "the clock went back"
    monkeypatch.setattr(time, "time", lambda: now + 2 * transaction.KEPT_SECONDS)
    recover(str(out))
    for table in TABLES:
        shown = {path.name for path in (out / table).glob("*.parquet")}
        assert {path.name for path in (out / "_data" / table).iterdir()} == shown, table
    assert [path.name for path in (out / "_manifests").glob("*.json")] == ["00000002-run-2.json"]
    assert faults(out) == []


def test_tables_of_an_earlier_release_get_a_manifest_by_the_next_run(out: Path) -> None:
    for folder in ("_manifests", "_data"):
        shutil.rmtree(out / folder)
    before = tables(out)
    assert manifest.current(str(out)) is None
    assert by_manifest(out) == before, "the folders are what there is"
    run(out, "run-2", [C])
    assert {row["uri"] for row in by_manifest(out)["documents"]} == {"a.txt", "b.txt", "c.txt"}
    assert faults(out) == []


def test_a_copy_without_links_is_whole_and_goes_on(out: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(out, copied)
    assert faults(copied) == []
    run(copied, "run-2", [B_AGAIN])
    assert len(tables(copied)["documents"]) == 2 and faults(copied) == []


@pytest.mark.parametrize("gone", ["flags", "_data/flags"])
def test_one_of_two_names_that_is_gone_is_mended_by_the_other(out: Path, gone: str) -> None:
    before = tables(out)
    (out / gone / "run-1-00000.parquet").unlink()
    assert faults(out) == [("missing", f"{gone}/run-1-00000.parquet")]
    _, done = quarantine_tables(str(out))
    assert done is None, "nothing has to be read again"
    assert faults(out) == [] and tables(out) == before


@pytest.mark.parametrize("damaged", ["flags", "_data/flags"])
def test_one_of_two_copies_that_is_damaged_is_mended_by_the_other(
    out: Path, tmp_path: Path, damaged: str
) -> None:
    copied = Path(shutil.copytree(out, tmp_path / "copied"))
    (copied / damaged / "run-1-00000.parquet").write_bytes(b"damaged")
    assert faults(copied) == [("damaged", f"{damaged}/run-1-00000.parquet")]
    assert quarantine_tables(str(copied))[1] is None
    assert faults(copied) == [] and tables(copied) == tables(out)


def test_a_bit_of_a_footer_is_told_by_the_digest(out: Path) -> None:
    path = out / "flags/run-1-00000.parquet"
    content = bytearray(path.read_bytes())
    at = content.rindex(b"parquet-cpp")
    content[at] ^= 1
    path.write_bytes(content)
    assert pq.read_table(path).num_rows == 1, "Arrow notices nothing"
    assert faults(out) == [("damaged", "flags/run-1-00000.parquet")]
    _, done = quarantine_tables(str(out))
    assert done is not None and "flags/run-1-00000.parquet" in done.files
    assert faults(out) == []


def test_a_file_that_is_gone_under_both_names_is_missed_and_its_group_read_again(out: Path) -> None:
    for folder in ("flags", "_data/flags"):
        (out / folder / "run-1-00000.parquet").unlink()
    assert ("missing", "flags/run-1-00000.parquet") in faults(out)
    _, done = quarantine_tables(str(out))
    assert done is not None and done.list_path is not None
    assert Path(done.list_path).read_text().splitlines() == ["a.txt"]
    assert faults(out) == []


def test_a_file_that_somebody_copied_among_the_tables_is_set_aside_alone(out: Path) -> None:
    before = tables(out)
    shutil.copy(out / "rejects/run-1-00000.parquet", out / "rejects/backup.parquet")
    assert len(tables(out)["rejects"]) == 2, "who globs has it twice"
    assert len(by_manifest(out)["rejects"]) == 1, "who reads by the manifest has not"
    assert faults(out) == [("foreign", "rejects/backup.parquet")]
    _, done = quarantine_tables(str(out))
    assert done is not None and (Path(done.folder) / "rejects/backup.parquet").is_file()
    assert faults(out) == [] and tables(out) == before


DAMAGES: list[Any] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff",
    b"[" * 100_000,
    {"files": {"flags": {"../../victim.parquet": [1, 1, None]}}},
    {"files": {"../victim": {}}},
    {"files": {"flags": {"a.parquet": [1]}}},
    {"folder": "../"},
    {"number": 7},
    {"run_id": "run-9"},
    {"docassay": "journal"},
]


@pytest.mark.parametrize("damage", quick_first(2, DAMAGES), ids=lambda damage: str(damage)[:40])
def test_a_damaged_manifest_is_named_and_written_anew(out: Path, damage: Any) -> None:
    run(out, "run-2", [C])
    before = tables(out)
    path = out / "_manifests/00000002-run-2.json"
    content = (
        damage if isinstance(damage, bytes) else json.dumps(json.loads(path.read_text()) | damage).encode()
    )
    path.write_bytes(content)
    with pytest.raises(TablesError, match=r"00000002-run-2\.json is damaged .*--at 1; .*--quarantine"):
        read_tables(str(out))
    assert faults(out) == [("damaged", "_manifests/00000002-run-2.json")]
    assert by_manifest(out, manifest.at(str(out), 1))["documents"], "the state before is there"
    with pytest.raises(TablesError, match="is damaged"):
        run(out, "run-3", [B])
    quarantine_tables(str(out))
    assert faults(out) == []
    assert by_manifest(out) == {table: sorted(rows, key=repr) for table, rows in before.items()}


@pytest.mark.parametrize("content", quick_first(2, [b"", b"../x", b"00000009-run-9.json", b"\xff\n"]))
def test_a_damaged_pointer_is_named_and_written_anew(out: Path, content: bytes) -> None:
    (out / "_manifests/CURRENT").write_bytes(content)
    with pytest.raises(TablesError, match="--quarantine"):
        read_tables(str(out))
    ((kind, path),) = faults(out)
    assert kind == "damaged" and path.startswith("_manifests/")
    quarantine_tables(str(out))
    assert faults(out) == [] and len(by_manifest(out)["documents"]) == 2


def test_it_is_made_once_whoever_finishes_it(out: Path) -> None:
    def take_out() -> None:
        transaction = Transaction(str(out), "one")
        transaction.remove(["flags/run-1-00000.parquet"])
        transaction.commit()

    take_out()
    state = manifest.current(str(out))
    assert state is not None and "one" in state.commits and "run-1-00000.parquet" not in state.files["flags"]
    take_out()
    assert manifest.current(str(out)) == state


def test_the_order_of_the_folders_has_every_table_once_and_runs_last() -> None:
    assert sorted(ORDER) == sorted(OF_RUNS) and ORDER[-1] == "runs"
    assert renamed(renamed("a-b_c.parquet", "0" * 8), "1" * 8) == "a-b_c_11111111.parquet"


def test_a_file_system_without_links_has_copies(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    run(out, "run-2", [B_AGAIN, C])
    assert by_manifest(out) == {table: sorted(rows, key=repr) for table, rows in tables(out).items()}
    assert not list(out.rglob("*.part")) and faults(out) == []
    assert len(without_runs(tables(out))["documents"]) == 3
