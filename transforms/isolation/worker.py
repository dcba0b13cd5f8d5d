"""Workers: child processes as their parent sees them, started, asked, timed and killed; pools of them."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from math import inf
from typing import Any, TypeVar

from docassay.schemas.errors import RunError
from docassay.transforms.formats import REASONS, Limits, Unusable
from docassay.transforms.isolation.child import SIZE, packed, too_much_memory, unpacked
from docassay.transforms.temporary import make_folder, remove_folder

GRACE_SECONDS = 0.5
"""Seconds beyond a deadline after which a worker is killed: it may end the work itself before that."""

REQUESTS_PER_WORKER = 500
"""Requests after which a worker is replaced, so that what a library leaks is bounded."""

_START_SECONDS, _END_SECONDS = 60.0, 1.0
_PIECE = 1_048_576
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that `ru_maxrss` counts by, getrusage(2)


class Worker:
    """One process that runs a function, and the pipes to it. As a context manager it is killed at the end."""

    def __init__(
        self, function: str, limits: Limits, memory: str = "RLIMIT_AS", shares_output: bool = False
    ) -> None:
        """Start it.

        Args:
            function: ``module:name`` of what answers its requests; see `isolation.child`.
            limits: `seconds` of a request and `memory_bytes` of the process.
            memory: Which memory is limited, as `resource` calls it.
            shares_output: What it prints goes where this process prints, and is not kept for errors.

        Raises:
            RunError: There is no room for its temporary files.
        """
        import subprocess  # what runs in a worker imports this module, and starts none

        self.requests = 0
        self.limits = limits
        self._function = function
        self._memory = memory
        self._ready = False
        self._reaping = threading.Lock()  # `kill` may come from another thread
        self._peak = 0  # most memory held, measured once it has ended
        # A folder of its own for temporary files: kreuzberg unpacks and loads a library there, which
        # in a shared one another user could have put in its place.
        self._folder = make_folder()
        requests_from, self._to = os.pipe()
        self._from, responses_to = os.pipe()
        errors_from, errors_to = os.pipe()
        # It gets this process's import path, so that it finds the same packages.
        code = (
            f"import sys; sys.path[:] = {sys.path!r};"
            f" from docassay.transforms.isolation.child import serve; serve({requests_from}, {responses_to})"
        )
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=None if shares_output else errors_to,
                stderr=None if shares_output else errors_to,
                pass_fds=(requests_from, responses_to),
                # Arrow's own pool reserves gigabytes of addresses.
                env=os.environ
                | {
                    "TMPDIR": self._folder,
                    "ARROW_DEFAULT_MEMORY_POOL": "system",
                },
                start_new_session=True,  # Ctrl-C goes to the parent, which kills its workers
            )
        except OSError:
            remove_folder(self._folder)
            for descriptor in (self._to, self._from, errors_from):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (requests_from, responses_to, errors_to):
                os.close(descriptor)
        os.set_blocking(self._to, False)
        self._errors = _Tail(errors_from)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def is_usable(self) -> bool:
        """Whether it may be asked again: it runs, and has not been asked too often."""
        return self.is_running and self.requests < REQUESTS_PER_WORKER

    @property
    def is_running(self) -> bool:
        """Whether the process still runs."""
        with self._reaping:
            self._reap(os.WNOHANG)
            return self._process.returncode is None

    def end(self) -> int:
        """Kill the process, and what it started, if it still runs; give its exit code."""
        with self._reaping:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._reap(0)
            return int(self._process.returncode)

    def kill(self) -> None:
        """End the process, and close and remove what belongs to it; not while another thread asks it."""
        self.end()
        if self._folder:
            os.close(self._to)
            os.close(self._from)
            remove_folder(self._folder)
            self._folder = ""

    def ask(self, request: Any, deadline: float, most: int | None = None) -> tuple[str, Any]:
        """Send something, and wait for what the process tells next, with the word that says what it is.

        Args:
            request: What is asked.
            deadline: When it must be answered, by `time.monotonic`; what the process takes to start comes
                on top.
            most: Bytes that the response may have; None: as many as the process may hold.

        Raises:
            Unusable: The deadline passed, the process ended, or its response is longer.
            LookupError, TypeError, ValueError, RecursionError, struct.error: The response is none.
            RunError: It cannot begin: a library is missing, or the machine has no room.
        """
        if not self._ready:
            self._ready = True
            began = time.monotonic()
            self._prepare()
            deadline += time.monotonic() - began
        most = self.limits.memory_bytes if most is None else most
        content = packed(request)
        self._write(SIZE.pack(len(content)), deadline)
        self._write(content, deadline)
        (size,) = SIZE.unpack(self._take(SIZE.size, deadline))
        if size > most:
            raise Unusable("crashed", f"the parser's process gave more than {most:,} bytes")
        what, value = unpacked(self._take(size, deadline))
        return what, value

    def _write(self, content: bytes, deadline: float) -> None:
        pending = memoryview(content)
        while pending:
            self._wait(self._to, select.POLLOUT, deadline)
            try:
                pending = pending[os.write(self._to, pending[:_PIECE]) :]
            except BrokenPipeError:
                raise self._died() from None

    def _take(self, size: int, deadline: float) -> bytearray:
        """Read so many bytes; memory is taken as they come, and not as a worker says."""
        content = bytearray()
        while len(content) < size:
            self._wait(self._from, select.POLLIN, deadline)
            piece = os.read(self._from, min(_PIECE, size - len(content)))
            if not piece:
                raise self._died()
            content += piece
        return content

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        ready = select.poll()
        ready.register(descriptor, event)
        left = deadline - time.monotonic()
        if left <= 0 or not ready.poll(left * 1000):
            raise Unusable("timeout", f"parsing took longer than {self.limits.seconds:g} s")

    def _prepare(self) -> None:
        """Have the process import what it works with; no document has a part in that."""
        setup = [self._function, self._memory, asdict(self.limits)]
        try:
            self.ask(setup, time.monotonic() + _START_SECONDS)
        except Unusable as unusable:
            said = self._errors.text().strip().splitlines()
            if not said and self._process.returncode == -signal.SIGKILL:  # by `end`
                raise
            reason = said[-1] if said else unusable.detail
            raise RunError(f"the readers do not start: {reason}"[:300]) from None

    def _died(self) -> Unusable:
        end = time.monotonic() + _END_SECONDS
        while self.is_running and time.monotonic() < end:  # it has closed its pipe and is about to exit
            time.sleep(0.01)
        code = self.end()
        errors = self._errors.text()
        # Rust, C++ and Python report a failed allocation before they give up; some libraries only abort,
        # near the limit.
        out_of_memory = any(words in errors for words in ("memory allocation of", "MemoryError", "bad_alloc"))
        # A child's peak may be its parent's, from before it began; so it counts only for an abort.
        if out_of_memory or (code == -signal.SIGABRT and self._peak > self.limits.memory_bytes / 2):
            return Unusable("out_of_memory", too_much_memory(self.limits))
        if code == -signal.SIGXCPU:
            return Unusable("timeout", f"parsing took more than {self.limits.seconds:g} s of processor time")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Unusable("crashed", f"the parser's process ended with {how}")

    def _reap(self, options: int) -> None:
        """Collect the exit code, and the peak memory, which `Popen.wait` does not tell."""
        if self._process.returncode is None:
            pid, status, usage = os.wait4(self._process.pid, options)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._peak = usage.ru_maxrss * _PEAK_UNIT


class _Tail:
    """The tail of what a child prints, read in a thread so that the child never blocks."""

    def __init__(self, descriptor: int) -> None:
        self._text = b""
        self._thread = threading.Thread(target=self._read, args=(descriptor,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        self._thread.join(timeout=1.0)
        return self._text.decode("utf-8", "replace")

    def _read(self, descriptor: int) -> None:
        with open(descriptor, "rb", buffering=0) as stream:
            while piece := stream.read(4096):
                self._text = (self._text + piece)[-4096:]


Response = TypeVar("Response")

_LIES = (AttributeError, LookupError, TypeError, ValueError, RecursionError, struct.error)
"""What reading a response raises that is not what it should be."""

_ANY = frozenset(REASONS)
NO_ANSWER = "the reader's process gave no answer that can be read"
MOST_DETAIL = 500
"""Characters of a worker's own words that are kept."""


class Pool:
    """Workers that run one function, each for one thread at a time; an idle one is used again, by any thread.

    Use it as a context manager, or call `close`. A worker also ends when its parent does.
    """

    def __init__(
        self, function: str, limits: Limits, reasons: frozenset[str] = _ANY, memory: str = "RLIMIT_AS"
    ) -> None:
        """Start no process yet; the first request does.

        Args:
            function: ``module:name``; see `isolation.child`.
            limits: Those of each worker: seconds of a request, bytes of its memory.
            reasons: Those that a worker may give; any other becomes ``crashed``.
            memory: Which is limited, as of `Worker`.
        """
        self.limits = limits
        self._memory = memory
        self._function = function
        self._reasons = reasons
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._working: set[Worker] = set()
        self._is_closed = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, request: Any, read: Callable[[Any], Response], most: int | None = None) -> Response:
        """Have a worker answer a request.

        Args:
            request: What it is asked.
            read: Makes something of the response; what it raises of a wrong one is the worker's fault.
            most: Bytes that the response may have; None: as many as the worker's memory.

        Raises:
            Unusable: It did not: the reason and the detail of a reject.
            RunError: The machine lacks something.
            RuntimeError: The pool is closed.
        """
        for response in self.stream(request, read, most=most):
            return response
        raise Unusable("crashed", NO_ANSWER)

    def stream(
        self,
        request: Any,
        read: Callable[[Any], Response],
        answer: Callable[[Any], Any] | None = None,
        seconds: float = inf,
        most: int | None = None,
    ) -> Iterator[Response]:
        """Have a worker give one message after the other, each made when it is asked for.

        Each may take the seconds of the limits. A worker whose messages are not read to the end is killed.

        Args:
            request: What it is asked.
            read: As in `run`.
            answer: Answers the worker's calls; raises `ValueError` where one asks for what there is not.
            seconds: That all messages together may take.
            most: Bytes that a message may have; None: as many as the worker's memory.

        Raises:
            Unusable, RunError, RuntimeError: As in `run`.
        """
        worker = self._take()
        is_whole, left = False, self.limits.seconds
        try:
            while not is_whole:
                began = time.monotonic()
                kind, value = worker.ask(request, began + min(left, seconds) + GRACE_SECONDS, most)
                spent = time.monotonic() - began  # what this process does in between is not the worker's time
                left, seconds = left - spent, seconds - spent
                if kind == "call" and answer is not None:
                    request = answer(value)
                    continue
                if kind == "error":
                    raise RunError(str(value)[:MOST_DETAIL])
                if kind == "refused":
                    reason, detail = value
                    # After these its heap is full of holes.
                    is_whole = reason not in ("out_of_memory", "crashed")
                    raise Unusable(
                        reason if reason in self._reasons else "crashed", str(detail)[:MOST_DETAIL]
                    )
                if kind not in ("item", "done"):
                    raise ValueError("no such message")
                is_whole = kind == "done"
                request, left = None, self.limits.seconds
                if kind == "item" or value is not None:
                    yield read(value)
        except _LIES:
            is_whole = False
            raise Unusable("crashed", NO_ANSWER) from None
        finally:
            self._put_back(worker, is_whole)

    def close(self) -> None:
        """Kill the workers, those at work, too: whoever waits for these is told that they crashed."""
        with self._lock:
            self._is_closed = True
            for worker in self._working:
                worker.end()
            while self._idle:
                self._idle.pop().kill()

    def _take(self) -> Worker:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the pool is closed")
            while self._idle and not self._idle[-1].is_usable:
                self._idle.pop().kill()
            worker = self._idle.pop() if self._idle else Worker(self._function, self.limits, self._memory)
            self._working.add(worker)
        worker.requests += 1
        return worker

    def _put_back(self, worker: Worker, is_whole: bool) -> None:
        with self._lock:
            self._working.remove(worker)
            if is_whole and not self._is_closed:
                self._idle.append(worker)
                return
        worker.kill()


@cache
def shared_pool(
    function: str, limits: Limits, reasons: frozenset[str] = _ANY, memory: str = "RLIMIT_AS"
) -> Pool:
    """Give the pool of a function that this process shares; its workers end with the process."""
    pool = Pool(function, limits, reasons, memory)
    atexit.register(pool.close)
    return pool
