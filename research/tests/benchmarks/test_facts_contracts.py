"""Scores of contracts' facts: what counts as right, absent and sure, and the data sets' own forms."""

from __future__ import annotations

import pytest

from research.benchmarks.facts.contracts import answers, compared, kleister, same_party
from research.benchmarks.facts.score import Counts, matched


def test_a_hint_counts_as_given_but_not_as_sure() -> None:
    counts = Counts()
    counts.add(["a"], [], [], str.__eq__)
    counts.add(["a", "b"], ["b"], ["b", "c"], str.__eq__)
    assert (counts.right, counts.given, counts.there) == (1, 3, 2)
    assert (counts.sure_right, counts.sure) == (1, 1)
    assert (counts.absent, counts.silent) == (1, 1), "a hint invents nothing"
    counts.add(["a"], ["a"], [], str.__eq__)
    assert (counts.absent, counts.silent) == (2, 1)
    assert counts.f1 == 2 / 6


def test_each_value_that_is_there_is_found_once() -> None:
    assert matched(["a", "a"], ["a"], str.__eq__) == 1
    assert matched(["a"], ["a", "a"], str.__eq__) == 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("party", "Nike, Inc", "PARTY=NIKE_INC."),
        ("effective_date", "2001-03-26", "EFFECTIVE_DATE=2001-03-26"),
        ("governing_law", "Ruritania", "JURISDICTION=RURITANIA"),
        ("term", "P1Y", "TERM=1_YEAR"),
        ("term", "P55.5M", "TERM=55.5_MONTHS"),
    ],
)
def test_the_normal_form_of_kleister_nda(name: str, value: str, expected: str) -> None:
    assert kleister(name, value) == expected


def test_the_answers_of_cuad() -> None:
    row = {
        "Parties-Answer": 'Cardax, Inc. ("Cardax"); Capsugel US, LLC; Cardax and Capsugel; each a "Party"',
        "Document Name-Answer": "SUPPLY AGREEMENT,",
        "Agreement Date-Answer": "5/8/14",
        "Expiration Date-Answer": "perpetual",
        "Renewal Term-Answer": "successive 1 year",
        "Notice Period To Terminate Renewal- Answer": "1 year",
        "Governing Law-Answer": "Ontario, Canada; [* * *]",
        "Termination For Convenience": "['Each may end it on thirty (30) days notice.']",
        "Cap On Liability": "['It shall not exceed $5,000.', 'Nor shall it exceed  the fees paid.']",
    }
    assert answers(row) == {
        "party": {"Cardax, Inc.", "Capsugel US, LLC"},
        "agreement": {"SUPPLY AGREEMENT"},
        "agreement_date": {"2014-05-08"},
        "expiration_date": set(),
        "renewal": {"P12M"},
        "renewal_notice": {"P12M"},
        "governing_law": {"CA-ON"},
        "notice_period": {"P30D"},
        "liability_cap": {"5000.00"},
        "liability_cap_basis": {"It shall not exceed $5,000. Nor shall it exceed the fees paid."},
    }
    assert compared("renewal", "P1Y") == "P12M"
    several = row | {"Cap On Liability": "['at most $5', 'at most $6']", "Termination For Convenience": "[]"}
    assert "liability_cap" not in answers(several), "nobody knows which is asked for"
    assert answers(several)["notice_period"] == set()
    assert same_party("Bunker One (USA) Inc.", "Bunker One Inc.")
