"""Commits: the tables go from one state to the next, in their folders and by a new manifest.

On a local file system one process commits at a time. Everything that takes room is prepared first. Then
the folders change one after the other, `runs` last (`transaction.folders`), then the manifest; what was
interrupted is done again by the journal. In an object store the files are in place before, and the store
itself compares whether the manifest is still the one that the commit was made for; what was replaced is
deleted after it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.maintain import replicas
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import CURRENT, DATA, MANIFESTS, File, Manifest
from docassay.storage.tables.parquet import file_sizes, sync
from docassay.storage.tables.write import ORDER
from docassay.storage.transaction import folders
from docassay.storage.transaction.atomic_swap import share

ATTEMPTS = 100
"""So often a commit that only adds files is tried where others come in between."""


class NothingChanged(OSError):
    """The disk is full, for instance: a commit could not be prepared, and no folder was touched."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a commit does to the tables; files are named ``TABLE/NAME``.

    Attributes:
        added: The rows of each new file.
        removed: Files that are no longer part of the tables.
        base: Number of the manifest that was looked at to choose what is removed; None: nothing hangs on it.
    """

    added: Mapping[str, int]
    removed: Sequence[str] = ()
    base: int | None = None


def commit(out: str, run_id: str, scratch: str, changes: Changes) -> bool:
    """Make changes the state of the tables; may be called again.

    Args:
        out: The output folder; the added files lie where manifests name them.
        run_id: The run, or the group of a stream; of one name only one commit is made.
        scratch: A folder for what is built and replaced, which the caller deletes.
        changes: What to do.

    Returns:
        False if others have committed since `changes.base`, and nothing was changed.

    Raises:
        NothingChanged: It could not be prepared.
    """
    if is_local(out):
        with _alone(out):
            _commit_here(out, run_id, scratch, changes)
            folders.keep(out, scratch, run_id)
        return True
    for _ in range(ATTEMPTS):
        before, token = manifest.current_token(out)
        if before is not None and run_id in before.commits:
            return True
        if changes.base is not None and changes.base != number_of(before):
            return False
        added = {name: File(name, rows, None, None) for name, rows in changes.added.items()}
        if manifest.write(out, manifest.changed(before, run_id, added, changes.removed), token):
            return True
        time.sleep(0.05)
    raise OSError(f"{out}: others have committed {ATTEMPTS} times since this commit was begun")


def mend(out: str) -> None:
    """Mend what one of two copies can mend, and write a manifest anew that is damaged or gone.

    The new one has the files that lie in the tables' folders. Must be called while no other run writes.
    """
    if not is_local(out):
        return
    with _alone(out):
        try:
            state = manifest.current(out)
        except TablesError:
            if (state := adopt_folders(out)) is not None:
                manifest.prepare(out, state)
                manifest.finish(out)
        if state is not None:
            replicas.mend(out, state)


def state_of(out: str) -> Manifest | None:
    """Give the state of the tables; in an object store there is always one, and if it is the first.

    It is made before any file is put in place: later, nobody could tell files of the tables from those of
    a run that others are about to commit.
    """
    state = manifest.current(out)
    if state is None and not is_local(out):
        manifest.write(out, manifest.first(out), None)  # unless somebody else has, just now
        state = manifest.current(out)
    return state


def number_of(state: Manifest | None) -> int:
    """Give the number of a state of the tables; 0 where there is no manifest."""
    return 0 if state is None else state.number


def place(out: str, name: str) -> str:
    """Give the path at which a file ``TABLE/NAME`` lies, as manifests name it."""
    return f"{out}/{DATA}/{name}" if is_local(out) else f"{out}/{name}"


def _commit_here(out: str, run_id: str, scratch: str, changes: Changes) -> None:
    """Commit on a local file system."""
    before, _ = manifest.current_token(out)
    if before is None:
        before = adopt_folders(out)
    elif run_id in before.commits:
        return
    try:
        added = {name: _described(out, name, rows) for name, rows in changes.added.items()}
        after = manifest.changed(before, run_id, added, changes.removed)
        steps = []
        touched = {name.partition("/")[0] for name in (*changes.added, *changes.removed)}
        for table in (table for table in ("decisions", *ORDER) if table in touched):
            names = after.files.get(table, {})
            gone = before.files.get(table, {}).keys() - names.keys() if before is not None else ()
            steps.append(folders.prepare(out, scratch, table, names, gone))
        manifest.prepare(out, after)
    except OSError as error:
        raise NothingChanged(*error.args) from error
    for step in steps:
        if step is not None:
            step.take()
    sync(out)
    manifest.finish(out)


def adopt_folders(out: str) -> Manifest | None:
    """Link the files in the folders of a local output to where manifests name them, and describe them."""
    for table in TABLES:
        names = file_sizes(f"{out}/{table}")
        if names:
            os.makedirs(f"{out}/{DATA}/{table}", exist_ok=True)
        for name in names:
            source, target = Path(out, table, name), Path(out, DATA, table, name)
            if not target.exists() or not target.samefile(source):
                target.unlink(missing_ok=True)
                share(source, target)
    return manifest.adopt(out, "adopted")


def _described(out: str, name: str, rows: int) -> File:
    path = place(out, name)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
    sync(path)
    return File(f"{DATA}/{name}", rows, size, digest)


@contextmanager
def _alone(out: str) -> Iterator[None]:
    """Let one process at a time commit; a stream's workers write to one folder."""
    os.makedirs(f"{out}/{MANIFESTS}", exist_ok=True)
    with FileLock(f"{out}/{MANIFESTS}/{CURRENT}.lock"):
        yield
