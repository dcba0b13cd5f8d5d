"""Read: fetch the bytes of a source."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO

from docassay.schemas import uris
from docassay.schemas.rows import Reject, Source
from docassay.transforms.formats import Limits
from docassay.transforms.local import LinkError, open_regular, raise_for_handles

Opener = Callable[[str], BinaryIO]
"""Opens an address of another machine; `storage.tables.file_systems` has one."""


def read(source: Source, limits: Limits, open_remote: Opener | None = None) -> Source | Reject:
    """Fill the content of a source from its uri, and the time of a local file.

    A plain path or a ``file://`` address is opened directly, any other address by `open_remote`. A source
    that has its content already is only checked against the limits.

    No more than `Limits.bytes` + 1 bytes are ever read. What cannot be read is a reject of stage
    ``read``: ``unreadable``, ``link``, ``empty`` or ``too_large``.

    Raises:
        RunError: This process may open no more files, which is no fault of the document.
    """
    content, event_time = source.content, source.event_time
    if content is None:
        try:
            address = uris.Uri.parse(source.uri).file
            path = uris.local_path(address)
            if path is not None:
                content, modified = _file(path, source.beneath, limits)
                event_time = event_time or modified
            else:
                content = _remote(address, limits, open_remote)
        except LinkError as error:
            return _refuse(source, "link", _line(error))
        except Exception as error:  # each file system raises errors of its own
            raise_for_handles(source.uri, error)
            return _refuse(source, "unreadable", f"{type(error).__name__}: {_line(error)}")
    if not content:
        return _refuse(source, "empty", "no bytes at all")
    if len(content) > limits.bytes:
        return _refuse(source, "too_large", f"more than {limits.bytes:,} bytes")
    return replace(source, content=content, event_time=event_time)


def _file(path: str, beneath: str | None, limits: Limits) -> tuple[bytes, datetime]:
    with open_regular(path, beneath) as stream:
        modified = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
        return stream.read(limits.bytes + 1), modified


def _remote(uri: str, limits: Limits, open_remote: Opener | None) -> bytes:
    if open_remote is None:
        raise OSError("an address of another machine, and nothing that opens it")
    with open_remote(uri) as stream:
        pieces, left = [], limits.bytes + 1
        while left > 0 and (piece := stream.read(min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
    return b"".join(pieces)


def _refuse(source: Source, reason: str, detail: str) -> Reject:
    return Reject(None, source.uri, "read", reason, detail)


def _line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:200]
