"""Compare heads of kinds on words, on the encoder's states, and on both, for documents in English.

    python -m research.documents.compare --data ../shared/data --cache EXAMPLES

The examples are those that `kinds` keeps with `--cache`. All heads are logistic regressions on the same
examples, `PER_LABEL` of each kind; they answer folds that were left out, and the clinical notes that none was
trained on.
"""

from __future__ import annotations

import argparse
import csv
import pickle
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from docassay.models.catalog import find
from docassay.models.encoder import Encoder
from research.corpora.archives import read_members
from research.documents.fit import Example, fold_of, hashed, rarities, scaled
from research.documents.kinds import example
from research.documents.text import read_file

PER_LABEL = 25
READ_CHARS = 1_500
BUCKETS = 1 << 16


def chosen(examples: Sequence[Example]) -> list[Example]:
    """Take some examples of each label, those that were not invented first, in English."""
    by_label: dict[str, list[Example]] = defaultdict(list)
    for one in sorted(examples, key=lambda one: not one.measured):
        if "language en" in one.extra and one.text and len(by_label[one.label]) < PER_LABEL:
            by_label[one.label].append(one)
    return [one for label in sorted(by_label) for one in by_label[label]]


def notes(data: Path) -> list[tuple[Example, frozenset[str]]]:
    """Read the clinical notes, with the kinds that a reader accepts."""
    path = Path(__file__).parents[2] / "research/judged/kinds.tsv"
    with path.open(encoding="utf-8") as file:
        judged = {row["file"]: row["kind"].split("|") for row in csv.DictReader(file, delimiter="\t")}
    read = []
    for name, body in sorted(read_members(data / "real/note.tar.xz", "*.txt").items()):
        kinds = judged["/".join(name.split("/")[-2:])]
        for text in read_file("none", name, "notes", name, body):
            read.append((example(text), frozenset(f"medical.{kind}" for kind in kinds)))
    return read


def states(encoder: Encoder, examples: Sequence[Example]) -> csr_matrix:
    """Give the pooled states of the openings of documents."""
    return csr_matrix(encoder.pooled([one.text[:READ_CHARS] or "." for one in examples]))


def main() -> None:
    """Print the accuracy of each head."""
    parser = argparse.ArgumentParser(prog="python -m research.documents.compare", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    examples = chosen(pickle.loads(options.cache.read_bytes()))
    other = notes(options.data)
    everything = [*examples, *(one for one, _ in other)]
    words, strings = hashed(everything, BUCKETS)
    by_words = scaled(words, strings, rarities(words[: len(examples)], strings[: len(examples)]))
    by_states = states(Encoder(find("minilm"), 1), everything)
    by_states = StandardScaler(with_mean=False).fit_transform(by_states) / np.sqrt(by_states.shape[1])
    labels = np.array([one.label for one in examples])
    folds = np.array([fold_of(one.group) for one in examples])
    print(f"{len(examples)} documents, {len(set(labels))} kinds; {len(other)} notes")
    inputs = {"words": by_words, "states": by_states, "both": hstack([by_words, by_states]).tocsr()}
    for name, matrix in inputs.items():
        model = LogisticRegression(C=20.0, max_iter=200, tol=1e-3)
        own, rest = matrix[: len(examples)], matrix[len(examples) :]
        right = []
        for fold in sorted(set(folds)):
            model.fit(own[folds != fold], labels[folds != fold])
            right += list(model.predict(own[folds == fold]) == labels[folds == fold])
        model.fit(own, labels)
        answers = zip(model.predict(rest), other, strict=True)
        accepted = [label in kinds for label, (_, kinds) in answers]
        print(f"{name:7} left-out folds {np.mean(right):.3f}  notes {np.mean(accepted):.3f}")


if __name__ == "__main__":
    main()
