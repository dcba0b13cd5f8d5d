"""Publish, re-run, retry, compact and forget under readers and kills; and how long a commit takes.

    python -m research.benchmarks.commits kills [--kills 100] [--save]
    python -m research.benchmarks.commits seconds [--save]
    python -m research.benchmarks.commits rerun [--documents 100000] [--save]

The rows are made here and published as a batch does, without models, so that a thousand commits take minutes.
A writer is killed at random moments while three readers look: one lists the folders with DuckDB, two go by
the manifest. Every run replaces the same documents and gives all of them its number as `risk`, so a reader
who sees two numbers sees half a run, and one who counts others than all of them sees documents doubled or
missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docassay.schemas.rows import DocumentRow, Flag, Reject, Segment
from docassay.schemas.runs import Run, Stamp
from docassay.storage.maintain.compact import compact
from docassay.storage.maintain.forget import forget
from docassay.storage.tables.manifest import current, table_files
from docassay.storage.tables.parquet import write_table
from docassay.storage.tables.write import STAGING, Written, arrow
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.publish import publish
from docassay.storage.transaction.transaction import Transaction, recover
from research.benchmarks import report
from research.benchmarks.report import Figure
from tests.storage.runs import row_of_run

DOCUMENTS = 200
"""Documents that every run replaces."""

GROUPS = 4
"""Groups of files that a run writes them in."""

ABOUT = {"version": "0", "models": "", "rules": ""}


def rows_of(names: Sequence[int], risk: float) -> dict[str, list[Any]]:
    """Make documents of two segments and a flag each."""
    tables: dict[str, list[Any]] = {"documents": [], "segments": [], "flags": []}
    for name in names:
        doc_id = hashlib.sha256(str(name).encode()).hexdigest()
        text = f"This is the text of document {name}."
        document: dict[str, Any] = {
            "doc_id": doc_id,
            "uri": f"in/{name}.txt",
            "parent_id": None,
            "domain": "legal",
        }
        document |= {"domain_probability": 1.0, "kind": "lease", "media_type": "text/plain", "language": "en"}
        document |= {"language_probability": 1.0, "title": None, "chars": len(text), "tokens": 8}
        document |= {"segments": 2, "event_time": None, "status": "flagged", "reasons": ("flag:odd",)}
        tables["documents"].append(DocumentRow(**document, risk=risk))
        tables["segments"] += [Segment(doc_id, n, 0, len(text), (), text, "en") for n in range(2)]
        flag: dict[str, Any] = {
            "code": "odd",
            "severity": "low",
            "probability": None,
            "start_char": 0,
            "end_char": 4,
        }
        flag |= {"evidence": "This", "why": "-", "source": "-", "decided_by": "rule"}
        tables["flags"].append(Flag(doc_id=doc_id, **flag))
    return tables


def put(out: Path, run_id: str, groups: Sequence[Sequence[int]], risk: float) -> Run:
    """Publish groups of documents, and a reject, as one run."""
    about, stamp = {**ABOUT, "run_id": run_id}, Stamp(run_id, datetime.now(UTC))
    written = []
    for number, names in enumerate(groups):
        tables = rows_of(names, risk)
        if not number:
            tables["rejects"] = [Reject(None, "in/empty.txt", "read", "empty", "-")]
        for table, rows in tables.items():
            path = f"{out}/{STAGING}/{run_id}/{table}/g{number}.parquet"
            write_table(arrow(table, rows, stamp), path, about)
        written.append(Written(f"g{number}.parquet", {table: len(rows) for table, rows in tables.items()}))

    return publish(str(out), run_id, written, about, row_of_run(about, {"inputs": []}))


def write_for_ever(out: Path, seed: int) -> None:
    """Replace the documents over and over, and compact, retry and forget in between; until killed."""
    chance = random.Random(seed)
    name = f"{seed:06d}"
    for turn in range(10_000):
        run_id = f"r{name}-{turn}"
        with writer_lock(str(out)):
            recover(str(out))
            what = chance.choice(["run", "run", "run", "retry", "compact", "forget"])
            if what == "compact":
                compact(str(out), run_id)
            elif what == "forget":
                extra = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(1000, 1010)]
                forget(str(out), extra, {**ABOUT, "run_id": run_id}, "it is an experiment")
            elif what == "retry":
                put(out, run_id, [[*range(1000, 1010)]], -1.0)
            else:
                names = list(range(DOCUMENTS))
                chance.shuffle(names)
                put(out, run_id, [names[n::GROUPS] for n in range(GROUPS)], float(seed * 10_000 + turn))
        print(what, flush=True)


def read_for_ever(out: Path, how: str) -> None:
    """Read all tables over and over, and print what was wrong; until killed."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    counts: Counter[str] = Counter()

    def files(table: str, state: dict[str, list[str]] | None) -> str:
        if state is None:
            return f"'{out}/{table}/*.parquet'"
        return "[" + ", ".join("'" + path + "'" for path in state[table]) + "]"

    while True:
        state = None if how == "glob" else table_files(str(out))
        try:
            documents = connection.execute(
                f"select count(*), count(distinct doc_id), count(distinct risk)"
                f" from read_parquet({files('documents', state)}) where risk >= 0"
            ).fetchone()
            both = connection.execute(
                f"select count(*) from read_parquet({files('segments', state)}) s"
                f" join read_parquet({files('documents', state)}) d using (doc_id) where d.risk >= 0"
            ).fetchone()
        except duckdb.Error as error:
            # DuckDB leaves out what goes between its listing and its look at each file.
            gone = any(words in str(error) for words in ("No such file", "does not exist", "No files found"))
            told = "file gone" if gone else f"error {error}"
        else:
            assert documents is not None and both is not None
            told = "right"
            if documents[1] != DOCUMENTS:
                told = f"missing {DOCUMENTS - documents[1]}"
            elif documents[0] != DOCUMENTS:
                told = f"doubled {documents[0] - DOCUMENTS}"
            elif how != "glob" and documents[2] != 1:
                told = f"half a run: {documents[2]} of them"
            elif how != "glob" and both[0] != 2 * DOCUMENTS:
                told = f"segments {both[0]}"
        counts[told] += 1
        print(json.dumps(counts), flush=True)


def kills(number: int) -> tuple[list[Figure], dict[str, Any]]:
    """Kill a writer so often while three readers look."""
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "tables")
        put(out, "r0", [list(range(DOCUMENTS))], 0.0)
        put(out, "r1", [[*range(1000, 1010)]], -1.0)
        command = [sys.executable, "-m", "research.benchmarks.commits"]
        logs = [Path(folder, f"reader-{n}") for n in range(3)]
        hows = ["glob", "manifest", "manifest"]
        readers = []
        for how, log in zip(hows, logs, strict=True):
            with log.open("wb") as file:
                readers.append(subprocess.Popen([*command, "reader", str(out), how], stdout=file))
        done: Counter[str] = Counter()
        for kill in range(number):
            writer = subprocess.Popen([*command, "writer", str(out), str(kill + 1)], stdout=subprocess.PIPE)
            assert writer.stdout is not None
            done.update(writer.stdout.readline().decode().split())  # it is at work
            time.sleep(chance.random() * 3.0)
            writer.send_signal(signal.SIGKILL)
            done.update(writer.stdout.read().decode().split())
            writer.wait()
            print(f"{kill + 1} of {number} killed; commits {dict(done)}", flush=True)
        for reader in readers:
            reader.kill()
            reader.wait()
        with writer_lock(str(out)):
            recover(str(out))
        seen = [json.loads(log.read_text().splitlines()[-1]) for log in logs]
    by_glob, by_manifest = Counter(seen[0]), Counter(seen[1]) + Counter(seen[2])
    figures = []
    for what, counts in (("folders listed", by_glob), ("by manifest", by_manifest)):
        reads, right, gone = sum(counts.values()), counts["right"], counts["file gone"]
        told = f"{reads:,} reads: {right:,} right, {gone:,} told that a file is gone"
        told += f", {reads - right - gone:,} wrong"
        figures.append(report.figure(f"{number} kills of a writer, {what}", told, "none wrong"))
    return figures, {"kills": number, "commits": dict(done), "by_glob": by_glob, "by_manifest": by_manifest}


def seconds() -> tuple[list[Figure], dict[str, Any]]:
    """Time one commit with 10, 1,000 and 10,000 files a table: a group that comes, one that is replaced."""
    figures, details = [], {}
    for files in (10, 1_000, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "tables")
            put(out, "r0", [[1]], 0.0)
            state = current(str(out))
            assert state is not None
            for table in ("documents", "segments", "flags"):
                (name,) = state.files[table]
                for n in range(files - 1):
                    os.link(out / state.files[table][name].path, out / table / f"x{n:05d}-00000.parquet")
            for manifest in (out / "_manifests").iterdir():
                manifest.unlink()
            put(out, "r1", [[2]], 0.0)  # adopts them
            came = min(_timed(out, f"c{n}", []) for n in range(5))
            replaced = min(_timed(out, f"d{n}", [f"x{n:05d}-00000.parquet"]) for n in range(5))
        told = f"{came * 1000:,.0f} ms for a new group, {replaced * 1000:,.0f} ms for a replaced one"
        figures.append(report.figure(f"commit with {files:,} files in each of three tables", told))
        details[str(files)] = {"added": came, "replaced": replaced}
        print(f"{files:,} files: {told}", flush=True)
    return figures, details


def _timed(out: Path, run_id: str, replaced: Sequence[str]) -> float:
    """Commit one group, and take away groups of these names."""
    tables, stamp = rows_of([random.randrange(10**9)], 0.0), Stamp(run_id, datetime.now(UTC))
    transaction = Transaction(str(out), run_id)
    for table, rows in tables.items():
        path = f"{transaction.folder}/{table}/g.parquet"
        write_table(arrow(table, rows, stamp), path, {**ABOUT, "run_id": run_id})
        transaction.stage(f"{table}/g.parquet", f"{table}/{run_id}-g.parquet", len(rows))
    transaction.remove(f"{table}/{name}" for table in tables for name in replaced)
    began = time.perf_counter()
    transaction.commit()
    return time.perf_counter() - began


def rerun(documents: int) -> tuple[list[Figure], dict[str, Any]]:
    """Read one document in a hundred again: stored together, and spread over all groups."""
    figures, details = [], {}
    groups = [list(range(n, min(n + 500, documents))) for n in range(0, documents, 500)]
    share = documents // 100
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "tables")
        put(out, "r0", groups, 0.0)
        for what, names in (
            ("stored together", list(range(share))),
            ("spread over all groups", list(range(50, documents, 100))),
        ):
            before = {stat.st_ino: stat.st_size for stat in map(Path.stat, out.glob("*/*.parquet"))}
            began, cpu = time.perf_counter(), time.process_time()
            put(out, f"r-{what.split()[0]}", [names], 1.0)
            wall, used = time.perf_counter() - began, time.process_time() - cpu
            after = {stat.st_ino: stat.st_size for stat in map(Path.stat, out.glob("*/*.parquet"))}
            size, whole = sum(after[new] for new in after.keys() - before.keys()), sum(before.values())
            told = (
                f"{wall:.1f} s ({used:.1f} s of processor), {size / 1e6:.1f} of {whole / 1e6:.1f} MB written"
            )
            figures.append(report.figure(f"1 % of {documents:,} documents read again, {what}", told))
            details[what] = {"seconds": wall, "cpu": used, "bytes": size, "all_bytes": whole}
            print(f"{what}: {told}", flush=True)
    return figures, details


def main() -> None:
    """Run one part, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.commits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=[*(parts := _parts()), "writer", "reader"])
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument(
        "--save", action="store_true", help="write research/benchmarks/results/commits_WHAT.json"
    )
    options = parser.parse_args()
    if options.what == "writer":
        write_for_ever(Path(options.rest[0]), int(options.rest[1]))
    if options.what == "reader":
        read_for_ever(Path(options.rest[0]), options.rest[1])
    figures, details = parts[options.what](options)
    details["commit"] = report.commit(Path(__file__).parent)
    if options.save:
        report.save(f"commits_{options.what}", figures, details, f"commits {options.what} --save")
    else:
        report.show("commits", ["figure", "value"], [[f["what"], f["value"]] for f in figures])


def _parts() -> dict[str, Callable[[argparse.Namespace], tuple[list[Figure], dict[str, Any]]]]:
    return {
        "kills": lambda options: kills(options.kills),
        "seconds": lambda _: seconds(),
        "rerun": lambda options: rerun(options.documents),
    }


if __name__ == "__main__":
    main()
