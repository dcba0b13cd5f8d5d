"""Run the benchmarks that need nothing beside this checkout: `python -m research.benchmarks`.

It takes some three hours on two idle cores.
"""

from __future__ import annotations

import subprocess
import sys

COMMANDS = (
    "encoder",
    "heads",
    "evidence",
    "explain",
    "guards",
    "disguise",
    "processors",
    "translation",
    "stream",
    "throughput",
    "scale",
    "soak",
    "commits seconds --save",
    "commits rerun --save",
    "commits kills --save",
    "catalog seconds",
    "catalog writers",
    "runners",
)
"""Names, and what stands behind them."""


def main() -> None:
    """Run each benchmark in a process of its own, so that none inherits another's memory."""
    for command in COMMANDS:
        print(f"\n=== {command}", flush=True)
        name, *words = command.split()
        subprocess.run([sys.executable, "-m", f"research.benchmarks.{name}", *words], check=True)


if __name__ == "__main__":
    main()
