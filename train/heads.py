"""Linear heads on pooled states: fitted by logistic regression, applied by one matrix product.

Scikit-learn is opened when one is fitted, as measuring heads needs NumPy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docassay.models.lexical_weights import LexicalWeights, count_tokens, from_arrays, to_arrays
from docassay.train.encode import Encoded, Vectors
from docassay.train.score import Flags, Kind

Floats = NDArray[np.float64]

CHUNK = 200
"""Texts whose terms are looked up at once."""


@dataclass(frozen=True, slots=True)
class Head:
    """A linear head: a task's labels, with `weight` [labels, width] and `bias` [labels].

    `terms` are lexical weights, whose logits are added to those of the state: what the words themselves say.
    """

    kind: Kind
    labels: tuple[str, ...]
    weight: Vectors
    bias: Vectors
    terms: LexicalWeights | None = None

    def logits(self, texts: Encoded) -> Floats:
        """Return [texts, labels]."""
        of_states = np.asarray(texts.states @ self.weight.T + self.bias, np.float64)
        return of_states + of_terms(self.terms, texts.ids) if self.terms else of_states


def of_terms(terms: LexicalWeights, ids: Sequence[Sequence[int]]) -> Floats:
    """Return the logits of lexical weights, [texts, labels], some texts at a time."""
    parts = [terms.logits(count_tokens(ids[at : at + CHUNK])) for at in range(0, len(ids), CHUNK)]
    return np.concatenate(parts) if parts else np.zeros((0, len(terms.scale)))


def probabilities(kind: Kind, logits: Floats, temperature: float = 1.0) -> Floats:
    """Apply softmax ("single") or independent sigmoids ("multi") to logits / temperature."""
    scaled = logits / temperature
    if kind == "single":
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scaled, -50, 50))), np.float64)


def fit(
    kind: Kind,
    labels: tuple[str, ...],
    vectors: Vectors,
    gold: Flags,
    strength: float = 10.0,
    balanced: bool = False,
) -> Head:
    """Fit a head by logistic regression with inverse regularisation `strength`, for "multi" one a label.

    With `balanced`, rare labels weigh as much as frequent ones. The states are standardised for the fit, and
    the scaling is folded back into the weights.
    """
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    scaled = (vectors - centre) / spread
    weights = "balanced" if balanced else None
    if kind == "single":
        weight, bias = _fit_single(scaled, gold.argmax(axis=1), len(labels), strength, weights)
    else:
        rows = [_fit_binary(scaled, gold[:, column], strength, weights) for column in range(len(labels))]
        weight, bias = np.stack([row for row, _ in rows]), np.array([offset for _, offset in rows])
    folded = weight / spread
    return Head(kind, labels, folded.astype(np.float32), (bias - folded @ centre).astype(np.float32))


def _fit_single(
    scaled: Vectors, classes: Flags, count: int, strength: float, weights: str | None
) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength / len(scaled), max_iter=300, class_weight=weights)
    model.fit(scaled * 1.0, classes)
    if count == 2:
        return np.vstack([-model.coef_ / 2, model.coef_ / 2]), np.concatenate(
            [-model.intercept_ / 2, model.intercept_ / 2]
        )
    weight, bias = np.zeros((count, scaled.shape[1])), np.full(count, -1e4)
    weight[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    return weight, bias


def _fit_binary(
    scaled: Vectors, positive: Flags, strength: float, weights: str | None
) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    if positive.min() == positive.max():
        return np.zeros(scaled.shape[1]), 10.0 if positive.max() else -10.0
    model = LogisticRegression(C=strength / len(scaled), max_iter=300, class_weight=weights)
    model.fit(scaled, positive)
    return np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])


def save(heads: Mapping[str, Head], file: Path) -> None:
    """Write `<task>.weight` and `<task>.bias` of every head as float32, and its terms, without pickles."""
    arrays: dict[str, NDArray[Any]] = {f"{task}.weight": head.weight for task, head in heads.items()}
    arrays |= {f"{task}.bias": head.bias for task, head in heads.items()}
    for task, head in heads.items():
        arrays |= to_arrays(task, head.terms) if head.terms else {}
    np.savez_compressed(file, allow_pickle=False, **arrays)


def read(file: Path, tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Head]:
    """Read the heads of a model folder; `tasks` is the table of that name in its `model.toml`."""
    with np.load(file, allow_pickle=False) as arrays:
        return {
            name: Head(
                facts["kind"],
                tuple(facts["labels"]),
                arrays[f"{name}.weight"],
                arrays[f"{name}.bias"],
                from_arrays(name, arrays),
            )
            for name, facts in tasks.items()
        }
