"""Read a folder of hostile files by `docassay batch`, and compare what came out with what went in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from research.benchmarks import report
from research.benchmarks.real import rows_of

MOST_MEMORY = 1_500_000_000
"""Bytes that the process of a batch may hold at its peak."""

SECONDS = 3_600
"""A batch that takes longer is a failure."""

RUN = """
import os, resource, sys
from docassay.cli import app
try:
    app()
except SystemExit as end:
    code = end.code if isinstance(end.code, int) else 0
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, file=sys.stderr, flush=True)
os._exit(code)
"""
"""The command line in one process, which tells the most memory that it held."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a folder of files gave.

    Attributes:
        files: Files in it.
        inputs: Documents, attachments, lines and rows that were found in them, each place of the same bytes.
        documents: Those that became documents.
        reasons: Those that became rejects, by reason.
        readers: Rejects that a failure of a reader gave, by what it said.
        peak: Most memory that the process of the batch held, in bytes.
        seconds: Wall time.
        wrong: What broke a promise, one line each.
    """

    files: int
    inputs: int = 0
    documents: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    readers: Mapping[str, int] = field(default_factory=dict)
    peak: int = 0
    seconds: float = 0.0
    wrong: Sequence[str] = ()


def account(folder: Path, out: Path) -> Account:
    """Read all files below a folder, which must be given by an absolute path, to tables in `out`."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    command = [sys.executable, "-c", RUN, "batch", str(folder), "--out", str(out), "--workers", "1"]
    began = time.perf_counter()
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return Account(len(paths), seconds=SECONDS, wrong=[f"it took longer than {SECONDS} s"])
    seconds = time.perf_counter() - began
    peak = int(ran.stderr.rpartition("peak ")[2].split()[0]) if "peak " in ran.stderr else 0
    if ran.returncode:
        said = f"ended with {ran.returncode}: {' '.join(ran.stderr.split())[-600:]}"
        return Account(len(paths), peak=peak, seconds=seconds, wrong=[said])
    documents = rows_of(out, "documents")
    rejects = rows_of(out, "rejects")
    further = [uri for row in documents for uri in row["other_uris"] or ()]
    uris = Counter([*(row["uri"] for row in (*documents, *rejects)), *further])
    return Account(
        files=len(paths),
        inputs=uris.total(),
        documents=len(documents),
        reasons=dict(Counter(row["reason"] for row in rejects)),
        readers=dict(Counter(row["detail"] for row in rejects if row["reason"] in ("crashed", "fault"))),
        peak=peak,
        seconds=seconds,
        wrong=list(broken(paths, uris, ran.stdout + ran.stderr, peak)),
    )


def total(accounts: Sequence[Account]) -> tuple[list[report.Figure], dict[str, object]]:
    """Print the totals of several runs, and give them as figures and details."""
    reasons: Counter[str] = Counter()
    readers: Counter[str] = Counter()
    for part in accounts:
        reasons.update(part.reasons)
        readers.update(part.readers)
    wrong = [line for part in accounts for line in part.wrong]
    report.show("rejects by reason", ["reason", "rejects"], reasons.most_common())
    report.show("failures of readers", ["what it said", "rejects"], readers.most_common(40))
    documents = sum(part.documents for part in accounts)
    figures = [
        report.figure("files", f"{sum(part.files for part in accounts):,}"),
        report.figure("inputs in them", f"{sum(part.inputs for part in accounts):,}"),
        report.figure("of them documents", f"{documents:,}"),
        report.figure("lost, duplicated, matching no input, or a failed batch", f"{len(wrong):,}", "0"),
        report.figure("rejects because a parser failed", f"{readers.total():,}", "0"),
        report.figure(
            "peak memory of a batch's process",
            f"{max(part.peak for part in accounts) / 1e6:,.0f} MB",
            f"< {MOST_MEMORY / 1e6:,.0f} MB",
        ),
    ]
    details: dict[str, object] = {
        "minutes": round(sum(part.seconds for part in accounts) / 60, 1),
        "reasons": dict(reasons.most_common()),
        "readers": dict(readers.most_common(40)),
        "wrong": wrong[:100],
    }
    return figures, details


def broken(paths: Sequence[Path], uris: Mapping[str, int], said: str, peak: int) -> Iterator[str]:
    """Say which promises were broken, one line each.

    Args:
        paths: The files that went in.
        uris: How often each URI came out, as a document or a reject.
        said: What the command printed.
        peak: Bytes that its process held at most.
    """
    if "Traceback" in said:
        yield f"a traceback: {' '.join(said.split())[-600:]}"
    if peak > MOST_MEMORY:
        yield f"its process held {peak:,} bytes"
    yield from (f"{uri}: {times} times" for uri, times in uris.items() if times > 1)
    files = {uri.partition("#")[0] for uri in uris}
    for path in paths:
        expected = list(_parts(path)) or [str(path)]
        # A damaged list may give one reject in place of its lines or rows.
        told = str(path) in uris or (expected == [str(path)] and str(path) in files)
        yield from (f"{uri}: lost" for uri in expected if not told and uri not in uris)
    known = {str(path) for path in paths}
    yield from (
        f"{uri}: of no input" for uri in uris if uri not in known and uri.partition("#")[0] not in known
    )


def _parts(path: Path) -> Iterator[str]:
    """Name the lines of a list that are not blank, or the rows of a table; nothing for any other file."""
    if path.suffix in (".jsonl", ".ndjson"):
        with path.open("rb") as lines:
            yield from (f"{path}#line-{n}" for n, line in enumerate(lines, start=1) if line.strip())
    elif path.suffix == ".parquet":
        try:
            rows = pq.read_table(path).num_rows
        except (OSError, ValueError, pa.ArrowException):
            return
        yield from (f"{path}#row-{n}" for n in range(1, rows + 1))
