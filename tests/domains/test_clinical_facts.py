"""Facts of clinical documents: what is measured, medicines, names, stays and charges."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from docassay.domains import RuleInput
from docassay.domains.facts import Finder
from docassay.domains.medical import dates, drugs, facts, measured
from docassay.domains.quantities import is_quantity, read_quantity
from docassay.domains.values import Habits, fits, read
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits, xml


def view(text: str) -> RuleInput:
    return RuleInput(text, "visit_note", "text/plain", ())


def rows(text: str) -> list[tuple[str, str | None, str | None]]:
    """Give field, role and value of the facts of a note."""
    note = Document(
        "0",
        "a.txt",
        text,
        "text/plain",
        domain="medical",
        kind="visit_note",
        language="en",
        kind_confident=True,
    )
    found = extract(note).facts
    for one in found:
        assert text[one.start_char or 0 : one.end_char] == one.value
        assert one.type != "quantity" or is_quantity(one.normalised or "")
    return [(one.name, one.role, one.normalised) for one in found]


@pytest.mark.parametrize(
    ("written", "language", "normalised", "alternative"),
    [
        ("5,4 mmol/l", "de", "5.4 mmol/L", None),
        ("1,200 mg", "en", "1200 mg", None),
        ("1.200 mg", "de", "1200 mg", "1.200 mg"),
        (".5 mg", "en", "0.5 mg", None),
        ("98.6", "en", "98.6", None),
        ("186 lbs.", "en", "186 [lb_av]", None),
        ("12,3 G/l", "de", "12.3 10*9/L", None),
        ("3 furlongs", "en", "3 furlongs", None),
        ("102 μmol/L", "en", "102 umol/L", None),  # the Greek letter, not the sign for micro
        ("85mg/m²", "de", "85 mg/m2", None),
    ],
)
def test_quantities_have_one_form(
    written: str, language: str, normalised: str, alternative: str | None
) -> None:
    found = read_quantity(written, language)
    assert found is not None and (found.normalised, found.alternative) == (normalised, alternative)
    assert fits("quantity", normalised)
    value = read("quantity", written, Habits("", language))
    assert (value.normalised, value.sure) == (normalised, alternative is None)


def test_no_quantity_is_made_of_words() -> None:
    assert read_quantity("none", "en") is None
    assert not fits("quantity", "5,4 mmol/L") and not fits("quantity", "much")


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("BP: 117/78. RR: 18. P: 93.", "117 mm[Hg] 78 mm[Hg] 18 /min 93 /min", "letters among others"),
        ("Plan P: 93", "", "a letter alone"),
        ("Blood pressure today in office was 132/80 mm Hg.", "132 mm[Hg] 80 mm[Hg]", "a few words between"),
        ("Goal BP <130/80. Keep blood pressure below 140/90.", "", "goals"),
        ("Call if temperature is 101.5 or above.", "", "a condition"),
        ("Temperature 98.6, later temperature 37.2", "98.6 [degF] 37.2 Cel", "the number tells the unit"),
        ("Weight: 142 pounds. Height 5 feet 4 inches.", "142 [lb_av] 64 [in_i]", "feet and inches"),
        ("Weight 142. She lost 25 pounds.", "", "no unit, a loss"),
        ("Heart rate 60-80, blood pressure 120s/80s", "", "ranges"),
        (
            "Blutdruck 120/80 mmHg, Puls 80/min, RR 130/70",
            "120 mm[Hg] 80 mm[Hg] 80 /min 130 mm[Hg] 70 mm[Hg]",
            "German",
        ),
        ("He had 100% oxygen saturations on air.", "100 %", "the number before its name"),
        ("Blood pressure 20/80, pulse 900", "", "out of bounds"),
        ("Date | BP | Pulse\n5/20 | 120/80 | 80 /min", "120 mm[Hg] 80 mm[Hg] 80 /min", "columns"),
        ("Pulse | 80 /min | 84 /min", "80 /min 84 /min", "a row, a column for each time"),
        ("Fetal heart rate 140 bpm", "", "another's"),
    ],
)
def test_vital_signs(text: str, expected: str, why: str) -> None:
    found = " ".join(one.normalised or "" for one in measured.vital_signs(view(text)))
    assert found == expected, why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Potassium 3.9, creatinine 0.7 mg/dL.", "potassium=3.9 creatinine=0.7 mg/dL"),
        ("Hemoglobin A1c is elevated at 8.", "hemoglobin A1c=8"),
        ("Hemoglobin and hematocrit of 13.2 and 39.1", "hemoglobin=13.2 hematocrit=39.1"),
        (
            "WBC 12,000 with 61% neutrophils, 21% lymphocytes",
            "leukocytes=12000 neutrophils=61 % lymphocytes=21 %",
        ),
        ("Kalium 4,2 mmol/l, Leukozyten 12,3 G/l", "potassium=4.2 mmol/L leukocytes=12.3 10*9/L"),
        ("Potassium 20 mEq daily, calcium 500 mg, iron 325 mg", ""),
        ("Troponin less than 0.04; keep INR between 2 and 3; glucose 5 days ago", ""),
        ("Test | Result | Date\nANION GAP | 10 mmol/L | 5/6", "ANION GAP=10 mmol/L"),
        ("pneumoperitoneum with CO2 of 15 mmHg", ""),
        ("Serum creatinine: 102 μmol/L [HIGH]", "creatinine=102 umol/L"),
        ("Potassium 3.9 U/\x7f", ""),
        ("risk of declining GFR\n4. Dyslipidaemia", ""),
        ("Thrombozyten 220.000/µl, Leukozyten 12.300/µl", ""),
        ("specific gravity 1.015", "specific gravity=1.015"),
        ("Urine glucose 500 mg/dL, CSF glucose 45 mg/dL", ""),
        ("Test | Previous | Current\nPotassium | 5.9 | 4.2", "potassium=4.2"),
        ("Test  Result  Reference Range\nHbA1c  8.2 %  4.0-5.6", "hemoglobin A1c=8.2 %"),
        ("Monocytes: 8%\nEosinophils: 2%", "monocytes=8 % eosinophils=2 %"),
        ("HDL-C 42 mg/dL, LDL-C: 131 mg/dL", "HDL cholesterol=42 mg/dL LDL cholesterol=131 mg/dL"),
        ("HDL Cholesterol - Direct : 45 mg/dL", "HDL cholesterol=45 mg/dL"),
        ("HDL-Chol. 45 mg/dl\nGlucose, fasting 142 mg/dL", "HDL cholesterol=45 mg/dL glucose=142 mg/dL"),
    ],
)
def test_laboratory_values(text: str, expected: str) -> None:
    found = " ".join(f"{one.role}={one.normalised}" for one in measured.laboratory_values(view(text)))
    assert found == expected


def medicines(text: str) -> list[str]:
    parts: dict[int | None, list[str]] = {}
    for finder in (drugs.drug, drugs.dose, drugs.route, drugs.frequency):
        for one in finder(view(text)):
            parts.setdefault(one.group, []).append(one.normalised or text[one.start : one.end])
    return [", ".join(part) for part in parts.values()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aspirin 81 mg p.o. q.d. for years.", ["Aspirin, 81 mg, oral, 1 per day"]),
        ("Increase metformin to 1000 mg twice daily.", ["metformin, 1000 mg, 2 per day"]),
        ("He was given 1 g of Ancef IV.", ["Ancef, 1 g, intravenous"]),
        ("ibuprofen 600 mg every six hours as needed", ["ibuprofen, 600 mg, every 6 h as needed"]),
        ("MEDICATIONS:\nLasix, albuterol p.r.n.\n\nPLAN:\nRest", ["Lasix", "albuterol, as needed"]),
        ("MEDICATIONS:\nShe is on Carafate. She was on metformin, but stopped.", ["Carafate"]),
        ("Medikation: Ramipril 2,5 mg 1-0-1", ["Ramipril, 2.5 mg, 1-0-1"]),
        ("Blood loss 50 cc. Glucose 110 mg/dL. An additional 5 mL was removed.", []),
        ("MEDICATIONS:\nNone.", []),
        # As general practitioners in the United Kingdom write.
        ("DH: sertraline\nFH: mother has asthma\nSH: Teacher, lives with parents", ["sertraline"]),
        ("DH: Mebeverine 200mg TDS. NKDA.\nSH: Teacher", ["Mebeverine, 200 mg, 3 per day"]),
        ("DH Salbutamol NKDA\nSH: Non smoker", ["Salbutamol"]),
        ("Drug history: Metformin, Lisinopril\nImp: cold", ["Metformin", "Lisinopril"]),
        ("- **Lisinopril**: 20 mg daily", ["Lisinopril, 20 mg, 1 per day"]),
        ("**Amoxicillin** 500 mg orally", ["Amoxicillin, 500 mg, oral"]),
        ("| Lisinopril | 20 mg | daily |", ["Lisinopril, 20 mg, 1 per day"]),
        ("Naproxen - Dosage: 250 mg, Frequency: twice daily", ["Naproxen, 250 mg, 2 per day"]),
        ("| Weight | 500 g |\nMaximum dose: 500 mg. Load - 40 mg\n**Total dose** 500 mg", []),
        ("Heparin was adjusted between 750 mg and 900 mg. Do not exceed 1200 mg/day.", []),
        ("DH: Nil. Allergic to amoxicillin\nSH; Engineer", []),
        ("DH: Inhalers\nPlan: Rest", []),
        ("MEDICATIONS:\nReviewed, see list in the chart", []),
        (
            "Medications\nAspirin 75 mg\nPast Medical History\nGout. Angina.\nPlan\nRepeat test",
            ["Aspirin, 75 mg"],
        ),
        ("Ibuprofen 100 mg/5 mL every 6 hours", ["Ibuprofen, every 6 h"]),
        ("Oxaliplatin 85 mg/m²", ["Oxaliplatin, 85 mg/m2"]),
        ("Lovenox 40mg 1 x 1 s.c.", ["Lovenox, 40 mg, subcutaneous"]),
        ("will escalate dose to 100 mg. Action: 40 mEq. - Dosierung: 4 mg. 10mEqhr, 5 ml/h", []),
    ],
)
def test_medicines(text: str, expected: list[str]) -> None:
    assert medicines(text) == expected


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Continue lisinopril 10 mg daily.", True),
        ("Allergies: none. Lisinopril 10 mg daily", True),
        ("Discontinued lisinopril 10 mg daily.", False),
        ("Lisinopril 10 mg was stopped.", False),
        ("~~Lisinopril 10 mg~~", False),
        ("Her mother takes lisinopril 10 mg.", False),
        ("He is not taking lisinopril 10 mg.", False),
        ("Avoid ibuprofen 600 mg.", False),
        ("Allergies: penicillin 500 mg", False),
        ("ALLERGIES:\nIbuprofen 600 mg", False),
        ("Discontinued medications:\n- Lisinopril 10 mg\n- Ibuprofen 200 mg", False),
        ("Ramipril 5 mg wurde abgesetzt.", False),
        ("Pas de paracétamol 1 g", False),
        ("Ramipril 2.500 mg", None),
    ],
)
def test_what_a_patient_does_not_take_is_a_hint(text: str, sure: bool | None) -> None:
    """A dose of which the point may part thousands is one, too."""
    assert {one.sure for one in drugs.drug(view(text))} == {sure is not False}
    assert {one.sure and one.alternative is None for one in drugs.dose(view(text))} == {sure is True}


@pytest.mark.parametrize(
    ("text", "sure"),
    [("Electronically signed: Dr. Anna Vance", True), ("Requested by\nAnna Vance, MD\nBerlin", False)],
)
def test_an_author_is_sure_where_it_is_said(text: str, sure: bool) -> None:
    assert [one.sure for one in facts.author(view(text))] == [sure]


@pytest.mark.parametrize(
    ("finder", "text", "expected"),
    [
        (facts.patient, "Patient: Everywoman, Eve   DOB: 01/02/1980", ["Eve Everywoman"]),
        (facts.patient, "wir berichten über Frau CHRIST, Charlotte, Fall-Nr. 12", ["Charlotte CHRIST"]),
        (facts.patient, "Patientin Manuela Beispiel, * 19.04.2020, die sich", ["Manuela Beispiel"]),
        (facts.patient, "Madame Anne Durand, née le 01/02/1950", ["Anne Durand"]),
        (facts.patient, "Patient: The patient denies pain. Patient Education: Given", []),
        (facts.record_number, "MRN: 40-118823  IPP : 8003451", ["40-118823", "8003451"]),
        (facts.record_number, "MRN: pending. Medical record 03/04/2024", []),
        (facts.provider_npi, "NPI: 1245319599", ["1245319599"]),
        (dates.admission_date, "der vom 3.5. bis 9.5.2024 in stationärer Behandlung war", ["2024-05-03"]),
        (dates.discharge_date, "der vom 3.5. bis 9.5.2024 in stationärer Behandlung war", ["9.5.2024"]),
        (dates.admission_date, "Chemotherapie vom 3.5.2024 bis 9.6.2024", []),
        (dates.admission_date, "DATE OF ADMISSION: 03/04/2024", ["03/04/2024"]),
        (dates.collection_date, "Collected: 03/12/2025 08:10  Received: 03/13/2025", ["03/12/2025"]),
        (dates.collection_date, "Sample collected on: 02-Mar-2024", ["02-Mar-2024"]),
        (dates.collection_date, "Blutentnahme: 03.02.2025, Probeneingang: 04.02.2025", ["03.02.2025"]),
        (dates.collection_date, "The sample was collected. 03/12/2025", []),
        (dates.report_date, "Report Date: 14 May 2024  Befunddatum: 15.5.2024", ["14 May 2024", "15.5.2024"]),
        (dates.report_date, "Reports of 2024 are kept.", []),
        (dates.report_date, "Patient: A. Lee\nDate: October 21, 2025\nSodium 140", ["October 21, 2025"]),
        (dates.report_date, "Date of birth: 21.10.2005\nReported: 3.5.2024", ["3.5.2024"]),
        (facts.charge_amount, "03/05/2024  99214  Office visit  2  $90.00  $180.00", ["$180.00"]),
    ],
)
def test_what_records_say_of_themselves(finder: Finder, text: str, expected: list[str]) -> None:
    found = [(*one, None)[:3] for one in finder(view(text))]
    assert list(dict.fromkeys(form or text[start:end] for start, end, form in found)) == expected


def test_a_provider_number_with_a_wrong_check_digit_is_not_sure() -> None:
    assert [one.sure for one in facts.provider_npi(view("NPI 1245319599, NPI 1245319598"))] == [True, False]


def test_two_that_measure_the_same_number_are_two_facts_of_one_group() -> None:
    assert rows("Heart rate 20, respirations 20.") == [
        ("vital_sign", "heart rate", "20 /min"),
        ("vital_sign", "respiratory rate", "20 /min"),
    ]


CCDA = b"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<component><structuredBody><component><section><text><content ID="m1">Proventil inhaler</content></text>
<entry><substanceAdministration classCode="SBADM" moodCode="EVN">
<templateId root="2.16.840.1.113883.10.20.22.4.16"/>
<effectiveTime xsi:type="PIVL_TS" institutionSpecified="true"><period value="12" unit="h"/></effectiveTime>
<routeCode displayName="Oral"/><doseQuantity value="2" unit="{puff}"/>
<consumable><manufacturedProduct><manufacturedMaterial><code nullFlavor="UNK"><originalText>
<reference value="#m1"/></originalText></code></manufacturedMaterial></manufacturedProduct></consumable>
</substanceAdministration></entry>
<entry><organizer><component><observation><templateId root="2.16.840.1.113883.10.20.22.4.27"/>
<code code="8480-6" displayName="Intravascular systolic"/><value xsi:type="PQ" value="132" unit="mm[Hg]"/>
</observation></component><component><observation><templateId root="2.16.840.1.113883.10.20.22.4.2"/>
<code code="1" displayName="Hemoglobin"/><value xsi:type="PQ" value=".5" unit="g/dL"/></observation>
</component><component><observation negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.2"/>
<code code="1" displayName="Sodium"/><value xsi:type="PQ" value="1" unit="g/dL"/></observation></component>
</organizer></entry></section></component></structuredBody></component></ClinicalDocument>"""


def test_entries_of_a_clinical_document_are_stated_with_group_and_role() -> None:
    data = xml.read(CCDA, Limits(), "application/xml").embedded_values
    made = Document("0", "a.xml", "", "application/xml", domain="medical", kind="ccda_record")
    made = replace(made, embedded_values=data)
    assert [
        (one.name, one.role, one.group_id, one.normalised, one.source) for one in extract(made).facts
    ] == [
        ("drug", None, 0, "Proventil inhaler", "stated"),
        ("dose", None, 0, "2 {puff}", "stated"),
        ("route", None, 0, "oral", "stated"),
        ("frequency", None, 0, "2 per day", "stated"),
        ("vital_sign", "systolic blood pressure", 0, "132 mm[Hg]", "stated"),
        ("laboratory_value", "Hemoglobin", 0, "0.5 g/dL", "stated"),
    ]


@pytest.mark.parametrize(
    ("entry", "undone"),
    [
        (b'classCode="SBADM" moodCode="EVN">', b'classCode="SBADM" moodCode="EVN" negationInd="1">'),
        (b"<routeCode", b'<statusCode code="aborted"/><routeCode'),
        (b"<routeCode", b'<statusCode code="nullified"/><routeCode'),
    ],
)
def test_entries_of_what_was_not_given_or_stopped_state_nothing(entry: bytes, undone: bytes) -> None:
    assert any(name == "drug/0" for name, _ in xml.read(CCDA, Limits(), "application/xml").embedded_values)
    data = xml.read(CCDA.replace(entry, undone), Limits(), "application/xml").embedded_values
    assert not any(name.startswith("drug") for name, _ in data)


SEEDS = (
    """BP 120/80 @hemoglobin and @K @10 mg @aspirin 10 mg @MEDICATIONS:\n@aspirin, @A.b.@Patient: A
@MRN 1@* 1@Frau Abc, @vom 1.2.2024 @a.a.@1/2 @every 6 @1,@Weight 5 feet @MEDICATIONS:\n(@10 mg of ab cd
@\n@a\n@MEDICATIONS:\n"""
    + 590 * "Abcd,"
    + """\n@p.r.n. @Hospital @Attending physician: @| BP | Pulse\n@Result | Name\nA | """
)


@pytest.mark.parametrize("seed", SEEDS.split("@"))
def test_hostile_text_costs_little(seed: str) -> None:
    text = (seed * (100_000 // len(seed) + 1))[:100_000]
    finders: list[Finder] = [measured.vital_signs, measured.laboratory_values, drugs.drug, facts.patient]
    finders += [facts.record_number, facts.provider_npi, dates.admission_date, facts.author]
    before = time.process_time()
    for finder in finders:
        list(finder(view(text)))
    assert time.process_time() - before < 5, "quadratic, it took minutes"
