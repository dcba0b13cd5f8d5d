"""Read the test documents of other projects, which were collected since they broke something.

    python -m docassay.benchmarks.fuzz.foreign CHECKOUTS [--save]

`CHECKOUTS` has a folder for each repository of `foreign.tsv`, named ``OWNER+NAME``, at the commit that
stands there (`git clone https://github.com/OWNER/NAME OWNER+NAME`); what `FORMATS` and `FOLDERS` match is
read, a repository a batch, as `docassay.benchmarks.fuzz` reads its mutants. What each gave is kept below
`build/fuzz`, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.progress import track

from docassay.benchmarks import report
from docassay.benchmarks.fuzz.account import Account, account, total
from docassay.benchmarks.fuzz.seeds import KEPT

REPOSITORIES = Path(__file__).parent / "foreign.tsv"

FORMATS = re.compile(
    r"(?i)\.(?:pdf|docx?|rtf|xlsx?|ods|csv|tsv|html?|xml|eml|mbox|msg|ics|zip|png|jpe?g|tiff?|txt|md|jsonl|ndjson|json"
    r"|parquet|mht|p7m)$"
)
FOLDERS = re.compile(r"(?i)test|sample|example|data|corpus")
MOST_BYTES = 20_000_000
"""Larger files are left out, so that the run takes an hour and not a night."""


def main() -> int:
    """Read each repository that is there, print and save the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/foreign.json")
    options = parser.parse_args()
    with REPOSITORIES.open(encoding="utf-8", newline="") as file:
        known = {row["repository"]: row["commit"] for row in csv.DictReader(file, delimiter="\t")}
    checkouts = {name: options.checkouts / name.replace("/", "+") for name in known}
    KEPT.mkdir(parents=True, exist_ok=True)
    log = KEPT / "foreign.jsonl"
    done = {line["repository"]: Account(**line["account"]) for line in _read(log)}
    accounts: dict[str, Account] = {}
    for name, folder in track(checkouts.items(), "repositories"):
        if folder.is_dir():
            accounts[name] = part = done[name] if name in done else _account(folder)
            if name not in done:
                with log.open("a") as kept:
                    kept.write(json.dumps({"repository": name, "account": asdict(part)}) + "\n")
            print(f"{name}: {part.files:,} files, {part.peak / 1e6:,.0f} MB", flush=True)
            for line in part.wrong:
                print(f"{name}: {line}", flush=True)
    rows = [
        [name, part.files, part.documents, sum(part.reasons.values()), len(part.wrong)]
        for name, part in accounts.items()
    ]
    report.show("repositories", ["repository", "files", "documents", "rejects", "wrong"], rows)
    figures, details = total(list(accounts.values()))
    details["repositories"] = {name: [known[name], part.files] for name, part in accounts.items()}
    if options.save:
        report.save("foreign", figures, details)
    return int(any(part.wrong for part in accounts.values()))


def _read(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def _account(checkout: Path) -> Account:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name) / "in"
        for path in sorted(checkout.rglob("*")):
            inner = path.relative_to(checkout)
            if not path.is_file() or path.is_symlink() or path.stat().st_size > MOST_BYTES:
                continue
            if FORMATS.search(path.name) and FOLDERS.search(str(inner)):
                (folder / inner).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / inner)
        folder.mkdir(exist_ok=True)
        return account(folder, Path(name) / "out")


if __name__ == "__main__":
    raise SystemExit(main())
