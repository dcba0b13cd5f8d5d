"""Fit, calibrate and measure a document head, and write its model folder.

Groups (a service, a company, a mailing list, a generator's form) are dealt out whole over `FOLDS` folds. Each
fold is answered by a model that was fitted on the others; on these answers the temperature and the least
sure probability are chosen, and the card's figures measured. The weights that ship are fitted on all.
"""

from __future__ import annotations

import warnings
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from docassay.models.document_head import KIND, MAX_EXTRA
from docassay.models.hashed_words import character_counts, softmax, string_counts, word_counts
from docassay.models.modelfile import Value, digests, render

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

FOLDS = 4
MARGIN = 0.1
"""The least margin that a card is given; words are counted alike on every processor (decision 8)."""


@dataclass(frozen=True, slots=True)
class Example:
    """A document to learn from.

    Attributes:
        extra: The feature strings that the caller will give at run time, too.
        group: Documents that resemble each other; never on both sides of a split.
        weight: How much it counts, before labels are made equal.
        measured: It counts in the card's figures and in calibration: false for texts that were invented.
        part: What the figures are shown by: a language, a source.
    """

    text: str
    label: str
    group: str
    extra: tuple[str, ...] = ()
    weight: float = 1.0
    measured: bool = True
    part: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is fitted.

    Attributes:
        buckets: Rows of its table; a power of two.
        strength: The inverse of the regularisation, `C` of the logistic regression.
        balance: 0: labels count as often as they occur; 1: all labels count alike.
        precision: The share of the sure answers that are right in cross-validation; sets `abstain_below`.
        least: The least that `abstain_below` may be.
        steps: Most steps of the solver.
        tolerance: How near to the best weights it stops.
        characters: How much runs of characters count beside words; 0: they are not looked at. Where they
            are, the table has as many rows again.
        fewest: Examples that a bucket must occur in: what one document alone has is no sign of its kind.
    """

    buckets: int = 1 << 16
    strength: float = 30.0
    balance: float = 0.5
    precision: float = 0.97
    least: float = 0.4
    steps: int = 200
    tolerance: float = 1e-3
    characters: float = 0.0
    fewest: int = 3


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head as it will be written, and what it reached.

    Attributes:
        logits: Of each example, by a model that did not see its group, [examples, labels].
    """

    labels: tuple[str, ...]
    rarity: NDArray[np.uint8]
    weights: NDArray[np.int8]
    scale: Floats
    bias: Floats
    temperature: float
    abstain_below: float
    abstain_precision: float
    logits: Floats
    characters: float
    quality: Mapping[str, float | str]


def fit(examples: Sequence[Example], recipe: Recipe) -> Fitted:
    """Fit a head on all examples; choose and measure on answers to folds that were left out.

    Raises:
        ValueError: There are fewer than two labels, or fewer groups than folds.
    """
    labels = tuple(sorted({example.label for example in examples}))
    if len(labels) < 2 or len({example.group for example in examples}) < FOLDS:
        raise ValueError(f"a head needs two labels or more, and {FOLDS} groups or more")
    counted = hashed(examples, recipe)
    truth = np.array([labels.index(example.label) for example in examples])
    folds = np.array([fold_of(example.group) for example in examples])
    weights = weigh(examples, recipe.balance)
    measured = np.array([example.measured for example in examples])
    if not measured.any():
        measured[:] = True
    logits = np.zeros((len(examples), len(labels)))
    for fold in range(FOLDS):
        inside, outside = folds != fold, folds == fold
        if outside.any():
            matrix = scaled(counted, rarities([part[inside] for part in counted]), recipe.characters)
            table, bias = _solve(matrix[inside], truth[inside], weights[inside], recipe, len(labels))
            logits[outside] = matrix[outside] @ table + bias
    temperature = calibrate(logits[measured], truth[measured])
    probabilities = softmax(logits / temperature)
    threshold = least_sure(probabilities[measured], truth[measured], recipe)
    rarity = rarities(counted)
    table, bias = _solve(scaled(counted, rarity, recipe.characters), truth, weights, recipe, len(labels))
    scale = np.maximum(np.abs(table).max(axis=0), 1e-9) / 127
    quality = report(examples, probabilities, truth, measured, threshold, labels)
    return Fitted(
        labels=labels,
        rarity=rarity,
        weights=np.round(table / scale).astype(np.int8),
        scale=scale,
        bias=bias,
        temperature=temperature,
        abstain_below=threshold,
        abstain_precision=_sure_precision(probabilities[measured], truth[measured], threshold),
        logits=logits,
        characters=recipe.characters,
        quality=quality,
    )


def fold_of(group: str) -> int:
    """Deal a group to a fold by the checksum of its name."""
    return zlib.crc32(group.encode()) % FOLDS


def hashed(examples: Sequence[Example], recipe: Recipe) -> list[csr_matrix]:
    """Hash words, feature strings and runs of characters to sparse matrices, one row an example.

    Where the recipe has runs, they stand in the second half of the columns.
    """
    rows = recipe.buckets
    words = (word_counts(example.text, rows) for example in examples)
    strings = (string_counts(sorted(set(e.extra))[:MAX_EXTRA], rows) for e in examples)
    if not recipe.characters:
        return [_rows(words, rows), _rows(strings, rows)]
    runs = (character_counts(example.text, rows) for example in examples)
    shifted = ((places + rows, counts) for places, counts in runs)
    return [_rows(part, 2 * rows) for part in (words, strings, shifted)]


def _rows(counted: Iterator[tuple[NDArray[np.int64], Floats]], buckets: int) -> csr_matrix:
    rows = list(counted)
    ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
    columns = np.concatenate([columns for columns, _ in rows])
    return csr_matrix((np.concatenate([values for _, values in rows]), columns, ends), (len(rows), buckets))


def rarities(counted: Sequence[csr_matrix]) -> NDArray[np.uint8]:
    """Return the inverse document frequency of each bucket, from 1 to 255."""
    rows, buckets = counted[0].shape
    frequencies = sum(np.bincount(part.indices, minlength=buckets) for part in counted)
    inverse = np.maximum(np.log((1 + rows) / (1 + frequencies)), 0)
    rounded: NDArray[np.uint8] = np.maximum(1, np.round(255 * inverse / max(inverse.max(), 1e-9))).astype(
        np.uint8
    )
    return rounded


def scaled(counted: Sequence[csr_matrix], rarity: NDArray[np.uint8], characters: float) -> csr_matrix:
    """Weight the parts as `models.document_head.features` does, and add them: they share a table."""
    factors = diags(rarity.astype(np.float64))
    lengths = (1.0, 1.0, characters)
    return sum(
        length * normalize(part @ factors) for length, part in zip(lengths, counted, strict=False)
    ).tocsr()


def _solve(
    matrix: csr_matrix, truth: Labels, weights: Floats, recipe: Recipe, labels: int
) -> tuple[Floats, Floats]:
    """Fit a logistic regression; a label that is missing here can never be answered."""
    used = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]) >= recipe.fewest)
    model = LogisticRegression(C=recipe.strength, max_iter=recipe.steps, tol=recipe.tolerance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # early stopping: more steps gain nothing
        model.fit(matrix[:, used].astype(np.float32), truth, weights)  # as good, and half the time
    rows, offsets = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn gives the second label's weights alone
        rows, offsets = np.vstack([-rows / 2, rows / 2]), np.concatenate([-offsets / 2, offsets / 2])
    table, bias = np.zeros((matrix.shape[1], labels)), np.full(labels, -30.0)
    table[np.ix_(used, model.classes_)], bias[model.classes_] = rows.T, offsets
    return table, bias


def weigh(examples: Sequence[Example], balance: float) -> Floats:
    """Weigh examples so that labels count more alike, by `Recipe.balance`; the mean weight is 1."""
    weights = np.array([example.weight for example in examples])
    totals: dict[str, float] = defaultdict(float)
    for example in examples:
        totals[example.label] += example.weight
    weights = weights * np.array([totals[example.label] ** -balance for example in examples])
    scaled: Floats = weights * len(weights) / weights.sum()
    return scaled


def calibrate(logits: Floats, truth: Labels) -> float:
    """Find the temperature of the least negative log likelihood (Guo et al. 2017), to two decimals."""
    at = np.arange(len(truth))
    temperatures = np.arange(0.2, 4.0, 0.02)
    losses = [-np.log(np.clip(softmax(logits / t)[at, truth], 1e-6, 1)).mean() for t in temperatures]
    return round(float(temperatures[int(np.argmin(losses))]), 2)


def least_sure(probabilities: Floats, truth: Labels, recipe: Recipe) -> float:
    """Find the least probability from which on answers are right with the recipe's precision."""
    for threshold in np.arange(recipe.least, 0.99, 0.01):
        if _sure_precision(probabilities, truth, threshold) >= recipe.precision:
            return round(float(threshold), 2)
    return 0.99


def _sure_precision(probabilities: Floats, truth: Labels, threshold: float) -> float:
    sure = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == truth
    return round(float(right[sure].mean()), 4) if sure.any() else 0.0


def report(
    examples: Sequence[Example],
    probabilities: Floats,
    truth: Labels,
    measured: NDArray[np.bool_],
    threshold: float,
    labels: Sequence[str],
) -> dict[str, float | str]:
    """Measure the most probable label of what was not invented: in all, by label and by part.

    `recall` is the share of a label's documents that are given it, sure or not; `kept` the share of all
    documents whose answer is sure.
    """
    best, sure = probabilities.argmax(axis=1), probabilities.max(axis=1) >= threshold
    right = best == truth
    figures: dict[str, float | str] = {
        "test": f"cross-validation over {FOLDS} folds of whole groups",
        "texts": float(measured.sum()),
        "accuracy": right[measured].mean(),
        "kept": sure[measured].mean(),
        "kept_precision": _sure_precision(probabilities[measured], truth[measured], threshold),
    }
    for number, label in enumerate(labels):
        at = measured & (truth == number)
        if at.any():
            figures[f"recall_{label}"] = right[at].mean()
    for part, _ in sorted(Counter(e.part for e in examples if e.part and e.measured).items()):
        at = measured & np.array([example.part == part for example in examples])
        figures[f"accuracy_{part}"] = right[at].mean()
    return {
        key: value if isinstance(value, str) else round(float(value), 4) for key, value in figures.items()
    }


def write(
    folder: Path,
    fitted: Fitted,
    task: str,
    about: Mapping[str, Value],
    facts: Mapping[str, Value | Mapping[str, Value]],
) -> None:
    """Write a model folder: the weights, and a card with what `about` says of the model.

    Args:
        folder: Made where it is missing; the model is named after it.
        fitted: What was fitted.
        task: The question that the head answers.
        about: The card's own entries: version, licence, languages, intended use, known failures.
        facts: Of the task: `data` and `data_licence`, and `definitions` of labels where there are some.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        "rarity": fitted.rarity,
        "weights": fitted.weights,
        "scale": fitted.scale,
        "bias": fitted.bias,
    }
    if fitted.characters:
        arrays["characters"] = np.float64(fitted.characters)
    np.savez_compressed(folder / "weights.npz", **arrays)
    head: dict[str, Value] = {
        "format": 1,
        "name": folder.name,
        "kind": KIND,
        "base": "none: logistic regression on hashed words, trained from scratch",
        **about,
    }
    entry: dict[str, Value | Mapping[str, Value]] = {
        "domain": "",
        "kind": "single",
        "labels": list(fitted.labels),
        "temperature": fitted.temperature,
        "abstain_below": fitted.abstain_below,
        "abstain_precision": fitted.abstain_precision,
        "margin": MARGIN,
        **facts,
        "quality": dict(fitted.quality),
    }
    (folder / "model.toml").write_text(render(head, digests(folder), {task: entry}), encoding="utf-8")
