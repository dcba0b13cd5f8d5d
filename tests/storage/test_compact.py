"""Compact: the same rows in fewer files, whoever reads meanwhile and whenever the process dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import Reject
from docassay.storage.maintain.compact import compact
from docassay.storage.tables.parquet import write_table
from docassay.storage.tables.write import STAGING, arrow
from docassay.storage.transaction import folders
from docassay.storage.transaction.transaction import recover
from tests.families import quick_first
from tests.tables import STAMP, result, tables

GROUPED = ("documents", "segments", "classifications", "flags", "findings")


def fill(out: Path, files: int = 6, first: int = 0) -> None:
    """Write groups of two documents, one with a reject, each as a run of its own would have."""
    for n in range(first, first + files):
        about = {"run_id": f"run-{n:02d}", "models": "m@1 abc" if n % 2 else "m@1 abc; own@2 def"}
        results = [result(f"This is text {n} of {side}.", f"{n}-{side}.txt") for side in "ab"]
        rows: dict[str, list[Any]] = {"documents": [r.document for r in results]}
        rows |= {table: [row for r in results for row in getattr(r, table)] for table in GROUPED[1:]}
        rows["rejects"] = [Reject(None, f"{n}.pdf", "parse", "encrypted", "-")]
        for table, own in rows.items():
            write_table(arrow(table, own, STAMP), f"{out}/{table}/run-{n:02d}.parquet", about)


def forget_manifest(out: Path) -> None:
    """Leave the tables as an earlier release would have."""
    for folder in ("_manifests", "_data"):
        shutil.rmtree(out / folder)


def names(out: Path, table: str) -> list[str]:
    return sorted(path.name for path in (out / table).iterdir())


def test_rows_stay_and_a_group_has_the_same_name_in_every_table(tmp_path: Path) -> None:
    fill(tmp_path)
    before = tables(tmp_path)
    done = compact(str(tmp_path), "c1")
    assert (done.before, done.after) == (36, 6)
    assert tables(tmp_path) == before
    assert {tuple(names(tmp_path, table)) for table in GROUPED} == {("c1-00000.parquet",)}
    assert not list((tmp_path / STAGING).glob("*"))


def test_metadata_names_every_run_and_model_once(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    compact(str(tmp_path), "c1")
    found = pq.read_schema(tmp_path / "flags" / "c1-00000.parquet").metadata
    assert found[b"docassay.run_id"] == b"run-00; run-01; run-02"
    assert found[b"docassay.models"] == b"m@1 abc; own@2 def"
    forget_manifest(tmp_path)
    fill(tmp_path, 1, first=3)
    compact(str(tmp_path), "c2")
    found = pq.read_schema(tmp_path / "flags" / "c2-00000.parquet").metadata
    assert found[b"docassay.run_id"].count(b"run-") == 4


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    fill(tmp_path)
    compact(str(tmp_path), "c1")
    done = compact(str(tmp_path), "c2")
    assert done.before == done.after == 6
    assert names(tmp_path, "documents") == ["c1-00000.parquet"]


def test_files_of_a_useful_size_are_left_alone(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    largest = max(path.stat().st_size for table in GROUPED for path in (tmp_path / table).iterdir())
    kept = {table: names(tmp_path, table) for table in GROUPED}
    done = compact(str(tmp_path), "c1", target=largest * 2)
    assert {table: names(tmp_path, table) for table in GROUPED} == kept, "half of the target is enough"
    assert done.before - done.after <= 1, "only the two files of rejects are small"


def test_a_file_that_stays_is_shared_not_copied(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    big = [result(f"{n} " + os.urandom(400).hex(), f"big-{n}.txt") for n in range(400)]
    documents, segments = [r.document for r in big], [s for r in big for s in r.segments]
    write_table(arrow("documents", documents, STAMP), f"{tmp_path}/documents/zbig.parquet", {})
    write_table(arrow("segments", segments, STAMP), f"{tmp_path}/segments/zbig.parquet", {})
    inode = (tmp_path / "segments" / "zbig.parquet").stat().st_ino
    compact(str(tmp_path), "c1", target=300_000)
    assert names(tmp_path, "segments") == ["c1-00000.parquet", "zbig.parquet"]
    assert (tmp_path / "segments" / "zbig.parquet").stat().st_ino == inode


def test_what_is_not_ours_stays_where_it_is(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    (tmp_path / "flags/mine").mkdir()
    (tmp_path / "flags/mine/notes.txt").write_text("mine")
    (tmp_path / "flags/list.csv").write_text("mine, too")
    compact(str(tmp_path), "c1")
    assert names(tmp_path, "flags") == ["c1-00000.parquet", "list.csv", "mine"]
    assert (tmp_path / "flags/mine/notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda out: (out / "flags" / "run-01.parquet").write_bytes(b"no table"), "is not a Parquet file"),
        (
            lambda out: shutil.copy(out / "segments/run-01.parquet", out / "flags/run-01.parquet"),
            "does not have the columns of flags",
        ),
    ],
    ids=["broken", "another table"],
)
def test_what_cannot_be_read_stops_it_and_nothing_changes(tmp_path: Path, spoil: Any, says: str) -> None:
    fill(tmp_path, 3)
    spoil(tmp_path)
    before = {table: names(tmp_path, table) for table in (*GROUPED, "rejects")}
    with pytest.raises(TablesError, match=says):
        compact(str(tmp_path), "c1")
    assert {table: names(tmp_path, table) for table in before} == before
    assert not list((tmp_path / STAGING).glob("*"))


class Died(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 4])
@pytest.mark.parametrize("exchanges", quick_first(1, [True, False]), ids=["one step", "two steps"])
def test_it_may_die_between_any_two_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool, every: int
) -> None:
    steps, died = 0, True
    filled = tmp_path / "filled"
    fill(filled, 3)
    before = tables(filled)
    while died:
        out = tmp_path / str(steps)
        shutil.copytree(filled, out)
        with monkeypatch.context() as patch:
            _die_after(patch, steps, exchanges)
            try:
                compact(str(out), "c1")
                died = False
            except Died:
                died = True
        recover(str(out))
        assert tables(out) == before, f"died after {steps} steps"
        assert names(out, "flags") in (["run-00.parquet", "run-01.parquet", "run-02.parquet"],) or (
            names(out, "flags") == ["c1-00000.parquet"]
        )
        assert not (out / STAGING).exists()
        steps += every
    assert names(out, "flags") == ["c1-00000.parquet"]
    assert steps > 6, "the journal and six tables"


def _die_after(patch: pytest.MonkeyPatch, steps: int, exchanges: bool) -> None:
    left = [steps]
    replace, exchange_names = os.replace, folders.swap_names

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Died

    def counted_replace(source: str, target: str) -> None:
        step()
        replace(source, target)

    def counted_exchange(one: str, other: str) -> None:
        if not exchanges:
            raise OSError(22, "this file system cannot")
        step()
        exchange_names(one, other)

    patch.setattr(os, "replace", counted_replace)
    patch.setattr(folders, "swap_names", counted_exchange)


def test_whoever_finishes_it_may_call_the_folder_by_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    fill(out, 3)
    before = tables(out)
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(Died):
        _die_after(patch, 3, True)
        compact("out", "c1")
    monkeypatch.chdir("/")
    assert recover(str(out)) == ["c1"]
    assert tables(out) == before
    assert names(out, "findings") == ["c1-00000.parquet"]


def test_a_reader_gets_every_row_once_or_is_told_that_a_file_is_gone(tmp_path: Path) -> None:
    fill(tmp_path, 12)
    counts: Counter[int] = Counter()
    errors: list[str] = []
    ended = threading.Event()

    def read() -> None:
        connection = duckdb.connect(config={"threads": 1})
        while not ended.is_set():
            try:
                query = f"select count(*), count(distinct doc_id) from '{tmp_path}/documents/*.parquet'"
                counts.update(connection.execute(query).fetchone() or ())
            except duckdb.IOException as error:
                errors.append(str(error))
            time.sleep(0.002)

    whole = tmp_path.with_name("whole")
    shutil.copytree(tmp_path, whole)
    thread = threading.Thread(target=read)
    thread.start()
    expected: set[int] = {24}
    for turn in range(5):
        compact(str(tmp_path), f"c{turn}")
        # Split it again, unseen by the reader, so that there is something to merge in the next turn.
        other = tmp_path / f"other-{turn}"
        shutil.copytree(whole, other)
        folders.swap_names(str(other / "documents"), str(tmp_path / "documents"))
        for table in (*GROUPED[1:], "rejects"):
            shutil.rmtree(tmp_path / table)
            (other / table).rename(tmp_path / table)
    time.sleep(0.1)
    ended.set()
    thread.join()
    assert set(counts) == expected, counts
    gone = ("No such file", "does not exist", "open file")
    assert [error for error in errors if not any(words in error for words in gone)] == []


COMMAND = """
import sys
from docassay.storage.maintain.compact import compact
from docassay.storage.transaction.transaction import recover
recover(sys.argv[1])
print("go", flush=True)
compact(sys.argv[1], sys.argv[2])
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_the_rows(tmp_path: Path) -> None:
    for turn, delay in enumerate((0.0, 0.02, 0.05, 0.08)):
        fill(tmp_path, 20, first=20 * turn)
        before = tables(tmp_path)
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(tmp_path), f"c{turn}"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout and process.stdout.readline() == "go\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        recover(str(tmp_path))
        assert tables(tmp_path) == before
