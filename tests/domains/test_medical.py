"""How medical documents are cut, what their bills and dates give away, and what the samples hold."""

from __future__ import annotations

import time
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.medical import charges
from docassay.domains.medical.split import split
from docassay.domains.values import read_day
from docassay.schemas.rows import Reject, Source
from docassay.transforms.detect import detect
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse

_PIECES = st.sampled_from(
    [
        *(
            "CHIEF COMPLAINT",
            "Medications:",
            "HPI: cough for two days.",
            "1 INDICATIONS AND USAGE",
            "5.1 Hepatic failure",
        ),
        *(
            "# Discharge summary",
            "Diagnosen",
            "Motif d'hospitalisation :",
            "Progress note 03/04/2024",
            "ALLERGIES",
        ),
        *(
            "03/05/2024 99214 Office visit 1 $185.00",
            "Date Code Description Units Amount",
            "• one",
            "2. two",
            "a | b | 3.00",
        ),
        *(
            "The patient is well and walks without help. " * 3,
            "BACKGROUND: none known. METHODS: none. RESULTS: few.",
            "x",
        ),
        *("", "", " ", "\t", "\u2028", "Übelkeit\u00a0und 發燒 🩺", "word " * 300, "Subject: a"),
    ]
)
_TEXTS = st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=30).map("\n".join))


@given(_TEXTS, st.sampled_from(["text/plain", "message/rfc822"]))
@settings(max_examples=150, deadline=None)
def test_parts_are_ordered_apart_and_lose_only_white_space(text: str, media_type: str) -> None:
    position = 0
    for part in split(RuleInput(text, media_type=media_type)):
        assert position <= part.start < part.end <= len(text)
        assert not text[position : part.start].strip(), "something stands between two parts"
        assert text[part.start : part.end] == text[part.start : part.end].strip()
        position = part.end
    assert not text[position:].strip(), "something stands after the last part"


def _headings(text: str, **view: str) -> list[tuple[tuple[str, ...], str]]:
    return [(part.heading, text[part.start : part.end]) for part in split(RuleInput(text, **view))]


def test_note_sections_keep_their_headings_in_three_languages() -> None:
    text = "Motif d'hospitalisation : chute.\nAnamnese\nSeit gestern Husten.\nAssessment and Plan: rest."
    assert _headings(text) == [
        (("Motif d'hospitalisation",), "Motif d'hospitalisation : chute."),
        (("Anamnese",), "Anamnese\nSeit gestern Husten."),
        (("Assessment and Plan",), "Assessment and Plan: rest."),
    ]


def test_label_sections_nest_and_a_bare_heading_opens_what_follows() -> None:
    text = "8 USE IN SPECIFIC POPULATIONS\n8.1 Pregnancy\nNo data.\n10 OVERDOSAGE\nNone."
    assert _headings(text) == [
        (
            ("8 USE IN SPECIFIC POPULATIONS", "8.1 Pregnancy"),
            "8 USE IN SPECIFIC POPULATIONS\n8.1 Pregnancy\nNo data.",
        ),
        (("10 OVERDOSAGE",), "10 OVERDOSAGE\nNone."),
    ]


def test_an_empty_section_does_not_join_the_next_one() -> None:
    text = "Medications\nAllergies\nNone known."
    assert _headings(text) == [(("Medications",), "Medications"), (("Allergies",), "Allergies\nNone known.")]


def test_entries_of_several_days_stand_above_their_sections() -> None:
    text = "Progress note 03/04/2024\nPlan: rest.\nProgress note 03/18/2024\nPlan: walk."
    assert [heading for heading, _ in _headings(text)] == [
        ("Progress note 03/04/2024", "Plan"),
        ("Progress note 03/18/2024", "Plan"),
    ]


def test_a_running_abstract_is_cut_at_its_labels() -> None:
    text = "BACKGROUND: Falls are common. METHODS: We asked 40 nurses. CONCLUSIONS: Lamps help."
    assert [piece for _, piece in _headings(text)] == [
        "BACKGROUND: Falls are common.",
        "METHODS: We asked 40 nurses.",
        "CONCLUSIONS: Lamps help.",
    ]


def test_the_lines_of_a_bill_stay_together_apart_from_prose() -> None:
    rows = (
        "Date Code Description Units Amount\n"
        "03/05/2024 99214 Office visit 1 $185.00\n"
        "03/06/2024 71046 Chest x-ray 1 $95.00"
    )
    prose = "Please pay within thirty days, or write to the office if a charge seems wrong to you."
    assert [piece for _, piece in _headings(f"{rows}\n{prose}")] == [rows, prose]


def test_the_headers_of_a_mail_are_a_part_of_their_own() -> None:
    text = "From: a@b.example\nSubject: Referral\n\nDear colleagues,\nplease see this patient."
    assert [piece for _, piece in _headings(text, media_type="message/rfc822")] == text.split("\n\n")


def test_long_sections_become_passages_of_a_useful_size() -> None:
    paragraph = "The patient walked to the kitchen and back without help and slept well in the night. " * 4
    text = "HISTORY OF PRESENT ILLNESS\n" + "\n\n".join([paragraph] * 20)
    sizes = [len(piece.split()) for _, piece in _headings(text)]
    assert len(sizes) > 5
    assert all(40 <= size <= 250 for size in sizes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03/04/2024", date(2024, 3, 4)),
        ("14/03/2024", date(2024, 3, 14)),
        ("4.3.2024", date(2024, 3, 4)),
        ("2024-03-04", date(2024, 3, 4)),
        ("4 mars 2024", date(2024, 3, 4)),
        ("3. Juni 2024", date(2024, 6, 3)),
        ("Sept. 3, 2024", date(2024, 9, 3)),
        ("30/02/2024", None),
        ("june 3 24", None),
        ("0000-00-00", None),
        ("01/01/0001", None),
    ],
)
def test_dates_as_they_are_written(text: str, expected: date | None) -> None:
    assert read_day(text) == expected


@given(st.text(alphabet="0123456789/-. abcjunmärz$|\n", max_size=200))
@settings(max_examples=100, deadline=None)
def test_odd_figures_never_raise(text: str) -> None:
    domain = domains.load("medical")
    for rule in domain.flags:
        for start, end in domains.spans(rule, RuleInput(text, "bill")):
            assert text[start:end]


def test_a_charge_is_read_with_modifiers_and_units() -> None:
    (charge,) = charges.charges("1. 03/05/2024 | 97110 | 59, GP | Exercises 15 min | 3 | $ 240.00")
    assert (charge.day, charge.code, charge.units) == ("03/05/2024", "97110", 3)
    assert "59" in charge.modifiers


@pytest.mark.parametrize(
    "line",
    [
        "Dayton, OH 45402 03/05/2024",
        "03/05/2024 call 99214 back",
        "99214 Office visit $185.00",
        "A1C 03/05/2024 6.50 12345",
    ],
)
def test_lines_that_are_no_charges(line: str) -> None:
    assert charges.charges(line) == ()


def test_every_source_names_a_law_a_standard_or_its_issuer() -> None:
    domain = domains.load("medical")
    known = (
        "CFR",
        "U.S.C.",
        "CMS",
        "Fed. Reg.",
        "Joint Commission",
        "ACR",
        "SGB",
        "Code de la santé publique",
        "BGB",
        "HL7",
        "Unicode Technical",
    )
    for rule in (*domain.flags, *domain.checks):
        assert any(word in rule.source for word in known), rule.id
        assert rule.why.endswith("."), rule.id


def test_a_long_note_is_read_fast() -> None:
    """A note of 50,000 characters takes well under 50 ms on a quiet machine; ten times that is a fault."""
    domain = domains.load("medical")
    note = (domain.folder / "samples/visit_note.txt").read_text(encoding="utf-8")
    text = (note * (50_000 // len(note) + 1))[:50_000]
    view = RuleInput(text, "visit_note")
    started = time.process_time()
    for flag in domain.flags:
        domains.spans(flag, view)
    for check in domain.checks:
        if domains.applies(check, view):
            domains.judge(check, view)
    assert time.process_time() - started < 0.5


def _expected() -> dict[str, dict[str, object]]:
    path = Path(domains.load("medical").folder) / "samples/expected.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_every_sample_has_its_expectation() -> None:
    folder = domains.load("medical").folder / "samples"
    assert {path.name for path in folder.iterdir() if path.name != "expected.toml"} == set(_expected())


@pytest.mark.parametrize("name", sorted(_expected()))
def test_rules_find_in_a_sample_what_is_expected(name: str) -> None:
    domain = domains.load("medical")
    expected = _expected()[name]
    (parsed,) = parse(Source(name, (domain.folder / "samples" / name).read_bytes()), Limits())
    if expected.get("reject"):
        assert isinstance(parsed, Reject)
        assert parsed.reason == expected["reason"]
        return
    assert not isinstance(parsed, Reject | Source)
    kind = detect(parsed, "medical").kind
    view = RuleInput(parsed.text, kind, parsed.media_type)
    verdicts = {
        rule.id: domains.judge(rule, view)[0] for rule in domain.checks if domains.applies(rule, view)
    }
    assert (kind, parsed.media_type) == (expected["kind"], expected["media_type"])
    assert sorted(rule.id for rule in domain.flags if domains.spans(rule, view)) == expected["flags"]
    assert sorted(rule for rule, verdict in verdicts.items() if verdict == "fail") == expected["failed"]
    assert sorted(rule for rule, verdict in verdicts.items() if verdict == "review") == expected["reviewed"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("visit_note", ("note_section", "personal_data")), ("bill", ()), ("drug_label", ("adverse_reaction",))],
)
def test_a_kind_is_asked_only_what_its_models_were_trained_on(kind: str, expected: tuple[str, ...]) -> None:
    assert domains.load("medical").tasks_of(kind) == expected


@pytest.mark.parametrize(
    ("text", "heading", "expected", "why"),
    [
        ("PAST SURGICAL HISTORY:\nNone.", ("PAST SURGICAL HISTORY:",), False, "no content"),
        ("Allergies: No known.", ("Allergies",), False, "no content, in other words"),
        ("None", (), False, "the same without a heading"),
        ("REVIEW OF SYSTEMS\nReviewed and negative.", ("REVIEW OF SYSTEMS",), False, "a formula"),
        ("PLAN", ("PLAN",), False, "a heading alone"),
        ("ALLERGIES:\nNone to latex, hives from penicillin.", ("ALLERGIES:",), True, "it goes on"),
        ("MEDICATIONS\nLisinopril.", ("MEDICATIONS",), True, "one word that says something"),
        ("No chest pain.", (), True, "a negative finding is one"),
    ],
)
def test_a_section_without_content_is_asked_nothing(
    text: str, heading: tuple[str, ...], expected: bool, why: str
) -> None:
    assert domains.load("medical").says_something(text, heading) is expected, why


def test_a_footnote_mark_is_no_number_of_units() -> None:
    (charge,) = charges.charges("03/04/2024  99214  Office visit \u00b2  $185.00")
    assert charge.units == 1
