"""Notes, records, drug labels, abstracts and letters of known kinds."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from research.corpora import medical
from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.text import squeeze, without_markup
from research.documents.text import Text, read_file


def notes(data: Path) -> Iterator[Text]:
    """Read notes of visits and of consultations with a general practitioner."""
    for name, body in sorted(read_members(data / "documents/medical-aci_bench.tar.xz", "*.csv").items()):
        if "metadata" not in name:
            for row in csv_rows(body):
                yield Text("medical.visit_note", f"aci {row['encounter_id']}", "aci_bench", row["note"])
    for name, body in sorted(read_members(data / "more/med-primock57.tar.xz", "*notes/*.json").items()):
        note = json.loads(body)
        text = f"{note['presenting_complaint']}\n\n{note['note']}"
        yield Text("medical.visit_note", f"primock {name}", "primock57", text)


SECTIONS = {
    "medical.visit_note": (
        "CC",
        "GENHX",
        "PASTMEDICALHX",
        "PASTSURGICAL",
        "MEDICATIONS",
        "ALLERGY",
        "FAM/SOCHX",
        "ROS",
        "EXAM",
        "ASSESSMENT",
    ),
    "medical.consult": (
        "CONSULT",
        "GENHX",
        "PASTMEDICALHX",
        "MEDICATIONS",
        "ALLERGY",
        "FAM/SOCHX",
        "ROS",
        "EXAM",
        "ASSESSMENT",
    ),
    "medical.progress_note": ("SUBJECTIVE", "EXAM", "ASSESSMENT", "PLAN"),
    "medical.discharge_summary": (
        "DIAGNOSIS",
        "DISCHARGEDX",
        "GENHX",
        "PASTMEDICALHX",
        "EDCOURSE",
        "DISPOSITION",
        "DISCHARGEMED",
    ),
}
"""The sections of notes that are put together from those of MTS-Dialog, in their order."""

HEADINGS = {
    "CC": ("CHIEF COMPLAINT", "CC", "REASON FOR VISIT", "Chief complaint"),
    "CONSULT": (
        "REASON FOR CONSULTATION",
        "REASON FOR CONSULT",
        "CONSULTATION REQUESTED FOR",
        "Reason for referral",
        "REQUESTING PHYSICIAN",
    ),
    "SUBJECTIVE": ("SUBJECTIVE", "S", "Interval history", "PROGRESS NOTE", "SOAP NOTE\nSUBJECTIVE"),
    "GENHX": ("HISTORY OF PRESENT ILLNESS", "HPI", "HISTORY", "History of present illness", "HX"),
    "PASTMEDICALHX": ("PAST MEDICAL HISTORY", "PMH", "Past medical history"),
    "PASTSURGICAL": ("PAST SURGICAL HISTORY", "SURGICAL HISTORY"),
    "MEDICATIONS": ("MEDICATIONS", "CURRENT MEDICATIONS", "Medications"),
    "ALLERGY": ("ALLERGIES", "DRUG ALLERGIES"),
    "FAM/SOCHX": ("SOCIAL HISTORY", "FAMILY HISTORY", "Social history", "SHX/FHX"),
    "ROS": ("REVIEW OF SYSTEMS", "ROS"),
    "EXAM": ("PHYSICAL EXAMINATION", "EXAM", "OBJECTIVE", "Physical exam"),
    "ASSESSMENT": ("IMPRESSION", "ASSESSMENT", "ASSESSMENT AND PLAN", "Assessment"),
    "PLAN": ("PLAN", "P", "Plan"),
    "DIAGNOSIS": (
        "ADMISSION DIAGNOSES",
        "ADMITTING DIAGNOSIS",
        "REASON FOR ADMISSION",
        "DATE OF ADMISSION: 3/4/2021\nADMISSION DIAGNOSIS",
    ),
    "DISCHARGEDX": ("DISCHARGE DIAGNOSES", "DISCHARGE DIAGNOSIS", "FINAL DIAGNOSIS"),
    "EDCOURSE": ("HOSPITAL COURSE", "BRIEF HOSPITAL COURSE", "COURSE"),
    "DISPOSITION": ("DISPOSITION", "CONDITION ON DISCHARGE", "DISCHARGE INSTRUCTIONS", "DISCHARGE CONDITION"),
    "DISCHARGEMED": ("DISCHARGE MEDICATIONS", "MEDICATIONS ON DISCHARGE"),
}
SAME = {"CONSULT": "CC", "SUBJECTIVE": "GENHX", "DISCHARGEDX": "DIAGNOSIS", "DISCHARGEMED": "MEDICATIONS"}
"""Sections that MTS-Dialog does not have, and whose texts stand in for them."""

ASSEMBLED = 150
"""Notes of each kind that are put together."""


def sections(data: Path) -> Iterator[Text]:
    """Put notes together from sections of MTS-Dialog, without those that stand in the notes measured on."""
    measured = " ".join(
        squeeze(body.decode("utf-8", errors="replace")).lower()
        for body in read_members(data / "real/note.tar.xz", "*.txt").values()
    )
    pieces: dict[str, list[str]] = defaultdict(list)
    for row in csv_rows(read_member(data / "labelled/medical-mts_dialog.tar.xz", "*TrainingSet.csv")):
        text = squeeze(row["section_text"])
        if len(text) < 20 or text[:60].lower() not in measured:
            pieces[row["section_header"]].append(text)
    for kind, names in SECTIONS.items():
        for number in range(ASSEMBLED):
            chance = random.Random(f"{kind} {number}")
            glue = chance.choice((":\n", ": ", "\n"))
            parts = [
                f"{chance.choice(HEADINGS[name])}{glue}{chance.choice(pieces[SAME.get(name, name)])}"
                for place, name in enumerate(names)
                if place == 0 or chance.random() < 0.75
            ]
            yield Text(kind, f"mts {kind} {number % 10}", "assembled", "\n\n".join(parts), invented=True)


def records(data: Path) -> Iterator[Text]:
    """Read C-CDA documents, whole and in stretches."""
    for archive in ("more/kind-hl7_ccda_examples.tar.xz", "documents/medical-ccda.tar.xz"):
        for name, body in sorted(read_members(data / archive, "*.xml").items()):
            if b"<ClinicalDocument" in body[:4_000]:
                group = PurePosixPath(name).parent.name
                for text in read_file("medical.ccda_record", f"ccda {group}", "ccda", name, body):
                    yield text
                    yield from _stretches(text, 4)


def _stretches(text: Text, count: int) -> Iterator[Text]:
    """Take stretches of a document: a record may hold a section or two."""
    blocks = text.text.split("\n\n")
    for number in range(count):
        chance = random.Random(f"{text.group} {len(blocks)} {number}")
        start = chance.randrange(len(blocks))
        piece = "\n\n".join(blocks[start : start + chance.randint(1, 6)])
        if len(piece) > 100:
            yield replace(text, text=piece, title=None, invented=True)


def labels(data: Path) -> Iterator[Text]:
    """Read drug labels."""
    for name, body in sorted(read_members(data / "documents/medical-spl_labels.tar.xz", "*.xml").items()):
        yield from read_file("medical.drug_label", f"spl {name}", "spl", name, body)
    for split in ("train", "test"):
        drugs: dict[str, list[str]] = defaultdict(list)
        for section in json.loads(
            read_member(data / "labelled/medical-spl_adr.tar.xz", f"*fushman-{split}-labels.json")
        ):
            drugs[str(section["label_id"])].append(section["section_text"])
        for drug, sections in drugs.items():
            yield Text("medical.drug_label", f"spl {split} {drug}", "spl", "\n\n".join(sections))


def abstracts(data: Path) -> Iterator[Text]:
    """Read abstracts of studies."""
    for number, example in enumerate(medical.cancer_hallmark(data)):
        if number % 4 == 0:
            yield Text("medical.research_abstract", f"hoc {number}", "hoc", example.text, weight=0.5)


def enforcement(data: Path) -> Iterator[Text]:
    """Read news of fraud units and summaries of audits."""
    for number, example in enumerate(medical.notices(data)):
        if number % 8 == 0:
            yield Text("medical.enforcement_notice", f"oig {number}", "hhs_oig", example.text, weight=0.5)
    pages = read_members(data / "labelled/medical-hhs_oig.tar.xz", "*/oas/reports/*")
    for name in sorted(pages)[::30]:
        lines = [squeeze(line) for line in without_markup(pages[name].decode("latin-1")).splitlines()]
        text = "\n".join(line for line in lines if len(line.split()) >= 3)
        yield Text("medical.audit_report", f"audit {name}", "hhs_oig", text, weight=0.5)


def letters_of_the_fda(data: Path) -> Iterator[Text]:
    """Read letters of the FDA on applications."""
    for name, body in sorted(read_members(data / "documents/medical-fda_crl.tar.xz", "*.pdf").items()):
        yield from read_file("medical.complete_response_letter", f"crl {name}", "fda_crl", name, body)
