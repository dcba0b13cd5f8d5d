"""Personal data: exact offsets, the same alone and in a batch, and only on the encoder it was trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from docassay.models.catalog import find, read
from docassay.models.encoder import Encoder
from docassay.models.encoder_group import card_of, check, open_reader
from docassay.models.reading import Reader
from docassay.models.tagger import TASK, load, pieces, viterbi
from docassay.models.word_features import word_spans
from docassay.schemas.errors import ModelError


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader("minilm")


def labelled(reader: Reader, text: str) -> dict[str, str]:
    (reading,) = reader.read([text], [[TASK]])
    return {text[found.start : found.end]: found.label for found in reading.personal}


def test_card_says_that_it_is_answered_and_by_what(reader: Reader) -> None:
    assert reader.card.spans == {TASK: "personal@4"}


def test_what_is_asked_and_what_is_checked_name_it_before_a_reader_is_open(reader: Reader) -> None:
    assert card_of("minilm").spans == reader.card.spans
    assert card_of("minilm").tasks == reader.card.tasks
    assert [card.id for card in check("minilm")] == ["minilm@6", "personal@4"]


def test_note_gives_name_age_and_number_to_the_character(reader: Reader) -> None:
    text = "Mrs. Elena Hartmann is a 58-year-old woman. Reach her at elena.hartmann@example.org."
    found = labelled(reader, text)
    assert found["Elena Hartmann"] == "person"
    assert found["58"] == "age"
    assert found["elena.hartmann@example.org"] == "email_address"


def test_card_number_needs_its_check_digit(reader: Reader) -> None:
    assert labelled(reader, "My card 4111 1111 1111 1111 is lost.")["4111 1111 1111 1111"] == "credit_card"
    assert "credit_card" not in labelled(reader, "GB82 WEST 1234 5698 7654 33").values()


def test_text_without_personal_data_has_none(reader: Reader) -> None:
    assert labelled(reader, "Take one tablet twice a day with food.") == {}


def test_nothing_is_found_unasked(reader: Reader) -> None:
    (reading,) = reader.read(["Elena Hartmann is 58 years old."], [["note_section"]])
    assert reading.personal == ()
    assert list(reading.probabilities) == ["note_section"]


def test_texts_equal_but_for_capitals_are_not_confused(reader: Reader) -> None:
    texts = ["I met Elena Hartmann in June.", "i met elena hartmann in june."]
    together = reader.read(texts, [[TASK]] * 2)
    alone = [reader.read([text], [[TASK]])[0] for text in texts]
    assert [reading.personal for reading in together] == [reading.personal for reading in alone]


def test_long_text_has_the_spans_of_its_parts_at_their_places(reader: Reader) -> None:
    text = "The invoice was paid in full and no balance remains. " * 60 + "Write to jo@example.org."
    (reading,) = reader.read([text], [[TASK]])
    assert [text[f.start : f.end] for f in reading.personal if f.label == "email_address"] == [
        "jo@example.org"
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=120))
def test_any_text_gives_spans_in_order_within_it(reader: Reader, text: str) -> None:
    (reading,) = reader.read([text], [[TASK]])
    ends = [0]
    for found in reading.personal:
        assert ends[-1] <= found.start < found.end <= len(text)
        assert found.probability is None or 0 <= found.probability <= 1
        ends.append(found.end)


def test_finder_of_another_encoder_is_refused() -> None:
    with pytest.raises(ModelError, match="another encoder"):
        load(find("personal"), "0" * 64)


def test_encoder_without_finder_refuses_the_task() -> None:
    with pytest.raises(ModelError, match=TASK):
        Encoder(find("minilm")).read(["x"], [[TASK]])


def test_rest_of_a_span_follows_its_beginning() -> None:
    scores = np.log(np.array([[0.1, 0.2, 0.7], [0.3, 0.1, 0.6]]))
    assert viterbi(scores, ("o", "b-x", "i-x")) == [1, 2]


def test_lines_end_a_name_but_not_an_address() -> None:
    text = "Jo Lee\nAnn Ek\n\nBo"
    spans = word_spans(text)
    name = pieces(text, spans, ["b-person", "i-person", "i-person", "i-person", "i-person"])
    assert [text[spans[a][0] : spans[b - 1][1]] for a, b, _ in name] == ["Jo Lee", "Ann Ek", "Bo"]
    address = pieces(text, spans, ["b-street_address"] + ["i-street_address"] * 4)
    assert [text[spans[a][0] : spans[b - 1][1]] for a, b, _ in address] == ["Jo Lee\nAnn Ek", "Bo"]


def test_weights_are_small(tmp_path: Path) -> None:
    assert (find("personal") / "weights.npz").stat().st_size < 300_000


SCORES = np.log(
    np.array(
        [[0.98, 0.01, 0.01], [0.05, 0.90, 0.05], [0.02, 0.03, 0.95], [0.60, 0.01, 0.39], [0.98, 0.01, 0.01]]
    )
)


@pytest.mark.parametrize(
    ("margin", "scores", "sure", "why"),
    [
        (0.0, SCORES, True, "without a margin the probability decides"),
        (0.4, SCORES, True, "the next word is no part of it by log(.6/.39) = .43"),
        (0.5, SCORES, False, "elsewhere the next word may be a part of it"),
        (0.5, SCORES[:3], True, "there is no next word"),
        (3.0, SCORES[:3], False, "elsewhere its first word may not begin it"),
    ],
)
def test_span_is_sure_where_its_words_and_its_end_are(
    margin: float, scores: NDArray[np.float64], sure: bool, why: str
) -> None:
    text = "the Jane Doe also went"
    shipped = load(find("personal"), read(find("minilm")).weights)
    tagger = replace(shipped, tags=("o", "b-person", "i-person"), margin=margin)
    (found,) = tagger._predict(text, word_spans(text)[: len(scores)], scores)
    assert text[found.start : found.end] == "Jane Doe"
    assert found.sure is sure, why
