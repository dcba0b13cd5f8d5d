"""Hold the decisions on findings in memory, and reload those of other processes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from docassay.schemas.errors import OutputError, TablesError, UsageError
from docassay.storage.decisions.on_documents import is_on_document
from docassay.storage.decisions.record import KEY, Choice, check_decidable, decide, key_of, withdraw
from docassay.storage.decisions.words import word_of
from docassay.storage.tables import manifest
from docassay.storage.tables.parquet import read_table
from docassay.views import labels
from docassay.views.accuracy import RunningAccuracy
from docassay.views.review.matched import Matcher
from docassay.views.review.remarks import Remarks

TABLE = "decisions"
EYES = 2
"""Reviewers who must agree with `--four-eyes`."""


WHO: ContextVar[str] = ContextVar("reviewer", default="")
"""Who sent the request, where a proxy says so."""

_GIVEN = ("corrected", "wrong")
"""Words beside which the right answer is said."""


def place_of(choice: Choice) -> tuple[Any, ...]:
    """Give what tells the item that a choice is on from others, as the table `decisions` does."""
    return key_of({name: getattr(choice, name) for name in (*KEY, "label")})


@dataclass(frozen=True, slots=True)
class State:
    """The decisions on one item.

    Attributes:
        outcome: What counts; empty where nobody has decided.
        decision_id: Of the decision that counts.
        reviewer: Who made it.
        word: The word for it; see `storage.decisions.words`.
        agreeing: Those whose latest decision says what counts.
        settled: It needs no more decisions.
        reopened: Why it is open again although it was decided.
    """

    outcome: str = ""
    corrected: str = ""
    reason: str = ""
    agreeing: tuple[str, ...] = ()
    decided_at: datetime | None = None
    settled: bool = False
    reopened: str = ""
    decision_id: str = ""
    reviewer: str = ""
    word: str = ""

    @property
    def said(self) -> str:
        """The word of the decision, with the right answer where one was given."""
        word = labels.WORDS.get(self.word, "")
        return f"{word}: {labels.title(self.corrected)}" if self.corrected and self.word in _GIVEN else word


class Ledger:
    """The decisions of a folder, and the reviewer who adds to them."""

    def __init__(self, out: str, reviewer: str, four_eyes: bool = False) -> None:
        """Read the decisions; read-only where none can be added.

        Raises:
            TablesError: Decisions are damaged.
        """
        self.out, self.four_eyes = out, four_eyes
        self._reviewer = reviewer
        self.read_only = self.damaged = ""
        try:
            check_decidable(out)
        except (OutputError, UsageError) as error:
            self.read_only = str(error)
        self._lock = threading.RLock()
        self._read: set[str] = set()
        self._rows: dict[str, dict[str, Any]] = {}
        self._of: dict[str, dict[tuple[Any, ...], list[dict[str, Any]]]] = {}
        self._withdrawn: set[str] = set()
        self.accuracy = RunningAccuracy()
        self.remarks = Remarks()
        self.matcher = Matcher(EYES if four_eyes else 1)
        self.rows_of: Callable[[str], Mapping[str, Any]] = lambda doc_id: {}  # of a document, by table
        self._states: dict[str, dict[tuple[Any, ...], State]] = {}
        self._undo: dict[str, list[list[str]]] = {}
        self._refresh()

    @property
    def reviewer(self) -> str:
        """Who decides."""
        return WHO.get() or self._reviewer

    def refresh(self) -> set[str]:
        """Load new decisions and return their documents; `damaged` holds the reason if that fails."""
        try:
            touched = self._refresh()
        except TablesError as error:
            self.damaged = str(error)
            return set()
        self.damaged = ""
        return touched

    def _refresh(self) -> set[str]:
        with self._lock:
            try:
                paths = manifest.table_paths(self.out, manifest.current(self.out)).get(TABLE, {})
                new = {
                    name: read_table(TABLE, path) for name, path in paths.items() if name not in self._read
                }
            except FileNotFoundError:
                return set()  # merged just now: the next time
            touched = {doc for table in new.values() for doc in self._take(table.to_pylist())}
            self._read = set(paths)
            return touched

    def _take(self, rows: Sequence[dict[str, Any]]) -> set[str]:
        touched = set()
        places = set()
        for row in sorted(rows, key=lambda row: row["sequence"]):
            known = self._rows.get(row["decision_id"])
            if row["outcome"] is None and known is not None:  # its document was forgotten
                del self._rows[row["decision_id"]]
                self.remarks.forget(known)
                of_key = self._of.get(known["doc_id"], {}).get(key_of(known), [])
                if known in of_key:
                    of_key.remove(known)
                    touched.add(known["doc_id"])
                    self._states.pop(known["doc_id"], None)
                    places.add((known["doc_id"], key_of(known)))
            if row["outcome"] is None or known is not None:
                continue
            self._rows[row["decision_id"]] = row
            if is_on_document(row):
                self.remarks.take(row)
                continue
            if row["outcome"] == "withdrawn":
                self._withdrawn.add(row["supersedes"])
            else:
                self._of.setdefault(row["doc_id"], {}).setdefault(key_of(row), []).append(row)
            touched.add(row["doc_id"])
            self._states.pop(row["doc_id"], None)
            of = self._rows.get(row["supersedes"], row) if row["outcome"] == "withdrawn" else row
            places.add((of["doc_id"], key_of(of)))
        for doc_id, key in places:
            standing = self._standing(self._of.get(doc_id, {}).get(key, ()))
            self.accuracy.record((doc_id, key), standing[-1] if standing else None)
        return touched

    def _standing(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the decisions that were not withdrawn, the latest last."""
        return sorted(
            (row for row in rows if row["decision_id"] not in self._withdrawn),
            key=lambda row: row["sequence"],
        )

    def documents(self) -> list[str]:
        """List the documents with decisions."""
        return list(self._of)

    def standing(self, doc_ids: Iterable[str]) -> list[dict[str, Any]]:
        """List the decisions on documents that were not withdrawn."""
        with self._lock:
            of = [rows for doc_id in doc_ids for rows in self._of.get(doc_id, {}).values()]
            return [row for rows in of for row in self._standing(rows)]

    def histories(self, doc_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """List all that was recorded on documents, in order; `withdrawn` tells what was taken back."""
        found: dict[str, list[dict[str, Any]]] = {}
        with self._lock:
            taken_back = {row["supersedes"] for row in self._rows.values() if row["outcome"] == "withdrawn"}
            for row in self._rows.values():
                if row["doc_id"] in doc_ids and row["outcome"] != "withdrawn":
                    told = {**row, "withdrawn": row["decision_id"] in taken_back}
                    found.setdefault(row["doc_id"], []).append(told)
        for rows in found.values():
            rows.sort(key=lambda row: int(row["sequence"]))
        return found

    def forget_states(self) -> None:
        """Match decisions anew, with rows of newer tables."""
        with self._lock:
            self._states.clear()

    def state(self, target: Choice) -> State:
        """Return the state of an item."""
        if target.doc_id not in self._of:
            return State()
        with self._lock:
            states = self._states.get(target.doc_id)
            if states is None:
                matched = self.matcher.matched(self.rows_of(target.doc_id), self.standing([target.doc_id]))
                states = self._states[target.doc_id] = {key_of(row): _state(row) for row in matched}
        return states.get(place_of(target), State())

    def decide(
        self,
        targets: Sequence[Choice],
        outcome: str,
        reason: str = "",
        corrected_label: str = "",
        corrected_span: tuple[int, int] | None = None,
        decision_id: str = "",
    ) -> set[str]:
        """Record a decision on some items, all or none, and return their documents.

        Args:
            targets: What is decided on, each once, with what the row says.
            outcome: In any words of `storage.decisions.words`.
            reason: In the reviewer's words.
            corrected_label: What it should have said.
            corrected_span: Where it should have stood.
            decision_id: 32 digits by which a request that comes twice is known.

        Raises:
            UsageError: It is wrong.
            OutputError: The tables can only be read.
            RunError: It could not be written.
        """
        start, end = corrected_span or (None, None)
        choices = [
            replace(
                target,
                outcome=outcome,
                reason=reason or None,
                corrected_label=corrected_label or None,
                corrected_start=start,
                corrected_end=end,
                decision_id=decision_id if not n and decision_id else uuid.uuid4().hex,
            )
            for n, target in enumerate(targets)
        ]
        self.record(choices)
        return {target.doc_id for target in targets}

    def record(self, choices: Sequence[Choice]) -> None:
        """Record what is decided, or said of documents; raises what `decide` does."""
        if self.read_only:
            raise OutputError(self.read_only)
        recorded = decide(self.out, choices, self.reviewer)
        with self._lock:
            added = [row.decision_id for row in recorded if row.added]
            if added:
                self._undo.setdefault(self.reviewer, []).append(added)
            self.refresh()

    def undo(self) -> list[dict[str, Any]]:
        """Withdraw the reviewer's latest decision in this process, and return its rows."""
        with self._lock:
            mine, latest = self._undo.get(self.reviewer, []), []
            self.refresh()  # of documents that were forgotten nothing is left to take back
            while mine and not (latest := [one for one in mine[-1] if one in self._rows]):
                mine.pop()
            if not latest:
                return []
            withdraw(self.out, latest, self.reviewer)
            mine.pop()
            self.refresh()
            return [self._rows[decision_id] for decision_id in latest]


def _state(row: Mapping[str, Any]) -> State:
    word = word_of(row["object"], row["decision"], row["label"], row["corrected_label"], row["decided_by"])
    corrected = row["corrected_label"] or ""
    if row["corrected_start"] is not None:
        corrected += f" characters {row['corrected_start']} to {row['corrected_end']}"
    return State(
        row["decision"],
        corrected.strip(),
        row["reason"] or "",
        tuple(row["agreed_by"]),
        row["decided_at"],
        row["state"] == "decided",
        labels.REOPENED.get(row["reopened_because"], ""),
        row["decision_id"],
        row["reviewer"],
        word,
    )
