"""Files: from the inputs that a user names to the sources to read, without holding their texts.

A `.jsonl` or `.parquet` file is a list of documents (`pipelines.sources.lists`). ``@LIST`` is a file of
names, one a line, for more names than a command line takes. No list of names is held in memory: they are
yielded one by one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from apache_beam.io.filesystems import FileSystems

from docassay.pipelines.sources import lists, walk
from docassay.schemas import uris
from docassay.schemas.errors import InputError
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import Uri
from docassay.storage.tables.file_systems import check_extra, is_local, open_file
from docassay.transforms.lists import entries_of
from docassay.transforms.read import locate

NAME_BYTES = 4_096
"""Longest name in a list of names: the longest path that Linux opens."""


def check(inputs: Sequence[str]) -> None:
    """Check that every input names something, before any work.

    Raises:
        InputError: A path does not exist, a pattern matches nothing, or a scheme is not known.
        MissingError: The extra that reads a scheme's paths is not installed.
    """
    for argument in inputs:
        name = argument.removeprefix("@")
        if not walk.is_utf8(name):
            raise InputError(f"{walk.escaped(name)}: the name is not UTF-8; {walk.RENAME}")
        if is_local(name):
            if not os.path.lexists(name) and not any(isinstance(path, str) for path in walk.matching(name)):
                raise InputError(f"{name}: no such file or folder, and no file matches it")
            continue
        check_extra(name)
        try:
            matches = FileSystems.match([name], limits=[1])[0].metadata_list
        except Exception as error:  # each file system has exceptions of its own
            raise InputError(f"{name}: cannot be listed ({error})") from None
        if not matches:
            raise InputError(f"{name}: no file matches it; name a folder's files as {name.rstrip('/')}/**")


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
        yield from lists.blocks(path, text_column, event_time, beneath)
    else:
        yield Source(uris.of_path(path), event_time=event_time, beneath=beneath)


def find(uri: str, text_column: str = "text") -> Source | Reject:
    """Find the source of a document by its URI in the tables, such as ``FILE#line-N`` or ``FILE#row-N``.

    An attachment is read with its mail, so its URI gives the mail; the URI of a file gives that file.
    """
    found = locate(uri)
    if not found.marks or found.is_inside:
        return Source(str(Uri(found.file)))
    mark = found.marks[0]
    for block in sources(found.file, text_column=text_column):
        if isinstance(block, Source) and not lists.holds(block, mark.numbers[0]):
            continue
        for document in [block] if isinstance(block, Reject) else lists.documents(block, text_column):
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
