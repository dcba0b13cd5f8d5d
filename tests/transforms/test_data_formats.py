"""What data for programs state: FHIR, HL7 v2, MT940 and camt; and such files that are broken."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from docassay.schemas.facts import Fact
from docassay.schemas.rows import Reject, Result, Source
from docassay.storage.tables.validate import validate
from docassay.transforms.context import Context, Options
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits, mt940, statement_data
from docassay.transforms.formats.media_types import CSV, DATA, FHIR, HL7, MT940, TEXT, XML
from docassay.transforms.parse import parse
from docassay.transforms.stages import run_stages
from tests.tables import STAMP

LOINC = "http://loinc.org"
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [
        {"type": {"coding": [{"code": "SS"}]}, "value": "444-22-2222"},
        {"type": {"coding": [{"code": "MR"}]}, "value": "MRN-17"},
    ],
    "name": [
        {"use": "nickname", "given": ["Annie"]},
        {"use": "official", "family": "Lind", "given": ["Anna", "B."]},
    ],
    "birthDate": "1974-12-25",
}
PANEL = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"code": "vital-signs"}]}],
    "code": {"text": "Blood pressure"},
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": code, "display": "BP"}]},
            "valueQuantity": {"value": value, "unit": "mmHg", "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", 107), ("8462-4", 60))
    ],
}
BUNDLE = {
    "resourceType": "Bundle",
    "entry": [
        {"fullUrl": "urn:uuid:p", "resource": PATIENT},
        {
            "fullUrl": "urn:uuid:d",
            "resource": {
                "resourceType": "Practitioner",
                "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
                "name": [{"family": "Roe", "given": ["Jane"]}],
            },
        },
        {"fullUrl": "urn:uuid:o", "resource": {"resourceType": "Organization", "name": "Harbor Clinic"}},
        {
            "resource": {
                "resourceType": "Encounter",
                "class": {"code": "IMP"},
                "period": {"start": "2024-05-03T10:00:00Z", "end": "2024-05-07"},
                "serviceProvider": {"reference": "urn:uuid:o"},
            }
        },
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "status": "active",
                "medicationReference": {"reference": "#m"},
                "contained": [
                    {
                        "resourceType": "Medication",
                        "id": "m",
                        "code": {
                            "coding": [
                                {
                                    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                                    "code": "197361",
                                    "display": "amlodipine 5 MG Oral Tablet",
                                }
                            ]
                        },
                    }
                ],
                "dosageInstruction": [
                    {
                        "route": {"text": "Oral"},
                        "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                        "doseAndRate": [{"doseQuantity": {"value": 1.50, "unit": "mg"}}],
                    }
                ],
            }
        },
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "status": "stopped",
                "medicationCodeableConcept": {"text": "Warfarin"},
            }
        },
        {"resource": PANEL},
        {
            "resource": {
                "resourceType": "Observation",
                "status": "entered-in-error",
                "code": {"text": "Glucose"},
                "valueQuantity": {"value": 99, "code": "mg/dL"},
            }
        },
        {
            "resource": {
                "resourceType": "Procedure",
                "status": "completed",
                "code": {
                    "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "44970"}],
                    "text": "Appendectomy",
                },
            }
        },
    ],
}  # fmt: skip
OF_BUNDLE = {
    ("patient", None, "Anna B. Lind"),
    ("patient_birth_date", None, "1974-12-25"),
    ("record_number", None, "MRN-17"),
    ("provider", None, "Jane Roe"),
    ("provider_npi", None, "1234567893"),
    ("facility", None, "Harbor Clinic"),
    ("admission_date", None, "2024-05-03"),
    ("discharge_date", None, "2024-05-07"),
    ("drug", None, "amlodipine 5 MG Oral Tablet"),
    ("drug_code", None, "RxNorm 197361"),
    ("dose", None, "1.5 mg"),
    ("route", None, "oral"),
    ("frequency", None, "2 per day"),
    ("vital_sign", "systolic blood pressure", "107 mm[Hg]"),
    ("vital_sign", "diastolic blood pressure", "60 mm[Hg]"),
    ("vital_sign_code", "systolic blood pressure", "LOINC 8480-6"),
    ("vital_sign_code", "diastolic blood pressure", "LOINC 8462-4"),
    ("procedure", None, "Appendectomy"),
    ("procedure_code", None, "CPT 44970"),
}

MESSAGE = rf"""MSH|^~\&|LAB|CITY|EMR|CITY|20240503||RDE^O11|17|P|2.5
PID|1||MRN-17^^^H^MR~444-22-2222^^^SSA^SS||LIND^ANNA^B||19741225|F
PV1|1|I|W^12^3^Harbor \T\ Sons||||1234567893^ROE^JANE^^^^^^NPI{"|" * 37}20240503|20240507
RXO|A^Amlodipine 5 mg^L|5||mg
RXE|^BID|197361^amlodipine 5 MG Oral Tablet^RXNORM|5||MG
RXR|PO^Oral
OBR|1||4|80053^Metabolic panel^C4
OBX|1|NM|2823-3^Potassium^LN||4.10|mmol/l|||||F
OBX|2|SN|2345-7^Glucose^LN||>^500|mg/dL|||||F
OBX|3|NM|8867-4^Pulse^LN||72|/min|||||D
OBX|4|NM|8480-6^BP^LN||132|mm[Hg]|||||F
PR1|1||44970^Appendectomy^C4
"""
OF_MESSAGE = {
    ("patient", None, "ANNA B LIND"),
    ("patient_birth_date", None, "1974-12-25"),
    ("record_number", None, "MRN-17"),
    ("provider", None, "JANE ROE"),
    ("provider_npi", None, "1234567893"),
    ("facility", None, "Harbor & Sons"),
    ("admission_date", None, "2024-05-03"),
    ("discharge_date", None, "2024-05-07"),
    ("drug", None, "amlodipine 5 MG Oral Tablet"),
    ("drug_code", None, "RxNorm 197361"),
    ("dose", None, "5 mg"),
    ("route", None, "oral"),
    ("frequency", None, "2 per day"),
    ("laboratory_value", "Potassium", "4.10 mmol/L"),
    ("laboratory_code", "Potassium", "LOINC 2823-3"),
    ("vital_sign", "systolic blood pressure", "132 mm[Hg]"),
    ("vital_sign_code", "systolic blood pressure", "LOINC 8480-6"),
    ("procedure", None, "Appendectomy"),
    ("procedure_code", None, "CPT 44970"),
}

STATEMENT = """{1:F01BANKDEFFXXXX0000000000}{2:I940}{4:
:20:STARTUMS
:25:DE89370400440532013000
:28C:00001/001
:60F:C240131EUR8000,00
:61:2402010131CR4000,62N062NONREF
:86:166?00GUTSCHRIFT?20RENT 17?21 FEBRUARY?32Lind GmbH
:61:240201RC100,N062NONREF
:62M:C240201EUR11900,62
-}
:20:STARTUMS
:25:DE89370400440532013000
:28C:00001/002
:60M:C240201EUR11900,62
:61:2401021230D0,62NMSCFEE
:86:Account fee
:62F:C240202EUR11900,00
-
:20:OTHER
:25:10010010/1111111111USD
:60F:D240131USD1,00
:62F:D240202USD1,00
"""


def read(content: str | bytes, name: str = "a") -> list[Document]:
    """Read a file and what is attached to it."""
    read_ = []
    waiting = [Source(name, content.encode() if isinstance(content, str) else content, None)]
    while waiting:
        for one in parse(waiting.pop(0), Limits()):
            assert not isinstance(one, Reject), one
            if isinstance(one, Source):
                waiting.append(one)
            else:
                read_.append(one)
    return read_


def facts(document: Document) -> tuple[Fact, ...]:
    found = extract(detect(document)).facts
    assert all(one.source == "stated" and one.start_char is None for one in found)
    return found


def told(document: Document) -> set[tuple[str, str | None, str | None]]:
    return {(one.name, one.role, one.normalised) for one in facts(document)}


def as_xml(resource: dict[str, object]) -> str:
    """Write a resource as FHIR does in XML."""

    def inside(name: str, value: object) -> str:
        if isinstance(value, list):
            return "".join(inside(name, one) for one in value)
        if isinstance(value, dict) and "resourceType" in value:
            return f"<{name}>{whole(value)}</{name}>"
        if isinstance(value, dict):
            return f"<{name}>{''.join(inside(*pair) for pair in value.items())}</{name}>"
        return f'<{name} value="{value}"/>'

    def whole(one: dict[str, object]) -> str:
        kind = one["resourceType"]
        body = "".join(inside(*pair) for pair in one.items() if pair[0] != "resourceType")
        return f"<{kind}>{body}</{kind}>"

    return whole(resource).replace("<Bundle>", '<Bundle xmlns="http://hl7.org/fhir">', 1)


def test_fhir_states_the_same_in_json_and_xml() -> None:
    (one,) = read(json.dumps(BUNDLE))
    assert (one.media_type, detect(one).kind) == (FHIR, "health_data")
    assert told(one) == OF_BUNDLE
    of_drug = {
        one.group_id for one in facts(one) if one.name in ("drug", "drug_code", "dose", "route", "frequency")
    }
    assert of_drug == {0}
    (same,) = read(as_xml(BUNDLE))
    assert (same.media_type, told(same)) == (XML, OF_BUNDLE)


def test_resources_a_line_are_read_and_two_patients_are_a_hint() -> None:
    other = PATIENT | {"birthDate": "1980-01-01"}
    (one,) = read("\n".join(map(json.dumps, (PATIENT, other))))
    (birth,) = (fact for fact in facts(one) if fact.name == "patient_birth_date")
    assert (birth.normalised, birth.alternative, birth.abstained) == ("1974-12-25", "1980-01-01", True)


def test_what_a_resource_contains_is_known_in_it_alone() -> None:
    given = [
        {
            "resourceType": "MedicationRequest",
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": name}}],
        }
        for name in ("Warfarin", "Aspirin")
    ]
    given.append({"resourceType": "MedicationRequest", "medicationReference": {"reference": "#m"}})
    (one,) = read(json.dumps(given))
    assert [(fact.group_id, fact.normalised) for fact in facts(one)] == [(0, "Warfarin"), (1, "Aspirin")]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("MSH,,,,,,,\nName,Age,Ward\nAnna,40,3\n", CSV),
        ("BHS;;;;;;;\nName;Age;Ward;;;;;\n", CSV),
        ("MSH----------\nThe hospital in the middle of the town\n", TEXT),
    ],
)
def test_empty_cells_and_a_line_are_no_delimiters_of_hl7(content: str, media_type: str) -> None:
    (one,) = read(content, "a.csv" if media_type == CSV else "a.txt")
    assert one.media_type == media_type


def test_a_message_of_hl7_states_what_its_segments_do() -> None:
    for content in (MESSAGE, MESSAGE.replace("\n", "\r"), f"\x0b{MESSAGE}\x1c\r", MESSAGE.replace("|", "!")):
        (one,) = read(content)
        assert (one.media_type, detect(one).kind) == (HL7, "health_data"), content[:20]
        assert told(one) == OF_MESSAGE
    latin = MESSAGE.replace("RDE^O11|17|P|2.5", "RDE^O11|17|P|2.5||||||8859/1").replace("LIND", "LÖNN")
    assert ("patient", None, "ANNA B LÖNN") in told(read(latin.encode("latin-1"))[0])


UNFIT = [
    json.dumps(
        {"resourceType": "Patient", "id": "p", "name": [{"family": "Li\ud800nd\x00", "given": ["\x07A"]}]}
    ),
    MESSAGE.replace("LIND", "LI\x00\x07ND").replace("Potassium", "Pot\x00assium"),
]
"""Characters that no row may have."""


@pytest.mark.parametrize("content", [MESSAGE, json.dumps(BUNDLE), STATEMENT, *UNFIT])
def test_rows_of_data_are_valid(content: str) -> None:
    (made,) = run_stages(read(content)[:1], Context(Options()))
    assert isinstance(made, Result) and made.document.media_type in DATA
    rows, rejects = validate([made], STAMP)
    assert not rejects and rows["facts"]


def test_each_message_of_a_batch_is_a_document() -> None:
    other = MESSAGE.replace("LIND", "MOSS")
    both = read(f"FHS|^~\\&|A\nBHS|^~\\&|A\n{MESSAGE}{other}BTS|2\n")
    assert [name for one in both for fact, _, name in sorted(told(one), key=str) if fact == "patient"] == [
        "ANNA B LIND",
        "ANNA B MOSS",
    ]


def test_messages_of_a_statement_are_joined_and_each_statement_is_a_document() -> None:
    one, other = read(STATEMENT)
    assert (one.media_type, detect(one).kind, detect(one).kind_confident) == (
        MT940,
        "electronic_statement",
        True,
    )
    assert detect(other).kind == "electronic_statement"
    found = facts(one)
    assert {(fact.name, fact.group_id, fact.normalised) for fact in found} == {
        ("account", None, "DE89370400440532013000"),
        ("currency", None, "EUR"),
        ("opening_balance", None, "8000.00"),
        ("closing_balance", None, "11900.00"),
        ("period_end", None, "2024-02-02"),
        ("entry_date", 0, "2024-01-31"),
        ("entry_text", 0, "RENT 17 FEBRUARY Lind GmbH"),
        ("entry_amount", 0, "4000.62"),
        ("entry_date", 1, "2024-02-01"),
        ("entry_amount", 1, "-100"),
        ("entry_date", 2, "2023-12-30"),
        ("entry_text", 2, "Account fee"),
        ("entry_amount", 2, "-0.62"),
    }
    assert {fact.currency for fact in found if fact.type == "amount"} == {"EUR"}
    assert ("account", None, "100100101111111111") in told(other)


CAMT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>17</MsgId><CreDtTm>2024-02-02T19:30:47</CreDtTm></GrpHdr>
<Stmt><Id>1</Id><FrToDt><FrDtTm>2024-01-31T00:00:00</FrDtTm><ToDtTm>2024-02-02T23:59:59</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Lind GmbH</Nm></Ownr></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">101.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2024-02-01</Dt></BookgDt><NtryDtls><TxDtls><RltdPties><Cdtr><Pty><Nm>Harbor Ltd</Nm></Pty></Cdtr>
</RltdPties><RmtInf><Ustrd>Invoice 5</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">7</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt><Stmt><Id>2</Id><Acct><Id><Othr><Id>4711</Id></Othr></Id></Acct>
<Ntry><Amt Ccy="USD">7</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Stmt></BkToCstmrStmt></Document>"""


def test_a_message_of_camt_may_have_more_statements_than_a_mail_has_attachments() -> None:
    several = Limits().attachments + 20
    start, end = CAMT.index("<Stmt><Id>2"), CAMT.index("</BkToCstmrStmt>")
    assert len(read(CAMT[:start] + CAMT[start:end] * several + CAMT[end:])) == several + 1


def test_a_message_of_camt_states_holder_balances_and_booked_entries() -> None:
    one, other = read(CAMT)
    assert detect(one).kind == detect(other).kind == "electronic_statement"
    assert told(one) == {
        ("account", None, "DE89370400440532013000"),
        ("account_holder", None, "Lind GmbH"),
        ("currency", None, "EUR"),
        ("period_start", None, "2024-01-31"),
        ("period_end", None, "2024-02-02"),
        ("opening_balance", None, "100.00"),
        ("closing_balance", None, "-1.50"),
        ("entry_date", None, "2024-02-01"),
        ("entry_text", None, "Harbor Ltd, Invoice 5"),
        ("entry_amount", None, "-101.50"),
    }
    assert {("account", None, "4711"), ("entry_amount", None, "7")} == told(other)


@pytest.mark.parametrize("entry", ["2402010131CR4000;62N062", "", "240201X1,00N062"])
def test_an_entry_that_cannot_be_read_is_kept_as_it_is_written(entry: str) -> None:
    one = read(STATEMENT.replace("2402010131CR4000,62N062NONREF", entry))[0]
    (first,) = (fact for fact in facts(one) if fact.name == "entry_amount" and fact.group_id == 0)
    assert first.normalised is None and first.abstained
    assert entry in first.value


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("deep.json", '{"resourceType": "Patient", "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "too_deep"),
        ("cut.json", '{"resourceType": "Patient", "id": "p", "name": [}', "malformed"),
        ("nan.json", '{"resourceType": "Patient", "x": NaN}', "malformed"),
        ("batch.hl7", "FHS|^~\\&|A\nBHS|^~\\&|A\nBTS|0\n", "no_text"),
        (
            "bomb.xml",
            '<!DOCTYPE P [<!ENTITY a "a">]><Patient xmlns="http://hl7.org/fhir"><id value="&a;"/></Patient>',
            "xml_entities",
        ),
    ],
)
def test_data_that_cannot_be_read_give_a_reason(name: str, content: str, reason: str) -> None:
    (one,) = parse(Source(name, content.encode(), None), Limits())
    assert isinstance(one, Reject) and one.reason == reason


ODD: list[object] = [None, True, 7, "x", [], {}, [[]], [None], [{"coding": "x"}], {"coding": [[]]}, "\ud800"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_members_of_another_type_than_fhir_has_are_passed_over(odd: object) -> None:
    for at, entry in enumerate(BUNDLE["entry"]):
        for member in entry["resource"]:
            changed = [*BUNDLE["entry"]]
            changed[at] = entry | {"resource": entry["resource"] | {member: odd}}
            for one in (
                read(json.dumps(BUNDLE | {"entry": changed})),
                read(json.dumps(BUNDLE | {member: odd})),
            ):
                assert told(one[0]) is not None


@pytest.mark.parametrize("at", range(0, len(MESSAGE), 7))
def test_a_message_that_is_cut_is_read_in_part(at: int) -> None:
    for content in (
        MESSAGE[:at],
        MESSAGE[:at] + MESSAGE[at + 1 :],
        MESSAGE.replace("MSH|^~\\&", "MSH||||||", 1),
    ):
        for one in parse(Source("a.hl7", content.encode(), None), Limits()):
            if isinstance(one, Document) and one.media_type == HL7:
                assert told(replace(one, domain="medical")) is not None


@pytest.mark.slow
def test_many_segments_entries_and_resources_take_seconds() -> None:
    piles = (
        "MSH|^~\\&|A\n" + "OBX|1|NM|2823-3^K^LN||4.1|mmol/l\n" * 50_000,
        "MSH|^~\\&|A\nPID|" + "~^&" * 500_000,
        ":20:A\n:25:1\n:60F:C240131EUR0,\n" + ":61:240201C1,N062\n" * 30_000 + ":62F:C240131EUR0,\n",
        ":20:A\n:25:1\n:60F:C240131EUR0,\n" * 50_000,
        '{"resourceType": "Bundle", "entry": [' + ",".join([json.dumps({"resource": PANEL})] * 5_000) + "]}",
    )
    for pile in piles:
        start = time.process_time()
        first = next(
            one for one in parse(Source("a", pile.encode(), None), Limits()) if isinstance(one, Document)
        )
        domain = "financial" if first.media_type == MT940 else "medical"
        assert len(extract(replace(first, domain=domain)).facts) < 3 * mt940.MOST_ENTRIES
        assert time.process_time() - start < 10


@pytest.mark.slow
def test_a_statement_of_more_entries_than_are_kept_is_not_said_to_add_up() -> None:
    entries = ":61:240201C1,N062\n" * (mt940.MOST_ENTRIES + 5)
    content = f":20:A\n:25:1\n:60F:C240131EUR0,\n{entries}:62F:C240131EUR{mt940.MOST_ENTRIES},\n"
    (one,) = read(content)
    amounts = [fact for fact in facts(one) if fact.name == "entry_amount"]
    assert len(amounts) == mt940.MOST_ENTRIES == statement_data.MOST_ENTRIES
    assert sum(Decimal(fact.normalised or "0") for fact in amounts) == mt940.MOST_ENTRIES
