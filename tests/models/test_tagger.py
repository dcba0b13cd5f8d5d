"""Personal data: in three languages, in letters, mails, forms and tables; exact offsets; hostile input."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay.models import tagger as module
from docassay.models.catalog import PERSONAL_DATA, find
from docassay.models.encoder import Encoder
from docassay.models.encoder_group import card_of, check
from docassay.models.tagger import (
    PersonalDataTagger,
    blocks,
    installed,
    load,
)
from docassay.schemas.errors import ModelError


@pytest.fixture(scope="module")
def tagger() -> PersonalDataTagger:
    return installed()


def labelled(tagger: PersonalDataTagger, text: str, language: str = "en") -> dict[str, str]:
    return {text[found.start : found.end]: found.label for found in tagger.find(text, language)}


def test_it_is_checked_before_any_document_and_needs_no_encoder() -> None:
    assert [card.id for card in check("minilm")][-1] == installed().card.id
    assert PERSONAL_DATA not in card_of("minilm").tasks
    with pytest.raises(ModelError, match=PERSONAL_DATA):
        Encoder(find("minilm")).read(["x"], [[PERSONAL_DATA]])


LETTER_EN = """Riverside Medical Center
14 Mill Lane, Springfield

March 3, 2021

Dear Dr. Hartmann,

Mrs. Elena Brandt is a 58-year-old woman with Parkinson disease.
Her husband, Tomas, says that she fell. A Foley catheter was placed.
She takes Lipitor and Plavix. Mrs. Brandt will call (617) 555-0134.

Sincerely,

Ruth Okafor, M.D.
"""

LETTER_DE = """Klinikum Neustadt
Abteilung für Kardiologie

Herrn Dr. med. Jürgen Walther
Lindenstraße 14
76137 Karlsruhe

Sehr geehrter Herr Kollege Walther,

wir berichten über Frau Sabine Kessler, geb. am 12.03.1961, die sich vom 3.5. bis 8.5.2021 in unserer
stationären Behandlung befand. Frau Kessler leidet an Morbus Crohn. Wir setzten Metoprolol an.

Mit freundlichen Grüßen

Dr. Anke Vogelsang
Oberärztin
"""

LETTER_FR = """Docteur Hélène Marchand
Cardiologie
12 rue des Lilas
69003 Lyon

Lyon, le 3 mars 2021

Cher Confrère,

J'ai vu ce jour Monsieur Gérard TISSOT, né le 14/02/1950, adressé pour une maladie de Parkinson.
M. Tissot prend du Kardégic. Son épouse est joignable au 04 72 11 22 33.

Bien confraternellement,

Dr H. Marchand
"""


@pytest.mark.parametrize(
    ("text", "language", "people", "never"),
    [
        (
            LETTER_EN,
            "en",
            ["Hartmann", "Elena Brandt", "Tomas", "Brandt", "Ruth Okafor"],
            ["Foley", "Parkinson", "Lipitor"],
        ),
        (
            LETTER_DE,
            "de",
            ["Jürgen Walther", "Sabine Kessler", "Kessler", "Anke Vogelsang"],
            ["Crohn", "Metoprolol"],
        ),
        (LETTER_FR, "fr", ["Hélène Marchand", "Gérard TISSOT", "Tissot"], ["Parkinson", "Kardégic"]),
    ],
)
def test_letter_gives_its_people_and_no_eponyms_or_drugs(
    tagger: PersonalDataTagger, text: str, language: str, people: list[str], never: list[str]
) -> None:
    found = [text[span.start : span.end] for span in tagger.find(text, language) if span.label == "person"]
    assert [name for name in people if name not in found] == []
    assert [name for name in never if any(name in word for word in found)] == []


def test_letters_give_dates_addresses_and_numbers(tagger: PersonalDataTagger) -> None:
    german, french = labelled(tagger, LETTER_DE, "de"), labelled(tagger, LETTER_FR, "fr")
    assert german["12.03.1961"] == german["3.5."] == german["8.5.2021"] == "date_time"
    assert german["Lindenstraße 14"] == "street_address"
    assert german["76137"] == "zip_code"
    assert german["Karlsruhe"] == "place"
    assert french["14/02/1950"] == "date_time"
    assert french["04 72 11 22 33"] == "phone_number"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        (
            "Name: Kowalski\nVorname: Piotr\nGeburtsdatum: 03.04.1971\nPLZ/Ort: 50667 Köln\n",
            "de",
            {
                "Kowalski": "person",
                "Piotr": "person",
                "03.04.1971": "date_time",
                "50667": "zip_code",
                "Köln": "place",
            },
        ),
        (
            "Nom : LEFEBVRE\nPrénom : Camille\nNé(e) le : 07/08/1984\nIPP : 8012939402\n",
            "fr",
            {
                "LEFEBVRE": "person",
                "Camille": "person",
                "07/08/1984": "date_time",
                "8012939402": "record_number",
            },
        ),
        (
            "Patient Name: Novak, Helen\nDOB: 04/05/1962\nMRN: 445566\nPhone: 617-555-0134\n",
            "en",
            {
                "Novak, Helen": "person",
                "04/05/1962": "date_time",
                "445566": "record_number",
                "617-555-0134": "phone_number",
            },
        ),
        (
            "| Novak | Helen | 04/05/1962 | Boston |\n| Ortiz | Luis | 06/07/1970 | Denver |\n",
            "en",
            {"04/05/1962": "date_time", "06/07/1970": "date_time"},
        ),
    ],
)
def test_forms_and_tables_give_their_values(
    tagger: PersonalDataTagger, text: str, language: str, expected: dict[str, str]
) -> None:
    found = labelled(tagger, text, language)
    assert {value: found.get(value) for value in expected} == expected


def test_mail_gives_sender_reader_and_signature(tagger: PersonalDataTagger) -> None:
    text = (
        'From: "Ingrid Solberg" <is@example.org>\nTo: Marcus Webb <mw@example.org>\nSubject: Budget\n\n'
        "Marcus,\n\nthe draft is attached. Priya has the figures.\n\nThanks,\nIngrid\n"
    )
    names = [text[s.start : s.end] for s in tagger.find(text) if s.label == "person"]
    assert names == ["Ingrid Solberg", "Marcus Webb", "Marcus", "Priya", "Ingrid"]


def test_name_found_once_is_found_wherever_it_is_repeated(tagger: PersonalDataTagger) -> None:
    text = (
        "Dear Mr. Quillfeather,\n\nthank you.\n\n" + "The parcel was sent. " * 30 + "See Quillfeather there."
    )
    assert [text[s.start : s.end] for s in tagger.find(text) if s.label == "person"] == ["Quillfeather"] * 2


def test_number_needs_its_check_digit(tagger: PersonalDataTagger) -> None:
    assert labelled(tagger, "My card 4111 1111 1111 1111 is lost.")["4111 1111 1111 1111"] == "credit_card"
    assert "iban_code" not in labelled(tagger, "GB83 WEST 1234 5698 7654 32").values()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Take one tablet twice a day with food.", "en"),
        ("PREOPERATIVE DIAGNOSIS:\nAcute appendicitis.\n\nANESTHESIA:\nGeneral.", "en"),
        ("Die Lieferung erfolgt innerhalb von vierzehn Tagen nach Eingang der Bestellung.", "de"),
        ("La livraison aura lieu sous dix jours ouvrés à compter de la commande.", "fr"),
    ],
)
def test_text_without_personal_data_has_none(tagger: PersonalDataTagger, text: str, language: str) -> None:
    assert labelled(tagger, text, language) == {}


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200), language=st.sampled_from(["en", "de", "fr", "und"]))
def test_any_text_gives_spans_in_order_within_it(text: str, language: str) -> None:
    spans = installed().find(text, language)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for found in spans:
        assert 0 <= found.start < found.end <= len(text)
        assert found.probability is None or 0 <= found.probability <= 1


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        pytest.param("a", 1_000_000, marks=pytest.mark.slow),
        pytest.param("1.1.2000 ", 100_000, marks=pytest.mark.slow),
        ("Anna ", 100_000),
        pytest.param("Dr. ", 100_000, marks=pytest.mark.slow),
        ("1", 100_000),
        pytest.param("\n", 1_000_000, marks=pytest.mark.slow),
        pytest.param("\ud800", 100_000, marks=pytest.mark.slow),
    ],
)
def test_one_line_of_anything_is_read(tagger: PersonalDataTagger, unit: str, size: int) -> None:
    text = unit * (size // len(unit))
    spans = tagger.find(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert len(spans) <= size // len(unit)


def test_long_text_has_the_spans_of_its_parts_at_their_places(
    tagger: PersonalDataTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK_CHARS", 400)
    text = "The invoice was paid in full and no balance remains. " * 60 + "Write to jo@example.org."
    found = [text[f.start : f.end] for f in tagger.find(text) if f.label == "email_address"]
    assert found == ["jo@example.org"]
    cuts = list(blocks(text))
    assert "".join(text[a:b] for a, b in cuts) == text
    assert max(b - a for a, b in cuts) <= 400
    assert len(list(blocks("x" * 1000))) == 3


def test_words_read_in_blocks_give_the_same(
    tagger: PersonalDataTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tagger.find(LETTER_DE, "de")
    monkeypatch.setattr(module, "BLOCK", 7)
    assert tagger.find(LETTER_DE, "de") == whole


def test_a_tagger_that_is_added_while_documents_are_read_is_of_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = installed()
    shutil.copytree(find("personal"), tmp_path / "docassay" / "models" / "personal")
    assert find("personal").is_relative_to(tmp_path) and installed() is before


def test_weights_are_small_and_must_fit(tmp_path: Path) -> None:
    assert (find("personal") / "weights.npz").stat().st_size < 3_000_000
    with np.load(find("personal") / "weights.npz", allow_pickle=False) as arrays:
        parts = {name: arrays[name] for name in arrays.files}
    shipped = installed()
    with pytest.raises(ValueError, match="do not fit"):
        module.assemble(shipped.card, shipped.tags[:-2], parts, 0.4, 0.8)
    with pytest.raises(ModelError):
        load(find("minilm"))
