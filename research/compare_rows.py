"""Compare the rows that two commits write from the same documents, on one machine.

    python -m research.compare_rows --before 2a2b62d --inputs FOLDER... [--after COMMIT]

Each commit is checked out into a folder below ``--work`` and reads the inputs with `docassay batch`. Its
tables are kept there by commit and ``--name``, so that a commit is run once; the working tree (``--after .``)
is run each time. Differences are listed by table, kind of row and column; ``--show N`` prints so many rows of
each. The exit code is 1 where rows differ.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

ROOT = Path(__file__).resolve().parent.parent
OF_A_RUN = {"run_id", "processed_at", "schema_version"}
TABLES = (
    "documents", "segments", "classifications", "entities", "facts", "flags", "findings", "translations",
    "rejects",
)  # fmt: skip
KINDS = ("code", "check_id", "task", "label", "name", "reason", "status")


def checkout(commit: str, work: Path) -> tuple[str, Path]:
    """Check a commit out below `work`; ``.`` is this working tree.

    Returns:
        Its short name, and the folder of its sources.
    """
    if commit == ".":
        return "today", ROOT
    name = subprocess.run(
        ["git", "rev-parse", "--short=9", commit], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    folder = work / f"checkout-{name}"
    if not folder.exists():
        subprocess.run(
            ["git", "worktree", "add", "--detach", "--force", str(folder), name], cwd=ROOT, check=True
        )
    return name, folder


def read(folder: Path, inputs: list[Path], out: Path, workers: int) -> None:
    """Read the inputs with the code in `folder` into new tables."""
    shutil.rmtree(out, ignore_errors=True)
    environment = dict(os.environ, PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")
    began = time.monotonic()
    command = [
        sys.executable, "-m", "docassay", "batch", *map(str, inputs), "--out", str(out),
        "--workers", str(workers),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=inputs[0].parent, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{folder}: docassay batch ended with {done.returncode}: {done.stderr[-2000:]}")
    print(f"{folder.name}: {time.monotonic() - began:.0f} s", flush=True)


def rows_of(out: Path, table: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Read a table's rows without what a run stamps on them, by document."""
    folder = out / table
    if not list(folder.glob("*.parquet")):
        return {}
    found = ds.dataset(sorted(map(str, folder.glob("*.parquet"))), format="parquet").to_table().to_pylist()
    rows: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        # A field that is declared anew moves the ordinals of all facts behind it.
        passed_over = OF_A_RUN | ({"ordinal"} if table == "facts" else set())
        kept = {name: value for name, value in row.items() if name not in passed_over}
        rows[row.get("doc_id"), row.get("uri", "")].append(kept)
    return rows


def written(value: Any) -> str:
    """Write a value so that floats of the last digits are equal."""
    if isinstance(value, float):
        return f"{value:.5f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    return repr(value)


def fingerprint(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Write a row as what is compared; a column that is null is as one that is not there."""
    return tuple(sorted((name, written(value)) for name, value in row.items() if value is not None))


def differences(before: Path, after: Path) -> tuple[int, dict[tuple[str, str, str], list[str]]]:
    """Count the equal rows, and group the others by table, kind of row and what differs."""
    equal = 0
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for table in TABLES:
        old, new = rows_of(before, table), rows_of(after, table)
        for key in old.keys() | new.keys():
            left = Counter(map(fingerprint, old.get(key, [])))
            right = Counter(map(fingerprint, new.get(key, [])))
            equal += sum((left & right).values())
            gone, come = list((left - right).elements()), list((right - left).elements())
            for row in gone:
                fields = dict(row)
                kind = next((fields[name] for name in KINDS if name in fields), "")
                nearest = min(come, key=lambda other: len(set(row) ^ set(other)), default=None)
                if nearest is None or len(set(row) ^ set(nearest)) > 6:
                    groups[table, kind, "gone"].append(str(fields))
                    continue
                come.remove(nearest)
                columns = sorted({name for name, _ in set(row) ^ set(nearest)})
                changed = "; ".join(
                    f"{name}: {fields.get(name)} -> {dict(nearest).get(name)}" for name in columns
                )
                groups[table, kind, "changed " + ", ".join(columns)].append(f"{key} {changed}")
            for row in come:
                fields = dict(row)
                kind = next((fields[name] for name in KINDS if name in fields), "")
                groups[table, kind, "new"].append(str(fields))
    return equal, groups


def main() -> None:
    """Run what is missing, and print the differences; exit with 1 where there are any."""
    parser = argparse.ArgumentParser(
        prog="python -m research.compare_rows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--before", required=True, metavar="COMMIT")
    parser.add_argument("--after", default=".", metavar="COMMIT")
    parser.add_argument("--inputs", nargs="+", type=Path, required=True, help="files and folders")
    parser.add_argument("--name", default="inputs", help="name of these inputs, for the tables that are kept")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "rows")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--show", type=int, default=2, metavar="N")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    outs = []
    for commit in (options.before, options.after):
        name, folder = checkout(commit, work)
        out = work / f"{options.name}-{name}"
        if commit == "." or not out.exists():
            read(folder, [path.resolve() for path in options.inputs], out, options.workers)
        outs.append(out)
    equal, groups = differences(*outs)
    for (table, kind, what), rows in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]))):
        print(f"{table:16} {kind:40} {len(rows):5} {what}")
        for row in rows[: options.show]:
            print(f"    {row[:600]}")
    print(f"{equal} rows equal, {sum(map(len, groups.values()))} not")
    sys.exit(1 if groups else 0)


if __name__ == "__main__":
    main()
