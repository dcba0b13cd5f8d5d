"""Steps between labels are learnt from documents, and used where they help."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from docassay.models import modelfile
from docassay.train import heads as linear
from docassay.train import label_chain as order
from docassay.train.encode import Encoded
from research.corpora import Example
from research.measure import evaluate, floors

LABELS = ("business", "risks")


def filing(name: str, split: str, business: int = 6, risks: int = 6) -> list[Example]:
    """Write a document of so many paragraphs on the business, then on risks."""
    return [
        Example("item", f"{name} {n}", (LABELS[n >= business],), split, document=name)  # type: ignore[arg-type]
        for n in range(business + risks)
    ]


def doubtful(examples: list[Example], wrong: float) -> np.ndarray:
    """Answer with .7 for a label, which is the wrong one for a share of the texts."""
    chance = np.random.default_rng(0)
    gold = np.array([LABELS.index(example.labels[0]) for example in examples])
    said = np.where(chance.random(len(gold)) < wrong, 1 - gold, gold)
    return np.eye(2)[said] * 0.4 + 0.3


def test_the_order_of_documents_mends_single_texts() -> None:
    train = [example for n in range(20) for example in filing(f"t{n}", "train")]
    tune = [example for n in range(5) for example in filing(f"v{n}", "validation")]
    learnt = order.learn(LABELS, train, tune, doubtful(tune, 0.25))
    assert learnt is not None
    assert learnt.transition[0, 1] < 0.3 and learnt.transition[1, 0] < 0.05
    assert learnt.initial[0] > 0.9
    test = [example for n in range(10) for example in filing(f"x{n}", "test", 4, 9)]
    gold = np.array([LABELS.index(example.labels[0]) for example in test])
    alone = doubtful(test, 0.25)
    within = order.smooth(learnt, test, alone)
    assert (alone.argmax(axis=1) == gold).mean() < 0.85
    assert (within.argmax(axis=1) == gold).mean() > 0.9


def test_documents_whose_texts_stand_mixed_are_read_apart() -> None:
    first, second = filing("a", "train"), filing("b", "train")
    mixed = [example for pair in zip(first, second, strict=True) for example in pair]
    assert order.documents(mixed) == [list(range(0, 24, 2)), list(range(1, 24, 2))]


def test_nothing_is_learnt_without_documents_or_gain() -> None:
    loose = [Example("item", str(n), (LABELS[n % 2],), "train") for n in range(10)]
    assert order.learn(LABELS, loose, loose, doubtful(loose, 0.2)) is None
    train = [example for n in range(20) for example in filing(f"t{n}", "train")]
    both = filing("v", "validation")
    tune = [
        example for pair in zip(both[:6], both[6:], strict=True) for example in pair
    ]  # as none of train is
    sure = np.eye(2)[[LABELS.index(example.labels[0]) for example in tune]] * 0.98 + 0.01
    assert order.learn(LABELS, train, tune, sure) is None


def test_a_test_is_measured_within_its_documents_and_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = [example for n in range(20) for example in filing(f"t{n}", "train")]
    tests = [example for n in range(10) for example in filing(f"x{n}", "test", 5, 7)]
    learnt = order.learn(LABELS, train, tests, doubtful(tests, 0.2))
    assert learnt is not None
    linear.save(
        {"filing_item": linear.Head("single", LABELS, np.eye(2, dtype=np.float32), np.zeros(2, np.float32))},
        tmp_path / "heads.npz",
    )
    facts = {
        "kind": "single",
        "labels": list(LABELS),
        "temperature": 1.0,
        "abstain_below": 0.0,
        "label_chain": learnt.to_card(),
    }
    modelfile.write(tmp_path, {"format": 1, "tasks": {"filing_item": facts}})
    assert modelfile.read(tmp_path)["tasks"]["filing_item"]["label_chain"] == learnt.to_card()
    states = np.log(doubtful(tests, 0.2)).astype(np.float32)
    monkeypatch.setattr(evaluate, "load", lambda *_: tests)
    monkeypatch.setattr(evaluate, "runtime", lambda *_: Encoded(states))
    measured = evaluate.measure(tmp_path, "filing_item", tmp_path, tmp_path)
    assert measured.scores["accuracy_alone"] + 0.05 < measured.scores["accuracy"]
    before = evaluate.reading(tmp_path, modelfile.read(tmp_path))
    facts["label_chain"] = {**learnt.to_card(), "evidence_weight": 0.05}
    modelfile.write(tmp_path, {"format": 1, "tasks": {"filing_item": facts}})
    assert evaluate.reading(tmp_path, modelfile.read(tmp_path)) != before


def test_floors_are_read_in_order_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(0)
    words = {"business": ["shops", "sells", "makes"], "risks": ["lose", "harm", "decline"]}

    def told(example: Example) -> Example:
        label = example.labels[0] if chance.random() < 0.6 else chance.choice(LABELS)
        text = " ".join(chance.choices([*words[label], "the", "company", "may"], k=6))
        return replace(example, task="filing_item", text=text)

    examples = [
        told(example)
        for split in ("train", "validation", "test")
        for n in range(20)
        for example in filing(f"{split}{n}", split)
    ]
    monkeypatch.setattr(floors, "load", lambda *_: examples)
    found = floors.floor("filing_item", tmp_path)
    assert set(found) == {"accuracy", "macro_f1", "accuracy_alone", "macro_f1_alone"}
    assert 0.6 < found["accuracy_alone"] < 0.9
    assert found["accuracy"] > found["accuracy_alone"] + 0.03
