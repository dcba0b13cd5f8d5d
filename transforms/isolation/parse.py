"""Parse documents in workers: a document can hang, crash or fill only its own process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from docassay.schemas.pages import Pages
from docassay.schemas.rows import Reject, Source
from docassay.schemas.tables import packed, unpacked
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.formats.media_types import TEXTS
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.frames import Message
from docassay.transforms.isolation.pool import Pool
from docassay.transforms.parse import media_type, parse, refuse

if TYPE_CHECKING:
    from concurrent.futures import Future

Outcome = list[Document | Source | Reject]

_FILLED = (
    "doc_id",
    "uri",
    "text",
    "media_type",
    "title",
    "parent_id",
    "event_time",
    "embedded_values",
    "boundary_candidates",
)
"""The fields of a document that `parse` fills, but its pages and tables, which are blocks of its message."""


class Parser:
    """Parses documents in `workers` processes, each under the limits of `Limits`.

    Plain text and Markdown are parsed in the calling process: that work is linear in the bounded
    size of the file, and a hop to a worker would cost more. `submit` may be called from any thread, and
    for any number of documents ahead; they wait for a free worker.

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
            return self._pool.run(request_of(source), outcome_of)
        except Unusable as unusable:
            return [refuse(source, unusable.reason, unusable.detail)]


def _is_harmless(source: Source, limits: Limits) -> bool:
    """Tell whether a source is safe to parse here: plain text, or too large to be opened at all."""
    content = source.content or b""
    if len(content) > limits.bytes:
        return True
    return not content.startswith(b"PK") and media_type(content, source.uri, source.media_type) in TEXTS


def parse_request(request: Request) -> Message:
    """Parse the document of a request; runs in a worker."""
    return response_of(parse(source_of(request), request.limits))


def request_of(source: Source) -> Message:
    """Write a source with content as a request."""
    head = asdict(source) | {"content": None, "event_time": _written(source.event_time)}
    return Message(head, [source.content or b""])


def source_of(request: Request) -> Source:
    """Read the source of a request."""
    head = request.head
    return Source(**head | {"content": request.blocks[0], "event_time": _time(head["event_time"])})


def response_of(outcome: Outcome) -> Message:
    """Write rows as a response; their bytes, pages and tables are its blocks, in order."""
    blocks: list[bytes] = []
    head = []
    for row in outcome:
        names = _FILLED if isinstance(row, Document) else [f.name for f in fields(row) if f.name != "content"]
        values = {name: getattr(row, name) for name in names}
        if "event_time" in values:
            values["event_time"] = _written(values["event_time"])
        if isinstance(row, Source):
            blocks.append(row.content or b"")
        if isinstance(row, Document):
            values["has_pages"], values["has_tables"] = row.pages is not None, bool(row.tables)
            blocks += [row.pages.packed()] if row.pages is not None else []
            blocks += [packed(row.tables)] if row.tables else []
        head.append((type(row).__name__, values))
    return Message(head, blocks)


def outcome_of(response: Message) -> Outcome:
    """Read the rows of a response.

    Raises:
        LookupError, TypeError, ValueError: There are none such in it.
    """
    blocks = iter(response.blocks)
    return [_row(name, values, blocks) for name, values in response.head]


def _row(name: str, values: dict[str, Any], blocks: Iterator[bytes]) -> Document | Source | Reject:
    if name == "Reject":
        return Reject(**values)
    values["event_time"] = _time(values["event_time"])
    if name == "Source":
        return Source(**values, content=_next(blocks))
    if name != "Document":
        raise ValueError("no such row")
    values["pages"] = Pages.unpacked(_next(blocks)) if values.pop("has_pages") else None
    values["tables"] = unpacked(_next(blocks)) if values.pop("has_tables") else ()
    for key in ("embedded_values", "boundary_candidates"):
        values[key] = _tuple(values[key])
    return Document(**values)


def _next(blocks: Iterator[bytes]) -> bytes:
    for block in blocks:
        return block
    raise ValueError("no such block")


def _tuple(value: Sequence[Any]) -> tuple[Any, ...]:
    """Make tuples of what JSON has as lists."""
    return tuple(_tuple(one) if isinstance(one, list) else one for one in value)


def _written(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
