"""Decision lock: one process at a time adds, merges or blanks decisions, for moments, while runs go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from docassay.schemas.errors import OutputError
from docassay.storage.manifest import MANIFESTS
from docassay.storage.parquet import is_local

LOCK = "decisions.lock"
"""The file that is locked, beside the manifests."""

SECONDS = 30.0
"""How long a writer waits for others."""


@contextmanager
def deciding(out: str, seconds: float = SECONDS) -> Iterator[None]:
    """Keep others from changing decisions; the lock ends with the process, however it ends.

    Nothing is locked where nobody can write, nor in an object store, which compares states itself.

    Raises:
        OutputError: Others have not finished in time.
    """
    folder = f"{out}/{MANIFESTS}"
    if not is_local(out) or not os.access(folder if os.path.isdir(folder) else out, os.W_OK):
        yield
        return
    os.makedirs(folder, exist_ok=True)
    lock = FileLock(f"{folder}/{LOCK}", timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"{out}: decisions are being merged, checked or forgotten; try again in a moment"
        ) from None
    try:
        yield
    finally:
        lock.release()
