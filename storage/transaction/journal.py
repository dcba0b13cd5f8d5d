"""Journal: the changes of a transaction, written down before the first so that any process can finish them.

It lies in the staging folder as ``publish.json`` and names files below the output folder, which whoever
finishes it may spell otherwise. It is checked when it is read: it is a file in a folder that others may write
to.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import file_systems
from docassay.storage.tables.file_systems import create_file, is_local, read_json, sync
from docassay.storage.tables.write import STAGING

JOURNAL = "publish.json"

MOST_BYTES = 200_000_000
"""Largest journal that is read: a million files."""

_NAME = r"[^/\\\x00-\x1f]+"
_TABLE = "|".join(TABLES)
_FILE = re.compile(rf"(?:{_TABLE})/(?!\.{{1,2}}$){_NAME}\.parquet")


@dataclass(frozen=True, slots=True)
class Journal:
    """Changes to the tables.

    Attributes:
        moves: Source of each new file, below the output folder, and what it becomes: ``TABLE/NAME``, never
            the name of a file that is or was there.
        rows: The rows of each new file, by ``TABLE/NAME``.
        removed: Files that are no longer part of the tables, as ``TABLE/NAME``.
        base: Number of the manifest that was looked at to choose what is removed; None: nothing hangs on it.
    """

    moves: tuple[tuple[str, str], ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    base: int | None = None


def write(out: str, run: str, journal: Journal) -> None:
    """Write a run's journal. It gets its name only when it is complete and, on this machine, on the disk."""
    path = f"{out}/{STAGING}/{run}/{JOURNAL}"
    with create_file(f"{path}.part") as file:
        file.write(json.dumps(asdict(journal)).encode())
    if is_local(path):
        sync(f"{path}.part")
    move(f"{path}.part", path)
    if is_local(path):
        sync(os.path.dirname(path))


def read(out: str, run: str) -> Journal:
    """Read a run's journal and check it.

    Raises:
        TablesError: It is damaged, or names a file that is not the run's to change.
    """
    path = f"{out}/{STAGING}/{run}/{JOURNAL}"
    try:
        fields = read_json(path, MOST_BYTES)
        base = fields["base"]
        journal = Journal(
            moves=tuple((str(source), str(target)) for source, target in fields["moves"]),
            rows={str(target): int(rows) for target, rows in fields["rows"].items()},
            removed=tuple(map(str, fields["removed"])),
            base=None if base is None else int(base),
        )
        _check(journal, run)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TablesError(
            f"{path} is damaged ({type(error).__name__}: {error});"
            f" delete {path.rpartition('/')[0]} to give up what that run did not publish, then run it again"
        ) from None
    return journal


def move(source: str, target: str) -> None:
    """Rename a file."""
    if is_local(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(source, target)
    else:
        file_systems.rename(source, target)


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
    if set(journal.rows) != {target for _, target in journal.moves}:
        raise ValueError("it counts the rows of other files than it moves")
    for name in journal.removed:
        if not _FILE.fullmatch(name):
            raise ValueError(f"it removes {name!r}")
