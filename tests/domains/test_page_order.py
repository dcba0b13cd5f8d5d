"""Number, date and parties of an invoice by how its first page looks, and in further languages."""

from __future__ import annotations

import struct
import time

import pytest

from docassay.domains import RuleInput
from docassay.domains.facts import Finder, Found
from docassay.domains.financial import arranged, facts, further_totals, numbers, titled, trading
from docassay.schemas.pages import NOWHERE, Frame, packed_places, paged

Placed = list[tuple[int, int, str]]
"""Left and top of words, in points, and the words, in the order of the text; a line each."""


def page(placed: Placed, kind: str = "invoice") -> RuleInput:
    """Set words on a page, each character five points wide and ten high."""
    places = []
    for number, (left, top, words) in enumerate(placed):
        places += [NOWHERE] * (number > 0)
        for n in range(len(words)):
            x, y = left + 5 * n, 800 - top
            places.append(struct.pack("<4f", x, y, x + 5, y - 10))
    text, pages = paged(
        ["\n".join(words for *_, words in placed)], [Frame(0, 0, 600, 800)], [packed_places(b"".join(places))]
    )
    return RuleInput(text, kind, pages=pages)


def values(finder: Finder, view: RuleInput) -> list[str]:
    return [view.text[one.start : one.end] for one in (Found(*item) for item in finder(view))]


SIDE_BY_SIDE: Placed = [
    (50, 50, "Verkäufer Käufer"),
    (50, 64, "Nord Handel GmbH"),
    (300, 64, "Süd AG"),
    (50, 76, "Weg 1"),
    (300, 76, "Platz 2"),
]
TORN: Placed = [
    (50, 200, "Total 12.00"),
    (450, 50, "RE-7001"),
    (300, 50, "FACTURE N° :"),
]
HEADED: Placed = [
    (50, 50, "Invoice Date:"),
    (200, 50, "Reference:"),
    (50, 62, "03/20/2023"),
    (200, 62, "CUST-9"),
]


def test_parties_in_one_line_are_parted_by_the_columns_of_the_page() -> None:
    view = page(SIDE_BY_SIDE)
    joined = RuleInput(view.text.replace("GmbH\nSüd", "GmbH Süd").replace("1\nPlatz", "1 Platz"), "invoice")
    merged = RuleInput(joined.text, "invoice", pages=view.pages)
    assert len(merged.text) == len(view.text)
    assert "Nord Handel GmbH" in values(trading.seller, merged)


WRAPPED: Placed = [
    (50, 50, "Seller:"),
    (50, 62, "Nord Handel und"),
    (300, 62, "Date: 1 May 2024"),
    (50, 74, "Logistik GmbH"),
    (50, 86, "Weg 1"),
]


def test_a_name_on_two_lines_is_sure_where_it_stands_together_in_the_text() -> None:
    together = page([WRAPPED[2], *WRAPPED[:2], *WRAPPED[3:]])
    in_columns = arranged.in_columns(trading.seller)
    assert values(in_columns, together) == ["Nord Handel und\nLogistik GmbH"]
    assert [Found(*one).sure for one in in_columns(together)] == [True]
    (part,) = map(Found._make, in_columns(page(WRAPPED)))
    assert not part.sure


def test_a_value_far_from_its_label_is_read_by_the_rows_of_the_page() -> None:
    view = page(TORN)
    assert values(facts.number, view) == []
    assert values(titled.number_in_rows, view) == ["RE-7001"]
    assert values(titled.number_in_rows, RuleInput(view.text, "invoice")) == []


def test_a_date_below_its_heading_is_read_by_the_columns_of_the_page() -> None:
    view = page(HEADED)
    assert values(facts.issue_date, view) == []
    assert set(values(titled.issue_date_in_columns, view)) == {"03/20/2023"}


@pytest.mark.parametrize(
    ("text", "number", "date"),
    [
        ("FACTURE\nN° FA-2026-0001\nDésignation\n", "FA-2026-0001", None),
        ("Factura\nNúmero de factura: 2024/15\nFecha: 3 de enero de 2024\n", "2024/15", "3 de enero de 2024"),
        ("Fattura n. 12/2024\nData documento: 3 aprile 2024\n", "12/2024", "3 aprile 2024"),
        ("Fatura n.º FT-7\nData de emissão 2024-05-06\n", "FT-7", "2024-05-06"),
        ("Factuurnummer: 993548900\nFactuurdatum: 19 april 2014\n", "993548900", "19 april 2014"),
        ("Faktura VAT nr FV/12/2024\nData wystawienia: 2024-03-01\n", "FV/12/2024", "2024-03-01"),
        ("INVOICE\nApr 01, 2015\nFrom:\nDas Company\n", None, "Apr 01, 2015"),
        ("Minutes\nNo. 17\nPresent: all\n", None, None),
        ("Factura\nNúmero de factura: 03/01/2024\n", None, None),
    ],
)
def test_further_labels_and_titles(text: str, number: str | None, date: str | None) -> None:
    view = RuleInput(text, "invoice")
    assert values(titled.number, view)[:1] == ([number] if number else [])
    assert values(titled.issue_date, view)[:1] == ([date] if date else [])


@pytest.mark.parametrize(
    ("text", "seller"),
    [
        ("Vendedor:\nCasa Azul S.L.\nCliente:\nJuan Pérez\n", "Casa Azul S.L."),
        ("Sprzedawca: Biuro Sp. z o.o.\nNabywca: Sklep\n", "Biuro Sp. z o.o."),
        (
            "weclapp.com | Somestreet 42 | 08155 Some city\nBeispiel AG\nWeg 3\n54321 Hithausen\n",
            "weclapp.com",
        ),
        ("Facture n° 7\nClient:\nALEX\nTotal 5,00\nNETPRESSE\nSiège social : 16 rue Mollien\n", "NETPRESSE"),
        ("Invoice 7\nBill to: Ada\nThanks!\nBlue Door\nwww.bluedoor.com\n", "Blue Door"),
        ("Factuur\nWij danken u.\nbol.com b.v.\nweg 1\nKvK 3\nBTW-nummer\nIBAN\n", "bol.com b.v."),
    ],
)
def test_sellers_of_further_forms(text: str, seller: str) -> None:
    assert values(trading.seller, RuleInput(text, "invoice")) == [seller]


def test_what_proves_a_seller_more_counts_more() -> None:
    """A name with a register below it comes before one that only heads the letter."""
    text = "ALEXINUX\nFacture n° 7\nDossier : ALEXINUX\nNETPRESSE\nSarl au capital de 10 000 €\n"
    assert values(trading.seller, RuleInput(text, "invoice")) == ["NETPRESSE"]


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("IBAN SWIFT\nDE89 3704 0044 0532 01\n30 00\n", "DE89 3704 0044 0532 01\n30 00"),
        ("BIC: X - IBAN: DE 89 3704 0044 0532 0130 00\n", "DE 89 3704 0044 0532 0130 00"),
        ("IBAN:\n  DE89  3704  0044  0532  0130  00\n", "DE89  3704  0044  0532  0130  00"),
        ("IBAN: DE88 3704 0044 0532 0130 00\n", "DE88 3704 0044 0532 0130 00"),
        ("IBAN: FRl4 2004 1010 0505 0001 3M02 606\n", "FRl4 2004 1010 0505 0001 3M02 606"),
        ("Order DE88 3704 0044 0532 0130 00\n", None),
    ],
)
def test_accounts_in_groups_and_over_lines(text: str, account: str | None) -> None:
    """The last three have a wrong check digit: two are called an account."""
    assert values(numbers.accounts, RuleInput(text, "invoice")) == ([account] if account else [])


SUMS = "Invoice 7\nItem 2 50.00 100.00\nSubtotal 100.00\n{}VAT 19% 19.00\nTotal 119.00\n"


def test_a_net_is_the_subtotal_that_makes_the_total() -> None:
    assert values(facts.net, RuleInput(SUMS.format(""), "invoice")) == ["100.00"]
    assert values(facts.net, RuleInput(SUMS.format("").replace("119.00", "125.00"), "invoice")) == []


def test_what_is_due_of_an_invoice_without_payments_is_the_whole_as_a_hint() -> None:
    view = RuleInput(SUMS.format(""), "invoice")
    (found,) = (Found(*one) for one in facts.due(view))
    assert (view.text[found.start : found.end], found.sure) == ("119.00", False)
    assert not list(facts.due(RuleInput(SUMS.format("Deposit 50.00\n"), "invoice")))
    assert not list(facts.due(RuleInput(view.text, "purchase_order")))


@pytest.mark.parametrize(
    ("total", "written"),
    [
        ("Total 1.234", "1.234"),
        ("Total: EUR 1.234", "1.234"),
        ("Pages 1.234", None),
        ("Total 1.234 of 9", None),
    ],
)
def test_a_total_that_may_be_a_thousand(total: str, written: str | None) -> None:
    """Where no cents tell, both readings are given: see `values.read`."""
    view = RuleInput(f"Invoice 7\n{total}\n", "invoice")
    assert values(further_totals.gross, view) == ([written] if written else [])
    assert not list(trading.seller(view))


def test_a_line_of_blanks_behind_a_label_costs_no_time() -> None:
    start = time.process_time()
    assert values(further_totals.gross, RuleInput("Total" + " " * 19_000 + "x", "invoice")) == []
    assert time.process_time() - start < 1
