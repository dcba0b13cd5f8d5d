"""The engine's code paths on one machine, and whether the same documents give the same tables on each.

    python -m research.benchmarks.paths [--data ../shared/data] [--documents 50]

The shipped samples and real documents are read once on each path, two paths at a time, and their tables are
compared. Each difference is a line of output, and the exit status is 1 if there is one.
`research/tests/benchmarks/test_processors.py` makes the same comparison.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from docassay import domains
from docassay.domains.support import head_of_support

STAMP = ("run_id", "processed_at")
"""Columns that say which run wrote a row, and when."""

OWN = "own"
PATHS: Mapping[str, Mapping[str, str]] = {
    OWN: {},
    "sse41": {"ONEDNN_MAX_CPU_ISA": "SSE41", "CT2_USE_MKL": "0"},
    "mkl": {"CT2_USE_MKL": "1", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "generic": {"CT2_FORCE_CPU_ISA": "GENERIC"},
}
"""By path: the environment that makes the engine compute as on another processor. By default it takes MKL on
Intel's processors, oneDNN on others; `sse41` and `mkl` are processors without VNNI, where int8 saturates."""

FURTHER: Mapping[str, Mapping[str, str]] = {"onednn": {"CT2_USE_MKL": "0"}}
"""The path of a processor that is not Intel's and has the instructions of this machine's."""

SMALL = 60_000
"""Size in bytes of the largest document that `drawn` yields."""

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]


def main() -> None:
    """Read the documents on each path, and print the differences."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.paths",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--documents", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docassay-") as folder:
        work = Path(folder)
        gather(work / "in", options.data / "real", options.documents)
        lines = differences(tables_by_path(work / "in", work))
    print("\n".join(lines) or "all paths agree")
    sys.exit(bool(lines))


def gather(folder: Path, real: Path, number: int) -> None:
    """Put the shipped samples and `number` real documents into a folder."""
    for name in domains.names():
        for path in (domains.load(name).folder / "samples").iterdir():
            if path.name != "expected.toml":
                _put(folder / f"samples/{name}" / path.name, path.read_bytes())
    for name, content in drawn(real, number):
        _put(folder / name, content)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def drawn(real: Path, number: int, seed: int = 1, largest: int = SMALL) -> Iterator[tuple[str, bytes]]:
    """Draw real documents at random, from each set in turn; yield name and content.

    Args:
        real: The folder with `manifest.tsv` and one archive for each set.
        number: The number of documents.
        seed: The seed of the draw.
        largest: Size in bytes of the largest document.
    """
    lines = (real / "manifest.tsv").read_text(encoding="utf-8").splitlines()[1:]
    names = [line.split("\t")[0] for line in lines]
    random.Random(seed).shuffle(names)
    contents: dict[str, bytes] = {}
    for name in sorted({name.split("/")[0] for name in names}):
        contents |= _members(real / f"{name}.tar.xz", largest)
    turns: dict[str, list[str]] = {}
    for name in names:
        if name in contents:
            turns.setdefault(name.split("/")[0], []).append(name)
    in_turn = sorted((position, name) for group in turns.values() for position, name in enumerate(group))
    for _, name in in_turn[:number]:
        yield name, contents[name]


def _members(archive: Path, largest: int) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            handle = tar.extractfile(member) if member.isfile() and 0 < member.size <= largest else None
            if handle is not None:
                contents[member.name] = handle.read()
    return contents


def tables_by_path(documents: Path, out: Path) -> dict[str, Tables]:
    """Read a folder of documents into tables on each path, each in its own process.

    Raises:
        RuntimeError: A run failed; the message holds its output.
    """

    def run(path: str) -> Tables:
        target = out / f"tables-{path}"
        command = [sys.executable, "-m", "docassay", "batch", str(documents), "--out", str(target)]
        ended = subprocess.run(
            [*command, "--workers", "1"], env={**os.environ, **PATHS[path]}, capture_output=True, text=True
        )
        if ended.returncode:
            raise RuntimeError(f"path {path}: {ended.stdout}{ended.stderr}")
        return {
            table.name: pq.read_table(table).to_pylist()
            for table in target.iterdir()
            if table.is_dir() and not table.name.startswith("_")
        }

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(PATHS, pool.map(run, PATHS), strict=True))


def differences(by_path: Mapping[str, Tables]) -> list[str]:
    """List the differences between paths; each pair is compared in both directions.

    Rows that rules alone decided must be equal in every column. What a model is sure of on one path must not
    be missing on another: there the label or span may be abstained, the flag a reason for review, the verdict
    `review`. What was read from a translation is compared only where both paths translated alike.
    """
    return [
        f"{one}, {other}: {line}"
        for one, other in permutations(by_path, 2)
        for line in (*_rules(by_path[one], by_path[other]), *_models(by_path[one], by_path[other]))
    ]


def _rules(tables: Tables, other_tables: Tables) -> Iterator[str]:
    """Yield the segments, rejects and rows decided by rules that the other path lacks."""
    for table in ("segments", "rejects"):
        yield from _missing(table, tables.get(table, []), other_tables.get(table, []))
    for table in ("flags", "findings"):
        yield from _missing(
            table, *(filter(_by_rule, side.get(table, [])) for side in (tables, other_tables))
        )


def _by_rule(row: Row) -> bool:
    by = row["decided_by"].replace(f"+{head_of_support().card.id}", "")
    return by.startswith("rule ") and "+" not in by


def _missing(table: str, rows: Iterable[Row], other_rows: Iterable[Row]) -> Iterator[str]:
    others = {_plain(row) for row in other_rows}
    for row in rows:
        if _plain(row) not in others:
            yield f"{table}: {_named(row)}"


def _plain(row: Row) -> str:
    return repr([(name, value) for name, value in sorted(row.items()) if name not in STAMP])


def _named(row: Row) -> str:
    """Describe a row by its keys, without any text of the document."""
    names = (
        "doc_id",
        "segment",
        "task",
        "label",
        "code",
        "check_id",
        "verdict",
        "start_char",
        "decided_by",
        "reason",
    )
    return " ".join(f"{name}={row[name]}" for name in names if row.get(name) is not None)


def _models(tables: Tables, other_tables: Tables) -> Iterator[str]:
    """Yield what the models are sure of on one path and do not find on the other."""
    apart = _translated_otherwise(tables, other_tables)
    documents = {doc_id for doc_id, _ in apart}
    labels = [
        row for row in tables.get("classifications", []) if (row["doc_id"], row["segment"]) not in apart
    ]
    yield from _unseen("classifications", labels, other_tables, "segment", "task", "label")
    yield from _unseen(
        "entities", tables.get("entities", []), other_tables, "segment", "label", "start_char", "end_char"
    )
    yield from _flags(
        [row for row in tables.get("flags", []) if row["doc_id"] not in documents], other_tables
    )
    yield from _verdicts(
        [row for row in tables.get("findings", []) if row["doc_id"] not in documents], other_tables
    )
    others = {_key(row, "domain", "kind", "language") for row in other_tables["documents"]}
    for row in tables["documents"]:
        if row["doc_id"] not in documents and _key(row, "domain", "kind", "language") not in others:
            yield f"documents: {_named(row)}"


def _unseen(table: str, rows: Iterable[Row], other_tables: Tables, *names: str) -> Iterator[str]:
    others = {_key(row, *names) for row in other_tables.get(table, [])}
    for row in rows:
        if not row["abstained"] and _key(row, *names) not in others:
            yield f"{table}: {_named(row)}"


def _flags(rows: Iterable[Row], other_tables: Tables) -> Iterator[str]:
    others = {(row["doc_id"], f"flag:{row['code']}") for row in other_tables.get("flags", [])}
    others |= {(row["doc_id"], reason) for row in other_tables["documents"] for reason in row["reasons"]}
    for row in rows:
        if not others & {(row["doc_id"], f"{prefix}:{row['code']}") for prefix in ("flag", "flag_uncertain")}:
            yield f"flags: {_named(row)}"


def _verdicts(rows: Iterable[Row], other_tables: Tables) -> Iterator[str]:
    others = {_key(row, "check_id", "verdict") for row in other_tables.get("findings", [])}
    for row in rows:
        same = {(row["doc_id"], row["check_id"], verdict) for verdict in (row["verdict"], "review")}
        if row["verdict"] != "review" and not others & same:
            yield f"findings: {_named(row)}"


def _key(row: Row, *names: str) -> tuple[Any, ...]:
    return (row["doc_id"], *(row[name] for name in names))


def _translated_otherwise(tables: Tables, other_tables: Tables) -> set[tuple[str, int]]:
    """Return the segments, as (document, index), whose translations differ."""
    others = {_key(row, "segment", "text", "guarded") for row in other_tables.get("translations", [])}
    return {
        (row["doc_id"], row["segment"])
        for row in tables.get("translations", [])
        if _key(row, "segment", "text", "guarded") not in others
    }


if __name__ == "__main__":
    main()
