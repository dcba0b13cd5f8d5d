"""Measure the 17 hypotheses of ContractNLI.

    python -m docassay.training.measure.nda

With `--test` on the official test.

For each hypothesis a linear model on a span's pooled state and its words and pairs of words (TF-IDF)
ranks the spans of a contract; the best three decide whether it is mentioned, and a model on the best
span's words, each crossed with the hypothesis, whether it is entailed or contradicted. Not shipped: it
needs the words beside the states, which the runtime's heads do not see.
"""

import argparse
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.svm import LinearSVC

from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED
from docassay.training.custom.encode import runtime

Array = NDArray[Any]
CHOICES = ("Entailment", "Contradiction", "NotMentioned")
WORDS, STATES = 3.0, 0.05
"""Weights of the two kinds of features, chosen by cross-validation over contracts."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """Spans of contracts; `evidence` is [spans, hypotheses, entails or contradicts], `choice` by contract."""

    texts: list[str]
    states: Array
    contract: Array
    evidence: Array
    choice: Array


def load(archive: Path, parts: tuple[str, ...], folder: Path, cache: Path) -> Contracts:
    """Read parts of the set (`train_truncated`, `dev`, `test`) and their spans' states."""
    texts: list[str] = []
    contract: list[int] = []
    choices: list[list[int]] = []
    evidence: list[tuple[int, int, int]] = []
    with tarfile.open(archive) as tar:
        members = {Path(member.name).stem: member for member in tar if member.name.endswith(".json")}
        for part in parts:
            handle = tar.extractfile(members[part])
            assert handle is not None
            content = json.load(handle)
            for document in content["documents"]:
                first = len(texts)
                texts += [" ".join(document["text"][a:b].split()) or "." for a, b in document["spans"]]
                contract += [len(choices)] * len(document["spans"])
                given = document["annotation_sets"][0]["annotations"]
                answers = [given[name] for name in sorted(given)]
                choices.append([CHOICES.index(answer["choice"]) for answer in answers])
                evidence += [
                    (first + span, n, CHOICES.index(answer["choice"]))
                    for n, answer in enumerate(answers)
                    for span in answer["spans"]
                ]
    gold = np.zeros((len(texts), len(choices[0]), 2), np.int64)
    for span, hypothesis, choice in evidence:
        gold[span, hypothesis, choice] = 1
    states = runtime(folder, texts, cache).states
    return Contracts(texts, states, np.array(contract), gold, np.array(choices))


def ranked(train: Contracts, other: Contracts) -> Array:
    """Score each span of `other` as evidence of each hypothesis, [spans, hypotheses]."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    centre, spread = train.states.mean(axis=0), train.states.std(axis=0) + 1e-6

    def features(matrix: Any, contracts: Contracts) -> Any:
        return hstack([matrix * WORDS, csr_matrix((contracts.states - centre) / spread * STATES)]).tocsr()

    known, asked = (
        features(words.fit_transform(train.texts), train),
        features(words.transform(other.texts), other),
    )
    columns = []
    for hypothesis in range(train.choice.shape[1]):
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=200)
        columns.append(model.fit(known, train.evidence[:, hypothesis].max(axis=1)).decision_function(asked))
    return np.stack(columns, axis=1)


def decided(train: Contracts, inner: Array, other: Contracts, scores: Array) -> Array:
    """Choose for each contract and hypothesis.

    `inner` are the scores of train's spans by models that had not seen them.
    """
    known, _ = best(train, inner)
    asked, top = best(other, scores)
    spans, hypotheses = np.nonzero(train.evidence.max(axis=2))
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")
    stance = LinearSVC(class_weight="balanced").fit(
        words.fit_transform(
            [crossed(train.texts[n], int(h)) for n, h in zip(spans, hypotheses, strict=True)]
        ),
        train.evidence[spans, hypotheses, 1],
    )
    answers = np.zeros(other.choice.shape, np.int64)
    for hypothesis in range(other.choice.shape[1]):
        absent = LogisticRegression(C=0.5).fit(known[:, hypothesis], train.choice[:, hypothesis] == 2)
        stances = stance.predict(
            words.transform([crossed(other.texts[n], hypothesis) for n in top[:, hypothesis]])
        )
        answers[:, hypothesis] = np.where(absent.predict(asked[:, hypothesis]), 2, stances)
    return answers


def best(contracts: Contracts, scores: Array) -> tuple[Array, Array]:
    """Give by contract and hypothesis the best score, the second, the mean of three; and the best span."""
    rows, top = [], []
    for n in range(len(contracts.choice)):
        spans = np.flatnonzero(contracts.contract == n)
        order = np.sort(scores[spans], axis=0)[::-1]
        rows.append(np.stack([order[0], order[min(1, len(spans) - 1)], order[:3].mean(axis=0)], axis=1))
        top.append(spans[scores[spans].argmax(axis=0)])
    return np.array(rows), np.array(top)


def crossed(text: str, hypothesis: int) -> str:
    """Write a text's words twice, once each with the hypothesis: what negates one may affirm another."""
    words = text.lower().split()
    return " ".join([*(f"{hypothesis}__{word}" for word in words), "||", *words])


def part(contracts: Contracts, chosen: Array) -> Contracts:
    """Take some contracts, by their numbers, and number them anew."""
    spans = np.flatnonzero(np.isin(contracts.contract, chosen))
    return Contracts(
        [contracts.texts[n] for n in spans],
        contracts.states[spans],
        np.searchsorted(np.sort(chosen), contracts.contract[spans]),
        contracts.evidence[spans],
        contracts.choice[np.sort(chosen)],
    )


def figures(contracts: Contracts, scores: Array, answers: Array) -> dict[str, float]:
    """Return accuracy, F1 of each choice over all pairs, and the mean average precision of evidence."""
    precisions = [
        average_precision_score(contracts.evidence[spans, h].max(axis=1), scores[spans, h])
        for n in range(len(contracts.choice))
        for spans in [contracts.contract == n]
        for h in np.flatnonzero(contracts.choice[n] < 2)
    ]
    by_choice = f1_score(contracts.choice.ravel(), answers.ravel(), average=None)
    scores_by_name = {f"{name.lower()}_f1": value for name, value in zip(CHOICES, by_choice, strict=True)}
    scores_by_name |= {"accuracy": (contracts.choice == answers).mean(), "evidence_map": np.mean(precisions)}
    return {key: round(float(value), 3) for key, value in scores_by_name.items()}


def main() -> None:
    """Cross-validate over the contracts of train and dev; with --test measure on the official test."""
    parser = argparse.ArgumentParser(prog="python -m docassay.training.measure.nda", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--folder", type=Path, default=SHIPPED / DEFAULT_ENCODER)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/states"))
    parser.add_argument("--test", action="store_true")
    options = parser.parse_args()
    archive = options.data / "labelled/legal-contract_nli.tar.xz"
    train = load(archive, ("train_truncated", "dev"), options.folder, options.cache)
    fold = np.random.RandomState(0).permutation(len(train.choice)) % 5
    inner = np.zeros(train.evidence.shape[:2])
    for n in range(5):
        seen, unseen = np.flatnonzero(fold != n), np.flatnonzero(fold == n)
        inner[np.isin(train.contract, unseen)] = ranked(part(train, seen), part(train, unseen))
    answers = np.zeros_like(train.choice)
    for n in range(5):
        seen, unseen = np.flatnonzero(fold != n), np.flatnonzero(fold == n)
        train_spans, test_spans = np.isin(train.contract, seen), np.isin(train.contract, unseen)
        answers[unseen] = decided(
            part(train, seen), inner[train_spans], part(train, unseen), inner[test_spans]
        )
    print("cross-validated", json.dumps(figures(train, inner, answers)), flush=True)
    if options.test:
        test = load(archive, ("test",), options.folder, options.cache)
        scores = ranked(train, test)
        print("test", json.dumps(figures(test, scores, decided(train, inner, test, scores))))


if __name__ == "__main__":
    main()
