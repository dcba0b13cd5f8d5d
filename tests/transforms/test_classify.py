"""Labels of segments: by their headings where these name the section, else by the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from docassay import domains
from docassay.models.catalog import Card, TaskCard
from docassay.models.reading import Reading
from docassay.schemas.rows import Result, Segment
from docassay.transforms.assess import classify, classify_by_heading
from docassay.transforms.conclude import conclude
from docassay.transforms.document import Document

ID = "a" * 64
TASK = TaskCard("note_section", "medical", "single", ("none", "plan", "ros"), 1.0, (), 0.7, 0.9, "", "", {})
CARD = Card(
    "fake", "1", "encoder", Path(), "", "", 192, {"note_section": TASK}, {}, "0" * 64, {"languages": ["en"]}
)


def segment(heading: tuple[str, ...], text: str, number: int = 0) -> Segment:
    return Segment(ID, number, 0, len(text), heading, text, "en")


def reading(none: float, plan: float, ros: float) -> Reading:
    return Reading({"note_section": (none, plan, ros)}, 9)


def test_a_heading_decides_and_the_model_is_not_heard() -> None:
    medical = domains.load("medical")
    piece = segment(("PLAN",), "PLAN: Rest.")
    by_heading = classify_by_heading(medical, "visit_note", [piece])
    (row,) = classify(piece, reading(0.01, 0.01, 0.98), CARD, by_heading[0])
    assert (row.label, row.probability, row.abstained) == ("plan", 1.0, False)
    assert row.model == "rule medical.note_section"


def test_without_a_heading_that_says_so_the_model_decides() -> None:
    medical = domains.load("medical")
    piece = segment(("REMARKS",), "REMARKS: We talked about rest.")
    assert classify_by_heading(medical, "visit_note", [piece]) == [{}]
    (row,) = classify(piece, reading(0.01, 0.98, 0.01), CARD, {})
    assert (row.label, row.model, row.abstained) == ("plan", "fake@1", False)


def test_none_of_these_gives_no_row() -> None:
    medical = domains.load("medical")
    piece = segment(("SURGEON",), "SURGEON: Somebody of the staff.")
    by_heading = classify_by_heading(medical, "operative_note", [piece])
    assert by_heading[0]["note_section"].label == "none"
    assert classify(piece, reading(0.01, 0.98, 0.01), CARD, by_heading[0]) == []
    assert classify(piece, reading(0.98, 0.01, 0.01), CARD) == []


def test_a_kind_that_is_not_asked_the_task_gets_no_label_by_heading() -> None:
    medical = domains.load("medical")
    assert classify_by_heading(medical, "bill", [segment(("PLAN",), "PLAN: Rest.")]) == [{}]


def test_a_german_section_is_labelled_though_no_model_read_it() -> None:
    text = "Diagnosen: Pneumonie rechts."
    parsed = Document(
        ID,
        "x",
        text,
        "text/plain",
        language="de",
        domain="medical",
        domain_probability=0.9,
        kind="visit_note",
    )
    piece = replace(segment(("Diagnosen",), text), language="de")
    read = replace(parsed, segments=(piece,), tasks=((),), readings=(Reading({}, 0),))
    result = conclude(read, CARD)
    assert isinstance(result, Result)
    assert [(row.label, row.model) for row in result.classifications] == [
        ("diagnosis", "rule medical.note_section")
    ]
