"""Run a function in a child process with limits of time and memory.

Native libraries may allocate memory that they do not count, or never check whether they should stop.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable

from docassay.schemas.errors import RunError

HEADROOM = 1_000_000_000
"""Bytes that the process itself takes, with its libraries and the stacks of their threads."""


def run(work: Callable[[], int], seconds: float, memory: int) -> int:
    """Do work in a child of this process, which must not have threads yet.

    Args:
        work: Gives an exit code.
        seconds: How long it may take.
        memory: Bytes that it may take beyond `HEADROOM`; not held on macOS.

    Returns:
        The exit code.

    Raises:
        RunError: It took longer, or was killed, which too little memory does.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _work(work, memory)
    end = time.monotonic() + seconds
    try:
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                child = 0
                break
            if time.monotonic() > end:
                raise RunError(f"stopped after {seconds:g} seconds; allow more by --timeout, or ask for less")
            time.sleep(0.01)
    finally:
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        raise RunError(
            f"the process that answers was ended by {signal.Signals(-code).name}; too little memory is the"
            " usual cause: give it more by --memory, or ask for less"
        )
    return code


def _work(work: Callable[[], int], memory: int) -> None:
    """Work in the child, which ends here whatever happens."""
    code = 1
    try:
        limit = memory + HEADROOM
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        most = limit if most == resource.RLIM_INFINITY else min(limit, most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough
        code = 0
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)
