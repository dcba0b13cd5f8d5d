"""Who signed a record, of which day it is, and in which language it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docassay.domains import RuleInput, Span
from docassay.domains.medical import records


def signature(view: RuleInput) -> Iterator[Span]:
    return (name for name, _ in records.signed(view))


def _first(find: object, text: str) -> str | None:
    span = next(iter(find(RuleInput(text))), None)  # type: ignore[operator]
    return text[span[0] : span[1]] if span else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plan: rest.\n\nElectronically signed by Maria Gomez MD at 08/03/2021", "Maria Gomez"),
        ("Plan: rest.\n/s/ John Q. Adams", "John Q. Adams"),
        ("Plan: rest.\n\nSincerely,\n\nAnna Berg, M.D.", "Anna Berg"),
        ("Plan: rest.\nRuth Okafor, MD", "Ruth Okafor"),
        (
            "Verlauf gut.\n\nMit freundlichen kollegialen Grüßen\n\nPriv.-Doz. Carla Minde",
            "Priv.-Doz. Carla Minde",
        ),
        ("Verlauf gut.\n\nMit freundlichen Grüßen bin ich\nIhr\n\nDr. Blau\nChefarzt", "Dr. Blau"),
        ("Mit freundlichen Grüßen\n\nDr. mult. med. Ida Tal\nÄrztliche Direktorin", "Dr. mult. med. Ida Tal"),
        ("Verlauf gut.\ngez. Prof. Dr. med. Jan Tal", "Prof. Dr. med. Jan Tal"),
        ("Befund elektronisch freigegeben von OA Karl Hein am 1.2.2024", "OA Karl Hein"),
        ("Bien confraternellement,\nDocteur Paul Renard", "Docteur Paul Renard"),
    ],
)
def test_who_signed(text: str, expected: str) -> None:
    assert _first(signature, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The consent form was signed by the patient and her husband before the operation.",
        "Sincerely,\n\nDr. X",
        "Sincerely,\n\nXYZ, M.D.",
        "Signature: ____________",
        "Mit freundlichen Grüßen\n\nÄrztlicher Direktor",
        "Electronically signed by [physician name]",
        "Dr. med. Otto Empfang\nHauptstraße 1\n\nSehr geehrter Herr Kollege, "
        + "wir berichten über den Verlauf. " * 9,
        "a. Diet: low salt\nb. Activity: as tolerated",
        "",
    ],
)
def test_what_is_no_signature(text: str) -> None:
    assert _first(signature, text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DATE OF SERVICE: 03/04/2024\nPlan: rest.", "03/04/2024"),
        ("PROCEDURE NOTE\nDate of procedure: 3-4-24", "3-4-24"),
        ("Dictated: 03/04/2024", "03/04/2024"),
        ("Berlin, den 4. März 2024\n\nSehr geehrte Frau Kollegin,", "4. März 2024"),
        ("Klinik am See\nNeustadt, am 12.3.2023 \n\nSehr geehrte Kolleginnen", "12.3.2023"),
        ("Entlassungsbrief vom 18.06.2024\nDiagnosen", "18.06.2024"),
        ("Der Patient stellte sich am 06.07.2023 in unserer Ambulanz vor.", "06.07.2023"),
        ("Lyon, le 4 mars 2024\n\nCher confrère,", "4 mars 2024"),
        ("Le patient a été vu en consultation le 04/03/2024.", "04/03/2024"),
        ("The patient was seen on March 4, 2024 for a cough.", "March 4, 2024"),
    ],
)
def test_the_date_of_a_record(text: str, expected: str) -> None:
    assert _first(records.entry_date, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "DOB: 03/04/1960\nPlan: rest.",
        "Die Patientin, geboren am 03.09.1948, klagt über Husten.",
        "MRI of the knee on 03/04/2024 shows a tear of the meniscus.",
        "DATE OF SERVICE: MM/DD/YYYY",
        "The patient was seen by her local doctor on 03/04/2024 and sent here.",
        "",
    ],
)
def test_what_is_not_the_date_of_the_record(text: str) -> None:
    assert _first(records.entry_date, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Diagnosis: sprain\nFollow-Up:\n10 June 2026\nRest.",
        "wir berichten über die Patientin, die sich vom 06.07.2023 bis 17.07.2023 hier befand",
        "Der Patient befand sich vom 6.7.2023 in unserer stationären Behandlung.",
        "Patient, der sich am 31.07.2022 in unserer stationären Behandlung befand",
        "Le patient a été hospitalisé du 04/03/2024 au 09/03/2024.",
        "DATE OF ADMISSION: 03/04/2024",
    ],
)
def test_the_date_of_a_stay_is_not_that_of_the_record(text: str) -> None:
    assert _first(records.entry_date, text) is None


def test_languages_of_a_record() -> None:
    english = "The patient was seen in the clinic and has no pain. "
    german = "Die Patientin wurde bei uns mit der Diagnose behandelt und ist nach Hause entlassen. "
    french = "La patiente est venue dans le service pour une douleur et avec une fièvre. "
    asked = (records.written_in_english, records.written_in_german, records.written_in_french)
    assert [bool(_first(find, english)) for find in asked] == [True, False, False]
    assert [bool(_first(find, german)) for find in asked] == [False, True, False]
    assert [bool(_first(find, french)) for find in asked] == [False, False, True]
    assert [bool(_first(find, english + german + french)) for find in asked] == [True, True, True]
    assert [bool(_first(find, "NPI 1234567893")) for find in asked] == [True, False, False]
    assert [bool(_first(find, "")) for find in asked] == [False, False, False]


def test_hostile_records_are_read_in_linear_time() -> None:
    for text in (
        "Dr. " * 50_000,
        "signed by " * 20_000,
        "01/02/2024 " * 20_000,
        "Mit freundlichen Grüßen\n" * 5_000,
        "a\n\n" * 30_000,
    ):
        view = RuleInput(text)
        list(records.signed(view))
        list(records.entry_date(view))
