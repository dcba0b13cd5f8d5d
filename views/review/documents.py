"""Documents under review: what can be decided in them, what is still open, and those kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from itertools import takewhile
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from docassay.schemas.decisions import Outcome
from docassay.schemas.pages import Box
from docassay.schemas.rows import TABLES, Result
from docassay.storage.decisions.choice import Choice
from docassay.storage.decisions.fact_values import fact_label
from docassay.storage.decisions.targets import labels_for
from docassay.views import labels
from docassay.views.decided_facts import Decided, with_decided
from docassay.views.entries import Entry, Span, spans
from docassay.views.facts import headlines
from docassay.views.page import Page
from docassay.views.review.ledger import Ledger
from docassay.views.review.matched import Rows
from docassay.views.review.remarks import MINE, NOTED, UNASSIGNED
from docassay.views.review.snapshot import ALL, DECIDED, NOT_CHECKED, Filters, Snapshot
from docassay.views.text_from_rows import text_of

Made = TypeVar("Made")


class Reviewed:
    """A document of a snapshot."""

    def __init__(self, snapshot: Snapshot, doc_id: str) -> None:
        """Read its rows.

        Raises:
            KeyError: The snapshot has no such document.
        """
        rows = {
            table: snapshot.rows(table, doc_id)
            for table in TABLES
            if table not in ("rejects", "runs", "decisions")
        }
        if not rows["documents"]:
            raise KeyError(doc_id)
        self.snapshot, self.doc_id = snapshot, doc_id
        self._decided: dict[int, Decided] = {}
        self.result = result_of(rows)
        self.page = Page(self.result)
        self.spans = spans(self.result, self.page.pieces)
        self.items = dict(self._items(rows))

    def _items(self, rows: dict[str, list[dict[str, Any]]]) -> Iterable[tuple[str, Choice]]:
        result, document = self.result, self.result.document
        said: dict[str, Any]

        def target(table: str, n: int, of: str, code: str, at: Any, **said: Any) -> Choice:
            run_id = str(rows[table][n]["run_id"])
            return Choice(self.doc_id, of, code, "", at.start_char, at.end_char, run_id=run_id, **said)

        yield "d0", kind_of(self.doc_id, document.domain, document.kind, rows["documents"][0]["run_id"])
        for n, flag in enumerate(result.flags):
            said = {"evidence": flag.evidence, "decided_by": flag.decided_by}
            yield f"f{n}", target("flags", n, "flag", flag.code, flag, **said)
        for n, row in enumerate(result.findings):
            said = {"evidence": row.evidence, "label": row.verdict, "decided_by": row.decided_by}
            yield f"c{n}", target("findings", n, "finding", row.check_id, row, **said)
        segments = {segment.segment: segment for segment in result.segments}
        for n, label in enumerate(result.classifications):
            at = segments[label.segment]
            said = {"evidence": at.text, "label": label.label, "decided_by": label.model}
            yield (
                f"l{n}",
                target("classifications", n, "label", label.task, at, segment=label.segment, **said),
            )
        for n, entity in enumerate(result.entities):
            said = {"evidence": entity.text, "label": entity.label, "decided_by": entity.model}
            yield (
                f"e{n}",
                target("entities", n, "entity", entity.label, entity, segment=entity.segment, **said),
            )
        run_ids = {row["ordinal"]: str(row["run_id"]) for row in rows["facts"]}
        for fact in result.facts:
            value = fact_label(fact.value, fact.normalised, fact.currency)
            said = {"evidence": fact.value, "label": value, "decided_by": fact.decided_by}
            place = fact.start_char, fact.end_char
            run_id = run_ids[fact.ordinal]
            yield (
                f"a{fact.ordinal}",
                Choice(self.doc_id, "fact", fact.name, "", *place, run_id=run_id, **said),
            )

    def take(self, ledger: Ledger) -> None:
        """Show facts as people decided on them, where that has changed."""
        decided: dict[int, Decided] = {}
        if any(row["object"] == "fact" for row in ledger.standing([self.doc_id])):
            for fact in self.result.facts:
                state = ledger.state(self.items[f"a{fact.ordinal}"])
                if state.settled:
                    decided[fact.ordinal] = cast(Outcome, state.outcome), state.corrected or None
        if decided != self._decided:
            self.page = Page(with_decided(self.result, decided) if decided else self.result)
            self.spans = spans(self.result, self.page.pieces)
            self._decided = decided

    @property
    def to_decide(self) -> list[str]:
        """List the items to decide: signs of fraud and open checks, else the kind."""
        listed = [entry.item for entry in self.page.entries if entry.section != "passed"]
        return listed or (["d0"] if self.result.document.status == "review" else [])

    @cached_property
    def grouped(self) -> dict[str, int]:
        """The items that open a group in which some rest on the same words as they, and how many."""
        opening = [entry.item for entry in self.page.entries if entry.opens and entry.alike > 1]
        words = {item: [self.items[one].evidence for one in self.group(item)] for item in opening}
        same = {item: some.count(some[0]) for item, some in words.items() if some[0] is not None}
        return {item: number for item, number in same.items() if number > 1}

    def group(self, item: str) -> list[str]:
        """List the items of the group that an item opens."""
        listed: list[Span | Entry] = [*(self.spans if item.startswith("e") else self.page.entries)]
        at = next((n for n, one in enumerate(listed) if one.item == item), len(listed))
        others = takewhile(lambda one: not one.opens, listed[at + 1 :])
        return [one.item for one in (*listed[at : at + 1], *others)]


def result_of(rows: dict[str, list[dict[str, Any]]]) -> Result:
    """Build a document from its rows; the text is rebuilt from the segments."""
    of = {table: [_row(TABLES[table], row) for row in some] for table, some in rows.items()}
    (document, *_) = of["documents"]
    segments = sorted(of["segments"], key=lambda row: row.segment)
    flags = sorted(of["flags"], key=lambda row: (row.start_char, row.end_char, row.code, row.decided_by))
    order = {id(row): n for n, row in enumerate(of["flags"])}
    rows["flags"][:] = [rows["flags"][order[id(row)]] for row in flags]
    text = text_of(document.chars, [*segments, *flags, *of["findings"], *of["entities"]])
    return Result(
        document,
        text,
        tuple(segments),
        tuple(of["classifications"]),
        tuple(flags),
        tuple(of["findings"]),
        tuple(of["translations"]),
        tuple(of["entities"]),
        tuple(sorted(of["facts"], key=lambda row: row.ordinal)),
    )


def _row(made_of: type, row: dict[str, Any]) -> Any:
    values = {field.name: row[field.name] for field in fields(made_of) if field.name in row}
    for name, value in values.items():
        if name == "boxes" and value is not None:
            values[name] = tuple(Box(**box) for box in value)
        elif isinstance(value, list):
            values[name] = tuple(value)
    return made_of(**values)


def kind_of(doc_id: str, domain: str, kind: str, run_id: str) -> Choice:
    """Make the item that is the kind of a document."""
    return Choice(doc_id, "document", "kind", "", run_id=run_id, label=f"{domain}.{kind}")


def choices_for(target: Choice, page: Page) -> list[tuple[str, str]]:
    """List possible corrections as pairs of value and display label."""
    of, code = target.object, target.code
    if of == "fact":  # which may have any value
        return []
    known = labels_for(of, code)
    if of == "document":
        return [
            (label, f"{labels.title(label.partition('.')[2])}, {label.partition('.')[0]}") for label in known
        ]
    if of == "finding":
        return [(label, labels.VERDICTS[label]) for label in known if label != target.label]
    if of == "label":
        known = (*known, *(row.label for row in page.result.classifications if row.task == code))
    if of == "entity":
        known = (*known, *(row.label for row in page.result.entities))
    now = code if of == "flag" else target.label
    return [(label, labels.title(label)) for label in sorted({*known} - {now})]


class Progress:
    """What is left to decide in the documents of a snapshot."""

    def __init__(self, snapshot: Snapshot, ledger: Ledger) -> None:
        """Count, and order the queue by what counts; only documents with decisions are read."""
        self.snapshot, self.ledger = snapshot, ledger
        self._lock = threading.Lock()
        self._facts: dict[str, list[dict[str, Any]]] = {}  # after decisions, of documents with some on them
        self.count(ledger.documents())
        snapshot.order_anew()

    @property
    def left(self) -> NDArray[np.int64]:
        """The number of open items in each document."""
        return self.snapshot.left

    def count(self, doc_ids: Iterable[str]) -> None:
        """Take what counts of documents with new decisions."""
        known = [doc_id for doc_id in doc_ids if doc_id in self.snapshot.place]
        if not known:
            return
        with self._lock:
            of_one = self.ledger.rows_of(known[0]) if len(known) == 1 else None
            rows = of_one or self.snapshot.tables_of(known, ("documents", "flags", "findings"))
            decisions = self.ledger.standing(known)
            self.snapshot.change(self.ledger.matcher.queued(rows, decisions))
            self._correct(known, decisions, of_one)

    def _correct(
        self, doc_ids: Sequence[str], decisions: Sequence[dict[str, Any]], rows: Rows | None
    ) -> None:
        """Take the facts of documents with decisions on some, from `rows` where these are given."""
        corrected = {row["doc_id"] for row in decisions if row["object"] == "fact"}
        new: dict[str, list[dict[str, Any]]] = {doc_id: [] for doc_id in corrected}
        if corrected:
            rows = rows or self.snapshot.tables_of([*corrected], ("documents", "facts"))
            on_them = [row for row in decisions if row["doc_id"] in corrected]
            for fact in self.ledger.matcher.facts(rows, on_them):
                new[fact["doc_id"]].append(fact)
        gone = {*doc_ids} - corrected
        self._facts = {of: facts for of, facts in self._facts.items() if of not in gone} | new

    def headlines(self, doc_ids: Sequence[str]) -> dict[str, str]:
        """Name documents by what they state, after decisions; see `Snapshot.headlines`."""
        corrected = self._facts
        named = self.snapshot.headlines([doc_id for doc_id in doc_ids if doc_id not in corrected])
        return named | headlines(fact for doc_id in doc_ids for fact in corrected.get(doc_id, ()))

    def matching(self, filters: Filters) -> NDArray[np.int64]:
        """Return the positions of the documents that match a filter, of whatever state."""
        remarks, of_tables = self.ledger.remarks, replace(filters, assigned="")
        if filters.verdict == NOTED:
            of_tables = replace(of_tables, verdict="")
        positions = self.snapshot.matching(of_tables)
        if filters.fact and self._facts:
            corrected = self._facts
            stating = [
                of for of, facts in corrected.items() if any(_states(one, filters.fact) for one in facts)
            ]
            others = np.setdiff1d(positions, self._places(corrected), assume_unique=True)
            either = self.snapshot.matching(replace(of_tables, fact=""))
            positions = np.union1d(others, np.intersect1d(either, self._places(stating), assume_unique=True))
        if filters.verdict == NOTED:
            positions = np.intersect1d(positions, self._places(remarks.noted()), assume_unique=True)
        if filters.assigned == UNASSIGNED:
            return np.setdiff1d(positions, self._places(remarks.assigned()), assume_unique=True)
        if filters.assigned:
            name = self.ledger.reviewer if filters.assigned == MINE else filters.assigned
            positions = np.intersect1d(positions, self._places(remarks.assigned(name)), assume_unique=True)
        return positions

    def _places(self, doc_ids: Iterable[str]) -> NDArray[np.int64]:
        place = self.snapshot.place
        return np.array([place[doc_id] for doc_id in doc_ids if doc_id in place], np.int64)

    def shown(self, filters: Filters) -> NDArray[np.int64]:
        """Return the positions of the documents that match a filter."""
        positions = self.matching(filters)
        if filters.show == ALL:
            return positions
        if filters.show == NOT_CHECKED:
            status = np.asarray(self.snapshot.queue["decided_status"].to_pylist(), dtype=object)
            not_checked: NDArray[np.int64] = positions[status[positions] == NOT_CHECKED]
            return not_checked
        left = self.left[positions] > 0
        chosen: NDArray[np.int64] = positions[left]
        if filters.show == DECIDED:
            chosen = positions[~left & (self.snapshot.items[positions] > 0)]
        return chosen

    @property
    def totals(self) -> tuple[int, int]:
        """Return the number of decided items and of all."""
        total = int(self.snapshot.items.sum())
        return total - int(self.left.sum()), total


def _states(fact: Mapping[str, Any], asked: str) -> bool:
    """Whether a fact is what a filter asks for, as the snapshot's query finds those without decisions."""
    value = fact["normalised"] or fact["value"]
    return asked == value or (not fact["abstained"] and asked == f"{fact['name']}={value}")


class LruCache(Generic[Made]):
    """Cache of one value per document; the least recently used is evicted."""

    def __init__(self, most: int) -> None:
        """Evict beyond `most` entries."""
        self._most = most
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}

    def get(self, doc_id: str, make: Callable[[], Made]) -> Made:
        """Return the value of a document, computing it if missing.

        Threads that ask for the same document wait for one computation; others are not blocked.
        """
        with self._lock:
            making = self._making.setdefault(doc_id, threading.Lock())
        with making:
            try:
                with self._lock:
                    if doc_id in self._made:
                        self._made.move_to_end(doc_id)
                        return self._made[doc_id]
                made = make()
                with self._lock:
                    self._made[doc_id] = made
                    while len(self._made) > self._most:
                        self._made.popitem(last=False)
                return made
            finally:
                with self._lock:
                    self._making.pop(doc_id, None)

    def entries(self) -> dict[str, Made]:
        """Return a copy of all entries."""
        with self._lock:
            return dict(self._made)
