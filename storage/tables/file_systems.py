"""File systems: files of this machine through Python, all others through Beam.

Beam is imported for others alone: it takes longer than reading tables does, and whoever looks at tables of
this machine need not wait for it.

A small file is replaced only if nobody else has since it was read: ``gs://`` and ``s3://`` compare in the
store itself (generation, ETag), so no lock is needed. Other file systems of Beam's have no such request:
there, see that only one writer runs at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from docassay.schemas.errors import UsageError
from docassay.storage.tables import stores
from docassay.storage.tables.partitions import name_in
from docassay.storage.tables.stores import beam

CATALOGS = ("iceberg",)
"""The schemes of catalogs; tables of any other path are files in a folder."""

MOST_TOKEN_BYTES = 10_000
"""Largest file that `read_token` reads."""

SYNCS = 8
"""So many files are flushed at once: one after the other, a thousand folders take forty times as long."""

_SCHEME = re.compile(r"\s*([A-Za-z][-A-Za-z0-9+.]*)://")
_WILD = re.compile(r"(\*\*|\*)")


class Found(NamedTuple):
    """A file that matches a pattern, with its size in bytes and when it was last written, in seconds."""

    path: str
    size: int
    written: float


def scheme(path: str) -> str | None:
    """Give what a path begins with that is not on this machine.

    >>> scheme("gs://bucket/tables"), scheme("/data/tables")
    ('gs', None)
    """
    match = _SCHEME.match(path)
    return match[1] if match else None


def is_local(path: str) -> bool:
    """Tell whether a path is on this machine's file system."""
    return scheme(path) is None


def is_catalog(out: str) -> bool:
    """Tell whether tables are named by a catalog, and not by a folder.

    >>> is_catalog("iceberg://lake/contracts"), is_catalog("gs://bucket/tables"), is_catalog("tables")
    (True, False, False)
    """
    return scheme(out) in CATALOGS


def need_folder(out: str, instead: str) -> None:
    """Refuse tables of a catalog, for what works on files alone.

    Args:
        out: The tables.
        instead: What does the same there.

    Raises:
        UsageError: They are a catalog's.
    """
    if is_catalog(out):
        raise UsageError(f"{out}: this works on a folder of tables, not on a catalog's; {instead}")


def open_file(path: str) -> Any:
    """Open a file to read its bytes, without decompression."""
    return open(path, "rb") if is_local(path) else beam(path).open(path, compression_type="uncompressed")


def create_file(path: str) -> Any:
    """Create a file to write bytes to; a local one with the folders above it."""
    if not is_local(path):
        return beam(path).create(path, compression_type="uncompressed")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    return open(path, "wb")


def exists(path: str) -> bool:
    """Tell whether there is such a file or folder."""
    return os.path.exists(path) if is_local(path) else bool(beam(path).exists(path))


def match(pattern: str) -> list[Found]:
    """List the files that match a pattern: `*` stands for any part of a name, `**` for folders, too."""
    if is_local(pattern):
        return list(_local(pattern))
    return [
        Found(entry.path, entry.size_in_bytes, entry.last_updated_in_seconds)
        for entry in beam(pattern).match([pattern])[0].metadata_list
    ]


def delete(paths: Sequence[str]) -> None:
    """Delete files, and local folders with all that is in them.

    Raises:
        OSError: One is not there, or cannot be deleted.
    """
    if there := [path for path in paths if not is_local(path)]:
        beam(there[0]).delete(there)
    for path in filter(is_local, paths):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def rename(source: str, target: str) -> None:
    """Rename a file; of a local one the folders above its new name are made."""
    if not is_local(target):
        beam(target).rename([source], [target])
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.replace(source, target)


def copy(source: str, target: str) -> None:
    """Copy a file of an object store."""
    beam(target).copy([source], [target])


def read_json(path: str, most_bytes: int) -> Any:
    """Read a JSON file of docassay's, which others may have written to.

    Raises:
        ValueError: It is none, or longer than it may be.
    """
    with open_file(path) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"more than {most_bytes:,} bytes")
    return json.loads(content)


def write_bytes(path: str, content: bytes) -> None:
    """Write a file of these bytes; a local one is on the disk then."""
    with create_file(path) as file:
        file.write(content)
    if is_local(path):
        sync(path)


def delete_folder(folder: str) -> None:
    """Delete a folder with all that is in it, if it is there; in an object store it is a prefix of names."""
    if is_local(folder):
        if exists(folder):
            delete([folder])
    elif paths := matching(f"{folder}/**"):
        delete(paths)


def sync(*paths: str) -> None:
    """Flush local files, or the names in folders, to the disk; the file system joins those of one moment."""
    if len(paths) == 1:
        _sync(paths[0])
    elif paths:
        with ThreadPoolExecutor(SYNCS) as pool:
            list(pool.map(_sync, paths))


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def matching(pattern: str) -> list[str]:
    """List the paths that match a pattern, in order."""
    return sorted(found.path for found in match(pattern))


def file_sizes(folder: str) -> dict[str, int]:
    """Give the size of each Parquet file right below a folder or in a partition of it, by name, in order."""
    found = {}
    for one in match(f"{folder}/**.parquet"):
        name = name_in(one.path)
        if one.path.count("/") == folder.count("/") + 1 + name.count("/"):
            found[name] = one.size
    return dict(sorted(found.items()))


def read_token(path: str) -> tuple[bytes | None, str | None]:
    """Read a file and what tells this state of it from others; twice None where there is no such file."""
    if scheme(path) == "gs":
        return stores.read_gs(path)
    if scheme(path) == "s3":
        return stores.read_s3(path)
    if not exists(path):
        return None, None
    with open_file(path) as file:
        content = file.read(MOST_TOKEN_BYTES)
    return content, hashlib.sha256(content).hexdigest()


def replace_if(path: str, content: bytes, token: str | None) -> bool:
    """Replace a file if it is what `read_token` has read, or still missing; tell whether it was.

    Args:
        path: The file.
        content: What it becomes.
        token: Of the state that it must have; None: there must be none.
    """
    if scheme(path) == "gs":
        return stores.replace_gs(path, content, token)
    if scheme(path) == "s3":
        return stores.replace_s3(path, content, token)
    if read_token(path)[1] != token:
        return False
    write_bytes(path, content)
    return True


def _local(pattern: str) -> Iterator[Found]:
    above = pattern.partition("*")[0].rpartition("/")[0]
    pieces = [{"**": ".*", "*": "[^/]*"}.get(piece, re.escape(piece)) for piece in _WILD.split(pattern)]
    fits = re.compile("".join(pieces), re.DOTALL)
    deep = "**" in pattern or "/" in pattern[len(above) + 1 :]
    for folder, below, names in os.walk(above or ("/" if pattern.startswith("/") else ".")):
        if not deep:
            below.clear()
        for name in names:
            path = f"{folder.rstrip('/')}/{name}" if above or pattern.startswith("/") else name
            if not fits.fullmatch(path):
                continue
            try:
                state = os.stat(path)
            except OSError:  # gone since
                continue
            yield Found(path, state.st_size, state.st_mtime)
