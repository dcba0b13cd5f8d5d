"""Transaction: what one commit changes is collected, then made visible in one step, or not at all.

The new files of a commit wait in its staging folder, ``OUT/_staging/NAME``. `Transaction.commit` writes a
journal there, moves the files to where manifests name them, changes the folders that people glob
(`transaction.folders`, `runs` last) and puts the next manifest in the place of the one before. A process that
dies before its journal is complete has changed nothing; one that dies later is finished by `recover`.

On a local file system one process commits at a time. In an object store the store itself compares whether
the manifest is still the one that the commit was made for; what was replaced is deleted after it.

Manifests and, on a local file system, their files stay for a while after they were replaced, for whoever
still reads; what nobody needs any more is swept by the next run, `compact`, `retry` or `forget`.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext, suppress

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import file_systems, manifest
from docassay.storage.tables.file_systems import delete_folder, file_sizes, is_local, sync
from docassay.storage.tables.manifest import DATA, MANIFESTS, File, Manifest, number_of
from docassay.storage.tables.partitions import folder_in
from docassay.storage.tables.write import ORDER, STAGING
from docassay.storage.transaction import folders, journal
from docassay.storage.transaction.folders import link_or_copy
from docassay.storage.transaction.journal import JOURNAL, Journal
from docassay.storage.transaction.locks import commit_lock

KEPT_SECONDS = 900.0
"""How long a manifest and its files are kept after they were replaced."""

ATTEMPTS = 100
"""So often a commit is tried where others come in between."""

LIVE_SECONDS = 86_400
"""A run in an object store that has written nothing for so long is dead."""

PUBLISHING_SECONDS = 900
"""One that had begun to publish is dead sooner: the journal is its last file, and the rest takes seconds."""


class CommitConflict(Exception):
    """Others have committed since the state that a transaction was made for; it has changed nothing."""


class _NothingChanged(OSError):
    """The disk is full, for instance: a commit could not be prepared, and no folder was touched."""


class Transaction(Journal):
    """The changes of one commit, which are made visible together."""

    def commit(self) -> None:
        """Make the changes visible, and delete the staging folder.

        Raises:
            CommitConflict: Others have committed since `base`. The tables are as those have left them, and
                the staging folder is, but for the journal, as it was.
            OSError: The disk is full, for instance; then this is so, too.
        """
        self.write()
        try:
            _apply(self)
        except _NothingChanged:
            _unstage(self)
            raise


def commit_on_newest(
    out: str, prepare: Callable[[Manifest | None], Transaction | None], discard: bool = False
) -> None:
    """Commit a transaction on the newest state of the tables; again, where others were quicker.

    Args:
        out: The output folder.
        prepare: Makes the transaction for a state; None: there is nothing to do.
        discard: Delete what a transaction has staged that comes to nothing.

    Raises:
        OSError: Others never rest; or the disk is full, for instance, and nothing was changed.
    """
    for _ in range(ATTEMPTS):
        state = current_state(out)
        transaction = None
        try:
            transaction = prepare(state)
            if transaction is not None:
                transaction.commit()
            return
        except CommitConflict:
            time.sleep(0.05)
        except FileNotFoundError:
            if number_of(manifest.current(out)) == number_of(state):
                raise
        finally:
            if discard and transaction is not None:
                discard_run(out, transaction.name)
    raise OSError(f"{out}: others have committed {ATTEMPTS} times since this commit was begun")


def current_state(out: str) -> Manifest | None:
    """Read the state of the tables; in an object store there is always one, and if it is the first.

    It is made before any file is moved to its place: later, nobody could tell files of the tables from those
    of a run that others are about to commit.
    """
    state = manifest.current(out)
    if state is None and not is_local(out):
        manifest.write(out, manifest.listed(out, ""), None)  # unless somebody else has, just now
        state = manifest.current(out)
    return state


def data_path(out: str, name: str) -> str:
    """Give the path at which a file ``TABLE/NAME`` lies, as manifests name it."""
    return f"{out}/{DATA}/{name}" if is_local(out) else f"{out}/{name}"


def recover(out: str, prefix: str = "") -> list[str]:
    """Finish runs that died while they published, and sweep those that died before.

    Must be called while no other run writes to a local `out`, or to staging folders that begin with `prefix`.
    In an object store, where nobody can tell, what is young is left alone.

    Returns:
        The runs that were finished.

    Raises:
        TablesError: A journal is damaged, or names what is not its run's to change.
    """
    staged = f"{out}/{STAGING}/{prefix}*/**"
    latest: dict[str, float] = {}  # of each run, when it wrote a file last
    publishing = set()
    # No decision is under way within the lock, so what is staged is dead.
    with nullcontext() if prefix or not os.path.isdir(f"{out}/{MANIFESTS}") else commit_lock(out):
        for entry in file_systems.match(staged):
            run = entry.path.rpartition(f"/{STAGING}/")[2].partition("/")[0]
            latest[run] = max(latest.get(run, 0.0), entry.written)
            if entry.path.endswith(f"/{JOURNAL}"):
                publishing.add(run)
        dead, now = set(latest), time.time()
        if is_local(out) and os.path.isdir(
            f"{out}/{STAGING}"
        ):  # killed before its first file, or after its last
            dead.update(name for name in os.listdir(f"{out}/{STAGING}") if name.startswith(prefix))
        if not prefix and not is_local(out):
            for run, written in latest.items():
                if now - written < (PUBLISHING_SECONDS if run in publishing else LIVE_SECONDS):
                    dead.remove(run)
        recovered = [run for run in sorted(publishing & dead) if _finish(out, run)]
        for run in dead:
            delete_folder(f"{out}/{STAGING}/{run}")
        if not prefix:
            if is_local(out):
                delete_folder(f"{out}/{STAGING}")
            sweep(out)
    return recovered


def sweep(out: str, seconds: float = KEPT_SECONDS, tables: Collection[str] = tuple(TABLES)) -> None:
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
    named = state.paths
    for number, name in kept.items():
        if number != state.number:
            with suppress(TablesError):
                named |= manifest.read(out, name).paths
    now = time.time()
    for table in tables:
        folder = f"{out}/{DATA}/{table}"
        for name in folders.entries(folder):
            # The time of the last change of its names: when it lost the one in the table's folder, or came.
            if f"{DATA}/{table}/{name}" not in named and now - os.stat(f"{folder}/{name}").st_ctime > seconds:
                os.unlink(f"{folder}/{name}")
                if below := folder_in(name):
                    with suppress(OSError):  # it is not empty
                        os.rmdir(f"{folder}/{below}")


def is_published(out: str, run_id: str) -> bool:
    """Tell whether a run is published already; one that was interrupted is finished first.

    A runner retries a step that died or whose result was lost, so a run may be published twice.
    """
    if file_systems.exists(f"{out}/{STAGING}/{run_id}/{JOURNAL}") and _finish(out, run_id):
        return True
    return f"{run_id}-00000.parquet" in manifest.table_paths(out)["runs"]


def discard_run(out: str, run_id: str) -> None:
    """Delete what a failed run has staged, so that it takes no room; one that publishes is left alone."""
    folder = f"{out}/{STAGING}/{run_id}"
    if not file_systems.exists(f"{folder}/{JOURNAL}"):
        delete_folder(folder)


def adopt_folders(out: str) -> Manifest:
    """Link the files in the folders of a local output to where manifests name them, and describe them."""
    for table in TABLES:
        for name in file_sizes(f"{out}/{table}"):
            source, target = f"{out}/{table}/{name}", f"{out}/{DATA}/{table}/{name}"
            if not os.path.exists(target) or not os.path.samefile(source, target):
                link_or_copy(source, target)
    return manifest.listed(out, f"{DATA}/")


def _finish(out: str, run_id: str) -> bool:
    """Apply the rest of a journal; tell whether it was committed, and not overtaken by others."""
    try:
        _apply(journal.read(out, run_id))
    except CommitConflict:
        return False
    return True


def _apply(changes: Journal) -> None:
    """Apply a journal, or the rest of one, and delete the staging folder; may be called again.

    Raises:
        CommitConflict: Others have committed since its base; the new files are in the staging folder again.
        _NothingChanged: It could not be prepared.
    """
    out = changes.out
    current_state(out)
    for target, source in changes.moves.items():
        if file_systems.exists(f"{out}/{source}"):
            file_systems.rename(f"{out}/{source}", data_path(out, target))
    if is_local(out):
        with commit_lock(out, seconds=-1):
            _commit_locally(changes)
            folders.retire(out, changes.folder, changes.name)
    elif _commit_in_store(changes):
        _delete_unnamed(out, changes.removed)
    else:
        _unstage(changes)
        raise CommitConflict(f"{out}: others have committed since manifest {changes.base}")
    delete_folder(changes.folder)


def _commit_locally(changes: Journal) -> None:
    """Prepare all that takes room, then change the folders and the manifest."""
    out = changes.out
    before = manifest.current(out) or adopt_folders(out)
    if changes.name in before.commits:
        return
    try:
        added = {target: _described(out, target, rows) for target, rows in changes.rows.items()}
        sync(*(data_path(out, target) for target in added))
        after = manifest.changed(before, changes.name, added, changes.removed)
        steps = []
        touched = {target.partition("/")[0] for target in (*changes.rows, *changes.removed)}
        for table in (table for table in ("decisions", *ORDER) if table in touched):
            names = after.files.get(table, {})
            gone = before.files.get(table, {}).keys() - names.keys()
            steps.append(folders.prepare(out, changes.folder, table, names, gone))
        manifest.prepare(out, after)
    except OSError as error:
        raise _NothingChanged(*error.args) from error
    for step in steps:
        if step is not None:
            step()
    sync(out)
    manifest.finish(out)


def _commit_in_store(changes: Journal) -> bool:
    """Write the next manifest, if the state is that of the base; where there is none, after any other."""
    out = changes.out
    for _ in range(ATTEMPTS):
        before, token = manifest.current_token(out)
        if before is not None and changes.name in before.commits:
            return True
        if changes.base is not None and changes.base != number_of(before):
            return False
        added = {target: File(target, rows, None, None) for target, rows in changes.rows.items()}
        if manifest.write(out, manifest.changed(before, changes.name, added, changes.removed), token):
            return True
        time.sleep(0.05)
    raise OSError(f"{out}: others have committed {ATTEMPTS} times since this commit was begun")


def _unstage(changes: Journal) -> None:
    """Move the new files back into the staging folder, for the next attempt, and delete the journal."""
    for target, source in changes.moves.items():
        path = data_path(changes.out, target)
        if file_systems.exists(path):
            file_systems.rename(path, f"{changes.out}/{source}")
    file_systems.delete([f"{changes.folder}/{JOURNAL}"])


def _delete_unnamed(out: str, names: Iterable[str]) -> None:
    """Delete files from an object store that the tables no longer have."""
    state = manifest.current(out)
    kept = state.paths if state else set()
    for name in names:
        if name not in kept and file_systems.exists(f"{out}/{name}"):
            file_systems.delete([f"{out}/{name}"])


def _described(out: str, name: str, rows: int) -> File:
    path = data_path(out, name)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
    return File(f"{DATA}/{name}", rows, size, digest)


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
