"""Headings of notes and letters with a number or a slash, and phrases with a comma or a title in them."""

from __future__ import annotations

import pytest

from docassay import domains
from docassay.domains import RuleInput, applies, judge

STAY = """DISCHARGE SUMMARY
Date of admission: 03/02/2026
Date of discharge: 03/06/2026

Reason for Admission:
Chest pain.

{lines}
"""
OPERATION = """OPERATIVE REPORT
{lines}
DESCRIPTION OF PROCEDURE:
The patient was prepped and draped. An incision was made. The wound was closed.
"""
IMAGING = f"CT ABDOMEN AND PELVIS\n{{lines}}\n{'The liver is of usual size. ' * 30}\n"
LETTER = """Entlassungsbrief
Wir berichten über Frau M., die vom 3.2.2026 bis 7.2.2026 in stationärer Behandlung war.
{lines}
Mit freundlichen Grüßen
Dr. Anna Feld
"""


def _verdict(rule: str, kind: str, text: str) -> str | None:
    check = next(check for check in domains.load("medical").checks if check.id == rule)
    view = RuleInput(text, kind)
    return judge(check, view)[0] if applies(check, view) else None


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("discharge_outcome", "3. Hospital Course/Treatment:\nShe was started on aspirin."),
        ("discharge_diagnosis", "DISCHARGE DIAGNOSES/PROBLEM LIST:\n1. NSTEMI"),
        ("discharge_diagnosis", "1. Final Diagnosis: pneumonia"),
        ("discharge_diagnosis", "Principal/Primary Diagnosis - pneumonia"),
        ("discharge_diagnosis", "ASSESSMENT/PLAN:\n1. Pneumonia, improving."),
        ("discharge_medications", "3. Medications:\nAspirin 81 mg daily"),
        ("discharge_medications", "MEDICATIONS/ALLERGIES:\nAspirin 81 mg daily. No known allergies."),
        ("discharge_medications", "IV. MEDICATIONS AT DISCHARGE\n  Lisinopril 10 mg"),
        ("discharge_disposition", "Condition/Disposition: Stable, to her parents."),
        ("discharge_disposition", "She was discharged, in stable condition, to a skilled nursing facility."),
        ("discharge_disposition", "The patient, despite all efforts, expired on day four."),
        ("discharge_follow_up", "FOLLOW-UP:\nDr. Lee in two weeks."),
        ("discharge_follow_up", "9) Followup: cardiology clinic in 2 weeks"),
        ("discharge_follow_up", "Follow-up/Plan: with Dr. Lee, in two weeks."),
        ("discharge_follow_up", "She will be followed by Dr. Z."),
        ("discharge_follow_up", "He is to follow up, as previously arranged, with his surgeon."),
        ("discharge_follow_up", "PLAN:\nPCP, 1 week. Labs then."),
    ],
)
def test_a_summary_answers_under_such_headings(rule: str, lines: str) -> None:
    assert _verdict(rule, "discharge_summary", STAY.format(lines=lines)) == "pass"


@pytest.mark.parametrize(
    ("rule", "lines", "why"),
    [
        ("discharge_follow_up", "He was followed by Dr. Z during the stay.", "in the stay, not after it"),
        ("discharge_follow_up", "The wound was closed, followed by Dr. Z's dressing.", "one after the other"),
        ("discharge_medications", "3. Medications/Allergies: see list", "where they stand is not seen here"),
        ("discharge_disposition", "Discharge condition/activity: stable, as tolerated", "not where she went"),
    ],
)
def test_what_is_no_answer(rule: str, lines: str, why: str) -> None:
    assert _verdict(rule, "discharge_summary", STAY.format(lines=lines)) != "pass", why


@pytest.mark.parametrize(
    ("rule", "kind", "text"),
    [
        ("operative_diagnosis", "operative_note", OPERATION.format(lines="2) POST-OP DX: Hernia")),
        ("operative_findings", "operative_note", OPERATION.format(lines="5. Findings: a sac of 3 cm")),
        ("operative_findings", "operative_note", OPERATION.format(lines="FINDINGS/SPECIMENS: A sac, 3 cm.")),
        ("operative_anesthesia", "operative_note", OPERATION.format(lines="ANESTHESIA/SEDATION: Spinal")),
        ("operative_anesthesia", "operative_note", OPERATION.format(lines="4) ANESTHETIC: Local")),
        (
            "operative_complications",
            "operative_note",
            OPERATION.format(lines="COMPLICATIONS/EBL: None, 10 mL"),
        ),
        (
            "operative_complications",
            "operative_note",
            OPERATION.format(
                lines="There were no intraoperative, or immediate postoperative, complications."
            ),
        ),
        ("imaging_impression", "imaging_report", IMAGING.format(lines="3. Impression: Stones.")),
        ("imaging_impression", "imaging_report", IMAGING.format(lines="IMPRESSION/PLAN:\n1. Stones.")),
        ("imaging_indication", "imaging_report", IMAGING.format(lines="REASON FOR EXAM/HISTORY: fall")),
        ("entlassbrief_diagnoses", "discharge_summary", LETTER.format(lines="II. Diagnosen\nPneumonie")),
        (
            "entlassbrief_medication",
            "discharge_summary",
            LETTER.format(lines="4. Entlassmedikation:\nMetoprolol 50 mg 1-0-1"),
        ),
        (
            "entlassbrief_medication",
            "discharge_summary",
            LETTER.format(lines="Medikation/Therapie bei Entlassung:\nMetoprolol 50 mg 1-0-1"),
        ),
        (
            "entlassbrief_next_steps",
            "discharge_summary",
            LETTER.format(lines="6) Procedere\nKontrolle des Labors beim Hausarzt in einer Woche."),
        ),
    ],
)
def test_reports_and_letters_answer_under_such_headings(rule: str, kind: str, text: str) -> None:
    assert _verdict(rule, kind, text) == "pass"


def test_a_list_item_is_no_heading() -> None:
    split = domains.load("medical").split
    assert split is not None
    text = "ASSESSMENT:\n1. Hypertension: controlled.\n2. Findings were benign.\n3. Knee/hip pain: stable.\n"
    assert [part.heading for part in split(RuleInput(text, "visit_note"))] == [("ASSESSMENT",)]
    text = "2. Medications: aspirin\nAllergies/Intolerances: none\nPlan/Follow-up:\nRest.\n"
    headings = [part.heading for part in split(RuleInput(text, "visit_note"))]
    assert headings == [("2. Medications",), ("Allergies/Intolerances",), ("Plan/Follow-up",)]


SHORT = """PC: {complaint}
HPC: 4/7 hx of itch, no fever.
PMHx: nil. DHx: nil. NKDA
O/E {found}
"""
RASH = SHORT.format(complaint="Itchy wrists", found="red papules, no vesicles.")
VISIT = ("encounter_reason", "encounter_assessment", "encounter_plan")


@pytest.mark.parametrize(
    "text",
    [
        f"{RASH}Imp: ?scabies\nPlan:\n1.\tPermethrin\n2.\tr/v 2/52",
        f"{RASH}DDx - scabies, eczema\nPlan - permethrin, leaflet",
        f"{RASH}Diff: scabies, eczema\nTo call back in a week if no better.",
        f"{RASH}Imp- PE\nPln: to ED",
        f"{RASH}Imp: scabies\nReview in 2 weeks the itch that began 3 weeks ago.",
        "Itch for two weeks, worse at night.\nPMH: nil\nImp: scabies\nPlan: permethrin",
        "Telephone consultation. 2/52 hx of itch. Dx: scabies. Safety netted re infection.",
        "Reviewed today in clinic for asthma. Chest clear.\nDx: asthma, stable\nMx: same inhalers",
        "Attended ED with a cut hand. Clean wound.\nImpression - laceration\nAdvised to keep it dry.",
        "Seen today, 3/12 post hip replacement. Walks well.\nI suspect bursitis.\nReview in 2 weeks.",
        "S: c/o sore knee since a fall\nO: no effusion\nA: sprain\nP: ice, rest",
    ],
)
def test_a_visit_in_shorthand_is_read(text: str) -> None:
    assert [_verdict(rule, "visit_note", text) for rule in VISIT] == ["pass"] * 3


@pytest.mark.parametrize(
    ("rule", "text", "why"),
    [
        ("encounter_assessment", f"{RASH}Imp:\nPlan: permethrin", "nothing stands under the heading"),
        ("encounter_assessment", f"{RASH}Diff: 60% neutrophils\nPlan: cream", "a count of blood cells"),
        ("encounter_assessment", f"{RASH}Likely scabies.\nPlan: cream", "a person has to look"),
        ("encounter_plan", f"{RASH}Imp: scabies", "no plan"),
        ("encounter_plan", f"{RASH}Imp: scabies\nPlan:\n\nDr A Feld\n", "a name under the heading"),
        ("encounter_plan", f"{RASH}Imp: scabies\nPlan: not documented", "left unsaid"),
        ("encounter_plan", f"{RASH}Imp: scabies. Safety netted.", "of what is not said"),
        ("encounter_plan", f"{RASH}Imp: scabies. Review of systems: itch 2 weeks.", "a review of the past"),
        ("encounter_plan", f"{RASH}Advised by pharmacist to use a cream.", "advised by another before"),
        ("encounter_plan", f"{RASH}Imp: scabies\nReview 2 weeks ago showed nothing.", "a review of the past"),
        ("encounter_plan", f"{RASH}Imp: scabies\nRecheck 3 months ago was fine.", "a review of the past"),
        ("encounter_plan", f"{RASH}Imp: scabies\nAdvised last year to rest.", "of the past"),
        ("encounter_plan", f"{RASH}Imp: scabies\nNo safety netting about fever given.", "denied"),
        ("encounter_assessment", f"{RASH}Assessment and plan: Not documented", "left unsaid"),
        ("encounter_assessment", f"{RASH}A/P: not documented", "left unsaid"),
        ("encounter_plan", f"Read:\nDischarge summary: from Elm\n{RASH}Imp: scabies", "another's letter"),
        ("encounter_assessment", f"{RASH}Imp: nil\nPlan: cream", "none"),
        ("encounter_assessment", f"{RASH}Diff: none\nPlan: cream", "none"),
        ("encounter_reason", "PC:\nHPC:\nImp: scabies\nPlan: cream", "nothing stands under the heading"),
        ("encounter_reason", "Attended with mother.\nPlan: dressing", "who came along"),
    ],
)
def test_a_visit_in_shorthand_may_lack_it(rule: str, text: str, why: str) -> None:
    assert _verdict(rule, "visit_note", text) == "review", why


@pytest.mark.parametrize(
    "text",
    [
        "PC:\nHPC:\nPMH:\nImp:\nPlan:\n",
        "Presenting complaint: [complaint]\nHPC: [history]\nImp: [impression]\nPlan: [plan]",
        "O/E: chest clear, abdomen soft. PMH: asthma. DH: nil.",
        "How to write notes\nSay why a patient who presented with pain came, and what you will do.",
        "Dear Dr Lee,\nThank you for the results.\nCC: Dr Jones",
        "DISCHARGE SUMMARY\nA 40-year-old man.\nPresenting complaint: fever",
    ],
)
def test_what_tells_of_no_visit_is_asked_nothing(text: str) -> None:
    assert [_verdict(rule, "visit_note", text) for rule in VISIT] == [None] * 3


def test_headings_in_shorthand_are_those_of_a_visit_note() -> None:
    medical = domains.load("medical")
    for text in (RASH, "PC: rash\nMx: cream", "Itch.\nPMHx: nil\nImp - scabies"):
        assert "visit_note" in [kind.name for kind in medical.worded(text)]
    assert not list(medical.worded("PC hardware\nPlan-B pills"))
