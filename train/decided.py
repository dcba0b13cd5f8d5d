"""`docassay train --from-decisions`: a head moved by what people decided on its labels, and the gain.

A decision tells of one label of one text: it is right (confirmed, or what the reviewer gave instead), or it
is not (dismissed, corrected). The head stays linear: its weights get a correction that a ridge penalty
shrinks towards zero, so what nobody decided on stays nearly as it was (a normal prior around the present
weights; Chelba and Acero 2004). The penalty is chosen by decisions that were left out, and the gain is
measured on such: each document is left out once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, HEADS, Card, find
from docassay.models.encoder import Encoder
from docassay.models.engine import default_threads
from docassay.schemas.errors import DataError
from docassay.storage.decisions.record import current_decisions, rows_of
from docassay.train.calibrate import MARGIN
from docassay.train.encode import Encoded, token_ids
from docassay.train.folder import check_target, put
from docassay.train.heads import Floats, Head, probabilities, read
from docassay.train.job import Watch
from docassay.train.score import decide
from docassay.train.splits import FOLDS, folds
from docassay.train.states import states

HOLDS = (1.0, 10.0, 100.0, 1000.0, 10000.0)
"""How strongly a head may be held where it is; the least of them moves it most."""

FEWEST = 20
"""Fewer decided texts, or of fewer documents than there are folds, teach nothing that could be measured."""

ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Answered:
    """A text, and what people decided of its labels: 1 it has the label, 0 it has not; of others nothing."""

    text: str
    document: str
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Gained:
    """How many of the decided answers a head gave as people did, before and after, on what it had not seen.

    Attributes:
        answers: Decided answers: pairs of text and label, or texts where labels exclude each other.
        documents: Documents that they are of.
        difference: Of the shares: least, middle and most of 95 % of resampled documents (Efron 1979).
        hold: How strongly the head was held, as most of the folds have chosen.
    """

    answers: int
    documents: int
    before: float
    after: float
    difference: tuple[float, float, float]
    hold: float

    @property
    def is_sure(self) -> bool:
        """Tell whether the head is better by more than chance."""
        return self.difference[0] > 0


def answered(rows: Iterable[Mapping[str, Any]], task: str) -> list[Answered]:
    """Put together what was decided on the labels of a task, text by text, in order.

    Args:
        rows: What counts, as `decisions.record.current_decisions` or the view `decisions_current` give it.
        task: The task.
    """
    texts: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        outcome = row.get("decision") or row.get("outcome")
        if row["object"] != "label" or row["code"] != task or not (row["evidence"] or "").strip():
            continue
        answers = texts.setdefault((row["doc_id"], row["evidence"]), {})
        if outcome == "confirmed":
            answers[row["label"]] = 1
        elif outcome == "dismissed" or (outcome == "corrected" and row["corrected_label"]):
            answers.setdefault(row["label"], 0)
            if outcome == "corrected":
                answers[row["corrected_label"]] = 1
    return [Answered(text, doc_id, own) for (doc_id, text), own in sorted(texts.items()) if own]


def known(texts: Sequence[Answered], labels: Sequence[str]) -> Floats:
    """Give what is known, [texts, labels]: 1, 0, or NaN where nobody decided; other labels are left out."""
    return np.array([[text.answers.get(label, np.nan) for label in labels] for text in texts], np.float64)


def adapt(head: Head, temperature: float, texts: Encoded, truth: Floats, hold: float) -> Head:
    """Move a head towards what was decided.

    Args:
        head: The head that is there.
        temperature: Its own, by which logits are divided.
        texts: What was decided on.
        truth: As `known` gives it.
        hold: How strongly it is held.
    """
    centre, spread = texts.states.mean(axis=0), texts.states.std(axis=0) + 1e-6
    scaled = np.asarray((texts.states - centre) / spread, np.float64)
    there = head.logits(texts) / temperature
    count, width = len(head.labels), scaled.shape[1]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        change, offset = flat[: count * width].reshape(count, width), flat[count * width :]
        value, slope = _loss(head.kind, there + scaled @ change.T + offset, truth)
        gradient = np.concatenate([(slope.T @ scaled).ravel(), slope.sum(axis=0)])
        return value + hold * float(flat @ flat) / 2, gradient + hold * flat

    start = np.zeros(count * (width + 1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x * temperature
    change, offset = found[: count * width].reshape(count, width) / spread, found[count * width :]
    return replace(
        head,
        weight=(head.weight + change).astype(np.float32),
        bias=(head.bias + offset - change @ centre).astype(np.float32),
    )


def learn(
    head: Head,
    temperature: float,
    thresholds: Sequence[float],
    texts: Encoded,
    decided: Sequence[Answered],
    seed: int = 0,
) -> tuple[Head, Gained]:
    """Move a head by all decisions, and measure what that gains on documents that were left out.

    Args:
        head: The head that is there.
        temperature: Its own.
        thresholds: Of its labels, where a text may have several.
        texts: What was decided on.
        decided: What was decided.
        seed: Of the folds.

    Raises:
        DataError: There is too little to learn from.
    """
    truth = known(decided, head.labels)
    usable = np.asarray(~np.isnan(truth).all(axis=1), np.bool_)
    documents = np.array([text.document for text in decided])
    if usable.sum() < FEWEST or len(set(documents[usable])) < FOLDS:
        raise DataError(
            f"{usable.sum()} texts of {len(set(documents[usable]))} documents were decided on with labels of"
            f" the head; {FEWEST} of {FOLDS} are the least that gains can be measured with"
        )
    texts, truth, documents = texts.only(usable), truth[usable], documents[usable]
    fold = folds(documents, seed)
    before, after = right(head, temperature, thresholds, texts, truth), np.full(truth.shape, np.nan)
    chosen = []
    for left_out in range(FOLDS):
        rest = fold != left_out
        inner = folds(documents[rest], seed + 1)
        hold = choose(head, temperature, texts.only(rest), truth[rest], inner)
        moved = adapt(head, temperature, texts.only(rest), truth[rest], hold)
        after[~rest] = right(moved, temperature, thresholds, texts.only(~rest), truth[~rest])
        chosen.append(hold)
    hold = choose(head, temperature, texts, truth, fold)
    gained = compare(before, after, documents, float(np.median(chosen)))
    return adapt(head, temperature, texts, truth, hold), gained


def choose(head: Head, temperature: float, texts: Encoded, truth: Floats, fold: NDArray[np.int64]) -> float:
    """Choose how strongly a head is held: by the least loss on what was left out."""

    def left_out(hold: float) -> float:
        total = 0.0
        for number in np.unique(fold):
            rest = fold != number
            moved = adapt(head, temperature, texts.only(rest), truth[rest], hold)
            logits = moved.logits(texts.only(~rest)) / temperature
            total += _loss(head.kind, logits, truth[~rest])[0]
        return total

    return min(HOLDS, key=left_out)


def right(
    head: Head, temperature: float, thresholds: Sequence[float], texts: Encoded, truth: Floats
) -> Floats:
    """Tell of each known answer whether a head gives it, [texts, labels]; NaN where nothing is known.

    Where labels exclude each other, a text counts once: in the column of the label that it has, or is not.
    """
    sure = probabilities(head.kind, head.logits(texts), temperature)
    given = decide(head.kind, sure, tuple(thresholds))
    agree = np.where(np.isnan(truth), np.nan, (given == truth).astype(np.float64))
    if head.kind == "single":
        positive = truth == 1
        settled = positive.any(axis=1, keepdims=True)
        agree = np.where(settled & ~positive, np.nan, agree)
    return np.asarray(agree, np.float64)


def compare(before: Floats, after: Floats, documents: NDArray[Any], hold: float) -> Gained:
    """Compare what two heads give as people did."""
    names, place = np.unique(documents, return_inverse=True)
    numbers = np.zeros((len(names), 3))
    np.add.at(numbers[:, 0], place, np.nansum(before, axis=1))
    np.add.at(numbers[:, 1], place, np.nansum(after, axis=1))
    np.add.at(numbers[:, 2], place, (~np.isnan(before)).sum(axis=1))
    chance = np.random.default_rng(0)
    drawn = numbers[chance.integers(0, len(names), (ROUNDS, len(names)))].sum(axis=1)
    shares = (drawn[:, 1] - drawn[:, 0]) / np.maximum(1, drawn[:, 2])
    least, middle, most = np.percentile(shares, (2.5, 50, 97.5))
    total = numbers.sum(axis=0)
    count = max(1.0, total[2])
    interval = float(least), float(middle), float(most)
    return Gained(int(total[2]), len(names), total[0] / count, total[1] / count, interval, hold)


def _loss(kind: str, logits: Floats, truth: Floats) -> tuple[float, Floats]:
    """Give the negative log-likelihood of what is known, and its slope by the logits."""
    told = ~np.isnan(truth)
    if kind == "multi":
        sure = 1.0 / (1.0 + np.exp(-np.clip(logits, -50, 50)))
        likely = np.where(truth == 1, sure, 1 - sure)
        value = -np.log(np.clip(likely[told], 1e-12, 1)).sum()
        return float(value), np.where(told, sure - np.nan_to_num(truth), 0.0)
    sure = probabilities("single", logits)
    has = truth == 1
    allowed = np.where(has.any(axis=1, keepdims=True), has, truth != 0)  # one of these it is
    mass = np.clip((sure * allowed).sum(axis=1, keepdims=True), 1e-12, 1)
    informed = np.asarray(told.any(axis=1, keepdims=True), np.bool_)
    value = -np.log(mass[informed[:, 0]]).sum()
    return float(value), np.where(informed, sure - sure * allowed / mass, 0.0)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of a training from decisions.

    Attributes:
        task: The task.
        texts: Texts that were decided on, with labels that the head knows.
        strange: Labels that reviewers gave and the head does not know, and how often.
        gained: What it gained on held-back decisions.
    """

    task: str
    texts: int
    strange: Mapping[str, int]
    gained: Gained


def train_from(
    tables: str, task: str, out: Path, version: str, seed: int, cache: Path | None, watch: Watch
) -> Learnt:
    """Move the shipped head of a task by what people decided on its labels, and write a model folder.

    Args:
        tables: The tables with the decisions.
        task: The task.
        out: The folder of the model.
        version: Of the model.
        seed: Of the folds.
        cache: Where the encoder's outputs are kept; in the folder of the model without.
        watch: Called with what is being done, how much of it is done and how much there is.

    Raises:
        DataError: No shipped head answers the task, there is too little to learn from, or the folder is not
            one of this command.
        TablesError: The folder holds no tables, or a damaged file.
        RunError: The model's folder cannot be written.
    """
    check_target(out)
    encoder = Encoder(find(DEFAULT_ENCODER), default_threads())
    entries = modelfile.read(encoder.card.folder)["tasks"]
    if task not in entries:
        raise DataError(f"no shipped head answers {task}; there are {', '.join(sorted(entries))}")
    entry = entries[task]
    head = read(encoder.card.folder / HEADS, {task: entry})[task]
    decided = answered(current_decisions(rows_of(tables).to_pylist()).values(), task)
    if not decided:
        raise DataError(f"{tables}: nobody has decided on a label of {task}")
    strange = Counter(label for text in decided for label in text.answers if label not in head.labels)
    texts = [text.text for text in decided]
    rows = states(encoder, texts, cache or out / ".cache", lambda done, total: watch("reading", done, total))
    encoded = Encoded(rows, token_ids(encoder.card.folder, texts))
    watch("fitting", 0, 0)
    moved, gained = learn(head, entry["temperature"], entry.get("thresholds", ()), encoded, decided, seed)
    _write(out, encoder.card, task, version, entry, moved, decided, gained)
    return Learnt(task, len(decided), dict(strange), gained)


def gain_in_words(learnt: Learnt, out: Path) -> Iterator[str]:
    """Say what was learnt, a line each."""
    gained = learnt.gained
    least, middle, most = gained.difference
    yield (
        f"{gained.answers:,} decided answers of {gained.documents:,} documents, each held back once:"
        f" the shipped head gives {gained.before:.3f} of them as people did, this one {gained.after:.3f}"
    )
    sure = "more than chance" if gained.is_sure else "it may be chance: do not use it for this reason alone"
    yield f"the difference is {middle:+.3f} ({least:+.3f} to {most:+.3f}); {sure}"
    yield (
        "decisions are on what people looked at: what changes elsewhere, `what_changed` shows after a batch"
        f" with --models {out} into a copy of the tables"
    )
    if learnt.strange:
        listed = ", ".join(f"{label} ({n})" for label, n in sorted(learnt.strange.items()))
        yield f"left out, since the head does not know them: {listed}; docassay train DATA learns new labels"
    yield f"wrote {out}"


def _write(
    folder: Path,
    base: Card,
    task: str,
    version: str,
    entry: Mapping[str, Any],
    head: Head,
    decided: Sequence[Answered],
    gained: Gained,
) -> None:
    """Write the model folder."""
    own = {key: value for key, value in entry.items() if key != "quality"}
    own |= {
        "margin": max(float(entry.get("margin", 0.0)), MARGIN),
        "asked": True,
        "trained_on": len(decided),
        "chosen": f"{base.id}, moved by {gained.answers} decided answers, held by {gained.hold:g}",
        "quality": {
            "test": "decisions, each document held back once",
            "texts": gained.answers,
            "as_people_decided": round(gained.after, 3),
            "as_people_decided_before": round(gained.before, 3),
        },
    }
    about = {
        "format": 1,
        "name": f"{task}-decided",
        "version": version,
        "kind": "encoder",
        "trained_by": "docassay train",
        "base": f"{base.id}: {base.base}",
        "licence": base.licence,
        "max_tokens": base.max_tokens,
        "intended_use": f"Answer {task} as {base.id} does, where people have not decided otherwise.",
        "known_failures": [
            "Its thresholds are those of the shipped head; decisions are on what people looked at."
        ],
        "tasks": {task: own},
    }
    put(folder, base.folder, task, head, about)
