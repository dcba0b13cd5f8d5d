"""Layouts of printed invoices: how number, date, total and seller are named, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial import billed, facts, further_totals, references, titled, trading
from docassay.domains.financial.figures import notation_of, read_line
from docassay.schemas.tables import Cell, Role, Table


def found(
    reader: Callable[[RuleInput], Iterable[Found | Span]], text: str, tables: tuple[Table, ...] = ()
) -> list[str]:
    view = RuleInput(text, "invoice", tables=tables)
    return list(dict.fromkeys(text[one.start : one.end] for one in (Found(*item) for item in reader(view))))


@pytest.mark.parametrize(
    ("reader", "text", "number"),
    [
        (titled.number, "Rechnungsdaten\nRechnungsnr.: NL-26-41\nKundennr.: KB-100\n", "NL-26-41"),
        (titled.number, "KundenNr: 34034\nRechnungsNr: 70128793\n", "70128793"),
        (titled.number, "R E C H N U N G Nr. 6866 Kundennr.: 61\n", "6866"),
        (titled.number, "Momo\nINVOICE\nINV00013\nDATE\nMay 18, 2020\n", "INV00013"),
        (facts.number, "Rechnungsnummer 481 207 3355\nDatum 4.5.2024\n", "481 207 3355"),
        (facts.number, "Rechnungsnummer: 00,01,0042\n", "00,01,0042"),
        (facts.number, "Invoice #— 3189846\nCustomer 7\n", "3189846"),
        (facts.number, "Numéro de la commande: 405-25 Numéro de la facture: AEU-38\n", "AEU-38"),
    ],
)
def test_a_number_is_found_by_its_label_below_its_title_and_beside_another(
    reader: Callable[[RuleInput], Iterable[Found]], text: str, number: str
) -> None:
    assert found(reader, text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "voici votre facture du 2 novembre 2019 :\n",
        "Montant de cette facture 7.99\n",
        "Numéro de la commande: 405-25\n",
    ],
)
def test_a_month_an_amount_and_an_order_are_no_number(text: str) -> None:
    assert not found(facts.number, text) and not found(titled.number, text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("VAT Reg. Date: 01/01/2003\nInvoice Date: 19th Jun 2019\n", "Invoice Date: 19th Jun 2019"),
        ("PO date : 11.11.2025\nInvoice date:27.12.2025\n", "Invoice date:27.12.2025"),
        ("Rechnung\nReichenschwand 04.07.2023\nLieferdatum, 30.06.2023\n", "Reichenschwand 04.07.2023"),
        (
            "Date de la facture/Date de la livraison: 29.05.2018\n",
            "Date de la facture/Date de la livraison: 29.05.2018",
        ),
    ],
)
def test_the_date_of_the_invoice_comes_before_other_days(text: str, day: str) -> None:
    assert found(facts.issue_date, text) == [day]


def test_a_day_of_supply_is_not_that_of_the_letter() -> None:
    assert not found(facts.issue_date, "Rechnung\nLeistungsdatum 17.11.2017\n")


@pytest.mark.parametrize(
    ("written", "value"),
    [("₹29,49,934.37", "2949934.37"), ("5,72,500/-", "572500"), ("₹1,50,000.00", "150000.00")],
)
def test_amounts_in_lakh_and_crore(written: str, value: str) -> None:
    line = f"Total: {written}"
    figures, label = read_line(line, 0, notation_of(line))
    assert [(one.value, one.money) for one in figures] == [(Decimal(value), True)] and label == "Total:"


@pytest.mark.parametrize(
    ("text", "gross", "is_sure"),
    [
        ("Subtotal in EUR €28.20\nTotal in EUR €28.20\n", "28.20", True),
        ("Net 10.00 VAT (20%) 2.00 Gross 12.00\n", "12.00", True),
        ("Price Tax(%) Tax Total\nTotal 1 278.61 40.39 319.00\n", "319.00", True),
        ("Total 805 KGS ₹ 2,20,377.00\n", "2,20,377.00", True),
        (
            "Gesamtsumme 99,00\nSumme Umsatzsteuer 18,81\nGesamtsumme 117,81\nGesamtsumme 99,00\n",
            "117,81",
            True,
        ),
        ("Total 28,20 €\nPaiements\nTotal -28,02 €\nTotal 28,20 €\n", "28,20", True),
        ("Subtotal: $100.00\nSales Tax: $8.00\nShipping: $5.00\nTOTAL DUE: $113.00\n", "113.00", True),
        ("Subtotal: 100.00\nCGST 9%: 9.00\nSGST 9%: 9.00\nTotal payable: 118.00\n", "118.00", True),
        (
            "Box\nTotal: $10.00\nLid\nTotal: $4.00\nSubtotal: $14.00\nTax: $1.00\nTOTAL DUE: $15.00\n",
            "15.00",
            False,
        ),
        ("Qty: 2 boxes\nPrice: $5.00 each\nTotal: $10.00\nInvoice total: $31.00\n", "31.00", True),
    ],
)
def test_the_whole_of_an_invoice(text: str, gross: str, is_sure: bool) -> None:
    one = next(iter(facts.gross(RuleInput(f"Invoice\n{text}", "invoice"))))
    assert f"Invoice\n{text}"[one[0] : one[1]].strip("₹$€") == gross
    assert Found(*one).sure is is_sure


def test_what_is_due_alone_is_a_hint_at_the_whole() -> None:
    text = "Invoice\nItem A: $500.00\nTotal Amount Due: $500.00\n"
    (one,) = further_totals.gross_of_due(RuleInput(text, "invoice"))
    assert (text[one.start : one.end], one.sure) == ("500.00", False)


@pytest.mark.parametrize(
    ("text", "total", "is_sure"),
    [
        ("Total: 25,000,000 VND\n", "25000000", True),
        ("Total Amount: 890\n", "890", True),
        ("Total = 100.0 ZAR\n", "100.0", True),
        ("Total payment: 6750 $\nTotal: 12\n", "12", True),
        ("TOTAL: ₹48.66 ₹319.00\n", "319.00", True),  # the last of a row of sums
        ("Grand Total: Rs. 1,68,15,000/-\n", "16815000", True),
        ("Total (incl. 19% VAT): 119\n", "119", True),
        ("Thank you for coming Total : 3387.2\n", "3387.2", False),
        ("Invoice Value:\n245\n", "245", True),
        ("Total: 10\nTotal: 20\nSubtotal: 30\nTotal: 33\n", "33", True),  # of lines, then of all
        ("Subtotal: $6,500 VAT (10%): $650 Invoice Total: $7,150.00\n", "7150.00", True),
        ("<b>Total:</b> <b>$20,072.50</b>\n", "20072.50", True),
        ("Total Billed Amount: 48,250.00\n", "48250.00", True),
        ("Totaal € 20,-\n", "20", True),
        ("TOTAL IMPORTE FACTURA 118,60 €\n", "118.60", True),
        ("Die Brutto Endsumme von 1.428,60 €.\n", "1428.60", False),
    ],
)
def test_a_total_that_is_no_plain_line_of_money(text: str, total: str, is_sure: bool) -> None:
    (one,) = further_totals.gross(RuleInput(f"Invoice\n{text}", "invoice"))
    assert (one.normalised, one.sure) == (total, is_sure)


@pytest.mark.parametrize(
    "text",
    [
        "Total Pcs.: 27\n",  # a count
        "Total\n5\n7\n",  # the heading of a column
        "Line total\n500\n250\n",
        "Total of 5 items and 3 boxes\n",
        "Subtotal: 100\n",
    ],
)
def test_what_is_called_a_total_and_is_none(text: str) -> None:
    assert not list(further_totals.gross(RuleInput(f"Invoice\n{text}", "invoice")))


def test_a_value_below_its_heading_stands_in_its_column() -> None:
    found = further_totals.gross_of_due(RuleInput("Total Due\n1,679.34\n\nDate\n", "invoice"))
    assert [(one.normalised, one.sure) for one in found] == [("1679.34", False)]
    paid = RuleInput("Deposit paid 20.00\nTotal Due\n1,679.34\n\nDate\n", "invoice")
    assert not list(further_totals.gross_of_due(paid))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("INVOICE\n#20260517 · May 17, 2026\n", "20260517"),
        ("Invoice : #001\n", "001"),
        ("Invoice: GWB/FB0002/26\n", "GWB/FB0002/26"),
        ("Facture N° : 2\n", "2"),
        ("INVOICE\n+1 (415) 555-0182 #INV-2026-042\n", "INV-2026-042"),
        ("RECHNUNG\n2503001\n", "2503001"),
        ("Facture F1 du 26-05-2019\n", "F1"),
        ("Invoice #20260131\n", "20260131"),
        ("Pharmacy\nInvoice ID: 1\n", "1"),
        ("25.03.2022\nRechnung: 4\n", "4"),
        ("a@mail.exampleFacture F3 du 26-05-2019\n", "F3"),
        ("Die Rechnungsnummer für diesen Vorgang lautet M-1675.\n", "M-1675"),
        ("INVOICE\nReference: PART-001\nDate: 2024-04-05\n", "PART-001"),
        ("Factura\nFecha: 27/03/2026\nNº Factura: F/162\n", "F/162"),
        ("Office\nIndustry\n" * 15 + "RECHNUNG\n2503001\nProjekt\n", "2503001"),
    ],
)
def test_numbers_with_little_to_tell_them(text: str, number: str) -> None:
    first = found(facts.number, text) or found(titled.number, text)
    assert first == [number]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Nord Ltd\nINVOICE\nINV_004\n2 May 2026\n", ["INV_004"]),
        ("Votre Facture : Votre compte :\nN°: B2/2018-98 0987 9074\n", ["B2/2018-98"]),
        ("Reçu\nNo 1639875\nDestinataire de la facture :\n", ["1639875"]),
        ("TIMOLOGIO / INVOICE\nARITHMOS / NUMBER: 2\n", ["2"]),
        ("Delivery note\nNo 1639875\n", []),
        ("Invoice\nCREDIT 200\nRETURN 12\n", []),
    ],
)
def test_a_number_without_a_label_of_its_own_is_a_hint(text: str, numbers: list[str]) -> None:
    given = list(titled.number_without_label(RuleInput(text, "invoice")))
    assert [text[one.start : one.end] for one in given] == numbers
    assert not any(one.sure for one in given)


def test_of_several_invoices_in_a_file_the_totals_of_the_first_count() -> None:
    one = "Invoice Number : A-{0}\nNet 100.0{0}\nTax 20.00\nTotal 120.0{0}\n"
    text = one.format(1) + one.format(2)
    assert found(facts.gross, text) == ["120.01"] and found(facts.net, text) == ["100.01"]
    text = "".join(f"Invoice Number : A-{n}\nTOTAL: ₹{n}.62 ₹2{n}9.00\n" for n in (1, 2))
    assert found(further_totals.gross, text) == ["219.00"]


def test_an_amount_that_stands_alone_is_a_hint_at_the_total() -> None:
    text = "Invoice No: 12\nVendor: Abel\nAmount: $1,250.00\n"
    (one,) = further_totals.only_amount(RuleInput(text, "invoice"))
    assert (text[one.start : one.end], one.sure) == ("1,250.00", False)
    assert not list(further_totals.only_amount(RuleInput(f"{text}Amount: $2.00\n", "invoice")))


@pytest.mark.parametrize(
    ("text", "code"),
    [("Total TTC :30.0 TND\n", "TND"), ("TOTAL TTC: 960.0 DH\n", "MAD"), ("Total 12.00 PCS\n", None)],
)
def test_a_currency_behind_an_amount(text: str, code: str | None) -> None:
    given = [Found(*one).normalised for one in facts.currency(RuleInput(f"Facture\n{text}", "invoice"))]
    assert given == ([code] if code else [])


@pytest.mark.parametrize("text", ["Invoice 2024\n", "Invoice: 31.01.2024\n", "Invoice No\n20240131\n"])
def test_a_year_or_a_date_is_no_number(text: str) -> None:
    assert not found(facts.number, text)


def test_the_one_date_of_the_head_is_a_hint() -> None:
    text = "Nord Ltd\nInvoice\n#7 · May 17, 2026\nDue Date May 31, 2026\n"
    (one,) = titled.only_date(RuleInput(text, "invoice"))
    assert (text[one.start : one.end], one.sure) == ("May 17, 2026", False)
    assert not list(titled.only_date(RuleInput("Invoice\n1 May 2026\n2 May 2026\n", "invoice")))


@pytest.mark.parametrize(
    "text",
    [
        "Gross 100.00\nAgency commission 15.00\nNet due 85.00\n",  # what is due is not the whole
        "Amount due: 50.00\nLess deposit 20.00\n",
        "Total 12 100.00 200.00 300.00\n",  # months of a plan, and no tax
    ],
)
def test_what_is_due_after_payments_is_not_the_whole(text: str) -> None:
    values = {Found(*one).normalised for one in facts.gross(RuleInput(text, "invoice"))}
    assert not values & {"85.00", "50.00"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CONTOSO LTD.\nINVOICE 7\nNew York, NY, 10001\nREMIT TO:\nContoso Billing\n", "CONTOSO LTD."),
        (
            "Dated\nRate\nInvoice 7\nfor V V S POWER SOLUTIONS\nAuthorised Signatory\n",
            "V V S POWER SOLUTIONS",
        ),
        ("Facture 7\nTotal 9,00\nGandi SAS au capital de 2.300.000 euros\n", "Gandi SAS"),
        ("Facture 7\nOlinda, société anonyme au capital de 185 174 €\n", "Olinda"),
        ("Invoice 7\nAtlas Pty Ltd, Level 6, 341 George St, Sydney NSW 2000, Australia\n", "Atlas Pty Ltd"),
        ("Invoice 7\nJo Van Dorn\njo.vandorn@mail.example\nInvoice To:\nWoof Inc\n", "Jo Van Dorn"),
        ("RECHNUNG\nVon: Muster GmbH, Ulmenallee 10, 10115 Berlin\nAn: Nord AG\n", "Muster GmbH"),
        (
            "Turf and Pest\nINVOICE\n2400 Old Oak Street\nHillsborough, NC 27278\n919-923-2361\n",
            "Turf and Pest",
        ),
        ("Facture\nSociété: Abel\nAdresse: 3 rue du Port\nNom: Jean Dupont\n", "Abel"),
        ("Invoice\nFrom / Seller: Tech Parts AB\nNo 7\n", "Tech Parts AB"),
        ("Invoice\nYour Company Inc.\n12 Oak Street\n", "Your Company Inc."),
        ("Sales Invoice\nethio telecom\nInvoice 7\nwww.ethiotelecom.et\n", "ethio telecom"),
        ("Informationen zum Verkäufer\nFirmenname: Nord Leister\nOrt: Bremen\n", "Nord Leister"),
        (
            "Invoice 7\nIndeed Operations Ltd\n124 Green\nDublin 2\nIreland\nVAT# IE 98 209 58W\n",
            "Indeed Operations Ltd",
        ),
        (
            "Bayside Court\n4 Bayside Court\nOrewa\nJob 12\nOrewa\nTax Invoice 7\n"
            "Kauri Gardens Limited\nP.O. Box 12-345\nTakapuna\nGST No 12 345 678\n",
            "Kauri Gardens Limited",
        ),
        (
            "Invoice 7\nTotal: 139.90\nDate: 3 May 2024\nDue: 4 May 2024\nKAMAR AUTO SPARES\nPart 1\n",
            "KAMAR AUTO SPARES",
        ),
        ("De Meer Watersport\nFACTUUR 7\nTotaal 9,00\n", "De Meer Watersport"),
        (
            "Invoice 7\nOrder 8\nGulf Shop W.L.L, Block 4, Road 12, Kuwait City 13001, Kuwait\n",
            "Gulf Shop W.L.L",
        ),
        ("Facture 7\nnord_shop\n3 rue du Port\nnord_shop@mail.example\n", "nord_shop"),
        ("Müller-Service Bad Hauptstraße 12, 12345 Berlin\nRechnung 7\n", "Müller-Service Bad"),
        ("Rechnung 7 Datum: 3.4.2026 Aussteller: Nord Strategy Group, Bremen\n", "Nord Strategy Group"),
        ("Statement 7\nOak Street 1\nMAKE CHEQUES PAYABLE TO:\nCITY OF ALDER\n", "CITY OF ALDER"),
        ("Mia Lund Invoice #: 12\nDate: 3 May 2024\nmia.lund@mail.example\n", "Mia Lund"),
        (
            "Private Bag 9\ninfo@aquanorth.test\nStatement\nAquanorth Services Limited\nSummary\n",
            "Aquanorth Services Limited",
        ),
        ("Tax Invoice 7\nVendor Sona Traders Pvt Ltd\nVendor City: Pune\n", "Sona Traders Pvt Ltd"),
        (
            "Berlin, 25.1.24\nNord Film\nRECHNUNG\nATELIER SÜD, Kulmer Str. 20, 10783 Berlin\nGesamt 9,00\n",
            "ATELIER SÜD",
        ),
    ],
)
def test_the_seller_in_head_foot_and_signature(text: str, name: str) -> None:
    assert found(trading.seller, text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Invoice 7\nAustralia\nBalance due\n",
        "Rechnung 7\nFrau\nDoris Muster\nMusterweg 1\n8500 Stadt\nTel 1\nDoris Muster\n",
        "Invoice 7\n24 Months\nDue: Sunday\n24 Months\n",
        "Invoice 7\nMONTHLY CHARGES\nCheck\nSERVICE DESCRIPTION PRICE QTY TOTAL\nCheck\n",
        "Facture 7\nSociété régie par le code des assurances\nSiège social : Paris\n",
        "Adresse de livraison\nNoble\nBug Builders\n7 rue Constant\nTotal\nBug Builders\n",
        "Sample Invoice\nInvoice 7\nNew Zealand\n",
        "Facture 7\nGestion de la boutique et des\nclients\nGestion de la boutique et des\n",
    ],
)
def test_countries_headings_and_whom_it_is_sent_to_are_not_the_seller(text: str) -> None:
    assert not found(trading.seller, text)


def test_a_seller_who_is_also_named_as_the_buyer_is_a_hint() -> None:
    text = (
        "Rechnung 7\nRechnungsadresse:\nStudio Vier\nMusterweg 1\n10115 Berlin\nKontoinhaber: Studio Vier\n"
        "STUDIO VIER\nwww.studiovier.test\nSTUDIO VIER, Musterweg 1, 10115 Berlin\n"
    )
    (one,) = trading.seller(RuleInput(text, "invoice"))
    assert (text[one.start : one.end].casefold(), one.sure) == ("studio vier", False)


def test_words_behind_a_tax_are_no_tax_number() -> None:
    assert not found(
        references.sellers_number, "NEXGEN Innovation drives progress\nVAT Reverse Charge Notes\n"
    )
    assert found(references.sellers_number, "VAT no. DE123456789\n") == ["DE123456789"]


def test_a_line_whose_parts_stand_below_one_another() -> None:
    text = "1\nPosition: 1\nMenge 20.0000\nEinheit H87\nPreis pro Einheit (netto) 9,9\nGesamtpreis 198,00\n"
    assert found(billed.line_quantity, text) == ["20.0000"]
    assert found(billed.line_unit_price, text) == ["9,9"]
    assert found(billed.line_amount, text) == ["198,00"]


@pytest.mark.parametrize(
    ("columns", "price", "amount"),
    [
        ([("other", "129,00"), ("amount", "129,00")], "129,00", "129,00"),
        ([("other", "177,38"), ("other", "354,76"), ("amount", "0,16")], "177,38", "354,76"),
        ([("price", "5,00"), ("other", "3,00"), ("amount", "4,00")], "5,00", "4,00"),
    ],
)
def test_figures_that_multiply_are_price_and_amount(
    columns: list[tuple[Role, str]], price: str, amount: str
) -> None:
    quantity = "1" if price == amount else "2"
    text, cells = f"Box {quantity}", [Cell("description", 0, 3), Cell("quantity", 4, 5)]
    for role, written in columns:
        cells.append(Cell(role, len(text) + 1, len(text) + 1 + len(written)))
        text += f" {written}"
    tables = (Table((tuple(cells),)),)
    assert found(billed.line_unit_price, text, tables) == [price]
    assert found(billed.line_amount, text, tables) == [amount]


def test_what_is_to_be_written_on_the_transfer_is_a_hint_at_the_number() -> None:
    text = "Bitte überweisen Sie. Verwendungszweck: PP-RE-26-0198\n"
    view = RuleInput(text, "invoice")
    assert [(text[one.start : one.end], one.sure) for one in titled.number_of_transfer(view)] == [
        ("PP-RE-26-0198", False)
    ]


def test_a_first_day_of_a_period_is_not_that_of_the_bill() -> None:
    text = "Bill Date\n24 Nov 2023 - 21 Dec 2023\nBilling Period\nIssue Date: 24 Dec 2023\n"
    assert found(facts.issue_date, text) == ["Issue Date: 24 Dec 2023"]


def test_what_is_due_on_a_bill_of_a_utility_is_a_hint_at_its_total() -> None:
    text = "Balance Forward: 45.20\nWater Charges: 49.09\nTotal Due: 94.29\n"
    (one,) = further_totals.gross_of_due(RuleInput(text, "utility_bill"))
    assert (text[one.start : one.end], one.sure) == ("94.29", False)
    assert not list(further_totals.gross_of_due(RuleInput(text, "credit_note")))


@pytest.mark.parametrize(
    ("text", "total", "is_sure"),
    [
        ("GSTIN 1\nTotal Amount Rs.84500\n", "84500", True),
        ("Total 4200\nGrand Total 4200\nTotal 60 40\n", "4200", False),
        ("Total current month's charges $61.20\n", "61.20", True),
    ],
)
def test_a_total_in_rupees_repeated_or_of_a_month(text: str, total: str, is_sure: bool) -> None:
    (one,) = (Found(*item) for item in further_totals.gross(RuleInput(text, "invoice")))
    assert (text[one.start : one.end], one.sure and one.alternative is None) == (total, is_sure)


def test_a_number_of_things_is_no_total_where_money_has_cents() -> None:
    assert not found(further_totals.gross, "Desk 450.00\nChair 120.00\nTotal 2\n")
    assert found(further_totals.gross, "Desk 450.00\nTotal $ 20\n") == ["20"]
    assert found(further_totals.gross, "Pen 20.00\nDiscounted from 400.00\nTotal 20\n") == ["20"]


def test_a_date_below_visits_is_not_that_of_the_invoice() -> None:
    assert not found(titled.issue_date, "Invoice 7\nDays visited\n16/01/20\n")
    assert found(titled.issue_date, "Invoice 7\nAuckland\n16/01/20\n") == ["16/01/20"]
