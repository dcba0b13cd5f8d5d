"""What may be a document of its own within another: cut out with its readings, and asked its checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docassay.models.catalog import Card
from docassay.models.reading import Reading
from docassay.schemas.rows import Finding, Segment
from docassay.schemas.tables import Cell, Table
from docassay.transforms.conclude import conclude
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.parts.stretch import stretch
from docassay.transforms.split import cut_segments
from docassay.transforms.translation.alignment import English, Piece
from tests.piles import NDA

ID = "a" * 64
CARD = Card("fake", "1", "encoder", Path(), "", "", 192, {}, {}, "0" * 64, {"languages": ["en"]})
KNEE = """PREOPERATIVE DIAGNOSIS: Torn medial meniscus, left knee.
POSTOPERATIVE DIAGNOSIS: Torn medial meniscus, left knee.
PROCEDURE PERFORMED: Arthroscopy of the left knee.
ANESTHESIA: General.
COMPLICATIONS: None.
OPERATIVE FINDINGS: A bucket-handle tear.
DESCRIPTION OF PROCEDURE: The patient was taken to the operating room and placed supine. The knee was prepped
and draped. The arthroscope was introduced and the meniscus was trimmed.

"""
FOOT = """PREOPERATIVE DIAGNOSIS: Hallux valgus, right foot.
POSTOPERATIVE DIAGNOSIS: Hallux valgus, right foot.
PROCEDURE PERFORMED: Bunionectomy, right foot.
ANESTHESIA: Local with sedation.
DESCRIPTION OF PROCEDURE: The patient was brought to the operating room and placed on the table. An incision
was made over the joint, the bone was cut and fixed with a screw.
"""


def findings_of(text: str, candidates: tuple[int, ...] = (), **changes: object) -> tuple[Finding, ...]:
    kind = {"language": "en", "domain": "medical", "kind": "operative_note", **changes}
    parsed = Document(ID, "x.pdf", text, "application/pdf")
    parsed = replace(parsed, boundary_candidates=candidates, **kind)  # type: ignore[arg-type]
    segments = cut_segments(parsed)
    number = len(segments)
    read = replace(parsed, segments=segments, tasks=((),) * number, readings=(Reading({}, 5),) * number)
    return conclude(extract(read), CARD).findings


def said(findings: tuple[Finding, ...]) -> set[tuple[str, str, str | None]]:
    return {(row.check_id, row.verdict, row.evidence) for row in findings}


def test_each_of_two_reports_that_may_be_one_file_is_checked() -> None:
    both = findings_of(KNEE + FOOT, (len(KNEE),))
    assert said(findings_of(KNEE)) <= said(both)
    alone = findings_of(FOOT)
    assert {row for row in said(alone) if row[1] == "pass"} <= said(both)
    assert "operative_findings" in {row.check_id for row in alone if row.evidence is None}
    of_whole = findings_of(KNEE + FOOT)
    absent = {row.check_id for row in of_whole if row.evidence is None}
    assert {row.check_id for row in both if row.evidence is None} == absent, "the whole has what a part lacks"
    for row in both:
        if row.start_char is not None:
            assert (KNEE + FOOT)[row.start_char : row.end_char] == row.evidence
    assert len({(row.check_id, row.start_char) for row in both}) == len(both)


@pytest.mark.usefixtures("rules_alone")
def test_nothing_is_missing_in_what_may_be_a_part_that_the_whole_has() -> None:
    contract = f"{NDA[0].rpartition(chr(10))[0]}\n{NDA[1].rpartition(chr(10))[0]}\n\n"
    form = contract.partition("3. Governing")[0].replace("Ashgrove", "Oak")
    whole = findings_of(contract + form, (len(contract),), domain="legal", kind="nda")
    alone = {row.check_id for row in findings_of(form, domain="legal", kind="nda") if row.evidence is None}
    assert "governing_law" in alone
    met = {row.check_id for row in whole if row.evidence is not None}
    assert {"governing_law", "signature_block"} <= met
    assert not met & {row.check_id for row in whole if row.evidence is None}
    assert any("Oak Ltd" in (row.evidence or "") for row in whole), "the part is read"


def test_a_file_that_is_one_document_is_checked_once() -> None:
    whole = findings_of(KNEE + FOOT)
    assert "operative_findings" not in {row.check_id for row in whole if row.evidence is None}
    assert "Hallux" not in "".join(row.evidence or "" for row in whole)


def test_what_may_be_no_document_of_a_kind_that_is_asked_adds_nothing() -> None:
    shopping = "Milk, bread, butter, eggs, two onions, a bag of rice and something for the dog, please.\n"
    assert said(findings_of(KNEE + shopping, (len(KNEE),))) == said(findings_of(KNEE + shopping))


def test_disguised_words_of_a_stretch_are_slices_of_it() -> None:
    document = Document(ID, "x", "one two six", "text/plain", disguised=((0, 3), (4, 7), (8, 11)))
    cut = stretch(document, 4, 10)
    assert (cut.text, cut.disguised) == ("two si", ((0, 3),))


def test_a_stretch_has_what_lies_within_it() -> None:
    text = "Erstens eins. \nZwei kostet 5. \nDrei."
    segments = tuple(
        Segment(ID, n, start, end, (), text[start:end], "de")
        for n, (start, end) in enumerate([(0, 13), (10, 29), (15, 29), (31, 36)])
    )
    tables = (Table(((Cell("amount", 27, 28),),)), Table(((Cell("amount", 27, 28), Cell("price", 31, 35)),)))
    english = English(
        text,
        (Piece(0, 13, "First, one."), Piece(15, 29, "Two costs 5."), Piece(28, 36, "Three.")),
        model="de-en@2",
    )
    readings = tuple(Reading({}, n) for n in range(4))
    document = Document(
        ID,
        "x.pdf",
        text,
        "application/pdf",
        tables=tables,
        boundary_candidates=(15,),
        segments=segments,
        tasks=((),) * 4,
        english=english,
        readings=readings,
    )
    part = stretch(document, 15, 31)
    assert part.text == text[15:31]
    assert [(row.segment, row.start_char, row.end_char, row.text) for row in part.segments] == [
        (0, 0, 14, "Zwei kostet 5.")
    ]
    assert [reading.tokens for reading in part.readings] == [2]
    assert part.tables == (Table(((Cell("amount", 12, 13),),)),)
    assert part.english is not None
    assert part.english.text.startswith("Two costs 5.")
    assert [row.text for row in part.english.segments] == ["Two costs 5."]
