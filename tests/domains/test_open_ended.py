"""Contracts without end, and renewals of which nobody says how long they last."""

from __future__ import annotations

import pytest

from docassay.domains import RuleInput
from docassay.domains.legal.open_ended import renewal, term
from docassay.domains.values import fits
from docassay.storage.decisions.fact_values import value_written


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("This Agreement shall remain in effect until terminated by either party.", "indefinite", "until"),
        ("This Agreement is in full force and effect unless terminated by notice.", "indefinite", "unless"),
        ("The Agreement is perpetual and binds the parties' successors.", "indefinite", "it is perpetual"),
        ("The Employee's employment is for an indefinite term.", "indefinite", "an indefinite term"),
        ("This Agreement has no fixed term.", "indefinite", "no term"),
        ("Das Mietverhältnis beginnt am 01.06.2024 und läuft auf unbestimmte Zeit.", "indefinite", "German"),
        (
            "Diese Vereinbarung gilt unbefristet und ist mit einer Frist von drei Monaten kündbar.",
            "indefinite",
            "notice",
        ),
        ("Dieser Vertrag läuft bis zu seiner Kündigung.", "indefinite", "until it is terminated"),
        ("Le présent contrat est conclu pour une durée indéterminée.", "indefinite", "French"),
        (
            "Le contrat demeure en vigueur jusqu'à sa résiliation par une partie.",
            "indefinite",
            "French, until",
        ),
        ("This Agreement has a term of two years and continues until terminated.", "P2Y", "a length is said"),
        (
            "This Agreement shall continue until terminated. The Agreement expires on 31 December 2027.",
            None,
            "a last day",
        ),
        ("This Agreement continues until termination of the Supply Agreement.", None, "an event"),
        ("The Licensor grants a perpetual licence to the Software.", None, "the licence, not the contract"),
        ("Confidential Information shall be kept secret indefinitely under this Agreement.", None, "secrecy"),
        ("The provisions of this Agreement survive indefinitely.", None, "survival"),
        ("The launch was postponed indefinitely under this Agreement.", None, "something else"),
    ],
)
def test_a_contract_without_end_has_an_indefinite_term(text: str, expected: str | None, why: str) -> None:
    found = list(term(RuleInput(text)))
    assert [one.normalised for one in found] == ([expected] if expected else []), why
    assert all(one.sure for one in found)


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        (
            "The initial term is one year; thereafter this Agreement continues indefinitely.",
            "indefinite",
            "after its first term",
        ),
        (
            "Die Mindestlaufzeit beträgt ein Jahr. Danach verlängert sich der Vertrag auf unbestimmte Zeit.",
            "indefinite",
            "German",
        ),
        ("Le contrat se renouvelle tacitement pour une durée indéterminée.", "indefinite", "French"),
        ("This Agreement renews automatically unless a party objects.", "unstated", "no length"),
        ("The Agreement shall automatically renew for successive [***] terms.", "unstated", "blanked out"),
        ("Nach Ablauf verlängert sich der Vertrag automatisch.", "unstated", "German, no length"),
        (
            "La location est conclue pour trois ans, renouvelable par tacite reconduction.",
            "unstated",
            "French",
        ),
        ("This Agreement renews automatically for one year.", "P1Y", "a length"),
        ("Renewal term: successive periods of 6 months", "P6M", "a label"),
        ("This Agreement shall not renew automatically.", None, "it is not"),
        ("Le présent contrat n'est pas renouvelable tacitement.", None, "French, it is not"),
        ("The deadline under this Agreement shall automatically be extended.", None, "a deadline"),
        ("The certificate of the Provider is renewed annually.", None, "a certificate"),
        ("Obligations under this Contract are automatically extended by force majeure.", None, "a delay"),
    ],
)
def test_a_renewal_without_a_length_says_so(text: str, expected: str | None, why: str) -> None:
    found = list(renewal(RuleInput(text)))
    assert [one.normalised for one in found] == ([expected] if expected else []), why


def test_people_may_decide_that_a_contract_has_no_end() -> None:
    assert fits("duration", "indefinite") and not fits("date", "indefinite")
    assert value_written("duration", "indefinite") == "indefinite"
