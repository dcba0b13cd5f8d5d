"""Which answers are sure: near a threshold, and near each other, another processor may answer otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay.models.catalog import TaskCard
from docassay.models.reading import assigned_labels, is_sure, raised


def task(kind: str, margin: float, abstain_below: float = 0.0) -> TaskCard:
    thresholds = (0.5, 0.2, 0.5) if kind == "multi" else ()
    labels = ("a", "b", "c")
    return TaskCard("t", "any", kind, labels, 1.0, thresholds, abstain_below, 0.9, "", "", {}, margin=margin)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "probabilities", "expected", "why"),
    [
        (task("single", 0.0), (0.51, 0.49, 0.0), {"a": True}, "without a margin the best one is sure"),
        (task("single", 0.1), (0.51, 0.49, 0.0), {"a": False}, "the next label is too near"),
        (task("single", 0.1), (0.49, 0.3, 0.21), {"a": False}, "all others together are more probable"),
        (task("single", 0.1), (0.5, 0.3, 0.2), {"a": True}, "it leads by log(5/3) = .51"),
        (task("single", 0.1, 0.6), (0.5, 0.3, 0.2), {"a": False}, "it leads, but is too improbable"),
        (task("single", 0.1), (1.0, 0.0, 0.0), {"a": True}, "rounded probabilities have no log-odds"),
        (task("multi", 0.0), (0.5, 0.2, 0.0), {"a": True, "b": True}, "on the threshold it is given"),
        (task("multi", 0.4), (0.59, 0.3, 0.0), {"a": False, "b": True}, "each threshold has its own band"),
        (task("multi", 0.4, 0.4), (0.61, 0.3, 0.0), {"a": True, "b": False}, "the band is below the rest"),
        (task("multi", 0.4), (1.0, 0.1, 0.0), {"a": True}, "below its threshold it is not given at all"),
    ],
)
def test_sure_labels(
    asked: TaskCard, probabilities: tuple[float, ...], expected: dict[str, bool], why: str
) -> None:
    found = {
        label: is_sure(asked, probabilities, label) for label, _ in assigned_labels(asked, probabilities)
    }
    assert found == expected, why


def test_a_label_may_need_more_than_the_rest() -> None:
    asked = replace(task("multi", 0.0, 0.6), abstain_labels_below={"a": 0.9, "b": 0.3})
    assert [asked.least(label) for label in asked.labels] == [0.9, 0.6, 0.6], "never less than the rest"
    assert not is_sure(asked, (0.89, 0.0, 0.0), "a")
    assert is_sure(asked, (0.9, 0.0, 0.0), "a")
    assert is_sure(asked, (0.0, 0.0, 0.7), "c"), "what one label needs is not asked of another"


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 1.0])
def test_raising_keeps_probabilities(probability: float) -> None:
    assert probability <= raised(probability, 0.7) <= 1.0
    assert raised(probability, 0.0) == probability
