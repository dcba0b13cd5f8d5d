"""The figures of invoices: clean ones are silent, and a digit that was changed is found and explained."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay import domains
from docassay.domains import RuleInput, applies, reason, spans
from docassay.domains.financial import amounts, asked, duplicates, facts, in_words, particulars, rates
from docassay.domains.financial.amounts import doubtful_line, read_invoice, wrong_line_amount
from docassay.domains.financial.terms import role_of
from docassay.schemas.tables import Cell, Role, Table

SUM_RULES = {"wrong_total", "wrong_line_amount", "wrong_tax_amount"}

GERMAN = """Handelsrechnung Nr. 2026-114 vom 12.05.2026
Nordwerft GmbH, Steuernummer 201/113/40209
Pos Beschreibung Nettopreis Menge Steuer Entgelt
1 Schiffsfarbe 148,00 12 Stk 19 % VAT (S) 1.776,00
2 Lehrbuch 38,50 6 Stk 7 % VAT (S) 231,00
Zu- und Abschläge:
Abschlag Treuerabatt 1.776,00 19 % VAT (S) -76,00
Umsatzsteueraufschlüsselung:
Art (Kategorie) Warenwert Zu-/Abschlag Steuerbasisbetrag USt. % USt.-Betrag
VAT (S) 1.776,00 -76,00 1.700,00 19 323,00
VAT (S) 231,00 7 16,17
Belegsummen:
Positionssumme 2.007,00
Gesamtbetrag der Zuschläge 0,00
Gesamtbetrag der Abschläge -76,00
Rechnungssumme ohne USt. 1.931,00
Steuerbetrag 339,17
Br uttosumme 2.270,17
Erhaltene Anzahlungen -270,17
Zahlbetrag 2.000,00
"""
ENGLISH = """INVOICE 2026-114
| Paint, white | 20 | 12.50 | 250.00 |
| Brushes | 10 | 4.00 | 40.00 |
| Tape | 5 | 3.00 | 15.00 |
Subtotal 305.00
Discount 10% -30.50
Shipping 12.00
VAT 20% 57.30
Total due $343.80
"""
CREDIT = """RECHNUNGSKORREKTUR Nr. K-7 vom 12.05.2026
1 Farbe -2,0000 Stk. 1,4500 -2,90
2 Pinsel -5,0000 Stk. 1,0000 -5,00
Nettobetrag -7,90
zzgl. 19 % USt. -1,50
Gesamtbetrag -9,40
"""
GROSS_PRICES = """Taxi Nord
Fahrt 1 24,00 24,00
Koffer 2 1,50 3,00
Gesamtbetrag 27,00 EUR
darin enthaltene MwSt 7 % 1,77
"""
UBL = """CustomizationID: urn:cen.eu:en16931:2017
ID: 2026-114
IssueDate: 2026-05-12
TaxAmount: 57
TaxableAmount: 300
TaxAmount: 57
ID: S
Percent: 19
LineExtensionAmount: 310
TaxExclusiveAmount: 300
TaxInclusiveAmount: 357
AllowanceTotalAmount: 10
PrepaidAmount: 57
PayableAmount: 300
ID: 1
InvoicedQuantity: 200
LineExtensionAmount: 210
Name: Paint
PriceAmount: 105
BaseQuantity: 100
ID: 2
InvoicedQuantity: 4
LineExtensionAmount: 100
ChargeIndicator: true
Amount: 20
Name: Brushes
PriceAmount: 20
"""
CII = """ID: 2026-114
TypeCode: 380
DateTimeString: 20260512
LineID: 1
Name: Paint
ChargeAmount: 30.0000
Indicator: false
ActualAmount: 5.0000
ChargeAmount: 25.0000
BilledQuantity: 8.0000
RateApplicablePercent: 19.00
LineTotalAmount: 200.00
LineID: 2
Name: Tape
ChargeAmount: 10.00
BilledQuantity: 10.0
LineTotalAmount: 100.00
CalculatedAmount: 57.00
TypeCode: VAT
BasisAmount: 300.00
RateApplicablePercent: 19.00
LineTotalAmount: 300.00
ChargeTotalAmount: 0.00
AllowanceTotalAmount: 0.00
TaxBasisTotalAmount: 300.00
TaxTotalAmount: 57.00
GrandTotalAmount: 357.00
DuePayableAmount: 357.00
"""


def flagged(text: str, kind: str = "invoice") -> dict[str, str]:
    """Give the rules about sums that speak, each with its first reason."""
    view = RuleInput(text, kind)
    rules = [rule for rule in domains.load("financial").flags if rule.id in SUM_RULES]
    found = {rule.id: [reason(rule, view, span) for span in spans(rule, view)] for rule in rules}
    return {rule: reasons[0] for rule, reasons in found.items() if reasons}


def verdict(text: str, kind: str = "invoice") -> tuple[str, str]:
    """Give the verdict of the check of sums, and its reason."""
    view = RuleInput(text, kind)
    check = next(c for c in domains.load("financial").checks if c.id == "invoice_sums_add_up")
    judged, evidence = domains.judge(check, view)
    return judged, reason(check, view, evidence[0] if evidence else None)


@pytest.mark.parametrize("text", [GERMAN, ENGLISH, CREDIT, GROSS_PRICES, UBL, CII])
def test_an_invoice_that_adds_up_is_not_flagged_and_passes(text: str) -> None:
    assert flagged(text) == {}
    judged, why = verdict(text)
    assert judged == "pass"
    assert "=" in why, "it says what was added"


@pytest.mark.parametrize(
    ("text", "old", "new", "rule", "says"),
    [
        (GERMAN, "Zahlbetrag 2.000,00", "Zahlbetrag 2.500,00", "wrong_total", "2000.00, not 2500.00"),
        (GERMAN, "summe 2.270,17", "summe 2.770,17", "wrong_total", "2270.17, not 2770.17"),
        (GERMAN, "Steuerbetrag 339,17", "Steuerbetrag 399,17", "wrong_total", "339.17, not 399.17"),
        (GERMAN, "ohne USt. 1.931,00", "ohne USt. 1.981,00", "wrong_total", "1931.00, not 1981.00"),
        (GERMAN, "19 323,00", "19 383,00", "wrong_tax_amount", "323.00, not 383.00"),
        (GERMAN, "VAT (S) 1.776,00\n", "VAT (S) 1.976,00\n", "wrong_line_amount", "1776.00, not 1976.00"),
        (ENGLISH, "$343.80", "$348.80", "wrong_total", "343.80, not 348.80"),
        (ENGLISH, "57.30", "75.30", "wrong_total", "not 343.80"),
        (ENGLISH, "| 40.00", "| 44.00", "wrong_line_amount", "40.00, not 44.00"),
        (ENGLISH, "Subtotal 305.00", "Subtotal 315.00", "wrong_total", "305.00, not 315.00"),
        (CREDIT, "betrag -9,40", "betrag -9,90", "wrong_total", "-9.40, not -9.90"),
        (CREDIT, "1,0000 -5,00", "1,0000 -6,00", "wrong_line_amount", "-5.00, not -6.00"),
        (UBL, "PayableAmount: 300", "PayableAmount: 350", "wrong_total", "300, not 350"),
        (UBL, "LineExtensionAmount: 100", "LineExtensionAmount: 130", "wrong_line_amount", "100.00, not 130"),
        (UBL, "TaxInclusiveAmount: 357", "TaxInclusiveAmount: 377", "wrong_total", "357, not 377"),
        (UBL, "TaxAmount: 57\nID", "TaxAmount: 67\nID", "wrong_tax_amount", "57.00, not 67"),
        (CII, "TaxTotalAmount: 57.00", "TaxTotalAmount: 75.00", "wrong_total", "57.00, not 75.00"),
        (CII, "LineTotalAmount: 200.00", "LineTotalAmount: 290.00", "wrong_line_amount", "200.00, not 290"),
        (CII, "DuePayableAmount: 357.00", "DuePayableAmount: 357.01", "wrong_total", "not 357.01"),
    ],
)
def test_a_changed_figure_is_found_and_what_was_added_is_said(
    text: str, old: str, new: str, rule: str, says: str
) -> None:
    assert text.count(old) == 1
    found = flagged(text.replace(old, new))
    assert rule in found
    assert says in found[rule]
    assert verdict(text.replace(old, new))[0] != "pass"


_TAKEN_BACK = re.sub(r"((?:(?<!Price)Amount|InvoicedQuantity): )(?=\d)", r"\1-", UBL)


@pytest.mark.parametrize(
    ("text", "old", "new", "says"),
    [
        (UBL, "PriceAmount: 105", "PriceAmount: 105.1000", "amount is 210; its quantity"),
        (UBL, "PriceAmount: 105", "PriceAmount: 105.1000", "charges make 210.20"),
        (UBL, "PriceAmount: 105", "PriceAmount: 105.1", "210.20; a rounded price may explain it"),
        (UBL, "\nAmount: 20\n", "\nAmount: 19\n", "charges make 99.00"),
        (UBL, "Amount: 20\nName: Brushes\nPriceAmount: 20", "Amount: 20.02\nName: B\nPriceAmount: 20.0", ""),
        (CII, "ChargeAmount: 25.0000", "ChargeAmount: 25.00300000", "amount is 200.00; its quantity"),
        (CII, "ChargeAmount: 25.0000", "ChargeAmount: 25.0004", ""),
        (CII, "BilledQuantity: 8.0000", "BasisQuantity: 100\nBilledQuantity: 800.0000", ""),
        (
            UBL,
            "PrepaidAmount: 57\nPayableAmount: 300",
            "PrepaidAmount: 57\nPayableAmount: 357",
            "paid, 57, is not",
        ),
        (
            UBL,
            "PrepaidAmount: 57\nPayableAmount: 300",
            "PrepaidAmount: -43\nPayableAmount: 400",
            "below zero, -43",
        ),
        (_TAKEN_BACK, "PayableAmount: -300", "PayableAmount: 0", "-357, less what was paid, -57, is not"),
        (_TAKEN_BACK, "PayableAmount: -300", "PayableAmount: -300.00", ""),
        (UBL.replace("105", "106.00"), "16931:2017\n", "16931:2017#compliant#extension\n", ""),
    ],
)
def test_data_whose_figures_do_not_fit_are_doubted(text: str, old: str, new: str, says: str) -> None:
    assert text.count(old) == 1
    judged, why = verdict(text.replace(old, new), "credit_note" if text is _TAKEN_BACK else "invoice")
    assert judged == ("review" if says else "pass")
    assert says in why


def test_a_line_of_data_of_any_length_breaks_nothing() -> None:
    nines = "9" * 12
    long = UBL.replace("PriceAmount: 105", f"PriceAmount: {nines}").replace(
        "Quantity: 100", "Quantity: 0.000001"
    )
    assert verdict(long.replace("InvoicedQuantity: 200", f"InvoicedQuantity: {nines}"))[0] == "review"


@pytest.mark.parametrize(
    "text",
    [
        "Rechnung\nFarbe 2 40,00 80,00\nÜbertrag 80,00\nPinsel 1 20,00 20,00\nGesamtbetrag 100,00",
        "Rechnung\nZwischensumme 80,00\nPinsel 1 20,00 20,00\nMwSt 19 % 19,00\nGesamtbetrag 119,00",
        "Invoice\nNet 100.00\nVAT 20% 20.00\nTotal 120.00\nAmount due by 1 June 60.00",
        "Rechnung\nStrom 10000 kWh 0,0520 52,00\nGas 10 10,00 100,00\nSumme netto 152,00",
        "Facture\nTotal HT\nTVA\nTotal TTC\n100,00\n20,00\n120,00",
        "Invoice\nSubtotal 99.98\nVAT 20% 20.00\nRounding 0.02\nTotal 120.00",
        "Invoice\nMeals 2 10.00 20.00\nSubtotal 20.00\nService charge 2.50\nTip 3.00\nTotal 25.50",
    ],
)
def test_what_is_not_understood_is_not_claimed(text: str) -> None:
    assert flagged(text) == {}


def test_white_space_and_dashes_of_every_kind_decide_nothing() -> None:
    odd = GERMAN.replace(" ", "\u00a0").replace("-76", "\u221276").replace("-270", "\u2013270")
    assert flagged(odd) == {}
    assert verdict(odd)[0] == "pass"


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Rechnungssumme ohne USt.", "net"),
        ("Br uttosumme", "gross"),
        ("Gesamtbetrag der Abschläge", "lowering"),
        ("zzgl. 19 % USt.", "tax"),
        ("Net à payer", "due"),
        ("Total TTC", "gross"),
        ("Amount due", "due"),
        ("Sous-total", "lines"),
        ("Acompte versé", "paid"),
        ("Tax return 2025", None),
        ("Kunststoff", None),
        ("Total war, a novel", None),
    ],
)
def test_labels_of_totals_in_three_languages(label: str, role: str | None) -> None:
    assert role_of(label) == role


def test_figures_of_any_length_break_nothing() -> None:
    long = "111,222,333,444,555,666,777,888.99"
    big = "999,999,999,999.99"
    lines = f"Paint {big} {big} {long}\nTape {big} {big} {big}"
    text = f"Invoice\n{lines}\nSubtotal {big}\nVAT 20% 1.00\nTotal 5.00"
    assert "wrong_total" in flagged(text)
    flagged(UBL.replace("357", "9" * 40))
    flagged(UBL.replace("357", "9" * 12 + "." + "9" * 6))


_lines = st.sampled_from(
    [*GERMAN.split("\n"), *ENGLISH.split("\n"), *UBL.split("\n"), *CII.split("\n"), "9" * 30]
)


@given(st.lists(_lines, max_size=40))
def test_lines_in_any_order_are_read(lines: list[str]) -> None:
    text = "\n".join(lines)
    invoice = read_invoice(text)
    for total in invoice.totals:
        assert text[total.amount.start : total.amount.end]
    flagged(text)


def _asked(text: str) -> tuple[bool, bool]:
    view = RuleInput(text, "invoice")
    check = next(c for c in domains.load("financial").checks if c.id == "vat_226_1_date_of_issue")
    return applies(check, view), any(True for _ in asked.full_particulars(view))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "RECHNUNG\nUSt-IdNr.: DE136695976\nNetto 1.000,00\nMwSt 19% 190,00\nGesamtbetrag 1.190,00",
            (True, True),
        ),
        (
            "RECHNUNG\nUSt-IdNr.: DE136695976\nNetto 100,00\nMwSt 19% 19,00\nGesamtbetrag 119,00",
            (True, False),
        ),
        ("FACTURE\nTVA FR 40 303 265 045\nTotal HT 100,00\nTVA 20% 20,00\nTotal TTC 120,00", (True, True)),
        ("FACTURE\nTVA FR 40 303 265 045\nTotal HT 10,00\nTVA 20% 2,00\nTotal TTC 12,00", (True, False)),
        ("INVOICE\nVAT reg GB 123 4567 89\nNet 1,000.00\nVAT 20% 200.00\nTotal 1,200.00", (False, True)),
        ("RECHNUNG\nUmsatzsteuerfrei nach § 4 Nr. 14 UStG\nGesamtbetrag 1.190,00", (False, True)),
        ("RECHNUNG\nKein Ausweis von USt nach § 19 UStG\nGesamtbetrag 1.190,00", (False, True)),
        ("INVOICE\nVAT 20%", (True, True)),
    ],
)
def test_which_invoices_have_to_state_what(text: str, expected: tuple[bool, bool]) -> None:
    assert _asked(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "RECHNUNG\nUSt-IdNr.: DE123456789\nMwSt 19% 19,00",
            "Of this number the form is right and the check digit wrong, its figures count up as in a sample:"
            " no authority has issued it.",
        ),
        (
            "RECHNUNG\nUSt-IdNr.: DE136695975\nMwSt 19% 19,00",
            "Of this number the form is right and the check digit wrong: no authority has issued it.",
        ),
        (
            "RECHNUNG\nUSt-IdNr.: DE12345677\nMwSt 19% 19,00",
            "Of this number the form is not that of a VAT number.",
        ),
        (
            "RECHNUNG\nKäufer: Nordfarben AG\nUSt-IdNr.: DE136695976\nMwSt 19% 19,00",
            "Its check digits are right, and it stands with the buyer.",
        ),
        ("RECHNUNG\nUSt-IdNr.: DE136695976\nMwSt 19% 19,00", ""),
        ("RECHNUNG\nSteuernummer: 201/113/40209\nMwSt 19% 19,00", ""),
        (
            "RECHNUNG\nSteuernummer: 201/113/40209\nUSt-IdNr.: DE136695975\nMwSt 19% 19,00",
            "It is the tax number; of DE136695975 beside it the form is right and the check digit wrong:"
            " no authority has issued it.",
        ),
        ("INVOICE\nVAT number: on request\nVAT 20% 61.00", "It is named, and no number stands there."),
    ],
)
def test_what_is_wrong_with_a_tax_number_is_said(text: str, says: str) -> None:
    view = RuleInput(text, "invoice")
    spans = [*particulars.supplier_tax_number(view), *particulars.doubtful_tax_number(view)]
    assert particulars.tax_number_said(view, spans[0]) == says


TABLE_TEXT = """Rechnung
Bezeichnung Menge VPE Einzelpreis Betrag
Farbe 3 12 4,50 13,50
Artikelrabatt 1: 2,00 0,50 1,00
Pinsel 10 10 1,25 12,50
Leim 2 1 3,00 6,00
Rechnungssumme netto 32,00
zzgl. 19 % MwSt. 6,08
Bruttosumme 38,08"""


def tables_of(text: str) -> tuple[Table, ...]:
    """Make the table of the lines that have five words, with what is said of a line below it."""
    rows: list[tuple[Cell, ...]] = []
    position = 0
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) == 5 and words[1].isdigit():
            starts = [position + len(" ".join(words[:n])) + (n > 0) for n in range(5)]
            roles: tuple[Role, ...] = ("description", "quantity", "unit", "price", "amount")
            rows.append(tuple(Cell(r, s, s + len(w)) for r, s, w in zip(roles, starts, words, strict=True)))
        elif line.startswith("Artikelrabatt"):
            rows[-1] += (Cell("description", position, position + len(line)),)
        position += len(line) + 1
    return (Table(tuple(rows)),)


def test_columns_say_which_figures_are_multiplied() -> None:
    """Line by line, a discount in the words of a row passes for a line, and other figures for its price."""
    by_lines = read_invoice(TABLE_TEXT)
    assert [str(item.amount.value) for item in by_lines.items] == ["13.50", "1.00", "12.50", "6.00"]
    invoice = read_invoice(TABLE_TEXT, tables_of(TABLE_TEXT))
    assert [item.terms for item in invoice.items] == [
        (Decimal(3), Decimal("4.50")),
        (Decimal(10), Decimal("1.25")),
        (Decimal(2), Decimal("3.00")),
    ]


@pytest.mark.parametrize(
    ("below", "verdict", "why"),
    [
        ("", "review", "5 times 4.00 is not 22.00"),
        ("Rabattmarken 1 1 3,00 3,00", "review", "another line's name explains nothing"),
        ("Artikelrabatt 1: 2,00", "pass", "a discount or charge of the line may explain it"),
        ("Bruttopreis: 4,40", "pass", "another price makes the amount"),
        ("Kupfer 1 1 3,00 3,00\nDraht nach Absprache", "pass", "a remark further down may explain it"),
    ],
)
@pytest.mark.parametrize(
    ("name", "plain"),
    [("Draht", True), ("Matte(2x3)", False), ("Mindestmenge", False), ("Teilzahlung", False)],
)
def test_a_line_that_does_not_multiply_is_doubtful_in_a_table_that_says_nothing_else(
    below: str, verdict: str, why: str, name: str, plain: bool
) -> None:
    text = f"{name} 5 1 4,00 22,00\n{below}"
    net, tax, gross = ("25,00", "4,75", "29,75") if "3,00 3,00" in below else ("22,00", "4,18", "26,18")
    text += f"\nRechnungssumme netto {net}\nMwSt. 19% {tax}\nBruttosumme {gross}"
    view = RuleInput(text, kind="invoice", tables=tables_of(text))
    check = next(check for check in domains.load("financial").checks if check.id == "invoice_sums_add_up")
    given, spans = domains.judge(check, view)
    assert given == (verdict if plain else "pass"), why
    if given == "review":
        assert [text[start:end] for start, end in spans] == ["22,00"]
        assert "22.00 is not quantity times price, 20.00." in reason(check, view, spans[0])


@pytest.mark.parametrize(
    ("line", "behind"),
    [
        ("Draht 5 Paar 4,00 22,00", ""),
        ("Draht 5 1 4,00|4,40 22,00", ""),
        ("Draht 5 1 4,00 22,00*", ""),
        ("Draht 5 1 4,00 22,00", "Draht zum Sonderpreis"),
    ],
)
def test_a_line_that_does_not_multiply_may_be_explained_by_its_cells_or_anywhere_else(
    line: str, behind: str
) -> None:
    text = f"{line}\nRechnungssumme netto 22,00\nMwSt. 19% 4,18\nBruttosumme 26,18\n{behind}"
    assert not [*doubtful_line(RuleInput(text, kind="invoice", tables=tables_of(text)))]


def test_an_invoice_that_is_paid_and_due_says_so() -> None:
    view = RuleInput("INVOICE\nNet total 100.00\nVAT 20.00\nAmount due 120.00\nPAID IN FULL", kind="invoice")
    check = next(check for check in domains.load("financial").checks if check.id == "invoice_sums_add_up")
    verdict, spans = domains.judge(check, view)
    assert verdict == "review"
    assert "It says that it is paid, and yet the whole is due." in reason(check, view, spans[0])


COUNTED = """Expenses 2023
9 Car, miles 50 65.50 3,275.00
20 Rent, months 12 500.00 6,000.00
22 Supplies, quarters 4 250.00 1,000.00
13 Depreciation, years 5 900.00 1,100.00
28 Total 11,375.00
"""


@pytest.mark.parametrize(
    ("title", "wrong", "why"),
    [
        ("", ["1,100.00"], "a bill"),
        ("SCHEDULE C (Form 1040) Profit or Loss From Business\n", [], "the name of a tax form"),
        ("31 Net profit. Subtract line 28 from line 7\n", [], "what is worked out from lines"),
        ("Übertrag aus Zeile 12\n", [], "the same in German"),
        ("Order form 12 for the production line 3\n", ["1,100.00"], "other forms and lines"),
    ],
)
def test_lines_of_tax_forms_bill_nothing(title: str, wrong: list[str], why: str) -> None:
    view = RuleInput(title + COUNTED, "invoice")
    assert [view.text[start:end] for start, end in wrong_line_amount(view)] == wrong, why


@pytest.mark.parametrize(
    ("text", "wrong", "why"),
    [
        (TABLE_TEXT, [], "as it should be"),
        (TABLE_TEXT.replace("12,50", "18,50"), ["18,50"], "an amount that was changed"),
        (
            TABLE_TEXT.replace("Leim 2 1 3,00 6,00", "Leim 2 10 3,00 5,40"),
            [],
            "less ten per cent, as a figure says",
        ),
        (
            TABLE_TEXT.replace("Leim", "Nachlass-Leim").replace("6,00", "5,00"),
            ["5,00"],
            "the sum asks for six",
        ),
    ],
)
def test_amounts_of_columns(text: str, wrong: list[str], why: str) -> None:
    view = RuleInput(text, "invoice", tables=tables_of(text))
    assert [text[start:end] for start, end in wrong_line_amount(view)] == wrong, why


@pytest.mark.parametrize(
    ("totals", "holds"),
    [
        ("Umsatzsteuer 19% 9,50\nGesamtsumme 59,50\n", True),  # the net total stands in a sentence
        ("Umsatzsteuer 19% 9,50\nGesamtsumme 69,50\n", False),
        ("Nettogesamtpreis 50,00\nUmsatzsteuer 19% 9,50\nGesamtsumme 59,50\n", True),
    ],
)
def test_lines_and_tax_make_the_total_where_no_net_is_read(totals: str, holds: bool) -> None:
    lines = "Farbe 2 10,00 20,00\nLeim 3 10,00 30,00\n"
    view = RuleInput(f"Rechnung 7\nArtikel Menge Preis Betrag\n{lines}{totals}", "invoice")
    assert bool(list(amounts.sums_add_up(view))) is holds


def test_parts_that_are_due_one_after_the_other_make_the_total() -> None:
    text = "Invoice 7\nSubtotal: 34.00\nTax: 2.00\nTotal: 36.00\nDue today: 14.40\nRemaining balance: 21.60\n"
    assert list(amounts.sums_add_up(RuleInput(text, "invoice")))
    assert not list(amounts.sums_add_up(RuleInput(text.replace("21.60", "11.60"), "invoice")))


@pytest.mark.parametrize(
    ("figures", "differs"),
    [
        ("Tax 48.66 319.00\nTotal 270.34\n", False),  # among the totals of a row
        ("Total 1,68,15,000\n", False),
        ("Total 391.00\n", True),
    ],
)
def test_a_sum_in_words_that_stands_somewhere_in_figures_differs_from_none(
    figures: str, differs: bool
) -> None:
    words = "one crore sixty eight lakh fifteen thousand" if "," in figures else "three hundred nineteen"
    view = RuleInput(f"Invoice 7\n{figures}Amount in words: {words} only\n", "invoice")
    assert bool(list(in_words.words_and_figures_differ(view))) is differs


@pytest.mark.parametrize(
    ("text", "is_outside"),
    [
        ("Tutto Buy\nTunisie, Sfax\nTVA 19% 1,90\nTotal TTC 11,90\n", True),
        ("Atlas SA\nICE : 001234567000089\nTVA 20% 160,00\nTotal TTC 960,00\n", True),
        ("Atlas SA\nTVA 20% 160,00 DH\nTotal TTC 960,00 DH\n", True),
        ("Atlas SA\nTVA 20% 160,00 €\nTotal TTC 960,00 €\n", False),
    ],
)
def test_a_seller_far_outside_the_union_is_not_asked_for_its_vat_number(text: str, is_outside: bool) -> None:
    assert bool(list(asked.seller_outside_eu(RuleInput(f"FACTURE 7\n{text}", "invoice")))) is is_outside


@pytest.mark.parametrize(
    ("text", "is_stated"),
    [
        ("Umsatzsteuersatz 19,00%\nUmsatzsteuerbetrag 18,81\n", True),
        ("Umsatzsteuersatz 19\nUmsatzsteuerbetrag 2.382,00\n", True),
        ("Taux de taxe Prix de base Taxe totale\nProduits 10.000 % 24,09 € 2,41 €\n", True),
        ("Produits 10.000 % 24,09 € 3,41 €\n", False),
        ("Remise 10 % 24,10 € 2,41 €\n", False),
        ("Umsatzsteuersatz 19\n", False),
    ],
)
def test_a_rate_and_its_tax_behind_their_labels_or_in_a_row(text: str, is_stated: bool) -> None:
    found = list(rates.tax_particulars(RuleInput(f"Rechnung 7\n{text}", "invoice")))
    assert bool(found) is is_stated


@pytest.mark.parametrize(
    "number",
    [
        "Steuernummer: 58405/02231",
        "Steuer-Nr. 044 241 601 03",
        "Steuernummer: 013 815 08153",  # Hesse
        "Steuernummer: 75 815 08152",  # Bremen
        "St.-Nr. 29 815 08154",  # Schleswig-Holstein
    ],
)
def test_a_german_tax_number_in_the_groups_of_its_state(number: str) -> None:
    assert list(particulars.supplier_tax_number(RuleInput(f"Rechnung 7\n{number}\n", "invoice")))


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("NET TOTAL: $1,992.16\nTOTAL: $2,290.98\nG.S.T $298.82\n", "pass"),
        (
            "Vir SEPA 31/10/2017 147,00 €\nTotal HT 530,75 €\nTVA 0,00 €\nTTC 530,75 €\nSolde 383,75 €\n",
            "pass",
        ),
        (
            "Virement 05/11/2017 201,00 €\nTotal HT 624,90 €\nTVA 46,25 €\nTTC 671,15 €\nSolde 470,15 €\n",
            "pass",
        ),
        (
            "Virement 05/11/2017 202,00 €\nTotal HT 624,90 €\nTVA 46,25 €\nTTC 671,15 €\nSolde 470,15 €\n",
            "fail",
        ),
    ],
)
def test_a_tax_below_the_total_and_a_transfer_above_it(text: str, judged: str) -> None:
    assert verdict(f"Invoice 7\n{text}")[0] == judged


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("Facture référencée : F20260003 du 01/01/2026\n", True),
        ("Preceding invoice: F20260003\n", True),
        ("Vorausgegangene Rechnung F20260003\n", True),
        ("Please refer to our invoices\n", False),
    ],
)
def test_the_invoice_that_a_credit_note_amends(text: str, is_named: bool) -> None:
    assert bool(list(particulars.amended_invoice(RuleInput(f"Avoir 7\n{text}", "credit_note")))) is is_named


def test_the_amended_invoice_is_also_known_from_data() -> None:
    view = RuleInput("ID: C-7\nID: R-12", "credit_note", stated=(("amended_invoice", "R-12"),))
    assert list(particulars.amended_invoice(view)) == [(12, 16)]


def test_that_nothing_is_due_of_what_was_not_paid_fails_and_is_no_sign_of_an_altered_total() -> None:
    text = "Invoice 7\nBrush 1 600.00 600.00\nTotal 600.00\nPaid Amount 0.00\nRemaining Amount {}\n"
    assert verdict(text.format("0.00"))[0] == "fail" and flagged(text.format("0.00")) == {}
    assert set(flagged(text.format("500.00"))) == {"wrong_total"}


def test_a_part_of_a_month_is_no_wrong_line() -> None:
    lines = "".join(f"Plan {n} 1.0 19.00 19.00\n" for n in (1, 2, 3))
    assert flagged(f"Invoice 7\n{lines}Proration 1.0 19.00 6.13\nTotal 63.13\n") == {}


@pytest.mark.parametrize(
    "register", ["397 480 930 R.C.S. PARIS - FR 74 397 480 930", "RCS Paris - FR 74 397 480 930"]
)
def test_a_register_beside_a_vat_number_is_not_that_of_another(register: str) -> None:
    (one,) = facts.seller_tax_number(RuleInput(f"Facture 7\nNord {register}\n", "invoice"))
    assert one.sure


def test_charges_that_are_not_understood_make_no_total_of_lines_wrong() -> None:
    lines = "Farbe 2 10,00 20,00\nLeim 3 10,00 30,00\nZwischensumme 9,50 50,00\n"
    text = f"Rechnung 7\n{lines}Nachlass -5,00 0,00 -5,00\nNetto 45,00\nUmsatzsteuer 8,55\nBrutto 53,55\n"
    assert flagged(text) == {}
    assert list(amounts.sums_add_up(RuleInput(text, "invoice")))


@pytest.mark.parametrize(("siren", "sure"), [("732 829 320", True), ("519 887 657", False)])
def test_a_french_vat_number_has_the_siren_of_its_holder(siren: str, sure: bool) -> None:
    text = f"FACTURE 7\nSARL Atta\nSIREN : {siren}\nN° TVA : FR44732829320\n"
    (one,) = facts.seller_tax_number(RuleInput(text, "invoice"))
    assert (text[one.start : one.end], one.sure) == ("FR44732829320", sure)


TAXED_LINES = """TAX INVOICE
No: 14
Polish 1 1500.00 1500.00 18 1770.00
Wash 1 500.00 500.00 18 590.00
Sub Total {}
Discount 60.00
Taxable Value {}
CGST 180.00
SGST 180.00
Grand Total 2300.00"""


@pytest.mark.parametrize(("net", "wrong"), [("2000.00", False), ("2050.00", True)])
def test_lines_with_tax_in_a_table_are_no_fault_where_those_without_it_add_up(net: str, wrong: bool) -> None:
    text, rows = TAXED_LINES.format(net, net), []
    for words in (("Polish", "1", "1500.00", "18", "1770.00"), ("Wash", "1", "500.00", "18", "590.00")):
        at, cells = text.index(words[0]), []
        for role, word in zip(("description", "quantity", "price", "other", "amount"), words, strict=True):
            at = text.index(f" {word}" if cells else word, at) + bool(cells)
            cells.append(Cell(role, at, at := at + len(word)))  # type: ignore[arg-type]
        rows.append(tuple(cells))
    view = RuleInput(text, "invoice", tables=(Table(tuple(rows)),))
    assert any(one.amount.value == 1770 for one in read_invoice(text, view.tables).items)
    assert bool(list(amounts.broken_sum(view))) == bool(list(amounts.wrong_total(view))) == wrong


@pytest.mark.parametrize(("total", "altered"), [("238.00", False), ("258.00", True)])
def test_a_wrong_summary_of_taxes_is_no_altered_total(total: str, altered: bool) -> None:
    text = "INVOICE\nPen 2 50.00 100.00 119.00\nInk 1 100.00 100.00 119.00\nSubtotal 200.00\nVAT 19.00\n"
    text += f"Total {total}"
    assert verdict(text)[0] == "fail"
    assert ("wrong_total" in flagged(text)) == altered


@pytest.mark.parametrize(
    ("lines", "totals", "judged"),
    [
        ("Hull 20 1425.00 28500.00 2565.00 2565.00 33630.00\nLamp 1 1086.75 1086.75 97.81 97.81 1282.37",
         "Taxable Amount 29586.75\nCGST 2662.81\nSGST 2662.81\nTotal Amount 34912.37", "pass"),
        ("Hull paint 2 100.00 121.00 242.00\nLamp 1 50.00 60.50 60.50",
         "Subtotal 250.00\nVAT 52.50\nTotal payable with tax 302.50", "review"),
        ("Hull 2 100.00 200.00\nLamp 1 50.00 50.00", "Subtotal 280.00\nVAT 50.00\nTotal 330.00", "fail"),
        ("Lamp 8 457.58 3660.64 695.52 4356.16\nDesk 9 6.09 54.81 10.41 65.22",
         "Subtotal 4715.45\nVAT 19% 705.93\nTotal 5421.38", "fail"),  # the taxes of the lines are right
        ("Licence 12 12 955.00 137520.00\nSupport 5 12 440.00 26400.00\nTraining 5 3 90.00 1350.00",
         "Subtotal 165270.00\nCredits -270.00\nAmount due 165000.00", "pass"),
    ],
)  # fmt: skip
def test_a_total_is_wrong_only_if_no_other_column_makes_it(lines: str, totals: str, judged: str) -> None:
    text = f"INVOICE No. 7 of 12 May 2026\n{lines}\n{totals}"
    assert verdict(text)[0] == judged
    assert bool(SUM_RULES & flagged(text).keys()) == (judged == "fail")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("Seats 5 12 40.00 2400.00", False),  # times months
        ("Seats 5 40.00 20.00 32.40 212.40", False),  # less a discount, with tax
        ("Seats 5 40.00 10% 180.00", False),
        ("Seats 5 40.00 240.00", True),
    ],
)
def test_a_line_whose_figures_make_its_amount_is_not_wrong(line: str, wrong: bool) -> None:
    text = f"INVOICE\nPaint 2 10.00 20.00\nBrush 3 4.00 12.00\nTape 7 3.00 21.00\n{line}\nTotal 900.00"
    assert bool(list(wrong_line_amount(RuleInput(text, "invoice")))) == wrong


def test_rows_that_a_table_takes_for_one_are_read_from_the_text() -> None:
    text = "INVOICE No: 14\nLicence 01 35000.00 35000.00\nSupport 01 12000.00 12000.00\nTOTAL: 47000.00"
    start, end = text.index("Licence"), len(text)
    first = text.index("01")
    cells = (
        Cell("description", start, end),
        Cell("quantity", first, first + 2),
        Cell("price", first + 3, first + 11),
        Cell("amount", first + 12, first + 20),
    )
    view = RuleInput(text, "invoice", tables=(Table((cells,)),))
    assert list(amounts.sums_add_up(view))


@pytest.mark.parametrize(
    ("lines", "totals", "judged"),
    [
        ("Glasses 40 -0.90 -36.00\nJugs 10 -2.40 -24.00\nDiscount on hire -1 12.00 -12.00", "-48.00", "pass"),
        ("Glasses 40 -0.90 -36.00\nJugs 10 -2.40 -24.00\nDiscount on hire 1 12.00 12.00", "-48.00", "pass"),
        ("Gläser 40 0,90 36,00\nKrüge 10 2,40 24,00\nTreuerabatt 1 12,00 12,00", "48,00", "pass"),
        ("Verres 40 0,90 36,00\nCruches 10 2,40 24,00\nAcompte -1 12,00 -12,00", "48,00", "pass"),
        ("Glasses 40 -0.90 -36.00\nJugs 10 -2.40 -24.00\nDiscount on hire -1 12.00 -12.00", "-84.00", "fail"),
        ("Glasses 40 0.90 36.00\nJugs 10 2.40 24.00\nDiscount on hire -1 12.00 -12.00", "84.00", "fail"),
        ("Glasses 40 -0.90 -36.00\nJugs 10 -2.40 -24.00\nSpoons -1 12.00 -12.00", "-48.00", "fail"),
    ],
)  # fmt: skip
def test_discounts_and_deposits_of_either_sign_lower_the_sum(lines: str, totals: str, judged: str) -> None:
    text = f"CREDIT NOTE No. 7 of 12 May 2026\n{lines}\nSubtotal {totals}"
    assert verdict(text)[0] == judged
    assert ("wrong_total" in flagged(text, "credit_note")) == (judged == "fail")


@pytest.mark.parametrize("signs", ["- - - -", "- + + +", "+ - - -", "+ + + -", "- - + +", "- - - +"])
@pytest.mark.parametrize(("total", "judged"), [("60.00", "pass"), ("66.00", "fail")])
def test_a_credit_note_prints_its_amounts_with_either_sign(signs: str, total: str, judged: str) -> None:
    line, net, tax, gross = (sign.replace("+", "") for sign in signs.split())
    text = (
        f"CREDIT NOTE No. 7 of 12 May 2026\nRope 4 {line}5.00 {line}20.00\nSail 2 {line}15.00 {line}30.00\n"
    )
    text += f"Subtotal {net}50.00\nVAT 20% {tax}10.00\nTotal {gross}{total}"
    assert verdict(text, "credit_note")[0] == judged
    assert ("wrong_total" in flagged(text, "credit_note")) == (judged == "fail")


def test_what_is_due_of_an_invoice_has_the_sign_of_its_total() -> None:
    text = "INVOICE 7\nRope 4 5.00 20.00\nSail 2 15.00 30.00\nSubtotal 50.00\nVAT 20% 10.00\nTotal -60.00"
    assert verdict(text)[0] == "fail" and verdict(text, "credit_note")[0] == "pass"


@pytest.mark.parametrize(
    ("text", "doubled"),
    [
        ("{line}\nBrush 3 4.00 12.00\n{total}", 0),
        ("{line}\n{line}\nBrush 3 4.00 12.00\n{total}", 1),
        ("{line}\nBrush 3 4.00 12.00\n{total}\nOffice copy\n{line}\nBrush 3 4.00 12.00\n{total}", 0),
        ("{line}\n{line}\n{total}\nOffice copy\n{line}\n{line}\n{total}", 2),
        ("Foredeck\n{line}\nBrush 3 4.00 12.00\nCabin roof\n{line}\n{total}", 0),
        ("{line}\nsilk gloss\n{line}\nsilk gloss\n{total}", 1),
    ],
)
def test_a_copy_or_another_part_of_the_work_bills_nothing_twice(text: str, doubled: int) -> None:
    printed = "INVOICE 7\n" + text.format(line="Yacht paint 2 10.00 20.00", total="Total 32.00\nPaid 2.00")
    assert len(list(duplicates.duplicate_invoice_line(RuleInput(printed, "invoice")))) == doubled


def test_a_fee_for_what_is_taken_back_lowers_a_credit() -> None:
    text = "CREDIT NOTE 7\nRope 4 5.00 20.00\nSail 2 15.00 30.00\nRestocking fee 1 8.00 8.00\nTotal 42.00"
    assert verdict(text, "credit_note")[0] == "pass"


@pytest.mark.parametrize("dash", [",–", ",-", ",--"])
def test_a_dash_in_place_of_cents_is_none(dash: str) -> None:
    text = f"Rechnung 7\nNettobetrag € 1.600{dash}\nUSt. 20% € 320{dash}\nBruttobetrag € 1.920{dash}\n"
    totals = {one.role: one.amount.value for one in amounts.read_invoice(text).of("net", "tax", "gross")}
    assert totals == {"net": 1600, "tax": 320, "gross": 1920}


def test_a_net_amount_without_tax_is_no_exemption() -> None:
    text = (
        "Rechnung 7\nDer steuerfreie Netto-Betrag ist 90,50. Zuzüglich der Mehrwertsteuer ergibt sich mehr."
    )
    assert not list(rates.tax_particulars(RuleInput(text, "invoice")))
