"""Personal data as rows: on the original text, in any kind and language, with offsets and a segment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay.models.tagger import installed
from docassay.schemas.rows import UNKNOWN, Result, Source
from docassay.transforms.conclude import identify, is_asked
from docassay.transforms.context import Context, Options
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.split import asked_kinds, cut_segments
from docassay.transforms.stages import run_stages
from tests.fakes import KeywordReader, card
from tests.spoken import Shelf

ID = "a" * 64


def document(text: str, **changes: object) -> Document:
    parsed = Document(ID, "x.txt", text, "text/plain", language="en", domain="legal", domain_probability=0.99)
    return replace(parsed, **changes)  # type: ignore[arg-type]


def judged(parsed: Document, personal_data: bool) -> Result:
    reader = KeywordReader(card({"message_fraud": ["legitimate", "smishing"]}))
    options = Options(domain=parsed.domain, personal_data=personal_data)
    (result,) = run_stages([parsed], Context(options, reader=reader, translators=Shelf({})))
    assert isinstance(result, Result)
    return result


CONTRACT = "MIETVERTRAG\n\nzwischen Frau Gudrun Lindner, geb. am 03.04.1961, und Herrn Paul Wegner.\n"


def test_contract_is_searched_when_asked_and_only_then() -> None:
    parsed = detect(document(CONTRACT), "legal")
    assert judged(parsed, personal_data=False).entities == ()
    found = {row.text: row.label for row in judged(parsed, personal_data=True).entities}
    assert found["Gudrun Lindner"] == found["Paul Wegner"] == "person"
    assert found["03.04.1961"] == "date_time"


@pytest.mark.parametrize(
    ("domain", "kind", "asked"),
    [
        ("medical", "visit_note", True),
        ("medical", "bill", False),
        ("legal", "contract", False),
        (UNKNOWN, "x", False),
    ],
)
def test_kinds_of_notes_ask_by_themselves(domain: str, kind: str, asked: bool) -> None:
    assert is_asked(asked_kinds(document("A text.", domain=domain, kind=kind))) is asked


def test_rows_point_into_the_text_name_the_model_and_lie_in_a_segment() -> None:
    text = "\n\n".join(f"Section {n}. Mr. Harold Pemberton signed on 0{n}/02/2020." for n in range(1, 6))
    parsed = document(text)
    segments = cut_segments(parsed)
    rows = identify(parsed, segments)
    assert [row.text for row in rows if row.label == "person"] == ["Harold Pemberton"] * 5
    for row in rows:
        assert text[row.start_char : row.end_char] == row.text
        assert row.model == installed().card.id
        segment = segments[row.segment]
        assert segment.start_char <= row.start_char < segment.end_char
        assert row.abstained == (row.probability is not None and row.probability < installed().sure)


def test_document_in_three_languages_gives_the_people_of_each() -> None:
    text = (
        "Dear Mr. Harold Pemberton,\n\nSehr geehrte Frau Gudrun Lindner,\n\nCher Monsieur Jacques Morel,\n\n"
        "Mrs. Pemberton will call.\n"
    )
    for language in ("en", "de", "fr", "und"):
        found = [
            row.text for row in identify(document(text, language=language), cut_segments(document(text)))
        ]
        assert [
            name for name in ("Harold Pemberton", "Gudrun Lindner", "Jacques Morel") if name not in found
        ] == []


def test_mail_of_any_domain_gives_its_people() -> None:
    content = (
        b"From: Ingrid Solberg <is@example.org>\nTo: Marcus Webb <mw@example.org>\nSubject: Lunch\n\n"
        b"Marcus, see you at noon.\n\nIngrid\n"
    )
    parsed = parse(Source("a.eml", content=content), Limits())[0]
    assert isinstance(parsed, Document)
    found = {row.text: row.label for row in identify(parsed, cut_segments(parsed))}
    assert found["Ingrid Solberg"] == found["Marcus Webb"] == "person"
    assert found["is@example.org"] == "email_address"
