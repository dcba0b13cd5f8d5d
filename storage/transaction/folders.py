"""Folders: what people glob, ``OUT/TABLE/**/*.parquet``: links to the files that the manifest names.

Each folder changes in one step: a single new file is one new name, and anything else is a new folder that
takes the place of the old one. A file is never replaced by another of its name. So
whoever lists a folder gets the files before a commit or those after it; who opens one of the old files too
late is told that it is gone. A replaced folder stays as it is for a while, in ``OUT/_data``: who had begun to
list it would otherwise find a part of it. Partitions are listed one after the other, by their names: who
does so while others commit may see the commit in some of them only, and should go by the manifest.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import partial

from docassay.storage.tables.file_systems import rename, sync
from docassay.storage.tables.manifest import DATA
from docassay.storage.tables.partitions import folder_in, is_folder

REPLACED = "_replaced"
"""The folder below `DATA` that has the folders which were replaced."""

LISTING_SECONDS = 60.0
"""How long a replaced folder is kept for readers that had begun to list it, busy as their machine may be."""


_RENAME_EXCHANGE = 2
"""Flag of renameat2(2): both names change places in one step."""
_AT_FDCWD = -100
"""Descriptor of openat(2): paths are relative to the working directory."""
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def prepare(
    out: str, scratch: str, table: str, names: Collection[str], dropped: Collection[str]
) -> Callable[[], None] | None:
    """Prepare that the folder of a table shows these files, and not those that were dropped.

    What else lies in the folder stays there: it is not docassay's. May be called again after an interruption.

    Args:
        out: The output folder, on a local file system.
        scratch: A folder on the same file system for what is built and replaced.
        table: The table.
        names: Files of ``OUT/_data/TABLE`` that must be in the folder.
        dropped: Files that must not.

    Returns:
        What changes the folder, and takes no room on the disk any more; None if the folder is as it must be.
    """
    folder, data = f"{out}/{table}", f"{out}/{DATA}/{table}"
    there = set(entries(folder)) if os.path.isdir(folder) else None
    lacking = sorted(name for name in set(names) - (there or set()) if os.path.exists(f"{data}/{name}"))
    leaving = (there or set()) & set(dropped)
    if not lacking and not leaving:
        return None
    new = f"{scratch}/folders/{table}"
    staying = (there or set()) - leaving
    built = [f"{new}/{below}" for below in {folder_in(name) for name in (*lacking, *staying)} | {""}]
    for below in built:
        os.makedirs(below, exist_ok=True)
    for name in lacking:
        link_or_copy(f"{data}/{name}", f"{new}/{name}")
    if len(lacking) == 1 and not leaving and there is not None and not folder_in(lacking[0]):
        return partial(os.rename, f"{new}/{lacking[0]}", f"{folder}/{lacking[0]}")
    for name in staying:
        source = f"{folder}/{name}"
        if os.path.isdir(source) and not os.path.islink(source):
            rename(source, f"{new}/{name}")
        else:
            link_or_copy(source, f"{new}/{name}")
    sync(*built)
    return partial(replace_folder, new, folder)


def entries(folder: str) -> Iterator[str]:
    """List what lies in a folder and in the partitions of it, if it is there."""
    for entry in list(os.scandir(folder)) if os.path.isdir(folder) else ():
        if is_folder(entry.name) and entry.is_dir(follow_symlinks=False):
            yield from (f"{entry.name}/{name}" for name in os.listdir(entry.path))
        else:
            yield entry.name


def retire(out: str, scratch: str, mark: str) -> None:
    """Put the folders that were replaced where they stay for a while; may be called again.

    Args:
        out: As in `prepare`.
        scratch: As in `prepare`; after this nobody lists what is in it.
        mark: What tells them from those of other commits.
    """
    for entry in list(os.scandir(f"{scratch}/folders")) if os.path.isdir(f"{scratch}/folders") else ():
        if entry.is_dir(follow_symlinks=False) and os.listdir(entry.path):
            os.makedirs(f"{out}/{DATA}/{REPLACED}", exist_ok=True)
            os.utime(entry.path)
            os.rename(entry.path, f"{out}/{DATA}/{REPLACED}/{mark}-{time.time_ns()}-{entry.name}")


def sweep_replaced(out: str, seconds: float = LISTING_SECONDS) -> None:
    """Delete the folders that were replaced so long ago."""
    place, now = f"{out}/{DATA}/{REPLACED}", time.time()
    for entry in list(os.scandir(place)) if os.path.isdir(place) else ():
        if now - entry.stat(follow_symlinks=False).st_mtime > seconds:
            shutil.rmtree(entry.path)


def replace_folder(new: str, target: str) -> None:
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
        swap_names(new, target)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        os.replace(target, aside)
        os.replace(new, target)


def swap_names(one: str, other: str) -> None:
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


def link_or_copy(source: str, target: str) -> None:
    """Link a file under a second name, or copy it where the file system has no links; never half of it.

    Folders above the target are made, and a file of that name is replaced.
    """
    part = f"{target}.part"
    try:
        os.link(source, target)
    except OSError:  # there is no folder, or a file of that name, or there are no links
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with suppress(FileNotFoundError):
            os.unlink(part)
        try:
            os.link(source, part)
        except OSError:
            shutil.copy2(source, part)
        os.replace(part, target)
        with suppress(FileNotFoundError):  # it stays where both are one file
            os.unlink(part)
