"""Tiers that are measured: how they are named, when one is recommended, and what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from docassay.models.catalog import find
from docassay.schemas.errors import UsageError
from research import pages
from research.benchmarks import report, tiers
from research.corpora import Example
from research.measure import tiers as measured


@pytest.mark.parametrize(
    ("tier", "found"),
    [
        ("bge=a/b", ("bge", Path("a/b"), 0, ())),
        ("q=a:60", ("q", Path("a"), 60, ())),
        ("q=a:60:x,y", ("q", Path("a"), 60, ("x", "y"))),
        ("q=a::x", ("q", Path("a"), 0, ("x",))),
    ],
)
def test_a_tier_is_named_with_its_texts_and_tasks(tier: str, found: tuple[object, ...]) -> None:
    assert tiers.named(tier) == found


@pytest.mark.parametrize("tier", ["", "q", "=a", "q=", "q=a:few", "q=a:1:x:y"])
def test_a_tier_that_is_named_otherwise_is_refused(tier: str) -> None:
    with pytest.raises(UsageError, match="NAME=FOLDER"):
        tiers.named(tier)


@pytest.mark.parametrize(
    ("macro_f1", "accuracy", "gains"),
    [(0.6, 0.5, True), (0.5, 0.6, False), (0.504, 0.6, False), (0.6, 0.4, False)],
)
def test_only_a_tier_that_gains_is_recommended(macro_f1: float, accuracy: float, gains: bool) -> None:
    both = {"macro_f1": macro_f1, "accuracy": accuracy}
    assert pages.gains({"small": {"macro_f1": 0.5, "accuracy": 0.5}, "both": both}) is gains


def test_what_is_measured_fills_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped model as its own tier gains nothing, and the table does not recommend it."""
    texts = [f"{word} lawyer, please confirm my account at once" for word in ("Dear", "Your", "A", "Free")]
    found = [
        Example("message_fraud", text, (label,), "validation")
        for text, label in zip(texts, ("ham", "smishing", "spam", "ham"), strict=True)
    ]
    for module in (tiers, measured):
        monkeypatch.setattr(module, "load", lambda *_: found)
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(pages, "RESULTS", tmp_path)
    states = ["--states", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["tiers", f"same={find('minilm')}::message_fraud", *states, "--save"])
    tiers.main()
    (row,) = pages.tiers_table().splitlines()[2:]
    assert row.startswith("| same | `message_fraud` | 4 |") and row.endswith("| no |")
    assert [line.split("|")[1].strip() for line in pages.tier_risks_table().splitlines()[2:]] == [
        "shipped model",
        "same",
        "shipped model, then same",
    ]
