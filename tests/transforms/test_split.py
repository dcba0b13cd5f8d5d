"""Segments are slices of the text, whatever the text."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay.schemas.rows import UNKNOWN
from docassay.transforms.document import Document
from docassay.transforms.split import (
    MAX_CHARS,
    OVERLAP_CHARS,
    _sentence_ends,
    cut_segments,
    paragraphs,
    windows,
)
from tests.families import quick_first

# Any Unicode that a parser lets through: no surrogates, no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4_000)
long_texts = st.builds(
    lambda words, times: (" ".join(words) + ". ") * times,
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"]), min_size=1, max_size=30), min_size=1
    ),
    st.integers(1, 60),
)


def parsed(text: str, domain: str = UNKNOWN) -> Document:
    return Document("0" * 64, "x.txt", text, "text/plain", language="en", domain=domain)


@settings(max_examples=60, deadline=None)
@given(st.one_of(texts, long_texts), st.sampled_from([UNKNOWN, "legal", "financial", "medical"]))
def test_every_segment_is_the_slice_it_says(text: str, domain: str) -> None:
    segments = cut_segments(parsed(text, domain))
    assert [segment.segment for segment in segments] == list(range(len(segments)))
    for segment in segments:
        assert text[segment.start_char : segment.end_char] == segment.text
        assert segment.text == segment.text.strip() != ""
        assert len(segment.text) <= MAX_CHARS
    covered = {n for segment in segments for n in range(segment.start_char, segment.end_char)}
    assert all(n in covered for n, character in enumerate(text) if not character.isspace())


@settings(max_examples=60, deadline=None)
@given(long_texts)
def test_windows_advance_overlap_little_and_cut_no_word(text: str) -> None:
    found = list(windows(text, 0, len(text)))
    for (start, end), (following, _) in itertools.pairwise(found):
        assert start < following
        assert end - following <= OVERLAP_CHARS
    for start, end in found:
        assert (
            start == 0 or text[start - 1].isspace() or text[start].isspace() or not text[start - 1].isalnum()
        )
        assert end == len(text) or not (text[end - 1].isalnum() and text[end].isalnum())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x" * 1_000_000, "one word of a million characters"),
        ("word " * 100_000, "no sentence end"),
        ("A. " * 100_000, "nothing but sentence ends"),
        ("\u202eright to left\u202c \u200bzero\u200bwidth " * 1_000, "marks that have no width"),
    ],
)
def test_long_input_is_cut_in_bounded_pieces(text: str, why: str) -> None:
    found = list(windows(text, 0, len(text)))
    assert all(0 < end - start <= MAX_CHARS for start, end in found), why
    assert sum(end - start for start, end in found) < 1.5 * len(text), why


def test_window_prefers_a_sentence_end() -> None:
    text = "Alpha beta gamma delta. " * 60
    assert all(text[:end].endswith(".") for _, end in windows(text, 0, len(text)))


def test_paragraphs_stand_between_empty_lines() -> None:
    text = "One\ntwo\n\n  \nthree\n"
    assert [text[part.start : part.end] for part in paragraphs(text)] == ["One\ntwo", "three"]


def test_segment_language_is_told_apart_where_it_can_be() -> None:
    text = "Der Vertrag endet.\n\nThis annex is in English."

    def tell(piece: str) -> tuple[str, float]:
        return ("en", 0.9) if "English" in piece else ("und", 0.0)

    document = Document("0" * 64, "x.txt", text, "text/plain", language="de")
    assert [segment.language for segment in cut_segments(document, tell)] == ["de", "en"]


@pytest.mark.parametrize("sign", quick_first(2, ["=", "_", "(", "[]", "-."]))
def test_a_long_run_of_signs_takes_linear_time(sign: str) -> None:
    text = f"The rent is due. {sign * 60_000} The end. "
    before = time.process_time()
    found = list(windows(text, 0, len(text)))
    assert all(end - start <= MAX_CHARS for start, end in found)
    assert time.process_time() - before < 20, "quadratic, it took minutes"


@pytest.mark.slow
def test_french_sentences_end_where_spacy_ends_them() -> None:
    import spacy

    text = (
        "Selon l'art. 5, M. Dupont (cf. p. 3) paie le 3 janv. 2024. Qu'est-ce que c'est ? Peut-être."
        " Rendez-vous. Le prix : 1.200,50 €. Après-midi, etc. **Fin.** Le reste [bis]. 25 °C. Il part..."
        " Mme. Durand, née en 44 av. J.-C. ! SARL. Texte “cité.” Suite (voir infra). http://exemple.fr. Fin"
    )
    library = spacy.blank("fr")
    library.add_pipe("sentencizer")
    ends = [sentence.end_char for sentence in library(text).sents]
    assert len(ends) > 8
    assert _sentence_ends(text, 0, "fr") == ends
