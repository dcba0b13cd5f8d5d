"""Layout: whether what lies in an output folder is what the manifest names, in all of its places.

On a local file system a file of the tables has two names: one in the folder that people glob, and one that
manifests name. Mostly they are two names of one file; a copy of the whole folder may have made two of it.
Where one of them is gone or damaged, the other mends it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import file_sizes, is_local, matching
from docassay.storage.tables.manifest import CURRENT, MANIFESTS, File
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import folders, journal
from docassay.storage.transaction.folders import link_or_copy
from docassay.storage.transaction.journal import JOURNAL
from docassay.storage.transaction.locks import OURS, commit_lock
from docassay.storage.transaction.transaction import adopt_folders

QUARANTINES = "docassay verify {out} --quarantine"
"""What to do about most faults."""

_TEMPORARY = re.compile(r"\.(?:part|tmp|temp|crc)\Z|~\Z|\A\.")


class Fault(NamedTuple):
    """Something that is not as it should be.

    Attributes:
        kind: One of `maintain.verify.KINDS`.
        path: The file or folder, below the output folder.
        detail: What is wrong, in one line.
        remedy: What to do, in one line.
    """

    kind: str
    path: str
    detail: str
    remedy: str


@dataclass(slots=True)
class Layout:
    """What was compared.

    Attributes:
        paths: Where each file is read, by table and name; a file that is gone is left out.
        broken: Files that are there and are not what their digest says, as ``TABLE/NAME``.
        gone: Files that are nowhere, likewise.
        strangers: Files in the tables' folders that the manifest does not name, likewise.
        faults: What is wrong.
        commits: Names of the latest commits.
    """

    paths: dict[str, dict[str, str]] = field(default_factory=lambda: {table: {} for table in TABLES})
    broken: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    commits: tuple[str, ...] = ()


def compare(out: str) -> Layout:
    """Compare the manifest that counts with the files; without one, the folders are the tables."""
    found = Layout()

    def fault(kind: str, path: str, detail: str) -> None:
        found.faults.append(Fault(kind, path, detail, QUARANTINES.format(out=out)))

    try:
        state = manifest.current(out)
    except TablesError as error:
        state = None
        path, _, rest = str(error).removeprefix(f"{out}/").partition(".json ")
        if rest:
            fault("damaged", f"{path}.json", rest.partition("; ")[0])
        else:
            fault("damaged", f"{MANIFESTS}/{CURRENT}", "it names no manifest")
    found.commits = () if state is None else state.commits
    for table in TABLES:
        listed = list(file_sizes(f"{out}/{table}"))
        if state is None:
            found.paths[table] = {name: f"{out}/{table}/{name}" for name in listed}
            continue
        files = state.files.get(table, {})
        for name in sorted(set(listed) - set(files)):
            found.strangers.add(f"{table}/{name}")
            detail = "it is among the files of the table, but is not one of them"
            fault("foreign", f"{table}/{name}", detail)
        for name, file in sorted(files.items()):
            places, there, whole = _places(out, f"{table}/{name}", file, listed)
            if not there:
                found.gone.add(f"{table}/{name}")
                fault("missing", f"{table}/{name}", "the manifest names it, but it is nowhere")
                continue
            found.paths[table][name] = (whole or there)[0]
            if not whole:
                found.broken.add(f"{table}/{name}")
            for path in places if whole else ():
                if path not in there:
                    detail = "it is gone; its other copy is whole"
                    fault("missing", path.removeprefix(f"{out}/"), detail)
                elif path not in whole:
                    detail = "it does not match its digest; its other copy is whole"
                    fault("damaged", path.removeprefix(f"{out}/"), detail)
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
            state = adopt_folders(out)
            manifest.prepare(out, state)
            manifest.finish(out)
        files = {} if state is None else state.files
        for table in TABLES:
            for name, file in files.get(table, {}).items():
                places, _, whole = _places(out, f"{table}/{name}", file)
                for path in places if whole else ():
                    if path not in whole:
                        link_or_copy(whole[0], path)


def left_over(out: str) -> Iterator[Fault]:
    """Name what killed runs have left in a folder that nobody writes to, and what is not docassay's."""
    runs: dict[str, list[str]] = {}
    for path in matching(f"{out}/{STAGING}/**"):
        run, _, rest = path.rpartition(f"/{STAGING}/")[2].partition("/")
        runs.setdefault(run, []).append(rest)
    if is_local(out) and os.path.isdir(f"{out}/{STAGING}"):
        for run in os.listdir(f"{out}/{STAGING}"):
            runs.setdefault(run, [])
    for run, files in sorted(runs.items()):
        path, next_run = f"{STAGING}/{run}", "the next batch or retry"
        if JOURNAL not in files:
            detail = f"{len(files):,} files of a run that was killed before it published"
            yield Fault("left_over", path, detail, f"{next_run} sweeps it, or: docassay compact {out}")
            continue
        path = f"{path}/{JOURNAL}"
        try:
            changes = journal.read(out, run)
        except TablesError as error:
            detail, _, remedy = str(error).removeprefix(f"{out}/{path} ").partition("; ")
            yield Fault("left_over", path, f"the journal of a run {detail}", remedy)
            continue
        steps = len(changes.moves) + len(changes.removed)
        detail = f"a run was killed while it published: up to {steps:,} files are still to come or to go"
        yield Fault("left_over", path, detail, f"{next_run} finishes it, or: docassay compact {out}")
    if not is_local(out):
        return
    foreign = sorted(set(os.listdir(out)) - OURS)
    for table in TABLES:
        for name in folders.entries(f"{out}/{table}"):
            if not os.path.isfile(f"{out}/{table}/{name}") or not name.endswith(".parquet"):
                foreign.append(f"{table}/{name}")
    for path in foreign:
        if _TEMPORARY.search(path.rpartition("/")[2]):
            detail = "a temporary name, perhaps of an unfinished copy"
            yield Fault("left_over", path, detail, f"delete {out}/{path}")
        else:
            yield Fault("foreign", path, "it is not docassay's", f"move it out of {out}")


def _places(
    out: str, name: str, file: File, listed: Collection[str] = ()
) -> tuple[list[str], list[str], list[str]]:
    """Give the paths that a file ``TABLE/NAME`` has, those that are there, and those whose file is whole.

    An object store is not asked for each: there, the names that are there are `listed`.
    """
    shown, kept = f"{out}/{name}", f"{out}/{file.path}"
    if not is_local(out):
        there = [shown] if name.partition("/")[2] in listed else []
        return [shown], there, there
    there = [path for path in (shown, kept) if os.path.isfile(path)]
    if len(there) == 2 and os.path.samefile(shown, kept):
        return [shown, kept], there, there if _fits(shown, file) else []
    return [shown, kept], there, [path for path in there if _fits(path, file)]


def _fits(path: str, file: File) -> bool:
    if file.sha256 is None:
        return True
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
