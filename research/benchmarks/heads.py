"""Time of further heads: a model with eight heads against the same encoder with one.

    python -m research.benchmarks.heads [--documents 60] [--repeats 7]

Both read the same texts, in turn, on one thread. Each head has 24 labels and random weights for the states
and for the terms of `clause_type`: time does not depend on what a head answers. The ratio is the median over
the pairs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from docassay.models.catalog import DEFAULT_ENCODER, find
from docassay.models.encoder import Encoder
from docassay.models.lexical_weights import LexicalWeights, from_arrays, to_arrays
from research.benchmarks import report
from tests import corpus

LABELS = 24


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.heads",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    texts = [piece for n in range(options.documents) for piece in corpus.text(1, n).split("\n\n") if piece]
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        one, eight = (Encoder(_model(Path(name) / str(count), count)) for count in (1, 8))
        pairs = []
        for _ in range(options.repeats + 1):  # the first warms up
            pairs.append((_seconds(one, texts), _seconds(eight, texts)))
    pairs = pairs[1:]
    ratio = statistics.median(b / a for a, b in pairs)
    report.show(
        f"{len(texts):,} texts, one thread, median of {options.repeats}",
        ["heads", "seconds"],
        [["one", statistics.median(a for a, _ in pairs)], ["eight", statistics.median(b for _, b in pairs)]],
    )
    figures = [report.figure("time of eight heads over one head", f"{ratio:.3f}", "≤ 1.1")]
    report.save("heads", figures, {"texts": len(texts), "seconds": [[round(s, 3) for s in p] for p in pairs]})


def _seconds(encoder: Encoder, texts: list[str]) -> float:
    tasks = [tuple(encoder.card.tasks)] * len(texts)
    began = time.perf_counter()
    encoder.read(texts, tasks)
    return time.perf_counter() - began


def _model(folder: Path, heads: int) -> Path:
    """Make a model folder with the shipped encoder and random heads."""
    shipped = find(DEFAULT_ENCODER)
    shutil.copytree(shipped, folder)
    chance = np.random.default_rng(1)
    with np.load(shipped / "heads.npz") as shipped_heads:
        width = shipped_heads["clause_type.weight"].shape[1]
        terms = from_arrays("clause_type", shipped_heads)
    assert terms is not None
    arrays: dict[str, Any] = {}
    for n in range(heads):
        arrays[f"task_{n}.weight"] = chance.normal(0, 0.1, (LABELS, width)).astype(np.float32)
        arrays[f"task_{n}.bias"] = np.zeros(LABELS, np.float32)
        weight = chance.integers(-127, 128, (len(terms.keys), LABELS)).astype(np.int8)
        scale = np.full(LABELS, 0.01, np.float32)
        arrays |= to_arrays(f"task_{n}", LexicalWeights(terms.keys, terms.rarity, weight, scale))
    np.savez(folder / "heads.npz", **arrays)
    head = {
        "format": 1,
        "name": "bench",
        "version": "1",
        "kind": "encoder",
        "base": DEFAULT_ENCODER,
        "max_tokens": 192,
    }
    task = {
        "domain": "legal",
        "kind": "single",
        "labels": [f"label_{n}" for n in range(LABELS)],
        "temperature": 1.0,
        "abstain_below": 0.5,
        "abstain_precision": 0.9,
        "data": "-",
        "data_licence": "-",
    }
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != "model.toml"
    }
    lines = [_toml({**head, "licence": "Apache-2.0", "max_tokens": 192}), "[files]", _toml(files)]
    for n in range(heads):
        lines += [f"[tasks.task_{n}]", _toml(task)]
    (folder / "model.toml").write_text("\n".join(lines))
    return folder


def _toml(table: Mapping[str, object]) -> str:
    return "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in table.items())


if __name__ == "__main__":
    main()
