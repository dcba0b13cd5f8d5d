"""Tags in sequence: no rest without its beginning, and spans that end where lines end them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.models.tag_sequence import best_tags, pieces, viterbi
from docassay.models.word_features import word_spans

TAGS = ("o", "b-x", "i-x", "b-y", "i-y")


def test_rest_of_a_span_follows_its_beginning() -> None:
    scores = np.log(np.array([[0.1, 0.2, 0.7], [0.3, 0.1, 0.6]]))
    assert viterbi(scores, ("o", "b-x", "i-x")) == [1, 2]
    apart = np.log(np.array([[0.1, 0.2, 0.7], [0.998, 0.001, 0.001], [0.2, 0.3, 0.5]]))
    assert best_tags(apart, ("o", "b-x", "i-x")) == [1, 0, 1]


def test_lines_end_a_name_but_not_an_address() -> None:
    text = "Jo Lee\nAnn Ek\n\nBo"
    spans = word_spans(text)
    name = pieces(text, spans, ["b-person", "i-person", "i-person", "i-person", "i-person"])
    assert [text[spans[a][0] : spans[b - 1][1]] for a, b, _ in name] == ["Jo Lee", "Ann Ek", "Bo"]
    address = pieces(text, spans, ["b-street_address"] + ["i-street_address"] * 4)
    assert [text[spans[a][0] : spans[b - 1][1]] for a, b, _ in address] == ["Jo Lee\nAnn Ek", "Bo"]


def test_name_goes_on_in_the_next_line_where_the_first_is_full() -> None:
    text = "The letter of last week was written to Mr. Jonathan\nQuimby by us."
    spans = word_spans(text)
    tags = [
        "b-person" if text[a:b] == "Jonathan" else "i-person" if text[a:b] == "Quimby" else "o"
        for a, b in spans
    ]
    assert [text[spans[a][0] : spans[b - 1][1]] for a, b, _ in pieces(text, spans, tags)] == [
        "Jonathan\nQuimby"
    ]


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_any_scores_give_an_allowed_sequence_that_none_beats(size: int, seed: int) -> None:
    scores = np.log(np.random.default_rng(seed).dirichlet(np.full(len(TAGS), 0.4), size))
    path = viterbi(scores, TAGS)
    for before, tag in zip(["o", *(TAGS[n] for n in path)], (TAGS[n] for n in path), strict=False):
        assert tag[0] != "i" or before[2:] == tag[2:]
    stretches = best_tags(scores, TAGS)
    assert len(stretches) == size
    assert scores[range(size), stretches].sum() == pytest.approx(
        scores[range(size), path].sum(), abs=0.2 * size
    )
