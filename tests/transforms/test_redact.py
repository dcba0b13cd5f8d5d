"""Texts without what is marked in them, surrogates, and dates that are moved."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from docassay.models.span_edges import TaggedSpan
from docassay.models.tagger import installed
from docassay.schemas.errors import UsageError
from docassay.schemas.rows import Source
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.redaction.check import Kept, in_bytes, in_recognised, unpacked
from docassay.transforms.redaction.choice import Choice, decided, read_phrases
from docassay.transforms.redaction.harmless import without_harmless
from docassay.transforms.redaction.spans import (
    MASK,
    PersonalSpan,
    edits,
    found,
    phrase,
    read_spans,
    redacted,
    settle,
)
from docassay.transforms.redaction.surrogates import Surrogates, kind_of, shifted
from tests.pdfs import deflated, page, placed, stream

TEXT = "Anna Müller, geb. 03.04.1960, kam am 24.01.2028. Frau Müller (MÜLLER) ist 67, Tel. 0241 5551234."
KEY = b"0123456789abcdef"


def span(value: str, label: str, text: str = TEXT) -> PersonalSpan:
    start = text.index(value)
    return PersonalSpan(start, start + len(value), label)


def marked() -> list[PersonalSpan]:
    given = [
        span("Anna Müller", "person"),
        span("03.04.1960", "date_time"),
        span("24.01.2028", "date_time"),
        span("0241 5551234", "phone_number"),
        span("67", "age"),
    ]
    return settle(TEXT, given, lambda word: word == "ordinary")


def written(mode: str, key: bytes = KEY) -> str:
    return redacted(TEXT, edits(TEXT, marked(), mode, key, "de"))


def test_bars_are_of_one_width() -> None:
    assert written("mask") == (
        f"{MASK}, geb. {MASK}, kam am {MASK}. Frau {MASK} ({MASK}) ist {MASK}, Tel. {MASK}."
    )


def test_labels_say_what_it_was() -> None:
    assert written("label").startswith(
        "[PERSON], geb. [DATE_TIME], kam am [DATE_TIME]. Frau [PERSON] ([PERSON])"
    )


def test_surrogates_are_the_same_for_the_same_and_others_with_another_key() -> None:
    text = written("surrogate")
    assert text == written("surrogate") != written("surrogate", b"another key, of 16")
    last = text.split(",")[0].split()[-1]
    assert f"Frau {last} ({last.upper()})" in text
    assert not {"Anna", "Müller", "MÜLLER", "1960", "2028", "5551234"} & set(text.replace(".", " ").split())


def test_dates_of_one_person_keep_their_distance() -> None:
    def days(person: str, value: str) -> int:
        from datetime import date

        surrogates = Surrogates(KEY, TEXT, "de", ["Anna Müller"])
        day, month, year = map(int, surrogates.replacement(value, "date_time", person).split("."))
        return (date(year, month, day) - date(2020, 3, 1)).days

    assert days("p1", "01.03.2020") == days("p1", "11.03.2020") - 10
    assert days("p1", "01.03.2020") != days("p2", "01.03.2020")
    assert days("p1", "01.03.2020") % 7 == 0


def test_two_files_of_one_patient_move_their_dates_alike() -> None:
    one = Surrogates(KEY, "a", "en", ["Ada Dahl", "Ada Dahl", "Bo Rees"])
    two = Surrogates(KEY, "b", "en", ["DAHL Ada", "Dahl, Ada", "Cy Ott"])
    assert one.replacement("2020-05-04", "date_time") == two.replacement("2020-05-04", "date_time")


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("24.01.2028", "15.11.2027"),
        ("2019-03-31", "2019-01-20"),
        ("le 3 mai 2019", "le 22 février 2019"),
        ("1er janvier 2020", "23 octobre 2019"),
        ("5. Dezember 2019", "26. September 2019"),
        ("03/15/2021", "01/04/2021"),  # there is no fifteenth month
        ("12/2019", "10/2019"),
        ("24.01.", "15.11."),
        ("14.03.2020 um 14:30", "04.01.2020 um 14:30"),
        ("24. bis 27.01.2028", None),  # the first day has no month of its own
        ("deux janvier", None),
        ("30/02/2020", None),
        ("0001-01-01", None),
    ],
)
def test_dates_are_moved_in_their_form_or_not_at_all(text: str, moved: str | None) -> None:
    assert shifted(text, -70, "de", True) == moved


@pytest.mark.parametrize("label", ["NAME_PATIENT", "PRENOM", "person", "LOCATION_CITY", "IPP", "", "💥"])
@pytest.mark.parametrize("value", ["Ö", "x" * 10_000, "12", "!?", "Ann\nLee", "☃", "31.02.2020"])
def test_any_value_has_a_surrogate(label: str, value: str) -> None:
    assert Surrogates(KEY, value, "xx", [value]).replacement(value, label)


def test_labels_of_others_are_understood() -> None:
    assert [kind_of(label) for label in ("NAME_DOCTOR", "CONTACT_FAX", "LOCATION_HOSPITAL", "us_ssn")] == [
        "person",
        "phone_number",
        "facility",
        "record_number",
    ]


def test_parts_of_a_name_are_removed_unless_they_are_ordinary_words() -> None:
    text = "Ann Winter came in winter. Winter left. Ann stayed."
    given = [PersonalSpan(0, 10, "person")]
    whole = settle(text, given, lambda word: word == "Winter")
    assert [text[s.start : s.end] for s in whole] == ["Ann Winter", "Ann"]
    every = settle(text, given, lambda word: False)
    assert [text[s.start : s.end] for s in every] == ["Ann Winter", "Winter", "Ann"]


def test_ordinary_parts_of_a_name_are_removed_from_file_names() -> None:
    text = "Ann Winter came in winter. See winter_ann.pdf."
    spans = settle(text, [PersonalSpan(0, 10, "person")], lambda word: True)
    assert [text[span.start : span.end] for span in spans] == ["Ann Winter", "winter"]
    assert spans[1].start == text.index("winter_")


@pytest.mark.parametrize(
    ("text", "removed"),
    [
        ("Ada Wernicke came. Frau Wer\u200bnicke left.", ["Ada Wernicke", "Wer\u200bnicke"]),
        ("Ada Wernicke came. Frau Wer\u00ad\nnicke left.", ["Ada Wernicke", "Wer\u00ad\nnicke"]),
        ("Ada Wernicke came. Frau Wer-\nnicke left.", ["Ada Wernicke", "Wer-\nnicke"]),
        ("Ada Wernicke came. Frau Wer-nicke left.", ["Ada Wernicke", "Wer-nicke"]),
        ("Ada Bäcker came. Frau Bäk-ker left.", ["Ada Bäcker", "Bäk-ker"]),
        ("A\u200bda Wer\u200bnicke came. Wernicke left.", ["A\u200bda Wer\u200bnicke", "Wernicke"]),
        ("Ada Wernicke came. A wer-wolf, not Wer-Nicke.", ["Ada Wernicke"]),
        ("Ada Wernicke came. See wernicke_ada_1960.dcm.", ["Ada Wernicke", "wernicke", "ada"]),
        ("Ada Wernicke came: C:\\AdaWernicke-2.pdf.", ["Ada Wernicke", "Ada", "Wernicke"]),
        ("Ada Bäcker came. baecker.pdf, wernicker.pdf, x.org/backer", ["Ada Bäcker", "baecker", "backer"]),
    ],
)
def test_a_name_is_removed_whole_as_it_is_shown(text: str, removed: list[str]) -> None:
    given = [PersonalSpan(0, text.index(" came"), "person")]
    spans = settle(text, given, lambda word: False)
    assert [text[span.start : span.end] for span in spans] == removed


@pytest.mark.parametrize("text", ["a-" * 300_000, "xAda" * 100_000 + "_"])
def test_words_without_end_are_searched_in_time(text: str) -> None:
    text = "Ada Wernicke came. " + text
    start = time.process_time()
    settle(text, [PersonalSpan(0, 12, "person")], lambda word: False)
    assert list(without_harmless(text, [], lambda word: False)) == []
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    ("text", "label", "probability", "goes", "why"),
    [
        ("[Furosemid] 40 mg 1-0-1", "person", 0.57, False, "a dose stands behind it"),
        ("[Kepprix]. Kepprix 500 mg", "facility", 0.97, True, "the dose stands elsewhere"),
        ("Kepprix. [Kepprix] 500 mg", "facility", 0.97, False, "a dose stands behind this one"),
        ("[Magnosolix] 1x1", "person", 0.5, False, "how often it is taken stands behind it"),
        ("[Keppra] was stopped", "person", 0.97, False, "a medicine of the list"),
        ("Name: Keppra. [Keppra] came", "person", 0.97, True, "somebody is called so"),
        ("seit [Xalatan Augentropfen] 1x", "person", 0.4, False, "a medicine and its form"),
        ("Gabe [von Vincristin] am", "person", 0.4, False, "an ingredient by its ending"),
        ("[Olaprine] came", "person", 0.97, False, "an ending of ingredients"),
        ("[Smithprine] came", "person", 0.97, True, "that is also a known name"),
        ("[Leber] frei, Milz groß", "person", 0.99, False, "a part of the body"),
        ("Herr Leber: [Leber] frei", "person", 0.99, True, "somebody is called so"),
        ("[Leber] frei. gez. Leber", "person", 0.99, True, "somebody signs so"),
        ("[Leber] frei\nMit freundlichen Grüßen\n\nLeber\n", "person", 0.99, True, "a signature"),
        ("[Leber] frei\nMit freundlichen Grüßen\nLeber: normal", "person", 0.99, False, "a heading"),
        ("[Leber] frei, H. Leber kam", "person", 0.99, True, "an initial stands before it"),
        ("[Leber] frei, Leber H. kam", "person", 0.99, True, "an initial stands behind it"),
        ("[Leber] frei. Dr. K. LEBER", "person", 0.99, True, "a title stands before the initial"),
        ("i. A. Leber. [Leber] frei", "person", 0.99, True, "somebody signs for another"),
        ("Schwester Leber kam. [Leber] frei", "person", 0.99, True, "a role stands before it"),
        ("Der Patient [Rennie] kam", "person", 0.99, True, "a role before a medicine"),
        ("der Patient, [Leber] frei", "person", 0.99, False, "no name of the patient"),
        ("[Leber], geb. 03.04.1960", "person", 0.99, True, "a birth stands behind it"),
        ("[Rennie], MD", "person", 0.99, True, "a degree stands behind it"),
        ("[Leber], 45 mm, geb. 1960", "person", 0.99, False, "a measure stands behind it"),
        ("Lieber Kollege [Leber],", "person", 0.99, True, "a salutation"),
        ("Zuweiser: [Leber]", "person", 0.99, True, "a label of who refers"),
        ("Unterschrift: Leber\n[Leber] frei", "person", 0.99, True, "a label of signatures"),
        ("Surgeon: [Rennie]", "person", 0.4, True, "a label of an operation"),
        (
            "the daughter, [Thandeka Alora], came",
            "person",
            0.99,
            True,
            "surely a name, though it is in no list",
        ),
        ("took [Thandeka Alora] daily", "person", 0.3, False, "a medicine, and hardly a name"),
        ("z. B. [Leber] und Milz", "person", 0.99, False, "no initial"),
        ("Patient: Leber, [Leber] frei", "person", 0.99, True, "a label stands before it"),
        ("Kniegelenk Med. [Leber] I", "person", 0.3, False, "no title"),
        ("Dr. med. [Leber] kam", "person", 0.3, True, "a title"),
        ("Im [Pleuraerguss] links", "person", 0.3, False, "a word that begins with a part of the body"),
        ("Z.n. [N. recti] (T3)", "person", 0.3, False, "Latin, shortened"),
        ("[Cord] blood was drawn", "person", 0.9, False, "no first name"),
        ("[Cord] came", "person", 0.9, True, "a first name"),
        ("Vit [D], melatonin", "place", 0.3, False, "of the name before it"),
        ("Zn [Apoplex 2002] re", "date_time", 0.3, True, "the year"),
        ("Zn [Apoplex] re", "date_time", 0.3, False, "no date"),
        ("[14 Zyklen Raltritrexed]", "street_address", 0.3, False, "cycles of a therapy"),
        ("[14 Zyklenweg]", "street_address", 0.3, True, "a street"),
        ("ablative [J-131]-Therapie", "record_number", 0.9, False, "an isotope"),
        ("Nr. [J-131] vom", "record_number", 0.9, True, "a number"),
        ("NECK: [Neck veins flat. No] bruits", "street_address", 0.4, False, "parts of the body"),
        ("Pulse of [69], regular", "age", 0.4, False, "a pulse"),
        ("is now [69], regular", "age", 0.4, True, "an age"),
        ("RR-Anst. von [112/74] auf", "record_number", 0.4, False, "more than the days of a month"),
        ("La tension est\nà [13/8],", "date_time", 0.5, False, "a blood pressure over two lines"),
        ("Name: Okafor\n[Okafor] 500 ml", "person", 0.5, True, "it was given as a name"),
        ("[Okafor] 500 ml\nSigned by Okafor", "person", 0.5, True, "it signs"),
        ("Dr. Okafor came. [Okafor] 500 ml", "person", 0.5, True, "a form of address, elsewhere"),
        ("[Smith] 500 ml", "person", 0.97, True, "a known name, and probably one"),
        ("[Smith] 500 ml", "person", 0.5, False, "a known name, but hardly one"),
        ("[Kalium] 4,1 mmol/l", "place", 0.9, False, "a value of a laboratory"),
        ("Frau [Wernicke] 40 mg", "person", 0.97, True, "a form of address stands before it"),
        ("[Ada Wernicke] 40 mg", "person", 0.97, True, "a name of two words"),
        ("[Neustadt], 17.10.2029", "place", 0.7, True, "a date is no dose"),
        ("84132 [Potassium], serum", "place", 0.12, False, "an ordinary word, and hardly a place"),
        ("in [Office], Ohio", "place", 0.5, True, "probably a place"),
        ("[560-40-78-5] 40 mg", "record_number", None, True, "a number is no drug"),
        ("Pulse [89]/min", "age", 0.14, False, "a pulse"),
        ("SpO2 [96] %", "age", 0.3, False, "a saturation"),
        ("La tension est à [13/8],", "date_time", 0.5, False, "a blood pressure"),
        ("La tension du [13/8] est", "date_time", 0.5, True, "a day"),
        ("cotée à [4] sur 10", "zip_code", 0.3, False, "a rate"),
        ("HPC: [3/7] hx headache", "date_time", 0.5, False, "three days, as English notes have it"),
        ("seen on [3/7] by", "date_time", 0.5, True, "a day"),
        ("Furosemid 40mg [1/2]-0-0", "date_time", 0.2, False, "a dose"),
        ("aged [89], well", "age", 0.14, True, "an age"),
    ],
)
def test_drugs_and_measured_values_stay(
    text: str, label: str, probability: float | None, goes: bool, why: str
) -> None:
    start, end = text.index("["), text.index("]") - 1
    text = text.replace("[", "").replace("]", "")
    one = TaggedSpan(start, end, label, probability, probability is None or probability > 0.5)
    listed = {"Smith", "Smithprine", "Leber"}.__contains__
    left = list(without_harmless(text, [one], {"Potassium", "Office"}.__contains__, listed))
    assert [(span.start, span.end) for span in left] in ([(start, end)] * goes, [(start + 8, end)] * goes), (
        why
    )


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("Patient: Leber, Hans\nDie Leber ist groß.", True),
        ("Hans Leber kam. Die Leber ist groß.", True),
        ("Anwesend: Wernicke, Leber und Okafor", True),
        ("Anwesend:\n- Wernicke\n- Leber\n", True),
        ("LEBER\tWernicke", True),
        ("Befund:\n- Magen\n- Leber\n", False),
        ("Befund: Magen, Leber und Niere", False),
    ],
)
def test_a_list_of_names_or_a_longer_name_tells_whom_a_part_of_the_body_means(text: str, goes: bool) -> None:
    people = [
        TaggedSpan(match.start(), match.end(), "person", 0.99)
        for match in re.finditer("Leber, Hans|Hans Leber|Wernicke|(?i:Leber)|Okafor|Magen|Niere", text)
    ]
    left = [text[span.start : span.end] for span in without_harmless(text, people, lambda word: False)]
    left = [value.capitalize() if value.isupper() else value for value in left]
    assert ("Leber" in " ".join(left)) is goes and ("Leber" in left) is (goes and len(people) > 1)


def test_what_stands_between_two_names_is_looked_at_in_time() -> None:
    text = "Wernicke" + " " * 100_000 + "x" + " " * 100_000 + "Leber"
    people = [TaggedSpan(0, 8, "person", 0.99), TaggedSpan(len(text) - 5, len(text), "person", 0.99)]
    start = time.process_time()
    assert list(without_harmless(text, people, lambda word: False)) == people[:1]
    assert time.process_time() - start < 1


def test_a_doctor_who_is_called_as_an_organ_goes_and_the_organ_elsewhere_stays() -> None:
    letter = "Sehr geehrter Herr Leber,\nwir danken.\nMit freundlichen Grüßen\nDr. Fuß\n"
    finding = "Befund vom Mai: Leber unter RB, Milz nicht palpabel, Magen frei, Fuß warm.\n"
    masked = [
        redacted(text, edits(text, found(text, "de", installed()), "mask")) for text in (letter, finding)
    ]
    assert not re.search("Leber|Fuß", masked[0])
    assert "Leber unter RB, Milz nicht palpabel, Magen frei, Fuß warm" in masked[1]


def test_a_dose_behind_a_name_leaves_the_name_nowhere() -> None:
    text = "Name: Okafor\nOkafor 500 ml saline at 9 pm\nSigned by Okafor\n"
    spans = found(text, "en", installed())
    assert "Okafor" not in redacted(text, edits(text, spans, "mask"))
    text, kept = "Medication\nFurosemid 40 mg 1-0-1\n", list[TaggedSpan]()
    assert not found(text, "de", installed(), harmless=kept) and {one.start for one in kept} <= {11}


def test_no_drug_of_our_sample_bill_is_removed() -> None:
    bill = Path(__file__).parents[2] / "domains/medical/samples/itemized_bill.pdf"
    (read, *_) = parse(Source("bill.pdf", bill.read_bytes()), Limits())
    text = read.text
    removed = {text[one.start : one.end] for one in found(text, "en", installed())}
    assert "Marlene Voss" in removed and not removed & {"Potassium", "Office", "Creatinine", "Chest"}


def test_a_number_is_removed_to_its_last_digit() -> None:
    text = "MRN 560-40-78-5, Aktenzeichen 560-40-78-5."
    assert "-5" not in redacted(text, edits(text, found(text, "en", installed()), "mask"))


def test_the_model_reads_the_text_as_it_is_shown() -> None:
    text = "Frau Smi\u200blla Wer\u200bnicke, geboren am 03.04.1960. Frau Wer\u200bnicke ist gesund."
    left = redacted(text, edits(text, found(text, "de", installed()), "mask"))
    assert not {"Smi", "lla", "Wer", "nicke", "1960"} & set(re.findall(r"\w+", left))
    assert "ist gesund" in left


def test_what_may_stay_elsewhere_is_no_leak() -> None:
    kept = Kept("It may rain on 5 days. Annahme verweigert.")
    values = [("person", "May"), ("age", "5"), ("person", "Anna")]
    assert not kept.more_in("It may rain on 5 days. Annahme verweigert.", values)
    assert kept.more_in("It may rain on 5 days, says May, 5. Anna", values) == {"person": 2, "age": 1}
    assert kept.more_in("IBAN DE 8937 0400 44", [("iban", "DE89370400")]) == {"iban": 1}


@pytest.mark.parametrize(
    "content",
    [
        deflated(placed((10, 10, "Fräulein Smilla"))),
        stream(b"BT <%s> Tj ET" % "Smilla".encode("utf-16-be").hex().upper().encode()),
        stream(b"<x:creator>Smilla</x:creator>", b"/Type /Metadata"),
    ],
)
def test_words_are_found_in_packed_bytes(content: bytes) -> None:
    pdf = page(b"", further=(content,))
    assert in_bytes(pdf, {"Smilla": "person", "Page": "person"}) == {"person": 1}


def test_a_stream_that_cannot_be_unpacked_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="cannot be unpacked"):
        list(unpacked(page(stream(b"no zlib", b"/Filter /FlateDecode"))))


def test_words_that_ocr_reads_are_found() -> None:
    assert in_recognised(["Frau SMILLA kam"], {"Smilla": "person", "Peter": "person"}) == {"person": 1}


def test_what_is_listed_stays_or_goes() -> None:
    text = "Potassium and Anna Müller, Oberarzt, seen by MÜLLER; project Falke, FALKE and Fal\u00adke."
    spans = [
        span("Potassium", "person", text),
        span("Anna Müller", "person", text),
        span("MÜLLER", "person", text),
        span("Oberarzt", "title", text),
    ]
    choice = Choice(keep=frozenset([phrase("potassium")]), remove=frozenset([phrase("falke")]))
    going, stay = choice.applied(text, spans)
    assert [text[one.start : one.end] for one in going] == [
        "Anna Müller", "Oberarzt", "MÜLLER", "Falke", "FALKE", "Fal\u00adke",
    ]  # fmt: skip
    assert stay == 1 and {one.label for one in going[3:]} == {"removed"}
    assert [one.label for one in Choice(only=frozenset(["title"])).applied(text, spans)[0]] == ["title"]
    assert "title" not in {one.label for one in Choice(excluded=frozenset(["title"])).applied(text, spans)[0]}
    longer = Choice(keep=frozenset([phrase("Müller")])).applied(text, spans)[0]
    assert [text[one.start : one.end] for one in longer][:2] == ["Potassium", "Anna Müller"], "it holds more"


NOTE = "Ann Falke took Furosemid. Furosemid helped. May it last, said May Potassium Lee. Falke left."


def a_decision(words: str, outcome: str, **more: object) -> dict[str, object]:
    start = NOTE.find(words)
    row = {"evidence": words, "outcome": outcome, "code": "person", "start_char": start}
    empty = dict.fromkeys(("corrected_label", "corrected_start", "corrected_end"))
    return row | {"end_char": start + len(words)} | empty | more


@pytest.mark.parametrize(
    ("decisions", "removed"),
    [
        ((), ["Ann Falke", "Furosemid", "Furosemid", "Potassium Lee", "Falke"]),
        ([a_decision("Furosemid", "dismissed")], ["Ann Falke", "Potassium Lee", "Falke"]),
        (
            [
                a_decision("Furosemid", "dismissed"),
                a_decision("May", "confirmed"),
            ],
            ["Ann Falke", "May", "May", "Potassium Lee", "Falke"],
        ),
        (
            [a_decision("Potassium Lee", "corrected", corrected_start=76, corrected_end=79)],
            ["Ann Falke", "Furosemid", "Furosemid", "Lee", "Falke"],
        ),
        ([a_decision("Furosemid", "not_sure"), a_decision("gone", "confirmed")], None),
        ([a_decision("Falke", "dismissed")], ["Ann Falke", "Furosemid", "Furosemid", "Potassium Lee"]),
        ([a_decision("Furosemid", "dismissed"), a_decision("Furosemid", "confirmed")], None),
    ],
    ids=["none", "dismissed", "confirmed", "narrowed", "nothing said", "a part alone", "both: it goes"],
)
def test_what_people_decided_stays_or_goes(
    decisions: list[dict[str, object]], removed: list[str] | None
) -> None:
    names = ("Ann Falke", "Furosemid", "Potassium Lee")
    spans = settle(NOTE, [span(name, "person", NOTE) for name in names], lambda word: word != "Falke")
    found_before = [NOTE[one.start : one.end] for one in spans]
    left = decided(NOTE, spans, decisions, lambda word: word != "Falke")
    assert [NOTE[one.start : one.end] for one in left] == (found_before if removed is None else removed)


TWICE = "Ann Falke came. Later Falke left. Falke again. Leeds, MRN 167890, aged 67: Lee, lee."


@pytest.mark.parametrize(
    ("words", "outcome", "more", "removed"),
    [
        ("Falke", "corrected", {"corrected_start": 0, "corrected_end": 9}, ["Ann Falke", "Falke", "Falke"]),
        ("Falke", "corrected", {"corrected_label": "org"}, ["Falke", "Falke", "Falke"]),
        ("67", "confirmed", {"start_char": 73, "end_char": 75}, ["Falke", "Falke", "Falke", "67"]),
        ("Lee", "confirmed", {"start_char": 77, "end_char": 80}, ["Falke", "Falke", "Falke", "Lee"]),
        ("Lee", "confirmed", {"start_char": 900, "end_char": 903}, ["Falke", "Falke", "Falke", "Lee"]),
        ("alk", "confirmed", {"start_char": 5, "end_char": 8}, ["Falke", "Falke", "Falke"]),
        (" ", "confirmed", {}, ["Falke", "Falke", "Falke"]),
    ],
)
def test_a_decision_holds_for_words_and_a_correction_for_its_place(
    words: str, outcome: str, more: dict[str, object], removed: list[str]
) -> None:
    at = TWICE.find(words)
    row = a_decision(words, outcome) | {"start_char": at, "end_char": at + len(words)} | more
    spans = settle(TWICE, [span("Falke", "person", TWICE)])
    left = decided(TWICE, spans, [row], lambda word: True)
    assert [TWICE[one.start : one.end] for one in left] == removed
    assert left[0].label == more.get("corrected_label", "person")


def test_a_narrowed_span_is_not_found_again_by_its_repetition() -> None:
    text = "Potassium Lee came. Potassium Lee left."
    row = a_decision("Potassium Lee", "corrected", corrected_start=10, corrected_end=13)
    row |= {"start_char": 0, "end_char": 13}
    spans = settle(text, [span("Potassium Lee", "person", text)])
    left = decided(text, spans, [row], lambda word: True)
    assert [text[one.start : one.end] for one in left] == ["Lee", "Potassium Lee"]


def test_many_decisions_on_one_word_take_one_search() -> None:
    text = "Falke came by. " * 13_000
    rows = [a_decision("Falke", "confirmed", start_char=at, end_char=at + 5) for at in range(0, 300 * 15, 15)]
    start = time.process_time()
    assert len(decided(text, [], rows, lambda word: True)) == 13_000
    assert time.process_time() - start < 10


def test_lists_of_phrases(tmp_path: Path) -> None:
    path = tmp_path / "keep.txt"
    path.write_text("# drugs\n\nFurosemid\nDr. Who\n", "utf-8")
    assert read_phrases(path) == {("furosemid",), ("dr", ".", "who")}
    path.write_text("a " * 13)
    with pytest.raises(UsageError, match="line 1: more than 12 words"):
        read_phrases(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="no UTF-8"):
        read_phrases(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_phrases(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no json", "line 2: not a span"),
        ('{"file": "a.txt", "start": 3}', "line 2: not a span"),
        ('{"file": "a.txt", "start": 5, "end": 5}', "line 2: not a span"),
        ('{"file": "a.txt", "start": -1, "end": 5}', "line 2: not a span"),
        ('{"file": 1, "start": 1, "end": 5}', "line 2: not a span"),
        ("[" * 100_000, "line 2: not a span"),
        ('{"file": "a.txt", "start": 5, "end": 5000}', "beyond the text"),
        ('{"file": "a.txt", "start": 0, "end": 3, "text": "Bob"}', "another text stands there"),
    ],
)
def test_a_wrong_span_is_named_by_its_line(tmp_path, line: str, message: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "spans.jsonl"
    path.write_text(f'{{"file": "a.txt", "start": 0, "end": 3, "label": "person", "text": "Ann"}}\n{line}\n')
    with pytest.raises(UsageError, match=message):
        read_spans(path).of("x/a.txt", "0" * 64, "Ann Lee", alone=False)


def test_spans_are_those_of_the_file_that_they_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "spans.jsonl"
    path.write_text(
        '{"doc_id": "d1", "start_char": 0, "end_char": 3, "label": "person"}\n'
        '{"file": "in/b.txt", "start": 4, "end": 7, "label": "person", "person": "p"}\n{"file": "none.txt"}\n'
    )
    spans = read_spans(path)
    assert spans.of("x/a.txt", "d1", "Ann Lee", alone=False) == [PersonalSpan(0, 3, "person")]
    assert spans.of("/x/in/b.txt", "d2", "Ann Lee", alone=False) == [PersonalSpan(4, 7, "person", "p")]
    assert spans.of("none.txt", "d3", "nobody", alone=False) == []
    assert spans.unused() == 0
    with pytest.raises(UsageError, match=r"no span of c\.txt"):
        spans.of("c.txt", "d4", "Ann Lee", alone=False)
