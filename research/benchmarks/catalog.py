"""Tables in a catalog: seconds of a commit by the number of files, and three writers that are killed.

    python -m research.benchmarks.catalog seconds [--files 10 1000 10000]
    python -m research.benchmarks.catalog writers [--runs 50] [--writers 3]

The catalog is the embedded one, SQLite on this machine's disk. A commit is that of a run to all nine tables,
its files being written already: once of new documents alone, once where one document of a hundred files
replaces an older one. The writers publish runs of documents that overlap; each is killed with SIGKILL after
a random share of processor time, again and again, until all have published all their runs. At the end each
document must be there once, with all its rows from one run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docassay.storage.catalogs import destination
from docassay.storage.tables.runs import new_run_id
from docassay.storage.tables.write import Written
from research.benchmarks import report
from tests.storage.catalogs.writers import CHILDREN, fight, publish, stage


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.catalog",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["seconds", "writers"])
    parser.add_argument("--files", type=int, nargs="+", default=[10, 1_000, 10_000], help="of all tables")
    parser.add_argument("--runs", type=int, default=50, help="of each writer")
    parser.add_argument("--writers", type=int, default=3)
    options = parser.parse_args()
    details: dict[str, Any] = {"commit": report.commit(Path(__file__).parent)}
    with tempfile.TemporaryDirectory(prefix="docassay-") as folder:
        if options.what == "seconds":
            commits = [commit(f"iceberg://{folder}/{files}/tables", files) for files in options.files]
            details["commits"] = commits
            figures = [
                report.figure(
                    f"seconds of a commit of {one['files']:,} files to Iceberg: new, replacing",
                    f"{one['new']:.1f}, {one['replacing']:.1f}",
                )
                for one in commits
            ]
        else:
            stress = fight(f"iceberg://{folder}/fight/tables", options.writers, options.runs, Path(folder))
            details["writers"] = stress
            figures = [
                report.figure(
                    f"{stress['writers']} writers with {stress['kills']} kills on one Iceberg catalog, "
                    f"{stress['runs']} runs: documents lost, doubled or mixed",
                    str(stress["wrong"]),
                    "0",
                )
            ]
    report.save(f"catalog_{options.what}", figures, details, f"catalog {options.what}")


def commit(out: str, files: int) -> dict[str, Any]:
    """Publish a run of so many files, then one that replaces a document in each of a hundred groups."""
    tables = destination(out)
    with tables.write_access():
        groups = max(1, files // (1 + len(CHILDREN)))
        first = new_run_id(datetime.now(UTC))
        written = [stage(out, first, number, [f"{number}"]) for number in range(groups)]
        new, new_cpu = timed(out, first, written)
        second = new_run_id(datetime.now(UTC))
        again = [stage(out, second, number, [f"{number}"]) for number in range(min(groups, 100))]
        replacing, replacing_cpu = timed(out, second, again)
    return {
        "files": groups * (1 + len(CHILDREN)),
        "new": new,
        "replacing": replacing,
        "processor_seconds": [new_cpu, replacing_cpu],
    }


def timed(out: str, run_id: str, groups: Sequence[Written]) -> tuple[float, float]:
    """Publish, and give the wall and the processor seconds that it took."""
    began, spent = time.perf_counter(), time.process_time()
    publish(out, run_id, groups)
    return round(time.perf_counter() - began, 2), round(time.process_time() - spent, 2)


if __name__ == "__main__":
    main()
