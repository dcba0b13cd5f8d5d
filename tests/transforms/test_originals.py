"""What a translation may decide: no figure, no flag where a guard doubts it, no check without a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docassay.models.catalog import Card, TaskCard
from docassay.models.reading import Reading
from docassay.schemas.rows import Result, Segment, Translation
from docassay.transforms.conclude import conclude
from docassay.transforms.document import Document
from docassay.transforms.translation.alignment import English, Piece

ID = "a" * 64
SIGNS = TaskCard(
    "message_fraud", "financial", "single", ("legitimate", "smishing", "spam"), 1.0, (), 0.7, 0.9, "", "", {}
)
CARD = Card(
    "fake", "1", "encoder", Path(), "", "", 192, {"message_fraud": SIGNS}, {}, "0" * 64, {"languages": ["en"]}
)


def read(
    sentences: list[tuple[str, str, bool]],
    domain: str = "legal",
    kind: str = "",
    probabilities: tuple[float, ...] = (),
    inferred: frozenset[str] = frozenset(),
) -> Result:
    """Conclude on a document of sentences: the original, the English, and whether a guard doubts it."""
    text = "\n\n".join(original for original, _, _ in sentences)
    pieces, at = [], 0
    for original, english, guarded in sentences:
        pieces.append(Piece(at, at + len(original), english, guarded))
        at += len(original) + 2
    segment = Segment(ID, 0, 0, len(text), (), text, "de")
    both = English(text, tuple(pieces), model="de-en@0", inferred=inferred)
    doubted = any(guarded for _, _, guarded in sentences)
    row = Translation(ID, 0, "de", both.text, -0.3, doubted, "de-en@0")
    both = replace(both, segments=(replace(both.translated(segment), language="en"),), translations=(row,))
    reading = Reading({"message_fraud": probabilities} if probabilities else {}, 9)
    document = Document(
        ID,
        "a.txt",
        text,
        "text/plain",
        language="de",
        language_probability=0.99,
        domain=domain,
        domain_probability=0.99,
        kind=kind,
        segments=(segment,),
        tasks=((),),
        english=both,
        readings=(reading,),
    )
    result = conclude(document, CARD)
    assert isinstance(result, Result), result
    return result


def rows(result: Result) -> tuple[object, ...]:
    return result.flags, result.findings, result.document.status, result.document.reasons


def test_checks_are_asked_of_the_english_where_the_words_that_call_for_them_are_english() -> None:
    sentences = [
        ("Einwilligung in eine Studie", "Consent to a research study", False),
        (
            "Sie nehmen an einer klinischen Studie teil. Ihre Teilnahme ist freiwillig.",
            "You are taking part in a clinical research study. Your participation is voluntary.",
            False,
        ),
    ]
    result = read(sentences, "medical", "consent_form")
    asked = {row.check_id for row in result.findings}
    assert {"consent_voluntary", "consent_risks"} <= asked and result.document.status == "review"


def test_terms_for_businesses_by_their_original_are_not_asked_what_consumers_are_owed() -> None:
    english = "These general terms of use apply to you. We may change these terms at any time."
    owed = "Diese Nutzungsbedingungen gelten für Sie."
    sold = f"{owed} Unser Shop richtet sich ausschließlich an Unternehmer."
    for original, asked in ((owed, True), (sold, False)):
        found = {
            row.check_id for row in read([(original, english, False)], "legal", "terms_of_service").findings
        }
        assert ("tos_unilateral_alteration" in found) is asked, original


def test_nothing_is_absent_that_has_a_section_by_its_heading_in_either_language() -> None:
    policy = (
        "Wir verarbeiten Daten nach der DSGVO mit Ihrer Einwilligung.",
        "We process data under the GDPR with your consent.",
        False,
    )
    said = (
        "Das ist in Ihrem Konto in den Einstellungen immer für Sie da.",
        "It is always there for you in the settings of your account.",
        False,
    )
    headings = {
        ("## Widerruf", "## Revocation"): False,
        ("## Wahl", "## Your choices"): False,
        ("## Konto", "## Account"): True,
    }
    for (original, english), absent in headings.items():
        found = read([policy, (original, english, False), said], "legal", "privacy_policy").findings
        assert ("gdpr_7_3_withdrawal" in {row.check_id for row in found}) is absent, original


INVOICE = """Rechnung Nr. 4711 vom 13. Mai 2026, USt-IdNr.: DE136695976
Farbe 12 148,00 1.776,00
Verdünner 6 38,00 228,00
Pinsel 2 9,90 19,80
Zwischensumme 2.023,80
MwSt 19 % 384,52
Gesamtbetrag 2.408,32"""


@pytest.mark.parametrize(
    ("domain", "kind", "original", "english", "why"),
    [
        (
            "financial",
            "invoice",
            INVOICE,
            INVOICE.replace("1.776,00", "1.76,00"),
            "an amount that lost a digit",
        ),
        ("financial", "invoice", INVOICE, INVOICE.replace("DE136695976", "136695976"), "a VAT number"),
        (
            "financial",
            "",
            "IBAN: DE89 3704 0044 0532 0130 00",
            "IBAN: DE89 3704 0044 0532 0310 00",
            "an IBAN",
        ),
        ("financial", "", "Karte 4111 1111 1111 1111", "Card number 4111 1111 1111 1112", "a card number"),
        ("medical", "", "NPI: 1234567893", "NPI: 1234567839", "a provider's number"),
        (
            "medical",
            "",
            "Geburtsdatum: 04.03.1950\nBehandlungsdatum: 05.03.2024",
            "Date of birth: 04.03.2950\nDate of service: 05.03.2024",
            "a birth date",
        ),
        (
            "legal",
            "",
            "vom 1. Mai 2025 bis zum 30. April 2026",
            "from May 1, 2025 to April 30, 2006",
            "a period",
        ),
        ("legal", "", "am 30. Juni 2025", "on June 31, 2025", "a day"),
        ("legal", "", "binnen dreißig (30) Tagen", "within thirty (60) days", "a number written twice"),
        (
            "legal",
            "",
            "Nordwerft GmbH verkauft.\n\nKontoinhaber: Nordwerft GmbH",
            "Nordwerft GmbH sells.\n\nAccount holder: North Wharf Ltd",
            "a party",
        ),
        (
            "legal",
            "contract",
            "Es gilt deutsches Recht.\n\nEs gilt deutsches Recht.",
            "This is governed by the laws of Germany.\n\nThis is governed by the laws of Denmark.",
            "a law",
        ),
    ],
)
def test_a_translation_that_garbles_a_figure_or_a_name_changes_no_row(
    domain: str, kind: str, original: str, english: str, why: str
) -> None:
    right = read([(original, original, False)], domain, kind)
    assert rows(read([(original, english, False)], domain, kind)) == rows(right), why
    assert not right.flags, "the original is in order"


FORBIDDEN = ("Der Erwerber kauft eine Bankgarantie ersten Ranges.", "The buyer buys a prime bank guarantee.")
HARMLESS = ("Der Hafen ist im Winter offen.", "The port is open in winter.")


@pytest.mark.parametrize(
    ("guarded", "status", "reasons", "why"),
    [
        (
            False,
            "flagged",
            {"flag:prime_bank", "kind_unknown"},
            "a translation that is not doubted may flag",
        ),
        (
            True,
            "review",
            {"flag_in_doubtful_translation:prime_bank", "kind_unknown"},
            "one that is doubted sends the document to a person",
        ),
    ],
)
def test_a_guarded_sentence_decides_no_flag(guarded: bool, status: str, reasons: set[str], why: str) -> None:
    result = read([(*HARMLESS, False), (*FORBIDDEN, guarded)])
    assert (result.document.status, set(result.document.reasons)) == (status, reasons), why
    assert [(row.code, row.decided_by) for row in result.flags] == (
        [] if guarded else [("prime_bank", "rule legal.prime_bank+de-en@0")]
    )
    assert bool(result.document.risk) is not guarded


def test_doubt_of_one_sentence_leaves_the_flag_on_another() -> None:
    result = read([(*HARMLESS, True), (*FORBIDDEN, False)])
    assert [row.code for row in result.flags] == ["prime_bank"]
    assert set(result.document.reasons) == {"flag:prime_bank", "kind_unknown"}


def test_what_the_original_shows_is_flagged_whatever_a_guard_doubts() -> None:
    said = "Es gibt eine garantierte Rendite."
    (row,) = read([(said, "There is a guaranteed return of 9 %.", True)]).flags
    assert (row.code, row.evidence) == ("guaranteed_return", "garantierte Rendite")
    assert row.decided_by == "rule legal.guaranteed_return"


@pytest.mark.parametrize(
    ("near", "doubted", "flags", "why"),
    [
        (
            "It is urgent, today.",
            False,
            ["urgency_and_secrecy"],
            "haste stands in a sentence that is not doubted",
        ),
        ("It is urgent, today.", True, [], "the haste is a doubtful translation's"),
        ("The receiving party agrees to this.", True, [], "no haste at all"),
    ],
)
def test_what_stands_near_the_evidence_must_not_be_doubted_either(
    near: str, doubted: bool, flags: list[str], why: str
) -> None:
    result = read(
        [
            ("Wahren Sie Stillschweigen über das Geschäft.", "Keep this deal to yourself.", False),
            ("Die Zeit läuft.", near, doubted),
        ]
    )
    assert [row.code for row in result.flags] == flags, why


def test_a_doubted_excuse_does_not_let_a_flag_stand_as_sure() -> None:
    """`unless` that is found only in a doubted sentence: neither a flag nor nothing."""
    result = read(
        [
            (
                "Das Geschäft bleibt geheim, es eilt heute.",
                "Keep this deal to yourself, it is urgent.",
                False,
            ),
            ("Gemeint ist das Losungswort.", "The passwords are meant.", True),
        ]
    )
    assert result.flags == ()
    assert "flag_in_doubtful_translation:urgency_and_secrecy" in result.document.reasons


@pytest.mark.parametrize(("guarded", "flags"), [(False, ["smishing"]), (True, [])])
def test_a_label_on_a_guarded_sentence_is_no_flag(guarded: bool, flags: list[str]) -> None:
    said = ("Ihr Paket liegt beim Zoll und wartet.", "Your parcel is at the customs and waits.", guarded)
    result = read([said], "financial", "text_message", (0.02, 0.97, 0.01))
    assert [row.code for row in result.flags] == flags
    doubtful = [reason for reason in result.document.reasons if reason.startswith("flag_in_doubtful")]
    assert bool(doubtful) is guarded


CLAUSE = ("Der Kreditnehmer gibt das Geld her.", "The borrower repays the loan in instalments.")


@pytest.mark.usefixtures("rules_alone")
@pytest.mark.parametrize(
    ("sentence", "guarded", "verdict", "evident", "why"),
    [
        (CLAUSE, False, "review", True, "what stands in the English alone is for a person to confirm"),
        (CLAUSE, True, "review", True, "so is what a guard doubts"),
        (HARMLESS, False, "fail", False, "what stands in neither text is absent"),
        (HARMLESS, True, "review", False, "unless a doubtful translation may have lost it"),
        (
            ("Die Rückzahlung erfolgt in Raten.", "Nothing is said."),
            True,
            "pass",
            True,
            "what stands in the original needs no translation",
        ),
    ],
)
def test_a_check_of_wording(
    sentence: tuple[str, str],
    guarded: bool,
    verdict: str,
    evident: bool,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("docassay.transforms.ask.absence_is_proven", lambda decided_by: True)
    result = read([(*sentence, guarded)], kind="loan")
    (row,) = [row for row in result.findings if row.check_id == "loan_repayment"]
    assert (row.verdict, row.start_char is not None) == (verdict, evident), why
    assert row.decided_by.endswith("+de-en@0") is (verdict != "pass"), "absence was read from both texts"


def test_a_check_of_figures_reads_the_original_whatever_a_guard_doubts() -> None:
    text = (
        "Rechnung über Miete\nNordwerft GmbH, Amtsgericht Kiel HRB 4471\nAn: Hafenfarben AG\n"
        "Netto 1.000,00\nzzgl. MwSt 19 % 190,00\nGesamtbetrag 1.190,00"
    )
    result = read([(text, "Invoice 4711 of 13 May 2026", True)], "financial", "invoice")
    (row,) = [row for row in result.findings if row.check_id == "vat_226_2_sequential_number"]
    assert (row.verdict, row.decided_by) == ("review", "rule financial.vat_226_2_sequential_number")
    absent = [reason for reason in result.document.reasons if reason.startswith("absent:")]
    assert len(absent) == 1 and "vat_226_2_sequential_number" in absent[0]
    assert "translation_guarded" not in result.document.reasons, "no answer rests on the translation"


def test_rows_name_the_translator_that_told_the_kind() -> None:
    wrong = INVOICE.replace("2.408,32", "2.804,32")
    asked = read([(wrong, wrong, False)], "financial", "invoice", inferred=frozenset({"kind"}))
    (row,) = [row for row in asked.flags if row.code == "wrong_total"]
    assert row.decided_by == "rule financial.wrong_total+de-en@0"
    (row,) = [row for row in read([(wrong, "x", False)], "financial", "invoice").flags]
    assert row.decided_by == "rule financial.wrong_total"
