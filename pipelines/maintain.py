"""Maintain: what an operator does with existing tables: verify and compact them, retry their rejects."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from docassay.pipelines.sources.walk import is_utf8, lies_in, resolved
from docassay.schemas import uris
from docassay.schemas.errors import RunError, TablesError, UsageError
from docassay.storage.catalogs import destination
from docassay.storage.maintain import tombstones
from docassay.storage.maintain.compact import TARGET_BYTES, Compacted, compact
from docassay.storage.maintain.forget import Forgotten, chosen, forget
from docassay.storage.maintain.layout import repair
from docassay.storage.maintain.partition import partition
from docassay.storage.maintain.quarantine import SetAside, set_aside
from docassay.storage.maintain.verify import Report, verify
from docassay.storage.tables.file_systems import exists, is_local, need_folder
from docassay.storage.tables.runs import new_run_id
from docassay.storage.tables.write import QUARANTINE
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.transaction import recover

if TYPE_CHECKING:
    from docassay.pipelines.lineage import Lineage

VERIFY_ELSEWHERE = "a read of all its columns, with DuckDB or Spark, names a file that is damaged or gone"

SETTLED = frozenset({"write.duplicate", f"{tombstones.STAGE}.{tombstones.REASON}"})
"""Not retried: another input has the same bytes, and its document is published; or there is nothing to read,
and the next batch that finds it takes the mark away."""


def compact_tables(
    out: str, target: int = TARGET_BYTES, lineage: Lineage | None = None, partition_by: str | None = None
) -> tuple[Compacted, int]:
    """Finish what a killed run left, then merge small files; see `storage.maintain.compact`.

    Args:
        out: The folder of the tables.
        target: Size up to which files are merged, in bytes.
        lineage: Is told of it.
        partition_by: A key of `partitions.KEYS`: what lies elsewhere is moved to its partitions first.

    Returns:
        What was merged, and the number of files whose rows were moved.

    Raises:
        OutputError: Another run is writing, or the folder holds no tables.
        TablesError: A file of a table is not docassay's, or of another version.
        RunError: The file system refused, on a full disk for instance; the tables are unchanged.
    """
    remedy = "compact it with the catalog's own maintenance, such as Spark's rewrite_data_files"
    started = datetime.now(UTC)
    with _locked(out, remedy) as metadata:
        recover(out)
        with lineage.following("compact", metadata, started, (), out) if lineage else nullcontext() as done:
            moved = partition(out, f"{metadata['run_id']}p", partition_by) if partition_by else 0
            compacted = compact(out, metadata["run_id"], target)
            if done:
                done(None)
        return compacted, moved


def partition_published(out: str, key: str) -> None:
    """Move what is published to its partitions; must be called while nobody else writes.

    Raises:
        RunError: The file system refused, or it was interrupted; everything is published.
    """
    try:
        partition(out, f"{new_run_id(datetime.now(UTC))}p", key)
    except (OSError, TablesError, KeyboardInterrupt) as error:
        why = (
            "interrupted" if isinstance(error, KeyboardInterrupt) else getattr(error, "strerror", 0) or error
        )
        raise RunError(
            f"{out}: the run is published, but not moved to its partitions: {why};"
            f" docassay compact {out} --partition-by {key} does so"
        ) from error


def verify_tables(out: str) -> Report:
    """Read all tables and report what is wrong with them; nothing is changed.

    Raises:
        OutputError: Another run is writing, or the folder holds no tables.
        RunError: The file system refused.
    """
    with _locked(out, VERIFY_ELSEWHERE, sound=False):
        return verify(out)


def quarantine_tables(out: str, place: str | None = None) -> tuple[Report, SetAside | None]:
    """Finish what a killed run left, verify, and set aside what cannot stay (`storage.maintain.quarantine`).

    Args:
        out: The folder of the tables.
        place: Where files are set aside; None: in the folder itself, where no reader looks.

    Returns:
        What was wrong, and what was done about it; None where nothing had to be set aside or read again.

    Raises:
        UsageError: The place is among the tables.
        OutputError: Another run is writing, or the folder holds no tables.
        TablesError: The journal of a killed run is damaged.
        RunError: The file system refused; the tables are what they were.
    """
    if place is None:
        place = f"{out.rstrip('/')}/{QUARANTINE}"
    elif is_local(place) and lies_in(resolved(place), resolved(out)):
        raise UsageError(f"{place} is among the tables; name another folder, or none: {out}/{QUARANTINE}")
    elif is_local(place) != is_local(out):
        raise UsageError(f"{place} is not where {out} is; copy what was set aside there later")
    with _locked(out, VERIFY_ELSEWHERE, sound=False) as metadata:
        recover(out)
        report = verify(out)
        repair(out)
        needed = report.groups or report.alone or report.doc_ids or report.of_runs
        needed = needed or report.layout.strangers
        if not (needed or report.inputs_of or report.unknown_runs):
            return report, None
        return report, set_aside(report, place, metadata)


def forget_documents(
    out: str, doc_ids: Collection[str], why: str, before: datetime | None = None, dry_run: bool = False
) -> tuple[list[str], Forgotten | None]:
    """Remove every row of some documents, and of all that lay in them; see `storage.maintain.forget`.

    Args:
        out: The folder of the tables.
        doc_ids: Their ids, or the first eight digits or more of one.
        why: The reason, for the receipt.
        before: Documents that were read before this time, too.
        dry_run: Only choose.

    Returns:
        The documents chosen, and what was removed; None where nothing was.

    Raises:
        OutputError: Another run is writing, or the folder holds no tables.
        TablesError: An id fits no document or several, or a file of a table is damaged.
        RunError: The file system refused; the tables are what they were.
    """
    remedy = "delete its rows from each table with the catalog's engine, then expire old snapshots"
    with _locked(out, remedy) as metadata:
        recover(out)
        documents = chosen(out, doc_ids, before)
        if dry_run or not documents:
            return documents, None
        return documents, forget(out, documents, metadata, why)


@contextmanager
def _locked(out: str, remedy: str, sound: bool = True) -> Iterator[dict[str, str]]:
    """Keep other writers out of a folder; gives the metadata of files of a command that reads no input.

    Args:
        out: The folder of the tables.
        remedy: What to do instead where the tables are in a catalog.
        sound: Refuse tables that are damaged.
    """
    need_folder(out, remedy)
    run_id = new_run_id(datetime.now(UTC))
    with writer_lock(out, make=False, sound=sound):
        try:
            yield {"run_id": run_id, "version": version("docassay"), "models": "", "rules": ""}
        except OSError as error:
            raise RunError(f"{out}: {error.strerror or error}; the tables are unchanged") from error


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """The rejected inputs to read again.

    Attributes:
        inputs: The files, each once: a mail for its attachments, a `.jsonl` for its lines.
        uris: URIs of the rejects that are replaced by the outcome.
        absent: Number of rejects whose input cannot be read any more; they stay as they are.
        others: Number of rejects of other reasons, by ``stage.reason``.
    """

    inputs: tuple[str, ...]
    uris: frozenset[str]
    absent: int
    others: Counter[str]


def plan_retry(out: str, reasons: Collection[str] = (), follow_links: bool = False) -> RetryPlan:
    """Choose the rejected inputs to read again: all, or those of some reasons, written ``stage.reason``.

    Rejects of single rows are passed over, and so are duplicates, whose documents are published, inputs that
    are missing, and links, which nobody has named, unless they are to be followed. A file whose name is not
    UTF-8 cannot be read before it has another, which is another input.

    Raises:
        UsageError: A reason is not of that form.
        OutputError: Another run is writing, or the folder holds no tables.
        TablesError: They are of another version.
    """
    for reason in reasons:
        if not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", reason):
            raise UsageError(f"{reason!r} is not a reason; write stage.reason, such as parse.timeout")
    columns = ["uri", "stage", "reason", "table_name"]
    there: dict[str, bool] = {}
    retried_uris: set[str] = set()
    others: Counter[str] = Counter()
    absent = 0
    tables = destination(out)
    with tables.write_access(make=False):
        tables.recover()
        for row in itertools.chain.from_iterable(
            rows.to_pylist() for rows in tables.read("rejects", columns)
        ):
            if row["table_name"] is not None:
                continue
            uri, reason = row["uri"], f"{row['stage']}.{row['reason']}"
            if reason in SETTLED or (reasons and reason not in reasons):
                others[reason] += 1
                continue
            parent = uris.Uri.parse(uri).file  # as the tables wrote it: another file may pose as a part
            if not follow_links and os.path.islink(parent):
                others[reason] += 1
                continue
            if parent not in there:
                there[parent] = is_utf8(parent) and _exists(parent)
            if there[parent]:
                retried_uris.add(uri)
            else:
                absent += 1
    inputs = tuple(sorted(parent for parent, is_present in there.items() if is_present))
    return RetryPlan(inputs, frozenset(retried_uris), absent, others)


def _exists(uri: str) -> bool:
    try:
        return exists(uri)
    except Exception:  # a topic of a stream, or a file system whose extra is not installed
        return False
