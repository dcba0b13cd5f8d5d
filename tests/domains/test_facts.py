"""Fields of facts: what is wrong in `facts.toml` is one line; the shipped readers find what they should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.facts import Found
from docassay.domains.financial import facts as financial
from docassay.domains.legal.law import governing_law
from docassay.domains.legal.parties import parties
from docassay.schemas.errors import DomainError
from tests.fresh import forget_domains

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
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "domain.toml").write_text('extends = "legal"\n')
    (folder / "rules.toml").write_text("")
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(folder))
    forget_domains()
    yield folder
    forget_domains()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"order"', '"Order No"', "fact 'Order No': name is a word of small letters"),
        ('title = "Order"\n', "", "fact 'order': title is missing"),
        ('"identifier"', '"number"', "type 'number' is none of text, name, date"),
        ('["nda"]', '["order"]', "kinds order stand in no \\[\\[kind\\]\\]"),
        ('["nda"]', '"nda"', "kinds is a list of texts"),
        ("find = ['PO-[0-9]+']", "", "nothing gives it; write find, stated, or both"),
        ("'PO-[0-9]+'", "'PO-['", "is not an RE2 expression"),
        ("'PO-[0-9]+'", "'{orders}'", "orders"),
        ("'PO-[0-9]+'", "'call:orders.number'", "names no function"),
        ("find", "most = 0\nfind", "most is a number from 1 to 1000"),
        ("find", "stated = 5\nfind", "stated is the name of a value"),
        ("find", "cues = []\nfind", "unknown key cues"),
        ("[[fact]]", "[fact]", "\\[\\[fact\\]\\], with two brackets"),
        (FIELD, FIELD + FIELD, "fact 'order' stands there twice"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_entry(acme: Path, old: str, new: str, says: str) -> None:
    (acme / "facts.toml").write_text(FIELD.replace(old, new))
    with pytest.raises(DomainError, match=says) as caught:
        domains.load("legal")
    assert "acme/facts.toml" in str(caught.value) and "\n" not in str(caught.value)


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
        ("This Agreement is between ________ and the undersigned.", []),
    ],
)
def test_parties(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "written", "normalised"),
    [
        ("This Agreement is governed by the laws of the State of New York.", "New York", "New York"),
        ("It shall be construed according to the laws of the State of Oregon.", "Oregon", "Oregon"),
        ("GOVERNED BY THE LAWS OF THE STATE OF NEW YORK WITHOUT REGARD", "NEW YORK", "New York"),
        ("Dieser Vertrag unterliegt deutschem Recht.", "deutsche", "Germany"),
        ("Le contrat est soumis au droit français.", "français", "France"),
        ("If you reside in Germany, it is governed by the laws of Germany.", "", ""),
        ("It is governed by the laws of this section.", "", ""),
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
