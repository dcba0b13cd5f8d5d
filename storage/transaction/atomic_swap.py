"""Exchange: two folders change names in one step, so that a reader lists either the old files or the new."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

_RENAME_EXCHANGE = 2
"""Flag of renameat2(2): both names change places in one step."""
_AT_FDCWD = -100
"""Descriptor of openat(2): paths are relative to the working directory."""
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def exchange_folders(new: str, target: str) -> None:
    """Put the folder `new` in the place of `target`; the old `target` gets the name of `new`.

    On Linux this is one step of the file system. Where the file system does not support it, the
    folders are renamed one after the other, and between the two renames a reader finds no folder.

    Where there is no `target`, because two renames were interrupted between them, say, `new` becomes it.

    Raises:
        OSError: The file system refused.
    """
    aside = f"{new}.old"
    if not os.path.exists(target):
        os.replace(new, target)
        return
    try:
        exchange(new, target)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        os.replace(target, aside)
        os.replace(new, target)


def exchange(one: str, other: str) -> None:
    """Exchange two names in one step.

    Raises:
        OSError: With `errno.ENOSYS`, `EINVAL` or `EOPNOTSUPP` where the system or the file system cannot.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), one)
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), one, None, other)


def share(source: Path, target: Path) -> None:
    """Link a file under a second name, or copy it where the file system has no links; never half of it."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        part = target.with_name(f"{target.name}.part")
        shutil.copy2(source, part)
        part.replace(target)
