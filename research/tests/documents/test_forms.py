"""Invented documents: every form draws, blanks are filled, a seed gives one document, and kinds exist."""

from __future__ import annotations

import re

import pytest

from docassay import domains
from research.documents import forms
from research.documents.contracts import kind_of_contract
from research.documents.kinds import example, without_words
from research.documents.text import Text

DRAWN = list(forms.documents(2))


def test_each_form_draws_a_document_of_a_kind_that_exists() -> None:
    known = {f"{name}.{kind.name}" for name in domains.names() for kind in domains.load(name).kinds}
    assert {kind for kind, _, _, _ in DRAWN} <= known | {"none"}
    assert {language for _, language, _, _ in DRAWN} == {"en", "de", "fr"}
    assert all(len(text) > 20 for _, _, _, text in DRAWN)


def test_no_blank_is_left_open() -> None:
    assert [text for _, _, _, text in DRAWN if re.search(r"\{\w*\}", text)] == []


def test_a_draw_depends_on_its_seed_alone() -> None:
    assert list(forms.documents(2)) == DRAWN
    bank, of_finance = forms.read("finance")
    assert forms.draw(of_finance[0], bank, "1") != forms.draw(of_finance[0], bank, "2")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Acme_2014_EX-10.1_Trademark License Agreement.pdf", "licence"),
        ("Acme_20200101_10-K_EX-10.2_1234_EX-10.2_Consulting Agreement", "services"),
        ("Acme_2020-EX-99.1-JOINT FILING AGREEMENT.pdf", "contract"),
        ("Acme_2001_Letter.pdf", ""),
    ],
)
def test_contracts_are_told_by_the_names_of_their_files(name: str, kind: str) -> None:
    assert kind_of_contract(name) == kind


def test_an_example_is_read_as_docassay_reads_it() -> None:
    made = example(
        Text("financial.invoice", "g", "c", "INVOICE\nInvoice no. 17\nTotal due 12.50", invented=True)
    )
    assert "titled financial.invoice" in made.extra
    assert not made.measured


def test_each_example_is_repeated_without_words_for_less_and_never_measured() -> None:
    made = [example(Text("none", f"g{n}", "c", "We walked along the river and talked.")) for n in range(4)]
    again = list(without_words(made))
    assert [one.group for one in again] == [one.group for one in made]
    assert all(one.text == "" and one.extra and not one.measured for one in again)
    assert all(0 < one.weight < made[0].weight for one in again)
