"""Swap: put one folder in the place of another, so that a reader lists either the old files or the new."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

_EXCHANGE = 2
"""`RENAME_EXCHANGE` of renameat2(2): both names change places in one step."""
_HERE = -100
"""`AT_FDCWD` of openat(2): paths are relative to the working directory."""
_UNABLE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def exchange_folders(new: str, target: str, mark: str) -> None:
    """Put the folder `new` in the place of `target`; what was there is left under the name of `new`.

    On Linux it is one step of the file system. Where the file system does not know that step, the
    folders are renamed one after the other, and between the two a reader finds no folder.

    May be called again after it was cut off, at any moment: a `target` that holds the file `mark`
    is in place already.

    Raises:
        OSError: The file system refused.
    """
    if os.path.exists(os.path.join(target, mark)):
        return
    aside = f"{new}.old"
    if not os.path.exists(target):  # a swap in two steps was cut off between them
        os.replace(new, target)
        return
    try:
        exchange(new, target)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
        os.replace(target, aside)
        os.replace(new, target)


def exchange(one: str, other: str) -> None:
    """Let two names change places in one step.

    Raises:
        OSError: With `errno.ENOSYS`, `EINVAL` or `EOPNOTSUPP` where system or file system cannot.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), one)
    if renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), one, None, other)


def share(source: Path, target: Path) -> None:
    """Give a file a second name without copying it, where the file system can; else copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
