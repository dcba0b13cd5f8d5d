"""Throughput of `docassay batch`, against a bare loop that only calls the engine.

    python -m research.benchmarks.throughput [--documents 2000] [--form txt] [--form pdf] [--repeats 3]

The pipeline reads a folder from the command line, start-up and publishing included. The bare loop gets
the token ids of the segments that the pipeline wrote, in the same windows, each distinct row once, sorted
by length, and calls CTranslate2 on all cores with the token budget that is fastest on this machine; loading
the model and tokenizing are not counted against it. Both run in turn, and the ratio is the median over the
pairs.

If other work runs on the machine, the share in processor seconds, which is saved too, is more telling than
the share in wall time: both loops keep all cores busy.

The steady state leaves out the time of a run on a single document. Padding is 1 by construction
(micro-batches hold rows of one length); it is computed from the batches all the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from docassay.models.catalog import DEFAULT_ENCODER, find
from docassay.models.encoder import MICRO_BATCH_TOKENS, Encoder
from docassay.models.engine import default_threads, micro_batches
from research.benchmarks import report
from tests import corpus

BUDGETS = (0, 512, 1_024, 4_096)
"""Token budgets that the bare loop tries; 0 stands for the pipeline's batches, rows of one length."""

Rows = list[list[int]]


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--form", choices=("txt", "pdf"), action="append", help="both, where none is named")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)  # the loop, in a process of its own
    options = parser.parse_args()
    if options.bare:
        print(json.dumps(bare(options.bare)))
        return
    figures: list[report.Figure] = []
    details = {}
    for form in options.form or ["txt", "pdf"]:
        of_form, details[form] = measure(options.documents, form, options.repeats)
        figures += of_form
    report.save("throughput", figures, details)


def measure(documents: int, form: str, repeats: int) -> tuple[list[report.Figure], dict[str, Any]]:
    """Run the pipeline and the bare loop in turn."""
    whole, starts, loops, cpu = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        work = Path(name)
        corpus.write(work / "in", corpus.items(documents, form=form))
        corpus.write(work / "one", corpus.items(1, form=form))
        for _ in range(repeats):
            starts.append(_pipeline(work / "one", work / "out").seconds)
            ran = _pipeline(work / "in", work / "out")
            whole.append(ran.seconds)
            run = report.row_of_runs(work / "out")
            loop = bare_loop(work / "out")
            loops.append(loop["seconds"])
            cpu.append((round(ran.cpu, 2), round(loop["cpu"], 2)))
            print(
                f"{form}: pipeline {whole[-1]:.1f} s, bare {loops[-1]:.1f} s, one document {starts[-1]:.1f} s"
            )
    start, seconds, alone = map(statistics.median, (starts, whole, loops))
    ratio = statistics.median(b / a for a, b in zip(whole, loops, strict=True))
    steady = statistics.median(b / (a - s) for a, b, s in zip(whole, loops, starts, strict=True))
    tokens = run["counts"]["assess.tokens"]
    report.show(
        f"{documents:,} {form} documents, {tokens:,} tokens",
        ["", "seconds", "documents/s", "share of bare"],
        [
            ["bare loop", alone, documents / alone, 1.0],
            ["docassay batch", seconds, documents / seconds, ratio],
            ["  without its start", seconds - start, documents / (seconds - start), steady],
        ],
    )
    whole_cpu, loop_cpu = (1_000 * statistics.median(spent) / documents for spent in zip(*cpu, strict=True))
    print(f"\na document takes {whole_cpu:.0f} ms of a core, {loop_cpu:.0f} in the bare loop")
    stages = sorted(run["seconds"].items(), key=lambda pair: -pair[1])
    report.show(
        "seconds by stage, summed over threads",
        ["stage", "seconds", "ms a document"],
        [[stage, spent, 1_000 * spent / documents] for stage, spent in stages],
    )
    target = "0.85" if form == "txt" else "0.70"
    figures = [
        report.figure(
            f"{form}: documents/s, {documents:,} documents of 400 tokens", f"{documents / seconds:.1f}"
        ),
        report.figure(
            f"{form}: speed relative to CTranslate2 alone, start included", f"{ratio:.2f}", f"≥ {target}"
        ),
        report.figure(f"{form}: the same without the start of {start:.1f} s", f"{steady:.2f}", f"≥ {target}"),
        report.figure(f"{form}: padding", f"{loop['padding']:.2f}", "≤ 1.03"),
    ]
    details = {
        "documents": documents,
        "tokens": tokens,
        "segments": run["counts"]["assess.segments"],
        "pipeline_seconds": [round(value, 2) for value in whole],
        "bare_seconds": [round(value, 2) for value in loops],
        "start_seconds": [round(value, 2) for value in starts],
        "cpu_seconds_of_both": cpu,
        "cpu_share": round(statistics.median(b / a for a, b in cpu), 3),
        "bare_budget": loop["budget"],
        "padding": loop["padding"],
        "tokens_with_overlap": loop["tokens"],
        "seconds_by_stage": run["seconds"],
    }
    return figures, details


def bare(out: Path) -> dict[str, float]:
    """Time the engine alone on the rows of the segments in `out`, at its fastest budget."""
    texts: list[str] = []
    for path in sorted((out / "segments").glob("*.parquet")):
        texts += pq.read_table(path, columns=["text"])["text"].to_pylist()
    threads = default_threads()
    encoder = Encoder(find(DEFAULT_ENCODER), threads)
    every = encoder.windows(texts)
    rows = sorted({tuple(row): row for row in every}.values(), key=len)
    sample = rows[:: max(1, len(rows) // 600)]
    _forward(encoder, _equal(sample), threads)  # warm
    timed = {budget: _forward(encoder, _packed(sample, budget), threads) for budget in BUDGETS}
    best = min(timed, key=lambda budget: timed[budget])
    before = time.process_time()
    seconds = _forward(encoder, _packed(rows, best), threads)
    return {
        "seconds": seconds,
        "cpu": time.process_time() - before,
        "budget": best,
        "padding": round(
            sum(len(batch) * max(map(len, batch)) for batch in _equal(rows)) / sum(map(len, rows)), 4
        ),
        "tokens": sum(map(len, every)),
    }


def _equal(rows: Rows) -> list[Rows]:
    """Make the pipeline's micro-batches: rows of one length."""
    return [
        [rows[i] for i in batch] for batch in micro_batches(enumerate(map(len, rows)), MICRO_BATCH_TOKENS)
    ]


def _packed(rows: Rows, budget: int) -> list[Rows]:
    """Fill micro-batches of a token budget from rows sorted by length, padding included; 0: equal lengths."""
    if not budget:
        return _equal(rows)
    batches: list[Rows] = [[]]
    for row in rows:
        if batches[-1] and (len(batches[-1]) + 1) * len(row) > budget:
            batches.append([])
        batches[-1].append(row)
    return batches


def _forward(encoder: Encoder, batches: list[Rows], threads: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(encoder.engine.forward_batch, batches):
            pass
    return time.perf_counter() - began


def _pipeline(folder: Path, out: Path) -> report.Ran:
    shutil.rmtree(out, ignore_errors=True)
    return report.batch(folder, out)


def bare_loop(out: Path) -> dict[str, float]:
    """Run the bare loop over the segments in `out`, in a process of its own; see `bare`."""
    command = [sys.executable, "-m", "research.benchmarks.throughput", "--bare", str(out)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, float] = json.loads(output.splitlines()[-1])
    return measured


if __name__ == "__main__":
    main()
