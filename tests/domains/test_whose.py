"""Whose the numbers and accounts of an invoice are: what is another's, and what may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay.domains import RuleInput
from docassay.domains.financial.supply import period_out_of_time
from docassay.domains.financial.whose import (
    account_of_another,
    clashing_number,
    exempt_at_home,
    number_said,
)
from docassay.transforms.extract import read_facts

PRINTED = """RECHNUNG Nr. 2024-118
Verkäufer: Holzbau Lindner GmbH
Lindenstraße 4, 50667 Köln
USt-IdNr.: DE136695976

Käufer: Gasthof Adler GmbH
Am Markt 12, 80331 München
USt-IdNr. des Kunden: DE119375450

Dachlatten 1.000,00
Umsatzsteuer 19 % 190,00
Gesamtbetrag 1.190,00 EUR
Bitte auf unser Konto:
Kontoinhaber: Holzbau Lindner GmbH
IBAN: DE02 1203 0000 0000 2020 51

Seite 1 von 1
Danke für den Auftrag.
Wir liefern in ganz Europa.
Es gelten unsere Bedingungen.
Holzbau Lindner GmbH, Amtsgericht Köln HRB 1234, USt-IdNr.: DE136695976
"""
FOOT = "Holzbau Lindner GmbH, Amtsgericht Köln HRB 1234"
DATA = (
    ("seller", "Holzbau Lindner GmbH"),
    ("buyer", "Gasthof Adler GmbH"),
    ("seller_tax_number", "DE136695976"),
    ("buyer_tax_number", "DE119375450"),
    ("seller_country", "DE"),
    ("buyer_country", "DE"),
    ("tax_category", "S"),
    ("iban", "DE02120300000000202051"),
    ("account_name", "Holzbau Lindner GmbH"),
)

GREEK = ("seller_country", "buyer_country")


def view(text: str, stated: tuple[tuple[str, str], ...] = ()) -> RuleInput:
    """Read an invoice's facts, too."""
    bare = RuleInput(text, "invoice", stated=stated)
    return replace(bare, facts=read_facts("financial", bare))


def electronic(**changed: str) -> RuleInput:
    """Give an electronic invoice, some of whose values are others, or further ones."""
    values = dict(DATA) | changed
    text = "".join(f"{name}: {value}\n" for name, value in values.items())
    return view(f"LegalMonetaryTotal\n{text}ExemptionReasonCode: VATEX-EU-IC\n", tuple(values.items()))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("", "", ""),
        (
            "HRB 1234, USt-IdNr.: DE136695976",
            "HRB 1234, USt-IdNr.: DE129273398",
            "are both given as the seller's",
        ),
        ("Kunden: DE119375450", "Kunden: DE136695976", "that of the buyer"),
        ("HRB 1234, USt-IdNr.: DE136695976", "HRB 1234, USt-IdNr.: ATU10223006", ""),  # registered in two
        ("Köln HRB 1234, USt-IdNr.: DE136695976", "Köln, Organträger: USt-IdNr.: DE129273398", ""),
        ("Holzbau Lindner GmbH, Amtsgericht", "Lindner Logistik GmbH, Amtsgericht", ""),
        ("USt-IdNr.: DE136695976\n\n", "Steuernummer: 201/113/40209\n\n", ""),
        ("DE136695976\n\nKäufer", "DE119375450\nKäufer", "that of the buyer"),  # no line between
        ("DE136695976\n\nKäufer", "DE136695976\nKäufer", ""),
        ("Käufer: Gasthof Adler GmbH", "Käufer: Holzbau Lindner Gasthof GmbH", ""),
        ("HRB 1234, USt-IdNr.: DE136695976", "HRB 1234, Auftrag: DE129273398", ""),
        (FOOT, f"Gasthof Adler GmbH\n{FOOT}, USt-IdNr.: DE129273398", "are both given as the seller's"),
    ],
)
def test_numbers_that_clash_in_print(old: str, new: str, says: str) -> None:
    given = view(PRINTED.replace(old, new, 1) if old else PRINTED)
    spans = [*clashing_number(given)]
    assert bool(spans) == bool(says)
    assert all(says in number_said(given, span) for span in spans)


@pytest.mark.parametrize(("buyers", "clashes"), [("DE136695976", True), ("DE119375450", False)])
def test_the_nearest_name_has_the_number(buyers: str, clashes: bool) -> None:
    seller = "Verkäufer: Holzbau Lindner GmbH, USt-IdNr. DE136695976"
    buyer = f"Käufer: Gasthof Adler GmbH, USt-IdNr. {buyers}"
    for between in ("\n", " / "):
        given = view(
            f"RECHNUNG Nr. 2024-118\n{seller}{between}{buyer}\nGesamtbetrag 1.190,00 EUR\n", DATA[:2]
        )
        assert bool([*clashing_number(given)]) == clashes


def test_names_above_one_another_share_no_number() -> None:
    parties = "Verkäufer: Holzbau Lindner GmbH\nKäufer: Gasthof Adler GmbH\n"
    numbers = "USt-IdNr.: DE136695976\nUSt-IdNr.: DE119375450\n"
    assert not [*clashing_number(view(f"{parties}{numbers}{PRINTED[PRINTED.index('Dachlatten') :]}"))]


def test_a_number_below_that_of_the_customer_may_be_the_sellers() -> None:
    head = f"{FOOT}, USt-IdNr.: DE136695976\nGasthof Adler GmbH\nAm Markt 12, 80331 München\n"
    rest = "USt-IdNr.: DE136695976\nGesamtbetrag 1.190,00 EUR\n"
    for between, clashes in (("Kunde: siehe oben\n", True), ("Kundennummer: 4711\n", False)):
        given = view(f"RECHNUNG Nr. 2024-118\n{head}{between}{rest}", DATA[:2])
        assert bool([*clashing_number(given)]) == clashes


def test_a_number_in_print_clashes_with_that_of_the_data() -> None:
    foot = PRINTED.replace("DE136695976", "DE129273398")
    assert not [*clashing_number(view(foot))]
    assert [*clashing_number(view(foot, DATA))]
    assert not [*clashing_number(view(PRINTED, DATA))]


@pytest.mark.parametrize(
    ("foot", "clashes"),
    [
        ("Atelier Rouge SARL - RCS Lyon 123 456 782 - N° TVA : FR32 123 456 789", True),
        ("Atelier Rouge SARL - RCS Lyon 123 456 782 - N° TVA : FR11 123 456 782", False),
        ("Atelier Rouge SARL - RCS Lyon 123 456 782\nN° TVA client : FR32 123 456 789", False),
        ("SIREN 123 456 782  SIREN 123 456 789\nTVA FR11123456782  N° TVA FR32123456789", False),
        ("Atelier Rouge SARM - RCS 123 456 782 - N° TVA : FR32 000 123 456", False),  # of Monaco
        ("SIREN 123 456 782\nReprésentant fiscal\nN° TVA : FR32 123 456 789", False),
    ],
)
def test_a_french_number_ends_in_its_siren(foot: str, clashes: bool) -> None:
    assert bool([*clashing_number(view(f"FACTURE N° 12\n{foot}\n"))]) == clashes


@pytest.mark.parametrize(
    ("changed", "clashes"),
    [
        ({}, False),
        ({"buyer_tax_number": "DE 136695976"}, True),
        ({"representative_tax_number": "DE119375450"}, True),
        ({"representative_tax_number": "DE129273398"}, False),
        ({"seller_tax_number": "none", "buyer_tax_number": "none"}, False),
    ],
)
def test_numbers_that_clash_in_data(changed: dict[str, str], clashes: bool) -> None:
    assert bool([*clashing_number(electronic(**changed))]) == clashes


@pytest.mark.parametrize(
    ("changed", "at_home"),
    [
        ({}, False),
        ({"tax_category": "K"}, True),
        ({"tax_category": "K", "delivery_country": "DE"}, True),
        ({"tax_category": "K", "delivery_country": "AT"}, False),
        ({"tax_category": "K", "buyer_country": "AT"}, False),
        ({"tax_category": "K", "buyer_tax_number": "ATU10223006"}, False),
        ({"tax_category": "K", "seller_tax_number": "FR40303265045"}, False),
        (
            {"tax_category": "K", "seller_tax_number": "EL094259216", "buyer_tax_number": "EL094014201"}
            | dict.fromkeys(GREEK, "GR"),
            True,
        ),
        ({"tax_category": "K", "seller_country": "CH", "buyer_country": "CH"}, False),
    ],
)
def test_an_intra_community_supply_goes_to_another_country(changed: dict[str, str], at_home: bool) -> None:
    assert bool([*exempt_at_home(electronic(**changed))]) == at_home


@pytest.mark.parametrize(
    ("tax", "buyers", "at_home"),
    [
        ("Steuerfreie innergemeinschaftliche Lieferung", "DE119375450", True),
        ("Steuerfreie innergemeinschaftliche Lieferung", "ATU10223006", False),
        ("Bei Ausfuhr und innergemeinschaftlicher Lieferung gilt Art. 138.", "DE119375450", False),
        ("Innergemeinschaftliche Lieferungen werden gegen USt-IdNr. steuerfrei", "DE119375450", False),
        ("Intra-Community supplies\nare exempt for holders of a VAT number", "DE119375450", False),
        ("Umsatzsteuer 19 % 190,00\nSteuerfreie innergemeinschaftliche Lieferung", "DE119375450", False),
    ],
)
def test_an_intra_community_supply_in_print(tax: str, buyers: str, at_home: bool) -> None:
    text = PRINTED.replace("Umsatzsteuer 19 % 190,00", tax).replace("DE119375450", buyers)
    assert bool([*exempt_at_home(view(text))]) == at_home


@pytest.mark.parametrize(
    ("holder", "found"),
    [
        ("Holzbau Lindner GmbH", False),
        ("Lindner, Holzbau", False),
        ("Gasthof Adler GmbH", True),
        ("Baltic Trading House Ltd", True),
        ("Viktor Sandberg", True),
        ("Stadtsparkasse Musterort", False),
        ("Nordfactoring GmbH", False),
        ("Geschäftskonto", False),
        ("HLG Baltic Trading Ltd", False),  # its initials, perhaps
        ("HLG BALTIC TRADING LTD", False),
        ("OLEG SANDBERG", True),
        ("Viktor Wiseman", True),
        ("Wise Payments Ltd", False),
    ],
)
def test_who_holds_the_account(holder: str, found: bool) -> None:
    given = view(PRINTED.replace("Kontoinhaber: Holzbau Lindner GmbH", f"Kontoinhaber: {holder}"))
    assert [given.text[slice(*span)] for span in account_of_another(given)] == [holder] * found
    stated = electronic(account_name=holder)
    assert [stated.text[slice(*span)] for span in account_of_another(stated)] == [holder] * found


@pytest.mark.parametrize(
    "label", ["Verkäufer-Kontoname : ", "Kontoname: ", "Account name: ", "Nom du compte : "]
)
def test_the_printed_holder_counts_beside_data(label: str) -> None:
    text = PRINTED.replace("Kontoinhaber: Holzbau Lindner GmbH", f"{label}Gasthof Adler GmbH")
    hybrid = view(text, (*DATA[:-1], ("account_name", "Gasthof Adler GmbH")))
    for one in (view(text), hybrid):
        assert [text[slice(*span)] for span in account_of_another(one)] == ["Gasthof Adler GmbH"]
    own = PRINTED.replace("Kontoinhaber: ", label)
    assert not [*account_of_another(view(own, DATA))]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Der Betrag wird per Lastschrift bezahlt.", False),
        ("Die Forderung ist abgetreten.", False),
        ("Die Forderung darf der Kunde nicht abtreten.", True),
        ("Viktor Sandberg ist unser Geschäftsführer.", False),
        ("Inhaber: Josef Lindner", True),
        ("Refunds within a month", True),
    ],
)
def test_accounts_that_may_be_anothers(said: str, found: bool) -> None:
    text = PRINTED.replace("Kontoinhaber: Holzbau Lindner GmbH", f"{said}\nKontoinhaber: Viktor Sandberg")
    assert bool([*account_of_another(view(text))]) == found


def test_what_is_said_far_from_an_account_is_not_of_it() -> None:
    text = PRINTED.replace("Kontoinhaber: Holzbau Lindner GmbH", "Kontoinhaber: Viktor Sandberg")
    assert [*account_of_another(view(f"{text}Die Ansprüche sind abgetreten.\n"))]
    assert not [*account_of_another(view(f"{text}Zahlung per SEPA-Lastschrift.\n"))]
    assert not [*account_of_another(view(text.replace("RECHNUNG", "GUTSCHRIFT")))]


@pytest.mark.parametrize("name", ["payee", "debtor_iban"])
def test_data_that_name_another_account(name: str) -> None:
    assert [*account_of_another(electronic(account_name="Viktor Sandberg"))]
    assert not [*account_of_another(electronic(account_name="Viktor Sandberg", **{name: "Nordfinanz"}))]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Bitte auf dieses Konto:", True),
        ("Wir buchen 1.190,00 EUR am 3. Mai von Ihrem Konto ab:", False),
        ("Wir ziehen den Betrag am 3. Mai von diesem Konto ein:", False),
        ("Le montant sera prélevé le 3 mai sur votre compte :", False),
        ("Votre compte sera débité le 3 mai :", False),
        ("On 3 May we will debit this account:", False),
        ("The sum will be paid to your account:", False),
        ("Der Betrag wird Ihrem Konto belastet:", False),
    ],
)
def test_the_account_of_the_buyer_is_debited(said: str, found: bool) -> None:
    text = PRINTED.replace(
        "Bitte auf unser Konto:\nKontoinhaber: Holzbau Lindner", f"{said}\nKontoinhaber: Gasthof Adler"
    )
    assert bool([*account_of_another(view(text))]) == found


def test_the_name_of_a_customers_account_says_nothing() -> None:
    text = PRINTED.replace("Kontoinhaber: Holzbau Lindner GmbH", "Account name: Gasthof Adler GmbH")
    assert [*account_of_another(view(text))]
    assert not [*account_of_another(view(text.replace("IBAN: DE02 1203 0000 0000 2020 51", "No. 4711")))]
    assert not [*account_of_another(view(f"{text}www.gasthof-adler.example\n"))]  # the buyer may sell


@pytest.mark.parametrize(
    ("period", "doubted"),
    [
        ("Leistungszeitraum: 01.03.2024 - 31.03.2024", False),
        ("Leistungszeitraum: 31.03.2024 - 01.03.2024", True),
        ("Leistungszeitraum vom 31.03.2024 bis 01.03.2024", True),
        ("Period from 31 March 2024 to 1 March 2024", True),
        ("Leistungszeitraum: 01.07.2024 bis 31.07.2024", False),
        ("Leistungszeitraum: 01.07.2025 bis 31.07.2025", True),
        ("Leistungszeitraum: 01.05.2024 bis 30.04.2025", False),
        ("Leistungszeitraum: 01.07.2024 bis 03.07.2024", False),
        ("Zahlung im Voraus, Leistungszeitraum: 01.07.2025 bis 31.07.2025", False),
        ("Gültig 31.07.2024 - 01.07.2024", False),
        ("LegalMonetaryTotal: 1\nStartDate: 2024-03-31\nEndDate: 2024-03-01", True),
    ],
)
def test_periods_out_of_time(period: str, doubted: bool) -> None:
    text = f"RECHNUNG\nRechnungsdatum: 02.04.2024\n{period}\n"
    assert bool([*period_out_of_time(view(text))]) == doubted
