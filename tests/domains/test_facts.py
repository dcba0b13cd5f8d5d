"""Fields of facts: what is wrong in `facts.toml` is one line; the shipped readers find what they should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.facts import Found
from docassay.domains.financial import facts as financial
from docassay.domains.legal.days import effective_date
from docassay.domains.legal.ends import expiry
from docassay.domains.legal.jurisdictions import governing_law
from docassay.domains.legal.parties import parties
from docassay.domains.mail import facts as mail
from docassay.domains.medical.dates import birth_date
from docassay.schemas.errors import DomainError
from tests.fresh import overlay

FIELD = """
[[fact]]
name = "order"
title = "Order"
type = "identifier"
kinds = ["nda"]
find = ['PO-[0-9]+']
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with overlay(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"order"', '"Order No"', "fact 'Order No': name is a word of small letters"),
        ('title = "Order"\n', "", "fact 'order': title is missing"),
        ('"identifier"', '"figure"', "type 'figure' is none of text, name, date"),
        ('["nda"]', '["order"]', "kinds order stand in no \\[\\[kind\\]\\]"),
        ('["nda"]', '"nda"', "kinds is a list of texts"),
        ("find = ['PO-[0-9]+']", "", "nothing gives it; write find, stated, or both"),
        ("'PO-[0-9]+'", "'PO-['", "is not an RE2 expression"),
        ("'PO-[0-9]+'", "'{orders}'", "orders"),
        ("'PO-[0-9]+'", "'call:orders.number'", "names no function"),
        ("find", "most = 0\nfind", "most is a number from 1 to 10000"),
        ("find", "stated = 5\nfind", "stated is the name of a value"),
        ("find", "cue = []\nfind", "unknown key cue"),
        ("find", 'valid = ["eu.vta"]\nfind', "order.*valid has 'eu.vta', no module of python-stdnum"),
        ("find", 'valid = ["../os"]\nfind', "valid has '../os', no module of python-stdnum"),
        ("find", 'document_date = "Issue date"\nfind', "document_date is a word of small letters"),
        ("find", "headline = 1\nfind", "headline is true or false"),
        ("find", 'document_date = "issue"\nfind', "document_date is for the types date and time"),
        ("[[fact]]", "[fact]", "\\[\\[fact\\]\\], with two brackets"),
        (FIELD, 'fact = ["order"]', "\\[\\[fact\\]\\], with two brackets"),
        ('"order"', '"doc_id"', "tables have a column of that name already"),
        (FIELD, FIELD + FIELD, "fact 'order' stands there twice"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_entry(acme: Path, old: str, new: str, says: str) -> None:
    (acme / "facts.toml").write_text(FIELD.replace(old, new))
    with pytest.raises(DomainError, match=says) as caught:
        domains.load("legal")
    assert "acme/facts.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_one_line(acme: Path) -> None:
    (acme / "facts.toml").write_bytes(FIELD.encode() + b"# \xff")
    with pytest.raises(DomainError, match=r"facts\.toml is not UTF-8 at byte"):
        domains.load("legal")


def test_an_overlay_adds_fields_and_replaces_those_of_the_same_name(acme: Path) -> None:
    (acme / "facts.toml").write_text(FIELD + FIELD.replace('"order"', '"governing_law"'))
    fields = {field.name: field for field in domains.load("legal").facts}
    assert fields["order"].decided_by == "rule acme.order"
    assert fields["governing_law"].decided_by == "rule acme.governing_law"
    assert fields["party"].decided_by == "rule legal.party"


def test_every_shipped_field_has_a_name_of_its_own() -> None:
    names = [field.name for name in domains.names() for field in domains.load(name).facts]
    assert len(names) == len(set(names)) > 20


def named(text: str) -> list[tuple[str, str | None]]:
    return [(text[found.start : found.end], found.role) for found in parties(RuleInput(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'This Agreement is made between Acme Widgets, Inc., a Delaware corporation ("Buyer"), and\n'
            'Bell Foundry Ltd. (the "Seller"). The parties agree as follows.',
            [("Acme Widgets, Inc.", "buyer"), ("Bell Foundry Ltd.", "seller")],
        ),
        (
            'This DPA is made between Fennel & Rye GmbH, Lindenstraße 8, Germany (the "Controller") and '
            'Payslip Works Oy, Satamakatu 3, Finland (the "Processor").',
            [("Fennel & Rye GmbH", "controller"), ("Payslip Works Oy", "processor")],
        ),
        (
            'This Agreement is between Harbor Labs, L.L.C. ("Employer") and J. Robert Vane ("Employee").',
            [("Harbor Labs, L.L.C.", "employer"), ("J. Robert Vane", "employee")],
        ),
        (
            "Vermieter: Anna Lindner\nMieter: Karl Brandt\n",
            [("Anna Lindner", "vermieter"), ("Karl Brandt", "mieter")],
        ),
        ("The time between Meetings and Calls is free.", []),
        ("Landlord: Name of Landlord\nTenant: Your Name Here\n", []),
        ('The routes between Paris and London flights are served by Acme Inc. ("Carrier").', []),
        ("This Agreement is between ________ and the undersigned.", []),
    ],
)
def test_parties(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "written", "normalised"),
    [
        ("This Agreement is governed by the laws of the State of New York.", "State of New York", "US-NY"),
        ("It shall be construed according to the laws of the State of Oregon.", "State of Oregon", "US-OR"),
        ("GOVERNED BY THE LAWS OF THE STATE OF NEW JERSEY WITHOUT REGARD", "STATE OF NEW JERSEY", "US-NJ"),
        ("Dieser Vertrag unterliegt deutschem Recht.", "deutschem", "DE"),
        ("Es gilt das Recht der Bundesrepublik Deutschland.", "Bundesrepublik Deutschland", "DE"),
        ("Anwendbar ist das Recht des Kantons Zürich.", "Kantons Zürich", "CH-ZH"),
        ("Le contrat est soumis au droit français.", "français", "FR"),
        ("Le présent contrat est régi par le droit suisse.", "suisse", "CH"),
        ("This NDA is governed by English law.", "English", "GB-ENG"),
        ("The laws of Ontario, Canada shall govern this Agreement.", "Ontario, Canada", "CA-ON"),
        ("Governed by the laws of the United States and the State of Utah.", "Utah", "US-UT"),
        ("This Agreement is governed by the laws of the State of Georgia.", "State of Georgia", "US-GA"),
        ("This Agreement is governed by the laws of Ruritania.", "Ruritania", "Ruritania"),
        ("9. GOVERNING LAW\nIt is governed by the laws of Kerala, India.", "Kerala, India", "IN"),
        ("The Buyer is a company organised under the laws of Delaware; this Agreement is governed.", "", ""),
        ("The parties comply with the export laws of the United States under this Agreement.", "", ""),
        ("If you reside in Germany, it is governed by the laws of Germany.", "", ""),
        ("It is governed by the laws in force in the Province of Ontario.", "Province of Ontario", "CA-ON"),
        ("It is governed by the laws (excluding those on conflicts of laws) of Ohio.", "Ohio", "US-OH"),
        ("It is governed by the laws of this section.", "", ""),
        ("It is governed by the laws of the Client.", "", ""),
        ("It is governed by the laws of ________.", "", ""),
        ("It is governed by the laws of England and Wales.", "England and Wales", "GB-ENG"),
        (
            "It shall not be governed by the laws of Texas. It is governed by the laws of Ohio.",
            "Ohio",
            "US-OH",
        ),
        ("The NDA was governed by the laws of France. It is governed by the laws of Ohio.", "Ohio", "US-OH"),
        (
            "For US customers it is governed by the laws of Delaware; for others by the laws of Ireland.",
            "",
            "",
        ),
    ],
)
def test_governing_law(text: str, written: str, normalised: str) -> None:
    found = [(text[one.start : one.end], one.normalised) for one in governing_law(RuleInput(text))]
    assert found[:1] == ([(written, normalised)] if written else [])


def found(finder: object, text: str) -> list[tuple[str, str | None, str | None]]:
    items = [Found(*item) for item in finder(RuleInput(text, "invoice"))]  # type: ignore[operator]
    return [(text[one.start : one.end], one.normalised, one.alternative) for one in items]


LINES = "Rechnung Nr. RE-2024-17\nArbeit 2 Std 50,00 100,00\n"


def test_totals_of_a_printed_invoice() -> None:
    text = LINES + "Nettobetrag 100,00\nUSt 19 % 19,00\nGesamtbetrag 119,00 EUR\n"
    assert found(financial.number, text) == [("RE-2024-17", None, None)]
    assert found(financial.net, text) == [("100,00", "100.00", None)]
    assert found(financial.gross, text) == [("119,00", "119.00", None)]
    assert found(financial.currency, text)[0][0] == "EUR"


def test_of_two_totals_that_nothing_proves_the_other_is_the_alternative() -> None:
    text = LINES + "Gesamtbetrag 119,00 EUR\nGesamtbetrag 219,00 EUR\n"
    ((written, normalised, alternative),) = found(financial.gross, text)
    assert {normalised, alternative} == {"119.00", "219.00"} and written == "219,00"


def test_sums_are_made_for_the_total_with_tax_alone_and_of_so_many_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = LINES + "Nettobetrag 100,00\nUSt 19 % 19,00\nGesamtbetrag 119,00 EUR\nGesamtbetrag 150,00 EUR\n"
    assert found(financial.gross, text) == [("119,00", "119.00", None)], "net and tax make it"
    monkeypatch.setattr(financial, "_MOST_TOTALS", 0)
    assert found(financial.gross, text) == [("150,00", "150.00", "119.00")]
    monkeypatch.setattr(financial, "_proven", None)
    assert found(financial.net, text) == [("100,00", "100.00", None)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Gesamtbetrag 1.234 EUR", ("1.234", "1234", "1.234")),
        ("Gesamtbetrag 1.234,00 EUR", ("1.234,00", "1234.00", None)),
    ],
)
def test_a_total_of_three_decimals_may_be_a_thousand(
    line: str, expected: tuple[str, str, str | None]
) -> None:
    assert found(financial.gross, f"Rechnung Nr. 4711\n{line}\n") == [expected]


@pytest.mark.parametrize(
    ("line", "is_sure"),
    [("Total 1 234,50 EUR", False), ("Total 234,50 EUR", True), ("Total 1 50,00 EUR", True)],
)
def test_a_total_that_may_be_the_end_of_a_longer_figure_is_a_hint(line: str, is_sure: bool) -> None:
    (one,) = financial.gross(RuleInput(f"Invoice No. 4711\n{line}\n", "invoice"))
    assert Found(*one).sure == is_sure


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Due date: 1 May 2026", [("1 May 2026", True)]),
        ("Zahlbar bis zum 1.5.2026", [("1.5.2026", True)]),
        ("Due date: 1 March 2026", [("1 March 2026", False)]),
        ("Due Date: September 15, 2026", [("September 15, 2026", True)]),
        ("$299.00 due December 21, 2026", [("December 21, 2026", True)]),
        ("Payment due\n17-Jun-2026 (15 days)", [("17-Jun-2026", True)]),
        ("Pay By:\nMay 25, 2026", [("May 25, 2026", True)]),
        ("Date limite de paiement le 05 Juillet 2026", [("05 Juillet 2026", True)]),
        ("Payable jusqu'au: 06.05.2026", [("06.05.2026", True)]),
        ("Zahlungsziel 21.05.2026", [("21.05.2026", True)]),
        ("Den Rechnungsbetrag überweisen Sie bis zum\n21.05.2026", [("21.05.2026", True)]),
        ("Der Betrag ist bis zum 21.05.2026 zu überweisen", [("21.05.2026", True)]),
        ("Due Date: Incoterm:\n21.05.2026 21.06.2026 DAP", [("21.05.2026", False)]),
        ("Due within 30 days of receipt", []),
        ("Due date Invoice date\n01.05.2026 05.04.2026", [("01.05.2026", False)]),
        ("Payment received by 01.05.2026", []),
        ("Amount due from last invoice 01.01.2026", []),
        ("Past due since 01.05.2026", []),
        ("Balance due as of 13.05.2026", []),
        ("Please do not pay before 01.05.2026", []),
    ],
)
def test_due_dates(line: str, expected: list[tuple[str, bool]]) -> None:
    text = f"Invoice No. 4711\nInvoice date: 13.04.2026\n{line}\n"
    days = [Found(*item) for item in financial.due_date(RuleInput(text, "invoice"))]
    assert [(text[one.start : one.end], one.sure) for one in days] == expected


def test_a_day_that_is_called_date_of_issue_comes_before_others() -> None:
    text = "Invoice No. 4711\nyour order and our invoice of 01.03.2026\nInvoice date: 13.04.2026\n"
    view = RuleInput(text, "invoice")
    assert {text[one.start : one.end] for one in financial.issue_date(view)} == {"Invoice date: 13.04.2026"}


def test_two_vat_numbers_or_a_number_that_goes_on_are_hints() -> None:
    text = "Acme GmbH USt-IdNr. DE811907980\nBell KG\nUSt-IdNr. DE136695976\nRechnung Nr. 4711\n"
    assert found(financial.seller_tax_number, text) == [("DE811907980", None, "DE136695976")]
    assert found(financial.number, "Invoice # INV 2026 001\n") == [("INV 2026", None, "INV 2026 001")]


def test_the_first_day_from_which_a_contract_binds_counts() -> None:
    text = "This Agreement is entered into as of March 2, 2026.\nIt ends when it ends.\nDate: March 9, 2026\n"
    assert [written[-13:] for written, *_ in found(effective_date, text)] == ["March 2, 2026"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This Agreement expires on March 1, 2027.", [("March 1, 2027", True)]),
        ("This Agreement ends on 1 May 2027.", [("1 May 2027", True)]),
        ("This Agreement terminates the agreement dated March 1, 2020.", []),
        ("This Agreement shall not end before March 1, 2028.", []),
        ("If notice is given, this Agreement ends on March 1, 2027.", [("March 1, 2027", False)]),
        ("This Agreement, unless renewed, ends on March 1, 2027.", [("March 1, 2027", False)]),
        ("Bail\nDate début 2026-02-01 10:00 Date fin 2026-02-05 18:00", [("2026-02-05", True)]),
        ("Garantie\nDate fin 2026-02-05 18:00", []),
    ],
)
def test_expiry(text: str, expected: list[tuple[str, bool]]) -> None:
    days = [Found(*item) for item in expiry(RuleInput(text))]
    assert [(text[one.start : one.end], one.sure) for one in days] == expected


def test_the_birth_date_of_another_is_not_the_patients() -> None:
    assert found(birth_date, "Mother's date of birth: 13/04/1950") == []
    assert found(birth_date, "Date of birth: 13/04/1950") == [("13/04/1950", None, None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We paid CHF 1'234.50 today.", ["1'234.50"]),
        ("It costs 100 EUR or USD 200.", ["100", "200"]),
        ("1.234.567,8 EUR", ["1.234.567,8"]),
        ("USD 12.5 and US$ 500", ["12.5", "500"]),
        ("1\u00a0234,50\u00a0EUR", ["1\u00a0234,50"]),
        ("1 234,50 EUR", ["1 234,50?"]),
        ("Invoice 4711 500 EUR", ["500"]),
        ("14 May 2026 100 EUR", ["100"]),
        ("Refund -50.00 EUR and -$20", ["-50.00", "-$20"]),
        ("USD 1.5 million", []),
        ("$5k, 3 bn EUR, €2 Mio", []),
        ("USD 5,00,000", []),
        ("USD 12345,678", []),
        ("10-50 EUR", []),
    ],
)
def test_amounts_in_mail(text: str, expected: list[str]) -> None:
    amounts = [Found(*item) for item in mail.amounts(RuleInput(text))]
    assert [text[one.start : one.end] + "?" * (not one.sure) for one in amounts] == expected
