"""The sandbox's child: what it runs, and the protocol that it speaks with its parent.

A frame is its length in four bytes, and its bytes. The parent sends the parser and the limits once, then
for each document a frame of its fields in JSON and a frame of its content; the answer is a count and as many
frames: the rows in JSON, then the content of each attachment, and the pages and the tables of each document
that has such.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from docassay.schemas.errors import RunError
from docassay.schemas.pages import Pages
from docassay.schemas.rows import Reject, Source
from docassay.schemas.tables import packed, unpacked
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import refuse
from docassay.transforms.temporary import lack_of

LENGTH = struct.Struct("<I")

PARSED = (
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
"""The fields of a document that `parse` fills, but its pages and tables, which travel as bytes."""


def serve() -> None:
    """Parse the documents that are asked for until standard input ends: what a child runs."""
    requests, answers = streams()
    if (told := receive_setup(requests)) is None:
        return
    (parser,), folder, limits = told
    module, _, function = parser.partition(":")
    run = getattr(importlib.import_module(module), function)
    restrict(limits)
    send(answers, [b""])
    while (request := receive(requests)) is not None and (content := receive(requests)) is not None:
        fields = json.loads(request)
        source = Source(**fields | {"content": content, "event_time": _time(fields["event_time"])})
        begin(limits)
        try:
            outcome = run(source, limits)
        except MemoryError:
            outcome = [refuse(source, "out_of_memory", too_much(limits))]
        except Exception as error:
            outcome = [_failure(source, error)]
        signal.setitimer(signal.ITIMER_REAL, 0)
        contents = [content for row in outcome for content in _contents(row)]
        send(answers, [pack([_row_fields(row) for row in outcome]), *contents])
    shutil.rmtree(folder, ignore_errors=True)  # the parent is gone, or closing


@dataclass(frozen=True, slots=True)
class Lack:
    """What this machine lacks to read documents, in place of an outcome."""

    what: str


def _failure(source: Source, error: Exception) -> Lack | Reject:
    """Tell a lack of this machine from a defect of a reader: then this document is lost, the next is not."""
    if lack := lack_of(error):
        return Lack(lack)
    line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return refuse(source, "crashed", f"the reader failed: {line}")


def streams() -> tuple[IO[bytes], IO[bytes]]:
    """Give the pipes from and to the parent; a library that prints must not break the frames."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, answers


def receive_setup(requests: IO[bytes]) -> tuple[list[Any], str, Limits] | None:
    """Read what `sandbox_process.Child` tells a child at first; None where the parent is gone.

    Returns:
        What it was made with; the folder of its temporary files, which it deletes at its end; the limits.
    """
    if (frame := receive(requests)) is None:
        return None
    *setup, folder, fields = json.loads(frame)
    return setup, folder, Limits(**fields)


def restrict(limits: Limits) -> None:
    """Limit the address space of this process, once."""
    import resource

    with contextlib.suppress(ValueError, OSError):  # macOS does not keep this limit
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def begin(limits: Limits) -> None:
    """Limit the processor time of what follows, by moving the soft limit.

    An alarm ends a process whose parent was killed meanwhile.
    """
    import resource

    spent = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(spent.ru_utime + spent.ru_stime + limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + 10)


def too_much(limits: Limits) -> str:
    """Say that a document needed too much memory."""
    return f"parsing needed more than {limits.memory_bytes:,} bytes of memory"


def pack(value: object) -> bytes:
    """Write a value as JSON; lone surrogates pass."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _row_fields(row: Document | Source | Reject | Lack) -> tuple[str, dict[str, Any]]:
    # Bytes travel apart; of a document only what `parse` fills.
    names = PARSED if isinstance(row, Document) else [n for n in row.__dataclass_fields__ if n != "content"]
    fields = {name: getattr(row, name) for name in names}
    if isinstance(row, Document):
        fields["has_pages"], fields["has_tables"] = row.pages is not None, bool(row.tables)
    if "event_time" in fields:
        fields["event_time"] = written_time(fields["event_time"])
    return type(row).__name__, fields


def _contents(row: Document | Source | Reject | Lack) -> list[bytes]:
    """Give what of a row travels as bytes, in frames of its own."""
    if isinstance(row, Source):
        return [row.content or b""]
    if not isinstance(row, Document):
        return []
    pages = [row.pages.packed()] if row.pages else []
    return [*pages, packed(row.tables)] if row.tables else pages


def row_of(name: str, fields: dict[str, Any], contents: Any) -> Document | Source | Reject:
    """Rebuild a row from what `_row_fields` gave; attachments and pages take the next of the contents.

    Raises:
        RunError: It is a `Lack`; no document is to blame.
    """
    if name == "Lack":
        raise RunError(f"documents cannot be read on this machine: {fields['what']}")
    if "event_time" in fields:
        fields["event_time"] = _time(fields["event_time"])
    if name == "Source":
        return Source(**fields, content=next(contents))
    if name == "Document":
        fields["embedded_values"] = tuple((key, value) for key, value in fields["embedded_values"])
        fields["boundary_candidates"] = tuple(fields["boundary_candidates"])
        fields["pages"] = Pages.unpacked(next(contents)) if fields.pop("has_pages") else None
        fields["tables"] = unpacked(next(contents)) if fields.pop("has_tables") else ()
    shapes: dict[str, Callable[..., Document | Reject]] = {"Document": Document, "Reject": Reject}
    return shapes[name](**fields)


def written_time(time: datetime | None) -> str | None:
    """Write a time in ISO 8601."""
    return time.isoformat() if time else None


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


class Frames:
    """The frames of an answer, as its bytes come in.

    Attributes:
        size: Bytes that have come.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.size = 0
        self._rest = bytearray()
        self._count: int | None = None
        self._whole: list[bytes] = []

    def add(self, piece: bytes) -> None:
        """Take some bytes."""
        self.size += len(piece)
        self._rest += piece
        at = 0
        while len(self._rest) >= at + LENGTH.size and not self.complete:
            (number,) = LENGTH.unpack_from(self._rest, at)
            start = at + LENGTH.size
            if self._count is None:
                self._count, at = number, start
            elif len(self._rest) >= start + number:
                self._whole.append(bytes(self._rest[start : start + number]))
                at = start + number
            else:
                break
        del self._rest[:at]

    @property
    def complete(self) -> bool:
        """Whether the answer is whole."""
        return self._count == len(self._whole)

    def take(self) -> list[bytes]:
        """Give the frames of the whole answer."""
        return self._whole


def receive(stream: IO[bytes]) -> bytes | None:
    """Read a frame; None where the stream has ended."""
    length = stream.read(LENGTH.size)
    if len(length) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(length)
    frame = stream.read(size)
    return frame if len(frame) == size else None


def send(stream: IO[bytes], frames: list[bytes]) -> None:
    """Write an answer: the number of its frames, then each."""
    stream.write(LENGTH.pack(len(frames)))
    for frame in frames:
        stream.write(LENGTH.pack(len(frame)))
        stream.write(frame)
    stream.flush()
