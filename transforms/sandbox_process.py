"""A child process of the sandbox as its parent sees it: started, asked, timed, killed.

What runs in it is named when it is made (`transforms.sandbox_child`, `transforms.lists_child`).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import IO

from docassay.schemas.errors import RunError
from docassay.transforms.formats import Limits
from docassay.transforms.sandbox_child import LENGTH, Frames, pack, too_much
from docassay.transforms.temporary import make_folder, remove_folder

GRACE_SECONDS = 0.5
"""Seconds beyond `Limits.seconds` after which a child is killed: it may end the work itself before that."""

REQUESTS_PER_CHILD = 500
"""Requests after which a child is replaced, so that what a library leaks is bounded."""

_START_SECONDS = 60.0
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that `ru_maxrss` counts by, getrusage(2)


class Dead(Exception):
    """A child that had to be killed, or died: the reason of the reject, and its detail."""

    def __init__(self, reason: str, detail: str) -> None:
        """Take both."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Child:
    """One process, and the pipes to it. As a context manager it is killed at the end."""

    def __init__(self, limits: Limits, serve: str, setup: list[object]) -> None:
        """Start it.

        Args:
            limits: Bounds of what it does at a time.
            serve: ``module:function`` that answers the requests.
            setup: What that function is told at first, in JSON, before the folder and the limits.
        """
        self.requests = 0
        self.limits = limits
        self._setup = setup
        # The child gets this process's import path, so that it finds the same packages.
        module, _, function = serve.partition(":")
        code = f"import sys; sys.path[:] = {sys.path!r}; from {module} import {function}; {function}()"
        self._errors = _Tail()
        # A folder of its own for temporary files: kreuzberg unpacks and loads a library there, which
        # in a shared one another user could have put in its place.
        self._folder = make_folder()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                # The limit of threads is Tesseract's.
                env=os.environ | {"TMPDIR": self._folder, "OMP_THREAD_LIMIT": "1"},
                start_new_session=True,  # Ctrl-C goes to the parent, which closes its children
            )
        except OSError:
            remove_folder(self._folder)
            raise
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout
        os.set_blocking(self._in.fileno(), False)
        self._errors.follow(self._process.stderr)
        self._ready = False
        self._reaping = threading.Lock()  # `close` may come from another thread
        self._peak = 0  # most memory held, measured once it has ended

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        with self._reaping:
            self._reap(os.WNOHANG)
            return self._process.returncode is None

    @property
    def usable(self) -> bool:
        """Whether it may be asked again: it runs, and has not been asked too often."""
        return self.alive and self.requests < REQUESTS_PER_CHILD

    def kill(self) -> None:
        """End the process and whatever it started, and forget it."""
        self.end()
        for stream in (self._in, self._out):
            stream.close()
        remove_folder(self._folder)

    def exchange(self, frames: list[bytes], deadline: float, most: int | None = None) -> list[bytes]:
        """Send frames, and wait for those of the answer.

        Args:
            frames: What is asked.
            deadline: When it must be answered, by `time.monotonic`; what the process takes to start comes
                on top.
            most: Bytes that the answer may have; None: as many as the process may hold.

        Raises:
            Dead: The deadline passed, the process ended, or its answer is longer.
            RunError: It cannot begin: a library is missing, or the machine has no room.
        """
        if not self._ready:
            self._ready = True
            began = time.monotonic()
            self._prepare()
            deadline += time.monotonic() - began
        most = self.limits.memory_bytes if most is None else most
        pending = memoryview(b"".join(LENGTH.pack(len(frame)) + frame for frame in frames))
        received = Frames()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._in, selectors.EVENT_WRITE)
            while not received.complete:
                left = deadline - time.monotonic()
                events = selector.select(left) if left > 0 else []
                if not events:
                    raise Dead("timeout", f"parsing took longer than {self.limits.seconds:g} s")
                for key, _ in events:
                    if key.fileobj is self._in:
                        try:
                            pending = pending[os.write(self._in.fileno(), pending[:1_048_576]) :]
                        except BlockingIOError:
                            continue
                        except BrokenPipeError:
                            raise self._died() from None
                        if not pending:
                            selector.unregister(self._in)
                    else:
                        piece = os.read(self._out.fileno(), 1_048_576)
                        if not piece:
                            raise self._died()
                        received.add(piece)
                        if received.size > most:
                            raise Dead("crashed", f"the parser's process gave more than {most:,} bytes")
        return received.take()

    def _prepare(self) -> None:
        """Have the process import what it works with; no document has a part in that.

        Raises:
            RunError: It cannot.
        """
        setup = pack([*self._setup, self._folder, asdict(self.limits)])
        try:
            self.exchange([setup], time.monotonic() + _START_SECONDS)
        except Dead as dead:
            said = self._errors.text().strip().splitlines()
            if not said and self._process.returncode == -signal.SIGKILL:  # by `close`
                raise
            raise RunError(f"the readers do not start: {said[-1] if said else dead.detail}"[:300]) from None

    def _died(self) -> Dead:
        code = self.end()
        errors = self._errors.text()
        # Rust, C++ and Python report a failed allocation before they give up; some libraries only abort,
        # near the limit.
        out_of_memory = any(words in errors for words in ("memory allocation of", "MemoryError", "bad_alloc"))
        # A child's peak may be its parent's, from before it began; so it counts only for an abort.
        if out_of_memory or (code == -signal.SIGABRT and self._peak > self.limits.memory_bytes / 2):
            return Dead("out_of_memory", too_much(self.limits))
        if code == -signal.SIGXCPU:
            return Dead("timeout", f"parsing took more than {self.limits.seconds:g} s of processor time")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Dead("crashed", f"the parser's process ended with {how}")

    def end(self) -> int:
        """Kill the process if it still runs, and give its exit code; one that had died keeps its own."""
        with self._reaping:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._reap(0)
            return int(self._process.returncode)

    def _reap(self, options: int) -> None:
        """Collect the exit code, and the peak memory, which `Popen.wait` does not tell."""
        if self._process.returncode is None:
            pid, status, usage = os.wait4(self._process.pid, options)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._peak = usage.ru_maxrss * _PEAK_UNIT


class _Tail:
    """The tail of a child's standard error, read in a thread so that the child never blocks."""

    def __init__(self) -> None:
        self._text = b""
        self._thread: threading.Thread | None = None

    def follow(self, stream: IO[bytes]) -> None:
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        if self._thread:
            self._thread.join(timeout=1.0)
        return self._text.decode("utf-8", "replace")

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := stream.read(4096):
                self._text = (self._text + piece)[-4096:]
