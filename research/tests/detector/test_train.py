"""The detector's training: splits, weights, calibration and the figures."""

import numpy as np
import pytest

from docassay.models.detector import BUCKETS
from research.detector.groups import PASSAGES, Group
from research.detector.train import (
    LABELS,
    Row,
    calibrate,
    choose_threshold,
    equal_width_error,
    matrix,
    rarities,
    report,
    rows,
    weigh,
)


def group(name: str, corpus: str = "cuad", passages: int = 60) -> Group:
    return Group(
        "legal",
        corpus,
        name,
        "en",
        tuple(f"Clause {n} of {name} is about deliveries and returns." for n in range(passages)),
    )


def test_a_document_lies_on_one_side_only() -> None:
    splits = [group(f"contract {n}").split for n in range(400)]
    assert {"train", "validation", "test"} == set(splits)
    assert 0.15 < splits.count("test") / 400 < 0.25
    assert all(
        {row.split for row in rows(group(f"contract {n}"))} == {group(f"contract {n}").split}
        for n in range(20)
    )


def test_our_own_passages_only_train() -> None:
    assert {group(f"{n}", "own").split for n in range(100)} == {"train"}


def test_texts_are_drawn_the_same_each_time_and_keep_their_bounds() -> None:
    made = [row for name in "abcdefgh" for row in rows(group(name))]
    assert made == [row for name in "abcdefgh" for row in rows(group(name))]
    assert {row.size for row in made} == {"document", "passage", "sentence"}
    assert all(40 <= len(row.text) <= 9_000 for row in made)


def test_labels_weigh_alike_and_acts_less() -> None:
    made = [
        row
        for label, count in zip(LABELS, (40, 5, 9, 3), strict=True)
        for row in [Row("train", label, label, "en", "passage", "x")] * count
    ]
    weights = weigh(made)
    sums = [sum(w for w, row in zip(weights, made, strict=True) if row.label == label) for label in LABELS]
    assert np.allclose(sums, sums[0])
    acts = [
        Row("train", "legal", "canlaw-legal", "fr", "passage", "x"),
        Row("train", "legal", "cuad", "en", "passage", "x"),
    ]
    assert weigh([*made, *acts])[-2] < weigh([*made, *acts])[-1]


def test_rare_words_count_more() -> None:
    hashed = matrix(["the cat", "the dog", "the ibex"])
    rarity = rarities(hashed)
    the, ibex = matrix(["the"]).indices[0], matrix(["ibex"]).indices[0]
    assert rarity.shape == (BUCKETS,)
    assert rarity[the] < rarity[ibex]
    assert rarity.min() >= 1


def test_calibration_finds_the_temperature_that_the_answers_were_made_with() -> None:
    draw = np.random.default_rng(0)
    logits = draw.normal(0, 2, (20_000, 4))
    powers = np.exp(logits)
    truth = np.array([draw.choice(4, p=row) for row in powers / powers.sum(axis=1, keepdims=True)])
    assert calibrate(logits * 1.7, truth) == pytest.approx(1.7, abs=0.08)


def test_equal_width_error_of_known_answers() -> None:
    sure = np.array([[1.0, 0.0]] * 10)
    assert equal_width_error(sure, np.zeros(10, dtype=np.int64)) == 0.0
    assert equal_width_error(sure, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.5)


def test_the_threshold_is_the_least_that_is_precise_enough() -> None:
    probabilities = np.array([[0.95, 0.05, 0, 0]] * 99 + [[0.705, 0.295, 0, 0]] * 10)
    truth = np.array([0] * 99 + [1] * 10)
    assert choose_threshold(probabilities, truth) == pytest.approx(0.71)


def test_report_counts_what_is_not_named_as_missed_and_not_as_wrong() -> None:
    probabilities = np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0, 0, 0.1, 0.9], [0.9, 0, 0, 0.1]])
    figures = report("t", probabilities, np.array([0, 0, 3, 1]), 0.8)
    assert figures["t_accuracy"] == 0.75
    assert figures["t_named_precision"] == 0.5
    assert figures["t_named_recall"] == pytest.approx(1 / 3, abs=1e-4)


def test_every_own_passage_has_a_label_a_kind_and_a_language() -> None:
    lines = PASSAGES.read_text(encoding="utf-8").splitlines()
    parts = [line.split("\t") for line in lines]
    assert all(len(part) == 4 and part[0] in LABELS and part[2] in ("en", "fr", "de") for part in parts)
    assert len(set(lines)) == len(lines)
    assert {(part[0], part[2]) for part in parts} == {
        (label, code) for label in LABELS for code in ("en", "fr", "de")
    }
