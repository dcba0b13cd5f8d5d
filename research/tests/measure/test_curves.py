"""Corrections of a head's probabilities: fitted on some texts, measured on the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from research.corpora import Example
from research.measure import curves


def sharp(texts: int = 2_000) -> tuple[np.ndarray, np.ndarray]:
    """Make logits that are right in their order, and three times too sure above zero."""
    chance = np.random.default_rng(1)
    true = chance.normal(0, 1.5, (texts, 3))
    gold = (chance.random(true.shape) < 1 / (1 + np.exp(-true))).astype(np.int64)
    return np.where(true > 0, 3 * true, true), gold


def test_a_curve_mends_what_no_scale_mends() -> None:
    found = dict(curves.errors(*sharp()))
    assert found["as shipped"] > 0.08
    assert found["an isotonic curve"] < 0.03 < found["one temperature"]


def test_each_text_is_corrected_by_the_others() -> None:
    """A curve through its own text would know the truth of it."""
    logits = np.random.default_rng(2).normal(size=(300, 2))
    gold = np.random.default_rng(3).integers(0, 2, (300, 2))

    def knowing(some: np.ndarray, truth: np.ndarray) -> curves.Fitted:
        known = {tuple(row): answers for row, answers in zip(some, truth, strict=True)}
        return lambda asked: np.array([known.get(tuple(row), (0.5, 0.5)) for row in asked], np.float64)

    assert curves.folded(logits, gold, knowing) == pytest.approx(abs(0.5 - gold.mean()), abs=0.05)


def test_the_command_prints_each_correction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"The drug caused a rash in {n} patients." for n in range(20)]
    found = [
        Example("adverse_reaction", text, ("adverse_reaction",) * (n % 2), "validation")
        for n, text in enumerate(texts)
    ]
    monkeypatch.setattr(curves, "load", lambda *_: [*found, Example("adverse_reaction", "x", (), "test")])
    arguments = ["curves", "--states", str(tmp_path), "--tasks"]
    monkeypatch.setattr("sys.argv", [*arguments, "adverse_reaction"])
    curves.main()
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 5 and printed[0].startswith("adverse_reaction, 20 texts, as shipped: ")
    monkeypatch.setattr("sys.argv", [*arguments, "sentiment"])
    with pytest.raises(SystemExit):
        curves.main()
    assert "there are clause_type" in capsys.readouterr().err
