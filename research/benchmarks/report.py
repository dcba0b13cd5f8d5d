"""Helpers of every benchmark: run the command line, print tables, save figures with their machine."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

from docassay.models import engine
from docassay.models.catalog import folders, read

RESULTS = Path(__file__).parent / "results"
WITHOUT = "without VNNI"
"""The mark in a processor's name that it lacks the VNNI instructions, without which int8 is slow."""

Figure = dict[str, str]
PACKAGES = ("docassay", "apache-beam", "ctranslate2", "tokenizers", "great-expectations", "pyarrow", "numpy")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that succeeded.

    Attributes:
        seconds: Wall time from its start to its end.
        cpu: Processor seconds of all its processes; other work on the machine changes them less.
        bytes: Peak memory of the largest of its processes, by sampling; 0 without `watch`.
        output: What it printed, errors included.
    """

    seconds: float
    cpu: float
    bytes: int
    output: str


def batch(folder: Path, out: Path, *more: str, watch: bool = False) -> Ran:
    """Run `docassay batch`; with `watch`, sample the memory of its processes four times a second.

    Raises:
        RuntimeError: The command failed; the message holds its output.
    """
    return docassay("batch", str(folder), "--out", str(out), *more, watch=watch)


def docassay(*arguments: str, watch: bool = False) -> Ran:
    """Run the command line in its own process, as a user does.

    Raises:
        RuntimeError: The command failed; the message holds its output.
    """
    began, before = time.perf_counter(), _children()
    process = subprocess.Popen(
        [sys.executable, "-m", "docassay", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    memory = 0
    while watch and process.poll() is None:
        memory = max(memory, _memory(process.pid))
        time.sleep(0.25)
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(
            f"docassay {' '.join(arguments)} ended with {process.returncode}: {output.strip()}"
        )
    return Ran(seconds, _children() - before, memory, output)


def row_of_runs(out: Path) -> dict[str, Any]:
    """Read the row of `runs` of the only run in `out`, its JSON columns parsed."""
    (path,) = (out / "runs").glob("*.parquet")
    (row,) = pq.read_table(path).to_pylist()
    parsed = {
        name: json.loads(row[name]) for name in ("options", "table_rows", "reasons", "counts", "seconds")
    }
    return {**row, **parsed}


def show(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table; all columns but the first are aligned to the right."""
    cells = [list(map(_cell, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    print(f"\n{title}")
    for line in (list(headings), *cells):
        first, *rest = zip(line, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]))


def figure(what: str, value: str, target: str = "") -> Figure:
    """Make a figure of docs/speed.md: what was measured, its value, and its target."""
    return {"what": what, "value": value, "target": target}


def save(name: str, figures: Sequence[Figure], details: Mapping[str, Any], words: str | None = None) -> None:
    """Write figures to `results/NAME.json`, with the machine that they were measured on.

    Args:
        name: Of the file.
        figures: What was measured.
        details: What they were worked out from.
        words: What stands after `research.benchmarks.` in the command; None: the name.
    """
    context = {
        "command": f"python -m research.benchmarks.{words or name}",
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "models": [read(folder).id for folder in folders().values()],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    result = {**context, "figures": list(figures), "details": details}
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    show(str(path), ["figure", "value", "target"], [[f["what"], f["value"], f["target"]] for f in figures])


def commit(checkout: Path) -> str:
    """Give the commit of a checkout, in short; nothing where it is none."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> int:
    """Return the resident memory of the largest among a process and its descendants."""
    largest = 0
    with contextlib.suppress(psutil.Error):
        family = [process := psutil.Process(pid), *process.children(recursive=True)]
        for member in family:
            with contextlib.suppress(psutil.Error):  # it has just ended
                largest = max(largest, member.memory_info().rss)
    return largest


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def processor() -> str:
    """Name the processor, and say whether it has the instructions that make int8 fast."""
    if (fast := engine.vnni()) is None:
        return platform.processor()
    lines = engine.CPU_INFO.read_text(encoding="utf-8").splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, '')}, {'with VNNI' if fast else WITHOUT}"
