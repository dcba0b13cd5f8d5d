"""A stream seen from outside while it runs: probes, numbers and log lines."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from docassay.pipelines.runners.services import find_prism

pytestmark = [pytest.mark.prism, pytest.mark.slow]


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def wait(process: subprocess.Popen[str], url: str, until: str) -> str:
    deadline = time.monotonic() + 120
    while True:
        status, text = get(url)
        if status == 200 and until in text:
            return text
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, (status, text)
        time.sleep(0.2)


def test_a_stream_shows_its_numbers_and_ends_in_order(tmp_path: Path) -> None:
    find_prism()
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "docassay", "stream", str(inbox), "--out", str(out), "--window", "1s"]
    command += ["--metrics-port", str(port), "--log-format", "json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{port}"
        wait(process, f"{address}/readyz", "ok")
        for name, text in (("a.txt", "The tenant shall pay the rent on the first day."), ("b.pdf", "")):
            (tmp_path / name).write_text(text)
            shutil.move(tmp_path / name, inbox / name)
        text = wait(process, f"{address}/metrics", 'docassay_rows_total{table="documents"} 1.0')
        assert 'docassay_documents_total{outcome="out",stage="conclude"} 1.0' in text
        wait(process, f"{address}/metrics", 'docassay_rejects_total{reason="empty",stage="read"} 1.0')
        text = wait(process, f"{address}/metrics", "docassay_oldest_unpublished_seconds 0.0")
        assert get(f"{address}/healthz") == (200, "ok\n")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert all(line.startswith("{") for line in said.splitlines()), said
    entries = [json.loads(line) for line in said.splitlines()]
    assert [e["message"] for e in entries if "run_id" in e] == ["started", "ended"]
    (reject,) = [e for e in entries if e["message"] == "rejected"]
    assert reject["uri"] == str(inbox / "b.pdf") and reject["reason"] == "empty"
    assert get(f"{address}/healthz")[0] == 0, "nobody listens any more"
