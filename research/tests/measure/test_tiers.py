"""A larger model's answers take the place of those that the small one abstains from, and of no others."""

from pathlib import Path

import numpy as np
import pytest

from docassay.domains.sections import NONE
from docassay.models.catalog import TaskCard
from research.corpora import Example
from research.measure import tiers
from research.measure.tiers import Answers, judge


def card(kind: str, labels: tuple[str, ...], least: float, thresholds: tuple[float, ...] = ()) -> TaskCard:
    return TaskCard("t", "legal", kind, labels, 1.0, thresholds, least, 0.9, "", "", {})  # type: ignore[arg-type]


def single(*rows: tuple[float, ...]) -> Answers:
    sure = np.array(rows)
    return Answers("single", sure, (sure == sure.max(axis=1, keepdims=True)).astype(np.int64))


def test_only_what_is_abstained_from_is_asked_and_replaced() -> None:
    task = card("single", ("a", "b"), 0.8)
    small = single((0.9, 0.1), (0.6, 0.4), (0.3, 0.7))
    tier = single((0.2, 0.8), (0.1, 0.9), (0.2, 0.8))
    gold = np.array([[1, 0], [0, 1], [0, 1]])
    found = judge(task, small, tier, gold)
    assert (found.texts, found.asked) == (3, 2)
    assert found.calls == pytest.approx(666.7, abs=0.1)
    assert found.scores["small"]["accuracy"] == pytest.approx(2 / 3)
    assert found.scores["tier"]["accuracy"] == pytest.approx(2 / 3)
    assert found.scores["both"]["accuracy"] == 1.0, "the sure answer stayed, the wrong one was replaced"
    assert (
        found.scores["small"]["accuracy_on_asked"] == 0.5 and found.scores["tier"]["accuracy_on_asked"] == 1
    )
    assert found.gained == pytest.approx(1000 * (1 - found.scores["small"]["macro_f1"]) / 2)


def test_nobody_is_asked_about_no_label() -> None:
    """Where none reaches its threshold nobody is asked; where "none of them" is not sure, somebody is."""
    multi = card("multi", ("a", "b"), 0.8, (0.5, 0.5))
    sure = np.array([[0.4, 0.4], [0.6, 0.1], [0.9, 0.6], [0.9, 0.1]])
    asked = tiers.asked_again(multi, Answers("multi", sure, (sure >= 0.5).astype(np.int64)))
    assert asked.tolist() == [False, True, True, False]
    with_none = card("single", ("a", NONE), 0.8)
    assert tiers.asked_again(with_none, single((0.6, 0.4), (0.4, 0.6))).tolist() == [True, True]


def test_risks_are_of_the_surest_texts() -> None:
    answers = single(*((p, 1 - p) for p in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.58, 0.55)))
    gold = np.array([[1, 0]] * 8 + [[0, 1]] * 2)
    risks = answers.risks(gold)
    assert risks["50%"] == risks["80%"] == 0.0
    assert risks["90%"] == pytest.approx(1 / 9) and risks["100%"] == pytest.approx(0.2)
    assert risks["mean"] == pytest.approx((1 / 9 + 2 / 10) / 10)
    multi = Answers("multi", np.array([[0.9, 0.3], [0.1, 0.05]]), np.array([[1, 0], [0, 0]]))
    assert multi.confidence().tolist() == [0.7, 0.9]


def test_the_command_compares_two_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shipped model against itself: what it asks itself changes nothing."""
    from docassay.models.catalog import find

    texts = [f"{word} lawyer, please confirm my account at once" for word in ("Dear", "Your", "A", "Free")]
    found = [
        Example("message_fraud", text, (label,), "validation")
        for text, label in zip(texts, ("ham", "smishing", "spam", "ham"), strict=True)
    ]
    monkeypatch.setattr(tiers, "load", lambda *_: [*found, Example("message_fraud", "x", ("ham",), "test")])
    folder = str(find("minilm"))
    arguments = ["tiers", folder, folder, "--states", str(tmp_path), "--out", str(tmp_path / "out.json")]
    monkeypatch.setattr("sys.argv", [*arguments, "--tasks", "message_fraud", "--most", "3"])
    tiers.main()
    printed = capsys.readouterr().out
    assert "| message_fraud | 3 |" in printed and "+0.00 points, not enough (+1.5)" in printed
    assert '"asked"' in (tmp_path / "out.json").read_text()
    monkeypatch.setattr("sys.argv", [*arguments, "--tasks", "astrology"])
    with pytest.raises(SystemExit):
        tiers.main()
    assert "both answer clause_type" in capsys.readouterr().err
