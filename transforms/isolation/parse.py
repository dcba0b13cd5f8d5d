"""Parse documents in workers: a document can hang, crash or fill only its own process."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from docassay.schemas.pages import Pages
from docassay.schemas.rows import Reject, Source
from docassay.schemas.tables import Table
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, Unusable, plain
from docassay.transforms.formats.media_types import MARKDOWN, TEXTS
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.worker import Pool
from docassay.transforms.parse import media_type, parse, refuse

if TYPE_CHECKING:
    from concurrent.futures import Future

Outcome = list[Document | Source | Reject]


class Parser:
    """Parses documents in `workers` processes, each under the limits of `Limits`.

    Plain text, and Markdown without HTML, are parsed in the calling process: that work is linear in the
    bounded size of the file, and a hop to a worker would cost more. `submit` may be called from any thread,
    and for any number of documents ahead; they wait for a free worker.

    Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        workers: int = 1,
        function: str = "docassay.transforms.isolation.parse:parse_request",
    ) -> None:
        """Start no process yet; the first document does.

        Args:
            limits: Bounds of each document.
            workers: Processes, and so documents parsed at a time.
            function: What runs in them; a test runs others.
        """
        from concurrent.futures import ThreadPoolExecutor  # no worker needs it

        self.limits = limits or Limits()
        self._pool = Pool(function, self.limits)
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="parse")

    def submit(self, source: Source) -> Future[Outcome]:
        """Parse a source with content, later; the future's result is that of `parse`."""
        from concurrent.futures import Future

        if source.content is None:
            raise ValueError(f"{source.uri} has no content yet: call transforms.read.read first")
        done: Future[Outcome] = Future()
        try:
            if _is_harmless(source, self.limits):
                done.set_result(parse(source, self.limits))
        except Exception as error:
            from docassay.transforms import faults  # no worker needs it

            doc_id = hashlib.sha256(source.content).hexdigest()
            done.set_result([faults.rejected("parse", doc_id, source.uri, error)])
        return done if done.done() else self._threads.submit(self._parse, source)

    def parse(self, source: Source) -> Outcome:
        """Parse a source with content; what the limits stop comes back as a `Reject`."""
        return self.submit(source).result()

    def close(self) -> None:
        """Stop the workers; documents not begun are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        self._threads.shutdown(wait=True)

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _parse(self, source: Source) -> Outcome:
        try:
            return self._pool.run(_written(source), lambda rows: [_row(*row) for row in rows])
        except Unusable as unusable:
            return [refuse(source, unusable.reason, unusable.detail)]


def _is_harmless(source: Source, limits: Limits) -> bool:
    """Tell whether a source is safe to parse here: plain text, or too large to be opened at all."""
    content = source.content or b""
    if len(content) > limits.bytes:
        return True
    if content.startswith(b"PK"):
        return False
    kind = media_type(content, source.uri, source.media_type)
    return kind in TEXTS and not (kind == MARKDOWN and plain.may_have_markup(content))


def parse_request(request: Request) -> Any:
    """Parse the document of a request; runs in a worker."""
    rows = parse(Source(**request.asked), request.limits)
    return [(type(row).__name__, _written(row)) for row in rows]


def _written(row: Document | Source | Reject) -> dict[str, Any]:
    """Write the fields that are filled; pages are packed."""
    filled = {one.name: value for one in fields(row) if (value := getattr(row, one.name)) != one.default}
    if isinstance(row, Document) and row.pages is not None:
        filled["pages"] = row.pages.packed()
    return filled


def _row(name: str, filled: dict[str, Any]) -> Document | Source | Reject:
    """Make a row of what `_written` wrote.

    Raises:
        LookupError, TypeError, ValueError: It is none such.
    """
    if not isinstance(filled.get("event_time"), datetime | None):
        raise TypeError("no time")
    if name == "Reject":
        return Reject(**filled)
    if name == "Source":
        if not isinstance(filled["content"], bytes):
            raise TypeError("no content")
        return Source(**filled)
    if name != "Document":
        raise ValueError("no such row")
    if "pages" in filled:
        filled["pages"] = Pages.unpacked(filled["pages"])
    if "tables" in filled:
        filled["tables"] = tuple(Table.of(*table) for table in filled["tables"])
    return Document(**filled)
