"""Which questions were not asked, and why; of unsure kinds those that all share, and none fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay.models.encoder_group import open_reader
from docassay.models.reading import Reader
from docassay.schemas.rows import UNKNOWN, Result
from docassay.transforms.assess import assess
from docassay.transforms.conclude import conclude
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.split import asked_kinds, split

CONTRACT = (
    "The Supplier delivers the goods to the Buyer within thirty days of each order.\n\n"
    "Either party may end this arrangement with three months' notice in writing to the other.\n"
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader("minilm")


def parsed(**fields: object) -> Document:
    known = Document(
        "0" * 64, "memory:", CONTRACT, "text/plain", language="en", domain="legal", domain_probability=0.9
    )
    return replace(known, **fields)  # type: ignore[arg-type]


def result(document: Document, reader: Reader) -> Result:
    cut = split(document, reader.card)
    assert isinstance(cut, Document)
    (assessed,) = assess([cut], reader, ())
    concluded = conclude(assessed, reader.card)
    assert isinstance(concluded, Result)
    return concluded


def test_a_sure_kind_is_asked_everything(reader: Reader) -> None:
    assert result(parsed(kind="purchase"), reader).document.not_asked == ()


def test_an_unknown_kind_leaves_out_the_checks_of_kinds(reader: Reader) -> None:
    (reason,) = result(parsed(kind=""), reader).document.not_asked or ()
    why, _, questions = reason.partition(": ")
    assert why == "kind_unknown"
    assert "nda_term" in questions or len(questions.split(", ")) > 5


def test_an_unknown_domain_leaves_out_all_checks(reader: Reader) -> None:
    found = result(parsed(domain=UNKNOWN, kind=""), reader)
    assert "domain_unknown: checks of financial, legal, medical" in (found.document.not_asked or ())
    assert found.findings == ()


def test_an_unread_language_leaves_out_the_heads(reader: Reader) -> None:
    text = "Leverantören levererar varorna till köparen inom trettio dagar efter varje beställning. " * 4
    found = result(parsed(text=text, kind="purchase", language="sv"), reader)
    assert any(one.startswith("language_not_read: clause_type") for one in found.document.not_asked or ())


UNSURE: dict[str, object] = {
    "kind": "lease",
    "kind_probability": 0.45,
    "kind_confident": False,
    "kind_candidates": ("legal.employment", "legal.lease"),
}


@pytest.mark.usefixtures("rules_alone")
def test_kinds_that_are_not_sure_are_asked_what_they_share_and_none_fails(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docassay.transforms.ask.absence_is_proven", lambda decided_by: True)
    lease, employment = (
        {row.check_id for row in result(parsed(kind=kind), reader).findings}
        for kind in ("lease", "employment")
    )
    unsure = result(parsed(**UNSURE), reader)
    found = {row.check_id for row in unsure.findings}
    assert found and found <= lease & employment
    assert all(row.verdict != "fail" for row in unsure.findings)
    assert "kind_uncertain:legal.employment,legal.lease" in unsure.document.reasons
    assert unsure.document.status in ("review", "flagged")
    assert not any(reason.startswith("absent:") for reason in unsure.document.reasons)
    (left_out,) = unsure.document.not_asked or ()
    assert left_out.startswith("kind_unknown: ")
    assert (lease | employment) - (lease & employment) <= set(left_out.partition(": ")[2].split(", "))


def test_of_an_improbable_kind_no_check_is_asked() -> None:
    asked = asked_kinds(parsed(**UNSURE | {"kind_probability": 0.35}))
    assert [domain.checks for domain, _ in asked] == [(), ()]
    alone = parsed(
        kind="lease", kind_probability=0.35, kind_confident=False, kind_candidates=("legal.lease",)
    )
    ((domain, _),) = [(domain, kind) for domain, kind in asked_kinds(alone) if kind == "lease"]
    assert domain.checks == () and domain.flags
    (likely,) = [of for of, kind in asked_kinds(replace(alone, kind_probability=0.8)) if kind == "lease"]
    assert likely.checks == ()  # else it is nothing that is known
    (likelier,) = [of for of, kind in asked_kinds(replace(alone, kind_probability=0.95)) if kind == "lease"]
    assert likelier.checks
    assert asked_kinds(parsed(**UNSURE))[0][0].checks


def test_what_may_hold_several_documents_is_asked_all_of_each_kind() -> None:
    whole = [
        rule.id
        for domain, _ in asked_kinds(parsed(**UNSURE, boundary_candidates=(90,)))
        for rule in domain.checks
    ]
    shared = [rule.id for domain, _ in asked_kinds(parsed(**UNSURE)) for rule in domain.checks]
    assert set(shared) < set(whole)


def test_a_kind_that_is_told_and_asked_nothing(reader: Reader) -> None:
    found = result(parsed(kind="statute"), reader)
    assert (found.findings, found.classifications) == ((), ())
    assert found.document.not_asked == ()


def test_kind_candidates_of_another_domain_share_no_check() -> None:
    document = parsed(
        kind="purchase", kind_confident=False, kind_candidates=("legal.purchase", "financial.purchase_order")
    )
    asked = asked_kinds(document)
    assert [(domain.name, kind) for domain, kind in asked] == [
        ("legal", "purchase"),
        ("financial", "purchase_order"),
    ]
    assert [domain.checks for domain, _ in asked] == [(), ()]
    assert all(domain.flags for domain, _ in asked)


def test_an_unknown_domain_is_asked_the_questions_of_all() -> None:
    document = parsed(domain=UNKNOWN, kind="")
    asked = [domain.name for domain, _ in asked_kinds(document)]
    assert asked == ["financial", "legal", "medical", "mail"], "so short a text may be a message"


def test_where_it_may_be_of_no_kind_the_checks_of_its_candidates_are_left_out(reader: Reader) -> None:
    unknown = result(parsed(kind=""), reader).document.not_asked
    likely = result(parsed(kind="", kind_confident=False, kind_candidates=("legal.lease",)), reader)
    assert likely.document.not_asked == unknown
    assert not {row.check_id for row in likely.findings} & {
        row.check_id for row in result(parsed(kind="lease"), reader).findings
    }


def test_a_language_that_is_not_read_leaves_out_all_checks(reader: Reader) -> None:
    text = (
        "Arrest van de rechtbank. De eiser vordert betaling van de koopprijs; de gedaagde voert verweer. De"
        " rechter wijst de vordering toe en veroordeelt de gedaagde in de kosten van de procedure."
    )
    told = detect(replace(parsed(text=text), language="", domain=UNKNOWN))
    assert (told.language, told.domain, told.kind, told.kind_candidates) == ("nl", UNKNOWN, "", ())
    found = result(told, reader)
    assert (found.findings, found.classifications) == ((), ())
    assert "language_not_read: checks of financial, legal, medical" in (found.document.not_asked or ())
    assert detect(told, translated=("nl",)).kind_probability > 0  # with a translator it is read


SHEET = (
    "CONSENT FORM\n\nTitle of the research study: Pillows and sleep\n\n"
    "I confirm that I have read the information sheet dated 3 May 2024 (version 2) for this study.\n\n"
    "I understand that my participation is voluntary and that I may stop at any time without penalty.\n\n"
    "My answers will be kept confidential.\n\nName: ____________ Date: ________ Signature: ____________\n"
)


@pytest.mark.usefixtures("rules_alone")
def test_what_another_document_states_is_not_asked_and_named_once(reader: Reader) -> None:
    form = parsed(text=SHEET, domain="medical", kind="consent_form")
    found = result(form, reader)
    left = "consent_benefits,consent_contact,consent_future_use,consent_research,consent_risks"
    assert found.document.status == "not_checked"
    assert found.document.reasons == (f"in_other_document:{left}",)
    assert f"in_other_document: {left.replace(',', ', ')}" in (found.document.not_asked or ())
    assert {row.check_id: row.verdict for row in found.findings} == {
        "consent_confidentiality": "pass",
        "consent_voluntary": "pass",
    }


def test_without_another_document_what_is_missing_is_for_a_person(reader: Reader) -> None:
    text = SHEET.replace("the information sheet dated 3 May 2024 (version 2) for this study", "this page")
    found = result(parsed(text=text, domain="medical", kind="consent_form"), reader)
    assert found.document.status == "review"
    assert "consent_risks" in {row.check_id for row in found.findings if row.verdict == "review"}
