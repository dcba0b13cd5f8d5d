"""A run reaches its own processes, whatever proxy the environment names."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from docassay.pipelines.batch import Batch, run
from docassay.pipelines.runners.options import NO_PROXY, without_proxy


@pytest.mark.slow
def test_worker_processes_are_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as nobody:  # a port on which nobody answers
        nobody.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "https_proxy", "grpc_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        for name in ("no_proxy", "no_grpc_proxy"):
            monkeypatch.delenv(name, raising=False)
        (tmp_path / "a.txt").write_text("The parties agree.")
        finished = run(Batch((str(tmp_path / "a.txt"),), str(tmp_path / "out"), workers=2))
    assert finished is not None and finished.documents == 1


@pytest.mark.parametrize(
    ("no_proxy", "no_grpc_proxy", "within"),
    [
        (None, None, "localhost,127.0.0.1,::1"),
        ("corp.example", None, "corp.example,localhost,127.0.0.1,::1"),
        ("corp.example", "localhost,flink", "localhost,flink,127.0.0.1,::1"),
    ],
)
def test_what_the_environment_excepts_stays_excepted(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str | None, no_grpc_proxy: str | None, within: str
) -> None:
    for name, value in (("no_proxy", no_proxy), ("no_grpc_proxy", no_grpc_proxy)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    with without_proxy():
        assert os.environ[NO_PROXY] == within
    assert os.environ.get(NO_PROXY) == no_grpc_proxy
