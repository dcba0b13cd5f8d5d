"""Files: from the inputs that a user names to the sources to read, without holding their texts.

``@LIST`` is a file of names, one a line, for more names than a command line takes. No list of names is held
in memory: they are yielded one by one.

A `.jsonl` or `.parquet` file is a list of documents. It is cut into blocks, each a `Source` of its own named
``FILE#block-...``, so that a large file is spread over the workers and no text crosses a shuffle. Every line
and row is a document or a reject; where one of them, or a page of them, cannot be read at all, one reject
names the block and how many rows are unread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from threading import Event
from typing import BinaryIO

from docassay.pipelines.sources import walk
from docassay.schemas.errors import DocassayError, InputError, StoreError
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import Uri, local_path, of_path
from docassay.storage.tables.file_systems import is_local, open_file
from docassay.storage.tables.stores import beam
from docassay.transforms import lists
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation import lists as isolated
from docassay.transforms.lists import Block, Entry
from docassay.transforms.read import LinkError, entries_of, locate, open_regular, raise_for_handles

NAME_BYTES = 4_096
"""Longest name in a list of names: the longest path that Linux opens."""


def check(inputs: Sequence[str]) -> None:
    """Check that every input names something, before any work.

    Raises:
        InputError: A path does not exist, a pattern matches nothing, or a scheme is not known.
        MissingError: The extra that reads a scheme's paths is not installed.
        StoreError: A bucket's store does not answer, or refuses.
    """
    for argument in inputs:
        name = argument.removeprefix("@")
        if not walk.is_utf8(name):
            raise InputError(f"{walk.escaped(name)}: the name is not UTF-8; {walk.RENAME}")
        if is_local(name):
            if not os.path.lexists(name) and not any(isinstance(path, str) for path in walk.matching(name)):
                raise InputError(f"{name}: no such file or folder, and no file matches it")
            continue
        try:
            matches = beam(name).match([name], limits=[1])[0].metadata_list
        except DocassayError:
            raise
        except Exception as error:  # each file system has exceptions of its own
            raise InputError(f"{name}: cannot be listed ({error})") from None
        if not matches:
            raise InputError(f"{name}: no file matches it; give a folder's files as {name.rstrip('/')}/**")


def names(argument: str, absolute: bool = False) -> Iterator[str | Reject]:
    """Yield an input's name as it is, or the names in the list that ``@LIST`` names.

    Lists are not nested: in a list, a name that begins with ``@`` is the name of a file. With `absolute` a
    relative name in a list becomes a reject: this process has another working folder than the user.
    """
    path = argument.removeprefix("@")
    if path == argument:
        yield argument
        return
    try:
        # The user named it, so it may be a pipe.
        with open(path, "rb") if is_local(path) else open_file(path) as file:
            for number, (size, line) in enumerate(_lines(file), 1):
                if line is None:
                    detail = f"a name of {size:,} bytes; {NAME_BYTES:,} is the longest there is"
                    yield Reject(None, str(Uri(path).part("line", number)), "read", "broken_line", detail)
                elif name := os.fsdecode(line.strip()):
                    if not walk.is_utf8(name):
                        yield walk.bad_name(name)
                    elif absolute and is_local(name) and not os.path.isabs(name):
                        detail = "a relative name, and a cluster's workers have a working folder of their own"
                        yield Reject(None, str(Uri(path).part("line", number)), "read", "unreadable", detail)
                    else:
                        yield name
    except OSError as error:
        yield walk.unreadable(path, error)


def expand(
    name: str, text_column: str = "text", out: str | None = None, follow_links: bool = False
) -> Iterator[Source | Reject]:
    """Yield the sources that an input names: files of a folder, matches of a pattern, blocks of a list.

    Folders are walked recursively; `pipelines.sources.walk` says which links are followed. A path that cannot
    be listed, does not exist or is not UTF-8 becomes a reject, and the walk goes on. The tables in `out` are
    no input where it lies in a folder, or a pattern matches it.
    """
    for found in walk.files(name, out, follow_links):
        if isinstance(found, Reject):
            yield found
        else:
            yield from sources(*found, text_column)


def sources(
    path: str, event_time: datetime | None = None, beneath: str | None = None, text_column: str = "text"
) -> Iterator[Source | Reject]:
    """Yield the sources of one file: itself, or the blocks of a list.

    Args:
        path: The file.
        event_time: When it was last changed.
        beneath: The folder that it was found in; see `schemas.rows.Source`.
        text_column: Column of a list.
    """
    if not walk.is_utf8(path):
        yield walk.bad_name(path)
    elif entries_of(path):
        yield from blocks(path, text_column, event_time, beneath)
    else:
        yield Source(of_path(path), event_time=event_time, beneath=beneath)


def count(inputs: Sequence[str], text_column: str, out: str | None, follow_links: bool, stop: Event) -> int:
    """Count the documents that inputs name, without what is inside them, such as attachments.

    It walks the folders once more, beside a run that reads them. Returns 0 where an input is remote or is a
    pipe, whose names can be read once, or where `stop` is set before the end.
    """
    total = 0
    listed = [argument.removeprefix("@") for argument in inputs if argument.startswith("@")]
    if not all(map(is_local, inputs)) or not all(map(os.path.isfile, listed)):
        return 0
    for name in chain.from_iterable(map(names, inputs)):
        if isinstance(name, Reject) or not is_local(name):
            total += 1
            continue
        for source in expand(name, text_column, out, follow_links):
            if stop.is_set():
                return 0
            total += _number(source)
    return total


def _number(source: Source | Reject) -> int:
    """Count the documents of a source: the lines or rows of a block, else one."""
    uri = Uri.parse(source.uri)
    if isinstance(source, Reject) or uri.block is None:
        return 1
    block = Block(*uri.block)
    if entries_of(uri.file) != "lines":
        return block.third
    try:
        with _open(uri.file, source.beneath) as (file, _):
            return lists.count_lines(file, block)
    except (OSError, Unusable):  # the run says why
        return 1


def find(uri: str, text_column: str = "text") -> Source | Reject:
    """Find the source of a document by its URI in the tables, such as ``FILE#line-N`` or ``FILE#row-N``.

    An attachment is read with its mail, so its URI gives the mail; the URI of a file gives that file.
    """
    found = locate(uri)
    if not found.marks or found.is_inside:
        return Source(str(Uri(found.file)))
    mark = found.marks[0]
    for block in sources(found.file, text_column=text_column):
        if isinstance(block, Source) and not holds(block, mark.numbers[0]):
            continue
        for document in [block] if isinstance(block, Reject) else documents(block, text_column):
            if document.uri in (uri, str(Uri(found.file))):
                return document
    return Reject(None, uri, "read", "unreadable", f"{found.file} has no such line or row")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line's size and the line, or None where it is longer than `NAME_BYTES`."""
    while line := file.readline(NAME_BYTES):
        size = len(line)
        piece = line
        while len(piece) == NAME_BYTES and not piece.endswith(b"\n"):
            piece = file.readline(NAME_BYTES)
            size += len(piece)
        yield size, line if size == len(line) else None


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
            if entries_of(path) == "lines":
                cut = lists.line_blocks(file)
            else:
                cut = isolated.blocks(file, size, text_column, Limits())
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
    what = entries_of(uri.file)
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
    if entries_of(uri.file) == "lines":
        return third <= number <= third + second - first
    return second <= number < second + third


def _entries(
    file: BinaryIO, size: int, block: Block, what: str, text_column: str, limits: Limits
) -> Iterator[Entry]:
    if what == "lines" and block.second - block.first <= lists.HARMLESS_BYTES:
        return lists.lines(file, block, text_column)
    return isolated.entries(file, size, block, what, text_column, limits)


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
    if isinstance(error, DocassayError) and not isinstance(error, StoreError):
        raise error
    raise_for_handles(uri, error)
    if isinstance(error, Unusable):
        return error.reason, error.detail
    reason = "link" if isinstance(error, LinkError) else "unreadable"
    line = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason, " ".join(f"{type(error).__name__}: {line}".split())[:500]
