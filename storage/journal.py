"""Journal: the changes that publish a run, written down before the first so that any process can finish them.

It lies in the run's staging folder as ``publish.json`` and names files below the output folder, which whoever
finishes it may spell otherwise. It is checked before it is carried out: it is a file in a folder that others
may write to.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from apache_beam.io.filesystems import FileSystems

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.exchange import exchange_folders
from docassay.storage.parquet import create_file, is_local, open_file
from docassay.storage.write import STAGING

JOURNAL = "publish.json"
LISTING_SECONDS = 0.5
"""How long a replaced folder is kept for readers that had begun to list it."""

MOST_BYTES = 200_000_000
"""Largest journal that is read: a million moves."""

_NAME = r"[^/\\\x00-\x1f]+"
_TABLE = "|".join(TABLES)
_FILE = re.compile(rf"(?:{_TABLE})/(?!\.{{1,2}}$){_NAME}\.parquet")
_FOLDER = re.compile(rf"(?:{_TABLE})")
_MARK = re.compile(rf"(?!\.{{1,2}}$){_NAME}\.parquet")


@dataclass(frozen=True, slots=True)
class Journal:
    """Changes to the tables; every path is relative to the output folder.

    Attributes:
        moves: Source and target of each file to move; a file at the target is replaced.
        deletes: Files to delete after that.
        swaps: For `exchange_folders`: the new folder, the folder that it replaces, a file of the new one.
    """

    moves: tuple[tuple[str, str], ...] = ()
    deletes: tuple[str, ...] = ()
    swaps: tuple[tuple[str, str, str], ...] = ()


def commit(
    folder: str,
    moves: Sequence[Sequence[str]],
    deletes: Sequence[str],
    swaps: Sequence[Sequence[str]] = (),
) -> None:
    """Write the changes to the tables to a journal, carry it out, and remove the staging folder.

    Args:
        folder: The staging folder of the run; paths begin as it does.
        moves: As in `Journal`.
        deletes: As in `Journal`.
        swaps: As in `Journal`.
    """
    out, run = folder.rsplit(f"/{STAGING}/", 1)

    def below(path: str) -> str:
        return path.removeprefix(f"{out}/")

    journal = Journal(
        tuple((below(source), below(target)) for source, target in moves),
        tuple(below(path) for path in deletes),
        tuple((below(new), below(target), mark) for new, target, mark in swaps),
    )
    write(out, run, journal)
    carry_out(out, run, journal)


def write(out: str, run: str, journal: Journal) -> None:
    """Write a run's journal. It gets its name only when it is complete and, on this machine, on the disk."""
    path = f"{out}/{STAGING}/{run}/{JOURNAL}"
    with create_file(f"{path}.part") as file:
        file.write(json.dumps(asdict(journal)).encode())
    if is_local(path):
        _sync(f"{path}.part")
    move(f"{path}.part", path)
    if is_local(path):
        _sync(os.path.dirname(path))


def read(out: str, run: str) -> Journal:
    """Read a run's journal and check it.

    Raises:
        TablesError: It is damaged, or names a file that is not the run's to change.
    """
    path = f"{out}/{STAGING}/{run}/{JOURNAL}"
    try:
        with open_file(path) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        fields = json.loads(content)
        journal = Journal(
            moves=tuple((str(source), str(target)) for source, target in fields["moves"]),
            deletes=tuple(map(str, fields["deletes"])),
            swaps=tuple((str(new), str(target), str(mark)) for new, target, mark in fields["swaps"]),
        )
        _check(journal, run)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise TablesError(
            f"{path} is damaged ({type(error).__name__}: {error});"
            f" delete {path.rpartition('/')[0]} to give up what that run did not publish, then run it again"
        ) from None
    return journal


def carry_out(out: str, run: str, journal: Journal) -> None:
    """Carry out a journal, or the rest of one, and remove the staging folder; may be called again."""
    for new, target, mark in journal.swaps:
        exchange_folders(f"{out}/{new}", f"{out}/{target}", mark)
    for source, target in journal.moves:
        if FileSystems.exists(f"{out}/{source}"):
            move(f"{out}/{source}", f"{out}/{target}")
    for path in journal.deletes:
        if FileSystems.exists(f"{out}/{path}"):
            FileSystems.delete([f"{out}/{path}"])
    if journal.swaps:
        time.sleep(LISTING_SECONDS)
    FileSystems.delete([f"{out}/{STAGING}/{run}"])


def move(source: str, target: str) -> None:
    """Rename a file; one at the target is replaced."""
    if is_local(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(source, target)  # atomic, also where the target exists
    else:
        FileSystems.rename([source], [target])  # an object store replaces the target


def _check(journal: Journal, run: str) -> None:
    """Check that a journal moves the run's own files to tables, and changes nothing else.

    Raises:
        ValueError: It does not; the message names the path.
    """
    staged = re.compile(rf"{re.escape(f'{STAGING}/{run}')}/(?:{_NAME}/){{1,4}}{_NAME}")

    def own(path: str) -> bool:
        return staged.fullmatch(path) is not None and not {".", ".."} & {*path.split("/")}

    for source, target in journal.moves:
        if not own(source) or not _FILE.fullmatch(target):
            raise ValueError(f"it moves {source!r} to {target!r}")
    for path in journal.deletes:
        if not _FILE.fullmatch(path):
            raise ValueError(f"it deletes {path!r}")
    for new, target, mark in journal.swaps:
        if not own(f"{new}/{mark}") or not _FOLDER.fullmatch(target) or not _MARK.fullmatch(mark):
            raise ValueError(f"it exchanges {new!r} for {target!r}")


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
