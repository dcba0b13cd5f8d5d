"""What a heading says of the passage below it, in the forms that notes, letters, labels and filings have."""

from __future__ import annotations

from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import DomainError, RuleInput, labels_by_heading
from docassay.domains.entries import Source, section_of
from docassay.domains.patterns import Patterns
from docassay.domains.sections import Section, plain_title, section_matcher
from docassay.domains.terms import Terms


def _label(domain: str, task: str, path: tuple[str, ...], text: str, kind: str = "") -> str | None:
    sections = [s for s in domains.load(domain).sections if s.task == task]
    return labels_by_heading(sections, kind, [(path, text)])[0]


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("PAST MEDICAL HISTORY", "pastmedicalhx"),
        ("DISCHARGE CONDITION", "condition"),
        ("CONDITION OF THE PATIENT AT DISCHARGE", "condition"),
        ("DISPOSITION", "disposition"),
        ("PROGNOSIS", "assessment"),
        ("Past Surgical History:", "pastsurgical"),
        ("FAMILY/SOCIAL HISTORY", "fam_sochx"),
        ("Allergies to Medications", "allergy"),
        ("MEDICATIONS ON ADMISSION", "medications"),
        ("**Review of Systems**", "ros"),
        ("NEUROLOGICAL EXAMINATION", "exam"),
        ("Laboratory\u00a0Data", "labs"),
        ("PRE-OPERATIVE DIAGNOSIS", "diagnosis"),
        ("PRE\u2011OPERATIVE DIAGNOSIS", "diagnosis"),
        ("4. Estimated Blood Loss", "blood_loss"),
        ("ANAESTHESIA", "anesthesia"),
        ("Assessment & Plan", "assessment_and_plan"),
        ("HOSPITAL COURSE", "hospital_course"),
        ("Reason for Exam", "indication"),
        ("Therapie und Verlauf", "hospital_course"),
        ("HAUPT- UND NEBENDIAGNOSEN", "diagnosis"),
        ("Medikation bei Entlassung", "medications"),
        ("Weiteres Procedere", "plan"),
        ("Aufnahmebefund", "exam"),
        ("Motif d\u2019hospitalisation", "cc"),
        ("Antécédents familiaux", "fam_sochx"),
        ("Conduite à tenir", "plan"),
    ],
)
def test_a_heading_names_its_section(heading: str, label: str) -> None:
    assert _label("medical", "note_section", (heading,), f"{heading}\nSome words of it.") == label


@pytest.mark.parametrize(
    "heading", ["Dear Dr. Smith", "The plan of the city", "History of the hospital building"]
)
def test_a_title_that_only_holds_such_a_word_names_nothing(heading: str) -> None:
    assert _label("medical", "note_section", (heading,), f"{heading}\nSome words.") in (None, "genhx")


@pytest.mark.parametrize("body", ["", " ", "____", "***", "\n\n"])
def test_a_heading_over_nothing_gives_no_label(body: str) -> None:
    assert _label("medical", "note_section", ("ALLERGIES",), f"ALLERGIES:{body}") is None


def test_a_short_passage_names_the_procedure_and_a_long_one_describes_it() -> None:
    long = "The patient was placed supine and draped. " * 12
    assert _label("medical", "note_section", ("PROCEDURE",), "PROCEDURE: Colonoscopy.") == "procedures"
    assert _label("medical", "note_section", ("PROCEDURE",), f"PROCEDURE: {long}") == "procedure_description"


def test_a_long_passage_under_allergies_has_run_into_something_else() -> None:
    long = "ALLERGIES: Penicillin, Medications: " + "aspirin 81 mg daily, " * 20
    assert _label("medical", "note_section", ("ALLERGIES",), "ALLERGIES: Penicillin.") == "allergy"
    assert _label("medical", "note_section", ("ALLERGIES",), long, "visit_note") is None
    assert _label("medical", "note_section", ("ALLERGIES",), long, "ccda_record") == "allergy"


def test_an_exam_is_a_study_in_a_report_of_imaging() -> None:
    assert (
        _label("medical", "note_section", ("EXAM",), "EXAM: Chest, two views.", "imaging_report")
        == "procedures"
    )
    assert _label("medical", "note_section", ("EXAM",), "EXAM: Lungs clear.", "visit_note") == "exam"


def test_organs_belong_to_the_section_above_or_before_them() -> None:
    sections = [s for s in domains.load("medical").sections if s.task == "note_section"]
    flat = [(("REVIEW OF SYSTEMS",), "REVIEW OF SYSTEMS: As below."), (("EYES",), "EYES: No pain.")]
    deep = [(("PHYSICAL EXAMINATION", "Neck"), "Neck\nSupple, no nodes.")]
    assert labels_by_heading(sections, "", flat) == ["ros", "ros"]
    assert labels_by_heading(sections, "", deep) == ["exam"]
    assert labels_by_heading(sections, "", [(("NECK",), "NECK: Supple.")]) == [None]


def test_what_follows_a_list_without_a_heading_is_not_said_to_be_of_it() -> None:
    sections = [s for s in domains.load("medical").sections if s.task == "note_section"]
    passages = [
        (("Diagnosen",), "Diagnosen: Pneumonie."),
        (("Diagnosen",), "Der Patient stellte sich mit Husten vor."),
        (("PROCEDURE IN DETAIL",), "PROCEDURE IN DETAIL: The skin was incised."),
        (("PROCEDURE IN DETAIL",), "The wound was closed."),
    ]
    assert labels_by_heading(sections, "", passages) == [
        "diagnosis",
        None,
        "procedure_description",
        "procedure_description",
    ]


def test_a_heading_alone_names_the_passage_after_it() -> None:
    sections = [s for s in domains.load("medical").sections if s.task == "note_section"]
    long = "The patient was placed supine and draped. " * 12
    passages = [(("PROCEDURE",), "PROCEDURE:"), (("PROCEDURE",), long), (("PROCEDURE",), "He woke up.")]
    assert labels_by_heading(sections, "", passages) == [
        None,
        "procedure_description",
        "procedure_description",
    ]
    passages = [
        (("Diagnosen",), "Diagnosen:"),
        (("Diagnosen",), "Pneumonie rechts."),
        (("Diagnosen",), "Er kam."),
    ]
    assert labels_by_heading(sections, "", passages) == [None, "diagnosis", None]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        (("PART I", "Item 1A. Risk Factors", "Risks of our industry"), "risk_factors"),
        (
            ("Item 7.\u2009Management\u2019s Discussion and Analysis of Financial Condition",),
            "management_discussion",
        ),
        (
            ("Item 8. Financial Statements and Supplementary Data", "Legal Proceedings"),
            "financial_statements",
        ),
        (("Item 3. Legal Proceedings",), "legal_proceedings"),
        (("Item 5. Operating and Financial Review and Prospects",), "management_discussion"),
        (("Item 1C. Cybersecurity",), "other_item"),
        (("SIGNATURES",), "none"),
        (("Overview",), None),
    ],
)
def test_the_items_of_a_filing(path: tuple[str, ...], label: str | None) -> None:
    assert _label("financial", "filing_item", path, "Words below the heading.") == label


def test_a_rule_finds_the_passages_of_a_section() -> None:
    domain = domains.load("medical")
    text = "CHIEF COMPLAINT: Cough.\n\nPLAN: Rest and fluids for a week.\n"
    matcher = section_matcher("plan", domain.sections, domain.split)
    assert [text[start:end] for start, end in matcher(RuleInput(text))] == [
        "PLAN: Rest and fluids for a week."
    ]
    assert list(matcher(RuleInput("A plan without a heading."))) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"task": "t", "label": "l"}, "titles is missing"),
        ({"task": "t", "label": "l", "titles": ["("]}, "not an RE2 expression"),
        ({"task": "t", "label": "l", "titles": ["a"], "word": 3}, "unknown key word"),
    ],
)
def test_a_wrong_entry_is_named(entry: dict[str, object], message: str) -> None:
    source = Source(domains, Patterns(checked=True), Terms({}, "x/sections.toml"))
    with pytest.raises(DomainError, match=message):
        section_of(entry, source, "x/sections.toml")


def test_a_rule_that_names_an_unknown_section_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "odd_domain"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "domain.toml").write_text("")
    (folder / "rules.toml").write_text(
        '[[check]]\nid = "x"\nseverity = "low"\nwhy = "y."\nsource = "z"\nrequires = ["section:nothing"]\n'
    )
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(tmp_path))
    with pytest.raises(DomainError, match=r"names no label of sections\.toml"):
        domains.load("odd_domain")


def test_a_hostile_heading_is_read_in_linear_time() -> None:
    path = ("HISTORY " * 5_000, "A" * 50_000)
    assert _label("medical", "note_section", path, "text") is None
    assert plain_title("12." * 20_000)
    assert isinstance(domains.load("medical").sections[0], Section)
