"""Train, calibrate and measure the domain detector.

    python -m research.detector.train --data ../shared/data

Passages of the labelled corpora and of the sentence pairs are joined to texts of 40 to 9,000
characters, a logistic regression on hashed words is fitted, and its weights are cut to eight bits.
Whole documents (contracts, companies, drugs, acts) lie either in train, or in validation, where the
temperature and the threshold are chosen, or in test. Minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from docassay.models.detector import BUCKETS, features
from docassay.models.hashed_words import softmax
from docassay.models.modelfile import Value, digests, render
from docassay.schemas.rows import UNKNOWN
from docassay.train.score import Split
from research.detector.groups import Group, groups

Floats = NDArray[np.float64]

LABELS = ("financial", "legal", "medical", UNKNOWN)
STATUTES = ("canlaw", "swiss-law")
"""Acts. One about banks or drugs is worded as a law and carries the label of its subject: half true, so it
weighs `STATUTE_WEIGHT` in training and is measured apart."""

STATUTE_WEIGHT = 0.15
OWN_WEIGHT = 4.0
"""Our own passages stand for whole kinds of documents, and are few."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text to learn from or to be measured on; `size` is ``document``, ``passage`` or ``sentence``."""

    split: Split
    label: str
    corpus: str
    language: str
    size: str
    text: str

    @property
    def is_statute(self) -> bool:
        """Say whether the text comes from an act, whose label is that of its subject."""
        return self.corpus.startswith(STATUTES)


SIZES = {"document": (2_000, 9_000), "passage": (300, 2_000), "sentence": (60, 300)}
"""Characters, fewest and most, of the texts made."""


def rows(group: Group) -> list[Row]:
    """Make texts of several sizes from a group: its opening, a stretch, and a bit.

    The draw depends on the group's name only.
    """
    draw = random.Random(f"{group.corpus}/{group.name}/{group.language}")
    examples: list[Row] = []
    for least, most in SIZES.values():
        start = draw.randrange(len(group.passages)) if examples else 0
        length = int(np.exp(draw.uniform(np.log(least), np.log(most))))
        glue = "\n" if draw.random() < 0.7 else " "
        text = glue.join(group.passages[start : start + 1 + length // 20])[:length]
        if len(text) >= 40 and all(text != row.text for row in examples):
            real = next((name for name, (fewest, _) in SIZES.items() if len(text) >= fewest), "sentence")
            examples.append(Row(group.split, group.label, group.corpus, group.language, real, text))
    return examples


def matrix(texts: Sequence[str]) -> csr_matrix:
    """Hash texts to a sparse matrix, one row a text."""
    hashed = [features(text) for text in texts]
    ends = np.cumsum([0] + [len(buckets) for buckets, _ in hashed])
    columns = np.concatenate([buckets for buckets, _ in hashed])
    return csr_matrix(
        (np.concatenate([values for _, values in hashed]), columns, ends), shape=(len(texts), BUCKETS)
    )


def weigh(examples: Sequence[Row]) -> Floats:
    """Weigh texts so that labels count alike, and a corpus by the square root of its size."""
    sizes = Counter((row.label, row.language, row.corpus) for row in examples)
    weights = np.array([sizes[row.label, row.language, row.corpus] ** -0.5 for row in examples])
    weights *= [STATUTE_WEIGHT if row.is_statute else 1.0 for row in examples]
    weights *= [OWN_WEIGHT if row.corpus == "own" else 1.0 for row in examples]
    for label in LABELS:
        of_label = np.array([row.label == label for row in examples])
        weights[of_label] *= len(examples) / len(LABELS) / weights[of_label].sum()
    return weights


def rarities(hashed: csr_matrix) -> NDArray[np.uint8]:
    """Return the inverse document frequency of each bucket, from 1 to 255."""
    frequencies = np.bincount(hashed.indices, minlength=BUCKETS)
    inverse = np.log((1 + hashed.shape[0]) / (1 + frequencies))
    rounded: NDArray[np.uint8] = np.maximum(1, np.round(255 * inverse / inverse.max())).astype(np.uint8)
    return rounded


def calibrate(logits: Floats, truth: NDArray[np.int64]) -> float:
    """Find the temperature of the least negative log likelihood (Guo et al. 2017), to two decimals."""
    at = np.arange(len(truth))
    temperatures = np.arange(0.3, 3.0, 0.01)
    losses = [-np.log(np.clip(softmax(logits / t)[at, truth], 1e-6, 1)).mean() for t in temperatures]
    return round(float(temperatures[int(np.argmin(losses))]), 2)


def choose_threshold(probabilities: Floats, truth: NDArray[np.int64], precision: float = 0.99) -> float:
    """Find the least threshold from which the domains named are right with a precision, from 0.5 on."""
    named = probabilities.argmax(axis=1) != LABELS.index(UNKNOWN)
    for threshold in np.arange(0.5, 0.99, 0.01):
        answered = named & (probabilities.max(axis=1) >= threshold)
        if answered.any() and (probabilities.argmax(axis=1) == truth)[answered].mean() >= precision:
            return round(float(threshold), 2)
    return 0.99


def equal_width_error(probabilities: Floats, truth: NDArray[np.int64], bins: int = 15) -> float:
    """Return the expected calibration error of the most probable label, in bins of equal width.

    >>> equal_width_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    0.0
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean()
        for b in set(place.tolist())
    ]
    return float(sum(gaps))


def report(name: str, probabilities: Floats, truth: NDArray[np.int64], threshold: float) -> dict[str, float]:
    """Measure the most probable label, and the domains named once the threshold is applied.

    `named_precision`: of the texts given a domain, how many are of it. `named_recall`: of the texts of
    a domain, how many are given it.
    """
    best, unknown = probabilities.argmax(axis=1), LABELS.index(UNKNOWN)
    named = (best != unknown) & (probabilities.max(axis=1) >= threshold)
    right = best == truth
    figures = {
        "texts": len(truth),
        "accuracy": right.mean(),
        "named_precision": right[named].mean(),
        "named_recall": (right & named)[truth != unknown].mean(),
        "ece": equal_width_error(probabilities, truth),
    }
    return {f"{name}_{key}": round(float(value), 4) for key, value in figures.items()}


def train(data: Path, folder: Path) -> dict[str, float]:
    """Train on the archives under `data`, write the model folder, and measure on the test split."""
    examples = [row for group in groups(data) if group.passages for row in rows(group)]
    hashed = matrix([row.text for row in examples])
    truth = np.array([LABELS.index(row.label) for row in examples])
    in_split = {
        split: np.array([row.split == split for row in examples]) for split in ("train", "validation", "test")
    }
    rarity = rarities(hashed[in_split["train"]])
    hashed = normalize(hashed.multiply(rarity.astype(np.float64)).tocsr())
    model = LogisticRegression(C=30.0, max_iter=250, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # early stopping: more steps gain nothing measurable
        model.fit(
            hashed[in_split["train"]],
            truth[in_split["train"]],
            weigh([row for row in examples if row.split == "train"]),
        )
    scale = np.abs(model.coef_).max(axis=1) / 127
    weights = np.ascontiguousarray(np.round(model.coef_ / scale[:, None]).astype(np.int8).T)
    logits = hashed @ (weights * scale) + model.intercept_
    plain = np.array([not row.is_statute for row in examples])
    chosen = in_split["validation"] & plain
    temperature = calibrate(logits[chosen], truth[chosen])
    probabilities = softmax(logits / temperature)
    threshold = choose_threshold(probabilities[chosen], truth[chosen])
    figures: dict[str, float] = {}
    for size in SIZES:
        sized = np.array([row.size == size for row in examples])
        for name, part in (
            (size, sized & plain),
            *(((f"{size}_statute", sized & ~plain),) if size == "document" else ()),
        ):
            at = in_split["test"] & part
            figures |= report(name, probabilities[at], truth[at], threshold)
        for code in ("fr", "de") if size != "sentence" else ():
            at = in_split["test"] & sized & plain & np.array([row.language == code for row in examples])
            figures |= report(f"{size}_{code}", probabilities[at], truth[at], threshold)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / "weights.npz", rarity=rarity, weights=weights, scale=scale, bias=model.intercept_
    )
    (folder / "model.toml").write_text(card(folder, temperature, threshold, figures), encoding="utf-8")
    _errors(examples, probabilities, truth, in_split["test"])
    return figures


def _errors(
    examples: Sequence[Row], probabilities: Floats, truth: NDArray[np.int64], test: NDArray[np.bool_]
) -> None:
    """Print, worst first, the corpora in which the most probable label is often wrong."""
    right: dict[tuple[str, str, str, str], list[bool]] = defaultdict(list)
    for row, answer, label, tested in zip(examples, probabilities.argmax(axis=1), truth, test, strict=True):
        if tested:
            right[row.size, row.label, row.corpus, row.language].append(bool(answer == label))
    for key, answers in sorted(right.items(), key=lambda item: sum(item[1]) / len(item[1]))[:40]:
        if len(answers) >= 5:
            print(*key, len(answers), round(sum(answers) / len(answers), 3))


CARD: dict[str, Value] = {
    "format": 1,
    "name": "detector",
    "version": "1",
    "kind": "detector",
    "base": "none: logistic regression on hashed words, trained from scratch",
    "licence": "Apache-2.0",
    "labels": list(LABELS),
    "intended_use": (
        "Tell which of legal, financial and medical a whole document in English, French or German is, before"
        " the encoder"
        " is asked anything; unknown says that it is none of them."
    ),
    "known_failures": [
        "An act about banks, taxes, drugs or health is taken for legal or for its subject, about as often.",
        "Judgments are known from our own passages only; one on malpractice or fraud reads as medical or"
        " financial.",
        "Below 300 characters a named domain is often missed; mail without money words is unknown.",
        "Languages other than English, French and German: terms of service in Italian and Polish alone were"
        " seen.",
    ],
}

DATA = [
    "CUAD v1 (CC BY 4.0), without 54 contracts kept for measuring",
    "ContractNLI (CC BY 4.0)",
    "CLAUDETTE multilingual terms of service (CC BY 4.0)",
    "Form 10-K and 8-K filings, as collected by edgar-crawler (public record)",
    "BANKING77 (CC BY 4.0)",
    "CFPB complaint narratives (US government)",
    "SMS Phishing Dataset and UCI SMS Spam (CC BY 4.0)",
    "Enron e-mail (public record)",
    "SEntFiN 1.0 (MIT)",
    "Twitter Financial News Sentiment (MIT)",
    "FinEntity (ODC-BY; the texts are news)",
    "Hallmarks of Cancer (MIT repository; PubMed abstracts)",
    "MTS-Dialog (CC BY 4.0)",
    "HHS-OIG web pages (US government)",
    "SPL-ADR-200db (CC0)",
    "Consolidated Acts of Canada (Open Government Licence - Canada)",
    "Swiss federal acts (no copyright)",
    "Tatoeba (CC BY 2.0 FR)",
    "LibreOffice help (MPL-2.0)",
    "eForms (CC BY 4.0)",
    "mozilla-legal (CC BY-SA 3.0)",
    "openEHR CKM (CC BY-SA 3.0)",
    "EMEA via OPUS (re-use with source)",
    "HPO translations (HPO licence)",
    "GNU Health, accounting programs, SORMAS, Open Hospital, OAS benefits: messages (GPL)",
    "bitcoin.org (MIT)",
    "WMT biomedical abstracts, mined Wikipedia sentences (licence unstated; CC BY-SA)",
    "newstest2013 (research use)",
    "Python standard library source (PSF)",
    "our own passages, research/detector/passages.tsv (as the project)",
]


def card(folder: Path, temperature: float, threshold: float, figures: Mapping[str, float]) -> str:
    """Render `model.toml`, with the digests of the weights that lie in the folder."""
    head: dict[str, Value] = {**CARD, "temperature": temperature, "threshold": threshold, "data": DATA}
    test = "a fifth of the documents, companies, drugs and blocks of each corpus, by the checksum of the name"
    return (
        render(head, digests(folder), {})
        + "\n[quality]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in {"test": test, **figures}.items())
    )


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m research.detector.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped/detector"))
    options = parser.parse_args()
    for name, value in train(options.data, options.out).items():
        print(name, value)


if __name__ == "__main__":
    main()
