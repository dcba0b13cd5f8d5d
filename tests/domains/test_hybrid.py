"""Hybrid invoices: a difference between print and XML is told with both values, and notations make none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from docassay import domains
from docassay.domains import Compared, RuleInput
from docassay.domains.financial.hybrid import hybrid_invoice
from docassay.domains.financial.printed import is_date_printed, printed_amount
from docassay.schemas.rows import Segment
from docassay.transforms.comply import comply
from docassay.transforms.extract import read_facts

PRINT = """Rechnung Nr. 2024-0815 vom 05.03.2024
1 Regal Eiche 10 Stk 125,00 1.250,00
Nettobetrag 1.250,00
Steuerbetrag 237,50
Bruttobetrag 1.487,50 EUR
IBAN DE89 3704 0044 0532 0130 00"""
XML = (
    ("number", "2024-0815"),
    ("date", "2024-03-05"),
    ("currency", "EUR"),
    ("net", "1250.00"),
    ("tax", "237.50"),
    ("gross", "1487.50"),
    ("due", "1487.50"),
    ("iban", "DE89370400440532013000"),
)


def compared(text: str, stated: tuple[tuple[str, str], ...] = XML) -> Sequence[Compared]:
    view = RuleInput(text, "invoice", stated=stated)
    return hybrid_invoice(replace(view, facts=read_facts("financial", view, "de")))


def differences(text: str, stated: tuple[tuple[str, str], ...] = XML) -> list[str]:
    return [one.says for one in compared(text, stated) if one.verdict != "pass"]


def test_a_difference_is_a_finding_with_both_values() -> None:
    text = PRINT.replace("1.487,50", "2.487,50")
    segment = Segment("1", 0, 0, len(text), ("Rechnung",), text, "de")
    view = RuleInput(text, "invoice", "application/pdf", (segment,), stated=XML)
    view = replace(view, facts=read_facts("financial", view, "de"))
    rows = comply("1", domains.load("financial"), view)
    (row,) = [row for row in rows if row.check_id == "hybrid_invoice_print_and_xml"]
    assert (row.verdict, row.evidence) == ("fail", "2.487,50")
    assert text[row.start_char : row.end_char] == row.evidence
    assert "2.487,50" in row.why
    assert "1487.50" in row.why


@pytest.mark.parametrize(
    ("due", "price", "says"),
    [
        ("1487.50", "125.00", ""),
        ("0.00", "125.00", "total, 1487.50, less what was paid, 0.00, is not the amount due, 0.00"),
        ("1487.50", "125.004", "line amount is 1250.00; 10 times 125.004 is 1250.04"),
        ("1487.50", "131.50", ""),  # with a discount of the line, which is no fact
        ("1490.00", "125.00", ""),  # rounded to what there are coins for
    ],
)
def test_data_that_do_not_fit_are_told_beside_their_print(due: str, price: str, says: str) -> None:
    line = (("line_quantity/0", "10"), ("line_unit_price/0", price), ("line_amount/0", "1250.00"))
    stated = (*(one for one in XML if one[0] != "due"), ("prepaid", "0.00"), ("due", due), *line)
    found = compared(PRINT, stated)
    assert [one.verdict for one in found] == ["review" if says else "pass"]
    assert says in found[0].says


def test_every_difference_is_a_finding_of_its_own() -> None:
    text = PRINT.replace("2024-0815", "2024-0816").replace("1.250,00", "1.350,00").replace("05.03", "06.03")
    assert len(differences(text)) == 3


def test_what_agrees_is_one_pass() -> None:
    (one,) = compared(PRINT)
    assert one.verdict == "pass"
    assert "account" in one.says


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (PRINT.replace("1.487,50", "1'487.50"), XML),
        (PRINT.replace("1.487,50", "1 487,50"), XML),
        (PRINT.replace("1.487,50", "1,487.5000"), XML),
        (PRINT.replace("1.487,50", "-1.487,50"), (*XML[:5], ("gross", "-1487.50"))),
        (PRINT.replace("05.03.2024", "5. März 2024"), XML),
        (PRINT.replace("05.03.2024", "05/03/24"), XML),
        (PRINT.replace("2024-0815", "2024 / 0815"), XML),
        (PRINT.replace("Nettobetrag 1.250,00\n", ""), XML),
        (PRINT.replace("Steuerbetrag 237,50", "Steuerbetrag 7,00\nSteuerbetrag 230,50"), XML),
        (PRINT.replace("IBAN DE89 3704 0044 0532 0130 00", "IBAN DE89 **** **** **** 00"), XML),
        (PRINT.replace("IBAN DE89 3704 0044 0532 0130 00", ""), XML),
        (PRINT.replace("vom 05.03.2024", "\nRechnungsdatum: 5/Mar/2024"), XML),
        ("x y z\n" * 40_000 + PRINT.replace("1.487,50", "2.487,50"), XML),
        ("Die Rechnung liegt als Datei bei.", XML),
        (PRINT, (("number", ""), ("date", "soon"), ("gross", "n/a"), ("net", "0.00"))),
        (PRINT, (("gross", "NaN"), ("net", "1E999999999"), ("tax", "-Infinity"), ("due", "9" * 200))),
    ],
)
def test_notations_and_what_is_left_out_are_no_difference(
    text: str, stated: tuple[tuple[str, str], ...]
) -> None:
    assert differences(text, stated) == []


def test_the_account_that_is_debited_is_not_the_one_to_be_paid_to() -> None:
    text = PRINT.replace(
        "IBAN DE89 3704 0044 0532 0130 00", "Wir buchen ab: IBAN FR76 3000 6000 0112 3456 7890 189"
    )
    assert len(differences(text)) == 1
    assert differences(text, (*XML, ("debtor_iban", "FR7630006000011234567890189"))) == []


@pytest.mark.parametrize(
    ("text", "amount", "printed"),
    [
        ("Total 1,234.50 EUR", "1234.5", "1,234.50"),
        ("Gesamt 1.234,50", "1234.50", "1.234,50"),
        ("Total 1 234,50 €", "1234.50", "1 234,50"),
        ("Summe 300,-", "300", "300,-"),
        ("Summe 300.", "300", "300"),
        ("am 10.03.2018", "10", None),
        ("Nr. 11234,50", "1234.50", None),
        ("1.234,501", "1234.50", None),
    ],
)
def test_amounts_in_a_text(text: str, amount: str, printed: str | None) -> None:
    span = printed_amount(text, Decimal(amount))
    assert (text[span[0] : span[1]] if span else None) == printed


@pytest.mark.parametrize(
    "text",
    [
        "05.03.2024",
        "5.3.24",
        "03/05/2024",
        "2024-03-05",
        "20240305",
        "5. März 2024",
        "March 5th, 2024",
        "5 mars 2024",
        "5 de marzo de 2024",
        "5 marzo 2024",
        "5 de março de 2024",
        "05-Mar-2024",
    ],
)
def test_dates_in_six_languages(text: str) -> None:
    assert is_date_printed(f"Date: {text} ", date(2024, 3, 5))
    assert not is_date_printed(f"Date: {text} ", date(2024, 3, 15))
    assert not is_date_printed(f"Date: {text} ", date(2023, 3, 5))
