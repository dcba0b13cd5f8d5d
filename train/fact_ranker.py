"""Fit the ranker of a field, and measure it on documents that it has not seen.

The documents are dealt into folds. Each fold is ranked by a model of the others; these rankings calibrate the
ranker and set the threshold below which it abstains. What is reported of a fold was calibrated on the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits

from docassay.domains.facts import FactField
from docassay.models.calibration import cut, error
from docassay.models.catalog import MAJORITY
from docassay.models.ranker import BUCKETS
from docassay.train.fact_labels import Labelled
from docassay.train.splits import folds
from docassay.transforms.rank import Candidate, Choice, buckets_of, by_value, candidates_of, chosen

Floats = NDArray[np.float64]

FEWEST = 10
"""Documents with a value of a field that it needs."""

HOLDS = (0.03, 0.1, 0.3)
"""How strongly weights may be held at nought; what is best on what was left out is taken."""

MOST_IN_TRAINING = 200
"""Candidates of a document that the ranker is fitted on, beside the right ones."""

ROUNDS = 100
LEAST_WEIGHT = 1e-4


@dataclass(frozen=True, slots=True)
class Example:
    """The candidates of a document.

    Attributes:
        right: 1 where a candidate stands at a labelled place and has its value, 0 where it has another, -1
            where a value that is right stands elsewhere, of which nothing is known.
        good: Whether a candidate has a value that is right, wherever it stands.
        gold: The keys of the values that the document states.
    """

    candidates: list[Candidate]
    rows: list[NDArray[np.uint16]]
    right: NDArray[np.int8]
    good: NDArray[np.bool_]
    gold: frozenset[str]
    fold: int


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted ranker before calibration."""

    values: Floats
    bias: float

    def logits(self, example: Example) -> Floats:
        """Give the logit of each candidate."""
        return np.array([self.bias + self.values[row].sum() for row in example.rows])


@dataclass(frozen=True, slots=True)
class Measured:
    """What a ranker did on documents that it had not seen: counts of values, and of documents.

    Attributes:
        held: Values that are among the candidates.
        right: Given and right, not abstained from; `wrong` and `abstained` likewise.
        abstained_right: Of the abstained, those that are right.
        missed: Values that were not given.
        absent: Documents without a value; `absent_right` of them were given none that is not abstained.
        first_right: What would be right if the first candidate of each document were taken.
    """

    documents: int
    values: int
    held: int
    right: int
    wrong: int
    abstained: int
    abstained_right: int
    missed: int
    absent: int
    absent_right: int
    first_right: int
    calibration_error: float
    brier: float


@dataclass(frozen=True, slots=True)
class FittedField:
    """A ranker with its calibration and figures."""

    field: FactField
    weights: Weights
    scale: float
    offset: float
    abstain_below: float
    precision: float
    measured: Measured


def examples_of(field: FactField, documents: Sequence[Labelled], seed: int = 0) -> list[Example]:
    """Find the candidates of a field in documents, and deal these into folds; copies of one stay together."""
    examples = []
    deal = folds(np.array([one.words for one in documents]), seed)
    for one, fold in zip(documents, deal.tolist(), strict=True):
        view, values = one.view, one.values.get(field.name, {})
        candidates = candidates_of(field, view, one.habits)
        right = np.array([_right(candidate, values) for candidate in candidates], np.int8)
        rows = [np.array(row, np.uint16) for row in buckets_of(view, candidates)]  # a hundred a candidate
        good = np.array([candidate.key in values for candidate in candidates], np.bool_)
        examples.append(Example(candidates, rows, right, good, frozenset(values), fold))
    return examples


def _right(one: Candidate, values: Mapping[str, Sequence[tuple[int, int]]]) -> int:
    places = values.get(one.key)
    if places is None:
        return 0
    return 1 if any(start < one.end and one.start < end for start, end in places) else -1


def fit(field: FactField, examples: Sequence[Example], precision: float) -> FittedField:
    """Fit, calibrate and measure the ranker of a field.

    Args:
        field: The field.
        examples: Its documents; ten with a value, or more.
        precision: That the values which are not abstained from should reach.
    """
    with threadpool_limits(1):  # sums of the same order everywhere, and no threads that wait for each other
        return _fit(field, examples, precision)


def _fit(field: FactField, examples: Sequence[Example], precision: float) -> FittedField:
    together = field.most == 1
    outs = {
        hold: [weights.logits(example) for weights, example in _each_left_out(examples, together, hold)]
        for hold in HOLDS
    }
    hold = min(HOLDS, key=lambda one: _loss(examples, outs[one], together, 1.0, 0.0))
    out = outs[hold]
    scale, offset = _calibration(examples, out, together)
    given = _given(field, examples, out, scale, offset)
    below, reached = _abstention(examples, given, precision)
    return FittedField(
        field,
        _weights(examples, together, hold),
        round(scale, 6),
        round(offset, 6),
        below,
        reached,
        _measured(field, examples, out, precision),
    )


def values_of(fitted: FittedField, example: Example) -> list[Choice]:
    """Give the values that a fitted ranker gives of a document, as `transforms.rank` does."""
    logits = [fitted.weights.logits(example)]
    return _given(fitted.field, [example], logits, fitted.scale, fitted.offset)[0]


def _each_left_out(examples: Sequence[Example], together: bool, hold: float) -> list[tuple[Weights, Example]]:
    by_fold = {
        fold: _weights([one for one in examples if one.fold != fold], together, hold)
        for fold in sorted({one.fold for one in examples})
    }
    return [(by_fold[one.fold], one) for one in examples]


def _weights(examples: Sequence[Example], together: bool, hold: float) -> Weights:
    """Fit weights of the greatest likelihood under a normal prior (the sum over right places, of softmax)."""
    kept = [_in_training(one) for one in examples]
    rows = [
        row for example, some in zip(examples, kept, strict=True) for row in (example.rows[n] for n in some)
    ]
    owner = np.repeat(np.arange(len(examples)), [len(some) for some in kept])
    right = np.array([e.right[n] for e, some in zip(examples, kept, strict=True) for n in some], np.float64)
    columns = np.concatenate(rows).astype(np.int64) if rows else np.zeros(0, np.int64)
    ends = np.cumsum([0, *map(len, rows)])
    matrix = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), BUCKETS))
    count = len(examples)
    has = np.bincount(owner, weights=right, minlength=count) > 0

    def loss(values: Floats) -> tuple[float, Floats]:
        logits = matrix @ values[1:] + values[0]
        if together:
            top = np.zeros(count)
            np.maximum.at(top, owner, logits)
            masses = np.exp(logits - top[owner])
            every = np.exp(-top) + np.bincount(owner, weights=masses, minlength=count)
            good = np.where(has, np.bincount(owner, weights=masses * right, minlength=count), np.exp(-top))
            total = float((np.log(every) - np.log(good)).sum())
            slope = masses / every[owner] - np.where(has[owner], masses * right / good[owner], 0.0)
        else:
            total = float((np.logaddexp(0, logits) - right * logits).sum())
            slope = expit(logits) - right
        held = values[1:]
        return total + hold * float(held @ held) / 2, np.concatenate(
            [[slope.sum()], matrix.T @ slope + hold * held]
        )

    found = minimize(loss, np.zeros(BUCKETS + 1), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x
    values = np.where(np.abs(found[1:]) < LEAST_WEIGHT, 0.0, np.round(found[1:], 4))
    return Weights(values, round(float(found[0]), 4))


def _in_training(example: Example) -> list[int]:
    """Choose candidates to fit on: the right ones, and others that are spread over the document."""
    others = np.flatnonzero(example.right == 0)
    step = max(1, -(-len(others) // MOST_IN_TRAINING))
    return sorted([*np.flatnonzero(example.right == 1).tolist(), *others[::step].tolist()])


def _probabilities(logits: Floats, together: bool, scale: float, offset: float) -> Floats:
    """Give what `FieldRanker.probabilities` does, in NumPy, which takes a tenth of the time."""
    moved = scale * logits + offset
    if not together:
        return np.asarray(expit(moved), np.float64)
    top = max(0.0, moved.max(initial=0.0))
    masses = np.exp(moved - top)
    return np.asarray(masses / (np.exp(-top) + masses.sum()), np.float64)


def _loss(
    examples: Sequence[Example], out: Sequence[Floats], together: bool, scale: float, offset: float
) -> float:
    """Give the negative log-likelihood of what documents state, over what was ranked unseen."""
    total = 0.0
    for example, logits in zip(examples, out, strict=True):
        masses = _probabilities(logits, together, scale, offset)
        good = example.good
        if not together:
            total -= float(np.log(np.maximum(1e-9, np.where(good, masses, 1 - masses))).sum())
        elif good.any():
            total -= float(np.log(max(1e-9, masses[good].sum())))
        else:
            total -= float(np.log(max(1e-9, 1 - masses.sum())))
    return total


def _calibration(examples: Sequence[Example], out: Sequence[Floats], together: bool) -> tuple[float, float]:
    """Choose scale and offset of the least loss, held a little at 1 and 0 (Platt 1999)."""

    def loss(values: Floats) -> float:
        scale = float(np.exp(values[0]))
        return _loss(examples, out, together, scale, values[1]) + 0.5 * float(values @ values)

    found = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"maxiter": 120}).x
    return float(np.exp(np.clip(found[0], -1.6, 1.6))), float(np.clip(found[1], -8, 8))


def _given(
    field: FactField, examples: Sequence[Example], out: Sequence[Floats], scale: float, offset: float
) -> list[list[Choice]]:
    together = field.most == 1
    return [
        chosen(
            by_value(one.candidates, _probabilities(logits, together, scale, offset).tolist(), together),
            field.most,
            together,
        )
        for one, logits in zip(examples, out, strict=True)
    ]


def _abstention(
    examples: Sequence[Example], given: Sequence[Sequence[Choice]], precision: float
) -> tuple[float, float]:
    """Choose the threshold below which a value is abstained from, and say which precision it reaches.

    What is less likely than not is abstained from in any case; see `models.catalog.TaskCard.least`.
    """
    pairs = sorted(
        (
            (one.probability, one.candidate.key in example.gold)
            for example, some in zip(examples, given, strict=True)
            for one in some
            if one.probability >= MAJORITY
        ),
        reverse=True,
    )
    if not pairs:
        return 1.0, 0.0
    sure, right = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs], int)
    kept = cut(sure, right, precision)
    return float(sure[kept - 1]), float(right[:kept].mean())


def _measured(
    field: FactField, examples: Sequence[Example], out: Sequence[Floats], precision: float
) -> Measured:
    told: list[tuple[float, bool, bool]] = []
    absent_right = 0
    for fold in sorted({one.fold for one in examples}):
        rest = [n for n, one in enumerate(examples) if one.fold != fold]
        others, other_out = [examples[n] for n in rest], [out[n] for n in rest]
        scale, offset = _calibration(others, other_out, field.most == 1)
        below, _ = _abstention(others, _given(field, others, other_out, scale, offset), precision)
        own = [n for n, one in enumerate(examples) if one.fold == fold]
        given = _given(field, [examples[n] for n in own], [out[n] for n in own], scale, offset)
        for n, some in zip(own, given, strict=True):
            gold = examples[n].gold
            told += [(one.probability, one.probability >= below, one.candidate.key in gold) for one in some]
            absent_right += not gold and not any(one.probability >= below for one in some)
    probability = np.array([one[0] for one in told])
    sure, came = (np.array([one[at] for one in told], bool) for at in (1, 2))
    values = sum(len(one.gold) for one in examples)
    return Measured(
        documents=len(examples),
        values=values,
        held=sum(len(one.gold & {c.key for c in one.candidates}) for one in examples),
        right=int((sure & came).sum()),
        wrong=int((sure & ~came).sum()),
        abstained=int((~sure).sum()),
        abstained_right=int((~sure & came).sum()),
        missed=values - int(came.sum()),
        absent=sum(not one.gold for one in examples),
        absent_right=absent_right,
        first_right=sum(bool(one.candidates) and one.candidates[0].key in one.gold for one in examples),
        calibration_error=error(probability, came.astype(np.float64)),
        brier=float(((probability - came) ** 2).mean()) if told else 0.0,
    )
