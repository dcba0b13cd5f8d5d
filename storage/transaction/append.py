"""Append: add groups of a stream's rows to the tables, each input once, however often it is delivered.

The tables themselves record what has been published: an `Index` reads the `doc_id` and `uri` of a
shard's documents and rejects, and an input that it holds is passed over. So a stream that was killed
may read again from any earlier position.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from docassay.schemas.rows import Reject, Result
from docassay.storage.tables import file_systems
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.manifest import table_paths
from docassay.storage.tables.parquet import read_rows, read_table
from docassay.storage.tables.write import duplicate, write
from docassay.storage.transaction.rewrite import INPUTS, inputs_of, renamed
from docassay.storage.transaction.transaction import Transaction, data_path, discard_run, recover, sweep

GROUPS_A_SWEEP = 50
"""After so many groups old manifests are deleted."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What a group added: rows by table, rejects by ``stage reason``, and inputs passed over."""

    rows: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    documents: int = 0
    rejects: int = 0
    passed_over: int = 0


class Index:
    """An index of the published inputs and documents of one shard, about 200 bytes each.

    Of one thread: from the look-up until the rows that it allowed are visible nobody else adds to the shard.

    Attributes:
        begun: A group may be begun and not finished: by a process that was killed, or by one that failed.
        groups: Number of groups that were added by it.
    """

    def __init__(self, out: str, shard: int, shards: int) -> None:
        """Name the shard; nothing is read before `refresh`."""
        self.out, self.shard, self.shards = out, shard, shards
        self.staging = f"stream-{shard}of{shards}-"
        self._documents: set[bytes] = set()
        self._inputs: set[bytes] = set()
        self._files: set[str] = set()
        self._times: tuple[int, ...] | None = None
        self.begun = True
        self.groups = 0

    def refresh(self) -> None:
        """Finish what was begun on this shard, and read the files that are new."""
        if self.begun:
            recover(self.out, self.staging)
            self.begun = False
        times = _modified(self.out)
        if times is not None and times == self._times:
            return
        paths = table_paths(self.out)
        for table, columns in INPUTS.items():
            for name, path in paths[table].items():
                if f"{table}/{name}" in self._files:
                    continue
                for doc_id, uri in inputs_of(table, read_table(table, path, columns)):
                    if shard_of(doc_id, uri, self.shards) == self.shard:
                        self._inputs.add(_key(doc_id, uri))
                        if table == "documents" and doc_id is not None:
                            self._documents.add(bytes.fromhex(doc_id[:32]))
                self._files.add(f"{table}/{name}")
        self._times = times

    def has_input(self, row: Result | Reject) -> bool:
        """Tell whether this input, of these bytes and this URI, is published as a document or a reject."""
        return _key(row.doc_id, row.uri) in self._inputs

    def has_document(self, doc_id: str) -> bool:
        """Tell whether a document of these bytes is published."""
        return bytes.fromhex(doc_id[:32]) in self._documents

    def add(self, rows: Iterable[Result | Reject], name: str) -> None:
        """Add rows that have just been published in files of this name."""
        self.groups += 1
        self._files |= {f"documents/{name}", f"rejects/{name}"}
        self._times = _modified(self.out)
        for row in rows:
            self._inputs.add(_key(row.doc_id, row.uri))
            if isinstance(row, Result):
                self._documents.add(bytes.fromhex(row.doc_id[:32]))


def append(
    rows: Sequence[Result | Reject],
    index: Index,
    window: str,
    metadata: Mapping[str, str],
    announce: Callable[[Mapping[str, list[dict[str, Any]]]], None] | None = None,
    full_validation: bool = False,
) -> Appended:
    """Publish a group of outcomes of one shard, as files whose name is a digest of their inputs.

    Inputs that are published already are passed over; a group of only such inputs writes nothing. Of
    inputs of the same bytes in one group all but one are passed over, too, and their URIs are the
    document's; one whose bytes came in an earlier group becomes a reject, since what is published stays
    as it is. The files of all tables become visible together: where a process dies in between, the next
    one completes them (`recover`).

    Args:
        rows: Outcomes of the index's shard.
        index: The index of the shard; the group is added to it.
        window: Begins the files' names, such as the start of the event-time window.
        metadata: Metadata of the files; its ``run_id`` is in the rows.
        announce: Called with the rows by table, just before they become visible.
        full_validation: Run Great Expectations on every row; see `storage.tables.validate`.

    Raises:
        OSError: The disk is full, or the folder cannot be written; nothing of the group is published.
    """
    index.refresh()
    new_rows: dict[bytes, Result | Reject] = {}
    for row in sorted(rows, key=lambda row: (row.uri, row.doc_id or "", isinstance(row, Reject))):
        if not index.has_input(row):
            new_rows.setdefault(_key(row.doc_id, row.uri), row)
    if not new_rows:
        return Appended(passed_over=len(rows))
    results, rejects = [], []
    for row in new_rows.values():
        if isinstance(row, Reject):
            rejects.append(row)
        elif index.has_document(row.doc_id):
            rejects.append(duplicate(row.doc_id, row.uri))
        else:
            results.append(row)
    digest = hashlib.sha256(b"".join(sorted(new_rows))).hexdigest()[:16]
    name = f"{window}-{index.shard}of{index.shards}-{digest}.parquet"
    unique = uuid.uuid4().hex
    if any(
        file_systems.exists(data_path(index.out, f"{table}/{name}")) for table in ("documents", "rejects")
    ):
        name = renamed(name, unique[:8])  # its rows were removed since, and may still be read
    transaction = Transaction(index.out, f"{index.staging}{unique}")
    folder = transaction.folder
    try:
        written = write(results, rejects, folder, metadata, name, full_validation=full_validation)
        if announce:
            announce({table: read_rows(table, f"{folder}/{table}/{name}") for table in written.rows})
        for table, number in written.rows.items():
            transaction.stage(f"{table}/{name}", f"{table}/{name}", number)
        transaction.commit()
    except BaseException:
        index.begun = True
        with suppress(Exception):  # the group has failed already, and its cause counts
            discard_run(index.out, transaction.name)
        raise
    index.add(new_rows.values(), name)
    if not index.groups % GROUPS_A_SWEEP:
        sweep(index.out, tables=())
    documents = written.rows.get("documents", 0)
    passed_over = len(rows) - len(new_rows) + written.passed_over
    rejected = len(rows) - passed_over - documents
    return Appended(written.rows, written.reasons, documents, rejected, passed_over)


def shard_of(doc_id: str | None, uri: str, shards: int) -> int:
    """Choose the shard of a document by its digest, or of an input that could not be read by its URI's."""
    digest = doc_id or hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()
    return int(digest[:8], 16) % shards


def _key(doc_id: str | None, uri: str) -> bytes:
    text = f"{doc_id or ''} {uri}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def _modified(out: str) -> tuple[int, ...] | None:
    """Give the times at which the folders last changed, which spares listing them; None: always list."""
    if not is_local(out):
        return None
    paths = [f"{out}/documents", f"{out}/rejects"]
    return tuple(os.stat(path).st_mtime_ns if os.path.isdir(path) else 0 for path in paths)
