"""Measure on validation texts, in ten folds, what corrections would make of a head's calibration error.

    python -m research.measure.curves --tasks clause_type

For each "multi" head of the shipped encoder: its error as shipped, after each of `calibrate.CORRECTIONS`, and
after one isotonic curve over the pairs of all texts and labels. Texts that an official test does not hold are
left out, as in docs/quality.md. The tests stay unread.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED
from docassay.train.calibrate import CORRECTIONS, FOLDS, fit_linear
from docassay.train.encode import runtime
from docassay.train.heads import Floats, probabilities, targets
from docassay.train.heads import read as read_heads
from docassay.train.score import Flags, calibration_error
from research.corpora import load
from research.measure.evaluate import UNLABELLED

Fitted = Callable[[Floats], Floats]
"""From logits to probabilities, [texts, labels] both."""


def linear(logits: Floats, gold: Flags, held: tuple[float, float]) -> Fitted:
    """Fit a scale and an offset of logits, by label or in common, as `calibrate.CORRECTIONS` holds them."""
    scale, offset = fit_linear("multi", logits, gold, *held)
    return lambda some: probabilities("multi", some * scale + offset)


def curve(logits: Floats, gold: Flags) -> Fitted:
    """Fit one rising curve over the pairs of all texts and labels.

    >>> fitted = curve(np.array([[-1.0, 0.0], [1.0, 2.0]]), np.array([[0, 1], [0, 1]]))
    >>> fitted(np.array([[-1.0, 0.5]])).tolist()
    [[0.0, 0.5]]
    """
    rising = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    rising.fit(logits.ravel(), gold.ravel())
    return lambda some: np.asarray(rising.predict(some.ravel()), np.float64).reshape(some.shape)


def folded(logits: Floats, gold: Flags, fit: Callable[[Floats, Flags], Fitted]) -> float:
    """Give the calibration error where each fold's texts are corrected by what the other folds say."""
    fold = np.random.default_rng(0).permutation(len(logits)) % FOLDS
    corrected = np.zeros(logits.shape)
    for part in range(FOLDS):
        corrected[fold == part] = fit(logits[fold != part], gold[fold != part])(logits[fold == part])
    return calibration_error("multi", corrected, gold)


def errors(logits: Floats, gold: Flags) -> Iterator[tuple[str, float]]:
    """Yield each correction's name and the error after it; `logits` are those of the shipped head."""
    yield "as shipped", calibration_error("multi", probabilities("multi", logits), gold)
    for name, held in CORRECTIONS.items():
        yield name, folded(logits, gold, lambda some, truth, held=held: linear(some, truth, held))  # type: ignore[misc]
    yield "an isotonic curve", folded(logits, gold, curve)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m research.measure.curves",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--states", type=Path, default=Path("checkpoints/states"), help="kept there")
    parser.add_argument(
        "--tasks", default="", help="names with commas between; without, all with many labels"
    )
    options = parser.parse_args()
    folder = SHIPPED / DEFAULT_ENCODER
    facts = modelfile.read(folder)["tasks"]
    heads = read_heads(folder / "heads.npz", facts)
    multi = [name for name, head in heads.items() if head.kind == "multi"]
    for name in options.tasks.split(",") if options.tasks else multi:
        if name not in multi:
            parser.error(f"{name}: there are {', '.join(multi)}")
        examples = [
            example
            for example in load(name, options.data)
            if example.split == "validation" and example.part != UNLABELLED
        ]
        texts = runtime(folder, [example.text for example in examples], options.states)
        logits = heads[name].logits(texts) / facts[name]["temperature"]
        for what, error in errors(logits, targets(examples, heads[name].labels)):
            print(f"{name}, {len(examples)} texts, {what}: {error:.3f}", flush=True)


if __name__ == "__main__":
    main()
