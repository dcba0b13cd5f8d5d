"""Tombstones: mark what is published and was not found any more, as rejects; nothing is deleted.

A mark is a row of `rejects`, stage `read`, reason `missing`. It stays until its input is read again, which
replaces rejects of the same URI, so it says by its `run_id` since when the input is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from docassay.schemas.rows import Reject
from docassay.schemas.uris import Uri, enclosing, whole_of
from docassay.storage.catalogs import destination
from docassay.storage.tables.file_systems import matching
from docassay.storage.tables.parquet import read_table
from docassay.storage.tables.runs import commit_order
from docassay.storage.transaction.publish import PASSED_OVER, noted
from docassay.storage.transaction.rewrite import NAMES, names_of

STAGE, REASON = "read", "missing"

NAME = "missing.parquet"
"""The file of the marks, in the staging folder of their run."""


@dataclass(frozen=True, slots=True)
class KnownInputs:
    """The inputs whose bytes were read once.

    Attributes:
        latest: By URI, the `doc_id` of the latest document or reject, and the run that read it.
        marked: The `doc_id` of each document that is marked as missing, by URI.
    """

    latest: Mapping[str, tuple[str, str]]
    marked: Mapping[str, str | None]


def known_inputs(out: str) -> KnownInputs:
    """Read what is published, and what of it is marked already."""
    latest: dict[str, tuple[str, str]] = {}
    places: dict[str, tuple[int, datetime]] = {}
    marked: dict[str, str | None] = {}
    runs = destination(out).read("runs", ["run_id", "finished", "counts"])
    place_of = commit_order(run for rows in runs for run in rows.to_pylist())
    columns = ["doc_id", "uri", "run_id", "processed_at"]
    for table in ("rejects", "documents"):
        more = ["stage", "reason", "table_name"] if table == "rejects" else ["other_uris"]
        for rows in destination(out).read(table, [*columns, *more]):
            for row in rows.to_pylist():
                if row.get("table_name") is not None:
                    continue
                doc_id = row["doc_id"]
                if (row.get("stage"), row.get("reason")) == (STAGE, REASON):
                    marked[row["uri"]] = doc_id
                    continue
                place = place_of(row)
                for uri in (row["uri"], *(row.get("other_uris") or ())) if doc_id is not None else ():
                    if uri not in places or places[uri] <= place:
                        latest[uri], places[uri] = (doc_id, row["run_id"]), place
    return KnownInputs(latest, marked)


@dataclass(frozen=True, slots=True)
class KnownDocuments:
    """The documents that a run passes over which reads new ones only.

    Attributes:
        doc_ids: Each document that lies somewhere; what is missing and is back is read again, which takes the
            mark away.
        names: The `name_digest` of each URI of every document.
        missing: The `doc_id` and URI of every place at which a document is marked as missing.
    """

    doc_ids: frozenset[str] = frozenset()
    names: frozenset[bytes] = frozenset()
    missing: frozenset[tuple[str, str]] = frozenset()


def known_documents(out: str) -> KnownDocuments:
    """Read which documents are published."""
    missing: set[tuple[str, str]] = set()
    for rows in destination(out).read("rejects", ["doc_id", "uri", "stage", "reason"]):
        for row in rows.to_pylist():
            if (row["stage"], row["reason"]) == (STAGE, REASON) and row["doc_id"] is not None:
                missing.add((row["doc_id"], row["uri"]))
    doc_ids: set[str] = set()
    names: set[bytes] = set()
    for rows in destination(out).read("documents", NAMES):
        for doc_id, uri in names_of(rows):
            names.add(name_digest(doc_id, uri))
            if (doc_id, uri) not in missing:
                doc_ids.add(doc_id)
    return KnownDocuments(frozenset(doc_ids), frozenset(names), frozenset(missing))


def name_digest(doc_id: str, uri: str) -> bytes:
    """Give eight bytes that stand for a document's `doc_id` and one of its URIs."""
    return hashlib.blake2b(f"{doc_id} {uri}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def new_tombstones(folder: str, before: KnownInputs, is_below: Callable[[str], bool]) -> list[Reject]:
    """Make the marks of a run: of what was published below its inputs, is not marked yet, and was not found.

    What lies in a folder or a file that could not be read in this run is not marked: it may be there.

    Args:
        folder: The staging folder of the run, with the files that it has written, and what it has noted.
        before: What was published when it began.
        is_below: Tells whether a file lies below an input of the run.
    """
    found, unread = _found(folder)
    missing = []
    for uri, (doc_id, run_id) in sorted(before.latest.items()):
        if (
            uri in found
            or whole_of(uri) in found
            or uri in before.marked
            or not is_below(Uri.parse(uri).file)
        ):
            continue
        if not unread.intersection(_above(uri)):
            detail = f"last read in run {run_id}, and not found any more"
            missing.append(Reject(doc_id, uri, STAGE, REASON, detail))
    return missing


def _found(folder: str) -> tuple[set[str], set[str]]:
    """List the URIs that a run has found, and those of files and folders that it could not read."""
    found: set[str] = set()
    unread: set[str] = set()
    for path in matching(f"{folder}/documents/*.parquet"):
        found.update(uri for _, uri in names_of(read_table("documents", path, NAMES)))
    for path in matching(f"{folder}/rejects/*.parquet"):
        if path.rsplit("/", 1)[1] == NAME:  # of an attempt that died
            continue
        for row in read_table("rejects", path, ["uri", "table_name"]).to_pylist():
            if row["table_name"] is None:
                found.add(row["uri"])
                uri = Uri.parse(row["uri"])
                unread.add(str(Uri(uri.file)) if uri.block else row["uri"])
    found.update(noted(folder, PASSED_OVER))
    found |= {whole for uri in found if (whole := whole_of(uri)) is not None}  # it is read with its parts
    return found, unread


def _above(uri: str) -> list[str]:
    """List what a document lies in: its messages and archives, its file, the folders above.

    >>> _above("in/a.zip#attachment-2#attachment-1")
    ['in/a.zip#attachment-2', 'in/a.zip', 'in']
    """
    parsed = Uri.parse(uri)
    file = str(Uri(parsed.file))
    folders = [file[:end] for end in range(len(file) - 1, 0, -1) if file[end] == "/"]
    return [*enclosing(uri), *folders]
