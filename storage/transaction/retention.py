"""Grace: manifests and their files stay for a while after they were replaced, for whoever still reads.

What nobody needs any more is swept by the next run, `compact`, `retry` or `forget`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.decisions.chain import HEADS
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
    folders.sweep(out, min(seconds, folders.LISTING_SECONDS))
    named = {file.path for files in state.files.values() for file in files.values()}
    for number, name in kept.items():
        if number != state.number:
            try:
                older = manifest.read(out, name)
            except TablesError:
                continue
            named |= {file.path for files in older.files.values() for file in files.values()}
    now = time.time()
    for table in TABLES:
        for entry in _entries(f"{out}/{DATA}/{table}"):
            # The time of the last change of its names: when it lost the one in the table's folder, or came.
            if f"{DATA}/{table}/{entry.name}" not in named and now - entry.stat().st_ctime > seconds:
                os.unlink(entry.path)


def sweep_manifests(out: str, seconds: float = SECONDS) -> None:
    """Delete old manifests alone, which a stream has one of for each group."""
    state = manifest.current(out)
    if state is not None:
        _sweep_manifests(out, state.number, seconds)


def sweep_decisions(out: str, seconds: float = SECONDS) -> None:
    """Delete manifests between two commits of decisions, and files of decisions that nothing names any more.

    What was before a run stays. Must be called within `storage.transaction.decision_lock.deciding`.
    """
    state = manifest.current(out)
    if state is None:
        return
    found = file_systems.match(f"{out}/{MANIFESTS}/*.json")
    written = {one.path.rsplit("/", 1)[1]: one.written for one in found}
    numbers, now = manifest.numbers(out), time.time()
    named = {file.path for file in state.files.get("decisions", {}).values()}
    for number, name in numbers.items():
        follower = numbers.get(number + 1, "")
        of_decisions = all(one[9:].startswith(HEADS) for one in (name, follower))
        if of_decisions:  # young ones name no file that is older than `seconds` since it was replaced
            if now - written.get(follower, now) > seconds:
                file_systems.delete([f"{out}/{MANIFESTS}/{name}"])
        elif number != state.number:
            files = manifest.read(out, name).files.get("decisions", {})
            named |= {file.path for file in files.values()}
    for entry in _entries(f"{out}/{DATA}/decisions") if is_local(out) else ():
        if f"{DATA}/decisions/{entry.name}" not in named and now - entry.stat().st_ctime > seconds:
            os.unlink(entry.path)


def _sweep_manifests(out: str, latest: int, seconds: float) -> dict[int, str]:
    """Delete manifests that were replaced so long ago; give those that stay, by number."""
    found = file_systems.match(f"{out}/{MANIFESTS}/*.json")
    written = {one.path.rsplit("/", 1)[1]: one.written for one in found}
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


def _entries(folder: str) -> Iterable[os.DirEntry[str]]:
    return list(os.scandir(folder)) if os.path.isdir(folder) else ()
