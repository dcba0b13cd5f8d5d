"""Verify: read every file of the tables, and name what is damaged, missing, doubled, orphaned or left over.

Nothing is changed; `maintain.quarantine` sets aside what this names. Files are read a piece at a time, every
column of them, so that each page's checksum is compared, and their digest with that in the manifest. Held in
memory are 32 bytes a document, and of one file at a time 8 bytes a row.

What has to be there is told by `runs`: a run counts the rows that it publishes, and those of other runs that
it removes (`storage.tables.runs.with_removed`).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.errors import DamagedError, VersionError
from docassay.storage.decisions.chain import Chain, Head
from docassay.storage.maintain.layout import QUARANTINES, Fault, Layout, compare, left_over
from docassay.storage.tables.parquet import read_table, scan
from docassay.storage.tables.runs import removed_by, rows_by_run
from docassay.storage.tables.write import GROUPED, OF_RUNS, UNGROUPED
from docassay.storage.transaction.locks import commit_lock

KINDS = {
    "damaged": "a file cannot be read, a page or its digest does not match, or columns differ",
    "version": "a file is of another version of the tables",
    "missing": "a file that its group or a table lacks, or rows that `runs` counts but that are not there",
    "doubled": "rows with the same key, or a document in two files",
    "orphaned": "rows of a document that the file of the same name in `documents` does not have",
    "chain": "a decision was changed, moved, inserted, or is gone",
    "left_over": "what a killed run left behind: a journal, pending files, temporary names",
    "foreign": "a file or folder that is not docassay's",
}
"""Every kind of fault, and what it means."""

KEYS = {
    "documents": ("doc_id",),
    "segments": ("doc_id", "segment"),
    "classifications": ("doc_id", "segment", "task", "label"),
    "entities": ("doc_id", "start_char", "end_char", "label"),
    "facts": ("doc_id", "ordinal"),
    "flags": ("doc_id", "code", "start_char", "end_char", "decided_by"),
    "findings": ("doc_id", "check_id", "start_char"),
    "translations": ("doc_id", "segment"),
    "runs": ("run_id",),
    "decisions": ("decision_id",),
}
"""What tells the rows of a table apart. `rejects` has none: an input that was named thrice has two alike."""


@dataclass(slots=True)
class Report:
    """What was found, and what it takes to mend it.

    Attributes:
        out: The output folder.
        faults: All faults, by path.
        files: Number of files read.
        rows: Number of rows in those that are whole.
        groups: Names of the groups that cannot stay.
        alone: Files of no group that cannot stay, as ``TABLE/NAME``.
        doc_ids: Documents to read again, which the tables have.
        of_runs: Runs whose documents are to be read again.
        inputs_of: Runs whose inputs are to be read again, since it is not known which documents are lost.
        present: Rows by run and table, of each file that is whole, by ``TABLE/NAME``.
        options: The options that each run was started with, by its id.
        run_files: The files of `runs` that have the row of a run; more than one is a fault.
        expected: Rows that must be there, by run and table: published, and not removed by a later run.
        unknown_runs: Runs whose rows are there, and whose row of `runs` is not.
        pending: A killed run has published in part; what belongs together was not checked.
        layout: What the manifest says of the files.
        head: The last decision, where the chain of decisions holds.
    """

    out: str
    faults: list[Fault] = field(default_factory=list)
    files: int = 0
    rows: int = 0
    groups: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    doc_ids: set[str] = field(default_factory=set)
    of_runs: set[str] = field(default_factory=set)
    inputs_of: set[str] = field(default_factory=set)
    present: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    options: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    run_files: dict[str, list[str]] = field(default_factory=dict)
    expected: dict[tuple[str, str], int] = field(default_factory=dict)
    unknown_runs: set[str] = field(default_factory=set)
    pending: bool = False
    layout: Layout = field(default_factory=Layout)
    head: Head = field(default_factory=Head)


def verify(out: str) -> Report:
    """Read all tables in a folder and report what is wrong with them; must be called while nobody writes.

    Args:
        out: The output folder, any path of Beam's file systems.
    """
    with commit_lock(out, reads=True):  # people may decide meanwhile, but not while this much is read
        inspection = _Inspection(out)
    return inspection.run()


class _Inspection:
    """One look at a folder."""

    def __init__(self, out: str) -> None:
        layout = compare(out)
        self.report = Report(out, layout=layout)
        self.paths = layout.paths
        self._doc_ids: list[np.ndarray] = []
        self._without_segments: set[str] = set()  # documents of which a segment was rejected
        self._lost: Counter[tuple[str, str]] = Counter()  # rows of damaged files that could still be counted
        self._unsound: set[str] = set()  # tables
        self._nameless: set[str] = set()  # groups whose documents cannot be told any more
        self._left = list(left_over(out))
        self._chain = Chain()
        for name in self.paths["decisions"]:
            self._table("decisions", name, self._chain.follow)

    def run(self) -> Report:
        self.report.faults += self._left
        self.report.pending = any(f.kind == "left_over" and f.path.endswith(".json") for f in self._left)
        for fault in () if self.report.pending else self.report.layout.faults:
            self.report.faults.append(fault)
            if fault.path in self.report.layout.gone:
                self._unsound.add(fault.path.split("/")[0])
                self._cannot_stay(*fault.path.split("/", 1))
        for name in self.paths["runs"]:
            self._table("runs", name)
        self._read_runs()
        # Every batch leaves a file of each table that its release has; a stream of those that it has rows of.
        if any("inputs" in options for options in self.report.options.values()):
            had = {"runs", *(table for _, table in self.report.expected)}
            for table in (table for table in OF_RUNS if table in had and not self.paths[table]):
                self._fault(
                    "missing", table, "it has no file, so no query finds it", "the next run writes one"
                )
        for name in self.paths["rejects"]:
            self._table("rejects", name, self._note_rejects)
        receipts = [o for o in self.report.options.values() if o.get("command") == "forget"]
        forgotten = {doc_id for options in receipts for doc_id in options["doc_ids"]}
        for detail in self._chain.faults(self.report.layout.commits, forgotten):
            remedy = "restore the file from a copy of the tables; it cannot be repaired here"
            self._fault("chain", "decisions", detail, remedy)
        for name in sorted({name for table in GROUPED for name in self.paths[table]}):
            self._group(name)
        if not self.report.pending:
            self._documents_in_two_files()
            self._runs_twice()
            self._balance()
        if not any(fault.path.split("/")[0] == "decisions" for fault in self.report.faults):
            self.report.head = self._chain.head
        self.report.faults.sort(key=lambda fault: (fault.path, fault.kind, fault.detail))
        return self.report

    def _read_runs(self) -> None:
        """Read what runs say that they have put into the tables, and have taken out of them."""
        removed: Counter[tuple[str, str]] = Counter()
        expected: dict[tuple[str, str], int] = {}
        for name, path in self.paths["runs"].items():
            columns = ["run_id", "options", "table_rows", "counts"]
            for row in read_table("runs", path, columns).to_pylist() if self._whole("runs", name) else ():
                run_id = row["run_id"]
                if run_id not in self.report.options:
                    removed.update(removed_by(json.loads(row["counts"])))
                self.report.options[run_id] = json.loads(row["options"])
                published = json.loads(row["table_rows"])
                expected.update({(run_id, table): number for table, number in published.items()})
                self.report.run_files.setdefault(run_id, []).append(name)
        self._noted = {run_id for run_id, table in removed if table == "runs"}  # their row is lost
        self.report.expected = {key: number - removed[key] for key, number in expected.items()}

    def _fault(self, kind: str, path: str, detail: str, remedy: str = "") -> None:
        remedy = remedy or QUARANTINES.format(out=self.report.out)
        self.report.faults.append(Fault(kind, path, detail, remedy))

    def _whole(self, table: str, name: str) -> bool:
        return f"{table}/{name}" in self.report.present

    def _table(self, table: str, name: str, visit: Callable[[pa.RecordBatch], None] | None = None) -> int:
        """Read a file to its end; give its rows, or -1 where it is damaged or of another version."""
        path = self.paths[table][name]
        counts: Counter[tuple[str, str]] = Counter()
        hashes = []
        self.report.files += 1
        try:
            for batch in scan(table, path):
                counts.update(rows_by_run(table, batch.column("run_id")))
                if table in KEYS:
                    hashes.append(_hashes(table, batch))
                if visit is not None:
                    visit(batch)
        except VersionError as error:
            self._unsound.add(table)
            detail, _, remedy = str(error).removeprefix(f"{path}: ").partition("; ")
            self._fault("version", f"{table}/{name}", detail, remedy)
            return -1
        except DamagedError as error:
            detail = str(error).removeprefix(f"{path} ").partition("; to see all")[0]
            self._damaged(table, name, detail)
            return -1
        if f"{table}/{name}" in self.report.layout.broken:
            self._damaged(table, name, "does not match its digest in the manifest, though it can be read")
            return -1
        self.report.present[f"{table}/{name}"] = counts
        self.report.rows += counts.total()
        if hashes and not self.report.pending:
            self._doubled(table, name, np.concatenate(hashes))
        return counts.total()

    def _damaged(self, table: str, name: str, detail: str) -> None:
        self._unsound.add(table)
        self._fault("damaged", f"{table}/{name}", detail)
        self._cannot_stay(table, name)

    def _cannot_stay(self, table: str, name: str) -> None:
        if table in UNGROUPED:
            self.report.alone.add(f"{table}/{name}")
        else:
            self.report.groups.add(name)
        if table == "rejects":
            self.report.inputs_of |= self._runs_named_by(name)
        if table == "documents":
            self._salvage(name)

    def _salvage(self, name: str) -> None:
        """Count the documents of a damaged file, if only other columns are damaged than those counted."""
        try:
            path = self.paths["documents"].get(name, f"{self.report.out}/documents/{name}")
            for batch in scan("documents", path, ["uri", "run_id"]):
                self._lost.update(rows_by_run("documents", batch.column("run_id")))
        except (DamagedError, VersionError):
            self._nameless.add(name)

    def _runs_named_by(self, name: str) -> set[str]:
        """Give the run whose name a file has, if `runs` knows it; all, where the file is a merged one."""
        run_id = name.rpartition("-")[0]
        runs = set(self.report.options)
        return {run_id} & runs or runs

    def _note_rejects(self, batch: pa.RecordBatch) -> None:
        rejected = batch.filter(pc.equal(batch.column("table_name"), "segments"))
        self._without_segments.update(rejected.column("doc_id").to_pylist())

    def _group(self, name: str) -> None:
        """Check the files of one name: the rows of the same documents, in all tables."""
        doc_ids: list[pa.Array] = []
        segments = [0]

        def note_documents(batch: pa.RecordBatch) -> None:
            doc_ids.append(batch.column("doc_id"))
            segments[0] += pc.sum(batch.column("segments")).as_py() or 0

        known: pa.ChunkedArray | None = None
        if name in self.paths["documents"] and self._table("documents", name, note_documents) >= 0:
            known = pa.chunked_array(doc_ids, pa.string())
            self._doc_ids.append(np.array([doc_id[:32] for doc_id in known.to_pylist()], "S32"))
        rows = {
            table: self._dependent(table, name, known) for table in GROUPED[1:] if name in self.paths[table]
        }
        if name in self._nameless:
            siblings = [
                self.report.present[f"{table}/{name}"] for table, number in rows.items() if number >= 0
            ]
            runs = {run_id for counts in siblings for run_id, _ in counts} & set(self.report.options)
            self.report.inputs_of |= runs or self._runs_named_by(name)
        if self.report.pending:
            return
        if name not in self.paths["documents"] and (holding := [t for t, n in rows.items() if n > 0]):
            detail = f"there are rows of its group in {', '.join(holding)}"
            self._fault("missing", f"documents/{name}", detail)
            self.report.groups.add(name)
        found = rows.get("segments", 0)
        if (
            known is not None
            and 0 <= found < segments[0]
            and self._without_segments.isdisjoint(known.to_pylist())
        ):
            detail = f"documents/{name} counts {segments[0]:,} rows, but {found:,} are there"
            self._fault("missing", f"segments/{name}", detail)
            self.report.groups.add(name)
            runs = {run_id for run_id, _ in self.report.present[f"documents/{name}"]}
            if len(runs) == 1:
                self._lost[runs.pop(), "segments"] += segments[0] - found

    def _dependent(self, table: str, name: str, known: pa.ChunkedArray | None) -> int:
        orphans = [0]

        def count_orphans(batch: pa.RecordBatch) -> None:
            if known is not None:
                orphans[0] += (
                    pc.sum(pc.invert(pc.is_in(batch.column("doc_id"), value_set=known))).as_py() or 0
                )

        rows = self._table(table, name, count_orphans)
        if orphans[0] and rows >= 0 and not self.report.pending:
            detail = f"{orphans[0]:,} rows of documents that documents/{name} does not have"
            self._fault("orphaned", f"{table}/{name}", detail)
            self.report.groups.add(name)
        return rows

    def _doubled(self, table: str, name: str, hashes: np.ndarray) -> None:
        """Name rows of one file that have the same key; hashes tell which may be."""
        values, counts = np.unique(hashes, return_counts=True)
        suspects = values[counts > 1]
        if not len(suspects):
            return
        keys: Counter[tuple[object, ...]] = Counter()
        for batch in scan(table, self.paths[table][name], KEYS[table]):
            mask = pa.array(np.isin(_hashes(table, batch), suspects, kind="sort"))
            columns = [batch.column(column).filter(mask).to_pylist() for column in KEYS[table]]
            keys.update(zip(*columns, strict=True))
        doubled = [key for key, number in keys.items() if number > 1]
        if doubled:
            detail = f"{len(doubled):,} keys ({', '.join(KEYS[table])}) have more than one row"
            self._fault("doubled", f"{table}/{name}", detail)
            if table != "runs":
                self.report.doc_ids.update(str(key[0]) for key in doubled)

    def _documents_in_two_files(self) -> None:
        values, counts = np.unique(np.concatenate([np.array([], "S32"), *self._doc_ids]), return_counts=True)
        suspects = set(values[counts > 1].tolist())
        first: dict[str, str] = {}
        pairs: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name in [name for name in self.paths["documents"] if suspects and self._whole("documents", name)]:
            for batch in scan("documents", self.paths["documents"][name], ["doc_id"]):
                for doc_id in batch.column("doc_id").to_pylist():
                    if doc_id[:32].encode() in suspects and first.setdefault(doc_id, name) != name:
                        pairs[name, first[doc_id]].add(doc_id)
        for (name, other), doc_ids in pairs.items():
            detail = f"{len(doc_ids):,} documents are in documents/{other}, too"
            self._fault("doubled", f"documents/{name}", detail)
            self.report.doc_ids |= doc_ids

    def _runs_twice(self) -> None:
        for run_id, names in self.report.run_files.items():
            for name in names[1:]:
                self._fault("doubled", f"runs/{name}", f"the row of {run_id} is in runs/{names[0]}, too")
                self.report.alone.add(f"runs/{name}")

    def _balance(self) -> None:
        """Compare the rows of each run with what `runs` says that it has published."""
        found: Counter[tuple[str, str]] = Counter()
        for counts in self.report.present.values():
            found.update(counts)
        for (run_id, table), expected in sorted(self.report.expected.items()):
            there = found[run_id, table]
            missing = expected - there - self._lost[run_id, table]
            if missing > 0 and (table == "documents" or table not in self._unsound):
                self._missing(run_id, table, expected, there)
            elif missing < 0 and table == "rejects" and "source" not in self.report.options[run_id]:
                detail = f"run {run_id} counts {expected:,} rows in {table}, and {there:,} are there"
                self._fault("doubled", table, detail)
                self.report.inputs_of.add(run_id)
        known = self.report.options.keys() | self._noted
        for path, counts in self.report.present.items():
            table, _, name = path.partition("/")
            run_id = name.rpartition("-")[0]
            if (run_id, table) in counts and run_id not in known:
                self.report.unknown_runs.add(run_id)
        for run_id in sorted(self.report.unknown_runs):
            detail = f"there are rows of the run {run_id}; they may be whole, but its numbers are lost"
            self._fault("missing", f"runs/{run_id}-00000.parquet", detail)

    def _missing(self, run_id: str, table: str, expected: int, there: int) -> None:
        named = [name for name in self.paths["documents"] if name.startswith(f"{run_id}-")]
        lacking = [name for name in named if name not in self.paths[table]]
        path = f"{table}/{lacking[0]}" if len(lacking) == 1 else table
        detail = f"run {run_id} counts {expected:,} rows in {table}, and {there:,} are there"
        self._fault("missing", path, detail)
        (self.report.inputs_of if table in ("documents", "rejects") else self.report.of_runs).add(run_id)


def _hashes(table: str, batch: pa.RecordBatch) -> np.ndarray:
    """Hash the key of each row to 64 bits."""
    from pandas.util import hash_pandas_object

    columns = {
        name: pc.fill_null(column, -1) if pa.types.is_integer(column.type) else column
        for name in KEYS[table]
        for column in [batch.column(name)]
    }
    return np.asarray(hash_pandas_object(pa.table(columns).to_pandas(), index=False))
