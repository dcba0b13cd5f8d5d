"""Local files: opened so that what is judged is what is read.

A file that was found in a folder, or that somebody else has named, is opened beneath that folder: one
component after the other, each relative to the folder opened before it, and no link is followed. So it makes
no difference what a path looks like, or whether a component becomes a link while it is opened. A file that
the user named is opened by its path.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from docassay.schemas.errors import RunError
from docassay.schemas.uris import Uri, local_path

_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY  # a pipe put in its place must not block
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class LinkError(OSError):
    """A component of the path is a link, or has become one."""

    def __init__(self, name: str) -> None:
        """Name the component."""
        super().__init__(errno.ELOOP, f"{name} is a link, and is not followed")


def open_regular(path: str, beneath: str | None = None) -> BinaryIO:
    """Open a file, which must be a regular one: a pipe or a device could block, or never end.

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
