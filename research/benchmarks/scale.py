"""Scaling of time and memory with the number of documents: 20,000 against 1,000, 5 % of them unusable.

    python -m research.benchmarks.scale [--documents 20000] [--chars 220]

Documents are short, about 60 tokens, so that 20,000 take minutes and not half an hour: the question is
what grows with their number, not with their length. Memory is the resident set of the largest process,
sampled four times a second. Every input must end as a document or a reject.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from research.benchmarks import report
from tests import corpus

POISON = 0.05
FEW = 1_000


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--chars", type=int, default=220, help="mean length of a document")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        few = measure(Path(name) / "few", FEW, options.chars)
        many = measure(Path(name) / "many", options.documents, options.chars)
    time = many["seconds"] / many["files"] / (few["seconds"] / few["files"])
    memory = many["bytes"] / few["bytes"]
    rows = [
        [f"{m['files']:,}", m["seconds"], 1_000 * m["seconds"] / m["files"], m["bytes"] / 1e6]
        for m in (few, many)
    ]
    report.show("files", ["files", "seconds", "ms a file", "MB"], rows)
    pair = f"{options.documents:,} documents over {FEW:,}"
    figures = [
        report.figure(f"time per document, {pair}", f"{time:.2f}", "≤ 1.0"),
        report.figure(f"memory of the largest process, {pair}", f"{memory:.2f}", "≤ 1.1"),
        report.figure("the same after the larger number, MB", f"{many['bytes'] / 1e6:.0f}", "< 1000"),
        report.figure(
            f"{many['inputs']:,} inputs, 5 % of them unusable: documents + rejects",
            f"{many['documents']:,} + {many['rejects']:,}",
            f"{many['inputs']:,}",
        ),
    ]
    report.save("scale", figures, {"few": few, "many": many})


def measure(folder: Path, documents: int, chars: int) -> dict[str, Any]:
    """Run the pipeline on `documents` files, and check that each input became a document or a reject.

    Raises:
        RuntimeError: An input was lost, or one that cannot be read was taken for a document.
    """
    written = corpus.write(folder / "in", corpus.items(documents, chars=chars, poison=POISON))
    ran = report.batch(folder / "in", folder / "out", watch=True)
    run = report.row_of_runs(folder / "out")
    inputs, bad = sum(item.inputs for item in written), sum(not item.good for item in written)
    if not inputs == run["inputs"] == run["documents"] + run["rejects"] or run["rejects"] < bad:
        raise RuntimeError(
            f"{inputs} inputs, {bad} unusable: {run['documents']} documents, {run['rejects']} rejects"
        )
    return {
        "files": len(written),
        "inputs": inputs,
        "documents": run["documents"],
        "rejects": run["rejects"],
        "tokens": run["counts"]["assess.tokens"],
        "seconds": round(ran.seconds, 2),
        "bytes": ran.bytes,
        "seconds_by_stage": run["seconds"],
        "reasons": run["reasons"],
    }


if __name__ == "__main__":
    main()
