"""What records show a clinical coder: who signed when, medicines, advice, findings, complications."""

from __future__ import annotations

import time

import pytest

from docassay import domains
from docassay.domains import RuleInput, judge
from docassay.domains.medical import (
    advice,
    consent,
    medicines,
    operations,
    privacy,
    records,
    reports,
    sheets,
)

SIGNED = "\nElectronically signed by Ruth Okafor MD"
STAY = "Entlassbrief\nDie Patientin war vom 6.7.2023 bis 17.7.2023 bei uns in stationärer Behandlung.\n"


def _said(text: str, kind: str = "visit_note") -> tuple[str, str] | None:
    compared = records.authenticated(RuleInput(text, kind))
    return (compared[0].verdict, compared[0].says) if compared else None


def _found(find: object, text: str) -> list[str]:
    return [text[start:end] for start, end in find(RuleInput(text))]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "verdict", "says"),
    [
        (f"Visit note 03/14/2024\nPlan: rest.{SIGNED}", "pass", "Dated 03/14/2024, signed by Ruth Okafor."),
        (f"Visit note 03/14/2024\nThis note is unsigned.{SIGNED}", "fail", "It says that it is not signed."),
        (
            "Arztbrief vom 14.03.2024\nNoch nicht freigegeben.\n\nDr. Carla Minde",
            "fail",
            "It says that it is not signed.",
        ),
        ("Date of service: 03/14/2024\nPlan: rest.\nSignature: ________", "review", "No name stands there."),
        (
            "Date of service: 03/14/2024\nElectronically signed by [physician name]",
            "review",
            "No name stands there.",
        ),
        (
            "Date/Time Reported: 03/14/2024 08:10\nElectronically Signed:\n/es/Ruth Okafor, MD",
            "pass",
            "Dated 03/14/2024, signed by Ruth Okafor.",
        ),
        (
            "No acute distress.\nElectronically signed\nBy: Ruth Okafor (MD)\nOn: 03/14/2024 08:10",
            "pass",
            "Dated 03/14/2024, signed by Ruth Okafor.",
        ),
        (
            "Study date: 03/14/2024\nElectronically signed:\nPending Results: None",
            "review",
            "No name stands there.",
        ),
    ],
)
def test_an_entry_is_dated_and_signed(text: str, verdict: str, says: str) -> None:
    assert _said(text) == (verdict, says)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Plan: rest.", "a transcript"),
        ("Date of service: 03/14/2024\nPlan: rest.", "dated, and perhaps an extract"),
        (f"Plan: rest.{SIGNED}", "a signed one whose head is missing"),
        (f"MRI of 03/14/2024: a tear.{SIGNED}", "the day of an earlier finding"),
        ("Date of service: 03/14/2024\nPlan: rest.\n\nSincerely,\nDr. X", "the name was taken out"),
        ("Informed consent was signed by the patient.\nPlan: rest.", "the patient signed"),
        ("Surgeon: Ruth Okafor\nThe dictating physician was notified.", "who operated, not who signed"),
    ],
)
def test_an_extract_lacks_no_signature(text: str, why: str) -> None:
    assert _said(text) is None, why


def test_a_day_in_a_stay_does_not_date_the_letter_on_it() -> None:
    end = "\n\nMit freundlichen Grüßen\n\nDr. Carla Minde"
    told = f"Der Patient stellte sich am 05.11.2024 in unserer Notaufnahme vor.{end}"
    assert _said(told, "discharge_summary") is None
    assert (_said(told, "clinic_letter") or ("", ""))[0] == "pass"
    again = f"Wiedervorstellung am 13.11.2024 auf der Station.{end}"
    assert _said(again, "clinic_letter") is None


@pytest.mark.parametrize(
    ("rows", "complete", "missing"),
    [
        ("Metoprolol 50 mg 1-0-1\nTorasemid 10 mg 1-0-0", True, ""),
        ("Pantoprazol, z. B. Pantozol 40 mg 0-0-1\nASS 100 mg morgens", True, ""),
        ("Lasix 40mg ½-0-0\nPantozol 40mg 1-0-0", False, "No active ingredient is told in: Lasix, Pantozol."),
        ("Metoprolol 50 mg\nTorasemid 10 mg 1-0-0", False, "Dose or schedule is lacking: Metoprolol."),
        ("Wirkstoff Handelsname Stärke\nXyloban Xylo 5 mg bei Bedarf", True, ""),
        ("keine", True, ""),
    ],
)
def test_medicines_at_discharge(rows: str, complete: bool, missing: str) -> None:
    text = f"{STAY}Medikation bei Entlassung:\n{rows}\n\nMit freundlichen Grüßen\n\nDr. Minde"
    view = RuleInput(text)
    span = next(iter(medicines.listed_medicines(view)))
    assert bool(list(medicines.discharge_medicines(view))) == complete
    assert medicines.missing_of_medicines(view, span) == missing


def test_a_list_of_the_day_is_not_that_at_discharge() -> None:
    view = RuleInput(f"{STAY}Aktuelle Medikation:\nMetoprolol 50 mg 1-0-1\n")
    assert not list(medicines.discharge_medicines(view))
    span = next(iter(medicines.listed_medicines(view)))
    assert medicines.missing_of_medicines(view, span) == "It is not said to be that at discharge."


def test_only_six_names_are_said() -> None:
    rows = "\n".join(f"Brandol{letter} 5 mg 1-0-0" for letter in "abcdefgh")
    view = RuleInput(f"{STAY}Empfohlene Therapie:\n{rows}\n")
    span = next(iter(medicines.listed_medicines(view)))
    assert medicines.missing_of_medicines(view, span).endswith("Brandolf and 2 more.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Procedere:\nKontrolle des Blutbilds in zwei Wochen.\n\nMit freundlichen Grüßen",
            ["Procedere:\nKontrolle des Blutbilds in zwei Wochen."],
        ),
        ("Therapie Empfehlung:\nMetoprolol 50 mg 1-0-1\n", ["Therapie Empfehlung:\nMetoprolol 50 mg 1-0-1"]),
        ("Procedere:\nMetoprolol 50 mg 1-0-1\n", []),
        (
            "Procedere:\nIbuprofen 600 mg 1-1-1\nWundkontrolle beim Hausarzt.\nVorstellung zur Nachsorge.",
            ["Procedere:\nIbuprofen 600 mg 1-1-1\nWundkontrolle beim Hausarzt.\nVorstellung zur Nachsorge."],
        ),
        (
            "Lasix 40 mg 1-0-0\n\nFortsetzung der Chemotherapie am Mittwoch.",
            ["Fortsetzung der Chemotherapie am Mittwoch."],
        ),
        ("Empfehlungen:\nLabor: Die Werte liegen bei.", []),
        (f"Procedere: Messung des Drucks und Nachtmessung\n{'Befund gut. ' * 100}", []),
        ("Bei oraler Belastung mit Glukose nüchtern 86, nach 1h 185.", []),
        ("Die Physiotherapie wird zur Mobilisierung hinzugezogen.", []),
        ("Im Verlaufskontrollröntgen ist mehr Luft zu sehen.", []),
        (
            "Es wird eine stationäre Heilbehandlung empfohlen.",
            ["Es wird eine stationäre Heilbehandlung empfohlen."],
        ),
        ("Die Weiterbehandlung in der Ambulanz wurde zuletzt beendet.", []),
        ("Für Rückfragen bitten wir Sie um einen Anruf, gerne stehen wir zur Verfügung.", []),
    ],
)
def test_next_steps(text: str, expected: list[str]) -> None:
    found = _found(advice.next_steps, text)
    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


@pytest.mark.parametrize(
    "sentence",
    [
        "There was a large tear of the meniscus.",
        "The posterior cruciate ligament was intact.",
        "Inspection of the pleural cavity revealed multiple adhesions.",
        "Immediately a blood tinged effusion was released.",
        "A viable female infant was delivered with Apgars of 8 and 9.",
        "There was no evidence of malignancy.",
        "It was noted to be tented over a disc extrusion.",
        "The flexor tendon was completely severed.",
        "We then drew about 1200 mL of blood.",
        "A total of four round kidney stones were extracted.",
        "The omentum could not be reduced.",
        "There was some resistance to the wire.",
        "There was no air leak seen.",
        "The bowel was inspected and found to have no leakage.",
        "A negative aspiration for blood was done.",
        "No paresthesias were elicited.",
        "We spared the radial nerve, which was visualized deep to the muscle.",
        "A small vessel was identified crossing the field.",
    ],
)
def test_what_was_found_at_an_operation(sentence: str) -> None:
    text = f"PROCEDURE: The skin was incised. {sentence} The wound was closed in layers."
    assert sentence in _found(operations.found_at_operation, text)


@pytest.mark.parametrize(
    "sentence",
    [
        "The distal edge of the transverse carpal ligament was identified with a hemostat.",
        "There was good hemostasis and no bleeding.",
        "The x-ray had revealed a fracture.",
        "The _________ was identified.",
        "There was no excessive bleeding.",
        "After negative aspiration the drug was given.",
        "At this point the kidney was in clear view.",
        "She had a recent laparoscopy at which a mass was noted.",
    ],
)
def test_what_was_not_found_at_an_operation(sentence: str) -> None:
    text = f"PROCEDURE: The skin was incised. {sentence} The wound was closed in layers."
    assert not _found(operations.found_at_operation, text)


def test_a_blank_of_a_template_is_not_perhaps_found() -> None:
    text = "PROCEDURE: The _________ was identified. The fascia was identified with a probe."
    assert _found(operations.perhaps_found, text) == ["The fascia was identified with a probe."]


def test_anaesthesia_is_of_a_kind() -> None:
    assert _found(operations.anesthesia, "He was given general endotracheal anesthesia.") == [
        "general endotracheal anesthesia"
    ]
    assert _found(operations.anesthesia, "She received 50 mcg of fentanyl for it.")
    assert not _found(operations.anesthesia, "An IV was instituted by the Department of Anesthesia.")
    assert not _found(operations.anesthesia, "After adequate anesthesia the skin was incised.")
    assert _found(operations.some_anesthesia, "After adequate anesthesia the skin was incised.")


def test_a_report_that_repeats_itself_is_not_searched_to_its_end() -> None:
    sided = "PROCEDURE PERFORMED: Arthroscopy, right knee.\n\nPROCEDURE:\n"
    assert len(_found(operations.other_side, sided + "The left leg was prepped. " * 500)) == 100
    spinal = "ANESTHESIA: Spinal.\nPROCEDURE:\n"
    assert (
        len(_found(operations.other_anesthesia, spinal + "She was under general anesthesia. " * 500)) == 100
    )


def test_complications_are_those_of_the_whole() -> None:
    whole = "The patient tolerated the procedure well without complications."
    step = "Brushings for cytology were taken without complications."
    assert _found(operations.complications, f"{whole}\nsurgery, knee, scope") == [whole]
    assert not _found(operations.complications, step)
    assert not _found(operations.complications_told, step)
    assert _found(operations.complications_told, "3. Intraoperative Complications:\n") == [
        "3. Intraoperative Complications:"
    ]
    assert _found(operations.complications, "COMPLICATIONS,:  None.")


def test_a_brief_report_needs_no_impression() -> None:
    brief = "CHEST X-RAY\nFINDINGS: The lungs are clear."
    assert not list(reports.impression_due(RuleInput(brief)))
    assert list(reports.impression_due(RuleInput(brief + " The heart is normal in size." * 40)))
    assert list(reports.impression_due(RuleInput(f"{brief}\nIMPRESSION: Normal chest.")))


def test_a_social_security_number_masked_or_in_full() -> None:
    def verdicts(text: str) -> list[str]:
        return [one.verdict for one in privacy.social_security_numbers(RuleInput(text))]

    assert verdicts("SSN: XXX-XX-0198") == ["pass"]
    assert verdicts("SSN: 412-55-0198, SSN 413-55-0198") == ["review", "review"]
    assert verdicts("MRN 412550198") == []


@pytest.mark.slow
def test_hostile_records_are_read_in_linear_time() -> None:
    for text in (
        "Entlassmedikation:\n" * 5_000,
        "Medikation:\n" + "Lasix 40 mg 1-0-0\n" * 5_000,
        "there was a tear " * 10_000,
        "Procedere:\n" * 5_000,
        "no complications " * 10_000,
        "removed " * 10_000,
        "1.1.2024 " * 20_000,
    ):
        view = RuleInput(text, "operative_note")
        for find in (
            medicines.discharge_medicines,
            medicines.listed_medicines,
            advice.next_steps,
            operations.found_at_operation,
            operations.complications,
            records.authenticated,
        ):
            list(find(view))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Risks and benefits:\nMinimal risk is involved.\nThere are no direct benefits to you.",
            ["There are no direct benefits to you."],
        ),
        ("Benefits?\nYou learn your blood sugar.", ["Benefits?\nYou learn your blood sugar."]),
        ("You may leave without loss of benefits to which you are entitled.", []),
    ],
)
def test_benefits_are_shown_where_they_are_told(text: str, shown: list[str]) -> None:
    assert _found(consent.benefits, text)[:1] == shown


def test_what_is_said_of_records_and_of_danger_comes_before_what_only_touches_them() -> None:
    kept = "Your answers will be kept confidential."
    shown = f"You will rate anonymized maps. {kept}"
    assert _found(consent.confidentiality, shown)[0] == kept
    danger = "The main risks are bruises."
    assert _found(consent.risks, f"We ask how you judge the risk of rain. {danger}")[0] == danger


def test_a_line_to_sign_is_no_part_of_whom_to_ask() -> None:
    asked = "Complaints go by mail to the board, board@lab.example"
    assert _found(consent.contacts, f"{asked}\n__________ ________\nName Date\n") == [asked]


def test_who_protects_data_is_shown_after_who_can_be_asked_about_the_study() -> None:
    officer = "For your rights under data protection law, write to the officer at dpo@uni.example."
    filler = "You see forty pictures of gardens and press a key. " * 30
    outside = "To talk to someone outside the team, write to Ida Bloch, bloch@uni.example."
    asked = "Questions? Call Dr. Lee."
    assert _found(consent.contacts, f"{officer}\n{filler}\n{outside} {asked}")[0] == f"{outside} {asked}"


def test_who_protects_data_alone_is_not_whom_to_ask_about_research_and_rights() -> None:
    text = "Any questions on data protection go by mail to the data protection officer, dpo@uni.example."
    said = consent.missing_of_contacts(RuleInput(text), (0, 1))
    assert said.endswith("about their rights.")


def test_who_is_to_be_named_by_the_writer_of_a_form_is_named_nowhere() -> None:
    assert not _found(
        consent.contacts, "Indicate whom to call with questions about the study and about rights."
    )


def test_of_a_question_the_answer_is_shown_too_and_no_field_before_it() -> None:
    answered = "Why is this study being done?\nTo learn how people sleep."
    text = f"Investigator: Dr. Ann Lee\n{answered}\nIt takes 20 minutes. You will be asked to sleep."
    assert _found(consent.research, text)[:1] == [answered]


def test_what_the_results_are_of_is_no_purpose() -> None:
    text = "It takes 30 minutes. You will be asked to rate pictures. We are interested in group results. "
    told = "This research may help the investigator understand how people learn."
    assert _found(consent.research, text + told)[:1] == [told]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("The aim of this study is to compare pillows. You will rate them for ten minutes.", ""),
        ("The aim of this study is to compare pillows. You will rate them.", "how long it takes"),
        ("The aim of this study is to compare pillows.", "how long it takes and what happens"),
        ("You will rate pillows. Your answers are kept for ten years.", "how long it takes"),
    ],
)
def test_what_a_form_does_not_say_of_the_research_is_told(text: str, missing: str) -> None:
    said = consent.missing_of_research(RuleInput(text), (0, 1))
    assert said == (f"The form does not say {missing}." if missing else "")


RIGHTS = "For your rights, contact the ethics board at board@lab.example."


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (f"Questions? Call Dr. Lee. {RIGHTS}", ""),
        ("Questions? Call Dr. Lee.", "about their rights"),
        (f"Questions? Call [name].\n{RIGHTS}", "about the research"),
        (f"Questions? Call [name] at lee@lab.example.\n{RIGHTS}", ""),
        (f"We will call you with questions. {RIGHTS}", ""),
        (f"Questions? Call Dr. Lee. {RIGHTS} A nurse takes blood samples.", "in case of injury"),
        (f"Questions? Call Dr. Lee, also if you are hurt. {RIGHTS} A nurse takes blood samples.", ""),
    ],
)
def test_for_what_a_form_names_nobody_to_ask_is_told(text: str, missing: str) -> None:
    said = consent.missing_of_contacts(RuleInput(text), (0, 1))
    assert said == (f"The form does not say whom to ask {missing}." if missing else "")


@pytest.mark.parametrize(
    ("text", "original", "older"),
    [
        ("Approved 3 May 2016, to 2 May 2017.", "", True),
        ("Approved 3 May 2016. Revised 2021.", "", False),
        ("No date.", "", False),
        ("Approved May 2026.", "Genehmigt Mai 2016.", True),
    ],
)
def test_forms_from_before_later_use_had_to_be_told_are_known_by_their_years(
    text: str, original: str, older: bool
) -> None:
    assert bool(list(consent.older_form(RuleInput(text, original=original)))) is older


def test_a_form_that_records_people_collects_what_identifies_them() -> None:
    text = "No identifying information is collected."
    assert _found(consent.names_nobody, text)
    assert not _found(consent.names_nobody, f"{text} The session is video recorded.")


def test_of_a_form_that_repeats_whom_to_ask_some_passages_are_looked_at() -> None:
    repeated = "If you have questions about your rights as a participant, contact the ethics board. "
    study = "If you have questions about the study, contact Dr. Roe at roe@uni.example. "
    text = f"Participant information\n\nTake part in this research study.\n\n{repeated * 300}{study * 300}"
    assert len(list(consent.contacts(RuleInput(text, "consent_form")))) == 200


SHEET = "I confirm that I have read the information sheet dated 3 May 2024 (version 2) and may ask questions."


@pytest.mark.parametrize(
    ("text", "separate"),
    [
        (f"CONSENT FORM\nStudy of pillows\n{SHEET}", True),
        ("Consent\nPlease sign after you have received the Participant Information Leaflet.", True),
        ("Einwilligung\nIch habe die Teilnehmerinformation vom 3.5.2024 gelesen und verstanden.", True),
        ("Consentement\nJ'ai lu et compris la lettre d'information du 3 mai 2024.", True),
        ("I know whom to ask (details provided in the Participant Information Sheet).", True),
        (f"Participant Information Sheet\nWhy: to compare pillows.\n{SHEET}", False),
        (f"{'We compare pillows of several makers. ' * 60}\n{SHEET}", False),
        ("You will be given a copy of this information sheet.", False),
        ("I have read the above and agree to take part.", False),
    ],
)
def test_a_form_may_rest_on_a_separate_information_sheet(text: str, separate: bool) -> None:
    assert bool(_found(sheets.sheet_read, text)) is separate


def test_a_notice_about_the_data_of_a_study_is_told_by_its_title() -> None:
    assert _found(sheets.privacy_notice, "Sleep lab\nData Privacy Policy\nDear participant,")
    assert not _found(sheets.privacy_notice, "Consent form\nOur data privacy policy stands on the web.")


def test_the_label_of_a_line_is_no_answer() -> None:
    told = "After that the records may be used for future research."
    text = f"Use of your records for future research: Names will be taken out. {told}"
    assert _found(consent.future_use, text)[:1] == [told]


def test_a_box_to_tick_is_no_part_of_what_is_told() -> None:
    told = "I agree that my coded data are stored and used by others for future research."
    assert _found(consent.future_use, f"- [ ] {told}\n- [ ] I agree to take part.") == [told]


def test_boxes_to_tick_end_what_is_told() -> None:
    told = "2. The main risk is a sore thumb."
    text = f"1. I was told the rules.\n□ □\n{told}\n□ □\n3. I have read and understood the above.\n□ □\n"
    assert _found(consent.risks, text) == [told]


def test_of_a_list_below_a_heading_the_first_item_is_shown() -> None:
    text = "### Potential Benefits\n- **Science**: Help improve keyboards\n- **Pay**: [Fill in]\n"
    assert _found(consent.benefits, text) == ["### Potential Benefits\n- **Science**: Help improve keyboards"]


def test_below_a_heading_of_two_things_each_is_shown_by_its_own_sentence() -> None:
    told = "Benefits: The study provides insights."
    text = f"Risks and Benefits:\nRisks: There are minimal risks of a headache.\n{told}\n"
    assert _found(consent.benefits, text)[:1] == [told]


def test_why_somebody_is_asked_is_not_why_the_research_is_done() -> None:
    why = "This study aims to compare pillows."
    asked = "You are asked to take part because you sleep."
    text = f"Purpose of the study: {asked} {why} You will rate them for 20 minutes."
    assert _found(consent.research, text)[:1] == [why]


def test_behind_a_label_stands_what_it_names() -> None:
    text = "**Benefits:** The study provides knowledge of sleep.\n**Pay:** None."
    assert _found(consent.benefits, text) == ["**Benefits:** The study provides knowledge of sleep."]


def test_what_is_said_to_whoever_fills_in_a_template_names_nobody() -> None:
    text = "Questions about this study go by mail to `{{contact_email}}`.\n- Contact your IRB beforehand."
    said = consent.missing_of_contacts(RuleInput(text), (0, 1))
    assert said == "The form does not say whom to ask about the research or about their rights."


def test_purpose_and_length_are_read_in_german_and_french() -> None:
    german = "Ziel dieser Studie ist ein Vergleich von Kissen. Die Teilnahme dauert etwa 20 Minuten."
    asked = "Sie werden gebeten, Kissen zu bewerten."
    assert _found(consent.research, f"{german} {asked}")
    assert not _found(consent.research, f"Vielen Dank. {asked}")
    french = "Cette étude vise à comparer des oreillers. Chaque séance dure environ 30 minutes."
    assert _found(consent.research, f"{french} Il vous sera demandé de les noter.")


def test_risks_below_thousands_of_headings_take_little_time() -> None:
    text = "Take part in this research study.\n" + "# Risks\n\n" * 12_000
    before = time.process_time()
    assert len(_found(consent.risks, text)) <= 200
    assert time.process_time() - before < 1


def test_that_a_study_is_voluntary_costs_little_in_a_long_text() -> None:
    text = "You may join a study.\n" + "Voluntary.\nNo penalty.\n" * 40_000
    before = time.process_time()
    assert next(consent.voluntary(RuleInput(text, "consent_form")))
    assert time.process_time() - before < 5, "it took a minute"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("confirmed left basal pneumonia", "pass"),
        ("confirmed no pneumonia", "review"),
        ("was done", "review"),
    ],
)
def test_what_an_examination_confirms_is_a_diagnosis(said: str, verdict: str) -> None:
    check = next(one for one in domains.load("medical").checks if one.id == "discharge_diagnosis")
    found = judge(check, RuleInput(f"DISCHARGE SUMMARY\nA chest X-ray {said}.", "discharge_summary"))[0]
    assert ("review" if found == "fail" else found) == verdict


def test_a_choice_that_is_up_to_somebody_and_costs_nothing_is_voluntary_however_far_apart() -> None:
    free, far = "No, it's up to you whether you join.", "Here is more of the study. " * 150
    costs = "There will be no negative impact if you choose not to take part."
    assert _found(consent.voluntary, f"{free} {far}{costs}") == [free]
    assert not _found(consent.voluntary, f"{free} {far}Your decision will not affect your care.")


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("The dataset may be made publicly available, as a table or in a scientific data repository.", True),
        ("One copy is kept by you, the other by the researcher.", False),
        ("What you approve can be used at later stages of the project in other uses.", False),
    ],
)
def test_where_others_find_data_is_told_and_a_later_stage_is_not_later_research(
    text: str, is_told: bool
) -> None:
    assert bool(_found(consent.future_use, text)) is is_told


def test_a_form_that_involves_no_personal_data_names_nobody() -> None:
    assert _found(consent.names_nobody, "The questions do not involve any personal information.")
    assert not _found(consent.names_nobody, "The visits do not involve any personal risk.")


def test_whom_to_get_in_touch_with_is_a_contact_and_so_is_a_number() -> None:
    assert _found(consent.some_contact, "Please get in touch with Ada Roe should you have any questions.")
    text = "With questions call:\n- the study team, 555-0100\n- the office for your rights, 555-0199"
    assert not consent.missing_of_contacts(RuleInput(text), (0, 1))
