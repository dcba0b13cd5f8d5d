"""Identifiers: found by their form and check digits, and only where nothing else looks the same."""

from __future__ import annotations

import time

import pytest

from docassay.models.identifiers import IDENTIFIERS, matches
from tests.families import quick_first


def found(text: str, certain: bool = True) -> dict[str, list[str]]:
    by_label: dict[str, list[str]] = {}
    for identifier, spans in zip(IDENTIFIERS, matches(text), strict=True):
        for start, end in spans:
            if identifier.certain is certain:
                by_label.setdefault(identifier.label, []).append(text[start:end])
    return by_label


@pytest.mark.parametrize(
    ("text", "label", "values"),
    [
        ("Write to ann.lee+x@mail.example.org.", "email_address", ["ann.lee+x@mail.example.org"]),
        ("seen 05nov2023 and 4dec", "date_time", ["05nov2023", "4dec"]),
        ("part A12dec or 39dec or 412dec", "date_time", []),
        ("depuis le 23022018, puis le 211017", "date_time", ["23022018", "211017"]),
        ("le 45022018, puis le 2302", "date_time", []),  # no day, no year
        ("born 2 5 0 2 1 9 8 8 here", "date_time", ["2 5 0 2 1 9 8 8"]),
        ("marks 9 5 0 2 1 9 8 8 here", "date_time", []),  # no day
        ("n 2 9 2 4 1 8 7 6 5 3 2 9 8  2 9 0 2 1 9 9 6", "record_number", ["2 9 2 4 1 8 7 6 5 3 2 9 8"]),
        ("row 0 0 1 0 0 1 0 0 1 0 0 1 0", "record_number", []),  # no date beside it
        ("au 01 23 45 67 89 ou 06.98.43.40.20", "phone_number", ["01 23 45 67 89", "06.98.43.40.20"]),
        ("01 23 45 67 89 10 et 00 23 45 67 89", "phone_number", []),
        ("See https://www.example.org/a?b=1.", "domain_name", ["https://www.example.org/a?b=1"]),
        ("IBAN GB82 WEST 1234 5698 7654 32 please", "iban_code", ["GB82 WEST 1234 5698 7654 32"]),
        ("IBAN GB83 WEST 1234 5698 7654 32 please", "iban_code", []),  # check digits are wrong
        ("IBAN : FR76 3000 6000 0112 3456 7890 189", "iban_code", ["FR76 3000 6000 0112 3456 7890 189"]),
        ("card 4111 1111 1111 1111 declined", "credit_card", ["4111 1111 1111 1111"]),
        ("card 4111 1111 1111 1112 declined", "credit_card", []),  # fails Luhn
        ("order 000000000000 shipped", "credit_card", []),  # passes Luhn, but is no card
        ("from 192.168.0.12 at noon", "ip_address", ["192.168.0.12"]),
        ("from 2001:db8::ff00:42:8329 at noon", "ip_address", ["2001:db8::ff00:42:8329"]),
        ("at 12:30:45 sharp", "ip_address", []),  # a time
        ("version 400.1.2.3", "ip_address", []),  # no octet
        ("SSN 536-22-1234.", "us_ssn", ["536-22-1234"]),
        ("SSN 666-22-1234.", "us_ssn", []),  # no such area
        ("NHS number 943 476 5919", "uk_nhs_number", ["943 476 5919"]),
        ("NHS number 943 476 5918", "uk_nhs_number", []),  # check digit
        ("invoice 943 476 5919", "uk_nhs_number", []),  # nothing says what it is
        ("NI number: AB 12 34 56 C", "uk_national_insurance", ["AB 12 34 56 C"]),
        ("NPI: 1234567893", "us_npi", ["1234567893"]),
        ("NPI: 1234567890", "us_npi", []),
        ("DEA no. AB1234563", "us_dea", ["AB1234563"]),
        ("Medicare 1EG4-TE5-MK73", "us_medicare", ["1EG4-TE5-MK73"]),
        ("Steuer-ID: 86 095 742 719", "de_tax_id", ["86 095 742 719"]),
        ("Steuer-ID: 86 095 742 718", "de_tax_id", []),
        ("Versichertennummer A123456780", "de_health_insurance", ["A123456780"]),
        ("Charge A123456780", "de_health_insurance", []),
        ("Rentenversicherung 15 070649 C 103", "de_pension_number", ["15 070649 C 103"]),
        ("Sécu : 2 95 10 99 126 111 93", "fr_social_security", ["2 95 10 99 126 111 93"]),
        ("Sécu : 2 95 10 99 126 111 94", "fr_social_security", []),
        ("Reisepass-Nr. C01X00T47", "passport", ["C01X00T47"]),
        (
            "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
            "passport",
            ["L898902C36UTO7408122F1204159ZE184226B<<<<<10"],
        ),
        ("L898902C37UTO7408122F1204159ZE184226B<<<<<10", "passport", []),
        ("Driver's license no. D1234567", "driver_license", ["D1234567"]),
        ("on March 3, 2021 and 2021-03-04", "date_time", ["March 3, 2021", "2021-03-04"]),
        ("geb. am 3.4.1965, seit 12. Mai 2019", "date_time", ["3.4.1965", "12. Mai 2019"]),
        ("le 1er mars 2019 et le 03/04/2019", "date_time", ["1er mars 2019", "03/04/2019"]),
        ("seit 45.67.2019 und 3.14.15", "date_time", []),  # no days
        ("Tel.: 030 / 123 45 67", "phone_number", ["030 / 123 45 67"]),
        ("Tél : 01 42 34 56 78", "phone_number", ["01 42 34 56 78"]),
        ("MRN: 00456789", "record_number", ["00456789"]),
        ("Fallnummer: 2023/114455", "record_number", ["2023/114455"]),
        ("IPP : 8012939402", "record_number", ["8012939402"]),
        ("Total: 12345678", "record_number", []),
    ],
)
def test_identifier_is_found_where_it_is_one_and_not_where_it_looks_like_one(
    text: str, label: str, values: list[str]
) -> None:
    assert found(text).get(label, []) == values


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("call (617) 555-0134 now", "phone_number", "(617) 555-0134"),
        ("vom 3.5. bis heute", "date_time", "3.5."),
    ],
)
def test_what_only_may_be_one_is_left_to_the_network(text: str, label: str, value: str) -> None:
    assert label not in found(text)
    assert found(text, certain=False)[label] == [value]


def test_a_certain_match_hides_what_overlaps_it() -> None:
    assert "phone_number" not in found("GB82 WEST 1234 5698 7654 32", certain=False)
    assert "phone_number" not in found("4111 1111 1111 1111", certain=False)
    assert "phone_number" not in found("due 2021-03-04", certain=False)


def test_a_cue_holds_for_the_number_that_follows_it_only() -> None:
    assert found("MRN 445566, weight 778899")["record_number"] == ["445566"]
    assert "record_number" not in found("The MRN is missing. Order 778899.")


@pytest.mark.parametrize(
    "unit",
    quick_first(
        1, ["MRN 1", "1 ", "a.", "@", "a", "1", ". ", "A1", "1.", "<", "tel ", "(1", "jan ", "1:", "a@"]
    ),
)
def test_hostile_text_takes_no_more_than_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        began = time.process_time()
        matches(unit * (size // len(unit)))
        return time.process_time() - began

    short, long = seconds(20_000), seconds(200_000)
    assert long < 40 * short + 0.5
