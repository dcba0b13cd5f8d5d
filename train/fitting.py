"""The head of the user's task, its calibration, and the models that it is compared with."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from docassay.train import calibrate, label_chain, lexical_weights
from docassay.train.calibrate import Calibration
from docassay.train.encode import Encoded
from docassay.train.heads import Head, fit, probabilities
from docassay.train.score import Flags, Kind, Split, calibration_error, decide, label_table, metrics
from docassay.train.table import Row

STRENGTHS = (3.0, 30.0, 300.0, 3000.0)
"""Inverse regularisations tried, per train text."""
TFIDF_STRENGTHS = (0.1, 1.0, 10.0)
ROUNDS = 1000

Gold = Mapping[Split, Flags]
Texts = Mapping[Split, Encoded]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head, how it was chosen, and how good it is on validation.

    Attributes:
        figure: The mean of accuracy (micro-F1) and macro-F1.
        loss: The negative log-likelihood of a text, once calibrated; it decides between equal figures.
    """

    head: Head
    calibration: Calibration
    how: str
    figure: float
    loss: float

    @property
    def rank(self) -> tuple[float, float]:
        """Order heads: the best is the largest."""
        return self.figure, -self.loss


@dataclass(frozen=True, slots=True)
class Measured:
    """A head on the test split, beside a majority guess and TF-IDF with a linear model.

    Attributes:
        scores: By model (`head`, `tfidf`, `majority`, and `alone`, the head without order, where it has
            one): the metrics of `train.score`.
        by_label: By model, then label: precision, recall, F1 and the number of texts.
        difference: Of the headline metric, head minus TF-IDF, each text alone: least, middle and most of
            95 % of resampled tests (Efron 1979).
        confused: (gold, given, texts), the most frequent first; "-" where nothing is.
    """

    texts: int
    headline: str
    scores: Mapping[str, Mapping[str, float]]
    by_label: Mapping[str, Mapping[str, tuple[float, ...]]]
    error: float
    kept: float
    kept_precision: float
    difference: tuple[float, float, float]
    confused: Sequence[tuple[str, str, int]]

    @property
    def alone(self) -> str:
        """Name the model that answers each text alone, as TF-IDF does."""
        return "alone" if "alone" in self.scores else "head"

    @property
    def beats(self) -> bool:
        """Tell whether the head is better than TF-IDF by more than chance."""
        return self.difference[0] > 0


def flags(rows: Sequence[Row], labels: Sequence[str]) -> Flags:
    """Return 0/1 of [rows, labels]."""
    return np.array([[int(label in row.labels) for label in labels] for row in rows], np.int64)


def figure(kind: Kind, labels: Sequence[str], gold: Flags, predicted: Flags) -> float:
    """Return what models are chosen by: the mean of accuracy (micro-F1) and macro-F1."""
    scores = metrics(kind, labels, gold, predicted)
    return (scores[headline(kind)] + scores["macro_f1"]) / 2


def headline(kind: Kind) -> str:
    """Name the metric that sums a head up."""
    return "accuracy" if kind == "single" else "micro_f1"


def best_head(kind: Kind, labels: tuple[str, ...], texts: Texts, gold: Gold, precision: float) -> Fitted:
    """Fit heads of several strengths, balanced and not, and correct and calibrate the best on validation."""
    candidates = [
        (
            fit(kind, labels, texts["train"].states, gold["train"], strength, balanced),
            f"regularisation 1/{strength:g}{', balanced' if balanced else ''}",
        )
        for strength in STRENGTHS
        for balanced in (True, False)
    ]
    tune = texts["validation"], gold["validation"], precision
    head, how = max(candidates, key=lambda candidate: _calibrated(candidate[0], candidate[1], *tune).rank)
    return calibrated(head, how, texts, gold, precision)


def calibrated(head: Head, how: str, texts: Texts, gold: Gold, precision: float) -> Fitted:
    """Add terms to a head where they pay, correct and calibrate it on validation, and say how good it is."""
    tune, truth = texts["validation"], gold["validation"]
    terms = lexical_weights.fit(head.kind, texts["train"].ids, gold["train"])
    head, _ = lexical_weights.beside(head, terms, tune, truth)
    how = f"{how}, and terms" if head.terms else how
    corrected, correction = calibrate.correct(head, head.logits(tune), truth)
    return _calibrated(corrected, f"{how}; {correction}", tune, truth, precision)


def _calibrated(head: Head, how: str, texts: Encoded, gold: Flags, precision: float) -> Fitted:
    logits = head.logits(texts)
    calibration = calibrate.calibrate(head.kind, logits, gold, precision)
    sure = probabilities(head.kind, logits, calibration.temperature)
    predicted = decide(head.kind, sure, calibration.thresholds)
    likely = np.clip(np.where(gold == 1, sure, 1 - sure if head.kind == "multi" else 1.0), 1e-6, 1)
    return Fitted(
        head,
        calibration,
        how,
        figure(head.kind, head.labels, gold, predicted),
        float(-np.log(likely).sum(axis=1).mean()),
    )


def in_order(fitted: Fitted, parts: Mapping[Split, Sequence[Row]], texts: Texts, precision: float) -> Fitted:
    """Learn the transitions of labels in a document, where rows have one and validation gets better."""
    tune = parts["validation"]
    gold = flags(tune, fitted.head.labels)
    chosen = calibrate.in_order(
        fitted.calibration, fitted.head, parts["train"], tune, texts["validation"], gold, precision
    )
    how = f"{fitted.how}; texts read in the order of their document" if chosen.label_chain else fitted.how
    return replace(fitted, calibration=chosen, how=how)


def measure(fitted: Fitted, parts: Mapping[Split, Sequence[Row]], texts: Encoded, gold: Gold) -> Measured:
    """Measure a head on the test split once, and what it is compared with on the same."""
    head, truth = fitted.head, gold["test"]
    alone = probabilities(head.kind, head.logits(texts), fitted.calibration.temperature)
    steps = fitted.calibration.label_chain
    sure = label_chain.smooth(steps, parts["test"], alone) if steps else alone
    answers = {
        "head": decide(head.kind, sure, fitted.calibration.thresholds),
        **({"alone": decide(head.kind, alone, ())} if steps else {}),
        "tfidf": tfidf(head.kind, head.labels, parts, gold),
        "majority": majority(head.kind, gold["train"], len(truth)),
    }
    given = answers["head"].astype(bool)
    answered = given & (sure >= fitted.calibration.abstain_below)
    return Measured(
        len(truth),
        headline(head.kind),
        {name: metrics(head.kind, head.labels, truth, answer) for name, answer in answers.items()},
        {name: label_table(head.labels, truth, answer) for name, answer in answers.items()},
        calibration_error(head.kind, sure, truth),
        float(answered.sum() / max(1, given.sum())),
        float(truth[answered].mean()) if answered.any() else 0.0,
        _difference(truth, answers.get("alone", answers["head"]), answers["tfidf"]),
        _confused(head.labels, truth, answers["head"]),
    )


def majority(kind: Kind, train: Flags, texts: int) -> Flags:
    """Give every text the most frequent label ("single"), or those that half of the texts have."""
    share = train.mean(axis=0)
    guess = np.eye(len(share), dtype=np.int64)[share.argmax()] if kind == "single" else share >= 0.5
    return np.tile(np.asarray(guess, np.int64), (texts, 1))


def tfidf(kind: Kind, labels: Sequence[str], parts: Mapping[Split, Sequence[Row]], gold: Gold) -> Flags:
    """Answer the test by TF-IDF of words and pairs with a linear SVM, its strength chosen on validation."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=200_000, token_pattern=r"\w+")
    try:
        train = words.fit_transform([row.text for row in parts["train"]])
    except ValueError:  # no text has a word
        return majority(kind, gold["train"], len(gold["test"]))
    tune, test = (words.transform([row.text for row in parts[name]]) for name in ("validation", "test"))

    def fitted(strength: float) -> tuple[float, Flags]:
        def model() -> LinearSVC:
            return LinearSVC(C=strength, class_weight="balanced", random_state=0)

        if kind == "single":
            chosen = model().fit(train, gold["train"].argmax(axis=1))
            answers = [np.eye(len(labels), dtype=np.int64)[chosen.predict(part)] for part in (tune, test)]
        else:
            columns = []
            for column in gold["train"].T:
                if column.min() == column.max():
                    columns.append([np.full(part.shape[0], column[0]) for part in (tune, test)])
                else:
                    chosen = model().fit(train, column)
                    columns.append([chosen.predict(part) for part in (tune, test)])
            answers = [np.stack(columns_of_part, axis=1) for columns_of_part in zip(*columns, strict=True)]
        return figure(kind, labels, gold["validation"], answers[0]), answers[1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: the figure on validation says all
        return max((fitted(strength) for strength in TFIDF_STRENGTHS), key=lambda pair: pair[0])[1]


def _difference(truth: Flags, one: Flags, other: Flags) -> tuple[float, float, float]:
    """Resample the test; micro-F1 of one label a text is accuracy."""
    chance = np.random.default_rng(0)
    counts = [
        np.stack([(truth * answer).sum(axis=1), truth.sum(axis=1) + answer.sum(axis=1)])
        for answer in (one, other)
    ]
    values = np.empty(ROUNDS)
    for at in range(ROUNDS):
        drawn = chance.integers(0, len(truth), len(truth))
        first, second = (
            2 * right / max(1, both) for right, both in (pair[:, drawn].sum(axis=1) for pair in counts)
        )
        values[at] = first - second
    least, middle, most = np.percentile(values, (2.5, 50, 97.5))
    return float(least), float(middle), float(most)


def _confused(labels: Sequence[str], truth: Flags, answer: Flags) -> list[tuple[str, str, int]]:
    pairs: dict[tuple[str, str], int] = {}
    for missed, wrong in zip(truth > answer, answer > truth, strict=True):
        for gold in np.flatnonzero(missed) if missed.any() else [-1]:
            for given in np.flatnonzero(wrong) if wrong.any() else [-1]:
                if gold >= 0 or given >= 0:
                    pair = tuple("-" if at < 0 else labels[int(at)] for at in (gold, given))
                    pairs[pair[0], pair[1]] = pairs.get((pair[0], pair[1]), 0) + 1
    return sorted(((a, b, n) for (a, b), n in pairs.items()), key=lambda triple: (-triple[2], triple[:2]))
