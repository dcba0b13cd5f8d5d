"""Which questions were not asked, and why; of a kind that is not sure all are asked, and none fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay.models.encoder_group import open_reader
from docassay.models.reading import Reader
from docassay.schemas.rows import UNKNOWN, Result
from docassay.transforms.assess import assess
from docassay.transforms.conclude import conclude
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


def test_kinds_that_are_not_sure_are_asked_and_none_fails(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docassay.transforms.conclude.absence_is_proven", lambda decided_by: True)
    sure = result(parsed(kind="lease"), reader)
    unsure = result(
        parsed(kind="lease", kind_confident=False, kind_candidates=("legal.employment", "legal.lease")),
        reader,
    )
    assert {row.check_id for row in sure.findings} <= {row.check_id for row in unsure.findings}
    assert any(row.verdict == "fail" for row in sure.findings)
    assert all(row.verdict != "fail" for row in unsure.findings)
    assert "kind_uncertain:legal.employment,legal.lease" in unsure.document.reasons
    assert unsure.document.status in ("review", "flagged")
    assert any(reason.startswith("absent:") for reason in sure.document.reasons)
    assert not any(reason.startswith("absent:") for reason in unsure.document.reasons)


def test_kind_candidates_of_another_domain_are_asked_too() -> None:
    document = parsed(
        kind="purchase", kind_confident=False, kind_candidates=("legal.purchase", "financial.purchase_order")
    )
    assert [(domain.name, kind) for domain, kind in asked_kinds(document)] == [
        ("legal", "purchase"),
        ("financial", "purchase_order"),
    ]


def test_an_unknown_domain_is_asked_the_questions_of_all() -> None:
    document = parsed(domain=UNKNOWN, kind="")
    assert [domain.name for domain, _ in asked_kinds(document)] == ["financial", "legal", "medical"]


def test_checks_of_kind_candidates_are_not_among_those_left_out(reader: Reader) -> None:
    unknown = result(parsed(kind=""), reader).document.not_asked or ()
    likely = result(parsed(kind="", kind_confident=False, kind_candidates=("legal.lease",)), reader).document
    asked = {row.check_id for row in result(parsed(kind="lease"), reader).findings}
    left_out = set("".join(likely.not_asked or ()).removeprefix("kind_unknown: ").split(", "))
    assert asked and not asked & left_out
    assert left_out < set("".join(unknown).removeprefix("kind_unknown: ").split(", "))
