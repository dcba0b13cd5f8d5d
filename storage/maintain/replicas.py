"""Replicas: whether what the manifest names is there, in both of its places, as its digest says.

On a local file system a file of the tables has two names: one in the folder that people glob, and one that
manifests name. Mostly they are two names of one file; a copy of the whole folder may have made two of it.
Where one of them is gone or damaged, the other mends it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import file_names, is_local
from docassay.storage.tables.manifest import CURRENT, MANIFESTS, File, Manifest
from docassay.storage.transaction.folders import link_or_copy
from docassay.storage.transaction.transaction import adopt_folders, commit_lock


@dataclass(slots=True)
class Replicas:
    """What was compared.

    Attributes:
        paths: Where each file is read, by table and name; a file that is gone is left out.
        broken: Files that are there and are not what their digest says, as ``TABLE/NAME``.
        gone: Files that are nowhere, likewise.
        mendable: What is wrong with one of two places, by its path below the output folder.
        strangers: Files in the tables' folders that the manifest does not name, as ``TABLE/NAME``.
        damage: What is wrong with the manifest that counts, if it cannot be read.
        commits: Names of the latest commits.
    """

    paths: dict[str, dict[str, str]] = field(default_factory=lambda: {table: {} for table in TABLES})
    broken: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    mendable: dict[str, str] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    damage: str | None = None
    commits: tuple[str, ...] = ()


def compare_replicas(out: str) -> Replicas:
    """Compare the manifest that counts with the files; without one, the folders are the tables."""
    found = Replicas()
    try:
        state = manifest.current(out)
    except TablesError as error:
        state, found.damage = None, str(error)
    found.commits = () if state is None else state.commits
    for table in TABLES:
        listed = file_names(out, table)
        if state is None:
            found.paths[table] = {name: f"{out}/{table}/{name}" for name in listed}
            continue
        files = state.files.get(table, {})
        found.strangers.update(f"{table}/{name}" for name in listed if name not in files)
        for name, file in sorted(files.items()):
            _compare(out, f"{table}/{name}", file, set(listed), found)
    return found


def repair(out: str) -> None:
    """Mend what one of two copies can mend, and write a manifest anew that is damaged or gone.

    The new one has the files that lie in the tables' folders. Must be called while no other run writes.
    """
    if not is_local(out):
        return
    with commit_lock(out):
        try:
            state = manifest.current(out)
        except TablesError:
            if (state := adopt_folders(out)) is not None:
                manifest.prepare(out, state)
                manifest.finish(out)
        if state is not None:
            _repair_files(out, state)


def _repair_files(out: str, state: Manifest) -> None:
    """Have every file that is whole in one of its places in the other one, too."""
    for table in TABLES:
        for name, file in state.files.get(table, {}).items():
            shown, kept = Path(out, table, name), Path(out, file.path)
            good = [path for path in (kept, shown) if path.is_file() and _fits(path, file)]
            if not good or _same(shown, kept):
                continue
            for path in (shown, kept):
                if path not in good:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    part = path.with_name(f"{path.name}.part")
                    part.unlink(missing_ok=True)
                    link_or_copy(good[0], part)
                    part.replace(path)


def faults_of(out: str, replicas: Replicas) -> Iterator[tuple[str, str, str]]:
    """Say what is wrong: the kind, as in `maintain.verify.KINDS`, the path below `out`, and what it is."""
    if replicas.damage is not None:
        path, _, rest = replicas.damage.removeprefix(f"{out}/").partition(".json ")
        fault = (f"{path}.json", rest.partition("; ")[0])
        yield ("damaged", *(fault if rest else (f"{MANIFESTS}/{CURRENT}", "it names no manifest")))
    for path, detail in replicas.mendable.items():
        yield ("missing" if "gone" in detail else "damaged"), path, detail
    for path in replicas.gone:
        yield "missing", path, "the manifest names it, and it is nowhere"
    for path in replicas.strangers:
        yield "foreign", path, "it lies among the files of the table, and is none of them"


def _compare(out: str, name: str, file: File, listed: set[str], found: Replicas) -> None:
    table, _, base = name.partition("/")
    if not is_local(out):
        if base in listed:
            found.paths[table][base] = f"{out}/{name}"
        else:
            found.gone.add(name)
        return
    shown, kept = Path(out, name), Path(out, file.path)
    if _same(shown, kept):
        found.paths[table][base] = str(shown)
        if not _fits(shown, file):
            found.broken.add(name)
        return
    there = [path for path in (shown, kept) if path.is_file()]
    good = [path for path in there if _fits(path, file)]
    if not there:
        found.gone.add(name)
        return
    found.paths[table][base] = str((good or there)[0])
    if not good:
        found.broken.add(name)
        return
    for path, below in ((shown, name), (kept, file.path)):
        if path not in there:
            found.mendable[below] = "it is gone, and its other copy is whole"
        elif path not in good:
            found.mendable[below] = "it is not what its digest says, and its other copy is whole"


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and os.path.samefile(one, other)


def _fits(path: Path, file: File) -> bool:
    if file.sha256 is None:
        return True
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
