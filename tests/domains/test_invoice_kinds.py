"""Invoices of many sellers: payments and rounding in their sums, and which of them EU law asks for what."""

from __future__ import annotations

import pytest

from docassay import domains
from docassay.domains import RuleInput, applies, judge, spans
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.numbers import written_iban
from docassay.domains.financial.particulars import tax_numbers
from docassay.transforms.extract import read_facts

SUMS = {"wrong_total", "wrong_line_amount", "wrong_tax_amount"}
PAID = """INVOICE
Ridgeline Fence Co.
412 Canyon Rd, Boise, ID 83702
Invoice # 2291
Date: 04/18/2026
Cedar fence panels 24 85.00 2,040.00
Gate hardware 2 130.00 260.00
Labor 16 55.00 880.00
Subtotal $3,180.00
Tax (6%) $190.80
Total $3,370.80
{paid}
Balance Due ${due}
"""
SWISS = """Rechnung Nr. 40112
Datum: 03.06.2026
Velowerk Emmental GmbH
Dorfstrasse 8, 3550 Langnau, Schweiz
Kunde: Ursina Caduff, Chur
1 Kette 1 48.30 48.30
2 Arbeit 2 55.00 110.00
Zwischentotal 158.30
MWST 8.1% 12.82
{rounding}Total CHF {total}
"""
GERMAN = """Schlussrechnung Nr. 2026-77
Datum: 11.03.2026
Malerbetrieb Sörensen GmbH, Hafenweg 3, 24937 Flensburg
USt-IdNr. DE136695976
Rechnungsempfänger: Kita Regenbogen e.V.
1 Fassade streichen 120 m² 18,50 2.220,00
2 Gerüst 1 Stk 780,00 780,00
Summe netto 3.000,00
zzgl. 19 % MwSt 570,00
Rechnungsbetrag brutto 3.570,00
1. Abschlagsrechnung vom 02.02.2026 -1.190,00
2. Abschlagsrechnung vom 20.02.2026 {second}
Restforderung 1.190,00
"""
MINIMUM = """ID: urn:factur-x.eu:1p0:minimum
ID: 2026-9
TypeCode: 380
DateTimeString: 20260512
CountryID: FR
InvoiceCurrencyCode: EUR
TaxBasisTotalAmount: 100.00
TaxTotalAmount: 20.00
GrandTotalAmount: {gross}
DuePayableAmount: 70.00
"""
LINE = """CustomizationID: urn:cen.eu:en16931:2017
ID: 7
IssueDate: 2026-05-12
TaxAmount: {tax}
TaxableAmount: {net}
TaxAmount: {tax}
ID: S
Percent: 27
LineExtensionAmount: {net}
TaxExclusiveAmount: {net}
TaxInclusiveAmount: {gross}
PayableAmount: {gross}
ID: 1
InvoicedQuantity: {quantity}
LineExtensionAmount: {net}
Name: Diesel
PriceAmount: {price}
BaseQuantity: {base}
"""
ITEM = """INVOICE 2026/55
Issue date: 2 May 2026
{seller}
Customer: {buyer}
Course 1 480.00 480.00
Net total 480.00
{tax}
Total 480.00
"""


def _findings(text: str) -> dict[str, str]:
    view, financial = RuleInput(text, "invoice"), domains.load("financial")
    found = {check.id: judge(check, view)[0] for check in financial.checks if applies(check, view)}
    return found | {flag.id: "flag" for flag in financial.flags if flag.id in SUMS and spans(flag, view)}


def _asked(text: str) -> set[str]:
    return {rule for rule in _findings(text) if rule.startswith("vat_")}


@pytest.mark.parametrize(
    ("paid", "due"),
    [
        ("Less deposit received $1,000.00", "2,370.80"),
        ("Payments/Credits -$1,000.00", "2,370.80"),
        ("Payments/Credits $-1,000.00", "2,370.80"),
        ("Retainer applied ($1,000.00)", "2,370.80"),
        ("Payment 03/02/2026 check 1182 -$1,000.00", "2,370.80"),
        ("50% deposit paid March 2 1,685.40", "1,685.40"),
        ("Previous balance $400.00\nPayment received - thank you $1,400.00", "2,370.80"),
        ("Amount Paid $3,370.80", "0.00"),
    ],
)
def test_what_was_paid_is_taken_off(paid: str, due: str) -> None:
    assert _findings(PAID.format(paid=paid, due=due)) == {"invoice_sums_add_up": "pass"}
    wrong = _findings(PAID.format(paid=paid, due="2,170.80"))
    assert wrong["invoice_sums_add_up"] == "fail", "a sum that is not what is left"


def test_a_deposit_among_the_lines_is_no_wrong_sum() -> None:
    text = (
        "INVOICE 8\nSurvey 1 900.00 900.00\nDrawings 3 250.00 750.00\nLess deposit -650.00\nTotal 1,000.00\n"
    )
    assert _findings(text) == {"invoice_sums_add_up": "pass"}


@pytest.mark.parametrize(
    "between",
    ["Credits see statement of 4 May", "Account credit applied: see page 2", "Deposit: $1.000,00,-"],
)
def test_a_payment_that_cannot_be_read_leaves_the_rest_open(between: str) -> None:
    assert _findings(PAID.format(paid=between, due="2,370.80"))["invoice_sums_add_up"] != "fail"


def test_bottles_are_billed_by_the_piece_and_a_payment_term_is_no_payment() -> None:
    text = (
        "INVOICE 9\nJuice 24 1.00 24.00\nDeposit bottle 24 0.10 2.40\nTotal 26.40\nPayment terms 30.00 days\n"
    )
    assert _findings(text) == {"invoice_sums_add_up": "pass"}
    assert [total.role for total in read_invoice(text).totals] == ["gross", "other"]


def test_instalments_of_a_final_invoice() -> None:
    right = _findings(GERMAN.format(second="-1.190,00"))
    assert right["invoice_sums_add_up"] == "pass"
    assert _findings(GERMAN.format(second="-1.290,00"))["invoice_sums_add_up"] == "fail"


def test_the_date_of_an_instalment_is_not_that_of_the_invoice() -> None:
    text = GERMAN.format(second="-1.190,00")
    without = text.replace("Datum: 11.03.2026\n", "")
    told = [read_facts("financial", RuleInput(one, "invoice")) for one in (text, without)]
    days = [[fact.value for fact in facts if fact.name == "issue_date"] for facts in told]
    assert days == [["11.03.2026"], []]


@pytest.mark.parametrize(
    ("rounding", "total", "verdict"),
    [
        ("Rundung -0.02\n", "171.10", "pass"),
        ("", "171.10", "pass"),
        ("", "171.12", "pass"),
        ("", "171.15", "fail"),
        ("", "171.20", "fail"),
    ],
)
def test_swiss_totals_are_rounded_to_five_hundredths(rounding: str, total: str, verdict: str) -> None:
    assert _findings(SWISS.format(rounding=rounding, total=total))["invoice_sums_add_up"] == verdict


def test_the_minimum_profile_says_nothing_of_payments() -> None:
    assert "invoice_sums_add_up" not in _findings(MINIMUM.format(gross="120.00"))
    assert _findings(MINIMUM.format(gross="130.00"))["invoice_sums_add_up"] == "fail", "net and tax are there"


@pytest.mark.parametrize(
    ("quantity", "price", "base", "net", "tax", "wrong", "why"),
    [
        (6, "18.33", "1", "-109.98", "-29.69", set(), "goods that came back, their sign at the sum alone"),
        (15, "10.00", "15", "150.00", "40.50", set(), "the whole quantity as that of the price"),
        (132, "15.24", "15.24", "167.64", "45.26", set(), "what the price is of is not understood"),
        (3, "23060", "1", "69180.00", "18679.00", set(), "forints have no cents"),
        (3, "23060", "1", "69180.00", "18690.00", {"wrong_tax_amount"}, "more than rounding"),
    ],
)
def test_lines_and_taxes_of_electronic_invoices(
    quantity: int, price: str, base: str, net: str, tax: str, wrong: set[str], why: str
) -> None:
    gross = f"{float(net) + float(tax):.2f}"
    text = LINE.format(quantity=quantity, price=price, base=base, net=net, tax=tax, gross=gross)
    assert {rule for rule in _findings(text) if rule in SUMS} == wrong, why


@pytest.mark.parametrize(
    ("seller", "buyer", "asked", "why"),
    [
        ("Lingua Lda, Lisboa\nVAT: PT501964843", "A. Keller", True, "a number of the EU"),
        ("Harcourt Ltd, 14 Mill Lane, Leeds LS1 4DY", "Otley Trust", False, "a British post code"),
        ("Harcourt Ltd, Leeds, United Kingdom", "Otley Trust", False, "its country"),
        ("Harcourt Ltd\nRegistered in England No. 4410392", "Otley Trust", False, "its register"),
        ("Northpeak Inc., 500 Howard Street, San Francisco, CA 94105", "Lindqvist GmbH", False, "a ZIP code"),
        (
            "Northpeak Inc.\nEIN 84-1923344",
            "Lindqvist GmbH, VAT ID DE136695976",
            False,
            "the buyer is in the EU",
        ),
        ("Velowerk AG, 3550 Langnau, Schweiz", "Lindqvist GmbH", False, "Swiss"),
        ("Velowerk AG\nCHE-112.345.674 MWST", "Lindqvist GmbH", False, "a Swiss number"),
        ("Retail Ltd, Bangalore, India - 560067", "A. Singh", False, "India"),
        ("Stahlbau GmbH, Nordhorn\nHRB 4410", "Caduff AG, Chur, Schweiz", True, "the buyer is Swiss"),
        ("Stahlbau GmbH\nSteuernummer 201/113/40209", "Harcourt Ltd, LS1 4DY", True, "the buyer is British"),
        ("Bureau SARL\nCustomer ID 83702", "A. Keller", True, "a number is no ZIP code"),
        ("Bureau SARL\nOrigin: Made in China by Li", "A. Keller", True, "where the goods are from"),
    ],
)
def test_eu_law_asks_sellers_in_the_eu(seller: str, buyer: str, asked: bool, why: str) -> None:
    tax = "VAT 0%, exempt under Article 132 0.00"
    found = _asked(ITEM.format(seller=seller, buyer=buyer, tax=tax))
    assert bool(found) is asked, why


@pytest.mark.parametrize(
    ("tax", "verdict"),
    [
        ("VAT 0% (exempt, Article 132(1)(i) of Directive 2006/112/EC) 0.00", "pass"),
        ("VAT 0% - export of goods, Article 146 Council Directive 2006/112/EC 0.00", "pass"),
        ("VAT 0% reverse charged to the customer 0.00", "pass"),
        ("MwSt 0 % steuerfrei nach § 4 Nr. 1b UStG 0,00", "pass"),
        ("USt 0 % 0,00 Steuerschuldnerschaft des Leistungsempfängers, § 13b UStG", "pass"),
        ("TVA 0 % 0,00 exonération, article 262 ter I du CGI", "pass"),
        ("Margin scheme - second-hand goods, VAT included", "pass"),
        ("VAT 0% 0.00", "review"),
    ],
)
def test_a_rate_of_zero_is_stated_with_its_reason(tax: str, verdict: str) -> None:
    seller = "Lingua Lda, Lisboa\nVAT: PT501964843"
    found = _findings(ITEM.format(seller=seller, buyer="A. Keller", tax=tax))
    assert found["vat_226_8_10_taxable_amount_rate_tax"] == verdict


def test_only_german_law_asks_each_invoice_for_the_day_of_supply() -> None:
    tax = "VAT 0%, exempt under Article 132 0.00"
    portuguese = ITEM.format(seller="Lingua Lda\nVAT: PT501964843", buyer="A. Keller", tax=tax)
    german = ITEM.format(seller="Lingua GmbH\nVAT: DE136695976", buyer="A. Keller", tax=tax)
    assert "vat_226_7_date_of_supply" not in _findings(portuguese)
    assert _findings(german)["vat_226_7_date_of_supply"] == "review"
    issued = german.replace("Issue date: 2 May 2026", "Rechnungsdatum 02.05.2026")
    assert _findings(issued)["vat_226_7_date_of_supply"] == "review", "the day of issue is another"


@pytest.mark.parametrize(
    "line",
    [
        "USt-IdNr. beantragt, IBAN DE89 3704 0044 0532 0130 00",
        "VAT payable. IBAN BE68 5390 0754 7034",
        "USt-Id siehe unten BIC DEUTDEDB110",
        "VAT account PL61 1090 1014 0000 0712 1981 2874",
    ],
)
def test_a_number_of_a_bank_is_no_tax_number(line: str) -> None:
    assert tax_numbers(line) == []
    assert [match[1] for match in tax_numbers(f"USt-IdNr. DE136695976, {line}")] == ["DE136695976"]


def test_words_in_capitals_are_no_tax_number() -> None:
    assert tax_numbers("FACTURE DE SOLDE N° 2026-041, FI NANCEMENT, AT UELLEMENT") == []


def test_a_tax_number_is_not_taken_from_the_line_of_an_account() -> None:
    seller = "Gartenbau Wiesner GmbH, Falkensee\nSteuernummer:\nKto. 2011340209 BLZ 10050000"
    found = _findings(ITEM.format(seller=seller, buyer="Nord GmbH", tax="MwSt 19 % 0,00"))
    assert found["vat_226_3_supplier_vat_number"] != "pass"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("DE88 3704 0044 0532 0130 00 BIC COBADEFF", "DE88 3704 0044 0532 0130 00"),
        ("DE88 3704 0044\n0532 0130 00", "DE88 3704 0044\n0532 0130 00"),
        ("DE 88 3704 0044 0532 0130 00 Bank", "DE 88 3704 0044 0532 0130 00"),
        ("DE88370400440532013000\n12 Stk", "DE88370400440532013000"),
        ("DE88 3704 0044 0532 0130 00 2026", "DE88 3704 0044 0532 0130 00"),
        ("GB28 NWBK 6016 1331 9268 19 SWIFT", "GB28 NWBK 6016 1331 9268 19"),
    ],
)
def test_an_iban_is_taken_whole(text: str, written: str) -> None:
    assert text[slice(*written_iban(text, 0))] == written


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("IBAN DE88 3704 0044 0532 0130 00 BIC COBADEFF", ["DE88 3704 0044 0532 0130 00"]),
        ("IBAN | DE89 3704 0044 | 0532 0130 00", []),
        ("IBAN DE89 3704 0044\n0532 0130 00", []),
        ("IBAN: DE89370400440532013000BIC", []),
        ("IBAN DE89 XXXX XXXX XXXX XXXX 00", []),
        ("IBAN: FR76 3000 1007 9412 3456 78** ***", []),
        ("IBAN: FR76 3000 1007 9412 3456 7890 186 *", ["FR76 3000 1007 9412 3456 7890 186"]),
        ("IBAN: DE00 0000 0000 0000 0000 00", []),
        ("IBAN DE89 3704 0044", []),
        ("IBAN: DE8937040044053201300", ["DE8937040044053201300"]),
        ("IBANID: IT1212341234123412", ["IT1212341234123412"]),
    ],
)
def test_what_is_said_of_ibans(text: str, wrong: list[str]) -> None:
    flag = next(flag for flag in domains.load("financial").flags if flag.id == "invalid_iban")
    assert [text[slice(*span)] for span in spans(flag, RuleInput(text))] == wrong
