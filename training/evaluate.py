"""Measure the heads of a model folder on the test sets: the only module that reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training import heads as linear
from training import modelfile
from training.corpora import TASKS, Example, load
from training.corpora.financial import mail
from training.encode import Vectors, cut_states, runtime_states
from training.heads import Floats, Head
from training.score import Flags, calibration_error, decide, metrics

UNLABELLED = "unlabelled"
PARITY_TEXTS = 1200


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test text on which a head was wrong, and how sure it was of its worst label."""

    text: str
    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    sure: float


@dataclass(slots=True)
class Measured:
    """All that is known of a head after its test.

    `scores` is by metric, `by_label` F1; `mistakes` has the surest first.
    """

    task: str
    texts: int
    scores: dict[str, float]
    by_label: dict[str, float]
    error: float
    kept: float
    kept_precision: float
    further: dict[str, float] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def measure(folder: Path, name: str, data: Path, cache: Path) -> Measured:
    """Run a head's test sets through the shipped runtime's states and score the answers."""
    facts = modelfile.read(folder)["tasks"][name]
    head = linear.read(folder / "heads.npz", {name: facts})[name]
    tests = [example for example in load(name, data) if example.split == "test"]
    vectors = runtime_states(folder, [example.text for example in tests], cache)
    official = np.array([example.part != UNLABELLED for example in tests])
    measured = score(name, facts, head, [e for e in tests if e.part != UNLABELLED], vectors[official])
    if not official.all():
        given = decide(
            head.kind, _probabilities(facts, head, vectors[~official]), facts.get("thresholds", ())
        )
        measured.further["false_label_rate"] = float(given.max(axis=1).mean())
        measured.further["unlabelled_texts"] = float((~official).sum())
    if name == "message_fraud":
        measured.further |= _mail_rates(folder, facts, head, data, cache)
    return measured


def score(
    name: str, facts: Mapping[str, Any], head: Head, tests: Sequence[Example], vectors: Vectors
) -> Measured:
    """Score a head on texts whose states are known; a test part gets figures of its own, `accuracy_PART`."""
    gold = linear.targets(tests, head.labels)
    sure = _probabilities(facts, head, vectors)
    predicted = decide(head.kind, sure, facts.get("thresholds", ()))
    found = metrics(head.kind, head.labels, gold, predicted)
    by_label = {label: found.pop(f"{label}_f1") for label in head.labels}
    scores = {key: value for key, value in found.items() if key in _headlines(name, head)}
    scores |= {
        f"{label}_f1": value for label, value in by_label.items() if f"{label}_f1" in _headlines(name, head)
    }
    for part in sorted({example.part for example in tests} - {""}):
        rows = np.array([example.part == part for example in tests])
        own = metrics(head.kind, head.labels, gold[rows], predicted[rows])
        scores |= {f"{key}_{part}": own[key] for key in ("accuracy", "macro_f1") if key in own}
    given = predicted.astype(bool)
    kept = given & (sure >= facts["abstain_below"])
    return Measured(
        name,
        len(tests),
        scores,
        by_label,
        calibration_error(head.kind, sure, gold),
        float(kept.sum() / max(1, given.sum())),
        float(gold[kept].mean()) if kept.any() else 0.0,
        mistakes=_mistakes(head, tests, gold, predicted, sure),
    )


def parity(int8: Path, float32: Path, name: str, data: Path, cache: Path) -> tuple[float, float]:
    """Return a head's accuracy or micro-F1 on int8 and on float32 states.

    Texts are cut at the task's length for both. Of a large test about `PARITY_TEXTS` are taken.
    """
    facts = modelfile.read(int8)["tasks"][name]
    head = linear.read(int8 / "heads.npz", {name: facts})[name]
    tests = [
        example for example in load(name, data) if example.split == "test" and example.part != UNLABELLED
    ]
    tests = tests[:: max(1, len(tests) // PARITY_TEXTS)]
    texts = [example.text for example in tests]
    kinds = ((int8, "int8"), (float32, "float32"))
    states = [cut_states(folder, texts, TASKS[name].max_tokens, cache, kind) for folder, kind in kinds]
    key = "accuracy" if head.kind == "single" else "micro_f1"
    gold = linear.targets(tests, head.labels)
    answers = [
        decide(head.kind, _probabilities(facts, head, own), facts.get("thresholds", ())) for own in states
    ]
    first, second = (metrics(head.kind, head.labels, gold, answer)[key] for answer in answers)
    return first, second


def _headlines(name: str, head: Head) -> set[str]:
    usual = {"accuracy", "macro_f1"} if head.kind == "single" else {"micro_f1", "macro_f1"}
    if len(head.labels) == 1:
        usual = {f"{head.labels[0]}_f1", "precision", "recall"}
    elif len(head.labels) == 3:
        usual |= {f"{label}_f1" for label in head.labels}
    return usual | set(TASKS[name].floor) | set(TASKS[name].target)


def _probabilities(facts: Mapping[str, Any], head: Head, vectors: Vectors) -> Floats:
    return linear.probabilities(head.kind, head.logits(vectors), facts["temperature"])


def _mail_rates(
    folder: Path, facts: Mapping[str, Any], head: Head, data: Path, cache: Path
) -> dict[str, float]:
    mails = mail(data)
    vectors = runtime_states(folder, [example.text for example in mails], cache)
    answers = decide(head.kind, _probabilities(facts, head, vectors), ())
    rates = {}
    for part in ("fraud", "marketing", "business"):
        own = answers[[example.part == part for example in mails]]
        rates[f"mail_{part}_called_smishing"] = float(own[:, head.labels.index("smishing")].mean())
        rates[f"mail_{part}_called_spam"] = float(own[:, head.labels.index("spam")].mean())
    return rates


def _mistakes(
    head: Head, tests: Sequence[Example], gold: Flags, predicted: Flags, sure: Floats
) -> list[Mistake]:
    distance = np.where(gold != predicted, np.abs(gold - sure), 0.0).max(axis=1)
    wrong = [
        index for index in np.argsort(-distance, kind="stable") if (gold[index] != predicted[index]).any()
    ]
    return [
        Mistake(
            tests[index].text,
            tests[index].labels,
            tuple(label for label, flag in zip(head.labels, predicted[index], strict=True) if flag),
            round(float(distance[index]), 3),
        )
        for index in wrong
    ]
