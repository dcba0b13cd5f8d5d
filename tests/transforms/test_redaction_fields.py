"""Personal data by the fields of data formats: names, numbers and addresses go, codes and values stay."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest

from docassay.schemas.rows import Source
from docassay.transforms.conclude import identify
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.redaction.fields import by_field, masked
from docassay.transforms.redaction.spans import PersonalSpan, edits, redacted
from docassay.transforms.split import cut_segments

MESSAGE = (
    "MSH|^~\\&|ADT1|MERCY|LAB|MERCY|202405061124||ADT^A01|MSG1|P|2.5.1\r"
    "PID|1||4711082^^^MERCY^MR~998-44-1234^^^USA^SS||Wernicke^Smilla^Q^^Mrs||19600403|F||C"
    "|12 Elm Street^^Springfield^IL^62704||(217)555-0148^^^s.w@mail.example\r"
    "PV1|1|I|2000^2012^01||||1376422358^Attending^Adam^A^^^^^NPI\r"
    "OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|3.5-5.1|N|||F\r"
    "NTE|1||Mrs. Wernicke was told to call Smilla Attending.\r"
)
BUNDLE = json.dumps(
    {
        "resourceType": "Bundle",
        "entry": [
            {
                "resource": {
                    "resourceType": "Patient",
                    "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "4711082"}],
                    "name": [{"family": 'Wern"icke', "given": ["Smilla", "Q"]}],
                    "birthDate": "1960-04-03",
                    "telecom": [{"system": "phone", "value": "217-555-0148"}, {"value": "s.w@mail.example"}],
                    "address": [{"line": ["12 Elm Street"], "city": "Springfield", "postalCode": "62704"}],
                }
            },
            {
                "resource": {
                    "resourceType": "Observation",
                    "code": {
                        "coding": [{"system": "http://loinc.org", "code": "2823-3"}],
                        "text": "Potassium",
                    },
                    "subject": {"display": "Smilla W."},
                    "valueQuantity": {"value": 4.1, "unit": "mmol/L"},
                }
            },
        ],
    }
)
IN_XML = (
    '<Patient xmlns="http://hl7.org/fhir"><identifier><value value="4711082"/></identifier><name>'
    '<family value="Wernicke"/><given value="Smilla"/></name><address><city value="Springfield"/></address>'
    "</Patient>"
)


def document(content: str, name: str) -> Document:
    made = next(iter(parse(Source(name, content=content.encode()), Limits())))
    assert isinstance(made, Document)
    return made


def labelled(made: Document, found: list[PersonalSpan]) -> str:
    spans = sorted(by_field(made).added_to(found), key=lambda span: span.start)
    return redacted(made.text, edits(made.text, spans, "label"))


def test_the_fields_of_a_message_say_whose_it_is() -> None:
    shown = labelled(document(MESSAGE, "adt.hl7"), []).splitlines()
    assert shown[1] == (
        "PID|1||[RECORD_NUMBER]^^^MERCY^MR~[RECORD_NUMBER]^^^USA^SS||[PERSON]^[PERSON]^[PERSON]^^Mrs||[DATE_TIME]"
        "|F||C|[STREET_ADDRESS]^^[PLACE]^IL^[ZIP_CODE]||[PHONE_NUMBER]^^^[EMAIL_ADDRESS]"
    )
    assert shown[2] == "PV1|1|I|2000^2012^01||||[RECORD_NUMBER]^[PERSON]^[PERSON]^[PERSON]^^^^^NPI"
    assert shown[3] == MESSAGE.split("\r")[3]


def test_what_is_found_in_prose_goes_and_codes_stay() -> None:
    made = document(MESSAGE, "adt.hl7")
    at = made.text.index("2823-3"), made.text.index("Wernicke was")
    wrong = PersonalSpan(at[0], at[0] + 4, "record_number")  # as a tagger of prose finds it in a code
    over = PersonalSpan(
        made.text.index("F\n", at[0]) if "F\n" in made.text[at[0] :] else at[1], at[1] + 8, "person"
    )
    shown = labelled(made, [wrong, over])
    assert "|2823-3^Potassium^LN||4.1|" in shown and "Wernicke was" not in shown
    assert shown.count("|") == made.text.count("|"), "no delimiter goes"


def test_the_members_of_a_bundle_say_whose_it_is() -> None:
    made = document(BUNDLE, "a.json")
    shown = json.loads(
        labelled(made, [PersonalSpan(made.text.index("loinc.org"), made.text.index("2823") + 4, "x")])
    )
    patient, observation = (entry["resource"] for entry in shown["entry"])
    assert patient["name"] == [{"family": "[PERSON]", "given": ["[PERSON]", "[PERSON]"]}]
    assert patient["identifier"][0]["value"] == "[RECORD_NUMBER]" and patient["birthDate"] == "[DATE_TIME]"
    assert [one["value"] for one in patient["telecom"]] == ["[PHONE_NUMBER]", "[EMAIL_ADDRESS]"]
    assert patient["address"] == [
        {"line": ["[STREET_ADDRESS]"], "city": "[PLACE]", "postalCode": "[ZIP_CODE]"}
    ]
    assert observation == json.loads(BUNDLE)["entry"][1]["resource"] | {"subject": {"display": "[PERSON]"}}


def test_of_fhir_in_xml_names_numbers_and_places_go() -> None:
    shown = labelled(document(IN_XML, "a.xml"), [])
    assert "family: [PERSON]" in shown and "given: [PERSON]" in shown and "city: [PLACE]" in shown
    assert "4711082" not in shown


def test_what_goes_to_a_larger_model_is_masked_by_fields_too() -> None:
    made = document(MESSAGE, "adt.hl7")
    assert not by_field(document("A letter to Smilla Wernicke.", "a.txt")).personal
    assert by_field(made).personal and masked(made, []) == {}


def test_tables_have_what_the_fields_say_once_and_no_codes() -> None:
    made = document(MESSAGE, "adt.hl7")
    rows = identify(made, cut_segments(made))
    told = [(row.label, row.text) for row in rows]
    assert told.count(("record_number", "4711082")) == 1 and ("person", "Smilla") in told
    assert told.count(("person", "Wernicke")) == 2, "in its field, and in the note"
    assert not [text for _, text in told if "2823" in text or "MSG1" in text or "|" in text]
    assert [row.start_char for row in rows] == sorted(row.start_char for row in rows)


@pytest.mark.parametrize(
    "text",
    ["]" * 100_000, '{"name":' * 50_000, '"' + "\\" * 100_001, '{"family":"', "MSH|^~\\&" + "|^" * 100_000],
)
def test_hostile_data_takes_no_longer_than_it_is_long(text: str) -> None:
    of = document(MESSAGE, "a.hl7") if text.startswith("MSH") else document(BUNDLE, "a.json")
    object.__setattr__(of, "text", text)
    assert not by_field(of).personal


def test_many_spans_among_many_codes_take_no_time_that_grows_with_both() -> None:
    made = replace(document(MESSAGE, "m.hl7"), text=MESSAGE + "OBX|1|TX|A^B||John was here|x\r" * 10_000)
    fields = by_field(made)
    found = [PersonalSpan(m.start(), m.end(), "person") for m in re.finditer("John", made.text)]
    start = time.process_time()
    assert len(fields.added_to(found)) == len(fields.personal) + 10_000
    assert time.process_time() - start < 1


def test_who_treats_or_pays_is_told_by_fields_too_and_names_of_segments_stay() -> None:
    visit = "PD1|||Mercy^^99|5544^Quux^Zorba\rPV2|||||||||||||77^Plugh^Xyz"
    made = document(f"{MESSAGE}\r{visit}\rFT1|1|||20240101|||||||||||||||||88^Gue", "adt.hl7")
    at = made.text.index("PD1")
    wrong = PersonalSpan(at, at + 3, "record_number")
    assert labelled(made, [wrong]).splitlines()[-3:] == [
        "PD1|||Mercy^^99|[RECORD_NUMBER]^[PERSON]^[PERSON]",
        "PV2|||||||||||||[RECORD_NUMBER]^[PERSON]^[PERSON]",
        "FT1|1|||[DATE_TIME]|||||||||||||||||[RECORD_NUMBER]^[PERSON]",
    ]
