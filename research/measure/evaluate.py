"""Measure the heads of a model folder on the test sets: the only module that reads them.

Needs the shipped runtime and NumPy; neither PyTorch nor scikit-learn.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from docassay.domains.sections import NONE
from docassay.models import modelfile
from docassay.models.calibration import reliability
from docassay.models.catalog import MAJORITY
from docassay.models.label_chain import from_card
from docassay.train.encode import Encoded, token_ids
from docassay.train.heads import Floats, Head, probabilities
from docassay.train.heads import read as read_heads
from docassay.train.label_chain import smooth
from docassay.train.score import (
    BINS,
    Flags,
    Kind,
    answers,
    calibration_error,
    decide,
    label_table,
    metrics,
)
from research.corpora import TASKS, Example, load
from research.corpora.example import WINDOW, targets
from research.corpora.financial import mail
from research.encoder.states import cut_states, runtime
from research.measure.scores import coverage, unavoidable_error

UNLABELLED = "unlabelled"
PARITY_TEXTS = 1200
PARITY = ("int8", "float32", "int8_cosine", "least_cosine")
"""What `parity` measures."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test text on which a head was wrong, and how sure it was of its worst label."""

    text: str
    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    sure: float

    @property
    def id(self) -> str:
        """Name the text without showing it: the start of its SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


@dataclass(slots=True)
class Measured:
    """All that is known of a head after its test.

    Attributes:
        scores: By metric.
        by_label: Precision, recall, F1 and support.
        figures: Calibration, abstention and what else was measured, by the name the card has for it.
        reliability: As `models.calibration.reliability` gives it.
        coverage: As `score.coverage` gives it, of the labels given.
        mistakes: All of them, the surest first.
    """

    task: str
    texts: int
    scores: dict[str, float]
    by_label: dict[str, tuple[float, ...]]
    figures: dict[str, float]
    reliability: list[tuple[float, float, int]]
    coverage: list[tuple[float, float]]
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def quality(self) -> dict[str, str | int | float]:
        """Give what the card says of this head, rounded as it stands there."""
        numbers = {key: round(value, 3) for key, value in (self.scores | self.figures).items()}
        return {"test": TASKS[self.task].test, "texts": self.texts, **numbers}


def measure(folder: Path, name: str, data: Path, cache: Path) -> Measured:
    """Run a head's test sets through the shipped runtime's states and score the answers.

    Raises:
        FileNotFoundError: An archive of the task is missing below `data`.
    """
    facts = modelfile.read(folder)["tasks"][name]
    head = read_heads(folder / "heads.npz", {name: facts})[name]
    tests = [example for example in load(name, data) if example.split == "test"]
    texts = runtime(folder, [example.text for example in tests], cache)
    alone = _probabilities(facts, head, texts)
    chain = from_card(facts["label_chain"], len(head.labels)) if "label_chain" in facts else None
    sure = smooth(chain, tests, alone) if chain else alone
    official = np.array([example.part != UNLABELLED for example in tests])
    known = [example for example in tests if example.part != UNLABELLED]
    measured = score(name, facts, head, known, sure[official])
    if chain:
        figures = headlines(name, head.kind, head.labels, known, decide(head.kind, alone[official], ()))
        measured.scores |= {f"{key}_alone": figures[key] for key in ("accuracy", "macro_f1")}
    if not official.all():
        named = [label != NONE for label in head.labels]
        given = decide(head.kind, sure[~official], facts.get("thresholds", ()))[:, named]
        measured.figures["false_label_rate"] = float(given.max(axis=1).mean())
        measured.figures["unlabelled_texts"] = float((~official).sum())
    if name == "message_fraud":
        measured.figures |= _mail_rates(folder, facts, head, data, cache)
    return measured


def score(
    name: str, facts: Mapping[str, Any], head: Head, tests: Sequence[Example], sure: Floats
) -> Measured:
    """Score a head's probabilities, [texts, labels]."""
    gold = targets(tests, head.labels)
    predicted = decide(head.kind, sure, facts.get("thresholds", ()))
    given = predicted.astype(bool)
    answered = given & (sure >= least(facts))
    figures = {
        "calibration_error": calibration_error(head.kind, sure, gold),
        "calibration_error_by_chance": unavoidable_error(head.kind, sure),
    }
    if head.kind == "multi":
        figures["calibration_error_all_pairs"] = calibration_error(head.kind, sure, gold, least=0.0)
    figures["kept"] = float(answered.sum() / max(1, given.sum()))
    figures["kept_precision"] = float(gold[answered].mean()) if answered.any() else 0.0
    return Measured(
        name,
        len(tests),
        headlines(name, head.kind, head.labels, tests, predicted),
        label_table(head.labels, gold, predicted),
        figures,
        reliability(*answers(head.kind, sure, gold), BINS),
        coverage(sure[given], gold[given].astype(np.float64)),
        _mistakes(head, tests, gold, predicted, sure),
    )


def least(facts: Mapping[str, Any]) -> Floats:
    """Return the probability from which on each label of a task's card is not abstained."""
    by_label = facts.get("abstain_labels_below", {})
    least = max(facts["abstain_below"], MAJORITY if facts["kind"] == "single" else 0.0)
    return np.array([max(least, by_label.get(label, 0.0)) for label in facts["labels"]])


def parity(int8: Path, float32: Path, name: str, data: Path, cache: Path) -> dict[str, float]:
    """Return a head's accuracy or micro-F1 on int8 and on float32 states, and how alike these are.

    `int8_cosine` is their mean cosine, `least_cosine` that of the text where they differ most.
    Texts are cut at the task's length, or that of a window, for both. Of a large test about `PARITY_TEXTS`
    are taken.
    """
    facts = modelfile.read(int8)["tasks"][name]
    head = read_heads(int8 / "heads.npz", {name: facts})[name]
    tests = [
        example for example in load(name, data) if example.split == "test" and example.part != UNLABELLED
    ]
    tests = tests[:: max(1, len(tests) // PARITY_TEXTS)]
    texts = [example.text for example in tests]
    kinds = ((int8, "int8"), (float32, "float32"))
    states = [
        cut_states(folder, texts, min(TASKS[name].max_tokens, WINDOW), cache, kind) for folder, kind in kinds
    ]
    key = "accuracy" if head.kind == "single" else "micro_f1"
    gold = targets(tests, head.labels)
    ids = token_ids(int8, texts)
    given = [
        decide(head.kind, _probabilities(facts, head, Encoded(vectors, ids)), facts.get("thresholds", ()))
        for vectors in states
    ]
    first, second = (metrics(head.kind, head.labels, gold, predicted)[key] for predicted in given)
    cosines = (states[0] * states[1]).sum(axis=1) / np.prod(
        [np.linalg.norm(s, axis=1) for s in states], axis=0
    )
    figures = (first, second, float(cosines.mean()), float(cosines.min()))
    return {key: round(value, 4) for key, value in zip(PARITY, figures, strict=True)}


def reading(folder: Path, about: Mapping[str, Any]) -> str:
    """Name what is measured: a digest of weights, heads, temperatures, thresholds and abstention.

    A test is read once more whenever this is another than at the last measurement.
    """
    digest = hashlib.sha256("".join(modelfile.digests(folder).values()).encode())
    for name, facts in sorted(about["tasks"].items()):
        chosen = [facts["temperature"], facts.get("thresholds", []), facts["abstain_below"]]
        digest.update(f"{name} {chosen}".encode())
        if "label_chain" in facts:
            digest.update(json.dumps(facts["label_chain"]).encode())
        if "abstain_labels_below" in facts:
            digest.update(json.dumps(facts["abstain_labels_below"], sort_keys=True).encode())
    return digest.hexdigest()[:16]


def headlines(
    name: str, kind: Kind, labels: tuple[str, ...], tests: Sequence[Example], predicted: Flags
) -> dict[str, float]:
    """Score answers by the metrics of a task; a test part gets figures of its own, `accuracy_PART`."""
    gold = targets(tests, labels)
    wanted = {"accuracy", "macro_f1"} if kind == "single" else {"micro_f1", "macro_f1"}
    if len(labels) == 1:
        wanted = {f"{labels[0]}_f1", "precision", "recall"}
    elif len(labels) == 3:
        wanted |= {f"{label}_f1" for label in labels}
    wanted |= set(TASKS[name].floor) | set(TASKS[name].target)
    figures = {k: value for k, value in metrics(kind, labels, gold, predicted).items() if k in wanted}
    for part in sorted({example.part for example in tests} - {""}):
        rows = np.array([example.part == part for example in tests])
        of_part = metrics(kind, labels, gold[rows], predicted[rows])
        figures |= {f"{key}_{part}": of_part[key] for key in ("accuracy", "macro_f1") if key in of_part}
    return figures


def _probabilities(facts: Mapping[str, Any], head: Head, texts: Encoded) -> Floats:
    return probabilities(head.kind, head.logits(texts), facts["temperature"])


def _mail_rates(
    folder: Path, facts: Mapping[str, Any], head: Head, data: Path, cache: Path
) -> dict[str, float]:
    mails = mail(data)
    texts = runtime(folder, [example.text for example in mails], cache)
    given = decide(head.kind, _probabilities(facts, head, texts), ())
    rates = {}
    for part in ("fraud", "marketing", "business"):
        of_part = given[[example.part == part for example in mails]]
        rates[f"mail_{part}_called_smishing"] = float(of_part[:, head.labels.index("smishing")].mean())
        rates[f"mail_{part}_called_spam"] = float(of_part[:, head.labels.index("spam")].mean())
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
