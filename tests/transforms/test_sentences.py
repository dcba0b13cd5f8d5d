"""Sentences: what breaks, what does not, and offsets that hold whatever the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.transforms.translation.sentences import sentences


def cut(text: str, language: str) -> list[str]:
    return [sentence.source for sentence in sentences(text, 0, len(text), language)]


@pytest.mark.parametrize(
    ("language", "text", "expected", "why"),
    [
        ("fr", "Selon l'art. 5 al. 2, il paie. Il part.", 2, "abbreviations of an article"),
        ("fr", "M. Dupont et Mme. Roy signent. Le Dr. Petit aussi.", 2, "titles"),
        ("fr", "Signé par J. P. Morel. Fait à Lyon.", 2, "initials"),
        ("fr", "Le prix est de 12.50 francs. Payable le 5.", 2, "a decimal point"),
        ("fr", "Il vient, p. ex. le lundi, c.-à-d. demain. Fin.", 2, "abbreviations of several letters"),
        ("fr", "Est-il venu ? Oui ! Il l'a dit.", 3, "question and exclamation marks"),
        ("fr", "Il a dit : « Partez. » Puis il est sorti.", 2, "a closing quotation mark"),
        ("fr", "Le bail prend fin en 2026. Les clés sont rendues.", 2, "a year ends a sentence"),
        ("de", "Dies gilt z. B. für Mieter, d. h. für alle. Ende.", 2, "abbreviations of two letters"),
        ("de", "Bis zum 31. Dezember gilt das. Danach nicht.", 2, "an ordinal"),
        ("de", "Die Frist beträgt 30. Der Mieter zahlt.", 2, "a number that ends a sentence"),
        ("de", "Gem. Art. 5 Abs. 2 Nr. 3 OR. Ende.", 2, "a reference"),
        ("de", "Herr Dr. med. A. Meier kommt. Er bleibt bzw. geht.", 2, "titles and bzw."),
    ],
)
def test_sentences_break_where_they_end(language: str, text: str, expected: int, why: str) -> None:
    assert len(cut(text, language)) == expected, (why, cut(text, language))


def test_clause_numbers_and_bullets_stay_outside() -> None:
    text = (
        "2.1 Le bail dure trois ans.\n2.2 Il prend effet.\n- la première clé ;\n- la seconde.\na) le loyer ;"
    )
    assert cut(text, "fr") == [
        "Le bail dure trois ans.",
        "Il prend effet.",
        "la première clé ;",
        "la seconde.",
        "le loyer ;",
    ]


@pytest.mark.parametrize(
    "text", ["2 500 euros sont dus.", "30 jours après la vente.", "1. Januar 2026 beginnt es."]
)
def test_a_number_that_belongs_to_the_sentence_stays_in_it(text: str) -> None:
    assert cut(text, "de") == [text]


def test_wrapped_lines_are_one_sentence_and_short_ones_are_not() -> None:
    wrapped = (
        "Le locataire est tenu de payer le loyer et les charges aux\n"
        "Termes convenus, et d'user paisiblement des locaux loués.\nLe Bailleur\nLe Locataire"
    )
    assert cut(wrapped, "fr") == [
        "Le locataire est tenu de payer le loyer et les charges aux Termes convenus,"
        " et d'user paisiblement des locaux loués.",
        "Le Bailleur",
        "Le Locataire",
    ]


def test_cells_of_a_table_are_apart() -> None:
    assert cut("Loyer | 785 euros\nLe Bailleur          Le Locataire\nMontant\tDate", "fr") == [
        "Loyer", "785 euros", "Le Bailleur", "Le Locataire", "Montant", "Date",
    ]  # fmt: skip


@given(st.text(alphabet="ab.A1 \n\t|-é;:M!–\u00a0😀«»", max_size=300), st.sampled_from(["fr", "de"]))
def test_sentences_are_in_order_and_hold_every_letter(text: str, language: str) -> None:
    at = 0
    left = []
    for sentence in sentences(text, 0, len(text), language):
        assert at <= sentence.start < sentence.end <= len(text)
        assert sentence.source and "\n" not in sentence.source
        left.append(text[at : sentence.start])
        at = sentence.end
    left.append(text[at:])
    # Only white space, rules of tables, bullets and the numbers of clauses lie between.
    assert "é" not in "".join(left)


def test_a_long_text_takes_no_long_time() -> None:
    text = "mot " * 20_000 + "\n" * 1_000 + "A. " * 20_000 + "|" * 20_000 + "-\n" * 5_000
    assert list(sentences(text, 0, len(text), "fr"))


@pytest.mark.parametrize("text", ["a" * 200_000 + "\n", "." * 200_000 + "\n", "a" * 200_000 + "-\nb"])
def test_a_long_word_takes_linear_time(text: str) -> None:
    before = time.process_time()
    list(sentences(text, 0, len(text), "de"))
    assert time.process_time() - before < 20, "quadratic, it took minutes"
