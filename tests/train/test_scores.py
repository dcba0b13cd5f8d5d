"""Metrics, calibration, heads and the card, on small arrays."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from docassay.models import modelfile
from docassay.train import calibrate, heads, score
from docassay.train.encode import Encoded


def test_metrics_of_a_single_head() -> None:
    gold, predicted = np.eye(3, dtype=np.int64)[[0, 0, 1, 1]], np.eye(3, dtype=np.int64)[[0, 1, 1, 1]]
    found = score.metrics("single", ("a", "b", "c"), gold, predicted)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)  # "c" does not occur


def test_metrics_of_a_multi_head() -> None:
    gold = np.array([[1, 0], [1, 1], [0, 0]])
    predicted = np.array([[1, 0], [0, 1], [0, 1]])
    found = score.metrics("multi", ("a", "b"), gold, predicted)
    assert found["micro_f1"] == pytest.approx(4 / 6)
    assert found["any_f1"] == pytest.approx(4 / 5)


def test_calibration_error_is_the_gap_between_sureness_and_rightness() -> None:
    sure = np.array([[0.8, 0.2]] * 10)
    gold = np.array([[1, 0]] * 6 + [[0, 1]] * 4)
    assert score.calibration_error("single", sure, gold, bins=1) == pytest.approx(0.2)


def test_temperature_cools_an_overconfident_head() -> None:
    chance = np.random.default_rng(0)
    truth = chance.normal(size=(2000, 4))
    gold = np.eye(4, dtype=np.int64)[
        [chance.choice(4, p=heads.probabilities("single", row[None])[0]) for row in truth]
    ]
    assert calibrate.fit_temperature("single", truth * 3, gold) == pytest.approx(3, rel=0.2)


def test_what_no_temperature_can_mend_is_corrected_by_label() -> None:
    chance = np.random.default_rng(0)
    truth = chance.normal(size=(1500, 3)) * 2
    gold = (chance.random(truth.shape) < heads.probabilities("multi", truth)).astype(np.int64)
    head = heads.Head("multi", ("a", "b", "c"), np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    logits = truth * [1.0, 3.0, 1.0] + [0.0, 0.0, 2.0]
    mended, chosen = calibrate.correct(head, logits, gold)
    assert chosen == "scales and offsets by label"
    after = mended.logits(Encoded(logits.astype(np.float32)))
    temperature = calibrate.fit_temperature("multi", after, gold)
    assert np.abs(after / temperature - truth).mean() < 0.3


def test_a_head_that_is_right_is_left_alone() -> None:
    chance = np.random.default_rng(1)
    truth = chance.normal(size=(400, 3)) * 2
    gold = np.eye(3, dtype=np.int64)[
        [chance.choice(3, p=heads.probabilities("single", row[None])[0]) for row in truth]
    ]
    head = heads.Head("single", ("a", "b", "c"), np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    mended, chosen = calibrate.correct(head, truth, gold)
    assert chosen == "one temperature"
    assert np.allclose(mended.weight, head.weight) and np.allclose(mended.bias, head.bias)


def test_a_label_has_its_precision_recall_f1_and_support() -> None:
    gold, predicted = np.array([[1, 0], [1, 0], [0, 1]]), np.array([[1, 1], [0, 0], [0, 0]])
    assert score.label_table(("a", "b"), gold, predicted) == {
        "a": (1.0, 0.5, pytest.approx(2 / 3), 2.0),
        "b": (0.0, 0.0, 0.0, 1.0),
    }


def test_a_rare_label_gets_the_common_threshold() -> None:
    gold = np.zeros((100, 3), np.int64)
    gold[:40, 0] = gold[40:80, 1] = gold[0, 2] = 1
    sure = np.where(gold == 1, 0.45, 0.2)
    sure[0, 2] = 0.9
    first, second, third = calibrate.choose_thresholds(sure, gold)
    assert 0.2 < first == second <= 0.45
    assert third <= 0.45


@pytest.mark.parametrize(
    ("precision", "expected", "why"),
    [
        (0.5, (0.0, 0.75, 1.0), "all answers together are precise enough"),
        (0.9, (0.7, 1.0, 0.5), "only the two surest are"),
    ],
)
def test_abstention(precision: float, expected: tuple[float, float, float], why: str) -> None:
    sure, right = np.array([0.9, 0.7, 0.6, 0.5]), np.array([1, 1, 0, 1])
    assert calibrate.abstention(sure, right, precision) == expected, why


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_a_fitted_head_separates_and_survives_the_disk(kind: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    gold = np.eye(3, dtype=np.int64)[chance.integers(0, 3, 300)]
    vectors = (gold @ chance.normal(size=(3, 8)) * 3 + chance.normal(size=(300, 8))).astype(np.float32)
    head = heads.fit(kind, ("a", "b", "c"), vectors, gold, 100.0)  # type: ignore[arg-type]
    heads.save({"t": head}, tmp_path / "heads.npz")
    again = heads.read(tmp_path / "heads.npz", {"t": {"kind": kind, "labels": ["a", "b", "c"]}})["t"]
    assert np.array_equal(again.weight, head.weight)
    assert (again.logits(Encoded(vectors)).argmax(1) == gold.argmax(1)).mean() > 0.9


def test_a_label_without_train_texts_is_never_given() -> None:
    gold = np.eye(3, dtype=np.int64)[[0, 1] * 20]
    vectors = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    for kind in ("single", "multi"):
        head = heads.fit(kind, ("a", "b", "c"), vectors, gold)
        assert heads.probabilities(head.kind, head.logits(Encoded(vectors)))[:, 2].max() < 0.01


def test_the_card_is_valid_toml_with_current_digests(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    about = {
        "format": 1,
        "known_failures": ['Says "yes" too often.'],
        "files": {"model.bin": "old"},
        "tasks": {"t": {"labels": ["a"], "thresholds": [0.5], "quality": {"test": "x", "f1": 0.5}}},
    }
    modelfile.write(tmp_path, about)
    read = tomllib.loads((tmp_path / "model.toml").read_text())
    assert read["files"] == {"model.bin": hashlib.sha256(b"weights").hexdigest()}
    assert {key: value for key, value in read.items() if key != "files"} == {
        key: value for key, value in about.items() if key != "files"
    }
