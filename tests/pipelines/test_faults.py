"""Faults: killed, out of disk, shut out, cut off from the network; the rows are right all the same.

Every test runs the command line in processes of its own, as an operator does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay.models.catalog import find
from docassay.schemas.rows import TABLES
from tests import corpus
from tests.mounts import succeeds
from tests.tables import Rows, tables, without_runs

pytestmark = pytest.mark.slow

CHARS = 300
"""Short documents: these tests are about faults, not about reading."""


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "docassay", *map(str, arguments)]


def docassay(
    *arguments: object, expect: int = 0, prefix: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*prefix, *command(*arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    return lines[0]


def visible(out: Path) -> list[Path]:
    return [path for table in TABLES for path in (out / table).glob("*")]


def start(folder: Path, out: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("batch", folder, "--out", out, "--workers", 2),
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait(process: subprocess.Popen[str], out: Path, until: str) -> None:
    """Wait for a file of the run's staging folder to appear."""
    deadline = time.monotonic() + 120
    while not list(out.glob(f"_staging/*/{until}")):
        assert process.poll() is None, "it was over before that"
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 300 documents, a few of them unusable, two the same."""
    folder = tmp_path_factory.mktemp("in")
    corpus.write(folder, corpus.items(300, seed=7, chars=CHARS, poison=0.04))
    shutil.copy(folder / "000" / "000003.txt", folder / "000" / "twin.txt")
    return folder


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    out = tmp_path_factory.mktemp("undisturbed")
    docassay("batch", folder, "--out", out, "--workers", 1)
    return without_runs(tables(out))


@pytest.mark.parametrize("until", ["progress/*.done", "documents/*.parquet"], ids=["reading", "writing"])
def test_a_run_that_is_killed_leaves_nothing_and_the_next_gives_every_row_once(
    folder: Path, tmp_path: Path, undisturbed: Rows, until: str
) -> None:
    process = start(folder, tmp_path)
    wait(process, tmp_path, until)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not visible(tmp_path), "nothing of a run that has not ended can be seen"
    docassay("batch", folder, "--out", tmp_path, "--workers", 2)
    assert without_runs(tables(tmp_path)) == undisturbed
    assert len(tables(tmp_path)["runs"]) == 1
    assert not list(tmp_path.glob("_staging/*")), "what the killed run had left is swept"


def test_temporary_folders_of_a_killed_run_are_swept_by_the_next(tmp_path: Path) -> None:
    written = corpus.write(tmp_path / "in", corpus.items(100, seed=7, chars=CHARS, poison=0.0))
    for item in written:
        page = Path(item.name).with_suffix(".html")
        page.write_text(f"<html><p>{page.name} says that the rent is due.")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    out = tmp_path / "out"
    process = start(tmp_path / "in", out, TMPDIR=str(temporary))
    wait(process, out, "progress/*.done")
    everybody = [process.pid, *_descendants(process.pid)]
    for number in (signal.SIGSTOP, signal.SIGKILL):  # at once: a child whose parent dies tidies up
        for pid in everybody:
            os.kill(pid, number)
    process.communicate()
    assert list(temporary.glob("docassay-*"))
    docassay("batch", tmp_path / "in", "--out", out, "--workers", 1, TMPDIR=str(temporary))
    assert not list(temporary.glob("docassay-*"))


def _descendants(parent: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(parent).children(recursive=True)]


def test_a_worker_that_dies_fails_the_run_in_one_line_and_publishes_nothing(
    folder: Path, tmp_path: Path, undisturbed: Rows
) -> None:
    process = start(folder, tmp_path)
    wait(process, tmp_path, "progress/*.done")
    (worker, *_) = _workers(process.pid)
    os.kill(worker, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert said.splitlines()[1:] == [], "one line"
    assert "a worker process died" in said
    assert not visible(tmp_path)
    docassay("batch", folder, "--out", tmp_path, "--workers", 2)
    assert without_runs(tables(tmp_path)) == undisturbed


def _workers(parent: int) -> list[int]:
    """Find the Beam workers below a process."""
    import psutil

    return [
        child.pid
        for child in psutil.Process(parent).children(recursive=True)
        if any("docassay.pipelines.runners.worker" in part for part in child.cmdline())
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 kB, where that is allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if not succeeds(mount):
        pytest.skip("only root may mount a small disk; the limit on a file's size is tested")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_one_line_and_the_next_run_is_fine(
    folder: Path, small_disk: Path, undisturbed: Rows, workers: int
) -> None:
    failed = docassay("batch", folder, "--out", small_disk, "--workers", workers, expect=3)
    assert "No space left on device" in one_line(failed)
    assert not visible(small_disk)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    docassay("batch", folder, "--out", small_disk, "--workers", workers)
    assert without_runs(tables(small_disk)) == undisturbed


def test_a_file_that_may_not_grow_is_one_line(folder: Path, tmp_path: Path) -> None:
    limited = ("bash", "-c", 'ulimit -f 4; exec "$@"', "bash")
    failed = docassay("batch", folder, "--out", tmp_path, "--workers", 1, expect=3, prefix=limited)
    assert "File too large" in one_line(failed)
    assert not visible(tmp_path)


def test_an_output_folder_of_somebody_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"years of work")
    failed = docassay("batch", folder, "--out", tmp_path, expect=2)
    assert "thesis.docx" in one_line(failed)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("name", ["model.bin", "heads.npz", "tokenizer.json", "model.toml"])
def test_a_damaged_model_is_refused_before_any_work(folder: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(find("minilm"), tmp_path / "minilm")
    content = (tmp_path / "minilm" / name).read_bytes()
    (tmp_path / "minilm" / name).write_bytes(content[: len(content) // 2])
    failed = docassay("batch", folder, "--out", tmp_path / "out", "--models", tmp_path / "minilm", expect=2)
    assert "minilm" in one_line(failed)
    assert not (tmp_path / "out").exists()


def test_every_input_is_accounted_for(tmp_path: Path) -> None:
    written = corpus.write(tmp_path / "in", corpus.items(1_000, seed=3, chars=CHARS, poison=0.05))
    docassay("batch", tmp_path / "in", "--out", tmp_path / "out", "--workers", 2)
    found = tables(tmp_path / "out")
    (row,) = found["runs"]
    bad = [Path(item.name).name for item in written if not item.good]
    refused = [row for row in found["rejects"] if row["table_name"] is None]
    assert len(bad) > 30
    assert row["inputs"] == sum(item.inputs for item in written)
    assert row["inputs"] == row["documents"] + row["rejects"]
    assert (row["documents"], row["rejects"]) == (len(found["documents"]), len(refused))
    assert {Path(row["uri"]).name for row in refused} >= set(bad)
    assert not {Path(row["uri"]).name for row in found["documents"]} & set(bad)
    assert sum(json.loads(row["reasons"]).values()) == len(found["rejects"])


FORBID = """
import socket
connect = socket.socket.connect
def guarded(self, address):
    local = address[0] in ("127.0.0.1", "::1", "localhost")
    if self.family in (socket.AF_INET, socket.AF_INET6) and not local:
        raise RuntimeError(f"a connection to {address}")
    return connect(self, address)
socket.socket.connect = guarded
resolve = socket.getaddrinfo
def local(host, *rest, **more):
    if host not in (None, "", "127.0.0.1", "::1", "localhost"):
        raise RuntimeError(f"a look-up of {host}")
    return resolve(host, *rest, **more)
socket.getaddrinfo = local
"""


def test_a_run_uses_no_network(folder: Path, tmp_path: Path, undisturbed: Rows) -> None:
    """Run where there is no network but the loopback, or else where Python refuses to use it."""
    up = ("unshare", "--net", "--", "bash", "-c", 'ip link set lo up && exec "$@"', "bash")
    prefix, environment = up, {}
    if subprocess.run([*up, "true"], capture_output=True, check=False).returncode:
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "sitecustomize.py").write_text(FORBID)
        path = os.pathsep.join([str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])
        prefix, environment = (), {"PYTHONPATH": path}
    docassay("batch", folder, "--out", tmp_path / "out", "--workers", 2, prefix=prefix, **environment)
    assert without_runs(tables(tmp_path / "out")) == undisturbed
