"""Extract: facts from data and from text, with evidence that is the document's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from docassay import domains
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.validate import validate
from docassay.transforms.budget import Budget
from docassay.transforms.context import Context
from docassay.transforms.document import Document
from docassay.transforms.extract import MOST_ROLE, MOST_TRIED, extract, in_doubt
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import MAIL, PDF, XML
from docassay.transforms.parse import parse
from docassay.transforms.stages import STAGES, find_stage
from docassay.views.explain import explain
from tests.fresh import overlay
from tests.tables import STAMP, result

INVOICE = (
    "Rechnung Nr. RE-17\nRechnungsdatum 05.03.2024\nArbeit 2 Std 50,00 100,00\nGesamtbetrag 100,00 EUR\n"
)
UBL = b"""<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>RE-17</ID>
<IssueDate>2024-03-05</IssueDate><DueDate>2024-04-04</DueDate><DocumentCurrencyCode>EUR</DocumentCurrencyCode>
<OrderReference><ID>PO-9</ID></OrderReference>
<AccountingSupplierParty><Party><PartyTaxScheme><CompanyID>DE136695976</CompanyID></PartyTaxScheme>
<PartyLegalEntity><RegistrationName>Acme GmbH</RegistrationName></PartyLegalEntity></Party>
</AccountingSupplierParty>
<AccountingCustomerParty><Party><PartyName><Name>Bell KG</Name></PartyName></Party></AccountingCustomerParty>
<LegalMonetaryTotal><TaxExclusiveAmount currencyID="EUR">1.234</TaxExclusiveAmount>
<TaxInclusiveAmount currencyID="EUR">100.00</TaxInclusiveAmount></LegalMonetaryTotal></Invoice>"""


def document(text: str, kind: str, domain: str = "financial", **about: object) -> Document:
    made = Document("0" * 64, "a.txt", text, "text/plain", domain=domain, kind=kind, language="de")
    return replace(made, **about)  # type: ignore[arg-type]


def facts(document: Document) -> dict[str, Fact]:
    found = in_doubt(extract(document))
    assert [fact.ordinal for fact in found] == list(range(len(found)))
    for fact in found:
        if fact.start_char is not None:
            assert document.text[fact.start_char : fact.end_char] == fact.value
    return {f"{fact.name} {fact.source}": fact for fact in found}


def test_what_a_text_states_has_its_place() -> None:
    found = facts(document(INVOICE, "invoice"))
    number, day, gross = (found[f"{name} rule"] for name in ("invoice_number", "issue_date", "gross"))
    assert (number.value, number.decided_by) == ("RE-17", "rule financial.invoice_number")
    assert (day.value, day.normalised) == ("05.03.2024", "2024-03-05")
    assert (gross.normalised, gross.currency, gross.abstained) == ("100.00", "EUR", False)


def test_what_a_rule_reads_is_as_probable_as_such_values_were_right() -> None:
    trust = {one.name: one.trust for one in domains.load("legal").facts}
    text = "This Agreement is governed by the laws of Ohio. This Agreement shall expire on 31 March 2027.\n"
    found = facts(document(text, "nda", "legal", kind_confident=True))
    law, day = found["governing_law rule"], found["expiration_date rule"]
    assert law.probability == trust["governing_law"][True] is not None
    assert day.probability == trust["expiration_date"][True] is not None
    unsure = text.replace("This Agreement shall", "If it is lost, this Agreement shall")
    hint = facts(document(unsure, "nda", "legal", kind_confident=True))
    assert hint["expiration_date rule"].probability == trust["expiration_date"][False] != day.probability
    doubtful = facts(document(text, "nda", "legal", kind_confident=False))
    assert doubtful["governing_law rule"].probability is None, "nobody knows what document it is"
    data = replace(document(INVOICE, "invoice", kind_confident=True), embedded_values=(("number", "RE-18"),))
    assert facts(data)["invoice_number stated"].probability is None


def test_data_beside_a_print_are_stated_without_a_place_and_the_print_is_read_as_well() -> None:
    data = (("number", "RE-18"), ("currency", "EUR"), ("gross", "1.234"), ("seller", "Acme GmbH"))
    found = facts(document(INVOICE, "invoice", media_type=PDF, embedded_values=data))
    stated, printed = found["invoice_number stated"], found["invoice_number rule"]
    assert (stated.value, stated.start_char, printed.value) == ("RE-18", None, "RE-17")
    assert (stated.alternative, stated.abstained) == ("RE-17", False), "they clash, and the data count"
    assert (printed.alternative, printed.abstained) == ("RE-18", True)
    equal = facts(document(INVOICE, "invoice", media_type=PDF, embedded_values=(("number", "re 17"),)))
    assert not equal["invoice_number rule"].abstained and not equal["invoice_number stated"].alternative
    gross = found["gross stated"]
    assert (gross.normalised, gross.currency, gross.abstained) == ("1.234", "EUR", False), (
        "a decimal, no thousand"
    )
    assert found["seller stated"].value == "Acme GmbH" and "seller rule" not in found
    with_lines = facts(
        document(INVOICE, "invoice", media_type=PDF, embedded_values=(*data, ("line_amount/0", "7")))
    )
    assert with_lines["line_amount stated"].normalised == "7"
    assert (with_lines["line_amount rule"].value, with_lines["line_amount rule"].group_id) == ("100,00", 0)


PAID = "DE89 3704 0044 0532 0130 00"
OTHER = "GB29NWBK60161331926819"


@pytest.mark.parametrize(
    ("data", "stated", "printed", "why"),
    [
        ((("iban", OTHER),), PAID, OTHER, "another account than the print's"),
        ((("iban", PAID),), None, None, "the same account, with blanks"),
        ((("iban", OTHER), ("iban", PAID)), None, None, "one of two"),
        ((("iban", OTHER), ("debtor_iban", PAID)), None, None, "the print has the account of who pays"),
        ((("iban", "DE00"),), None, None, "what fails its check digits clashes with nothing"),
    ],
)
def test_an_account_of_data_that_the_print_has_not_is_its_alternative(
    data: tuple[tuple[str, str], ...], stated: str | None, printed: str | None, why: str
) -> None:
    made = document(f"{INVOICE}IBAN: {PAID}\n", "invoice", media_type=PDF, embedded_values=data)
    accounts = [fact for fact in extract(made).facts if fact.name == "account"]
    first, last = accounts[0], accounts[-1]
    assert (first.source, last.source) == ("stated", "rule")
    assert first.alternative == (stated and stated.replace(" ", "")), why
    assert (last.alternative, last.abstained) == (printed, printed is not None), why


def test_a_second_value_of_data_makes_the_first_a_hint() -> None:
    data = (("number", "RE-18"), ("number", "RE-19"), ("date", "2024-03-05"), ("date", "2024-03-05"))
    found = facts(document("", "invoice", media_type=XML, embedded_values=data))
    number, day = found["invoice_number stated"], found["issue_date stated"]
    assert (number.normalised, number.alternative, number.abstained) == ("RE-18", "RE-19", True)
    assert (day.normalised, day.alternative, day.abstained) == ("2024-03-05", None, False)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        (".50", "0.50"),
        ("100.1234567", "100.1234567"),
        ("+100.00", "100.00"),
        ("1E5", None),
        ("1.234,50", None),
    ],
)
def test_amounts_of_data(written: str, normalised: str | None) -> None:
    data = (("gross", written), ("currency", "QQQ"))
    found = facts(document("", "invoice", media_type=PDF, embedded_values=data))
    gross, currency = found["gross stated"], found["currency stated"]
    assert (gross.normalised, gross.abstained, gross.currency) == (normalised, normalised is None, None)
    assert currency.abstained, "no such currency"


def test_a_second_value_of_what_a_document_has_once_is_the_alternative_of_the_first() -> None:
    two = INVOICE + "Fälligkeitsdatum: 01.05.2024\nFälligkeitsdatum: 01.06.2024\n"
    due = facts(document(two, "invoice"))["due_date rule"]
    assert (due.normalised, due.alternative, due.abstained) == ("2024-05-01", "2024-06-01", True)
    once = facts(document(two.replace("01.06.", "01.05."), "invoice"))["due_date rule"]
    assert (once.alternative, once.abstained) == (None, False)
    numbers = facts(document("Your invoice no. 99 (old)\nInvoice No. 4711\n", "invoice"))
    number = numbers["invoice_number rule"]
    assert (number.normalised, number.alternative, number.abstained) == ("99", "4711", True)


def test_data_that_are_nonsense_break_no_row() -> None:
    data = (("number", "RE-18"), ("currency", "nothing"), ("gross", "plenty"), ("date", "x" * 200))
    extracted = extract(document(INVOICE, "invoice", media_type=PDF, embedded_values=data))
    of_text = result(INVOICE)
    rows, rejects = validate(
        [replace(of_text, facts=tuple(replace(one, doc_id=of_text.doc_id) for one in extracted.facts))], STAMP
    )
    assert not rejects and len(rows["facts"]) == len(extracted.facts)
    gross = next(fact for fact in rows["facts"] if fact.name == "gross" and fact.source == "stated")
    assert (gross.value, gross.normalised, gross.currency, gross.abstained) == ("plenty", None, None, True)


def test_an_electronic_invoice_is_data_alone() -> None:
    (read,) = parse(Source("a.xml", UBL), Limits())
    assert isinstance(read, Document)
    found = facts(replace(read, domain="financial", kind="invoice"))
    assert {fact.source for fact in found.values()} == {"stated"}
    values = {fact.name: fact.normalised for fact in found.values()}
    assert values == {
        "invoice_number": "RE-17", "issue_date": "2024-03-05", "due_date": "2024-04-04",
        "seller": "Acme GmbH", "seller_tax_number": "DE136695976", "buyer": "Bell KG", "order": "PO-9",
        "net": "1.234", "gross": "100.00", "currency": "EUR",
    }  # fmt: skip


LINES = b"""<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un"><rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Paper A4</ram:Name>
</ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>
<ram:ChargeAmount>9.9000</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity>20.0000</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>198.00</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>
</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Freight</ram:Name>
</ram:SpecifiedTradeProduct></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeSettlement><ram:ApplicableTradeTax><ram:CalculatedAmount>37.62</ram:CalculatedAmount>
<ram:BasisAmount>198.00</ram:BasisAmount><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>
</ram:ApplicableTradeTax></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""
UBL_LINES = UBL.replace(
    b"</Invoice>",
    b"""<TaxTotal><TaxAmount>37.62</TaxAmount><TaxSubtotal><TaxableAmount>198.00</TaxableAmount>
<TaxAmount>37.62</TaxAmount><TaxCategory><Percent>19.00</Percent></TaxCategory></TaxSubtotal></TaxTotal>
<InvoiceLine><InvoicedQuantity>20.0000</InvoicedQuantity><LineExtensionAmount>198.00</LineExtensionAmount>
<Item><Name>Paper A4</Name></Item><Price><PriceAmount>9.9000</PriceAmount></Price></InvoiceLine>
<InvoiceLine><Item><Name>Freight</Name></Item></InvoiceLine></Invoice>""",
)


@pytest.mark.parametrize("xml", [LINES, UBL_LINES], ids=["CII", "UBL"])
def test_data_state_lines_and_rates_each_with_its_group(xml: bytes) -> None:
    (read,) = parse(Source("a.xml", xml), Limits())
    assert isinstance(read, Document)
    stated = extract(replace(read, domain="financial", kind="invoice")).facts
    grouped = [
        (one.name, one.group_id, one.normalised, one.type) for one in stated if one.group_id is not None
    ]
    assert grouped == [
        ("tax_rate", 0, "19", "percentage"),
        ("tax_base", 0, "198.00", "amount"),
        ("tax_amount", 0, "37.62", "amount"),
        ("line_text", 0, "Paper A4", "text"),
        ("line_text", 1, "Freight", "text"),
        ("line_quantity", 0, "20", "number"),
        ("line_unit_price", 0, "9.9000", "amount"),
        ("line_amount", 0, "198.00", "amount"),
    ]


@pytest.mark.parametrize(
    ("xml", "price", "of"),
    [
        (LINES, b"</ram:ChargeAmount>", b"<ram:BasisQuantity>%s</ram:BasisQuantity>"),
        (UBL_LINES, b"</PriceAmount>", b"<BaseQuantity>%s</BaseQuantity>"),
    ],
    ids=["CII", "UBL"],
)
def test_the_price_of_a_hundred_is_not_that_of_a_unit(xml: bytes, price: bytes, of: bytes) -> None:
    for units, prices in ((b"1.0000", 1), (b"100", 0), (b"0.1", 0)):
        (read,) = parse(Source("a.xml", xml.replace(price, price + of % units)), Limits())
        assert isinstance(read, Document)
        stated = extract(replace(read, domain="financial", kind="invoice")).facts
        assert sum(one.name == "line_unit_price" for one in stated) == prices


def test_a_million_lines_give_the_first_thousand() -> None:
    (start, line, end) = UBL_LINES.partition(b"<InvoiceLine><Item><Name>Freight</Name></Item></InvoiceLine>")
    (read,) = parse(Source("a.xml", start + line * 100_000 + end), Limits(chars=100_000_000))
    assert isinstance(read, Document)
    assert len(read.embedded_values) < 1_100
    stated = extract(replace(read, domain="financial", kind="invoice")).facts
    assert sum(one.name == "line_text" for one in stated) == 1_000


def test_a_kind_that_is_not_sure_gives_hints() -> None:
    unsure = document(
        INVOICE, "", kind_confident=False, kind_candidates=("financial.invoice", "financial.receipt")
    )
    found = facts(unsure)
    assert found["invoice_number rule"].abstained
    mixed = facts(document(INVOICE, "invoice", boundary_candidates=(30,)))
    assert all(fact.abstained for fact in mixed.values())


@pytest.mark.parametrize(
    ("text", "about"),
    [
        (INVOICE, {"kind": "bank_statement"}),
        (INVOICE, {"kind": "", "domain": "legal"}),
        ("Our terms\nEach invoice falls due within 30 days.\n", {"kind": "", "domain": "unknown"}),
    ],
)
def test_what_is_no_invoice_states_nothing_of_one(text: str, about: dict[str, str]) -> None:
    found = facts(document(text, **{"domain": "financial", **about}))
    assert not [fact for fact in found.values() if fact.decided_by.startswith("rule financial.")]


@pytest.mark.parametrize("domain", ["financial", "unknown"])
@pytest.mark.parametrize("text", [INVOICE, "FACTUUR\nFactuurnummer: 17\nFactuurdatum: 05-03-2024\n"])
def test_a_bill_that_is_told_no_kind_gives_hints(text: str, domain: str) -> None:
    found = facts(document(text, "", domain))
    assert found["issue_date rule"].normalised == "2024-03-05"
    of_bill = [fact for fact in found.values() if fact.decided_by.startswith("rule financial.")]
    assert all(fact.abstained and fact.probability is None for fact in of_bill)


def test_what_is_read_of_a_likely_kind_is_read_as_of_that_kind() -> None:
    text = "Invoice 7 of 5 March 2024\nTotal Amount Due: $500.00\n"
    unsure = document(text, "receipt", kind_confident=False, kind_candidates=("financial.invoice",))
    assert facts(unsure)["gross rule"].normalised == "500.00"


def test_a_mail_states_who_sent_it_and_when() -> None:
    text = (
        "From: Ada Brook <Ada@harbor.example>\nReply-To: <x@free.example>\nTo: <a@b.example>, <c@d.example>\n"
        "Subject: Pay\nDate: Thu, 14 May 2026 10:05:00 +0200\n\nPlease pay EUR 1.240,00 today.\n"
    )
    found = extract(document(text, "email", media_type=MAIL)).facts
    said = [(fact.name, fact.normalised, fact.role) for fact in found]
    assert said[:5] == [
        ("sender", "ada@harbor.example", "Ada Brook"),
        ("reply_to", "x@free.example", None),
        ("recipient", "a@b.example", None),
        ("recipient", "c@d.example", None),
        ("sent", "2026-05-14T10:05:00+02:00", None),
    ]
    assert [(fact.normalised, fact.currency) for fact in found[5:]] == [("1240.00", "EUR")]


def test_a_patient_has_one_birth_date() -> None:
    one = document("DOB: 03/04/1980\nVisit date: 25/04/2024\nSeen.", "visit_note", "medical", language="en")
    birth = facts(one)["patient_birth_date rule"]
    assert (birth.normalised, birth.alternative) == ("1980-04-03", None), "the other date has its day first"
    two = replace(one, text=one.text + "\nDOB: 05/06/1981")
    assert "patient_birth_date rule" not in facts(two)


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    long = document("x " * 1_000 + INVOICE, "invoice")
    assert extract(long).facts and not extract(long, Budget(rule_chars=1_500)).facts


def test_facts_of_a_text_that_was_disguised_stand_in_the_text_as_written() -> None:
    text = INVOICE.replace("Gesamtbetrag", "Ges\u200bamt\u200bbetrag")
    (read,) = parse(Source("a.txt", text.encode()), Limits())
    context = Context()
    (shown,) = find_stage("see").run([read], context)
    assert isinstance(shown, Document)
    extracted = extract(replace(shown, domain="financial", kind="invoice", language="de"))
    (split,) = find_stage("split").run([extracted], context)
    (read_,) = find_stage("assess").run([split], context)
    (concluded,) = find_stage("conclude").run([read_], context)
    assert not isinstance(concluded, Reject | Document)
    for fact in concluded.facts:
        assert concluded.text[fact.start_char : fact.end_char] == fact.value
    assert "gross" in {fact.name for fact in concluded.facts}


def test_facts_come_before_checks() -> None:
    names = [stage.name for stage in STAGES]
    assert names.index("split") < names.index("extract") == names.index("conclude") - 1


CODE = """
from docassay.domains.facts import Found

def places(view):
    if "negative" in view.text:
        return [Found(-5, 3)]
    if "role" in view.text:
        return [Found(0, 3, role="r" * 100)]
    if "group" in view.text:
        return [Found(0, 3, group=-1)]
    if "worked out" in view.text:
        return [Found(0, 3, "9" * 500)]
    if "text" in view.text:
        return [("a", "b")]
    at = view.text.index("PO-")
    return [Found(at, at + 5, "99", role="ours", group=2, alternative="98"), (at, at + 5)]

def endless(view):
    while True:
        yield 0, 2
"""
FIELDS = """
[[fact]]
name = "purchase_order"
title = "Order"
type = "identifier"
most = 5
find = ['call:places']
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with overlay(tmp_path, monkeypatch, {"facts.toml": FIELDS, "__init__.py": CODE}) as folder:
        yield folder


def test_a_function_of_ones_own_runs_in_a_worker_and_says_what_it_found(acme: Path) -> None:
    found = extract(document("See PO-17 of us.", "nda", "legal")).facts
    first, second = (fact for fact in found if fact.name == "purchase_order")
    assert (first.value, first.normalised, first.role, first.group_id) == ("PO-17", "99", "ours", 2)
    assert (first.alternative, first.abstained, first.decided_by) == ("98", True, "rule acme.purchase_order")
    assert (second.normalised, second.abstained) == ("PO-17", False)


def test_what_a_function_gives_that_is_no_place_rejects_the_document_alone(acme: Path) -> None:
    good, bad = document("See PO-17.", "nda", "legal"), document("A text.", "nda", "legal")
    outcomes = find_stage("extract").run([good, bad], Context())
    assert isinstance(outcomes[0], Document)
    assert isinstance(outcomes[1], Reject) and outcomes[1].stage == "extract"


@pytest.mark.parametrize(
    ("text", "says"), [("a group", "a group that it gives"), ("as worked out", "a value that it gives")]
)
def test_what_a_function_works_out_is_checked(acme: Path, text: str, says: str) -> None:
    (outcome,) = find_stage("extract").run([document(text, "nda", "legal")], Context())
    assert isinstance(outcome, Reject) and f"rule acme.purchase_order: {says}" in str(outcome.detail)


def test_a_long_role_is_cut(acme: Path) -> None:
    (one,) = extract(document("a role", "nda", "legal")).facts
    assert one.role == "r" * MOST_ROLE


def test_of_places_without_end_the_first_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(view: object) -> Iterator[tuple[int, int]]:
        while True:
            yield 0, 2

    field = domains.load("legal").facts[0]
    changed = replace(domains.load("legal"), facts=(replace(field, most=2, find=(endless,)),))
    monkeypatch.setattr("docassay.transforms.extract.asked_kinds", lambda document: [(changed, "nda")])
    assert len(extract(document("ab", "nda", "legal")).facts) == 1 < MOST_TRIED


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted(path for name in domains.names() for path in domains.load(name).folder.glob("samples/*"))
)
def test_the_facts_of_the_samples_are_the_words_at_their_places(path: Path) -> None:
    for outcome in explain(str(path), Context()):
        for fact in () if isinstance(outcome, Reject) else outcome.facts:
            assert (fact.start_char is None) == (fact.source == "stated")
            if fact.start_char is not None:
                assert outcome.text[fact.start_char : fact.end_char] == fact.value  # type: ignore[union-attr]
