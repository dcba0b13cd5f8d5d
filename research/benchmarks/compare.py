"""Compare processor time per document with another checkout's: the ratio and its confidence interval.

    git worktree add ../before HEAD~20
    python -m research.benchmarks.compare ../before [--documents 600] [--form txt] [--pairs 7]

Each pair runs `docassay batch` of both checkouts on the same generated documents, start and publishing
included; the order alternates from pair to pair. The interval is Student's t over the ratios' logarithms.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scipy.stats import t as student

from research.benchmarks import report
from tests import corpus

HERE = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("before", type=Path, help="the other checkout")
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--form", choices=("txt", "pdf"), default="txt")
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    before: list[float] = []
    after: list[float] = []
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        work = Path(name)
        corpus.write(work / "in", corpus.items(options.documents, form=options.form))
        checkouts = [(options.before.resolve(), before), (HERE, after)]
        for pair in range(options.pairs):
            for number, (checkout, seconds) in enumerate(checkouts if pair % 2 else checkouts[::-1]):
                seconds.append(_batch(checkout, work / "in", work / f"out-{pair}-{number}"))
            print(f"pair {pair + 1}: before {before[-1]:.1f} s, now {after[-1]:.1f} s of processor time")
    ratio, low, high = interval([now / then for now, then in zip(after, before, strict=True)])
    each = [1_000 * statistics.median(seconds) / options.documents for seconds in (before, after)]
    print(f"\na document: {each[0]:.1f} ms before, {each[1]:.1f} ms now")
    print(f"ratio {ratio:.3f} ({low:.3f} to {high:.3f})")
    commit = report.commit(options.before)
    figures = [
        report.figure(
            f"{options.form}: processor time per document over that of {commit}",
            f"{ratio:.3f} ({low:.3f} to {high:.3f})",
            "upper end ≤ 1.05",
        )
    ]
    details = {
        "before": commit,
        "documents": options.documents,
        "form": options.form,
        "before_seconds": [round(value, 2) for value in before],
        "now_seconds": [round(value, 2) for value in after],
    }
    words = f"compare CHECKOUT --form {options.form}"
    report.save(f"compare_{options.form}", figures, details, words)


def interval(ratios: list[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the geometric mean of ratios and the ends of its confidence interval.

    >>> [round(value, 3) for value in interval([1.0, 1.0, 1.0])]
    [1.0, 1.0, 1.0]
    """
    logs = [math.log(ratio) for ratio in ratios]
    mean, spread = statistics.mean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
    reach = float(student.ppf((1 + confidence) / 2, len(logs) - 1)) * spread
    return math.exp(mean), math.exp(mean - reach), math.exp(mean + reach)


def _batch(checkout: Path, folder: Path, out: Path) -> float:
    """Run a checkout's batch, and return the processor seconds of all its processes."""
    module = "docassay" if (checkout / "docassay").is_dir() else "pipelines"  # its name up to 555f427
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", module, "batch", str(folder), "--out", str(out)],
        check=True,
        capture_output=True,
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - spent.ru_utime - spent.ru_stime


if __name__ == "__main__":
    main()
