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
