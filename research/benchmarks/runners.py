"""Runners: the same batch on this machine, on Flink and on Spark; rows compared, documents a second.

    python -m research.benchmarks.runners [--documents 2000] [--data ../shared/data/real] [--repeats 3]

Text and mail out of the archives in `--data`, the smallest first; where there are none, or too few, documents
that are made up as in the other benchmarks. Each cluster is started on this machine by its own script, with
as many tasks at a time as there are cores, and stopped before the next; its start is not counted, that of its
Python workers is. Beside the seconds stand the processor seconds of all processes: on a busy machine they
tell more. Needs `make flink` and `make spark`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

from docassay.models.engine import default_threads
from docassay.schemas.rows import TABLES
from research.benchmarks import report
from tests import corpus

SUFFIXES = frozenset({".txt", ".eml", ".md", ".html", ".htm"})
LONGEST = 200_000
"""Bytes of the longest document that is taken: a few long ones would decide the figure."""

STAMPED = ("run_id", "processed_at")


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.runners",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/real"))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        work = Path(name)
        real = collect(work / "in", options.data, options.documents)
        if real < options.documents:
            corpus.write(work / "in" / "made", corpus.items(options.documents - real, form="txt"))
        measured = {runner: measure(runner, work, options.repeats) for runner in ("local", "flink", "spark")}
        same = {
            runner: rows(work / runner) == rows(work / "local") for runner in measured if runner != "local"
        }
    table = []
    figures: list[report.Figure] = []
    for runner, (seconds, cpu) in measured.items():
        rate = options.documents / statistics.median(seconds)
        spent = 1_000 * statistics.median(cpu) / options.documents
        table.append([runner, statistics.median(seconds), rate, spent])
        figures.append(
            report.figure(f"{runner}: documents/s, {options.documents:,} texts and mails", f"{rate:.1f}")
        )
        figures.append(report.figure(f"{runner}: processor ms per document", f"{spent:.0f}"))
    for runner, equal in same.items():
        figures.append(
            report.figure(
                f"{runner}: rows of all tables, beside local", "equal" if equal else "differ", "equal"
            )
        )
    report.show(
        f"{options.documents:,} documents, {real:,} of them real",
        ["runner", "seconds", "documents/s", "processor ms per document"],
        table,
    )
    details = {
        "documents": options.documents,
        "real": real,
        "commit": report.commit(Path(__file__).parent),
        "seconds": {runner: [round(value, 2) for value in of[0]] for runner, of in measured.items()},
        "cpu_seconds": {runner: [round(value, 2) for value in of[1]] for runner, of in measured.items()},
    }
    report.save("runners", figures, details)


def collect(folder: Path, data: Path, documents: int) -> int:
    """Take texts and mails out of archives, as many as wanted; give their number."""
    folder.mkdir(parents=True)
    taken = 0
    for path in sorted(data.glob("*.tar.*"), key=lambda path: path.stat().st_size):
        with tarfile.open(path) as archive:
            for member in archive:
                suffix = Path(member.name).suffix.lower()
                if taken == documents:
                    return taken
                if member.isfile() and suffix in SUFFIXES and 0 < member.size <= LONGEST:
                    source = archive.extractfile(member)
                    assert source is not None
                    (folder / f"{taken:05}{suffix}").write_bytes(source.read())
                    taken += 1
    return taken


def measure(runner: str, work: Path, repeats: int) -> tuple[list[float], list[float]]:
    """Run the batch several times; give the seconds, and the processor seconds of all processes."""
    seconds, cpu = [], []
    with CLUSTERS[runner](work) as (more, spent):
        for _ in range(repeats):
            shutil.rmtree(work / runner, ignore_errors=True)
            before = spent()
            ran = report.batch(work / "in", work / runner, *more)
            seconds.append(ran.seconds)
            time.sleep(5)  # the cluster's workers end after the job
            cpu.append(ran.cpu + spent() - before)
            print(f"{runner}: {ran.seconds:.1f} s, {cpu[-1]:.1f} s of a processor")
    return seconds, cpu


Cluster = tuple[list[str], Callable[[], float]]


@contextmanager
def _here(_: Path) -> Iterator[Cluster]:
    yield [], lambda: 0.0


@contextmanager
def _flink(work: Path) -> Iterator[Cluster]:
    from deploy.flink import cluster

    folder, cores = work / "flink-cluster", default_threads()
    cluster.start(folder, slots=2 * cores)
    try:
        runner_args = [*cluster.options(folder), f"--parallelism={cores}"]
        yield ["--runner=flink", "--", *runner_args], lambda: _spent(cluster.pids(folder))
    finally:
        cluster.stop(folder)


@contextmanager
def _spark(work: Path) -> Iterator[Cluster]:
    from deploy.spark import cluster

    folder = work / "spark-cluster"
    cluster.start(folder, cores=default_threads())
    try:
        yield ["--runner=spark", "--", *cluster.options(folder)], lambda: _spent(cluster.pids(folder))
    finally:
        cluster.stop(folder)


CLUSTERS = {"local": _here, "flink": _flink, "spark": _spark}


def _spent(pids: dict[str, int]) -> float:
    """Add up the processor seconds of the processes, of their children, and of those that have ended."""
    total = 0.0
    for pid in pids.values():
        for process in [found := psutil.Process(pid), *found.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.Error:  # it has just ended, and its parent has its time
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def rows(out: Path) -> dict[str, list[str]]:
    """Read the rows of every table but `runs`, without their stamps, in an order of their own."""
    found: dict[str, list[Any]] = {}
    for table in TABLES:
        if table != "runs":
            read = [
                row for path in (out / table).glob("*.parquet") for row in pq.read_table(path).to_pylist()
            ]
            found[table] = sorted(
                repr([(name, value) for name, value in row.items() if name not in STAMPED]) for row in read
            )
    return found


if __name__ == "__main__":
    main()
