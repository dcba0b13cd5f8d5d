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

from docassay.schemas.rows import TABLES

CONTENT = (
    "object",
    "code",
    "segment",
    "start_char",
    "end_char",
    "evidence",
    "evidence_digest",
    "label",
    "decided_by",
    "version",
    "outcome",
    "corrected_label",
    "corrected_start",
    "corrected_end",
    "reason",
)
"""What says something of the document, and goes when it is forgotten; with it goes the salt."""

FIRST = "0" * 64
"""What stands for the digest before the first row."""

HEADS = "decisions-"
"""Begins the name of a commit of decisions, which has the last row's number and digest."""

_HEAD = re.compile(rf"{HEADS}(\d{{12}})-([0-9a-f]{{64}})")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number of its last row, and the digest."""

    sequence: int = 0
    digest: str = FIRST

    @property
    def commit(self) -> str:
        """The name of the commit that made it the end."""
        return f"{HEADS}{self.sequence:012d}-{self.digest}"


def heads_of(commits: Collection[str]) -> list[Head]:
    """List the ends that commits made, as far as their names are kept, in order.

    >>> heads_of(["run-1", Head(7, "ab" * 32).commit])[0].sequence
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
        for name in [*TABLES["decisions"].__dataclass_fields__, "processed_at"]
        if name not in (*CONTENT, "salt", "digest") and row[name] is not None
    }
    return hashlib.sha256(_canonical(own)).hexdigest()


def blanked(row: Row) -> dict[str, Any]:
    """Take out of a row what it says of the document."""
    return {**row, **dict.fromkeys((*CONTENT, "salt"))}


def check(row: Row, before: Head, forgotten: Collection[str]) -> Iterator[str]:
    """Say what is wrong with a row of the chain.

    Args:
        row: The row.
        before: The end of the chain before it.
        forgotten: Documents of which there is a receipt that they were forgotten.
    """
    number = row["sequence"]
    if number > before.sequence + 1:
        lost = "" if number == before.sequence + 2 else f" to {number - 1:,}"
        yield f"decision {before.sequence + 1:,}{lost} is gone"
    elif number <= before.sequence:
        yield f"decision {number:,} stands after decision {before.sequence:,}: rows were moved, or put in"
    elif row["previous"] != before.digest:
        yield f"decision {number:,} does not follow the one that stands before it: one of the two was changed"
    if row_digest(row) != row["digest"]:
        yield f"decision {number:,} was changed"
    elif row["salt"] is not None:
        if content_digest(row) != row["content_digest"]:
            yield f"the content of decision {number:,} was changed"
    elif any(row[name] is not None for name in CONTENT):
        yield f"the content of decision {number:,} was changed"
    elif row["doc_id"] not in forgotten:
        yield f"the content of decision {number:,} was taken out, and no receipt says that it was forgotten"


def check_end(head: Head, commits: Collection[str]) -> Iterator[str]:
    """Say whether the last rows are gone, as far as the names of the latest commits tell.

    Args:
        head: The end of the chain, as the rows have it.
        commits: Names of commits, as the manifest has them.
    """
    last = max(heads_of(commits), key=lambda one: one.sequence, default=Head())
    if last.sequence > head.sequence:
        yield f"the last decision is {head.sequence:,}, and {last.sequence:,} was committed"
    elif last.sequence == head.sequence and last.digest != head.digest:
        yield f"decision {head.sequence:,} is not the one that was committed"


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain).encode(
        "utf-8", "surrogatepass"
    )


def _plain(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no place in a decision")
    return str(int(value.timestamp()) * 1_000_000 + value.microsecond)
