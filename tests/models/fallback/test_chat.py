"""The answers of a chat: log-probabilities that do not fit an answer make nobody sure."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from docassay.models.fallback.chat import Malformed, read_answer
from docassay.models.fallback.model import Answer, Question

SINGLE = Question("tone", "single", ("good", "bad", "gemütlich"))
MULTI = Question("clause", "multi", ("rent", "cap"))
LOW, END = math.log(0.6), {"token": "<|im_end|>", "logprob": -3.0}


def read(
    said: str, tokens: list[dict[str, Any]] | None, question: Question = SINGLE, least: float = 0.9
) -> Answer:
    choice = {"message": {"content": said}, "logprobs": {"content": tokens}}
    content = json.dumps({"choices": [choice]}).encode()
    return read_answer(content, question, question.labels, least)[0]


def tokens(*pieces: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"token": piece, "logprob": logprob} for piece, logprob in pieces]


GOOD = tokens(('{"label": "', 0.0), ("good", LOW), ('"}', 0.0))


def test_what_ends_an_answer_is_no_part_of_it() -> None:
    assert read('{"label": "good"}', [*GOOD, END]).probabilities["good"] == 0.6


def test_a_certain_token_may_be_rounded_to_more_than_certain() -> None:
    rounded = tokens(('{"label": "', 1e-7), ("good", LOW), ('"}', 1e-7))
    assert read('{"label": "good"}', rounded).probabilities["good"] == 0.6


def test_a_character_of_two_tokens_is_told_by_its_bytes() -> None:
    said = '{"label": "gemütlich"}'
    at = said.encode().index("ü".encode())
    halves = [said.encode()[:at], said.encode()[at : at + 1], said.encode()[at + 1 :]]
    listed = [
        {"token": repr(half), "bytes": [*half], "logprob": logprob}
        for half, logprob in zip(halves, (0.0, LOW, 0.0), strict=True)
    ]
    assert read(said, listed).probabilities["gemütlich"] == 0.6


@pytest.mark.parametrize(
    "listed",
    [
        tokens(("Well: ", 0.0), ('{"label": "good"}', 0.0)),
        tokens(('{"label": "', 0.0), ("good", -math.inf), ('"}', 0.0)),
        tokens(('{"label": "', 0.0), ("good", math.nan), ('"}', 0.0)),
        tokens(('{"label": "', 0.0), ("good", 0.5), ('"}', 0.0)),
        GOOD[:2],
    ],
    ids=["another beginning", "impossible", "no number", "too certain", "no end"],
)
def test_log_probabilities_that_do_not_fit_make_nobody_sure(listed: list[dict[str, Any]]) -> None:
    answer = read('{"label": "good"}', listed)
    assert answer.given == frozenset() and answer.reason is None
    assert answer.probabilities["good"] == pytest.approx(1 / 3, abs=1e-6)


def test_a_label_that_is_written_by_escapes_makes_nobody_sure() -> None:
    said = json.dumps({"label": "gemütlich"})
    assert read(said, tokens((said, 0.0))).given == frozenset()


def test_of_several_labels_too() -> None:
    said = json.dumps({"rent": "yes", "cap": "no"})
    answer = read(said, tokens(("strange", 0.0)), MULTI)
    assert answer == Answer({"rent": 0.5, "cap": 0.5})


def test_a_number_beyond_any_is_malformed() -> None:
    with pytest.raises(Malformed):
        read('{"label": "good"}', [{"token": "x", "logprob": 10**400}])


@pytest.mark.parametrize("none", [None, []])
def test_without_any_the_operator_vouches(none: list[dict[str, Any]] | None) -> None:
    assert read('{"label": "good"}', none).probabilities["good"] == 0.9


def test_at_even_odds_what_was_answered_counts_and_never_its_opposite() -> None:
    answer = read(json.dumps({"rent": "no", "cap": "yes"}), None, MULTI, least=0.5)
    assert (answer.given, answer.denied) == ({"cap"}, {"rent"})
    assert answer.probabilities["rent"] < 0.5 < answer.probabilities["cap"]
    two = Question("tone", "single", ("good", "bad"))
    answer = read('{"label": "bad"}', None, two, least=0.5)
    assert answer.given == {"bad"}
    assert answer.probabilities["bad"] > answer.probabilities["good"]


@pytest.mark.parametrize("question", [Question("tone", "single", ("good", "bad")), MULTI])
def test_at_even_odds_log_probabilities_that_do_not_fit_make_nobody_sure(question: Question) -> None:
    said = json.dumps({"label": "bad"} if question.kind == "single" else {"rent": "no", "cap": "yes"})
    answer = read(said, tokens(("strange", 0.0)), question, least=0.5)
    assert set(answer.probabilities.values()) == {0.5}
    assert (answer.given, answer.denied, answer.reason) == (frozenset(), frozenset(), None)
