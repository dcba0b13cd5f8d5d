"""Flink: a real cluster of four processes on this machine runs the pipelines, and is killed at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.flink import cluster
from docassay.pipelines.batch import Batch, run
from tests.networks import can_shut_in
from tests.pipelines.test_batch import fill
from tests.tables import tables, without_runs

pytestmark = pytest.mark.flink


@pytest.fixture(scope="module")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("flink")
    cluster.start(folder, slots=4, restarts=20, open_to_all=not can_shut_in())
    try:
        yield folder
    finally:
        started = list(cluster.pids(folder).values())
        cluster.stop(folder)
        assert not [pid for pid in started if Path(f"/proc/{pid}").exists()], "no process is left"


def options(folder: Path, *runner_args: str) -> tuple[str, ...]:
    return (*cluster.options(folder), "--parallelism=2", *runner_args)


def docassay(log: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).parent / "docassay"), *words]
    with log.open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=said)


def test_batch_gives_the_rows_of_a_local_batch(flink: Path, tmp_path: Path) -> None:
    documents = fill(tmp_path / "docs")
    here = run(Batch((str(documents),), str(tmp_path / "local")))
    there = run(Batch((str(documents),), str(tmp_path / "flink"), runner="flink", runner_args=options(flink)))
    assert here is not None and there is not None
    assert (there.inputs, there.documents, there.rejects) == (here.inputs, here.documents, here.rejects)
    assert without_runs(tables(tmp_path / "flink")) == without_runs(tables(tmp_path / "local"))
    assert not list((tmp_path / "flink").glob("_staging/*"))


def test_stream_loses_and_doubles_nothing_when_taskmanager_and_worker_are_killed(
    flink: Path, tmp_path: Path
) -> None:
    documents = fill(tmp_path / "first")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    out = tmp_path / "stream"
    runner_args = options(flink, "--checkpointing_interval=3000", "--finish_bundle_before_checkpointing")
    log = tmp_path / "stream.log"
    stream = docassay(log, "stream", str(inbox), f"--out={out}", "--runner=flink", "--", *runner_args)
    try:
        texts = [documents / name for name in ("nda.txt", "note.html", "mail.eml")]
        drop(texts[0], inbox)
        until(lambda: published(out) >= 1, stream, log)
        worker = workers(flink)
        assert worker, "the pool has started a worker"
        for pid in worker:
            os.kill(pid, signal.SIGKILL)
        drop(texts[1], inbox)
        until(lambda: published(out) >= 2, stream, log)
        os.killpg(cluster.pids(flink)["taskmanager"], signal.SIGKILL)
        cluster.start_taskmanager(flink)
        drop(texts[2], inbox)
        until(lambda: published(out) >= 4, stream, log)  # the mail has an attachment
    finally:
        cancel_jobs(flink)
        stream.wait(60)
    expected = tmp_path / "expected"
    run(Batch((str(inbox),), str(expected)))
    assert without_runs(tables(out)) == without_runs(tables(expected))


def drop(path: Path, inbox: Path) -> None:
    """Put a file into the watched folder as a careful sender does: copied beside, renamed in."""
    part = inbox.parent / f"{path.name}.part"
    shutil.copy2(path, part)
    part.rename(inbox / path.name)


def published(out: Path) -> int:
    return len(tables(out)["documents"])


def until(
    ready: Callable[[], bool], stream: subprocess.Popen[bytes], log: Path, seconds: float = 240
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if stream.poll() is not None:
            pytest.fail(f"the stream ended: {log.read_text(errors='replace')[-2000:]}")
        if time.monotonic() > deadline:
            pytest.fail("nothing more was published in time")
        time.sleep(0.3)


def workers(folder: Path) -> list[int]:
    """Find the pool's children."""
    pool = cluster.pids(folder)["pool"]
    return [
        int(child)
        for task in Path(f"/proc/{pool}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def cancel_jobs(folder: Path) -> None:
    place = f"http://127.0.0.1:{json.loads((folder / 'ports.json').read_text())['rest']}"
    with urllib.request.urlopen(f"{place}/jobs", timeout=10) as answer:
        jobs = json.load(answer)["jobs"]
    for job in jobs:
        if job["status"] in ("RUNNING", "RESTARTING", "CREATED"):
            request = urllib.request.Request(f"{place}/jobs/{job['id']}?mode=cancel", method="PATCH")
            urllib.request.urlopen(request, timeout=10).close()
