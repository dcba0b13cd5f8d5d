"""What looks like evidence, and says the contrary or something else."""

from __future__ import annotations

import pytest

from docassay.domains import RuleInput
from docassay.domains.financial.facts import currency, due_date
from docassay.domains.financial.rates import tax_particulars
from docassay.domains.financial.references import start_of_next
from docassay.domains.mail.lookalike import alike
from docassay.domains.medical.dates import report_date
from docassay.domains.medical.sheets import privacy_notice, sheet_read
from docassay.domains.typography import plain_pattern


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("I have read the information sheet.", True),
        ("I have not been given any information sheet.", False),
        ("Ich habe die Studieninformation nicht erhalten.", False),
    ],
)
def test_a_sheet_that_nobody_was_given_tells_nothing(text: str, read: bool) -> None:
    assert bool(list(sheet_read(RuleInput(text)))) is read


def test_a_section_of_a_consent_form_is_no_privacy_notice() -> None:
    assert list(privacy_notice(RuleInput("Participant privacy notice\n\nWe keep your name.")))
    assert not list(
        privacy_notice(RuleInput("Consent form\n\nWe ask you.\n\nPrivacy statement\n\nWe keep it."))
    )


def test_the_end_of_a_period_is_no_due_date() -> None:
    text = "Gesamtbetrag für den Zeitraum vom 01.01.2024 bis 31.01.2024: 10,00 EUR\nZahlbar bis 15.02.2024\n"
    found = [text[one[0] : one[1]] for one in due_date(RuleInput(text, kind="invoice"))]
    assert found == ["15.02.2024"]


def test_interest_for_late_payment_is_no_tax() -> None:
    assert not list(tax_particulars(RuleInput("Late interest 10 % of 100.00 = 10.00 a year\n")))
    assert list(tax_particulars(RuleInput("Paint 100.00 10 % 10.00\n")))


def test_a_word_in_capitals_is_no_currency() -> None:
    text = "Invoice\nPaint 10.00\nTOTAL 10.00 ALL TAXES INCLUDED\n"
    assert not [one for one in currency(RuleInput(text, kind="invoice")) if text[one[0] : one[1]] == "ALL"]


def test_a_number_at_the_end_of_a_sentence_is_the_same_number() -> None:
    text = "Invoice No. INV-7.\nTotal 12.00\n\nInvoice No: INV-7\nGrand Total 15.00\n"
    assert start_of_next(text) == len(text)


def test_every_report_has_its_day_but_an_earlier_one() -> None:
    text = "Previous report 01/02/2020\nReported: 03/05/2024\nReported: 04/05/2024\n"
    assert [text[slice(*one)] for one in report_date(RuleInput(text))] == ["03/05/2024", "04/05/2024"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("bri9htfoods.example", "brightfoods.example", True),
        ("hori2onpaints.example", "horizonpaints.example", True),
        ("realp2ge.example", "realpage.example", False),
    ],
)
def test_figures_that_stand_for_letters_are_forged(one: str, other: str, expected: bool) -> None:
    assert alike(one, other) is expected


def test_a_group_that_may_be_empty_keeps_its_boundary() -> None:
    assert plain_pattern(r"\b(?:un |état )?accord\b") == r"\b(?:un |état )?accord\b"
