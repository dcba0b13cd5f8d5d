"""The sandbox: `parse` in processes that may be killed; a document can hang, crash or fill only its own.

Why not a process pool: `multiprocessing` imports the parent's ``__main__`` in each child (all of
Beam, in a Beam worker), and unpickles what the child sends. Here the child imports only the
readers, and answers in JSON.

The parent and a child talk over a pair of pipes (`transforms.sandbox_child`). The child answers one request
at a time, so a slow or dead one is simply killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import IO

from docassay.schemas.rows import Parsed, Reject, Source
from docassay.transforms import faults
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import TEXTS
from docassay.transforms.parse import media_type, parse, refuse
from docassay.transforms.sandbox_child import LENGTH, frames_of, pack, row_of, too_much, written_time

Outcome = list[Parsed | Source | Reject]

DOCUMENTS_PER_CHILD = 500
"""Documents after which a child is replaced, so that what a parser leaks is bounded."""

_START_SECONDS = 60.0
_GRACE_SECONDS = 0.5
_PEAK = 1 if sys.platform == "darwin" else 1024  # bytes that `ru_maxrss` counts by, getrusage(2)


class Sandbox:
    """Parses documents in `workers` child processes, each under the limits of `Limits`.

    Plain text and Markdown are parsed in the calling process: that work is linear in the bounded
    size of the file, and a hop to a child would cost more. `submit` may be called from any thread, and
    for any number of documents ahead; they wait for a free child.

    Use it as a context manager, or call `close`. A child also ends when the parent does.
    """

    def __init__(
        self, limits: Limits | None = None, workers: int = 1, parser: str = "docassay.transforms.parse:parse"
    ) -> None:
        """Start no process yet; the first document does.

        Args:
            limits: Bounds of each document.
            workers: Processes, and so documents parsed at a time.
            parser: ``module:function`` that a child runs, with the signature of `transforms.parse.parse`.
        """
        self.limits = limits or Limits()
        self._parser = parser
        self._closed = False
        self._of_thread = threading.local()
        self._children: list[_Child] = []
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="parse")

    def submit(self, source: Source) -> Future[Outcome]:
        """Parse a source with content, later; the future's result is that of `parse`."""
        if source.content is None:
            raise ValueError(f"{source.uri} has no content yet: call transforms.read.read first")
        done: Future[Outcome] = Future()
        try:
            if _harmless(source, self.limits):
                done.set_result(parse(source, self.limits))
        except Exception as error:
            doc_id = hashlib.sha256(source.content).hexdigest()
            done.set_result([faults.rejected("parse", doc_id, source.uri, error)])
        return done if done.done() else self._threads.submit(self._parse, source)

    def parse(self, source: Source) -> Outcome:
        """Parse a source with content; what the limits stop comes back as a `Reject`."""
        return self.submit(source).result()

    def close(self) -> None:
        """Stop the children; documents not begun are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            for child in self._children:
                child.end()  # its thread sees that, and answers for the document
        self._threads.shutdown(wait=True)
        while self._children:
            self._children.pop().kill()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _parse(self, source: Source) -> Outcome:
        child: _Child | None = getattr(self._of_thread, "child", None)
        if child is None or not child.alive or child.documents >= DOCUMENTS_PER_CHILD:
            child = self._replace(child)
        try:
            outcome = child.parse(source)
        except _Dead as dead:
            child.kill()
            return [refuse(source, dead.reason, dead.detail)]
        if any(isinstance(row, Reject) and row.reason == "out_of_memory" for row in outcome):
            child.kill()  # its heap is full of holes
        return outcome

    def _replace(self, old: _Child | None) -> _Child:
        with self._lock:
            if self._closed:
                raise RuntimeError("the sandbox is closed")
            new = _Child(self.limits, self._parser)
            if old is not None:
                old.kill()
                if old in self._children:
                    self._children.remove(old)
            self._children.append(new)
        self._of_thread.child = new
        return new


def _harmless(source: Source, limits: Limits) -> bool:
    """Tell whether a source is safe to parse here: plain text, or too large to be opened at all."""
    content = source.content or b""
    if len(content) > limits.bytes:
        return True
    return not content.startswith(b"PK") and media_type(content, source.uri, source.media_type) in TEXTS


class _Dead(Exception):
    """A child that had to be killed, or died: the reason of the reject, and its detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class _Child:
    """One process, and the pipes to it."""

    def __init__(self, limits: Limits, parser: str) -> None:
        self.documents = 0
        self._parser = parser
        self._limits = limits
        # The child gets this process's import path, so that it finds the same packages.
        imported = "from docassay.transforms.sandbox_child import serve"
        code = f"import sys; sys.path[:] = {sys.path!r}; {imported}; serve()"
        self._errors = _Tail()
        # A folder of its own for temporary files: kreuzberg unpacks and loads a library there, which
        # in a shared one another user could have put in its place.
        self._folder = tempfile.mkdtemp(prefix="docassay-")
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"TMPDIR": self._folder, "OMP_THREAD_LIMIT": "1"},  # the latter is Tesseract's
            start_new_session=True,  # Ctrl-C goes to the parent, which closes its children
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout
        os.set_blocking(self._in.fileno(), False)
        self._errors.follow(self._process.stderr)
        self._ready = False
        self._reaping = threading.Lock()  # `close` may come from another thread
        self._peak = 0  # most memory held, measured once it has ended

    @property
    def alive(self) -> bool:
        with self._reaping:
            self._reap(os.WNOHANG)
            return self._process.returncode is None

    def parse(self, source: Source) -> Outcome:
        if not self._ready:
            self._exchange(
                [pack([self._parser, self._folder, asdict(self._limits)])], time.monotonic() + _START_SECONDS
            )
            self._ready = True
        self.documents += 1
        request = asdict(source) | {"content": None, "event_time": written_time(source.event_time)}
        deadline = time.monotonic() + self._limits.seconds + _GRACE_SECONDS
        answer, *contents = self._exchange([pack(request), source.content or b""], deadline)
        rows = json.loads(answer)
        attachments = iter(contents)
        return [row_of(name, fields, attachments) for name, fields in rows]

    def kill(self) -> None:
        """End the process and whatever it started, and forget it."""
        self.end()
        for stream in (self._in, self._out):
            stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _exchange(self, frames: list[bytes], deadline: float) -> list[bytes]:
        """Send frames, and wait for those of the answer.

        Raises:
            _Dead: The deadline passed, or the process ended.
        """
        pending = memoryview(b"".join(LENGTH.pack(len(frame)) + frame for frame in frames))
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._in, selectors.EVENT_WRITE)
            while (answer := frames_of(received)) is None:
                left = deadline - time.monotonic()
                events = selector.select(left) if left > 0 else []
                if not events:
                    raise _Dead("timeout", f"parsing took longer than {self._limits.seconds:g} s")
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
                        received += piece
        return answer

    def _died(self) -> _Dead:
        code = self.end()
        errors = self._errors.text()
        # Rust, C++ and Python report a failed allocation before they give up; some libraries only abort,
        # near the limit.
        out_of_memory = any(words in errors for words in ("memory allocation of", "MemoryError", "bad_alloc"))
        # A child's peak may be its parent's, from before it began; so it counts only for an abort.
        if out_of_memory or (code == -signal.SIGABRT and self._peak > self._limits.memory_bytes / 2):
            return _Dead("out_of_memory", too_much(self._limits))
        if code == -signal.SIGXCPU:
            return _Dead("timeout", f"parsing took more than {self._limits.seconds:g} s of processor time")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return _Dead("crashed", f"the parser's process ended with {how}")

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
                self._peak = usage.ru_maxrss * _PEAK


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
