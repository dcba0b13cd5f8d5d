"""What stands around a text says what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from docassay.models.label_chain import LabelChain, from_card
from docassay.models.reading import Reading, smooth_readings
from tests.fakes import card

STICKY = LabelChain(
    initial=np.array([0.8, 0.2]),
    transition=np.array([[0.9, 0.1], [0.05, 0.95]]),
    prior=np.array([0.5, 0.5]),
    evidence_weight=1.0,
)


def test_neighbours_outvote_a_doubtful_text() -> None:
    alone = np.array([[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]])
    found = STICKY.smooth(alone)
    assert found[1, 0] > 0.9
    assert found.sum(axis=1) == pytest.approx(np.ones(3))


@pytest.mark.parametrize("evidence_weight", [1.0, 0.6])
def test_it_is_the_probability_given_the_whole_document(evidence_weight: float) -> None:
    """What a text says for itself is its probability by how often the label is, to the power of trust."""
    order = replace(STICKY, prior=np.array([0.7, 0.3]), evidence_weight=evidence_weight)
    alone = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4]])
    said, initial, transition = (alone / order.prior) ** evidence_weight, order.initial, order.transition
    weight = {
        (a, b, c): initial[a] * said[0, a] * transition[a, b] * said[1, b] * transition[b, c] * said[2, c]
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
    }
    found = order.smooth(alone)
    for place in range(3):
        expected = sum(value for path, value in weight.items() if path[place] == 0) / sum(weight.values())
        assert found[place, 0] == pytest.approx(expected)


def test_a_change_that_the_texts_insist_on_is_seen() -> None:
    found = STICKY.smooth(np.array([[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4))
    assert found.argmax(axis=1).tolist() == [0] * 4 + [1] * 4


def test_less_trust_leans_more_on_the_neighbours() -> None:
    alone = np.array([[0.9, 0.1]] * 4 + [[0.002, 0.998]] + [[0.9, 0.1]] * 4)
    trusting, wary = (
        replace(STICKY, evidence_weight=evidence_weight).smooth(alone)[4, 1] for evidence_weight in (1.0, 0.3)
    )
    assert trusting > 0.5 > wary


def test_a_long_document_of_sure_texts_stays_finite() -> None:
    alone = np.tile([[1.0, 0.0], [0.0, 1.0]], (5000, 1))
    found = STICKY.smooth(alone)
    assert np.isfinite(found).all()
    assert STICKY.smooth(np.zeros((0, 2))).shape == (0, 2)


def test_texts_that_were_not_asked_are_passed_over() -> None:
    known = card({"item": ["risks", "business"], "tone": ["good", "bad"]})
    known = replace(known, tasks={**known.tasks, "item": replace(known.tasks["item"], label_chain=STICKY)})
    sure, doubtful = {"item": (0.9, 0.1), "tone": (0.2, 0.8)}, {"item": (0.4, 0.6), "tone": (0.4, 0.6)}
    readings = [Reading(sure, 5), Reading({}, 3), Reading(doubtful, 5), Reading(sure, 5)]
    found = smooth_readings(readings, known, 6)
    assert found[1] == readings[1]
    assert found[2].probabilities["item"][0] > 0.9
    assert found[2].probabilities["tone"] == (0.4, 0.6)
    assert [reading.tokens for reading in found] == [5, 3, 5, 5]


def test_a_card_says_it_and_is_read_again() -> None:
    rare = replace(STICKY, transition=np.array([[1 - 2e-7, 2e-7], [0.05, 0.95]]))
    again = from_card(rare.to_card(), 2)
    assert np.allclose(again.transition, rare.transition, rtol=1e-3, atol=0)
    assert again.evidence_weight == rare.evidence_weight


@pytest.mark.parametrize(
    ("change", "labels", "message"),
    [
        ({}, 3, "not of 3 labels"),
        ({"transition": [[0.5, 0.5]]}, 2, "not of 2 labels"),
        ({"initial": [1.0, 0.0]}, 2, "no probabilities above 0"),
        ({"evidence_weight": 0.0}, 2, "no probabilities above 0"),
        ({"initial": [0.5, float("nan")]}, 2, "no probabilities above 0"),
        ({"prior": [0.5, float("inf")]}, 2, "no probabilities above 0"),
    ],
)
def test_an_order_that_does_not_fit_is_refused(change: dict[str, object], labels: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_card({**STICKY.to_card(), **change}, labels)
