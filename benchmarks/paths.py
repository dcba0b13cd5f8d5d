"""The engine's paths on one machine, and whether the tables of the same documents agree over them.

    python -m docassay.benchmarks.paths [--data ../shared/data] [--documents 50]

The shipped samples and real documents are read once on each path, two paths at a time, and what must agree is
compared; it ends with 1 and a line for each difference. `tests/test_processors.py` runs the same.
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

STAMP = ("run_id", "processed_at")
"""Columns that say which run wrote a row, and when."""

OWN = "own"
PATHS: Mapping[str, Mapping[str, str]] = {
    OWN: {},
    "sse41": {"ONEDNN_MAX_CPU_ISA": "SSE41", "CT2_USE_MKL": "0"},
    "mkl": {"CT2_USE_MKL": "1", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "generic": {"CT2_FORCE_CPU_ISA": "GENERIC"},
}
"""What makes the engine compute as on another processor. It takes MKL on Intel's processors and oneDNN on
others unless told; `sse41` and `mkl` are processors without VNNI, where eight bits saturate."""

FURTHER: Mapping[str, Mapping[str, str]] = {"onednn": {"CT2_USE_MKL": "0"}}
"""What a processor with this one's instructions takes that is not Intel's."""

SMALL = 60_000
"""Bytes of the largest document that `drawn` gives."""

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]


def main() -> None:
    """Read the documents on each path, and say what does not agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--documents", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docassay-") as folder:
        place = Path(folder)
        gather(place / "in", options.data / "real", options.documents)
        found = differences(tables_by_path(place / "in", place))
    print("\n".join(found) or "all paths agree")
    sys.exit(bool(found))


def gather(folder: Path, real: Path, number: int) -> None:
    """Put the shipped samples and so many real documents into a folder."""
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
    """Draw real documents by chance, name and content, from each set in turn.

    Args:
        real: The folder with `manifest.tsv` and an archive a set.
        number: How many.
        seed: Of the draw.
        largest: Bytes of the largest.
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
    in_turn = sorted((place, name) for own in turns.values() for place, name in enumerate(own))
    for _, name in in_turn[:number]:
        yield name, contents[name]


def _members(archive: Path, largest: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            handle = tar.extractfile(member) if member.isfile() and 0 < member.size <= largest else None
            if handle is not None:
                found[member.name] = handle.read()
    return found


def tables_by_path(documents: Path, out: Path) -> dict[str, Tables]:
    """Read a folder of documents into tables on each path, in processes of their own.

    Raises:
        RuntimeError: A run failed; the message is what it said.
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


def differences(found: Mapping[str, Tables]) -> list[str]:
    """List what does not agree between paths, each pair looked at from both sides.

    What rules alone decided is equal in every column. What a model is sure of is nowhere else missing: a
    label or span may be abstained there, a flag a reason for review, a verdict `review`. What was read from a
    translation is compared where both paths translated alike.
    """
    return [
        f"{one}, {other}: {line}"
        for one, other in permutations(found, 2)
        for line in (*_rules(found[one], found[other]), *_models(found[one], found[other]))
    ]


def _rules(here: Tables, there: Tables) -> Iterator[str]:
    """Give rows of texts and rules that the other side does not have."""
    for table in ("segments", "rejects"):
        yield from _missing(table, here.get(table, []), there.get(table, []))
    for table in ("flags", "findings"):
        yield from _missing(table, *(filter(_by_rule, tables.get(table, [])) for tables in (here, there)))


def _by_rule(row: Row) -> bool:
    return row["decided_by"].startswith("rule ") and "+" not in row["decided_by"]


def _missing(table: str, here: Iterable[Row], there: Iterable[Row]) -> Iterator[str]:
    known = {_plain(row) for row in there}
    for row in here:
        if _plain(row) not in known:
            yield f"{table}: {_named(row)}"


def _plain(row: Row) -> str:
    return repr([(name, value) for name, value in sorted(row.items()) if name not in STAMP])


def _named(row: Row) -> str:
    """Name a row without a word of the document."""
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


def _models(here: Tables, there: Tables) -> Iterator[str]:
    """Give what this side's models are sure of and the other side's do not see."""
    apart = _translated_otherwise(here, there)
    documents = {doc_id for doc_id, _ in apart}
    labels = [row for row in here.get("classifications", []) if (row["doc_id"], row["segment"]) not in apart]
    yield from _unseen("classifications", labels, there, "segment", "task", "label")
    yield from _unseen(
        "entities", here.get("entities", []), there, "segment", "label", "start_char", "end_char"
    )
    yield from _flags([row for row in here.get("flags", []) if row["doc_id"] not in documents], there)
    yield from _verdicts([row for row in here.get("findings", []) if row["doc_id"] not in documents], there)
    about = {_key(row, "domain", "kind", "language") for row in there["documents"]}
    for row in here["documents"]:
        if row["doc_id"] not in documents and _key(row, "domain", "kind", "language") not in about:
            yield f"documents: {_named(row)}"


def _unseen(table: str, rows: Iterable[Row], there: Tables, *names: str) -> Iterator[str]:
    known = {_key(row, *names) for row in there.get(table, [])}
    for row in rows:
        if not row["abstained"] and _key(row, *names) not in known:
            yield f"{table}: {_named(row)}"


def _flags(rows: Iterable[Row], there: Tables) -> Iterator[str]:
    known = {(row["doc_id"], f"flag:{row['code']}") for row in there.get("flags", [])}
    known |= {(row["doc_id"], reason) for row in there["documents"] for reason in row["reasons"]}
    for row in rows:
        if not known & {(row["doc_id"], f"{said}:{row['code']}") for said in ("flag", "flag_uncertain")}:
            yield f"flags: {_named(row)}"


def _verdicts(rows: Iterable[Row], there: Tables) -> Iterator[str]:
    known = {_key(row, "check_id", "verdict") for row in there.get("findings", [])}
    for row in rows:
        same = {(row["doc_id"], row["check_id"], verdict) for verdict in (row["verdict"], "review")}
        if row["verdict"] != "review" and not known & same:
            yield f"findings: {_named(row)}"


def _key(row: Row, *names: str) -> tuple[Any, ...]:
    return (row["doc_id"], *(row[name] for name in names))


def _translated_otherwise(here: Tables, there: Tables) -> set[tuple[str, int]]:
    """Name the segments, (document, index), whose translations are not the same."""
    known = {_key(row, "segment", "text", "guarded") for row in there.get("translations", [])}
    return {
        (row["doc_id"], row["segment"])
        for row in here.get("translations", [])
        if _key(row, "segment", "text", "guarded") not in known
    }


if __name__ == "__main__":
    main()
