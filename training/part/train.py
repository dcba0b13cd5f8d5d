"""Train the model that tells where the documents in a file begin.

    python -m docassay.training.part.train --data ../shared/data

Packets are joined from the half of the documents, recipes and printed forms that is not held back
(`benchmarks/packets/halves.py`); those of a fold of documents are answered by a model that has seen only the
others, and on these answers the thresholds are chosen. Five minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import pickle
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from docassay.models.hashed_words import string_counts
from docassay.models.page_pair import KIND
from docassay.training.custom.modelfile import Value, digests, render
from docassay.training.part.pairs import FOLDS, Pair, pairs
from docassay.transforms.page_pairs import FEATURES
from docassay.transforms.part import MODEL

Floats = NDArray[np.float64]

PACKETS = 2_400
BUCKETS = 1 << 15
STRENGTH = 3.0
TREES, DEPTH, RATE, LEAST = 160, 4, 0.1, 12
SINGLE_WEIGHT = 8.0
"""How much a pair of a single file counts: wrongly cut ones are worse than parts that stay together."""
FEWEST = 4
"""Pairs that a bucket must occur in."""


@dataclass(frozen=True, slots=True)
class Words:
    """A linear model on hashed strings, quantised as it ships."""

    table: NDArray[np.int8]
    scale: float
    bias: float

    def logits(self, rows: csr_matrix) -> Floats:
        """Give the log-odds of rows of hashed strings, each of length 1."""
        total: Floats = np.asarray(rows @ self.table.astype(np.float64)) * self.scale + self.bias
        return total


def hashed(examples: Sequence[Pair]) -> csr_matrix:
    """Hash the strings of pairs to rows of length 1."""
    rows = [string_counts(pair.words, BUCKETS)[0] for pair in examples]
    ends = np.cumsum([0] + [len(row) for row in rows])
    columns = np.concatenate(rows)
    return normalize(csr_matrix((np.ones(len(columns)), columns, ends), (len(rows), BUCKETS)))


def fit_words(rows: csr_matrix, begins: NDArray[np.bool_], weights: Floats) -> Words:
    """Fit the linear model."""
    used = np.flatnonzero(np.bincount(rows.indices, minlength=BUCKETS) >= FEWEST)
    model = LogisticRegression(C=STRENGTH, max_iter=300)
    model.fit(rows[:, used], begins, weights)
    table = np.zeros(BUCKETS)
    table[used] = model.coef_[0]
    scale = float(max(np.abs(table).max(), 1e-9)) / 127
    return Words(np.round(table / scale).astype(np.int8), scale, float(model.intercept_[0]))


def fit_trees(numbers: Floats, begins: NDArray[np.bool_], weights: Floats) -> GradientBoostingClassifier:
    """Fit the boosted trees."""
    model = GradientBoostingClassifier(
        init="zero", n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, subsample=0.7,
        max_features=0.3, min_samples_leaf=LEAST, random_state=0,
    )  # fmt: skip
    model.fit(numbers, begins, weights)
    return model


def with_words(examples: Sequence[Pair], rows: csr_matrix, models: Sequence[Words]) -> Floats:
    """Add to the numbers of each pair what the words say, by the model that has not seen its fold."""
    logits = np.array([model.logits(rows) for model in models])
    folds = np.array([pair.fold for pair in examples])
    own = logits[folds, np.arange(len(examples))]
    return np.column_stack([np.array([pair.numbers for pair in examples]), np.round(own, 6)])


def arrays(model: GradientBoostingClassifier) -> dict[str, NDArray[np.generic]]:
    """Write the trees as arrays [trees, nodes]; what is shorter is filled with leaves of nothing."""
    trees = [estimator.tree_ for estimator in model.estimators_[:, 0]]
    count = max(tree.node_count for tree in trees)
    here = np.tile(np.arange(count), (len(trees), 1))
    feature, left, right = np.full(here.shape, -1), here.copy(), here.copy()
    threshold, value = np.zeros(here.shape), np.zeros(here.shape)
    for at, tree in enumerate(trees):
        inner = tree.children_left >= 0
        nodes = np.flatnonzero(inner)
        feature[at, nodes], threshold[at, nodes] = tree.feature[nodes], tree.threshold[nodes]
        left[at, nodes], right[at, nodes] = tree.children_left[nodes], tree.children_right[nodes]
        leaves = np.flatnonzero(~inner)
        value[at, leaves] = RATE * tree.value[leaves, 0, 0]
    return {
        "feature": feature.astype(np.int8),
        "threshold": threshold,
        "left": left.astype(np.int16),
        "right": right.astype(np.int16),
        "value": value,
    }


def report(examples: Sequence[Pair], probabilities: Floats, cut: float, mixed: float) -> dict[str, float]:
    """Measure the borders found in packets, and the single files that are cut, at two thresholds."""
    begins = np.array([pair.begins for pair in examples])
    single = np.array([pair.file.startswith("single") for pair in examples])
    found = probabilities >= cut
    right = (found & begins & ~single).sum()
    precision = right / max(1, (found & ~single).sum())
    recall = right / max(1, (begins & ~single).sum())
    worst: dict[str, float] = defaultdict(float)
    for pair, probability in zip(examples, probabilities, strict=True):
        if pair.file.startswith("single"):
            worst[pair.file] = max(worst[pair.file], probability)
    lost = begins & ~found & ~single
    return {
        "packets_f1": 2 * precision * recall / max(1e-9, precision + recall),
        "packets_precision": precision,
        "packets_recall": recall,
        "lost_and_marked_mixed": float((lost & (probabilities >= mixed)).sum() / max(1, lost.sum())),
        "single_files": float(len(worst)),
        "single_files_cut": float(np.mean([value >= cut for value in worst.values()])),
        "single_files_mixed": float(np.mean([mixed <= value < cut for value in worst.values()])),
    }


ABOUT: dict[str, Value] = {
    "version": "1",
    "licence": "Apache-2.0",
    "languages": ["en", "de", "fr", "es"],
    "intended_use": "Tell between which pages of a file a further document begins.",
    "known_failures": [
        "An annex that begins like a document of its own may be cut off.",
        "Documents without headings or numbering, of one sort and one typeface, may stay together.",
    ],
    "data": (
        "the half that is not held back of GraSCCo letters, e-invoices, terms, policies, CUAD, court, FDA,"
        " FOMC and company PDFs, orders of broadcasters (DeepForm), SROIE receipts, Open Terms Archive,"
        " MEDDOCAN, ACI-BENCH and PriMock57 notes, templates of mail; documents invented here;"
        " joined by benchmarks/packets"
    ),
    "data_licence": "ODC-By 1.0, CC BY 4.0, CC0, MIT, Apache-2.0, US government and public record",
}


def main() -> None:
    """Train, choose thresholds, print the figures, write the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped") / MODEL)
    parser.add_argument("--packets", type=int, default=PACKETS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cut", type=float, default=0.9)
    parser.add_argument("--mixed", type=float, default=0.15)
    parser.add_argument("--cache", type=Path, help="keep the pairs here, and read them from here")
    options = parser.parse_args()
    if options.cache and options.cache.is_file():
        examples: list[Pair] = pickle.loads(options.cache.read_bytes())
    else:
        examples = list(pairs(options.data, options.packets, options.workers))
        if options.cache:
            options.cache.write_bytes(pickle.dumps(examples))
    rows = hashed(examples)
    begins = np.array([pair.begins for pair in examples])
    weights = np.array([SINGLE_WEIGHT if pair.file.startswith("single") else 1.0 for pair in examples])
    folds = np.array([pair.fold for pair in examples])
    words = [fit_words(rows[folds != k], begins[folds != k], weights[folds != k]) for k in range(FOLDS)]
    numbers = with_words(examples, rows, words)
    answered = np.zeros(len(examples))
    for fold in range(FOLDS):
        model = fit_trees(numbers[folds != fold], begins[folds != fold], weights[folds != fold])
        answered[folds == fold] = model.predict_proba(numbers[folds == fold])[:, 1]
    for cut in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        print(cut, {k: round(v, 4) for k, v in report(examples, answered, cut, options.mixed).items()})
    quality = report(examples, answered, options.cut, options.mixed)
    every = fit_words(rows, begins, weights)
    trees = fit_trees(numbers, begins, weights)
    options.out.mkdir(parents=True, exist_ok=True)
    weighed = {"words": every.table, "scale": np.float64(every.scale), "bias": np.float64(every.bias)}
    np.savez_compressed(options.out / "weights.npz", allow_pickle=False, **weighed, **arrays(trees))
    head: dict[str, Value] = {
        "format": 1,
        "name": options.out.name,
        "kind": KIND,
        "base": "none: boosted trees and logistic regression on hashed words, trained from scratch",
        **ABOUT,
        "features": list(FEATURES),
        "cut": options.cut,
        "mixed": options.mixed,
    }
    card = {**head, "quality": {name: round(float(value), 4) for name, value in quality.items()}}
    (options.out / "model.toml").write_text(render(card, digests(options.out), {}), encoding="utf-8")


if __name__ == "__main__":
    main()
