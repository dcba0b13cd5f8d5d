"""Run every benchmark, short ones first: `python -m docassay.benchmarks`.

It takes an hour and a half on two idle cores.
"""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "encoder",
    "heads",
    "evidence",
    "explain",
    "guards",
    "processors",
    "translation",
    "stream",
    "throughput",
    "scale",
    "soak",
    "commits",
    "catalog",
    "runners",
)


def main() -> None:
    """Run each benchmark in a process of its own, so that none inherits another's memory."""
    for name in NAMES:
        print(f"\n=== {name}", flush=True)
        more = ("all", "--save") if name == "commits" else ()
        subprocess.run([sys.executable, "-m", f"docassay.benchmarks.{name}", *more], check=True)


if __name__ == "__main__":
    main()
