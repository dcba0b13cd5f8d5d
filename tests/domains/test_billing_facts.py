"""Facts of invoices, orders and receipts: what is found in print, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial import billed, facts, receipt_head, receipts, references, trading
from docassay.domains.financial.facts import named_totals
from docassay.schemas.tables import Cell, Table
from docassay.transforms.extract import read_facts

Reader = Callable[[RuleInput], Iterable[Found | Span]]


def read(reader: Reader, text: str, **about: object) -> list[tuple[str, str | None, int | None, bool]]:
    view = RuleInput(text, "invoice", **about)  # type: ignore[arg-type]
    found = [Found(*item) for item in reader(view)]
    return [(text[one.start : one.end], one.normalised, one.group, one.sure) for one in found]


def written(reader: Reader, text: str, **about: object) -> list[str]:
    return [one[0] for one in read(reader, text, **about)]


GERMAN = """Rechnung Nr. RE-17
Pos Bezeichnung Menge Preis Betrag
1 Wartung der Heizung 2 50,00 100,00
2 Filter 3 1.234,50 3.703,50
Nettobetrag 3.803,50
USt. (19 %) 722,67
Gesamtbetrag 4.526,17
"""


def test_lines_have_a_group_each_and_their_parts_stand_in_the_text() -> None:
    assert read(billed.line_text, GERMAN) == [
        ("Wartung der Heizung", None, 0, True),
        ("Filter", None, 1, True),
    ]
    assert read(billed.line_quantity, GERMAN) == [("2", "2", 0, True), ("3", "3", 1, True)]
    assert read(billed.line_unit_price, GERMAN) == [
        ("50,00", "50.00", 0, True),
        ("1.234,50", "1234.50", 1, True),
    ]
    assert read(billed.line_amount, GERMAN) == [
        ("100,00", "100.00", 0, True),
        ("3.703,50", "3703.50", 1, True),
    ]


def test_headings_tell_quantity_and_price_where_figures_do_not() -> None:
    text = "Invoice\nDescription Price Qty Amount\nBolts 4.00 2.00 8.00\nNuts 3.00 5.00 15.00\nTotal 23.00\n"
    assert written(billed.line_quantity, text) == ["2.00", "5.00"]
    assert written(billed.line_unit_price, text) == ["4.00", "3.00"]


def test_lines_in_whole_amounts_and_with_a_currency_before_the_figures() -> None:
    text = "Invoice\nItem Qty Rate Amount\nLaptop Computers 2 25000 50000\nSupport 1 4000 4000\nTotal 54000\n"
    assert written(billed.line_amount, text) == ["50000", "4000"]
    assert written(billed.line_unit_price, text) == ["25000", "4000"]
    assert not read(billed.line_amount, f"{text}Shipping 9.50\n")
    text = "Invoice\nItem Quantity Rate Amount\nOffice Chair 4 US$75.00 US$300.00\nUS$300.00\n"
    assert read(billed.line_amount, text) == [("300.00", "300.00", 0, True)]
    assert not read(billed.line_amount, "Invoice\nUnit 2 Road 2 4\nSuite 3 Level 4 13\nTotal 9.00\n")


def test_a_subtotal_that_makes_what_is_due_with_its_tax_is_the_net_total() -> None:
    text = "Invoice\nSubtotal: $5,900.00\nSales Tax: $472.00\nAmount Due: $6,372.00\n"
    assert written(facts.net, text) == ["5,900.00"]


def test_a_row_of_a_table_is_read_by_its_columns_with_the_words_below_it() -> None:
    text = "Paper\n9.90 20 198.00\nA4 white\nRemark: none\nTotal 198.00\n"
    row = (
        Cell("description", 0, 5), Cell("price", 6, 10), Cell("quantity", 11, 13), Cell("amount", 14, 20),
        Cell("description", 21, 29), Cell("description", 30, 42),
    )  # fmt: skip
    assert read(billed.line_text, text, tables=(Table((row,)),)) == [("Paper", "Paper A4 white", 0, True)]
    assert written(billed.line_unit_price, text, tables=(Table((row,)),)) == ["9.90"]


@pytest.mark.parametrize(
    ("below", "expected"),
    [("A4", ["Paper A4"]), ("3 m", ["Paper 3 m"]), ("0.02", ["Paper"]), ("€", ["Paper"])],
)
def test_a_size_that_is_wrapped_belongs_to_the_words_of_its_row(below: str, expected: list[str]) -> None:
    text = f"Paper 2 9.90 19.80\n{below}\nTotal 19.80\n"
    row = (
        Cell("description", 0, 5), Cell("quantity", 6, 7), Cell("price", 8, 12), Cell("amount", 13, 18),
        Cell("description", 19, 19 + len(below)),
    )  # fmt: skip
    (line,) = read(billed.line_text, text, tables=(Table((row,)),))
    assert [line[1] or line[0]] == expected
    nameless = (Table((row[1:],)),)
    assert not read(billed.line_text, text, tables=nameless), "what stands below names no row"


def rows_of(text: str, *rows: tuple[str, str]) -> tuple[Table, ...]:
    """Make a table of the first places of words behind those of the row before, by their roles."""
    cells, at = [], 0
    for role, words in rows:
        at = text.index(words, at)
        cells.append(Cell(role, at, at := at + len(words)))  # type: ignore[arg-type]
    ends = [n for n, cell in enumerate(cells, 1) if cell.role == "amount"]
    return (Table(tuple(tuple(cells[begin:end]) for begin, end in zip([0, *ends], ends, strict=False))),)


@pytest.mark.parametrize(("total", "is_sure"), [("225.00", True), ("230.00", False)])
def test_a_row_below_headings_counts_without_a_product_for_sure_where_a_total_proves_it(
    total: str, is_sure: bool
) -> None:
    text = f"Invoice\nItem Qty Price Amount\nBolts 5 20.00 90.00\nNuts 9 15.00 135.00\nTotal {total}\n"
    table = rows_of(
        text,
        ("description", "Bolts"), ("quantity", "5"), ("price", "20.00"), ("amount", "90.00"),
        ("description", "Nuts"), ("quantity", "9"), ("price", "15.00"), ("amount", "135.00"),
    )  # fmt: skip
    # Bolts have a discount.
    assert read(billed.line_amount, text, tables=table) == [
        ("90.00", "90.00", 0, is_sure),
        ("135.00", "135.00", 1, True),
    ]
    assert written(billed.line_unit_price, text, tables=table) == ["20.00", "15.00"]


def test_a_row_without_a_price_is_a_line_where_none_has_one() -> None:
    text = "Facture\nDésignation Qté Montant\nVis 3.00 135.00\nPose 1.00 65.00\nTotal HT 200.00\n"
    cells = [("description", "Vis"), ("quantity", "3.00"), ("amount", "135.00"),
             ("description", "Pose"), ("quantity", "1.00"), ("amount", "65.00")]  # fmt: skip
    assert read(billed.line_amount, text, tables=rows_of(text, *cells)) == [
        ("135.00", "135.00", 0, True),
        ("65.00", "65.00", 1, True),
    ]
    assert not written(billed.line_unit_price, text, tables=rows_of(text, *cells))
    text = "Facture\nDésignation Qté Prix Montant\nVis 3.00 45.00 135.00\nDont 1.00 65.00\nTotal 135.00\n"
    cells = [("description", "Vis"), ("quantity", "3.00"), ("price", "45.00"), ("amount", "135.00"),
             ("description", "Dont"), ("quantity", "1.00"), ("amount", "65.00")]  # fmt: skip
    assert written(billed.line_amount, text, tables=rows_of(text, *cells)) == ["135.00"]


def test_tax_by_rate_with_the_sum_that_it_is_on() -> None:
    assert read(billed.tax_rate, GERMAN) == [("19", "19", 0, True)]
    assert read(billed.tax_base, GERMAN) == [("3.803,50", "3803.50", 0, True)]
    assert read(billed.tax_amount, GERMAN) == [("722,67", "722.67", 0, True)]
    two = "Invoice\nNet total 300.00\nVAT 20 % 200.00 40.00\nVAT 5 % 100.00 5.00\nGross total 345.00\n"
    assert [one[1:3] for one in read(billed.tax_rate, two)] == [("20", 0), ("5", 1)]
    assert written(billed.tax_base, two) == ["200.00", "100.00"]


@pytest.mark.parametrize(
    ("text", "seller", "buyer"),
    [
        (
            "Verkäufer:\nNummer : 549910\nLieferant GmbH\nWeg 2\nKäufer:\nKunden AG Mitte\nRing 3\n",
            ["Lieferant GmbH"],
            ["Kunden AG Mitte"],
        ),
        (
            "Verkäufer\nName: Grund GmbH & Co.\nKäufer/Leistungsempfänger\nName: Liselotte Müller\n",
            ["Grund GmbH & Co."],
            ["Liselotte Müller"],
        ),
        ("Invoice\nFrom: Acme Ltd\nBill to:\nBell Inc.\n12 High Street\n", ["Acme Ltd"], ["Bell Inc."]),
        ("Facture\nFournisseur : Dupont SARL\nClient : Martin SAS\n", ["Dupont SARL"], ["Martin SAS"]),
        (
            "Nord GmbH • Hafenstr. 5 • 20457 Hamburg\nFirma\nMüller Bau KG\nLange Str. 7\n10115 Berlin\n",
            ["Nord GmbH"],
            ["Müller Bau KG"],
        ),
        (
            "Nord GmbH\nHafenweg 5, 20457 Hamburg\nUSt-IdNr.: DE1\nAn: Bau KG, Am Dock 3, 24143 Kiel\n",
            ["Nord GmbH"],
            ["Bau KG"],
        ),
        ("Seller:\nNorthern\nMutual Society Ltd\n1 High Street\n", ["Northern\nMutual Society Ltd"], []),
        ("INVOICE\nSeller:\nBuyer:\nTotal 10.00\n", [], []),
        ("Invoice\nSeller: [Company Name]\nBuyer: {{buyer}}\nTo: be delivered\n", [], []),
        ("Invoice\nFrom: 01.02.2024\nBill to: the address that you gave us for this order\n", [], []),
    ],
)  # fmt: skip
def test_seller_and_buyer(text: str, seller: list[str], buyer: list[str]) -> None:
    assert written(trading.seller, text) == seller
    assert written(trading.buyer, text) == buyer


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Purchase Order No. PO-4711\n", ["PO-4711"]),
        ("Bestellung                    : 2018-471331\n", ["2018-471331"]),
        ("Bestell-Nr : B123\nBestell-Datum : 01.08.2013\n", ["B123"]),
        ("N° BON DE COMMANDE : PO201925478\n", ["PO201925478"]),
        ("Our order no. 17\nSales Order No: 5512\n", []),
        ("Bestellung vom 01.03.2018\n", []),
    ],
)
def test_order(text: str, number: list[str]) -> None:
    assert written(references.order, text) == number


def test_tax_numbers_that_no_authority_has_issued_are_hints_of_the_party_that_they_stand_with() -> None:
    text = "Verkäufer:\nUSt.-Id.-Nr. : DE123456789\nVAT breakdown\nKäufer:\nUSt.-Id.-Nr. : DE136695976\n"
    found = read_facts("financial", RuleInput(text, "invoice"))
    numbers = {(fact.name, fact.value): fact.abstained for fact in found if "tax_number" in fact.name}
    assert numbers == {
        ("seller_tax_number", "DE123456789"): True,
        ("buyer_tax_number", "DE136695976"): False,
    }


def test_a_tax_number_in_data_is_a_hint_where_its_check_digits_are_wrong() -> None:
    for number, sure in (("DE136695976", True), ("DE123456789", False), ("201/113/40209", True)):
        view = RuleInput("Invoice", "invoice", stated=(("seller_tax_number", number),))
        (fact,) = (one for one in read_facts("financial", view) if one.name == "seller_tax_number")
        assert (fact.source, fact.abstained) == ("stated", not sure), number


def test_a_supply_on_the_day_of_issue_has_that_day() -> None:
    text = "Rechnung Nr. 5 vom 12.05.2026\nDas Leistungsdatum entspricht dem Rechnungsdatum."
    (fact,) = (
        one for one in read_facts("financial", RuleInput(text, "invoice")) if one.name == "delivery_date"
    )
    assert (fact.normalised, fact.abstained) == ("2026-05-12", False)


def test_a_note_of_delivery_may_date_the_supply() -> None:
    text = "Invoice\nDN-Date 04.05.2026\n"
    for said, dates in (("The delivery note date is the date of supply.", ["04.05.2026"]), ("", [])):
        facts_read = read_facts("financial", RuleInput(text + said, "invoice"))
        found = [fact for fact in facts_read if fact.name == "delivery_date"]
        assert [fact.value[-10:] for fact in found] == dates


def test_a_number_may_look_like_a_date_and_stand_before_the_date() -> None:
    text = "Bonn, May 2, 2026\nInvoice #2026-05-04\nTotal 20.00\n"
    found = {fact.name: fact.value for fact in read_facts("financial", RuleInput(text, "invoice"))}
    assert found["invoice_number"] == "2026-05-04"
    text = "# Invoice\nDocument No.: 4471102 from: 04.05.2026\nDue 18.05.2026\n"
    sure = {
        fact.name: fact.normalised
        for fact in read_facts("financial", RuleInput(text, "invoice"))
        if not fact.abstained
    }
    assert sure["issue_date"] == "2026-05-04"


def test_a_bic_has_the_form_of_one() -> None:
    assert written(references.bic, "BIC: DEUTDEMM760\nSWIFT code NOTABIC\nBIC GENODEF1M04\n") == [
        "DEUTDEMM760",
        "GENODEF1M04",
    ]
    assert written(references.bic, "Swift Code: CITIUS33.\nSWIFT:\nCHASUS33\n") == ["CITIUS33", "CHASUS33"]


def test_an_account_that_is_debited_is_not_the_one_to_be_paid_to() -> None:
    assert [one[3] for one in read(facts.accounts, "Käufer-IBAN : DE12500105170648489890\n")] == [False]
    text = "IBAN: DE75512108001245126199\n\nDer Betrag wird abgebucht von IBAN DE12500105170648489890\n"
    assert [(one[0], one[3]) for one in read(facts.accounts, text)] == [
        ("DE75512108001245126199", True),
        ("DE12500105170648489890", False),
    ]


def test_totals_in_the_middle_of_a_line_are_found_by_their_name() -> None:
    text = "Payment Terms 30 Days   Gross Total   $3,210.00   Total Spots 9\n"
    assert written(facts.gross, text) == ["3,210.00"]
    columns = (
        "Time  Gross Amount   Comm.   Net Amount\n14  $2,935.00 ($440.25) $2,494.75\nTotals 14  $2,935.00 x\n"
    )
    assert [str(value) for value, _ in named_totals(columns, "gross")] == ["2935.00"]
    two = "Terms   Grand Total: $800.00 x\nTerms   Grand Total: $900.00 x\n"
    (found,) = [Found(*one) for one in facts.gross(RuleInput(two))]
    assert (found.normalised, found.alternative) == ("800.00", "900.00")


RECEIPT = """AIK HUAT HARDWARE
ENTERPRISE (SETIA
ALAM) SDN BHD
822737-X
NO. 17-G, JALAN SETIA INDAH
40170 SHAH ALAM,
TEL: 012 - 6651783
TAX INVOICE
DATE: 03/04/2017
CABLE TIES
2 x 3.00
6.00
SUB-TOTAL
ROUNDING
TOTAL
CASH
CHANGE
6.00
0.00
6.00
20.00
14.00
GST SUMMARY
TOTAL
5.66
0.34
"""


def test_a_receipt() -> None:
    assert written(receipt_head.company, RECEIPT) == ["AIK HUAT HARDWARE\nENTERPRISE (SETIA\nALAM) SDN BHD"]
    assert written(receipt_head.address, RECEIPT) == ["NO. 17-G, JALAN SETIA INDAH\n40170 SHAH ALAM,"]
    assert read(receipts.date, RECEIPT) == [("03/04/2017", "2017-04-03", None, True)]
    assert read(receipts.total, RECEIPT) == [("6.00", "6.00", None, True)]


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Krume\nBrot 3,20\nKaffee 2,50\nSumme EUR 5,70\nBar 10,00\nRückgeld 4,30\n", ("5,70", "5.70")),
        ("Boulangerie\nPain 1,10\nTotal TTC 1,10 €\nEspèces 2,00\nRendu 0,90\n", ("1,10", "1.10")),
        ("Total incl. tax 12.38\nRounded total 12.35\nCash 20.00\nChange 7.65\n", ("12.35", "12.35")),
        ("SHOP\nTotal savings 3.00\nTotal qty 4\nNet total RM 1,250.00\n", ("1,250.00", "1250.00")),
    ],
)  # fmt: skip
def test_totals_of_receipts(text: str, total: tuple[str, str]) -> None:
    assert [one[:2] for one in read(receipts.total, text)] == [total]


def test_a_receipt_without_the_name_of_a_total_gives_a_hint_and_one_without_amounts_nothing() -> None:
    ((*_, sure),) = read(receipts.total, "SHOP\nA 2.00\nB 3.00\n5.00\n5.00\n")
    assert not sure
    assert not read(receipts.total, "SHOP\nthank you\n") and not read(
        receipts.date, "SHOP\nvalid until 01/02/2024\n"
    )
    assert not read(receipt_head.company, "12345\n\n***\n")


@pytest.mark.parametrize("reader", [
    trading.seller, trading.buyer, references.order, references.bic, references.buyer_tax_number,
    receipts.total, receipts.date, receipt_head.company, receipt_head.address,
])  # fmt: skip
@pytest.mark.parametrize(
    "piece", ["Total ", "1.00\n", "GmbH ", "order no ", "Street 1, ", "DE1", "x: ", "(", "• "]
)
def test_a_hundred_thousand_characters_give_few_values(reader: Reader, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert len(list(reader(RuleInput(text, "invoice")))) <= 100


@pytest.mark.parametrize(
    ("row", "words", "quantity", "price"),
    [
        ("5 Concrete Mix 10 125.00 1250.00", "Concrete Mix", "10", "125.00"),
        ("6 Bolts x 2 3.00 6.00", "Bolts", "2", "3.00"),
        ("B456 Document Fee 3 $10.00 $3.00 $30.00", "B456 Document Fee", "3", "10.00"),
    ],
)
def test_the_words_of_a_line_keep_their_letters_and_a_count_comes_before_a_tax(
    row: str, words: str, quantity: str, price: str
) -> None:
    text = f"Invoice\nDescription Qty Price Tax Amount\n{row}\nTotal 2.00\n"
    assert written(billed.line_text, text) == [words]
    assert written(billed.line_quantity, text) == [quantity]
    assert written(billed.line_unit_price, text) == [price]


def test_the_word_for_a_quantity_is_not_what_a_line_bills() -> None:
    text = "Invoice\nProduct Price Total\nBayberry\nQty. 2 5.44 10.88\nTotal 10.88\n"
    assert written(billed.line_quantity, text) == ["2"] and not read(billed.line_text, text)


@pytest.mark.parametrize(
    "text",
    [
        "Invoice\nSELLER BUYER\n12 High Street\n75008 Paris\n",
        "Bill To : Shipped To :\nBell Ltd Bell Ltd\n",
        "Invoice no\n\nAccount Name\n14895 Peyton Drive\nATHENS AL 35613\n",
        "Date To Ship To\nOctober 12, 2021 Obacht AG\nHeidelberger Str. 86\n64625 Bensheim\n",
        "Customer:\n12.03.2024 Martin\n",
    ],
)
def test_headings_and_days_are_no_party(text: str) -> None:
    assert not read(trading.seller, text) and not read(trading.buyer, text)


def test_the_address_of_a_letter_whose_seller_nobody_names_is_a_hint() -> None:
    text = "Invoice 4235\nNeid\n10 High Street\nBath BA1 2AB\n"
    assert read(trading.buyer, text) == [("Neid", None, None, False)]
    assert read(trading.buyer, f"Seller: Nord Ltd\n{text}") == [("Neid", None, None, True)]


def test_whom_to_pay_is_a_hint_at_the_seller() -> None:
    assert read(trading.seller, "Invoice\nRemit to:\nFactor Ltd\n") == [("Factor Ltd", None, None, False)]


def test_a_day_below_several_headings_is_a_hint() -> None:
    below = "Order date Order number Due date\n27.08.2019 PO-1 27.09.2019\n"
    assert [one[3] for one in read(facts.due_date, below)] == [False]
    assert [one[3] for one in read(facts.due_date, "Due date\n27.09.2019\n")] == [True]
    below = "Order date Invoice date\n27.08.2019 28.08.2019\n"
    assert {one[3] for one in read(facts.issue_date, below)} == {False}
    assert {one[3] for one in read(facts.issue_date, "Invoice date\n27.08.2019\n")} == {True}


def test_a_nought_as_total_is_a_hint() -> None:
    assert [one[3] for one in read(facts.net, "Invoice\nNet 0.00\nTotal 12.88\n")] == [False]
