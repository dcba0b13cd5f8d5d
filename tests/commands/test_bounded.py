"""Work in a process of its own: its exit code comes back, and it ends whatever it does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORK = """
import os, time
from docassay.commands.bounded import exit_code

def work(request):
    return exit_code(lambda spill: {work})
"""
PROGRAM = """
from docassay.commands.bounded import bounded
from docassay.schemas.errors import RunError
try:
    print("code", bounded("bounded_work:work", None, SECONDS, MEMORY))
except RunError as error:
    print(error)
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Give a function that does work so, and gives what is printed."""

    def ran(work: str, seconds: float = 60, memory: int = 10**9) -> str:
        (tmp_path / "bounded_work.py").write_text(WORK.format(work=work))
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                PROGRAM.replace("SECONDS", str(seconds)).replace("MEMORY", str(memory)),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return ran


def test_an_exit_code_and_what_is_printed_come_back(run: Callable[..., str]) -> None:
    assert run("print('said') or 7") == "said\ncode 7\n"


def test_what_never_ends_is_ended(run: Callable[..., str]) -> None:
    assert "stopped after 0.5 seconds; allow more with --timeout" in run("time.sleep(600)", 0.5)


def test_what_is_killed_is_one_line(run: Callable[..., str]) -> None:
    assert "ended by SIGKILL; too little memory is the usual cause" in run("os.kill(os.getpid(), 9)")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold the limit")
def test_memory_is_bounded(run: Callable[..., str]) -> None:
    assert "MemoryError" in run("len(bytearray(3 * 10**9)) and 0")


def test_a_reader_who_has_read_enough_is_no_fault(run: Callable[..., str]) -> None:
    assert run("print('a' * 10**6, file=os.fdopen(os.pipe()[1], 'w')) or 0", 1).startswith("stopped")
    assert "code 0" in run("(_ for _ in ()).throw(BrokenPipeError())")
