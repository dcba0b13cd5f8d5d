"""Faults of disks, clocks and processes: the tables are those of before or those of after, never between."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docassay.pipelines.maintain import compact_tables, quarantine_tables, verify_tables
from docassay.schemas.errors import OutputError, RunError
from docassay.schemas.rows import Reject
from docassay.storage.tables import file_systems, parquet
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import append as appending
from docassay.storage.transaction.append import Index, append
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.transaction import recover
from tests.families import quick_first
from tests.mounts import succeeds
from tests.storage.runs import run
from tests.tables import Rows, result, tables, without_runs

ROOT = Path(__file__).parents[2]
A, B, C = (result(f"This is text {name} of a lease.", f"{name}.txt") for name in "abc")
EMPTY = Reject(None, "empty.txt", "read", "empty", "-")
LARGE = [result(os.urandom(20_000).hex(), f"large-{n}.txt") for n in range(150)]
"""More than two megabytes of rows that cannot be compressed much."""


def sound(out: Path) -> None:
    recover(str(out))
    assert verify_tables(str(out)).faults == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Any]:
    """Mount a disk of a size, where that is allowed."""
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        place = tmp_path / f"disk-{size}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if not succeeds(command):
            pytest.skip("only root may mount a small disk; the next test takes a stand-in")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("size", quick_first(1, ["40k", "100k", "2m"]))
def test_a_disk_that_is_full_leaves_the_tables_as_they_were(disk: Any, size: str) -> None:
    out = disk(size)
    before: Rows = {}
    if size != "40k":  # which has not even room for a small run: each file takes a page
        run(out, "run-1", [A, EMPTY])
        before = tables(out)
    with pytest.raises(OSError, match="No space left on device"):
        run(out, "run-2", [A, B], LARGE)
    recover(str(out))
    if before:
        assert tables(out) == before
        sound(out)
    subprocess.run(["mount", "-o", "remount,size=64m", str(out)], check=True)
    run(out, "run-3", [A, B], LARGE)
    assert len(tables(out)["documents"]) == 152
    sound(out)


class _Disk:
    """A stand-in for a disk with room for so many bytes."""

    def __init__(self, patch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        self.full = False
        for module in ("tables.file_systems", "tables.parquet", "maintain.compact", "transaction.journal"):
            patch.setattr(f"docassay.storage.{module}.create_file", self.create)

    def create(self, path: str) -> Any:
        file = self._create(path)
        write = file.write

        def limited(content: Any) -> Any:
            self.room -= len(memoryview(content).cast("B"))
            if self.room < 0:
                self.full = True
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            return write(content)

        file.write = limited
        return file

    _create = staticmethod(file_systems.create_file)


@pytest.mark.parametrize(
    "what",
    ["quarantine", *(pytest.param(act, marks=pytest.mark.slow) for act in ("publish", "compact", "append"))],
)
def test_a_disk_may_be_full_at_any_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    filled, out = tmp_path / "filled", tmp_path / "out"
    run(filled, "run-1", [A, EMPTY], [B])
    if what == "quarantine":
        (filled / "flags/run-1-00000.parquet").write_bytes(b"damaged")
    monkeypatch.setattr("docassay.storage.transaction.append.write", _unvalidated(monkeypatch))
    act = {
        "publish": lambda: run(out, "run-2", [A], [C]),
        "compact": lambda: compact_tables(str(out)),
        "quarantine": lambda: quarantine_tables(str(out)),
        "append": lambda: append([C], Index(str(out), 0, 1), "w", {"run_id": "run-2", "version": "0"}),
    }[what]
    shutil.copytree(filled, out)
    before, faults = _documents(out), len(verify_tables(str(out)).faults)
    act()
    after = _documents(out)
    room, failures, full = 0, 0, True
    while full:
        shutil.rmtree(out)
        shutil.copytree(filled, out)
        with monkeypatch.context() as patch:
            disk = _Disk(patch, room)
            try:
                act()
            except (OSError, RunError) as error:
                assert "No space left on device" in str(error)
                failures += 1
            full = disk.full
        recover(str(out))
        assert _documents(out) == (before if full else after)
        assert len(verify_tables(str(out)).faults) == (faults if full else 0)
        room += 2_500
    assert failures > 3


def _documents(out: Path) -> list[tuple[str, str]]:
    rows = [
        parquet.read_table("documents", str(path), ["uri", "run_id"]).to_pylist()
        for path in (out / "documents").glob("*.parquet")
    ]
    return sorted((row["uri"], row["run_id"]) for file in rows for row in file)


def _unvalidated(monkeypatch: pytest.MonkeyPatch) -> Any:
    tables_of = ("segments", "classifications", "flags", "findings")
    monkeypatch.setattr(
        "docassay.storage.tables.write.validate",
        lambda results, *_: (
            {"documents": [r.document for r in results]}
            | {table: [row for r in results for row in getattr(r, table)] for table in tables_of},
            [],
        ),
    )
    return appending.write


def test_a_clock_that_goes_back_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, "20300101T000000-aaaaaaaa", [A, EMPTY], [B])
    run(tmp_path, "20200101T000000-bbbbbbbb", [result("This is text b of a lease.", "b.txt", risk=0.9), C])
    found = tables(tmp_path)
    assert {row["uri"]: row["risk"] for row in found["documents"]} == {
        "a.txt": 0.3,
        "b.txt": 0.9,
        "c.txt": 0.3,
    }
    sound(tmp_path)
    compact_tables(str(tmp_path))
    assert without_runs(tables(tmp_path)) == without_runs(found)
    (tmp_path / "flags").joinpath(os.listdir(tmp_path / "flags")[0]).unlink()
    kinds = {fault.kind for fault in verify_tables(str(tmp_path)).faults}
    assert kinds == {"missing"}, "the books do not rest on the clock"


WRITER = """
import sys, time
from pathlib import Path
from docassay.schemas.errors import OutputError
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.transaction import recover
from tests.storage.runs import run
from tests.tables import result

out, name = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
tries = refused = 0
while tries < 6:
    try:
        with writer_lock(out):
            recover(out)
            own = f"{name}-{tries}"
            rows = [result("This is what both have.", f"{name}.txt"), result(f"{own} text", f"{own}.txt")]
            run(Path(out), f"run-{own}", rows)
            tries += 1
    except OutputError as error:
        assert "another run is writing" in str(error), error
        refused += 1
        time.sleep(0.001)
print(refused)
"""


@pytest.mark.slow
def test_two_writers_at_once_take_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen(
            [*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for name in ("one", "other")
    ]
    for writer in writers:
        assert writer.stdout and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    refused = [int(writer.communicate(timeout=120)[0]) for writer in writers]
    assert sum(refused) > 0, "they did meet"
    found = tables(tmp_path)
    assert len(found["documents"]) == 13 and len(found["runs"]) == 12
    sound(tmp_path)


def test_a_second_run_on_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    with writer_lock(str(tmp_path)):
        began = time.monotonic()
        with pytest.raises(OutputError, match="another run is writing"), writer_lock(str(tmp_path)):
            pass
    assert time.monotonic() - began < 10


KILLED = """
import json, os, shutil, sys
from pathlib import Path
from docassay.schemas.rows import Reject
from docassay.storage.tables import file_systems
from docassay.storage.transaction import journal, publish
from docassay.storage.transaction.transaction import recover
from tests.storage.runs import run
from tests.tables import result, tables, without_runs

place, filled = Path(sys.argv[1]), Path(sys.argv[1], "filled")
A, B, C = (result(f"This is text {name} of a lease.", f"{name}.txt") for name in "abc")
EMPTY = Reject(None, "empty.txt", "read", "empty", "-")
run(filled, "run-1", [A, B, EMPTY])
before = without_runs(tables(filled))


def act(out):
    run(out, "run-2", [B, EMPTY, C], [result("This is text c of a lease.", "also-c.txt")])


shutil.copytree(filled, place / "after")
act(place / "after")
after = without_runs(tables(place / "after"))
assert before != after
step, died, names = 0, True, []
while died:
    out = place / str(step)
    shutil.copytree(filled, out)
    read_end, write_end = os.pipe()
    if not (child := os.fork()):
        left = [step]

        def dying(name, function):
            def stepping(*given):
                left[0] -= 1
                if left[0] < 0:
                    os.write(write_end, name.encode())
                    os._exit(9)
                return function(*given)

            return stepping

        publish.write_table = dying("write", publish.write_table)
        journal.create_file = dying("journal", journal.create_file)
        file_systems.rename = dying("move", file_systems.rename)
        file_systems.delete = dying("delete", file_systems.delete)
        act(out)
        os._exit(0)
    os.close(write_end)
    name = os.read(read_end, 100).decode()
    died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    names.append(name)
    committed = (out / "_staging/run-2/publish.json").exists()
    recover(str(out))
    found = without_runs(tables(out))
    assert found == (after if committed or not died else before), f"killed at step {step}, {name}"
    shutil.rmtree(out)
    step += 1
print(json.dumps(names))
"""


@pytest.mark.slow
def test_a_process_may_be_killed_at_every_step_of_publishing(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout)
    assert set(names) == {"write", "journal", "move", "delete", ""} and len(names) > 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_folder_that_may_only_be_read_is_refused_before_any_work(tmp_path: Path) -> None:
    run(tmp_path / "out", "run-1", [A])
    shutil.rmtree(tmp_path / "out" / STAGING, ignore_errors=True)
    script = (
        f'mount --bind {tmp_path}/out {tmp_path}/out && mount -o remount,ro,bind {tmp_path}/out && exec "$@"'
    )
    code = (
        "import sys; from docassay.storage.transaction.locks import writer_lock\n"
        "with writer_lock(sys.argv[1]): pass"
    )
    command = ["unshare", "--mount", "bash", "-c", script, "bash"]
    if not succeeds([*command, "true"]):
        pytest.skip("only root may mount")
    done = subprocess.run(
        [*command, sys.executable, "-c", code, f"{tmp_path}/out"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "OutputError" in done.stderr and "cannot be written: Read-only file system" in done.stderr
    sound(tmp_path / "out")
