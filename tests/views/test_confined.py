"""Work in a process of its own: its exit code comes back, and it ends whatever it does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, sys, time
from docassay.schemas.errors import RunError
from docassay.views.confined import run
try:
    print("code", run(lambda: {work}, {seconds}, {memory}))
except RunError as error:
    print(error)
"""


def confined(work: str, seconds: float = 60, memory: int = 10**9) -> str:
    """Run it in a process without threads, as the command is."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(work=work, seconds=seconds, memory=memory)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_an_exit_code_and_what_is_printed_come_back() -> None:
    assert confined("print('said') or 7") == "said\ncode 7\n"


def test_what_never_ends_is_ended() -> None:
    assert "stopped after 0.5 seconds; allow more by --timeout" in confined("time.sleep(600)", 0.5)


def test_what_is_killed_is_one_line() -> None:
    assert "ended by SIGKILL; too little memory is the usual cause" in confined("os.kill(os.getpid(), 9)")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold the limit")
def test_memory_is_bounded() -> None:
    assert "MemoryError" in confined("len(bytearray(3 * 10**9)) and 0")


def test_a_reader_who_has_read_enough_is_no_fault() -> None:
    assert confined("print('a' * 10**6, file=os.fdopen(os.pipe()[1], 'w')) or 0", 1).startswith("stopped")
    assert "code 0" in confined("(_ for _ in ()).throw(BrokenPipeError())")
