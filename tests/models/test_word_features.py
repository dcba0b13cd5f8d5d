"""Words, shapes and patterns: what the tagger of personal data reads beside the encoder's states."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.models.word_features import PATTERNS, matches, shapes, word_spans


def found(text: str) -> dict[str, list[str]]:
    places = matches(text)
    return {
        name: [text[a:b] for a, b in own] for (name, *_), own in zip(PATTERNS, places, strict=True) if own
    }


@pytest.mark.parametrize(
    ("text", "label", "values"),
    [
        ("Write to ann.lee+x@mail.example.org.", "email_address", ["ann.lee+x@mail.example.org"]),
        ("See https://www.example.org/a?b=1.", "domain_name", ["https://www.example.org/a?b=1"]),
        ("IBAN GB82 WEST 1234 5698 7654 32 please", "iban_code", ["GB82 WEST 1234 5698 7654 32"]),
        ("IBAN GB83 WEST 1234 5698 7654 32 please", "iban_code", []),  # check digits are wrong
        ("card 4111 1111 1111 1111 declined", "credit_card", ["4111 1111 1111 1111"]),
        ("card 4111 1111 1111 1112 declined", "credit_card", []),  # fails Luhn
        ("order 000000000000 shipped", "credit_card", []),  # passes Luhn, but is no card
        ("from 192.168.0.12 at noon", "ip_address", ["192.168.0.12"]),
        ("version 400.1.2.3", "ip_address", []),  # no octet
        ("SSN 078-05-1120.", "us_ssn", ["078-05-1120"]),
        ("on March 3, 2021 and 2021-03-04", "date_time", ["March 3, 2021", "2021-03-04"]),
        ("call (617) 555-0134 now", "phone_number", ["(617) 555-0134"]),
        ("due 2021-03-04", "phone_number", []),  # a date is no telephone number
    ],
)
def test_pattern_finds_what_is_one_and_not_what_looks_like_one(
    text: str, label: str, values: list[str]
) -> None:
    assert found(text).get(label, []) == values


def test_a_certain_match_hides_what_overlaps_it() -> None:
    assert "phone_number" not in found("GB82 WEST 1234 5698 7654 32")
    assert "phone_number" not in found("4111 1111 1111 1111")


@given(st.text(max_size=80))
def test_words_are_in_order_and_hold_every_mark(text: str) -> None:
    spans = word_spans(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans) == "".join(text.split())


def test_shape_sees_capitals_digits_and_neighbours() -> None:
    text = "Dr Lee, 42"
    spans = word_spans(text)
    rows = shapes(text, spans, matches(text))
    assert len(rows) == len(spans)
    lower = shapes(text.lower(), spans, matches(text.lower()))
    assert (rows[1] != lower[1]).any()
    assert (rows[0] != lower[0]).any()  # the neighbour's capital is seen
    assert (rows[3] == lower[3]).sum() > len(rows[3]) - 8
