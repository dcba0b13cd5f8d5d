"""Calibrate a head on validation data: a correction by label, temperature, thresholds and abstention."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from docassay.models.calibration import cut as cut_at
from docassay.models.label_chain import LabelChain
from docassay.train import label_chain
from docassay.train.encode import Encoded
from docassay.train.heads import Floats, Head, probabilities
from docassay.train.label_chain import Placed
from docassay.train.score import Flags, Kind, decide, f1, losses

FEWEST_POSITIVES = 8
"""A label with fewer validation positives gets the whole head's threshold: one from so few is noise."""

MARGIN = 0.5
"""Margin in log-odds of a head that has not measured its own with `research.benchmarks.processors --write`.

An answer with this lead is the same on other processors, on all shipped heads but one; see
docs/decisions/0008-a-margin-for-processors.md."""

FOLDS = 10
CORRECTIONS: dict[str, tuple[float, float]] = {
    "one temperature": (np.inf, np.inf),
    "offsets by label": (np.inf, 4.0),
    "scales and offsets by label": (16.0, 4.0),
}
"""By name: how strongly the labels' log scales and offsets are held at the head's common ones (the precision
of a normal prior); the simplest first."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration of a head, as `model.toml` states it.

    `kept` is the coverage on validation data, the share of answers not abstained from, and `precision` the
    precision of these; `label_chain` is how labels follow each other in a document, where that helps;
    `margin` is how much another processor may change a lead (`models.reading`).
    """

    temperature: float
    thresholds: tuple[float, ...]
    abstain_below: float
    precision: float
    kept: float
    label_chain: LabelChain | None = None
    margin: float = MARGIN


def calibrate(kind: Kind, logits: Floats, gold: Flags, precision: float) -> Calibration:
    """Choose temperature, thresholds and abstention of a head from its validation logits, [texts, labels]."""
    temperature = round(fit_temperature(kind, logits, gold), 3)
    calibrated = probabilities(kind, logits, temperature)
    thresholds = () if kind == "single" else choose_thresholds(calibrated, gold)
    predicted = decide(kind, calibrated, thresholds)
    given = predicted.astype(bool)
    below, reached, coverage = abstention(calibrated[given], gold[given], precision)
    return Calibration(temperature, thresholds, below, reached, coverage)


def in_order(
    alone: Calibration,
    head: Head,
    train: Sequence[Placed],
    tune: Sequence[Placed],
    texts: Encoded,
    gold: Flags,
    precision: float,
) -> Calibration:
    """Learn the label chain of a head, if that helps, and choose abstention anew on what comes of it.

    Args:
        alone: What was chosen for texts read alone.
        head: The head that it was chosen for; the labels of a "multi" one have no order.
        train: Labelled texts with their documents.
        tune: Those of validation.
        texts: The latter, as the head reads them.
        gold: Their labels, [texts, labels].
        precision: That answers should reach.
    """
    if head.kind == "multi":
        return alone
    sure = probabilities(head.kind, head.logits(texts), alone.temperature)
    learnt = label_chain.learn(head.labels, train, tune, sure)
    if learnt is None:
        return alone
    within = label_chain.smooth(learnt, tune, sure)
    given = decide(head.kind, within, ()).astype(bool)
    below, reached, coverage = abstention(within[given], gold[given], precision)
    return replace(alone, abstain_below=below, precision=reached, kept=coverage, label_chain=learnt)


def fit_temperature(kind: Kind, logits: Floats, gold: Flags) -> float:
    """Choose one temperature of the least negative log-likelihood, between .2 and 5.

    The method is of Guo et al. 2017, arXiv:1706.04599.
    """

    def loss(log_temperature: float) -> float:
        return float(losses(kind, logits / np.exp(log_temperature), gold).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded").x))


def correct(head: Head, logits: Floats, gold: Flags) -> tuple[Head, str]:
    """Correct a head's scale and offset by label, and say which of `CORRECTIONS` was chosen.

    Fine-tuning shows labelled texts more often than they occur, and some labels more than others, which
    one temperature cannot undo. The correction is linear in the logits (Platt 1999; vector scaling, Guo et
    al. 2017), so it goes into the head's rows and nothing is added to the card. Of the corrections the one of
    the lowest cross-validated negative log-likelihood is taken, unless a simpler one is within a standard
    error of it.
    """
    fold = np.random.default_rng(0).permutation(len(logits)) % FOLDS
    by_name: dict[str, Floats] = {}
    usable = list(CORRECTIONS.items()) if len(head.labels) > 1 else list(CORRECTIONS.items())[:1]
    for name, held in usable:
        loss = np.zeros(len(logits))
        for part in range(min(FOLDS, len(logits)) if len(logits) > 1 else 0):
            scale, offset = fit_linear(head.kind, logits[fold != part], gold[fold != part], *held)
            loss[fold == part] = losses(head.kind, logits[fold == part] * scale + offset, gold[fold == part])
        by_name[name] = loss
    best = by_name[min(by_name, key=lambda name: by_name[name].mean())]
    error = {name: (loss - best).std() / np.sqrt(len(loss)) for name, loss in by_name.items()}
    chosen = next(name for name, loss in by_name.items() if loss.mean() <= best.mean() + error[name])
    scale, offset = fit_linear(head.kind, logits, gold, *CORRECTIONS[chosen])
    common = np.exp(np.log(scale).mean())  # what all labels share is left to the temperature
    weight = head.weight * (scale / common)[:, None]
    bias = head.bias * (scale / common) + offset / common
    return replace(
        head,
        weight=weight.astype(np.float32),
        bias=bias.astype(np.float32),
        terms=head.terms and head.terms.scaled(scale / common),
    ), chosen


def fit_linear(
    kind: Kind, logits: Floats, gold: Flags, hold_scales: float, hold_offsets: float
) -> tuple[Floats, Floats]:
    """Return a scale and an offset for each label, [labels] both, of the least negative log-likelihood.

    Each is held at the head's common one by a normal prior of the given precision; an infinite one
    leaves only the common one. A "single" head has no common offset: softmax would not see it.
    """
    count = logits.shape[1]
    free = (1, int(kind == "multi"), count * np.isfinite(hold_scales), count * np.isfinite(hold_offsets))
    ends = np.cumsum(np.array(free, np.int64))

    def linear(values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        shared, common, scales, offsets = np.split(values, ends[:-1])
        log_scales = scales if len(scales) else np.zeros(count)
        shifts = offsets if len(offsets) else np.zeros(count)
        return np.exp(shared + log_scales), np.sum(common) + shifts, log_scales, shifts

    def loss(values: Floats) -> tuple[float, Floats]:
        scale, offset, log_scales, shifts = linear(values)
        moved = logits * scale + offset
        surplus = probabilities(kind, moved) - gold
        by_scale, by_offset = (surplus * logits).sum(axis=0) * scale, surplus.sum(axis=0)
        total = losses(kind, moved, gold).sum() + 0.05 * values[0] ** 2
        slopes = [np.array([by_scale.sum() + 0.1 * values[0]])]
        if kind == "multi":
            slopes.append(np.array([by_offset.sum()]))
        if np.isfinite(hold_scales):
            total += hold_scales * (log_scales @ log_scales) / 2
            slopes.append(by_scale + hold_scales * log_scales)
        if np.isfinite(hold_offsets):
            total += hold_offsets * (shifts @ shifts) / 2
            slopes.append(by_offset + hold_offsets * shifts)
        return float(total), np.concatenate(slopes)

    start = np.zeros(int(ends[-1]))
    bounds = [(-1.6, 1.6), *[(None, None)] * (len(start) - 1)]  # a scale of .2 to 5
    scale, offset, _, _ = linear(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)
    return scale, offset


def choose_thresholds(calibrated: Floats, gold: Flags) -> tuple[float, ...]:
    """Choose per label the threshold of best F1, shrunk half way to the head's common one.

    A label's best threshold on some dozen positives is largely chance; rare labels take the common one.
    """
    grid = np.round(np.arange(0.1, 0.91, 0.02), 2)
    common = float(
        grid[int(np.argmax([f1(gold, decide("multi", calibrated, [t] * gold.shape[1]), None) for t in grid]))]
    )
    chosen = []
    for column in range(gold.shape[1]):
        of_label, truth = calibrated[:, column], gold[:, column]
        scores = np.array([f1(truth, (of_label >= t).astype(np.int64), None) for t in grid])
        best = float(grid[np.flatnonzero(scores >= scores.max() - 1e-9)].mean())
        enough = truth.sum() >= FEWEST_POSITIVES
        chosen.append(
            round((best + common) / 2 if enough and gold.shape[1] > 1 else best if enough else common, 3)
        )
    return tuple(chosen)


def abstention(sure: Floats, right: NDArray[np.int64], precision: float) -> tuple[float, float, float]:
    """Return the lowest probability from which on answers reach a precision.

    With it come the precision that is reached and the coverage, the share of answers kept. Where no cut that
    keeps a tenth of the answers reaches the precision, the cut of the highest one among those is taken.

    >>> abstention(np.array([0.9, 0.8, 0.6, 0.5]), np.array([1, 1, 1, 0]), 0.9)
    (0.6, 1.0, 0.75)
    """
    if not len(sure):
        return 0.0, 0.0, 0.0
    order = np.argsort(-sure, kind="stable")
    ranked, correct = sure[order], right[order]
    kept = cut_at(ranked, correct, precision)
    below = 0.0 if kept == len(ranked) else float(np.floor(ranked[kept - 1] * 1000) / 1000)
    return below, round(float(correct[:kept].sum() / kept), 3), round(kept / len(ranked), 3)
