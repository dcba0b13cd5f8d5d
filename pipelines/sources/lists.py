"""Lists of documents, a `.jsonl` or `.parquet` file each: cut into blocks, and blocks into documents.

A block is a `Source` of its own named ``FILE#block-...``, so that a large file is spread over the workers and
no text crosses a shuffle. Every line and row is a document or a reject; where one of them, or a page of them,
cannot be read at all, one reject names the block and how many rows are unread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from docassay.schemas.errors import DocassayError
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import Uri, local_path, of_path
from docassay.storage.tables.file_systems import open_file
from docassay.transforms import lists
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.lists import lists_of
from docassay.transforms.lists import Block, Entry
from docassay.transforms.read import LinkError, open_regular, raise_for_handles


def blocks(
    path: str, text_column: str, event_time: datetime | None = None, beneath: str | None = None
) -> Iterator[Source | Reject]:
    """Yield the blocks of a list as sources.

    Lines are only counted here; the footer of a Parquet file is read in a worker. A list without any line
    or row is a reject ``empty``.
    """
    uri = Uri.parse(of_path(path))
    found = False
    try:
        with _open(path, beneath) as (file, size):
            if lists.entries_of(path) == "lines":
                cut = lists.line_blocks(file)
            else:
                cut = lists_of(Limits()).blocks(file, size, text_column)
            for block in cut:
                found = True
                yield Source(str(uri.part("block", *block)), event_time=event_time, beneath=beneath)
        if not found:
            yield Reject(None, str(uri), "read", "empty", "the file has no line")
    except Exception as error:  # each file system raises errors of its own
        yield Reject(None, str(uri), "read", *_why(str(uri), error))


def documents(
    source: Source, text_column: str = "text", limits: Limits | None = None
) -> Iterator[Source | Reject]:
    """Yield the documents of a block; any other source is yielded as it is.

    A block of short lines is read in this process: `lists.HARMLESS_BYTES` says why that does no harm. Longer
    lines and all rows are read in a worker, and come one after the other.
    """
    uri = Uri.parse(source.uri)
    numbers = uri.block
    what = lists.entries_of(uri.file)
    if source.content is not None or numbers is None or what is None:
        yield source
        return
    block = Block(*numbers)
    last = 0
    try:
        with _open(uri.file, source.beneath) as (file, size):
            try:
                for entry in _entries(file, size, block, what, text_column, limits or Limits()):
                    last = entry.number
                    yield _document(source, uri, what, entry)
            except Unusable as unusable:
                unread = _unread(file, block, what, last)
                detail = f"{unusable.detail}; {unread}" if unread else unusable.detail
                yield Reject(None, source.uri, "read", unusable.reason, detail)
    except Exception as error:  # deleted or changed since it was listed
        yield Reject(None, source.uri, "read", *_why(source.uri, error))


def holds(block: Source | Reject, number: int) -> bool:
    """Tell whether a block may hold an entry of this number."""
    uri = Uri.parse(block.uri)
    if uri.block is None:
        return True
    first, second, third = uri.block
    if lists.entries_of(uri.file) == "lines":
        return third <= number <= third + second - first
    return second <= number < second + third


def _entries(
    file: BinaryIO, size: int, block: Block, what: str, text_column: str, limits: Limits
) -> Iterator[Entry]:
    if what == "lines" and block.second - block.first <= lists.HARMLESS_BYTES:
        return lists.small_lines(file, block, text_column)
    return lists_of(limits).entries(file, size, block, what, text_column)


def _document(source: Source, uri: Uri, what: str, entry: Entry) -> Source | Reject:
    name = str(Uri(uri.file).part("line" if what == "lines" else "row", entry.number))
    if entry.text is None:
        return Reject(None, name, "read", entry.reason, entry.detail)
    return Source(name, entry.text, "text/plain", event_time=source.event_time)


def _unread(file: BinaryIO, block: Block, what: str, last: int) -> str:
    """Say which entries of a block come after the last one that was read."""
    if what == "lines":
        first, count = block.third, lists.count_lines(file, block)
    else:
        first, count = block.second, block.third
    begin, end = max(first, last + 1), first + count - 1
    return f"{what} {begin:,} to {end:,} are not read ({end - begin + 1:,})" if end >= begin else ""


@contextmanager
def _open(path: str, beneath: str | None) -> Iterator[tuple[BinaryIO, int]]:
    """Open a list; give it with its size."""
    local = local_path(path)
    with open_file(path) if local is None else open_regular(local, beneath) as file:
        size = file.seek(0, os.SEEK_END)
        size = file.tell() if size is None else size
        file.seek(0)
        yield file, size


def _why(uri: str, error: Exception) -> tuple[str, str]:
    """Give the reason and the detail of the reject of a list.

    Raises:
        DocassayError: The machine lacks something, which is no fault of the list.
    """
    if isinstance(error, DocassayError):
        raise error
    raise_for_handles(uri, error)
    if isinstance(error, Unusable):
        return error.reason, error.detail
    reason = "link" if isinstance(error, LinkError) else "unreadable"
    line = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason, " ".join(f"{type(error).__name__}: {line}".split())[:500]
