"""Translate: from a document's segments to English beside them, and evidence back in the original."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.schemas.rows import Reject, Result
from docassay.transforms.assess import assess
from docassay.transforms.conclude import conclude
from docassay.transforms.context import Context
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.split import split as split_stage
from docassay.transforms.stages import find_stage
from docassay.transforms.translate import translate
from docassay.transforms.translation.alignment import English, Piece
from docassay.transforms.translation.english import Outcome, SourceSentence, cut, in_english
from tests import tiny
from tests.fakes import KeywordReader, card
from tests.spoken import Heart, Shelf

READER = KeywordReader(card({"clause_type": ["other", "governing_law", "termination"]}))
KNOWN = {
    "Contrat de prêt": "Loan agreement",
    "Objet du contrat": "Purpose of the agreement",
    "Le prêteur remet à l'emprunteur une garantie de premier rang, dite note de banque, pour 1 570 euros.": (
        "The lender hands the borrower a prime bank guarantee, called a bank note, for 1,570 euros."
    ),
    "L'emprunteur ne peut pas céder ce contrat.": "The borrower may not assign this agreement.",
    "Droit applicable": "Applicable law",
    "Le présent contrat est régi par le droit français.": "This agreement is governed by the law of France.",
}
LOAN = """Contrat de prêt

1. Objet du contrat

Le prêteur remet à l'emprunteur une garantie de premier rang, dite note
de banque, pour 1 570 euros. L'emprunteur ne peut pas céder ce contrat.

2. Droit applicable

Le présent contrat est régi par le droit français.
"""


def split(text: str, domain: str = "legal", uri: str = "a.txt") -> Document:
    parsed = Document(hashlib.sha256(text.encode()).hexdigest(), uri, text, "text/plain")
    pieces = split_stage(detect(parsed, domain), READER.card)
    assert isinstance(pieces, Document)
    return pieces


def read(text: str, shelf: Shelf, domain: str = "legal", everything: bool = False) -> Result:
    (pieces,) = translate([split(text, domain)], shelf, READER.card, everything=everything)
    (assessed,) = assess([pieces], READER, ())
    result = conclude(assessed, READER.card)
    assert isinstance(result, Result), result
    return result


def english(sentence: str, known: dict[str, str] | Callable[[str], str], **about: int) -> Outcome:
    return in_english([SourceSentence(sentence)], "fr", Heart(known, **about))[SourceSentence(sentence)]


def test_an_amount_left_in_french_is_written_as_english_does() -> None:
    found = english(
        "Le loyer est de 1 570,50 euros.", {"Le loyer est de 1 570,50 euros.": "Rent 1 570,50 euros is."}
    )
    assert found.text == "Rent 1,570.50 euros is." and not found.doubts


def test_a_french_contract_is_judged_in_english_and_shown_in_french() -> None:
    result = read(LOAN, Shelf({"fr": Heart(KNOWN)}))
    assert {segment.text for segment in result.segments} <= {
        LOAN[segment.start_char : segment.end_char] for segment in result.segments
    }
    assert {segment.language for segment in result.segments} == {"fr"}
    assert len(result.translations) == len(result.segments)
    spoken = "\n".join(row.text for row in result.translations)
    assert "1. Purpose of the agreement" in spoken and "governed by the law of France" in spoken
    assert {(row.source_language, row.guarded, row.model) for row in result.translations} == {
        ("fr", False, "heart@1")
    }
    (flag,) = [flag for flag in result.flags if flag.code == "prime_bank"]
    assert flag.evidence == LOAN[flag.start_char : flag.end_char]
    assert flag.evidence.startswith("Le prêteur remet") and flag.evidence.endswith("1 570 euros.")
    assert flag.decided_by == "rule legal.prime_bank+heart@1"
    assert "governing_law" in {row.label for row in result.classifications}
    assert "language_not_read:fr" not in result.document.reasons
    assert "translation_guarded" not in result.document.reasons


def test_every_piece_of_evidence_stands_in_the_original() -> None:
    result = read(LOAN * 3, Shelf({"fr": Heart(KNOWN)}))
    for row in (*result.flags, *result.findings):
        if row.start_char is not None:
            assert row.evidence and row.evidence != LOAN * 3
            assert (LOAN * 3)[row.start_char : row.end_char] == row.evidence


def test_an_english_document_costs_nothing() -> None:
    shelf = Shelf({"fr": Heart(KNOWN)})
    pieces = split("This agreement is governed by the laws of Ireland. Either party may terminate it.")
    assert translate([pieces], shelf, READER.card) == [pieces]
    assert translate([pieces], shelf, READER.card)[0] is pieces and shelf.opened == []


def test_an_english_annex_of_a_french_contract_is_left_alone() -> None:
    annex = "The following terms apply to every delivery and are governed by the laws of Ireland alone."
    text = LOAN + "\n3. Annexe\n\n" + annex + "\n"
    heart = Heart(KNOWN)
    result = read(text, Shelf({"fr": heart}))
    (left,) = [segment for segment in result.segments if annex in segment.text]
    assert left.language == "en"
    assert left.segment not in {row.segment for row in result.translations}
    assert not any("every delivery" in sentence for sentence in heart.asked)
    assert any(row.segment == left.segment for row in result.classifications)


def test_of_a_mails_headers_only_the_subject_is_translated() -> None:
    body = "Veuillez payer la facture sur le nouveau compte avant midi et n'en parlez à personne."
    head = "From: Anne Roy <anne@fonderie.example>\nTo: Comptes <c@b.example>\nSubject: Facture de mars"
    heart = Heart({"Facture de mars": "Invoice of March", body: "Please pay the invoice, and tell nobody."})
    pieces = split(f"{head}\n\n{body}\n", "financial")
    (done,) = translate([pieces], Shelf({"fr": heart}), READER.card)
    assert isinstance(done, Document) and done.english
    assert done.english.text == (
        head.replace("Facture de mars", "Invoice of March") + "\n\nPlease pay the invoice, and tell nobody.\n"
    )


def test_a_party_keeps_its_name_where_no_title_stands_before_it() -> None:
    text = (
        "Bail\n\nEntre M. Jean Lebrun, ci-après le bailleur, et la société Fruits d'Or SARL, le preneur, "
        "il est convenu ce qui suit.\n\nLe loyer est payé par Fruits d'Or entre les mains de Lebrun.\n\n"
        "Jean Lebrun\n"
    )
    known = {"Le loyer est payé par ⟦0⟧ entre les mains de ⟦1⟧.": "The rent is paid by ⟦0⟧ to ⟦1⟧."}
    heart = Heart(known)
    (done,) = translate([split(text)], Shelf({"fr": heart}), READER.card)
    assert isinstance(done, Document) and done.english
    assert "The rent is paid by Fruits d'Or to Lebrun." in done.english.text
    assert done.english.text.endswith("Jean Lebrun\n") and "⟦0⟧" not in heart.asked
    # Another document of the batch does not know the names.
    lease = "Contrat de bail\n\nLe loyer est payé par Fruits d'Or entre les mains de Lebrun."
    (alone, _) = translate(
        [split(lease), split(text)],
        Shelf({"fr": heart}),
        READER.card,
    )
    assert isinstance(alone, Document) and alone.english and "payé" in alone.english.text


def test_a_language_without_a_model_is_said_and_not_read() -> None:
    italian = (
        "Il presente contratto è regolato dalla legge italiana e dura tre anni dalla firma delle parti. "
        "Il conduttore paga il canone in anticipo entro il giorno cinque di ogni mese dell'anno. " * 4
    )
    alone = read(italian, Shelf({"fr": Heart(KNOWN)}))
    assert alone.translations == () and alone.classifications == ()
    assert alone.findings == ()
    assert (alone.document.status, alone.document.reasons) == ("not_checked", ("language_not_read:it",))
    mixed = read(LOAN + "\n3. Allegato\n\n" + italian, Shelf({"fr": Heart(KNOWN)}))
    assert mixed.translations and "language_not_read:it" in mixed.document.reasons


def test_a_guarded_sentence_goes_to_the_larger_model_once() -> None:
    bad = dict(KNOWN) | {
        "L'emprunteur ne peut pas céder ce contrat.": "The borrower may assign this agreement."
    }
    larger = Heart(KNOWN, name="larger")
    result = read(LOAN, Shelf({"fr": Heart(bad)}, larger))
    assert larger.asked == ["L'emprunteur ne peut pas céder ce contrat."]
    assert {row.model for row in result.translations} >= {"heart@1+larger@1"}
    assert not any(row.guarded for row in result.translations)
    guarded = read(LOAN, Shelf({"fr": Heart(bad)}, Heart(bad, name="larger")))
    assert [row.guarded for row in guarded.translations].count(True) == 1
    absent = [reason for reason in guarded.document.reasons if reason.startswith("absent:")]
    assert len(absent) == 1 and "loan_repayment" in absent[0]


def test_a_lost_number_is_tried_again_with_placeholders() -> None:
    def model(sentence: str) -> str:
        return re.sub(r"(?<![⟦0-9])[0-9][0-9 ]*", "", sentence).replace("Le loyer est de", "The rent is")

    found = english("Le loyer est de 1 570 euros.", model)
    assert (found.text, found.doubts) == ("The rent is 1,570 euros.", ())
    assert english("Le loyer est de 1 570 euros.", model, placeholders=0).doubts == ("numbers",)


def test_names_and_addresses_survive_letter_for_letter() -> None:
    found = english(
        "Madame Solène Garrec écrit à s.garrec@fonderie.example.",
        lambda text: text.replace("Madame", "Ms").replace("écrit à", "writes to").replace("Garrec", "Garek"),
    )
    assert found.text == "Ms Solène Garrec writes to s.garrec@fonderie.example." and not found.doubts


@pytest.mark.usefixtures("rules_alone")
def test_a_check_is_asked_of_both_texts_and_absence_is_no_failure_where_a_guard_doubts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("docassay.transforms.ask.absence_is_proven", lambda decided_by: True)
    result = read(LOAN, Shelf({"fr": Heart(KNOWN)}))
    failed = {row.check_id for row in result.findings if row.verdict == "fail" and row.start_char is None}
    assert failed
    bad = dict(KNOWN) | {
        "L'emprunteur ne peut pas céder ce contrat.": "The borrower may assign this agreement."
    }
    doubtful = read(LOAN, Shelf({"fr": Heart(bad)}))
    verdicts = {row.check_id: row.verdict for row in doubtful.findings}
    assert {verdicts[check] for check in failed} == {"review"}


def test_the_english_of_everything_tells_what_a_document_is_where_the_original_does_not() -> None:
    text = "Accord entre nous deux\n\nChacun des deux garde pour lui ce que l'autre lui a confié."
    known = {
        "Accord entre nous deux": "Mutual Non-Disclosure Agreement",
        "Chacun des deux garde pour lui ce que l'autre lui a confié.": (
            "Each party keeps the other party's confidential information secret."
        ),
    }
    parsed = Document("a" * 64, "a.txt", text, "text/plain")
    pieces = split_stage(detect(parsed), READER.card)
    assert isinstance(pieces, Document)
    (done,) = translate([pieces], Shelf({"fr": Heart(known)}), READER.card, everything=True)
    assert isinstance(done, Document)
    assert (done.domain, done.kind, done.language) == ("legal", "nda", "fr")
    assert pieces.kind != "nda" and done.text == text


def test_a_model_that_fails_on_one_document_rejects_that_one() -> None:
    def model(sentence: str) -> str:
        if "interdit" in sentence:
            raise RuntimeError("out of\nmemory")
        return KNOWN.get(sentence, sentence)

    bad = split("Le sous-bail est interdit au locataire pendant toute la durée du contrat.", uri="bad.txt")
    context = Context(reader=READER, translators=Shelf({"fr": Heart(model)}))
    outcomes = find_stage("translate").run([split(LOAN), bad, split(LOAN + "\n")], context)
    assert [type(outcome) for outcome in outcomes] == [Document, Reject, Document]
    assert isinstance(outcomes[1], Reject)
    assert (outcomes[1].uri, outcomes[1].stage, outcomes[1].reason) == ("bad.txt", "translate", "fault")


def test_capitals_are_sent_as_words_and_come_back_as_capitals() -> None:
    heart = Heart({"Contrat de location": "Rental agreement"})
    (found,) = in_english([SourceSentence("CONTRAT DE LOCATION")], "fr", heart).values()
    assert heart.asked[0] == "Contrat de location" and found.text == "RENTAL AGREEMENT"


@pytest.mark.parametrize("sentence", ["12.50 13.75", "1 570", "— 5 %", "😀😀", "", " ", "A", "?!"])
def test_what_is_no_language_is_not_sent(sentence: str) -> None:
    heart = Heart({})
    assert in_english([SourceSentence(sentence)], "fr", heart)[SourceSentence(sentence)] == Outcome(sentence)
    assert heart.asked == []


@pytest.mark.parametrize("character", ["😀", "合同", "договор", "\ue000"])
def test_unknown_characters_are_kept(character: str) -> None:
    drops = lambda text: re.sub(r"⟦[0-9]⟧|[^\x00-\u024f]", "", text).strip()  # noqa: E731
    for place in (f"Merci {character} beaucoup à vous tous", f"{character} Merci", f"Merci {character}"):
        assert character in english(place, drops).text
        assert character in english(place, drops, placeholders=0).text


def test_a_long_sentence_is_cut_at_its_punctuation_and_all_of_it_is_translated() -> None:
    words = [f"mot{'s' * (n % 7)}{',' if n % 9 == 8 else ''}" for n in range(3_000)]
    heart = Heart({}, most=60)
    pieces = cut([" ".join(words)], heart)[" ".join(words)]
    assert " ".join(pieces).split() == words and max(heart.count(pieces)) <= 60
    assert sum(piece.endswith(",") for piece in pieces) > 0.9 * len(pieces)


def test_what_is_no_word_is_cut_anywhere() -> None:
    heart = Heart({}, most=60)
    for text in ("x" * 9_000, "é" * 5_000, "a-" * 4_000):
        assert "".join(cut([text], heart)[text]) == text


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    from docassay.models.translator import SequenceTranslator

    return Shelf({"fr": SequenceTranslator(tiny.translator(tmp_path_factory.mktemp("models") / "fr-en"))})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "le bail prend fin et le locataire rend les clés au bailleur " * 900,  # ten thousand words
            marks=pytest.mark.slow,
        ),
        "Le locataire " + "abcdefghij" * 500 + " paie le loyer chaque mois au bailleur.",
        "Le contrat 合同 договор عقد est signé par le bailleur et le locataire 😀 à Rennes.\ue000",
        "CONTRAT DE LOCATION ENTRE LE BAILLEUR ET LE LOCATAIRE DE CET APPARTEMENT",
        "Le loca-\ntaire paie le loyer au bail-\nleur avant le cinq de chaque mois de l'année.",
        "Le loyer est payable d'avance.\n\n12.50 13.75\n\n| | |\n\n— —\n\n⟦0⟧ ⟦1⟧ le bail ⟦0⟧",
    ],
)
def test_no_text_reaches_the_engine_in_a_form_that_crashes_it(text: str, real: Shelf) -> None:
    result = read(text, real, everything=True)
    for segment in result.segments:
        assert text[segment.start_char : segment.end_char] == segment.text
    assert result.translations


def test_a_document_has_the_same_rows_whatever_it_is_translated_with(real: Shelf) -> None:
    texts = [LOAN, *(f"{line} {LOAN}" for line in tiny.LINES[:4])]
    splits = [split(text) for text in texts]
    together = translate(splits, real, READER.card)
    assert together == [translate([one], real, READER.card)[0] for one in splits]
    assert list(reversed(together)) == translate(list(reversed(splits)), real, READER.card)


@given(
    st.text(alphabet="ab é.\n", max_size=60),
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60), st.text(alphabet="xyz", max_size=9)), max_size=5
    ),
)
def test_there_and_back_covers_where_it_began(text: str, marks: list[tuple[int, int, str]]) -> None:
    pieces: list[Piece] = []
    for start, end, spoken in sorted((min(a, b), max(a, b), word) for a, b, word in marks):
        if start < end <= len(text) and (not pieces or start >= pieces[-1].end):
            pieces.append(Piece(start, end, spoken))
    both = English(text, tuple(pieces))
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            there = both.to_english(start, end)
            assert 0 <= there[0] <= there[1] <= len(both.text)
            if there[0] < there[1]:
                back = both.to_original(*there)
                touched = [p for p in pieces if p.start < end and start < p.end and p.english]
                for piece in touched if len(touched) > 1 else []:
                    assert back[0] <= max(start, piece.start) and back[1] >= min(end, piece.end)
                if not any(p.start < end and start < p.end for p in pieces):
                    assert back == (start, end)
