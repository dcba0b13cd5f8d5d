"""Fit the lexical weights of a head, its terms, and weigh them against its states on validation data."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from docassay.models.lexical_weights import MOST_TOKENS, LexicalWeights, TokenCounts, count_tokens
from docassay.train.encode import Encoded
from docassay.train.heads import Floats, Head, of_terms, probabilities
from docassay.train.score import Flags, Kind, losses

FEWEST_TEXTS = 2
"""A term that stands in fewer texts of train is left out."""
STRENGTH = 1.0
FOLDS = 10

Fitted = tuple[LexicalWeights, Floats]
"""Lexical weights, and the offsets of the labels, [labels]."""


def fit(kind: Kind, rows: Sequence[Sequence[int]], gold: Flags) -> Fitted | None:
    """Fit TF-IDF of tokens and pairs with a linear SVM, rare labels weighing as much as frequent ones.

    Args:
        kind: Of the head.
        rows: Token ids of the texts of train, without marks.
        gold: Their labels, 0/1 of [texts, labels].

    Returns:
        The lexical weights and the offsets of the labels, [labels]; None where no term stands in two texts.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    if max((max(row, default=0) for row in rows), default=0) >= MOST_TOKENS:
        return None
    counts = count_tokens(rows)
    keys, texts = np.unique(counts.keys, return_counts=True)
    keys, texts = keys[texts >= FEWEST_TEXTS], texts[texts >= FEWEST_TEXTS]
    if not len(keys):
        return None
    rarity = (np.log((1 + len(rows)) / (1 + texts)) + 1).astype(np.float32)
    matrix = TfidfTransformer(use_idf=False).fit_transform(_matrix(counts, keys, rarity))
    weight, offset = svm(kind, matrix, gold)
    scale = np.maximum(np.abs(weight).max(axis=1), 1e-9) / 127
    rounded = np.round(weight / scale[:, None]).astype(np.int8)
    return LexicalWeights(keys, rarity, np.ascontiguousarray(rounded.T), scale.astype(np.float32)), offset


def beside(head: Head, fitted: Fitted | None, tune: Encoded, gold: Flags) -> tuple[Head, float]:
    """Add terms to a head where that pays on validation, each weighed as it says there.

    Returns:
        The head, and by how much the terms lower the cross-validated negative log-likelihood of a text, less
        one standard error; where that is not above 0, they are left out.
    """
    if fitted is None:
        return head, 0.0
    terms, offset = fitted
    of_states, from_terms = head.logits(tune), of_terms(terms, tune.ids) + offset
    fold = np.random.default_rng(0).permutation(len(of_states)) % FOLDS
    saved = np.zeros(len(of_states))
    for part in range(min(FOLDS, len(of_states)) if len(of_states) > 1 else 0):
        known, tried = fold != part, fold == part
        alone, both = (
            _weigh(head.kind, [share[known] for share in shares], gold[known])
            for shares in ([of_states], [of_states, from_terms])
        )
        saved[tried] = losses(head.kind, _summed([of_states[tried]], alone), gold[tried]) - losses(
            head.kind, _summed([of_states[tried], from_terms[tried]], both), gold[tried]
        )
    worth = float(saved.mean() - saved.std() / np.sqrt(max(1, len(saved))))
    if worth <= 0:
        return head, worth
    first, second, common = _weigh(head.kind, [of_states, from_terms], gold)
    mixed = replace(
        head,
        weight=(head.weight * first).astype(np.float32),
        bias=(head.bias * first + offset * second + common).astype(np.float32),
        terms=terms.scaled(np.full(len(head.labels), second)),
    )
    return mixed, worth


def _matrix(counts: TokenCounts, keys: Any, rarity: Any) -> Any:
    from scipy.sparse import csr_matrix

    places = np.minimum(np.searchsorted(keys, counts.keys), len(keys) - 1)
    known = keys[places] == counts.keys
    values = counts.log_count[known] * rarity[places[known]]
    return csr_matrix((values, (counts.text[known], places[known])), (counts.texts, len(keys)))


def svm(kind: Kind, matrix: Any, gold: Flags) -> tuple[Floats, Floats]:
    """Return weights [labels, terms] and offsets [labels]; a label that none or all have weighs nothing."""
    from sklearn.svm import LinearSVC

    labels = gold.shape[1]
    weight, offset = np.zeros((labels, matrix.shape[1])), np.full(labels, -1.0)

    def fitted(answers: Flags) -> Any:
        return LinearSVC(C=STRENGTH, class_weight="balanced", random_state=0).fit(matrix, answers)

    if kind == "single" and labels > 2:
        classes = np.unique(gold.argmax(axis=1))
        if len(classes) > 2:
            model = fitted(gold.argmax(axis=1))
            weight[model.classes_], offset[model.classes_] = model.coef_, model.intercept_
            return weight, offset
    for column in range(labels):
        if gold[:, column].min() < gold[:, column].max():
            model = fitted(gold[:, column])
            weight[column], offset[column] = model.coef_[0], model.intercept_[0]
        elif gold[:, column].any():
            offset[column] = 1.0
    return weight, offset


def _weigh(kind: Kind, shares: Sequence[Floats], gold: Flags) -> Floats:
    """Return a factor of each share and a common offset (0 for "single") that make the labels most likely."""

    def loss(values: Floats) -> tuple[float, Floats]:
        logits = _summed(shares, values)
        surplus = probabilities(kind, logits) - gold
        slopes = [float((surplus * share).sum()) for share in shares]
        slopes.append(float(surplus.sum()) if kind == "multi" else 0.0)
        held = 0.05 * float(((values[:-1] - 1) ** 2).sum())
        total = float(losses(kind, logits, gold).sum()) + held
        return total, np.array(slopes) + 0.1 * np.append(values[:-1] - 1, 0.0)

    start = np.array([1.0] * len(shares) + [0.0])
    bounds = [(0.05, 20.0)] + [(0.0, 20.0)] * (len(shares) - 1) + [(None, None)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x, np.float64)


def _summed(shares: Sequence[Floats], values: Floats) -> Floats:
    total = np.full(shares[0].shape, values[-1])
    for share, value in zip(shares, values[:-1], strict=True):
        total = total + share * value
    return total
