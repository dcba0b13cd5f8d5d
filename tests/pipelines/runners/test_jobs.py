"""A sign of life: a pool with another Python, and a job whose workers never begin, are one line."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from docassay.pipelines.runners import jobs
from docassay.pipelines.runners.jobs import BEGIN_VARIABLE, begin, begun, check_pool
from docassay.pipelines.runners.services import free_port, starting
from docassay.schemas.errors import RunError, RunnerError


def options(address: str, kind: str = "EXTERNAL") -> PipelineOptions:
    return PipelineOptions([f"--environment_type={kind}", f"--environment_config={address}"])


@contextmanager
def pool(path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a worker pool that has this PATH."""
    port = free_port()
    monkeypatch.setenv("PATH", path)
    words = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    with starting("pool", words, port) as ready:
        ready()
        yield f"127.0.0.1:{port}"


@pytest.mark.slow
def test_a_pool_with_the_environments_python_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with pool(f"{Path(sys.executable).parent}:{os.environ['PATH']}", monkeypatch) as address:
        check_pool(options(address))


@pytest.mark.slow
def test_a_pool_with_another_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')  # without any package
    other.chmod(0o755)
    monkeypatch.setattr(jobs, "POOL_SECONDS", 3.0)
    with (
        pool(f"{tmp_path}:{os.environ['PATH']}", monkeypatch) as address,
        pytest.raises(
            RunnerError, match="starts no worker that answers within 3 s; the usual cause"
        ) as raised,
    ):
        check_pool(options(address))
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_a_pool_without_any_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pool(str(tmp_path), monkeypatch) as address,
        pytest.raises(RunnerError, match=r"starts no worker: FileNotFoundError.*'python'; the usual cause"),
    ):
        check_pool(options(address))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.0.0.7:50000", "EXTERNAL"),  # its workers could not connect to this machine
        ("127.0.0.1:PORT", "EXTERNAL"),  # a pool beside each of the cluster's executors
        ("docassay:1", "DOCKER"),
        ("", "LOOPBACK"),
    ],
)
def test_a_pool_that_cannot_be_asked_is_let_pass(address: str, kind: str) -> None:
    address = address.replace("PORT", str(free_port()))
    began = time.monotonic()
    check_pool(options(address, kind))
    assert time.monotonic() - began < jobs.POOL_SECONDS


class Job:
    """A job that waits until it is cancelled, or ended."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
        self.over.set()

    def wait_until_finish(self) -> None:
        assert self.over.wait(60)
        if self.cancelled:
            raise RuntimeError("Pipeline x failed in state CANCELLED")


def test_a_job_whose_workers_never_begin_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BEGIN_VARIABLE, "1")
    job = Job()
    with (
        pytest.raises(
            RunError, match="no worker began within 1 s, and the job was cancelled; the usual cause"
        ),
        begun(job, str(tmp_path / "run")),
    ):
        job.wait_until_finish()
    assert job.cancelled


def test_a_job_that_began_may_take_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BEGIN_VARIABLE, "2")
    job = Job()
    begin(str(tmp_path / "run"))
    threading.Timer(4, job.over.set).start()
    with begun(job, str(tmp_path / "run")):
        job.wait_until_finish()
    assert not job.cancelled


def test_an_error_of_the_job_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="of the job"), begun(Job(), str(tmp_path)):
        raise RuntimeError("of the job")
