"""Retention: manifests and their files stay for a while after they were replaced, for whoever still reads.

What nobody needs any more is swept by the next run, `compact`, `retry` or `forget`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import suppress

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import file_systems, manifest
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import DATA, MANIFESTS
from docassay.storage.transaction import folders

SECONDS = 900.0
"""How long a manifest and its files are kept after they were replaced."""


def sweep(out: str, seconds: float = SECONDS, tables: Collection[str] = tuple(TABLES)) -> None:
    """Delete what was replaced so long ago: manifests, and the files of some tables.

    On a local file system nobody else may write to these tables meanwhile. A clock that went back keeps more,
    never less. Nothing is swept while the manifest that counts is damaged.
    """
    try:
        state = manifest.current(out)
    except TablesError:
        return
    if state is None:
        return
    kept = _sweep_manifests(out, state.number, seconds)
    if not is_local(out) or not tables:
        return
    folders.sweep_replaced(out, min(seconds, folders.LISTING_SECONDS))
    named = {file.path for files in state.files.values() for file in files.values()}
    for number, name in kept.items():
        if number != state.number:
            with suppress(TablesError):
                older = manifest.read(out, name)
                named |= {file.path for files in older.files.values() for file in files.values()}
    now = time.time()
    for table in tables:
        folder = f"{out}/{DATA}/{table}"
        for entry in list(os.scandir(folder)) if os.path.isdir(folder) else ():
            # The time of the last change of its names: when it lost the one in the table's folder, or came.
            if f"{DATA}/{table}/{entry.name}" not in named and now - entry.stat().st_ctime > seconds:
                os.unlink(entry.path)


def _sweep_manifests(out: str, latest: int, seconds: float) -> dict[int, str]:
    """Delete manifests that were replaced so long ago; give those that stay, by number."""
    manifests = file_systems.match(f"{out}/{MANIFESTS}/*.json")
    written = {found.path.rsplit("/", 1)[1]: found.written for found in manifests}
    numbers = manifest.numbers(out)
    followers = dict(zip(numbers.values(), [*numbers.values()][1:], strict=False))
    now = time.time()
    old = {
        name
        for name, when in written.items()  # others than numbered ones are of commits that came to nothing
        if now - written.get(followers.get(name, name), when) > seconds
        and (name not in numbers.values() or int(name[:8]) < latest)
    }
    for name in old:
        with suppress(FileNotFoundError):  # others sweep, too
            file_systems.delete([f"{out}/{MANIFESTS}/{name}"])
    return {number: name for number, name in numbers.items() if name not in old}
