"""Services that a stream starts: what is said where one is missing or does not come up."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines.runners import services
from docassay.schemas.errors import MissingError, ServiceError

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


def test_without_java_or_the_connector_the_error_says_what_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "java").write_text("#!/bin/sh\n")
    (tmp_path / "java").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="make kafka-expansion"), services.expansion(tmp_path):
        pass
    (tmp_path / "java").unlink()
    with pytest.raises(MissingError, match="Java 17"), services.expansion(tmp_path):
        pass
    refused = CliRunner().invoke(app, ["stream", "kafka://localhost:1/t", "--out", str(tmp_path / "out")])
    assert refused.exit_code == 2 and "Java 17" in refused.output
    assert not (tmp_path / "out").exists()


def test_a_service_is_waited_for_only_when_it_is_needed_and_stopped_at_the_end() -> None:
    port = services.free_port()
    before = {child.pid for child in psutil.Process().children()}
    with services.starting("it", [sys.executable, "-c", LISTEN, str(port)], port) as ready:
        (child,) = (child for child in psutil.Process().children() if child.pid not in before)
        ready()
        assert child.is_running()
    assert not child.is_running()


def test_a_service_that_ends_is_an_error_with_what_it_said() -> None:
    command = [sys.executable, "-c", "print('no such option'); raise SystemExit(3)"]
    with (
        services.starting("it", command, services.free_port()) as ready,
        pytest.raises(ServiceError, match="it does not start: no such option"),
    ):
        ready()
