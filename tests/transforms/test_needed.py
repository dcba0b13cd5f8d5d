"""What is translated by default: what a question hangs on, no data, and no more once guards doubt most."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from docassay.models import translators
from docassay.schemas.rows import UNKNOWN, Result
from docassay.schemas.tables import Cell, Table
from docassay.transforms import translate as module
from docassay.transforms.assess import assess
from docassay.transforms.conclude import conclude
from docassay.transforms.context import Context
from docassay.transforms.document import Document
from docassay.transforms.split import split
from docassay.transforms.stages import find_stage
from docassay.transforms.translate import translate
from docassay.transforms.translation.data import is_data, is_language
from docassay.transforms.translation.sentences import sentences
from tests.fakes import KeywordReader, card
from tests.spoken import Heart, Shelf

KNOWN = {
    "Le preneur verse le loyer au bailleur le premier jour de chaque mois de la durée convenue.": (
        "The tenant pays the rent to the landlord on the first day of each month of the term agreed."
    ),
    "Le bailleur remet les clés au preneur le premier jour et les reprend à la fin du contrat.": (
        "The landlord hands over the keys on the first day and takes them back at the end of it."
    ),
}
TEXT = "\n\n".join(KNOWN) + "\n"
READER = KeywordReader(card({"clause_type": ["other", "governing_law"], "note_section": ["other", "plan"]}))


def cut(text: str = TEXT, domain: str = "legal", kind: str = "lease", **about: Any) -> Document:
    made = Document("a" * 64, "a.txt", text, "text/plain", language="fr", domain=domain, kind=kind)
    document = split(replace(made, **about), READER.card)
    assert isinstance(document, Document)
    return document


def finished(document: Document) -> Result:
    (assessed,) = assess([document], READER, ())
    result = conclude(assessed, READER.card)
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize(
    ("domain", "kind", "asked", "why"),
    [
        ("legal", "lease", 2, "a head, and checks of wording"),
        ("legal", "privacy_policy", 2, "checks of wording, though no head"),
        ("financial", "email", 2, "signs of fraud that name mail"),
        ("legal", "", 2, "a head reads what is of no kind, too"),
        ("legal", "court_filing", 0, "signs of fraud of every document alone"),
        ("financial", "bank_statement", 0, "no rule of wording names it"),
        (UNKNOWN, "", 0, "nobody knows what to ask"),
        (UNKNOWN, "email", 0, "rules of every mail read the original"),
    ],
)
def test_only_that_is_translated_on_which_a_question_hangs(
    domain: str, kind: str, asked: int, why: str
) -> None:
    heart = Heart(KNOWN)
    shelf = Shelf({"fr": heart})
    translate([cut(domain=domain, kind=kind)], shelf, READER.card)
    assert len(heart.asked) == asked, why
    assert shelf.opened == (["fr"] if asked else []), "a translator was opened for nothing"
    everything = Heart(KNOWN)
    translate([cut(domain=domain, kind=kind)], Shelf({"fr": everything}), READER.card, everything=True)
    assert len(everything.asked) == 2


def test_a_likely_kind_asks_too() -> None:
    heart = Heart(KNOWN)
    unsure = cut(domain=UNKNOWN, kind="", kind_confident=False, kind_candidates=("legal.lease",))
    translate([unsure], Shelf({"fr": heart}), READER.card)
    assert len(heart.asked) == 2


def test_a_passage_whose_heading_tells_what_it_is_waits_for_no_head() -> None:
    text = (
        "Arztbrief\n\nAllergien:\nPenicillin, das bei der Patientin als Kind einen Ausschlag machte.\n\n"
        "Epikrise des Hauses:\nWir haben mit ihr lange gesprochen, sie war mit allem einverstanden.\n"
    )
    heart = Heart({})
    letter = cut(text, "medical", "discharge_summary", language="de")
    (done,) = translate([letter], Shelf({"de": heart}), READER.card)
    assert any("einverstanden" in one for one in heart.asked)
    assert not any("Penicillin" in one for one in heart.asked)
    assert done.untranslated and done.untranslated.why == "not_needed"


def test_what_stays_in_its_language_is_said_and_is_no_lack_of_a_model() -> None:
    (done,) = translate([cut(TEXT * 6, kind="court_filing")], Shelf({"fr": Heart({})}), READER.card)
    row = finished(done).document
    assert not [reason for reason in row.reasons if reason.startswith("language_without_model")]
    assert "not_translated: English wording of signs of fraud" in row.not_asked
    assert not [one for one in row.not_asked if one.startswith("language_not_read")]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        (TEXT, {"media_type": "text/csv"}),
        (TEXT, {"media_type": "application/json"}),
        ("resourceType: Patient\ngiven: Ada\n\n" + TEXT, {"media_type": "application/xml"}),
        (":20:STARTUMS\n:25:50880050/0194777000888\n:28C:1/1\n:61:0711060711DR16,80NMSC\n" + TEXT, {}),
        ("MSH|^~\\&|LAB|X\nPID|1||7\nOBX|1|TX|||Le patient va bien et rentre à la maison demain.\n", {}),
        ("Article | Prix | Durée\nPeinture marine | 148,00 | un an\nDiluant fin | 38,00 | deux ans\n", {}),
        ("N° 4711\n75011 Paris\nSIRET 123 456 789 00012\nTotal HT : 2 004,00\n", {}),
        ("loyer_de[mois] = base_de(mois) * TAUX[mois];\n\n{mois} => {loyer_de[mois]};\n", {}),
        ("Name: Fruits et Légumes\n\nLineOne: rue du Port\n", {"media_type": "application/xml"}),
        (TEXT, {"tables": (Table(((Cell("description", 0, len(TEXT)),),)),)}),
    ],
)
def test_data_are_never_translated(text: str, about: dict[str, Any]) -> None:
    for everything in (False, True):
        shelf = Shelf({"fr": Heart({})})
        document = cut(text, **about)
        document = replace(document, segments=tuple(replace(one, language="fr") for one in document.segments))
        (done,) = translate([document], shelf, READER.card, everything=everything)
        assert shelf.opened == [] and done.english is None
        assert done.untranslated and done.untranslated.why == "data"


def test_short_cells_of_a_mails_layout_are_words_and_its_subject_always_is() -> None:
    text = (
        "From: Banque <a@b.example>\nTo: c@d.example\nSubject: Relance 2026-118\n\n"
        "Compte bloqué | Confirmer maintenant\n\nVotre compte est bloqué depuis ce matin même.\n"
    )
    mail = cut(text, "financial", "email", media_type="message/rfc822")
    mail = replace(mail, segments=tuple(replace(one, language="fr") for one in mail.segments))
    heart = Heart({})
    translate([mail], Shelf({"fr": heart}), READER.card)
    assert {"Compte bloqué", "Confirmer maintenant"} <= set(heart.asked)
    assert any(one.startswith("Relance") for one in heart.asked)


def test_a_line_without_end_costs_linear_time() -> None:
    text = "Sache est dite. " * 60_000
    began = time.process_time()
    document = replace(cut(), text=text)
    spans = sentences(text, 0, len(text), "fr")
    assert sum(is_data(document, one, []) for one in spans) == 0
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Le loyer est de 500 euros.", True),
        ("Durée", True),
        ("ARTICLE 5 : DEPOT DE GARANTIE", True),
        ('Voir [nos conditions](https://a.example/x#y "conditions") pour le détail', True),
        ("Conditions générales =====================", True),
        ("RE-2026-0417", False),
        ("DE89 3704 0044 0532 0130 00", False),
        ("Gesamtbetrag: 1.776,00", False),
        ("Lieferantenstraße 20", False),
        ("if (x_1 == y_2) { return; }", False),
        ("", False),
    ],
)
def test_language_is_told_from_figures_and_codes(text: str, expected: bool) -> None:
    assert is_language(text) is expected


def doubtful(count: int, bad: int, name: str = "bail") -> Document:
    """Make a lease of so many sentences, of which the first `bad` come back as they are."""
    lines = [
        f"Le {'mauvais' if n < bad else 'bon'} {name} prend fin le {'jour ' * n}dit." for n in range(count)
    ]
    return cut("\n\n".join(lines))


def model(sentence: str) -> str:
    return (
        sentence
        if "mauvais" in sentence
        else sentence.replace("Le bon", "The good")
        .replace("prend fin le", "ends on the")
        .replace("jour", "day")
        .replace("de la ville", "of the town")
        .replace("dit", "said")
    )


def test_a_document_of_which_guards_doubt_most_is_left_at_that() -> None:
    first = module.FIRST_SENTENCES
    heart = Heart(model, most=600)
    (done,) = translate([doubtful(3 * first, 3 * first, "secret")], Shelf({"fr": heart}), READER.card)
    assert done.english and len(done.english.pieces) == first
    assert done.untranslated and done.untranslated.why == "stopped"
    assert done.untranslated.start >= done.english.pieces[-1].end
    for segment in done.english.segments:
        before = done.segments[segment.segment]
        assert segment.language == ("en" if before.end_char <= done.untranslated.start else "fr")
    result = finished(replace(done, kind="nda"))
    assert result.translations and result.document.status == "review"
    assert "translation_stopped:fr" in result.document.reasons
    assert f"from character {done.untranslated.start} on" in result.document.not_asked[-1]
    assert result.document.not_asked[-1].startswith("translation_stopped: clause_type, wording")
    absent = [row for row in result.findings if row.start_char is None]
    assert "nda_exclusions" in {row.check_id for row in absent if row.verdict == "review"}
    assert not [row for row in absent if row.verdict == "fail"]
    # What is asked of a letter is sought in the original alone, so no answer hangs on what was left.
    letter = finished(replace(done, domain="medical", kind="discharge_summary"))
    assert letter.document.reasons == ("absent:lettre_liaison_motif,lettre_liaison_traitement",)


@pytest.mark.parametrize("bad", [0, 11, 12])
def test_a_document_of_which_half_is_right_is_translated_to_its_end(bad: int) -> None:
    (done,) = translate([doubtful(60, bad)], Shelf({"fr": Heart(model, most=600)}), READER.card)
    assert done.english and len(done.english.pieces) == 60 and done.untranslated is None


def test_whoever_asks_for_everything_gets_it_however_doubtful() -> None:
    heart = Heart(model, most=600)
    (done,) = translate([doubtful(60, 60)], Shelf({"fr": heart}), READER.card, everything=True)
    assert done.english and len(done.english.pieces) == 60 and done.untranslated is None


def test_where_a_document_stops_does_not_hang_on_the_batch() -> None:
    documents = [
        doubtful(60, 60),
        doubtful(60, 0),
        doubtful(60, 13),
        doubtful(70, 40),
        doubtful(70, 70, "contrat"),
        cut(domain=UNKNOWN, kind=""),
    ]
    shelf = Shelf({"fr": Heart(model, most=600)})
    together = translate(documents, shelf, READER.card)
    assert together == [translate([one], shelf, READER.card)[0] for one in documents]
    assert [bool(one.untranslated) for one in together] == [True, False, True, True, True, True]


def test_a_larger_model_that_mends_the_first_sentences_keeps_a_document_going() -> None:
    mending = Heart(lambda text: model(text.replace("mauvais", "bon")), most=600, name="larger")
    shelf = Shelf({"fr": Heart(model, most=600)}, mending)
    (done,) = translate([doubtful(60, 30)], shelf, READER.card)
    assert done.english and len(done.english.pieces) == 60 and done.untranslated is None


def test_no_model_is_opened_by_a_stage_that_has_nothing_to_translate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(translators, "open_translator", lambda *_: pytest.fail("a translator was opened"))
    context = Context(reader=READER)
    (done,) = find_stage("translate").run([cut(kind="court_filing")], context)
    assert isinstance(done, Document) and done.english is None
