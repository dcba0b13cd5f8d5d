"""Train the model that tells where the documents in a file begin.

    python -m research.part.train --data ../shared/data

With `--by-set` whole sets of documents are left out instead, and nothing is written: what becomes of sorts of
documents that were not learnt.

Packets are joined from the half of the documents, recipes and printed forms that is not held back
(`research/benchmarks/packets/halves.py`); those of a fold of documents are answered by a model that has seen
only the others, and on these answers, corrected by the rules as at run time, the thresholds are chosen: `cut`
is the lowest at which one single file in 100 is cut, or fewer; `further` that of the best F1 of the packets'
borders; `mixed` the lowest at which one single file in ten is marked, or fewer. Single files are
the real PDFs, what was printed on several pages, and the scans of both. Fifteen minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from docassay.models.hashed_words import string_counts
from docassay.models.modelfile import Value, digests, render
from docassay.models.page_pair import KIND
from docassay.transforms.parts.pairs import FEATURES
from docassay.transforms.parts.part import MODEL, NUMBERED_ON, is_numbered_on
from research.part.pairs import FOLDS, Pair, pairs, printed_documents

Floats = NDArray[np.float64]

PACKETS = 2_400
BUCKETS = 1 << 15
STRENGTH = 3.0
TREES, DEPTH, RATE, LEAST = 160, 4, 0.1, 12
SINGLE_WEIGHT = 8.0
"""How much a pair of a single file counts: wrongly cut ones are worse than parts that stay together."""
FEWEST = 4
"""Pairs that a bucket must occur in."""

GRID = [
    *(round(0.02 + 0.01 * n, 2) for n in range(97)),
    *(round(0.99 + 0.001 * n, 3) for n in range(9)),
    *(round(0.999 + 0.0001 * n, 4) for n in range(10)),
]
"""The thresholds to choose from."""
MOST_SINGLE_CUT = 0.01
MOST_SINGLE_MIXED = 0.1
TEST = "packets and single files of the half that is not held back, each read by a model that saw the others"


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


class Files:
    """Packets and single files, with the probability of a beginning between every two of their pages."""

    def __init__(self, examples: Sequence[Pair], answered: Floats) -> None:
        """Group the pairs by their files."""
        names = sorted({pair.file for pair in examples})
        numbers = {name: number for number, name in enumerate(names)}
        self._names = names
        self._of = np.array([numbers[pair.file] for pair in examples])
        self._begins = np.array([pair.begins for pair in examples])
        self._answered = answered
        self._highest = np.zeros(len(names))
        np.maximum.at(self._highest, self._of, answered)
        self._single = np.array([not name.startswith("packet") for name in names])
        self._real = np.array([name.startswith("single") for name in names])

    def several(self, further: float) -> Floats:
        """Give for each file how probable it is that one of its likely borders is one."""
        none = np.ones(len(self._names))
        likely = self._answered >= further
        np.multiply.at(none, self._of[likely], 1 - self._answered[likely])
        return 1 - none

    def thresholds(self) -> tuple[float, float, float]:
        """Choose `cut`, `further` and `mixed` by the rules that the module's docstring tells."""
        cuts = {
            further: min(
                (t for t in GRID if np.mean(self.several(further)[self._single] >= t) <= MOST_SINGLE_CUT),
                default=GRID[-1],
            )
            for further in GRID[::2]
        }
        further = max(cuts, key=lambda t: self.quality(cuts[t], t, t)["packets_f1"])
        single = self._highest[self._single & (self.several(further) < cuts[further])]
        fits = [t for t in GRID if np.sum(single >= t) <= MOST_SINGLE_MIXED * self._single.sum()]
        return cuts[further], further, min(further, *fits)

    def quality(self, cut: float, further: float, mixed: float) -> dict[str, float]:
        """Measure the borders found in packets, and the single files that are cut or marked."""
        is_cut = self.several(further) >= cut
        begins = self._begins & ~self._single[self._of]
        found = is_cut[self._of] & (self._answered >= further) & ~self._single[self._of]
        right = (found & begins).sum()
        precision, recall = right / max(1, found.sum()), right / max(1, begins.sum())
        silent = begins & ~found & (self._answered < mixed)
        is_mixed = ~is_cut & (self._highest >= mixed)
        return {
            "packets_f1": float(2 * precision * recall / max(1e-9, precision + recall)),
            "packets_precision": float(precision),
            "packets_recall": float(recall),
            "lost_silently": float(silent.sum() / max(1, begins.sum())),
            "single_files": float(self._single.sum()),
            "single_files_cut": float(np.mean(is_cut[self._single])),
            "single_files_mixed": float(np.mean(is_mixed[self._single])),
            "real_files": float(self._real.sum()),
            "real_files_cut": float(np.mean(is_cut[self._real])),
            "real_files_mixed": float(np.mean(is_mixed[self._real])),
        }

    def worst(self, cut: float, further: float) -> list[tuple[str, float]]:
        """List the single files that are cut."""
        every = zip(self._names, self.several(further), self._single, strict=True)
        return sorted((name, float(value)) for name, value, single in every if single and value >= cut)


ABOUT: dict[str, Value] = {
    "version": "3",
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
        " ContractNLI, AGB-DE, 8-Ks, drug labels, notices of the HHS OIG, MTS-Dialog, SpamAssassin;"
        " joined by research/benchmarks/packets"
    ),
    "data_licence": (
        "ODC-By 1.0, CC BY 4.0, CC BY-SA 4.0, PDDL 1.0, CC0, MIT, Apache-2.0, US government and public record"
    ),
}


def main() -> None:
    """Train, choose thresholds, print the figures, write the folder."""
    parser = argparse.ArgumentParser(
        prog="python -m research.part.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped") / MODEL)
    parser.add_argument("--packets", type=int, default=PACKETS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="keep the pairs here, and read them from here")
    parser.add_argument("--by-set", action="store_true", help="measure sorts that were not learnt, no more")
    options = parser.parse_args()
    if options.cache and options.cache.is_file():
        examples: list[Pair] = pickle.loads(options.cache.read_bytes())
    else:
        found = printed_documents(options.data, options.workers)
        examples = list(pairs(found, options.packets, options.by_set))
        if options.cache:
            options.cache.write_bytes(pickle.dumps(examples))
    rows = hashed(examples)
    begins = np.array([pair.begins for pair in examples])
    single = np.array([not pair.file.startswith("packet") for pair in examples])
    weights = np.where(single, SINGLE_WEIGHT, 1.0)
    folds = np.array([pair.fold for pair in examples])
    words = [fit_words(rows[folds != k], begins[folds != k], weights[folds != k]) for k in range(FOLDS)]
    numbers = with_words(examples, rows, words)
    answered = np.zeros(len(examples))
    for fold in range(FOLDS):
        model = fit_trees(numbers[folds != fold], begins[folds != fold], weights[folds != fold])
        answered[folds == fold] = model.predict_proba(numbers[folds == fold])[:, 1]
    answered[[is_numbered_on(pair.numbers) for pair in examples]] = NUMBERED_ON
    files = Files(examples, answered)
    cut, further, mixed = files.thresholds()
    print(f"cut {cut}, further {further}, mixed {mixed}")
    quality = files.quality(cut, further, mixed)
    print("\n".join(f"{name} {value:.4f}" for name, value in quality.items()))
    print("\n".join(f"cut: {name} {worst:.2f}" for name, worst in files.worst(cut, further)))
    if options.by_set:
        return
    every = fit_words(rows, begins, weights)
    trees = fit_trees(numbers, begins, weights)
    options.out.mkdir(parents=True, exist_ok=True)
    weighed: dict[str, NDArray[Any]] = {
        "words": every.table,
        "scale": np.array(every.scale),
        "bias": np.array(every.bias),
    }
    np.savez_compressed(options.out / "weights.npz", allow_pickle=False, **weighed, **arrays(trees))
    head: dict[str, Value] = {
        "format": 1,
        "name": options.out.name,
        "kind": KIND,
        "base": "none: boosted trees and logistic regression on hashed words, trained from scratch",
        **ABOUT,
        "features": list(FEATURES),
        "cut": cut,
        "further": further,
        "mixed": mixed,
    }
    figures: dict[str, Value] = {name: round(value, 4) for name, value in quality.items()}
    card: dict[str, Value | dict[str, Value]] = {**head, "quality": {"test": TEST, **figures}}
    (options.out / "model.toml").write_text(render(card, digests(options.out), {}), encoding="utf-8")


if __name__ == "__main__":
    main()
