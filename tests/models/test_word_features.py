"""Words, their shapes and places: what the tagger of personal data reads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from docassay.models.identifiers import matches
from docassay.models.word_features import FLAGS, TABLES, Flags, Ids, Lexicon, crc, describe, word_spans

LEXICON = Lexicon(
    np.sort(np.array([crc("maria"), crc("table")], np.uint32)),
    np.array([1, 32], np.uint8),
    np.array([7, 9], np.uint8),
)


def described(text: str) -> tuple[Ids, Flags]:
    return describe(text, word_spans(text), matches(text), LEXICON)


@given(st.text(max_size=80))
def test_words_are_in_order_and_hold_every_mark(text: str) -> None:
    spans = word_spans(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans) == "".join(text.split())


@given(st.text(min_size=1, max_size=80).filter(lambda text: bool(text.strip())))
def test_any_text_has_rows_within_the_tables(text: str) -> None:
    ids, flags = described(text)
    assert ids.shape == (len(word_spans(text)), len(TABLES))
    assert flags.shape == (len(ids), FLAGS)
    assert (ids >= 0).all()
    assert (ids.max(axis=0) < list(TABLES.values())).all()
    assert set(np.unique(flags)) <= {0, 1}


def test_lexicon_knows_words_whatever_their_capitals() -> None:
    bits, clusters = LEXICON.look_up(np.array([crc("maria"), crc("table"), crc("xyz")], np.uint32))
    assert sorted(zip(bits.tolist(), clusters.tolist(), strict=True)) == [(0, 0), (1, 7), (32, 9)]
    one, other = described("Maria")[0], described("MARIA")[0]
    cluster = list(TABLES).index("cluster")
    assert one[0, cluster] == other[0, cluster] > 0
    shape = list(TABLES).index("shape")
    assert one[0, shape] != other[0, shape]


def test_value_of_a_form_has_the_key_of_its_line() -> None:
    key = list(TABLES).index("key")
    name, patient = described("Name: Maria")[0], described("Patient: Maria")[0]
    assert name[2, key] > 0
    assert name[2, key] != patient[2, key]
    assert described("Name:\nMaria")[0][2, key] == name[2, key]
    assert described("Maria went home")[0][0, key] == 0


def test_place_in_the_line_and_the_document_is_seen() -> None:
    text = "Dear Maria,\n\nthe table is ready.\n\nMaria"
    _, flags = described(text)
    words = [text[a:b] for a, b in word_spans(text)]
    first, last = (n for n, word in enumerate(words) if word == "Maria")
    assert (flags[first] != flags[last]).any()
