"""Services: processes that a stream starts on this machine and that must not outlive it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from docassay.schemas.errors import ServiceError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@contextmanager
def running(name: str, command: Sequence[str], port: int) -> Iterator[None]:
    """Start a service on the loopback, wait until it listens on its port, and stop it at the end.

    Raises:
        ServiceError: The service ended, or does not listen in time.
    """
    with starting(name, command, port) as ready:
        ready()
        yield


@contextmanager
def starting(
    name: str, command: Sequence[str], port: int, seconds: float = 60.0
) -> Iterator[Callable[[], None]]:
    """Start a service on the loopback, and stop it at the end.

    On Linux the kernel kills the service when this process dies, whatever the cause, or the thread that
    started it: this must be called from a thread that lives as long as the process.

    Yields:
        A function that waits until the service listens; raises `ServiceError` if it ends or is too late.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_kill_with(os.getpid()),
            start_new_session=True,  # Ctrl-C goes to the stream, which stops its services in order
        )

        def wait() -> None:
            deadline = time.monotonic() + seconds
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ServiceError(f"{name} does not start: {_last_output(output.fileno())}")
                time.sleep(0.05)

        try:
            yield wait
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """Find a free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent() -> None:
    """Make the kernel kill this process when its parent dies; on Linux only."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill_with(parent: int):  # type: ignore[no-untyped-def]
    def prepare() -> None:
        die_with_parent()
        if os.getppid() != parent:  # the parent died in between
            os._exit(1)

    return prepare


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_output(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, 2000, max(0, size - 2000)).decode("utf-8", "replace")
    return " ".join(text.split())[-400:] or "it said nothing"


def first_executable(*paths: str | os.PathLike[str] | None) -> str | None:
    """Give the first of the paths that is an executable file, or None."""
    for path in paths:
        if path and os.access(path, os.X_OK) and Path(path).is_file():
            return str(path)
    return None
