"""The sandbox: `parse` in processes that may be killed; a document can hang, crash or fill only its own.

Why not a process pool: `multiprocessing` imports the parent's ``__main__`` in each child (all of
Beam, in a Beam worker), and unpickles what the child sends. Here the child imports only the
readers, and answers in JSON.

The parent and a child (`transforms.sandbox_process`) talk over a pair of pipes. The child answers one request
at a time, so a slow or dead one is simply killed.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict

from docassay.schemas.rows import Reject, Source
from docassay.transforms import faults
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import TEXTS
from docassay.transforms.parse import media_type, parse, refuse
from docassay.transforms.sandbox_child import pack, row_of, written_time
from docassay.transforms.sandbox_process import GRACE_SECONDS, Child, Dead

Outcome = list[Document | Source | Reject]


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
        self._children: list[Child] = []
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
        child: Child | None = getattr(self._of_thread, "child", None)
        if child is None or not child.usable:
            child = self._replace(child)
        try:
            outcome = _exchange(child, source)
        except Dead as dead:
            child.kill()
            return [refuse(source, dead.reason, dead.detail)]
        if any(isinstance(row, Reject) and row.reason == "out_of_memory" for row in outcome):
            child.kill()  # its heap is full of holes
        return outcome

    def _replace(self, old: Child | None) -> Child:
        with self._lock:
            if self._closed:
                raise RuntimeError("the sandbox is closed")
            new = Child(self.limits, "docassay.transforms.sandbox_child:serve", [self._parser])
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


def _exchange(child: Child, source: Source) -> Outcome:
    child.requests += 1
    request = asdict(source) | {"content": None, "event_time": written_time(source.event_time)}
    deadline = time.monotonic() + child.limits.seconds + GRACE_SECONDS
    answer, *contents = child.exchange([pack(request), source.content or b""], deadline)
    rows = json.loads(answer)
    attachments = iter(contents)
    return [row_of(name, fields, attachments) for name, fields in rows]
