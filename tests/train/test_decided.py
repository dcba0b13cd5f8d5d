"""Decisions move a head: by as much as they say, no further, and what it gained is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.models.catalog import read
from docassay.models.heads import Heads
from docassay.schemas.errors import DataError
from docassay.storage.decisions.record import Choice, decide
from docassay.train.decided import Answered, _loss, adapt, answered, known, learn
from docassay.train.encode import Encoded
from docassay.train.heads import Head
from docassay.train.splits import folds
from tests.storage.runs import run
from tests.tables import result

LABELS = ("a", "b", "c")


def pretend(kind: str, texts: int = 240, seed: int = 0) -> tuple[Head, Encoded, list[Answered], np.ndarray]:
    """Make states, a head that is off, and what the right one would answer."""
    chance = np.random.default_rng(seed)
    states = chance.normal(size=(texts, 12)).astype(np.float32)
    right = chance.normal(size=(3, 12))
    head = Head(
        kind, LABELS, (right + chance.normal(size=(3, 12))).astype(np.float32), np.zeros(3, np.float32)
    )  # type: ignore[arg-type]
    scores = states @ right.T
    gold = np.eye(3)[scores.argmax(axis=1)] if kind == "single" else (scores > 0).astype(float)
    decided = []
    for n, row in enumerate(gold):
        told = [int(row.argmax())] if kind == "single" else chance.choice(3, 1).tolist()
        answers = {LABELS[at]: int(row[at]) for at in told}
        decided.append(Answered(f"text {n}", f"document {n % 40}", answers))
    return head, Encoded(states, [[]] * texts), decided, gold


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_the_slope_is_that_of_the_loss(kind: str) -> None:
    chance = np.random.default_rng(1)
    logits = chance.normal(size=(6, 4))
    truth = np.array([[1, np.nan, 0, np.nan], [np.nan] * 4, [0, 0, np.nan, np.nan]] * 2)
    value, slope = _loss(kind, logits, truth)
    for place in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-6
        assert (_loss(kind, logits + step, truth)[0] - value) / 1e-6 == pytest.approx(slope[place], abs=1e-4)


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_decisions_improve_what_was_held_back(kind: str) -> None:
    head, texts, decided, gold = pretend(kind)
    moved, gained = learn(head, 1.0, (0.5,) * 3 if kind == "multi" else (), texts, decided)
    assert gained.is_sure and gained.after > gained.before + 0.05
    _, fresh, _, _ = pretend(kind, 500, 0)

    def rightness(one: Head) -> float:
        logits = one.logits(texts)
        answer = np.eye(3)[logits.argmax(axis=1)] if kind == "single" else logits > 0
        return float((answer == gold).mean())

    assert rightness(moved) > rightness(head)
    assert len(fresh) == 500


def test_what_chance_decided_gains_nothing() -> None:
    head, texts, decided, _ = pretend("multi")
    chance = np.random.default_rng(3)
    noise = [
        Answered(text.text, text.document, {label: int(chance.random() < 0.5) for label in text.answers})
        for text in decided
    ]
    _, gained = learn(head, 1.0, (0.5,) * 3, texts, noise)
    assert not gained.is_sure


def test_a_head_held_firmly_stays_as_it_is() -> None:
    head, texts, decided, _ = pretend("single")
    moved = adapt(head, 1.0, texts, known(decided, LABELS), 1e9)
    assert np.allclose(moved.logits(texts), head.logits(texts), atol=1e-4)


def test_documents_stay_whole_and_too_few_are_refused() -> None:
    head, texts, decided, _ = pretend("single")
    documents = np.array([text.document for text in decided])
    fold = folds(documents, 0)
    assert all(len(set(fold[documents == name])) == 1 for name in documents)
    few = np.arange(len(decided)) < 10
    with pytest.raises(DataError, match="10 texts of 10 documents"):
        learn(head, 1.0, (), texts.only(few), decided[:10])


def test_answers_are_put_together_by_text() -> None:
    def row(label: str, outcome: str, corrected: str | None = None, **more: object) -> dict[str, object]:
        own = {"object": "label", "code": "t", "doc_id": "d", "evidence": "one", "label": label}
        return {**own, "outcome": outcome, "corrected_label": corrected, **more}

    rows = [
        row("a", "confirmed"),
        row("b", "corrected", "c"),
        row("d", "dismissed"),
        row("e", "not_sure"),
        row("a", "confirmed", code="other"),
        row("a", "confirmed", object="flag"),
        row("a", "confirmed", evidence=None),
    ]
    (text,) = answered(rows, "t")
    assert text.answers == {"a": 1, "b": 0, "c": 1, "d": 0}


@pytest.mark.slow
def test_a_model_is_trained_from_decisions(tmp_path: Path) -> None:
    words = (
        "renews for a year",
        "pays by bank transfer",
        "keeps insurance",
        "is governed by law",
        "may audit",
    )
    results = [
        result(f"{n}. The supplier {words[n % 5]} under clause {n}, as both parties agree.", f"{n}.txt")
        for n in range(30)
    ]
    out = tmp_path / "tables"
    run(out, "run-1", results)
    choices = [
        Choice(one.doc_id, "label", "clause_type", "confirmed" if n % 5 == 2 else "dismissed")
        for n, one in enumerate(results)
    ]
    choices[0] = Choice(results[0].doc_id, "label", "clause_type", "corrected", corrected_label="new label")
    decide(str(out), choices, "anna")
    model = tmp_path / "decided"
    command = ["train", "--from-decisions", str(out), "--task", "clause_type", "--out", str(model)]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "30 decided answers of 30 documents" in told.output and "new label (1)" in told.output
    card = read(model)
    assert card.name == "clause_type-decided" and Heads(card)["clause_type"].weight.shape[1] == 384
    wrong = CliRunner().invoke(app, [*command[:4], "no_such_task", *command[5:]])
    assert wrong.exit_code == 2 and "no shipped head answers no_such_task" in wrong.output
