"""Chain: what ties each decision to the one before it, so that none is changed, taken out or moved unseen.

The chain runs over digests of contents, each with a salt of its own. To forget a document, contents and
salts go; the digests stay, tell nothing without the salt, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from docassay.schemas.decisions import Decision

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
                found.append(f"the content of decision {number:,} was taken out, and no receipt says why")
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
            yield f"decision {number:,} stands after decision {before.sequence:,}: moved, or put in"
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
