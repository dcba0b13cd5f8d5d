"""Journal: the changes of a transaction, written down before the first so that any process can finish them.

It lies in the staging folder as ``publish.json`` and names files below the output folder, which whoever
finishes it may spell otherwise. It is checked when it is read: it is a file in a folder that others may write
to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import file_systems
from docassay.storage.tables.file_systems import create_file, is_local, read_json, sync
from docassay.storage.tables.partitions import FOLDER
from docassay.storage.tables.write import STAGING

JOURNAL = "publish.json"

MOST_BYTES = 200_000_000
"""Largest journal that is read: a million files."""

_NAME = r"[^/\\\x00-\x1f]+"
_TABLE = "|".join(TABLES)
_FILE = re.compile(rf"(?:{_TABLE})/(?:{FOLDER}/)?(?!\.{{1,2}}$){_NAME}\.parquet")


@dataclass(slots=True)
class Journal:
    """The changes of one commit.

    Attributes:
        out: The output folder.
        name: Of the commit: the run, or the group of a stream. Of one name only one commit is made.
        base: Number of the manifest that was looked at to choose what is removed; None: nothing hangs on it.
        moves: Where each new file lies below `out`, by what it becomes: ``TABLE/NAME``.
        rows: The rows of each new file, by ``TABLE/NAME``.
        removed: Files that are no longer part of the tables, as ``TABLE/NAME``.
    """

    out: str
    name: str
    base: int | None = None
    moves: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The staging folder, where the new files are written."""
        return f"{self.out}/{STAGING}/{self.name}"

    def stage(self, source: str, target: str, rows: int) -> None:
        """Add a file.

        Args:
            source: Where it lies below `folder`.
            target: What it becomes: ``TABLE/NAME``, never the name of a file that is or was there.
            rows: Its rows.
        """
        self.moves[target], self.rows[target] = f"{STAGING}/{self.name}/{source}", rows

    def remove(self, names: Iterable[str]) -> None:
        """Take files out of the tables, named as ``TABLE/NAME``."""
        self.removed += names

    def write(self) -> None:
        """Write it. It gets its name only when it is complete and, on this machine, on the disk.

        So are the files that it names: what is moved after a power failure must be what was written.
        """
        path = f"{self.folder}/{JOURNAL}"
        if is_local(path):
            sync(*(f"{self.out}/{source}" for source in self.moves.values()))
        moves = [(source, target) for target, source in self.moves.items()]
        content = {"moves": moves, "rows": self.rows, "removed": self.removed, "base": self.base}
        with create_file(f"{path}.part") as file:
            file.write(json.dumps(content).encode())
        if is_local(path):
            sync(f"{path}.part")
        file_systems.rename(f"{path}.part", path)
        if is_local(path):
            sync(self.folder)


def read(out: str, run: str) -> Journal:
    """Read a run's journal and check that it moves the run's own files to tables, and changes nothing else.

    Raises:
        TablesError: It is damaged, or names a file that is not the run's to change.
    """
    path = f"{out}/{STAGING}/{run}/{JOURNAL}"
    staged = re.compile(rf"{re.escape(f'{STAGING}/{run}')}/(?:{_NAME}/){{1,4}}{_NAME}")
    try:
        fields = read_json(path, MOST_BYTES)
        base = fields["base"]
        found = Journal(out, run, None if base is None else int(base))
        for source, target in fields["moves"]:
            own = staged.fullmatch(source) and not {".", ".."} & {*source.split("/")}
            if not own or not _FILE.fullmatch(target):
                raise ValueError(f"it moves {source!r} to {target!r}")
            found.moves[target], found.rows[target] = source, int(fields["rows"][target])
        if len(fields["rows"]) != len(found.moves):
            raise ValueError("it counts the rows of other files than it moves")
        for name in fields["removed"]:
            if not _FILE.fullmatch(name):
                raise ValueError(f"it removes {name!r}")
            found.removed.append(name)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TablesError(
            f"{path} is damaged ({type(error).__name__}: {error});"
            f" delete {path.rpartition('/')[0]} to give up what that run did not publish, then run it again"
        ) from None
    return found
