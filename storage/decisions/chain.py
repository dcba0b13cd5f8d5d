"""Chain: decisions are added one commit at a time, each tied to the one before it.

So none is changed, taken out or moved unseen. The chain runs over digests of contents, each with a salt of
its own. To forget a document, contents and salts go; the digests stay, tell nothing without the salt, and the
chain still holds.

A commit is a transaction as any other, so a killed process leaves a decision that is there or one that is
not; small files become one on the way. The lock is that of commits (`transaction.locks`): a batch holds its
own for as long as it runs, and people do not wait for it. An object store has no lock; there a commit that
others have overtaken is made again after theirs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.decisions import Decision
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import Manifest, file_sizes_at, number_of, table_paths
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction.locks import commit_lock
from docassay.storage.transaction.transaction import Transaction, commit_on_newest, recover, sweep

_NAMES = [*Decision.__dataclass_fields__]
CONTENT = tuple(_NAMES[_NAMES.index("object") : _NAMES.index("reason") + 1])
"""What says something of the document, and goes when it is forgotten; with it goes the salt."""

FIRST = "0" * 64
"""What stands for the digest before the first row."""

HEADS = "decisions-"
"""Begins the name of a commit of decisions, which has the last row's number and digest."""

MOST_FAULTS = 100
"""So many are listed."""

_HEAD = re.compile(rf"{HEADS}(\d{{12}})-([0-9a-f]{{64}})")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number of its last row, and the digest."""

    sequence: int = 0
    digest: str = FIRST

    @property
    def commit_name(self) -> str:
        """The name of the commit that made it the end."""
        return f"{HEADS}{self.sequence:012d}-{self.digest}"


def heads_of(commits: Collection[str]) -> list[Head]:
    """List the ends that commits made, as far as their names are kept, in order.

    >>> heads_of(["run-1", Head(7, "ab" * 32).commit_name])[0].sequence
    7
    """
    return [Head(int(match[1]), match[2]) for name in commits if (match := _HEAD.fullmatch(name))]


def sealed(row: Row, before: Head) -> dict[str, Any]:
    """Give a row its place in the chain, a salt, and its digests."""
    sealed_row = {**row, "sequence": before.sequence + 1, "previous": before.digest}
    sealed_row["salt"] = secrets.token_hex(16)
    sealed_row["content_digest"] = content_digest(sealed_row)
    sealed_row["digest"] = row_digest(sealed_row)
    return sealed_row


def content_digest(row: Row) -> str:
    """Digest the salt of a row and what it says of the document."""
    content = {name: row[name] for name in CONTENT if row[name] is not None}
    return hashlib.sha256(_canonical([row["salt"], content])).hexdigest()


def row_digest(row: Row) -> str:
    """Digest what stays of a row when its document is forgotten."""
    own = {
        name: row[name]
        for name in [*_NAMES, "processed_at"]
        if name not in (*CONTENT, "salt", "digest") and row[name] is not None
    }
    return hashlib.sha256(_canonical(own)).hexdigest()


def blanked(row: Row) -> dict[str, Any]:
    """Take out of a row what it says of the document."""
    return {**row, **dict.fromkeys((*CONTENT, "salt"))}


class Chain:
    """A look at the chain, row after row, that tells what is wrong with it."""

    def __init__(self) -> None:
        """Begin before the first row."""
        self.head = Head()
        self._faults: list[str] = []
        self._blank: list[tuple[int, str]] = []

    def follow(self, rows: pa.RecordBatch) -> None:
        """Look at the next rows."""
        for row in rows.to_pylist():
            self._faults += self._wrong(row)
            if row["sequence"] > self.head.sequence:
                self.head = Head(row["sequence"], row["digest"])

    def faults(self, commits: Collection[str], forgotten: Collection[str]) -> list[str]:
        """Say what is wrong, a line each; that the last rows are gone, as far as commits tell.

        Args:
            commits: Names of the latest commits, as the manifest has them.
            forgotten: Documents of which there is a receipt that they were forgotten.
        """
        last = max(heads_of(commits), key=lambda one: one.sequence, default=Head())
        found = list(self._faults)
        for number, doc_id in self._blank:
            if doc_id not in forgotten:
                found.append(f"the content of decision {number:,} was removed, and no receipt says why")
        if last.sequence > self.head.sequence:
            found.append(f"the last decision is {self.head.sequence:,}, and {last.sequence:,} was committed")
        elif last.sequence == self.head.sequence and last.digest != self.head.digest:
            found.append(f"decision {self.head.sequence:,} is not the one that was committed")
        more = len(found) - MOST_FAULTS
        return [*found[:MOST_FAULTS], f"and {more:,} faults more"] if more > 0 else found

    def _wrong(self, row: Row) -> Iterator[str]:
        number, before = row["sequence"], self.head
        if number > before.sequence + 1:
            until = "" if number == before.sequence + 2 else f" to {number - 1:,}"
            yield f"decision {before.sequence + 1:,}{until} is gone"
        elif number <= before.sequence:
            yield f"decision {number:,} comes after decision {before.sequence:,}: it was moved or inserted"
        elif row["previous"] != before.digest:
            yield f"decision {number:,} does not follow the one before it: one of the two was changed"
        if row_digest(row) != row["digest"]:
            yield f"decision {number:,} was changed"
        elif row["salt"] is None and all(row[name] is None for name in CONTENT):
            self._blank.append((number, row["doc_id"]))
        elif row["salt"] is None or content_digest(row) != row["content_digest"]:
            yield f"the content of decision {number:,} was changed"


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain).encode(
        "utf-8", "surrogatepass"
    )


def _plain(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no place in a decision")
    return str(int(value.timestamp()) * 1_000_000 + value.microsecond)


TABLE = "decisions"

FOLD_FILES = 8
"""So many small files become one with the next decision."""

FOLD_BYTES = 8_000_000
"""A file of this size is not small any more."""

SWEEP_EVERY = 50
"""After so many decisions what earlier ones have left behind is swept."""


def read_decisions(out: str, columns: Sequence[str] | None = None, state: Manifest | None = None) -> pa.Table:
    """Read all decisions, or some columns of them, in the order of the chain.

    Raises:
        TablesError: A file is damaged, or of another version.
    """
    wanted = None if columns is None else list(dict.fromkeys(["sequence", *columns]))
    shape = schema(TABLE) if wanted is None else pa.schema([schema(TABLE).field(name) for name in wanted])
    for attempt in range(3):
        paths = table_paths(out, state if state is not None else manifest.current(out))[TABLE]
        try:
            read = [read_table(TABLE, path, wanted).replace_schema_metadata(None) for path in paths.values()]
            break
        except FileNotFoundError:  # merged since
            if attempt == 2 or state is not None:
                raise
    return pa.concat_tables([shape.empty_table(), *read]).sort_by("sequence")


def append(out: str, make: Callable[[Manifest | None, Head], Sequence[Mapping[str, Any]]]) -> None:
    """Add rows to the chain, in one commit; on return they are on the disk.

    Args:
        out: The output folder.
        make: Gives the rows, sealed (`decisions.chain`), from the state of the tables and the end of it;
            is called again where others were quicker. No rows: nothing is committed.

    Raises:
        OutputError: Others keep the tables locked.
        OSError: The disk is full, for instance; nothing was added.
    """
    rows: Sequence[Mapping[str, Any]] = ()

    def prepare(state: Manifest | None) -> Transaction | None:
        nonlocal rows
        rows = make(state, head_of(out, state))
        if not rows:
            return None
        paths = table_paths(out, state)[TABLE]
        small = small_files(file_sizes_at(out, state, TABLE)) if len(paths) >= FOLD_FILES else []
        replaced = small if len(small) >= FOLD_FILES else []
        head = Head(rows[-1]["sequence"], rows[-1]["digest"])
        transaction = Transaction(out, head.commit_name, number_of(state))
        pieces = [read_table(TABLE, paths[name], rewritten=True) for name in replaced]
        pieces.append(pa.Table.from_pylist(list(map(dict, rows)), schema(TABLE)))
        merged = pa.concat_tables(p.replace_schema_metadata(None) for p in pieces).sort_by("sequence")
        first = f"{merged['sequence'][0].as_py():012d}"
        name = f"{TABLE}/{new_name(first)}"
        write_table(merged, f"{transaction.folder}/{name}", {})
        transaction.stage(name, name, len(merged))
        transaction.remove(f"{TABLE}/{other}" for other in replaced)
        return transaction

    with commit_lock(out):
        finish_interrupted(out)
        try:
            commit_on_newest(out, prepare, discard=True)
        except OSError:
            finish_interrupted(out)
            raise
        if rows and rows[-1]["sequence"] % SWEEP_EVERY < len(rows):
            sweep(out, tables=[TABLE])


def head_of(out: str, state: Manifest | None) -> Head:
    """Give the end of the chain: of the rows, or of what was committed where the last rows are gone."""
    ends = [_end_of(path) for path in table_paths(out, state)[TABLE].values()]
    ends += heads_of(state.commits if state is not None else ())
    return max(ends, key=lambda end: end.sequence, default=Head())


def finish_interrupted(out: str) -> None:
    """Finish the decision that a killed process had begun, and sweep those that it had not."""
    staging = f"{out}/{STAGING}"
    if is_local(out) and os.path.isdir(staging) and any(n.startswith(HEADS) for n in os.listdir(staging)):
        recover(out, HEADS)


def small_files(sizes: Mapping[str, int]) -> list[str]:
    """List the small files after the last that is not: each file has the rows that follow another's."""
    big = max((name for name, size in sizes.items() if size >= FOLD_BYTES), default="")
    return sorted(name for name in sizes if name > big)


def new_name(first: str) -> str:
    """Name a file that begins with the rows of another: names sort by the number of their first row."""
    return f"{first[:12]}-{uuid.uuid4().hex[:8]}.parquet"


@lru_cache(10_000)
def _end_of(path: str) -> Head:
    """Give the last row of a file, which never changes."""
    rows = read_table(TABLE, path, ["sequence", "digest"])
    if not len(rows):
        return Head()
    last = pc.index(rows["sequence"], pc.max(rows["sequence"])).as_py()
    return Head(rows["sequence"][last].as_py(), rows["digest"][last].as_py())
