"""Run mutants of documents of every format as a user's batches, and count what became of each.

    python -m research.benchmarks.fuzz [--mutants 5000] [--seed 1] [--more FOLDER]

A block of a thousand mutants is written to a folder and read by `docassay batch`. Every input must be
one document or one reject, the batch must end with 0, and its process must stay below the bound of
memory; what breaks that is kept below `build/fuzz`, and the command ends with 1. What each block gave is
written there, too, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.progress import track

from research.benchmarks import report
from research.benchmarks.fuzz.account import Account, account, total
from research.benchmarks.fuzz.mutate import Seed, mutant
from research.benchmarks.fuzz.seeds import KEPT, ROOT, seeds

BLOCK = 1_000


def main() -> int:
    """Run the blocks that are still to be run, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mutants", type=int, default=5_000, help="rounded up to whole blocks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--more", type=Path, help="a folder of further documents to start from")
    parser.add_argument("--save", action="store_true", help="write research/benchmarks/results/fuzz.json")
    options = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    log = KEPT / f"blocks-{options.seed}.jsonl"
    done = dict(_read(log))
    numbers = range(-(-options.mutants // BLOCK))
    started_from = seeds(options.more)
    for number in track([n for n in numbers if n not in done], "blocks of 1,000 mutants"):
        done[number] = block = run(started_from, options.seed, number)
        with log.open("a") as file:
            file.write(json.dumps([number, asdict(block)]) + "\n")
        for line in block.wrong:
            print(f"block {number}: {line}", flush=True)
    blocks = [done[number] for number in numbers]
    figures, details = total(blocks)
    details |= {
        "documents to start from": len(started_from),
        "seed": options.seed,
        "commit": report.commit(ROOT),
    }
    if options.save:
        report.save("fuzz", figures, details)
    else:
        report.show(
            "mutants", ["figure", "value", "target"], [[f["what"], f["value"], f["target"]] for f in figures]
        )
    return int(any(block.wrong for block in blocks))


def run(started_from: Sequence[Seed], seed: int, number: int) -> Account:
    """Make a block's mutants and read them; what broke a promise is kept."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name) / "in"
        folder.mkdir()
        for n in range(number * BLOCK, (number + 1) * BLOCK):
            file, content = mutant(started_from, seed, n)
            (folder / file).write_bytes(content)
        block = account(folder, Path(name) / "out")
        if block.wrong:
            shutil.copytree(name, KEPT / f"wrong-{seed}-{number}", dirs_exist_ok=True)
    return block


def _read(log: Path) -> Iterator[tuple[int, Account]]:
    for line in log.read_text().splitlines() if log.exists() else ():
        number, fields = json.loads(line)
        yield number, Account(**fields)


if __name__ == "__main__":
    raise SystemExit(main())
