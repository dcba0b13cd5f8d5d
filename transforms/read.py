"""Read: fetch the bytes of a source."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, BinaryIO

from docassay.schemas import uris
from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import Uri, local_path
from docassay.transforms.formats import Limits

_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY  # a pipe put in its place must not block
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

_LISTS = {".jsonl": "lines", ".ndjson": "lines", ".parquet": "rows"}
"""Of files that are lists: what their entries are called."""


class LinkError(OSError):
    """A component of the path is a link, or has become one."""

    def __init__(self, name: str) -> None:
        """Name the component."""
        super().__init__(errno.ELOOP, f"{name} is a link, and is not followed")


def open_regular(path: str, beneath: str | None = None) -> BinaryIO:
    """Open a file, which must be a regular one: a pipe or a device could block, or never end.

    Beneath a folder it is opened one component after the other, each relative to the folder opened before it,
    so that it makes no difference whether a component becomes a link meanwhile.

    Args:
        path: The file.
        beneath: The folder that it must lie in, with no link between the two; None: links are followed.

    Raises:
        LinkError: A component of the path below `beneath` is a link.
        OSError: It does not exist, is no regular file, or does not lie in `beneath`.
        ValueError: The path has a NUL.
    """
    if beneath is None:
        _check(os.stat(path))
        return _checked(os.open(path, _FILE))
    parts = parts_beneath(path, beneath)
    if not parts:
        raise PermissionError(errno.EACCES, f"it does not lie in {beneath}")
    folder = os.open(beneath, _FOLDER)
    try:
        for part in parts[:-1]:
            folder, above = _open_in(folder, part, _FOLDER), folder
            os.close(above)
        _check(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False), parts[-1])
        return _checked(_open_in(folder, parts[-1], _FILE))
    finally:
        os.close(folder)


def parts_beneath(path: str, folder: str) -> list[str] | None:
    """Give the components of a path below a folder; None where it does not lie in it, or leads upwards.

    Both are compared as they are spelt: no link is looked at, and neither is the case of a letter changed.

    >>> parts_beneath("/in//./a/b", "/in/"), parts_beneath("/into/a", "/in"), parts_beneath("/in/../a", "/in")
    (['a', 'b'], None, None)
    """
    if os.path.isabs(path) != os.path.isabs(folder):
        path, folder = os.path.join(os.getcwd(), path), os.path.join(os.getcwd(), folder)
    parts, above = _parts(path), _parts(folder)
    below = parts[len(above) :]
    return below if parts[: len(above)] == above and ".." not in below else None


def raise_for_handles(uri: str, error: Exception) -> None:
    """Raise where an error of opening a file says that this process may open no more: no file is to blame.

    Raises:
        RunError: It does.
    """
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        raise RunError(f"{uri} cannot be opened on this machine: {error.strerror}") from error


def locate(uri: str) -> Uri:
    """Parse the URI of a document in the tables, or a path.

    A text that names no file as a URI but is the path of one is that file: as a user types it, and as tables
    had it before marks in names of files were escaped.

    >>> locate("no-such.eml#attachment-1").file
    'no-such.eml'
    """
    parsed = Uri.parse(uri)
    path = local_path(parsed.file)
    if path is None or os.path.lexists(path) or not os.path.lexists(uri):
        return parsed
    return Uri(uri)


def entries_of(path: str) -> str | None:
    """Tell by a file's name what its entries are called; None where it is no list.

    >>> entries_of("a.JSONL"), entries_of("a.parquet"), entries_of("a.txt")
    ('lines', 'rows', None)
    """
    lower = path.lower()
    return next((what for suffix, what in _LISTS.items() if lower.endswith(suffix)), None)


def _parts(path: str) -> list[str]:
    return [part for part in path.split(os.sep) if part not in ("", os.curdir)]


def _open_in(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        # A link gives ELOOP, and ENOTDIR where a folder is asked for; some systems say EMLINK or EFTYPE.
        if error.errno != errno.ENOENT and _is_link(folder, name):
            raise LinkError(name) from None
        raise


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _check(status: os.stat_result, name: str = "") -> None:
    mode = status.st_mode
    if stat.S_ISLNK(mode):
        raise LinkError(name)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a folder, not a file")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "no regular file")


def _checked(descriptor: int) -> BinaryIO:
    try:
        _check(os.fstat(descriptor))
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


Opener = Callable[[str], BinaryIO]
"""Opens an address of another machine; `storage.tables.file_systems` has one."""


def _no_opener(address: str) -> BinaryIO:
    raise OSError("an address of another machine, and nothing that opens it")


def read(source: Source, limits: Limits, open_remote: Opener = _no_opener) -> Source | Reject:
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
            with open_regular(path, source.beneath) if path is not None else open_remote(address) as stream:
                if path is not None and event_time is None:
                    event_time = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
                content = _most(stream, limits)
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


def _most(stream: IO[bytes], limits: Limits) -> bytes:
    """Read all, or one byte more than the limit, a piece at a time: the limit may be far above the file."""
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
