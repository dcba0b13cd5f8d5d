"""What no example of a financial rule shows: kinds, splitting, reading mails and figures."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.financial.figures import notation_of, read_line
from docassay.domains.financial.split import MOST_CHARS, item_headings, split
from docassay.domains.mail.message import header_block
from docassay.domains.mail.names import owner

FILING = """FORM 10-K
ANNUAL REPORT PURSUANT TO SECTION 13

INDEX
PART I
Item 1. Business 3
Item 1A. Risk Factors 5
Item 2. Properties 9
PART II
Item 7. Management’s Discussion and Analysis 10

PART I
Item 1. Business
Overview
We make paint for ships. Our paint is sold in nine countries, and Item 7 of Part II says how it was sold.
3

Item 1A. Risk Factors
We Depend on the Price of Resin
Resin is made of oil, and the price of oil moves more than ours can. Contracts fix our prices for a year.
Item 2. Properties
None.

PART II
Item 7. Management’s Discussion and Analysis
Net sales 1,200 1,100 900
Cost of sales 800 700 600
"""

MAIL = """From: Mara Lind <mara@lindqvist.example>
To: ap@harbor.example
Subject: Re: Invoice 88

Dear Bo,

thank you, the invoice is right and will be paid on Friday.

-- 
Mara Lind

On Tue, 12 May 2026 at 09:12, Bo Aho <bo@harbor.example> wrote:
> Dear Mara,
>
> is invoice 88 right?
"""


def _headings(text: str, kind: str = "") -> list[tuple[str, ...]]:
    return [part.heading for part in split(RuleInput(text, kind))]


def test_filing_is_cut_at_its_items_and_not_at_its_table_of_contents() -> None:
    headings = _headings(FILING, "annual_report_10k")
    assert ("PART I", "Item 1. Business", "Overview") in headings
    assert ("PART I", "Item 1A. Risk Factors", "We Depend on the Price of Resin") in headings
    assert ("PART II", "Item 7. Management’s Discussion and Analysis") in headings
    assert not any(heading[-1].endswith(("3", "5", "10")) for heading in headings if heading)


def test_items_are_found_once_each_and_with_their_place() -> None:
    found = item_headings(FILING)
    assert [name for name, _, _ in found] == ["1", "1a", "2", "7"]
    assert [FILING[start:end] for _, start, end in found][1] == "Item 1A. Risk Factors"


def test_several_items_under_one_heading_count_each() -> None:
    found = item_headings("Items 1 and 2. Business and Properties\nWe make paint.")
    assert [name for name, _, _ in found] == ["1", "2"]


def test_table_lines_stay_together() -> None:
    tables = [p for p in split(RuleInput(FILING)) if "Cost of sales" in FILING[p.start : p.end]]
    assert len(tables) == 1
    assert "Net sales 1,200" in FILING[tables[0].start : tables[0].end]


def test_mail_is_cut_into_headers_message_and_quoted_reply() -> None:
    parts = split(RuleInput(MAIL, "email"))
    assert parts[0].heading == ("Headers",)
    assert MAIL[parts[0].start : parts[0].end].endswith("Subject: Re: Invoice 88")
    quoted = [MAIL[p.start : p.end] for p in parts if p.heading[0] == "Quoted message"]
    assert any("is invoice 88 right?" in piece for piece in quoted)
    assert not any("paid on Friday" in piece for piece in quoted)


def test_outlook_headers_begin_a_quoted_message() -> None:
    copied = "From: Bo Aho\nSent: Tuesday\nTo: Mara\nSubject: Invoice 88\n\nIs it right?\n"
    text = MAIL.split("-- ")[0] + copied
    parts = split(RuleInput(text, "email"))
    assert parts[-1].heading[0] == "Quoted message"


_LINES = """Item 1. Business
Item 1A. Risk Factors 7
PART II
> quoted
On 1 May Bo wrote:
Net 1.00 2.00
|a|b|
# Head
12
The sum is due on Friday, and no later.

From: a@b.example
Subject: x
- x
É. 1"""
_lines = st.sampled_from([*_LINES.split("\n"), " ", "\u2028"])
_texts = st.lists(st.one_of(_lines, st.text(max_size=40)), max_size=40)
_kinds = st.sampled_from(["", "email", "central_bank_statement"])
_ascii = st.text(st.characters(codec="ascii", exclude_characters="\n"), min_size=1, max_size=60)


@given(_texts, _kinds)
def test_parts_are_in_order_and_lose_only_white_space(lines: list[str], kind: str) -> None:
    text = "\n".join(lines)
    parts = split(RuleInput(text, kind))
    position = 0
    for part in parts:
        assert position <= part.start < part.end
        assert not text[position : part.start].strip()
        assert text[part.start : part.end] == text[part.start : part.end].strip()
        position = part.end
    assert not text[position:].strip()


@given(st.lists(_ascii, max_size=60))
def test_joined_parts_stay_readable_in_one_window(lines: list[str]) -> None:
    text = "\n\n".join(lines)
    longest = max((len(line) for line in lines), default=0)
    assert all(part.end - part.start <= MOST_CHARS + 3 * longest + 10 for part in split(RuleInput(text)))


@given(st.text(max_size=300))
def test_rules_take_any_text(text: str) -> None:
    domain = domains.load("financial")
    for kind in ("", "email", "invoice", "annual_report_10k"):
        view = RuleInput(text, kind)
        for rule in domain.flags:
            assert all(0 <= start < end <= len(text) for start, end in domains.spans(rule, view))
        for check in domain.checks:
            if domains.applies(check, view):
                domains.judge(check, view)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (FILING, "annual_report_10k"),
        (MAIL, "email"),
        ("INVOICE\nInvoice no. 5\nTotal 10.00", "invoice"),
        ("FORM 8-K\nCURRENT REPORT", "current_report_8k"),
        ("____ FORM 10-Q ____\nQuarterly report", "quarterly_report_10q"),
        ("Harbor Bank\nAccount statement 1 to 31 May 2026\nOpening balance 10.00", "bank_statement"),
        ("URGENT! Your account statement for 07 shows 800 points, call now to claim.", "text_message"),
        ("Lindqvist Steel reports second quarter 2026 results", "earnings_release"),
        ("PROSPECTUS\nHarbor Fund", "prospectus"),
        ("Rechnung Nr. 2026-8\nMwSt 19%", "invoice"),
        ("The bank told me that my account was closed, and XXXX did not answer.", "complaint"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert domains.load("financial").kind_of(None, text) == kind


@pytest.mark.parametrize(
    ("text", "news", "why"),
    [
        ("Lindqvist Steel shares slip 2% as Q3 revenue misses estimates", True, "shares and a quarter"),
        ("$LQS - Lindqvist Steel sets $500M revolving credit line", True, "a ticker"),
        ("Copper futures fall 0.93% on global cues, weak demand", True, "a commodity that falls"),
        ("Lindqvist Steel to open a plant in Harbor", False, "no sign of a market"),
        ("Where did this 1 euro fee come from?", False, "one sign, and nothing moves"),
        ("Your shares rose 20%, click to claim your profit", False, "sent to a person"),
        ("URGENT! Our stock pick gains 300%, call 0800123456", False, "a number to call"),
        ("Shares rose 2%. " * 30, False, "longer than a post"),
        ("$AMZN parcel held at depot, fee of 2.99 due today: amzn-post.top/x", False, "leads elsewhere"),
        ("Gold rises to a high: hmrc-refund.top", False, "a link that is no post's"),
        ("$AAPL beats on EPS, shares up 3% https://t.co/x1", True, "a post's own link"),
    ],
)
def test_headlines_and_posts_are_told_from_messages(text: str, news: bool, why: str) -> None:
    kinds = [kind.name for kind in domains.load("financial").titled(None, text)]
    assert ("market_news" in kinds) is news, why


@pytest.mark.parametrize(
    ("text", "value"),
    [("Total 1,234.50", "1234.50"), ("Summe 1.234,50", "1234.50"), ("Total TTC 1 234,50", "1234.50"),
     ("Total CHF 1'234.50", "1234.50"), ("Total CHF 1’234.50", "1234.50"),
     ("Total 1\u202f234,50 €", "1234.50"),
     ("Total 9,500", "9500"), ("5,00- EUR", "-5.00"), ("− 3,00 €", "-3.00"), ("1.234.567 EUR", "1234567"),
     ("€160.00", "160.00"), ("Total 12.5 USD", "12.5")],
)  # fmt: skip
def test_amounts_are_read_as_written_in_four_countries(text: str, value: str) -> None:
    figures, _ = read_line(text, 0, notation_of(text))
    assert [(figure.value, figure.money) for figure in figures] == [(Decimal(value), True)]


@pytest.mark.parametrize(
    "text", ["Seite 2 von 3", "08.30 Uhr", "am 05.03.2026", "19 %", "Regio R9", "Nr. 4711"]
)
def test_other_figures_are_no_amounts(text: str) -> None:
    figures, _ = read_line(text, 0, notation_of("12,50"))
    assert not any(figure.money and not figure.percent for figure in figures)


def test_headers_end_at_the_empty_line_and_may_be_folded() -> None:
    text = "From: a@b.example\nSubject: a\n long one\n\nBody"
    assert text[header_block(text) :].strip() == "Body"
    assert header_block("Dear Bo: hello\nFrom: a@b.example") == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a.b.co.uk", "b.co.uk"),
        ("X.ACME.example", "acme.example"),
        ("localhost", "localhost"),
        ("shop.acme.de.", "acme.de"),
    ],
)
def test_owner_of_a_host(host: str, expected: str) -> None:
    assert owner(host) == expected


def test_samples_have_expectations() -> None:
    folder = domains.load("financial").folder / "samples"
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    files = {path.name for path in folder.iterdir() if path.name != "expected.toml"}
    domain = domains.load("financial")
    of_mail = domains.load("mail")
    codes = {rule.id for rule in (*domain.flags, *of_mail.flags)}
    codes |= {flag.code for flag in (*domain.task_flags, *of_mail.document_flags)}
    checks = {check.id for check in domain.checks}
    assert files == {name.partition("#")[0] for name in expected}
    for name, entry in expected.items():
        assert set(entry["flags"]) <= codes, name
        assert set(entry["failed"]) <= checks, name
        assert entry["kind"] in {kind.name for kind in domain.kinds}, name


def test_a_report_that_amends_another_may_hold_the_changed_items_alone() -> None:
    checks = {check.id: check for check in domains.load("financial").checks}
    whole, part = RuleInput(FILING, "annual_report_10k"), FILING.replace("FORM 10-K", "FORM 10-K/A", 1)
    asked = checks["reg_sk_101_business"]
    assert domains.applies(asked, whole)
    assert not domains.applies(asked, RuleInput(part, "annual_report_10k"))
    assert not domains.applies(asked, RuleInput(f"{FILING}\nAmendment No. 2", "annual_report_10k"))
