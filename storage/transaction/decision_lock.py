"""Decision lock: one process at a time adds, merges or blanks decisions, for moments, while runs go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from docassay.schemas.errors import OutputError
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import MANIFESTS

LOCK = "decisions.lock"
"""The file that is locked, beside the manifests."""

SECONDS = 60.0
"""How long a writer waits for others."""

POLL_SECONDS = 0.005
"""How often it looks; seldom, and one who writes without a pause would keep all others out."""


@contextmanager
def deciding(out: str, seconds: float = SECONDS, make: bool = True) -> Iterator[None]:
    """Keep others from changing decisions; the lock ends with the process, however it ends.

    Nothing is locked where nobody can write, nor in an object store, which compares states itself.

    Args:
        out: The output folder.
        seconds: How long to wait for others.
        make: Make the folder of manifests where there is none; else nothing is locked, as nobody has decided.

    Raises:
        OutputError: Others have not finished in time.
    """
    folder = f"{out}/{MANIFESTS}"
    there = os.path.isdir(folder)
    if not is_local(out) or not (there or make) or not os.access(folder if there else out, os.W_OK):
        yield
        return
    os.makedirs(folder, exist_ok=True)
    lock = FileLock(f"{folder}/{LOCK}", timeout=seconds)
    try:
        lock.acquire(poll_interval=POLL_SECONDS)
    except Timeout:
        raise OutputError(
            f"{out}: others are writing, merging or forgetting decisions; try again in a moment"
        ) from None
    try:
        yield
    finally:
        lock.release()
