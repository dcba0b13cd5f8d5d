"""Run a command's work in a worker with limits of time and memory.

A library of native code may take memory that it does not count, or work on without asking whether it should
stop.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import typer

from docassay.commands.options import errors
from docassay.schemas.errors import RunError

HEADROOM = 1_000_000_000
"""Bytes that the process itself takes, with its libraries and the stacks of their threads."""


def bounded(function: str, head: Any, timeout: float, memory: int) -> int:
    """Run a function in a worker that prints where this process prints, and return its exit code.

    Args:
        function: ``module:name`` of what calls `exit_code`.
        head: Of the request.
        timeout: Limit in seconds.
        memory: Limit in bytes beyond `HEADROOM`; not held on macOS.

    Raises:
        RunError: It took longer, or was killed, which too little memory does.
    """
    from docassay.transforms.formats import Limits, Unusable
    from docassay.transforms.isolation.worker import Worker

    limits = Limits(seconds=timeout, memory_bytes=memory + HEADROOM)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        with Worker(function, limits, "RLIMIT_DATA", shares_output=True) as worker:
            kind, code = worker.ask(head, time.monotonic() + timeout)
    except Unusable as unusable:
        if unusable.reason == "timeout":
            raise RunError(
                f"stopped after {timeout:g} seconds; allow more with --timeout, or ask for less"
            ) from None
        how = unusable.detail.partition("ended ")[2].removeprefix("with signal ")
        raise RunError(
            f"the process that answers was ended by {how}; too little memory is the usual cause:"
            " allow more with --memory, or ask for less"
        ) from None
    if kind != "done":
        raise RunError(str(code))
    return int(code)


def exit_code(work: Callable[[str], int]) -> int:
    """Work in a worker, where threads may take more processor time than the clock shows.

    Args:
        work: Takes the folder of temporary files, and returns the exit code.
    """
    from docassay.transforms.isolation.child import allow_threads

    allow_threads()
    code = 1
    try:
        with errors():
            code = work(os.environ["TMPDIR"])
        sys.stdout.flush()
    except typer.Exit as end:
        code = end.exit_code
    except BrokenPipeError:  # whoever reads has read enough
        code = 0
    except Exception:
        traceback.print_exc()
    sys.stderr.flush()
    return code
