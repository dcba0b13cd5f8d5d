"""Writers that publish to one catalog at a time and are killed at random, and what is wrong afterwards.

As a program it is one of them: `python -m tests.storage.catalogs.writers OUT SEED RUNS DONE`.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from docassay.pipelines.runners.services import tied_to_parent
from docassay.schemas.rows import DocumentRow, Finding, Flag, Segment
from docassay.schemas.runs import Run, Stamp
from docassay.storage.catalogs import destination
from docassay.storage.tables.runs import new_run_id
from docassay.storage.tables.write import STAGING, Written, arrow
from tests.storage.runs import row_of_run

CHILDREN = ("segments", "flags", "findings")
"""The tables that have a row for each document, beside `documents`."""

POOL = 12
"""Documents that all writers have in common."""


def stage(out: str, run_id: str, number: int, texts: Iterable[str]) -> Written:
    """Write the files of a group of documents, each with a segment, a flag and a finding."""
    ids = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    rule: dict[str, Any] = {"severity": "medium", "why": "it is odd", "source": "a handbook, section 1"}
    rows: dict[str, Sequence[Any]] = {
        "documents": [document(doc_id, text) for doc_id, text in zip(ids, texts, strict=True)],
        "segments": [Segment(doc_id, 0, 0, 4, ("One",), "text", "en") for doc_id in ids],
        "flags": [
            Flag(
                doc_id=doc_id, code="odd", probability=None, start_char=0, end_char=4,
                evidence="text", decided_by="rule a.odd", **rule,
            )
            for doc_id in ids
        ],
        "findings": [
            Finding(
                doc_id=doc_id, check_id="notice", verdict="fail", start_char=None, end_char=None,
                evidence=None, searched=("One",), decided_by="rule a.notice", **rule,
            )
            for doc_id in ids
        ],
    }  # fmt: skip
    name = f"{number:08d}.parquet"
    for table, own in rows.items():
        stamped = arrow(table, own, Stamp(run_id, datetime.now(UTC)))
        destination(out).stage(stamped, f"{out}/{STAGING}/{run_id}/{table}/{name}", {"run_id": run_id})
    return Written(name, {table: len(own) for table, own in rows.items()})


def document(doc_id: str, text: str) -> DocumentRow:
    """Make the row of a document."""
    return DocumentRow(
        doc_id=doc_id, uri=text, parent_id=None, domain="legal", domain_probability=0.9, kind="nda",
        media_type="text/plain", language="en", language_probability=0.99, title=None, chars=4, tokens=1,
        segments=1, event_time=None, risk=0.3, status="flagged", reasons=("flag:odd",),
    )  # fmt: skip


def publish(out: str, run_id: str, groups: Sequence[Written]) -> Run:
    """Publish groups as a run."""
    about = {"run_id": run_id, "version": "0", "models": "", "rules": ""}
    return destination(out).publish(run_id, groups, about, row_of_run(about))


def texts_of(seed: int, run: int) -> list[str]:
    """Choose the documents of a writer's run: three that others have, too, and two of its own."""
    shared = random.Random(seed * 1_000 + run).sample(range(POOL), 3)
    return [*(f"shared {number}" for number in shared), f"{seed} {run} a", f"{seed} {run} b"]


def write(out: str, seed: int, runs: int, done: Path) -> None:
    """Publish a writer's runs, beginning with the first that is not known to be published."""
    with destination(out).write_access():  # imports take seconds, in which there is nothing to kill
        pass
    done.with_suffix(".ready").write_text(str(os.getpid()))
    for run in range(len(done.read_text().splitlines()) if done.exists() else 0, runs):
        tables = destination(out)
        with tables.write_access():
            tables.recover()
            run_id = new_run_id(datetime.now(UTC))
            texts = texts_of(seed, run)
            publish(
                out, run_id, [stage(out, run_id, n, part) for n, part in enumerate((texts[:2], texts[2:]))]
            )
        with done.open("a") as file:
            file.write(f"{run_id}\n")


def fight(out: str, writers: int, runs: int, folder: Path, limit: float = math.inf) -> dict[str, Any]:
    """Let writers publish at a time and kill them at random; then count what is wrong.

    Raises:
        RuntimeError: A writer has failed without being killed, or they have not ended within `limit` seconds;
            the message holds the output of one.
    """
    chance = random.Random(1)
    living: dict[int, subprocess.Popen[str]] = {}
    ends: dict[int, float] = {}
    kills, began = 0, time.monotonic()

    def start(seed: int) -> None:
        command = [sys.executable, "-m", "tests.storage.catalogs.writers", out, str(seed), str(runs)]
        living[seed] = subprocess.Popen(
            tied_to_parent([*command, str(folder / f"{seed}.done")]),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )

    with destination(out).write_access():
        pass
    for seed in range(writers):
        start(seed)
    while living:
        time.sleep(0.05)
        if time.monotonic() - began > limit:
            seed, process = min(living.items())
            for other in living.values():
                other.kill()
            raise RuntimeError(f"writer {seed} is not done after {limit:.0f} s: {process.communicate()[0]}")
        for seed, process in list(living.items()):
            code, ready = process.poll(), folder / f"{seed}.ready"
            if code is None and seed not in ends and ready.exists() and ready.read_text() == str(process.pid):
                # Later and later, so that the last runs come to their end.
                ends[seed] = _spent(process) + chance.uniform(0.1, 2 + kills / 10)
            elif code is None and _spent(process) > ends.get(seed, math.inf):
                process.send_signal(signal.SIGKILL)
                kills += 1
                del ends[seed]
                process.communicate()
                start(seed)
            elif code == 0:
                process.communicate()
                ends.pop(seed, None)
                del living[seed]
            elif code is not None:
                for other in living.values():
                    other.kill()
                raise RuntimeError(f"writer {seed} has ended with {code}: {process.communicate()[0]}")
    seconds = time.monotonic() - began
    destination(out).recover()
    return {
        "writers": writers,
        "runs": writers * runs,
        "kills": kills,
        "seconds": round(seconds, 1),
        "wrong": wrong(
            out, [text for seed in range(writers) for run in range(runs) for text in texts_of(seed, run)]
        ),
    }


def _spent(process: subprocess.Popen[str]) -> float:
    """Give the processor seconds of a process: what it has done, on a busy machine, too."""
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def wrong(out: str, texts: Iterable[str]) -> int:
    """Count documents that are lost or doubled, or whose rows are not all of the last run that had them."""
    by_table: dict[str, Counter[tuple[str, str]]] = {}
    for table in ("documents", *CHILDREN):
        by_table[table] = Counter()
        for rows in destination(out).read(table, ["doc_id", "run_id"]):
            by_table[table].update(zip(rows["doc_id"].to_pylist(), rows["run_id"].to_pylist(), strict=True))
    expected = {hashlib.sha256(text.encode()).hexdigest() for text in texts}
    documents = by_table["documents"]
    found = Counter(doc_id for doc_id, _ in documents.elements())
    faults = len(expected ^ set(found)) + sum(number - 1 for number in found.values())
    return faults + sum(
        (own - documents).total() + (documents - own).total()
        for own in (by_table[table] for table in CHILDREN)
    )


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
