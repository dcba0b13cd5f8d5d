"""Retention: manifests and their files stay for a while after they were replaced, for whoever still reads.

What nobody needs any more is swept by the next run, `compact`, `retry` or `forget`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import file_systems, manifest
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import DATA, MANIFESTS
from docassay.storage.transaction import folders

SECONDS = 900.0
"""How long a manifest and its files are kept after they were replaced."""


def sweep(out: str, seconds: float = SECONDS) -> None:
    """Delete what was replaced so long ago; on a local file system, must be called while no other run writes.

    A clock that went back keeps more, never less. Nothing is swept while the manifest that counts is damaged.
    """
    try:
        state = manifest.current(out)
    except TablesError:
        return
    if state is None:
        return
    kept = _sweep_manifests(out, state.number, seconds)
    if not is_local(out):
        return
    folders.sweep_replaced(out, min(seconds, folders.LISTING_SECONDS))
    named = {file.path for files in state.files.values() for file in files.values()}
    for number, name in kept.items():
        if number != state.number:
            try:
                older = manifest.read(out, name)
            except TablesError:
                continue
            named |= {file.path for files in older.files.values() for file in files.values()}
    for table in TABLES:
        delete_unnamed(out, table, named, seconds)


def sweep_manifests(out: str, seconds: float = SECONDS) -> None:
    """Delete old manifests alone, which a stream has one of for each group."""
    state = manifest.current(out)
    if state is not None:
        _sweep_manifests(out, state.number, seconds)


def written_at(out: str) -> dict[str, float]:
    """List when each manifest was written, by the name of its file."""
    return {
        found.path.rsplit("/", 1)[1]: found.written
        for found in file_systems.match(f"{out}/{MANIFESTS}/*.json")
    }


def delete_unnamed(out: str, table: str, named: Collection[str], seconds: float) -> None:
    """Delete the files of a table in a local folder that no manifest has named for so long.

    Args:
        out: The output folder.
        table: The table.
        named: Paths below `out` of the files that manifests name.
        seconds: How long.
    """
    folder = f"{out}/{DATA}/{table}"
    now = time.time()
    for entry in list(os.scandir(folder)) if os.path.isdir(folder) else ():
        # The time of the last change of its names: when it lost the one in the table's folder, or came.
        if f"{DATA}/{table}/{entry.name}" not in named and now - entry.stat().st_ctime > seconds:
            os.unlink(entry.path)


def _sweep_manifests(out: str, latest: int, seconds: float) -> dict[int, str]:
    """Delete manifests that were replaced so long ago; give those that stay, by number."""
    written = written_at(out)
    numbers = manifest.numbers(out)
    now = time.time()
    kept = {}
    for (number, name), follower in zip(numbers.items(), [*[*numbers.values()][1:], ""], strict=True):
        if number < latest and now - written.get(follower, now) > seconds:
            file_systems.delete([f"{out}/{MANIFESTS}/{name}"])
        else:
            kept[number] = name
    for name in set(written) - set(numbers.values()):  # of commits that came to nothing
        if now - written[name] > seconds:
            file_systems.delete([f"{out}/{MANIFESTS}/{name}"])
    return kept
