"""Locks: one run at a time writes to a local output folder, and one process at a time commits to it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from docassay.schemas.errors import OutputError
from docassay.schemas.rows import TABLES
from docassay.storage.tables.file_systems import is_local, need_folder
from docassay.storage.tables.manifest import CURRENT, DATA, MANIFESTS, table_files
from docassay.storage.tables.parquet import opened
from docassay.storage.tables.stores import check_extra
from docassay.storage.tables.write import QUARANTINE, SEARCH, STAGING

OURS = frozenset({*TABLES, MANIFESTS, DATA, STAGING, f"{STAGING}.lock", QUARANTINE, SEARCH})
"""What may lie in an output folder."""

SECONDS = 60.0
"""How long a writer waits for others."""

POLL_SECONDS = 0.005
"""How often it looks; seldom, and one who writes without a pause would keep all others out."""

_making = threading.Lock()
"""Held while a lock is made: early releases of filelock may give each of two threads its own singleton."""


@contextmanager
def writer_lock(out: str, make: bool = True, sound: bool = True) -> Iterator[None]:
    """Lock a local output folder against other writers; the lock ends with the process, however it ends.

    Args:
        out: The output folder. An object store has no lock: there, see that only one writer runs at a time.
        make: Create the folder if it is missing.
        sound: Refuse a folder that holds what is not docassay's or cannot be read. Without it, a folder that
            cannot be written to, and so by no other run, is not locked.

    Raises:
        OutputError: Another run is writing, the folder is not docassay's, or it cannot be written.
        MissingError: The extra that writes to an object store is not installed.
        TablesError: It holds tables of another version.
    """
    need_folder(out, "docs/catalogs.md says what does the same there")
    if "://" in out:
        check_extra(out)
        if sound:
            check_tables(out)
        yield
        return
    if set(out) & set("*?["):
        raise OutputError(f"{out}: * ? [ in the name of the output folder are read as a pattern; rename it")
    if not make and not os.path.isdir(out):
        raise OutputError(f"{out}: no such folder; make tables with: docassay batch IN... --out {out}")
    lock = FileLock(f"{out}/{STAGING}.lock", timeout=0)
    try:
        if make:
            os.makedirs(out, exist_ok=True)
        foreign = sorted(set(os.listdir(out)) - OURS)
        if foreign and sound:
            raise OutputError(f"{out} holds {foreign[0]}, which is not docassay's; name an empty folder")
        if not make and not set(os.listdir(out)) & set(TABLES):
            raise OutputError(f"{out} holds no tables; make some with: docassay batch IN... --out {out}")
        lock.acquire()
    except Timeout:
        raise OutputError(f"another run is writing to {out}; wait for it, or name another folder") from None
    except OSError as error:
        if sound or not os.access(out, os.R_OK):
            raise OutputError(f"{out} cannot be written: {error.strerror or error}") from None
    try:
        if sound:
            check_tables(out)
        yield
    finally:
        lock.release()


@contextmanager
def commit_lock(out: str, seconds: float = SECONDS, reads: bool = False) -> Iterator[None]:
    """Let one process at a time commit to a local folder; the lock ends with the process, however it ends.

    Who decides what to commit by what is there holds it meanwhile, too: a thread that has it gets it again.
    Nothing is locked where nobody can write, nor in an object store, which compares states itself.

    Args:
        out: The output folder.
        seconds: How long to wait for others; below zero: as long as it takes.
        reads: Only read meanwhile: nothing is locked where there are no manifests, or the lock is another
            user's.

    Raises:
        OutputError: Others have not finished in time.
    """
    folder = f"{out}/{MANIFESTS}"
    there = os.path.isdir(folder)
    if not is_local(out) or (reads and not there) or not os.access(folder if there else out, os.W_OK):
        yield
        return
    os.makedirs(folder, exist_ok=True)
    with _making:
        lock = FileLock(f"{folder}/{CURRENT}.lock", is_singleton=True)
    try:
        lock.acquire(seconds, poll_interval=POLL_SECONDS)
    except Timeout:
        raise OutputError(f"{out}: others are changing these tables; try again in a moment") from None
    except PermissionError:
        if not reads:
            raise
    try:
        yield
    finally:
        lock.release()


def check_tables(out: str) -> None:
    """Check, before any work, that the tables in a folder are of a version that this release reads.

    Of each table the first and the last file by name are opened, which were written first and last; every
    other one is checked when it is read.

    Raises:
        TablesError: They are of another version, or a file is not a Parquet file.
    """
    for files in table_files(out).values():
        for path in dict.fromkeys([*files[:1], *files[-1:]]):
            with suppress(FileNotFoundError), opened(path):  # in an object store others may have replaced it
                pass
