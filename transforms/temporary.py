"""Temporary folders of this process: locked while it lives, and swept by the next one when it was killed.

A folder has a lock file that its process holds with flock(2), which the kernel releases however the process
ends. The file gets its name only once it is locked, so a lock that can be taken is that of a dead process. A
process id would not tell: it may have been given to another process, or be one of another container.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

from docassay.schemas.errors import RunError

PREFIX = "docassay-"
LOCK = ".docassay.lock"

PROBE_BYTES = 1_000_000
"""What must fit into the temporary folder before a run begins."""

_LACKS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE})
"""Errors of a machine that is short of something, whatever the document."""

_held: dict[str, int] = {}
"""The descriptor of the lock of each folder of this process."""


def make_folder() -> str:
    """Make a temporary folder that only this user may enter; `remove_folder` removes it.

    Raises:
        RunError: There is no room, or no folder that may be written to.
    """
    try:
        folder = tempfile.mkdtemp(prefix=PREFIX)
    except OSError as error:
        raise RunError(_no_room(error)) from error
    try:
        part = f"{folder}/{LOCK}.part"
        _held[folder] = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(_held[folder], fcntl.LOCK_EX)
        os.rename(part, f"{folder}/{LOCK}")
    except OSError as error:
        remove_folder(folder)
        raise RunError(_no_room(error)) from error
    return folder


def remove_folder(folder: str) -> None:
    """Remove a folder of `make_folder`, and what is in it; may be called again."""
    shutil.rmtree(folder, ignore_errors=True)
    if (lock := _held.pop(folder, None)) is not None:
        os.close(lock)


def sweep() -> list[str]:
    """Remove the temporary folders whose process is dead; those of other users are left alone.

    Returns:
        The folders removed.
    """
    swept = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(PREFIX) and _is_own(entry.path) and _remove_dead(entry.path):
                swept.append(entry.path)
    return swept


def check() -> None:
    """Check that parsers will find room for their temporary files.

    Raises:
        RunError: They will not; the message names the folder.
    """
    folder = make_folder()
    try:
        probe = Path(folder, "probe")
        probe.write_bytes(os.urandom(PROBE_BYTES))  # a file system that compresses does not help itself
    except OSError as error:
        raise RunError(_no_room(error)) from error
    finally:
        remove_folder(folder)


def lack_of(error: BaseException | None) -> str | None:
    """Tell what the machine lacks where that, and no document, is why an exception was raised.

    Looks at the exceptions before it, too. A lack of memory is not told here: a child's is limited, and what
    goes beyond the limit is the document's doing.

    >>> lack_of(ValueError("no PDF")), lack_of(OSError(28, "No space left on device"))
    (None, 'No space left on device')
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in _LACKS:
            return os.strerror(error.errno)
        line = " ".join(str(error).split())
        if isinstance(error, ImportError) and "memory" not in line and "failed to map" not in line:
            return f"a library is missing or damaged: {line}"[:300]
        # A library in another language says it in words. A document might say it, too; then there is room.
        if (no_space := os.strerror(errno.ENOSPC)) in line and _is_full():
            return no_space
        error = error.__cause__ or error.__context__
    return None


def _is_full() -> bool:
    try:
        with tempfile.TemporaryFile() as probe:
            probe.write(os.urandom(PROBE_BYTES))
            probe.flush()
    except OSError:
        return True
    return False


def _no_room(error: OSError) -> str:
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError:
        folder = os.environ.get("TMPDIR", "/tmp")
    return (
        f"the temporary folder {folder} cannot be used: {error.strerror or error};"
        " free some space, or name another one as TMPDIR"
    )


def _is_own(path: str) -> bool:
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return False


def _remove_dead(folder: str) -> bool:
    """Remove a folder if its lock can be taken; one without a lock is another's, or being made."""
    try:
        lock = os.open(f"{folder}/{LOCK}", os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        return True
    except OSError:  # its process lives
        return False
    finally:
        os.close(lock)
