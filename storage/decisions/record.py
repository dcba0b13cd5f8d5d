"""Decisions: what people made of what was found, recorded while runs go on, and read back.

They are rows of the table `decisions`, and no run changes one. `storage.decisions.chain` ties them together
and commits them, `storage.decisions.targets` looks up what they are on.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.decisions import Decision
from docassay.schemas.errors import OutputError, RunError, UsageError
from docassay.schemas.rows import TABLES
from docassay.storage.decisions import words
from docassay.storage.decisions.chain import Head, append, read_decisions, sealed
from docassay.storage.decisions.choice import Choice
from docassay.storage.decisions.on_documents import NOTE, is_name
from docassay.storage.decisions.targets import (
    check_choices,
    corrections_read,
    find_targets,
    raise_if_any,
    version_of,
    versions_of,
)
from docassay.storage.tables.file_systems import is_local, need_folder
from docassay.storage.tables.manifest import MANIFESTS, Manifest
from docassay.storage.tables.stores import check_extra

KEY = ("doc_id", "object", "code", "start_char", "end_char")
"""What tells things apart that are decided on; the label does, too, of labels and facts.

Each note is a thing of its own.
"""

SAME = (*KEY, "label", "evidence_digest", "version", "outcome", "reviewer", "reason")
CORRECTED = ("corrected_label", "corrected_start", "corrected_end")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a choice.

    Attributes:
        decision_id: Of the row.
        sequence: Its place in the chain.
        supersedes: The decision that counted before, if there was one.
        added: It was added; else the same was there already, and counts.
    """

    decision_id: str
    sequence: int
    supersedes: str | None
    added: bool


def check_decidable(out: str) -> None:
    """Check that decisions can be recorded with these tables.

    Raises:
        UsageError: They are a catalog's.
        OutputError: They are not there, or can only be read.
        MissingError: The extra that writes to an object store is not installed.
    """
    need_folder(out, "decisions on its rows go into a folder of their own, or a copy of the tables there")
    check_tables(out)
    if not is_local(out):
        check_extra(out)
        return
    for folder in (out, f"{out}/{MANIFESTS}"):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):
            raise OutputError(f"{out} is read-only: view it here, but decide in a copy of it")


def check_tables(out: str) -> None:
    """Refuse a local path that is no folder of tables.

    Raises:
        OutputError: It is none.
    """
    if is_local(out) and not (os.path.isdir(out) and set(os.listdir(out)) & set(TABLES)):
        raise OutputError(f"{out} holds no tables; make some with: docassay batch IN... --out {out}")


def decide(out: str, choices: Sequence[Choice], reviewer: str, known_only: bool = False) -> list[Recorded]:
    """Record decisions, all of them or none; on return they are on the disk.

    A choice that says what counts already, by the same reviewer, adds nothing; nor does one whose
    `decision_id` is there.

    Args:
        out: The output folder; runs may write to it meanwhile.
        choices: What was decided.
        reviewer: Who decided.
        known_only: Pass over choices that fit no row, or several.

    Raises:
        UsageError: A choice is wrong, or fits no row; the message says which.
        OutputError: The folder can only be read, or others keep it locked.
        RunError: The file system refused.
    """
    check_decidable(out)
    name = _checked_name(reviewer)
    choices = [_understood(choice) for choice in choices]
    check_choices(choices)
    recorded: list[Recorded] = []

    def make(state: Manifest | None, head: Head) -> list[dict[str, Any]]:
        found = corrections_read(out, state, _of_checks(find_targets(out, state, choices, known_only)))
        versions = versions_of(out, state, {choice.run_id for choice in found if choice.run_id})
        ids = [choice.decision_id for choice in choices if choice.decision_id]
        additions = _Additions(out, state, head, {choice.doc_id for choice in found}, ids)
        for choice in found:
            version = version_of(choice.decided_by, versions.get(choice.run_id or "", {}))
            additions.add(_row(choice, _checked_name(choice.reviewer or name), version))
        recorded[:] = additions.recorded
        return additions.rows

    with _refused(out):
        append(out, make)
    return recorded


def withdraw(out: str, decision_ids: Sequence[str], reviewer: str) -> list[Recorded]:
    """Take decisions back; what counted before each counts again.

    Raises:
        UsageError: There is no such decision, or its document was forgotten.
        OutputError: As `decide`.
        RunError: As `decide`.
    """
    check_decidable(out)
    name = _checked_name(reviewer)
    recorded: list[Recorded] = []

    def make(state: Manifest | None, head: Head) -> list[dict[str, Any]]:
        additions = _Additions(out, state, head, (), decision_ids)
        for decision_id in decision_ids:
            taken = additions.by_id.get(decision_id)
            if taken is None or taken["outcome"] in (None, "withdrawn"):
                raise UsageError(f"{out} has no decision {decision_id!r} to withdraw")
            if decision_id in additions.withdrawn:
                additions.recorded.append(Recorded(decision_id, taken["sequence"], None, False))
                continue
            kept = {column: taken[column] for column in (*KEY, "label", "version", "segment", "run_id")}
            now = datetime.now(UTC)
            row = {**dict.fromkeys(_NAMES), **kept, "outcome": "withdrawn", "supersedes": decision_id}
            row |= {"decision_id": uuid.uuid4().hex, "reviewer": name, "decided_at": now, "processed_at": now}
            additions.seal(row)
        recorded[:] = additions.recorded
        return additions.rows

    with _refused(out):
        append(out, make)
    return recorded


def rows_of(out: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read all decisions, or some columns of them, in order; no rows where nobody has decided."""
    need_folder(out, "decisions are kept with tables in a folder")
    return read_decisions(out, columns)


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give what tells the thing that a row is on from others."""
    if row["object"] == "document" and row["code"] == NOTE:
        return (*(row[name] for name in KEY), row["decision_id"])
    return (*(row[name] for name in KEY), row["label"] if row["object"] in ("label", "fact") else None)


def current_decisions(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """Choose what counts: of each thing the latest decision that is neither a withdrawal nor withdrawn.

    Args:
        rows: Decisions, in order.

    Returns:
        The rows by what `key_of` gives.
    """
    withdrawn = {row["supersedes"] for row in rows if row["outcome"] == "withdrawn"}
    return {
        key_of(row): row
        for row in rows
        if row["outcome"] not in (None, "withdrawn") and row["decision_id"] not in withdrawn
    }


_NAMES = [field.name for field in fields(Decision)]
_COLUMNS = ["decision_id", "supersedes", "run_id", "segment", *SAME, *CORRECTED]


class _Additions:
    """Rows that are to be committed, and what is recorded on some documents, or on those of decisions."""

    def __init__(
        self,
        out: str,
        state: Manifest | None,
        head: Head,
        doc_ids: Collection[str],
        ids: Collection[str],
    ) -> None:
        table = read_decisions(out, _COLUMNS, state)
        named = pc.is_in(table["decision_id"], value_set=pa.array(list(ids), pa.string()))
        of_ids = {*doc_ids, *table["doc_id"].filter(named).to_pylist()}
        rows = table.filter(pc.is_in(table["doc_id"], value_set=pa.array(sorted(of_ids), pa.string())))
        there = rows.to_pylist()
        self.by_id = {row["decision_id"]: row for row in there}
        self.withdrawn = {row["supersedes"] for row in there if row["outcome"] == "withdrawn"}
        self.current = dict(current_decisions(there))
        self.rows: list[dict[str, Any]] = []
        self.recorded: list[Recorded] = []
        self._head = head

    def add(self, row: dict[str, Any]) -> None:
        """Add a row, unless it is there or says what counts already."""
        before = self.current.get(key_of(row))
        there = self.by_id.get(row["decision_id"])
        if there is None and before is not None:
            there = before if all(row[name] == before[name] for name in (*SAME, *CORRECTED)) else None
        if there is not None:
            known = Recorded(there["decision_id"], there["sequence"], there["supersedes"], False)
            self.recorded.append(known)
            return
        row["supersedes"] = None if before is None else before["decision_id"]
        self.current[key_of(row)] = self.seal(row)

    def seal(self, row: dict[str, Any]) -> dict[str, Any]:
        """Add a row at the end of the chain."""
        done = sealed(row, self._head)
        self._head = Head(done["sequence"], done["digest"])
        self.rows.append(done)
        self.by_id[done["decision_id"]] = done
        if done["outcome"] == "withdrawn":
            self.withdrawn.add(done["supersedes"])
        self.recorded.append(Recorded(done["decision_id"], done["sequence"], done["supersedes"], True))
        return done


def _understood(choice: Choice) -> Choice:
    corrects = choice.corrected_label is not None or choice.corrected_start is not None
    outcome, label = words.understood(choice.object, choice.outcome, corrects)
    return replace(choice, outcome=outcome, corrected_label=label or choice.corrected_label)


def _of_checks(choices: Sequence[Choice]) -> list[Choice]:
    """Put what is said of checks into the ledger's words.

    Raises:
        UsageError: A word does not suit the check.
    """
    found, wrong = [], []
    for number, choice in enumerate(choices, 1):
        if choice.object == "finding" and choice.outcome in words.CHECK_WORDS:
            asks_for = words.asks_for_statement(choice.decided_by)
            kept = words.outcome_of_check(choice.outcome, choice.label, asks_for)
            if kept is None:
                other = ", ".join(words.words_of("finding"))
                wrong.append(
                    (number, f"{choice.code} asks for no statement: say {other}, not {choice.outcome}")
                )
                continue
            choice = replace(choice, outcome=kept[0], corrected_label=kept[1])
        found.append(choice)
    raise_if_any(wrong)
    return found


def _row(choice: Choice, reviewer: str, version: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(choice, name) for name in _NAMES if name in Choice.__dataclass_fields__
    }
    digest = None if choice.evidence is None else hashlib.sha256(choice.evidence.encode()).hexdigest()
    return {
        **dict.fromkeys(_NAMES),
        **row,
        "decision_id": choice.decision_id or uuid.uuid4().hex,
        "evidence_digest": digest,
        "version": version,
        "reason": (choice.reason or "").strip() or None,
        "reviewer": reviewer,
        "decided_at": (choice.decided_at or datetime.now(UTC)).astimezone(UTC),
        "processed_at": datetime.now(UTC),
    }


def _checked_name(reviewer: str) -> str:
    name = reviewer.strip()
    if not is_name(name):
        raise UsageError(f"{reviewer[:50]!r} is not a reviewer's name; give --reviewer NAME")
    return name


@contextmanager
def _refused(out: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"{out}: {error.strerror or error}; nothing was recorded") from error


__all__ = [
    "Choice",
    "Recorded",
    "check_decidable",
    "check_tables",
    "current_decisions",
    "decide",
    "is_name",
    "key_of",
    "rows_of",
    "withdraw",
]
