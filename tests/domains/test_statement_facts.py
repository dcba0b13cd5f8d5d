"""Facts of bank statements and of the covers of filings."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from docassay.domains import RuleInput
from docassay.domains.facts import Finder
from docassay.domains.financial import covers, filings, statements
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits, edgar, html, xbrl

STATEMENT = """Kauri Bank
Account holder: Alex Rivera
Statement period from 1 Jan 2026 to 31 Jan 2026
Opening balance $2,410.55
Closing balance $5,118.15
Date Details Withdrawals Deposits Balance
31 Dec CHEQUE 123 456 12.40 2,398.15
05 Jan SALARY 3,120.00 5,518.15
09 Jan TRANSFER - $400.00 5,118.15
10 Jan UNKNOWN 5.00
"""


def facts(text: str, kind: str = "bank_statement") -> list[tuple[str, str | None, int | None, bool]]:
    made = Document("0", "a.txt", text, "text/plain", domain="financial", kind=kind, kind_confident=True)
    return [(one.name, one.normalised, one.group_id, one.abstained) for one in extract(made).facts]


def test_a_statement_has_its_period_balances_and_entries_with_signs_from_the_balance() -> None:
    found = facts(STATEMENT)
    assert [one for one in found if not one[0].startswith("entry")] == [
        ("account_holder", "Alex Rivera", None, False),
        ("period_start", "2026-01-01", None, False),
        ("period_end", "2026-01-31", None, False),
        ("opening_balance", "2410.55", None, False),
        ("closing_balance", "5118.15", None, False),
    ]
    assert [one[1:] for one in found if one[0] == "entry_amount"] == [
        ("-12.40", 0, False),
        ("3120.00", 1, False),
        ("-400.00", 2, False),
        ("5.00", 3, True),
    ]
    assert [one[1] for one in found if one[0] == "entry_date"][:2] == ["2025-12-31", "2026-01-05"]
    assert next(one[1] for one in found if one[0] == "entry_text") == "CHEQUE 123 456"


@pytest.mark.parametrize(
    ("text", "balances"),
    [
        ("Alter Kontostand vom 01.06.2025\n1.234,56 EUR\n", []),
        ("Opening balance as of 01.06.2025", []),
        ("Opening balance 01.06.2025: 1,234.56 €\n", [("1,234.56 €", "1234.56")]),
        ("Alter Saldo 1.234,56- EUR\n", [("1.234,56- EUR", "-1234.56")]),
        ("Alter Saldo 1.234,56 S\n", [("1.234,56 S", "-1234.56")]),
        ("Opening Balance (01 Oct 2024): Rs. 1,24,350.00\n", [("1,24,350.00", "124350.00")]),
    ],
)
def test_a_balance_is_no_day_and_keeps_its_sign(text: str, balances: list[tuple[str, str]]) -> None:
    found = statements.opening_balance(RuleInput(text, "bank_statement"))
    assert [(text[one.start : one.end], one.normalised) for one in found] == balances


def test_the_sign_of_the_next_column_is_not_of_an_amount() -> None:
    text = "Date Details Debit Balance\n05 Jan 2026 SHOP £85.25 £14.75\n"
    (found,) = statements.entry_amount(RuleInput(text, "bank_statement"))
    assert text[found.start : found.end] == "£85.25"


def test_an_entry_over_several_lines_and_balances_of_a_second_account() -> None:
    text = (
        "Date Details Debit Credit Balance\n"
        "01 Jan, 2025 OPENING BALANCE 8,65,352.79\n"
        "06 Jan, 2025 Received from PARBATI\nBH/KKBK\nIMPS-5006 +10,000.00 8,75,352.79\n"
        "07 Jan, 2025 SWEET BENGAL -166.00 8,75,186.79\nNERUL\n"
        "Opening balance 8,65,352.79\nClosing balance 8,75,186.79\n"
        "Sweep deposit Opening balance 0.00\nClosing balance 0.00\n"
    )
    found = facts(text)
    assert ("closing_balance", "875186.79", None, False) in found
    assert ("opening_balance", "865352.79", None, False) in found
    assert [one[1] for one in found if one[0] == "entry_amount"] == ["10000.00", "-166.00"]
    unproven = text.replace("8,75,352.79\n07", "8,75,353.79\n07")
    assert [one[1] for one in facts(unproven) if one[0] == "entry_amount"] == ["-166.00"]


def test_two_statements_in_one_text_leave_their_balances_unsure() -> None:
    two = STATEMENT + STATEMENT.replace("2,410.55", "1.00").replace("5,118.15\nDate", "2.00\nDate")
    sure = {name: not hint for name, _, _, hint in facts(two)}
    assert sure["opening_balance"] is sure["closing_balance"] is False


@pytest.mark.parametrize(
    "text",
    [
        "Opening balance: see above",
        "Period: mm/dd/yyyy to mm/dd/yyyy",
        "Account holder:\n",
        "01 Jan TRANSFER 4.00",
    ],
)
def test_blanks_and_lines_without_a_table_state_nothing(text: str) -> None:
    assert facts(f"Statement\n{text}\n") == []


COVER = """FORM 10-K

For the fiscal year ended June 30, 1999.

MEDICIS PHARMACEUTICAL CORPORATION

(Exact name of registrant as specified in its charter)
"""


def test_the_cover_of_a_filing_names_registrant_form_and_period() -> None:
    assert [one[:2] for one in facts(COVER, "annual_report_10k")] == [
        ("registrant", "MEDICIS PHARMACEUTICAL CORPORATION"),
        ("form", "10-K"),
        ("period", "1999-06-30"),
    ]
    event = "FORM 8-K\nDate of Report (Date of earliest event reported): March 25, 2003\n"
    assert ("period", "2003-03-25") in [one[:2] for one in facts(event, "current_report_8k")]
    assert facts("FORM 10-K\n__________\n(Exact name of registrant)", "annual_report_10k") == [
        ("form", "10-K", None, False)
    ]


@pytest.mark.parametrize(
    ("cover", "form"),
    [
        ("FORM\N{NO-BREAK SPACE}10-K\n", "10-K"),
        ("Form 10\N{NON-BREAKING HYPHEN}K\n", "10-K"),
        ("CONFORMED SUBMISSION TYPE:\t10-K405\n", "10-K405"),
        ("*Form* _10-Q_\n", "10-Q"),
        ("FORM 10-QT\n", "10-QT"),
    ],
)
def test_the_form_is_read_as_covers_write_it(cover: str, form: str) -> None:
    (found,) = covers.form(RuleInput(cover))
    assert found.normalised == form
    assert bool(list(filings.form_periodic(RuleInput(cover))))
    assert bool(list(filings.form_10k(RuleInput(cover)))) is form.startswith("10-K")


TAGGED = """<html><body><ix:header><xbrli:context id="c1"><xbrli:period>
<xbrli:endDate>2024-09-28</xbrli:endDate></xbrli:period></xbrli:context></ix:header>
<p><ix:nonNumeric name="dei:DocumentType" contextRef="c1">10-K</ix:nonNumeric>
<ix:nonNumeric name="dei:DocumentPeriodEndDate" contextRef="c1">September&#160;28</ix:nonNumeric>
<ix:nonNumeric name="dei:EntityRegistrantName" contextRef="c1">A <b>&amp;</b> B Inc.</ix:nonNumeric>
<ix:nonNumeric contextRef="c1" name="dei:EntityCentralIndexKey">320193</ix:nonNumeric></p></body></html>"""


def test_tags_of_a_cover_are_stated() -> None:
    expected = (
        ("registrant", "A & B Inc."),
        ("cik", "0000320193"),
        ("form", "10-K"),
        ("period", "2024-09-28"),
    )
    assert html.read(TAGGED.encode(), Limits(), "text/html").embedded_values == expected
    assert xbrl.of_cover("<p>plain</p>") == ()
    assert xbrl.of_cover('"dei:EntityRegistrantName"' * 5_000) == ()


@pytest.mark.parametrize(
    ("printed", "period", "form"),
    [
        ("FORM 10-K\nFor the fiscal year ended September 28, 2024\n", None, None),
        ("FORM 10-Q\nFor the quarterly period ended June 29, 2024\n", "2024-06-29", "10-Q"),
    ],
)
def test_tags_and_print_of_a_cover_are_each_the_alternative_of_the_other(
    printed: str, period: str | None, form: str | None
) -> None:
    data = html.read(TAGGED.encode(), Limits(), "text/html").embedded_values
    made = Document("0", "a.htm", printed, "text/html", domain="financial", kind="annual_report_10k")
    found = {(one.name, one.source): one for one in extract(replace(made, embedded_values=data)).facts}
    for name, other in (("period", period), ("form", form)):
        stated, read = found[name, "stated"], found[name, "rule"]
        assert (stated.alternative, stated.abstained) == (other, False)
        assert read.abstained == (other is not None)
        assert read.alternative == (stated.normalised if other else None)


def test_the_header_of_a_submission_is_stated() -> None:
    submission = (
        b"CONFORMED SUBMISSION TYPE:\t8-K\nCONFORMED PERIOD OF REPORT:\t20240418\n"
        b"COMPANY CONFORMED NAME:\tAcme Inc\n"
        b"CENTRAL INDEX KEY:\t0001100663\n<DOCUMENT>\n<TYPE>8-K\n<TEXT>\nA report.\n</TEXT>\n</DOCUMENT>\n"
    )
    assert dict(edgar.read(submission, Limits(), "text/sgml").embedded_values) == {
        "registrant": "Acme Inc",
        "cik": "0001100663",
        "form": "8-K",
        "period": "2024-04-18",
    }


SEEDS = "opening balance 1.00\n@closing balance 1.00 @01 May a 1.00 2.00\n@from 1 Jan 2024 @\n@1@12.50 @form "


@pytest.mark.parametrize("seed", SEEDS.split("@"))
def test_hostile_text_costs_little(seed: str) -> None:
    text = "Date Amount Balance\n" + seed * (100_000 // len(seed))
    finders: list[Finder] = [statements.account_holder, statements.period_start, statements.opening_balance]
    finders += [statements.entry_date, covers.registrant, covers.form, covers.period]
    before = time.process_time()
    for finder in finders:
        list(finder(RuleInput(text, "bank_statement", "text/plain", ())))
    assert time.process_time() - before < 10, "quadratic, it took minutes"


def test_a_sign_belongs_to_the_balance_behind_it() -> None:
    text = (
        "STATEMENT OF ACCOUNT\nDate Description Debit Credit Balance\nOPENING BALANCE 75.93\n"
        "04/01/25 RENT 100.00 -24.07\n05/01/25 CARD $15.81- $-39.88\n06/01/25 SALARY 200.00 160.12\n"
    )
    assert [(one.value, one.proven) for one in statements.entries(text)] == [
        ("-100.00", True),
        ("-15.81", True),
        ("200.00", True),
    ]


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ("04.01.2026 KARTE 12 678,65 1.678,65", "678,65"),
        ("04.01.2026 ATM 4411 250,00 1.250,00", "250,00"),
        ("04.01.2026 MIETE 1 050,00 2.050,00", "1 050,00"),
    ],
)
def test_the_balance_tells_where_words_end_and_an_amount_begins(line: str, amount: str) -> None:
    text = f"Kontoauszug\nDatum Buchung Betrag Saldo EUR\nAnfangssaldo 1.000,00\n{line}\n"
    (entry,) = statements.entries(text)
    assert entry.proven
    assert text[slice(*entry.amount)] == amount


def test_lines_of_rates_cost_little_in_a_long_statement() -> None:
    text = "Date Amount Balance\n" + f"01 May a{' 1.00%' * 60}\n" * 2_000
    before = time.process_time()
    assert not statements.entries(text)
    assert time.process_time() - before < 3, "each amount was sought in the whole text anew"


@pytest.mark.parametrize(
    ("out", "adds_up"),
    [("Withdrawals - 70.00", True), ("Fees 70.00", True), ("Withdrawals - 60.00", False)],
)
def test_the_summaries_of_several_accounts_add_up_each(out: str, adds_up: bool) -> None:
    account = "Beginning balance on 7/20 $100.00\nDeposits 25.50\n{}\nEnding balance on 8/16 $55.50\n\n"
    text = f"Statement\n{account.format('Withdrawals - 70.00')}{account.format(out)}"
    assert len(list(statements.summaries_add_up(RuleInput(text)))) == (2 if adds_up else 0)
    assert not list(statements.summaries_add_up(RuleInput(f"{text}Beginning balance on 7/20 $7.00\n")))
