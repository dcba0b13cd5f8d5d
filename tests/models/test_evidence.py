"""Evidence is where a label's logit comes from, narrower than its text, and quick."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay.models.evidence import Span, strongest


def words(text: str, gains: dict[str, float]) -> tuple[list[Span], np.ndarray]:  # type: ignore[type-arg]
    """Make every word a token of one state, its gain; both marks at the ends gain much."""
    offsets, states, at = [(0, 0)], [9.0], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        offsets.append((start, at))
        states.append(gains.get(word, 0.0))
    return [*offsets, (0, 0)], np.array([*states, 9.0])


def found(text: str, gains: dict[str, float], marks: bool = True) -> str:
    offsets, states = words(text, gains)
    start, end = strongest(text, offsets, states if marks else states[1:-1])
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "gains", "expected", "why"),
    [
        ("We met. Pay me now. Bye.", {"Pay": 3, "now.": 1}, "Pay me now.", "the sentence of the most"),
        ("We met.\n Pay me\nBye now", {"Pay": 3}, "Pay me", "a line is a sentence"),
        (
            "Please send the gift cards to me today",
            {"gift": 4, "cards": 5, "today": 0.5},
            "gift cards",
            "in one sentence, the words",
        ),
        (
            "please send 500 by wire to this account now ok",
            {"send": 3, "500": 2, "wire": 3, "account": 4},
            "send 500 by wire to this account",
            "a weak word between strong ones stays",
        ),
        ("Congratulations!", {"Congratulations!": 2}, "Congratulations!", "one word is all there is"),
        (
            "a b c",
            {"a": -5, "b": -1, "c": -5},
            "b",
            "what speaks least against it, where nothing speaks for it",
        ),
    ],
)
def test_the_words_that_carry_a_label(text: str, gains: dict[str, float], expected: str, why: str) -> None:
    assert found(text, gains) == expected, why
    assert found(text, gains, marks=False) == expected, "a windowed text has no marks"


@given(
    st.lists(st.tuples(st.sampled_from(["aa", "b.", "c\n", "dd"]), st.floats(-5, 5)), min_size=2, max_size=30)
)
@settings(max_examples=100, deadline=None)
def test_evidence_is_narrower_than_its_text(pairs: list[tuple[str, float]]) -> None:
    text = " ".join(word for word, _ in pairs).strip()
    offsets, states = words(text, {})
    states = np.array([0.0, *[gain for _, gain in pairs], 0.0])
    start, end = strongest(text, offsets, states)
    assert text[start:end].strip() == text[start:end] != ""
    gains = {round(gain, 3) for _, gain in pairs}
    assert end - start < len(text) or len(gains) == 1


def test_a_text_of_white_space_is_its_own_evidence() -> None:
    assert strongest("  ", [(0, 0), (0, 0)], np.zeros(2)) == (0, 2)


def test_a_long_text_of_many_sentences_takes_under_50_ms() -> None:
    text = "We pay on time. " * 2_000
    offsets, _ = words(text, {})
    gains = np.ones(len(offsets))
    spent = []
    for _ in range(3):
        began = time.process_time()
        strongest(text, offsets, gains)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.05
