"""Maintain: what an operator does to tables that are there: compact them, read their rejects again."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from apache_beam.io.filesystems import FileSystems

from docassay.schemas import uris
from docassay.schemas.errors import RunError, UsageError
from docassay.storage.compact import TARGET_BYTES, Compacted, compact
from docassay.storage.lock import locked
from docassay.storage.parquet import file_names, read_table
from docassay.storage.publish import recover
from docassay.storage.runs import new_run_id

DUPLICATE = "write.duplicate"
"""No failure: another input has the same bytes and its document is there."""


def compacted(out: str, target: int = TARGET_BYTES) -> Compacted:
    """Finish what a killed run left, then merge small files; see `storage.compact`.

    Raises:
        OutputError: Another run is writing, or the folder holds no tables.
        TablesError: A file of a table is not docassay's, or of another version.
        RunError: The file system refused, a full disk for instance; the tables hold what they held.
    """
    run_id = new_run_id(datetime.now(UTC))
    with locked(out, make=False):
        try:
            recover(out)
            return compact(out, run_id, target)
        except OSError as error:
            raise RunError(f"{out}: {error.strerror or error}; the tables hold what they held") from error


@dataclass(frozen=True, slots=True)
class Again:
    """What there is to read again.

    Attributes:
        inputs: The files, each once: a mail for its attachments, a `.jsonl` for its lines.
        uris: The rejects that give way to what comes of it.
        absent: Rejects of inputs that cannot be read from here any more; they stay as they are.
        others: Rejects of other reasons, by ``stage.reason``.
    """

    inputs: tuple[str, ...]
    uris: frozenset[str]
    absent: int
    others: Counter[str]


def again(out: str, reasons: Collection[str] = ()) -> Again:
    """Choose the rejected inputs to read again: all, or those of some reasons, written ``stage.reason``.

    Rejects of single rows are passed over, and so are duplicates: their documents are there.

    Raises:
        UsageError: A reason is not of that form.
        OutputError: Another run is writing, or the folder holds no tables.
        TablesError: They are of another version.
    """
    for reason in reasons:
        if not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", reason):
            raise UsageError(f"{reason!r} is no reason; write stage.reason, such as parse.timeout")
    parents: dict[str, bool] = {}
    given_way: set[str] = set()
    others: Counter[str] = Counter()
    absent = 0
    with locked(out, make=False):
        recover(out)
        for uri, reason in _rejected(out):
            if reason == DUPLICATE or (reasons and reason not in reasons):
                others[reason] += 1
                continue
            parent = uris.file_of(uri)
            if parent not in parents:
                parents[parent] = _is_there(parent)
            if parents[parent]:
                given_way.add(uri)
            else:
                absent += 1
    inputs = tuple(sorted(parent for parent, there in parents.items() if there))
    return Again(inputs, frozenset(given_way), absent, others)


def _rejected(out: str) -> list[tuple[str, str]]:
    found = []
    for name in file_names(out, "rejects"):
        wanted = ["uri", "stage", "reason", "table_name"]
        for row in read_table("rejects", f"{out}/rejects/{name}", wanted).to_pylist():
            if row["table_name"] is None:
                found.append((row["uri"], f"{row['stage']}.{row['reason']}"))
    return found


def _is_there(uri: str) -> bool:
    if "://" not in uri:
        return os.path.exists(uri)
    try:
        return bool(FileSystems.exists(uri))
    except Exception:  # a topic of a stream, or a file system whose extra is not installed
        return False
