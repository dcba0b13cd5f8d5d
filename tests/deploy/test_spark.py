"""Spark: a cluster on this machine runs batches, is killed at, and is reached from nowhere else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.processes import ports, workers
from deploy.spark import cluster
from docassay.pipelines.batch import Batch, run
from tests.networks import can_shut_in
from tests.pipelines.test_batch import fill
from tests.tables import tables, without_runs

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("spark")
    cluster.start(folder, open_to_all=not can_shut_in())
    try:
        yield folder
    finally:
        started = list(cluster.pids(folder).values())
        cluster.stop(folder)
        assert not [pid for pid in started if Path(f"/proc/{pid}").exists()], "no process is left"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every shipped sample, and twenty other documents."""
    folder = tmp_path_factory.mktemp("documents")
    command = [sys.executable, "-m", "docassay", "samples", str(folder / "samples")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    few = fill(folder / "few")
    for number in range(12):
        (few / f"{number}.txt").write_text((few / "nda.txt").read_text() + f"\nThis is copy {number}.\n")
    return folder


@pytest.fixture(scope="module")
def expected(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("expected") / "tables"
    assert run(Batch((str(documents),), str(out)))
    return out


def batch(folder: Path, documents: Path, out: Path, *runner_args: str) -> subprocess.Popen[str]:
    """Begin a batch on the cluster, in a process of its own."""
    words = ["batch", str(documents), "--out", str(out), "--runner=spark", "--", *cluster.options(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "docassay", *words, *runner_args], stderr=subprocess.PIPE, text=True
    )


def until(ready: Callable[[], bool], job: subprocess.Popen[str], seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert job.poll() is None, job.stderr and job.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def done(out: Path) -> bool:
    """Tell whether a worker has read a document."""
    return bool(list(out.glob("_staging/*/progress/*.done")))


def executor(folder: Path) -> list[int]:
    """Find the Spark worker's child: the executor of the job that runs."""
    tasks = Path(f"/proc/{cluster.pids(folder)['worker']}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


@pytest.mark.parametrize("victim", ["python", "executor"])
def test_batch_with_a_kill_gives_the_rows_of_a_local_batch(
    spark: Path, documents: Path, expected: Path, tmp_path: Path, victim: str
) -> None:
    out = tmp_path / "tables"
    with batch(spark, documents, out) as job:
        try:
            until(lambda: done(out), job)
            killed = workers(spark) if victim == "python" else executor(spark)
            assert killed
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            _, said = job.communicate(timeout=900)
        finally:
            if job.poll() is None:
                job.send_signal(signal.SIGINT)  # it cancels its job, which would block the next one
    assert job.returncode == 0, said
    assert without_runs(tables(out)) == without_runs(tables(expected))
    assert not list(out.glob("_staging/*"))


def test_a_job_that_fails_publishes_nothing_and_says_why_in_one_line(
    spark: Path, documents: Path, tmp_path: Path
) -> None:
    """The workers lack a domain that the command has."""
    domain = tmp_path / "domains" / "insurance"
    domain.mkdir(parents=True)
    (domain / "__init__.py").write_text('"""Insurance."""\n')
    (domain / "domain.toml").write_text(
        """title = "Insurance"\ntasks = []\ncues = ['(?i)\\bpolicyholder\\b']\nheadings = [['^[A-Z]+$']]\n"""
        """[[kind]]\nname = "claim_form"\ntitle_patterns = ['(?i)claim form']\n"""
    )
    (domain / "rules.toml").write_text(
        """[[flag]]\nid = "loss_before_cover"\nseverity = "high"\nwhy = "It is odd."\n"""
        """source = "a handbook"\n"""
        """any = ['(?i)loss occurred before (?:the )?(?:policy|cover)']\n"""
    )
    out = tmp_path / "tables"
    environment = {**os.environ, "DOCASSAY_DOMAINS": str(tmp_path / "domains")}
    words = ["batch", str(documents), f"--out={out}", "--runner=spark", "--", *cluster.options(spark)]
    ran = subprocess.run(
        [sys.executable, "-m", "docassay", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.returncode == 3
    assert "install the same docassay, models and domains on both" in ran.stderr
    *earlier, last = ran.stderr.strip().splitlines()
    assert all(line.startswith("docassay: reading: ") for line in earlier), "nothing but progress"
    assert last.startswith("docassay: ")
    assert not list(out.glob("*/*.parquet"))


@pytest.mark.skipif(not can_shut_in(), reason="this machine gives no network namespace")
def test_nobody_else_reaches_the_job_server_or_the_pool(spark: Path) -> None:
    """They listen on all addresses, of a network that has a loopback alone."""
    chosen, holder = ports(spark), cluster.pids(spark)["network"]
    assert os.readlink(f"/proc/{holder}/ns/net") != os.readlink("/proc/self/ns/net")
    for name in ("job", "pool"):
        pid = cluster.pids(spark)["jobserver" if name == "job" else "pool"]
        assert os.readlink(f"/proc/{pid}/ns/net") == os.readlink(f"/proc/{holder}/ns/net")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", chosen["pool"]), 5)
    socket.create_connection(("127.0.0.1", chosen["job"]), 5).close()
    devices = Path(f"/proc/{holder}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]
