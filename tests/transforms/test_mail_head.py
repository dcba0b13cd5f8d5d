"""The head on whole mails: what it flags, where its evidence stands, and what traits change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.mail.message import message
from docassay.domains.mail.traits import is_own_affair
from docassay.transforms.document import Document
from docassay.transforms.flag import flag, flag_mail, risk
from docassay.transforms.formats.media_types import CHAT

FRAUD = """Subject: Quick request

Hello Sue, I am in a meeting and cannot take calls. Please purchase five gift cards for a client today,
scratch the back and email me the codes. I will reimburse you. Keep this confidential.
"""
LURE = """Subject: Your welcome bonus is waiting

Play now and get 200 free spins with no deposit in our casino. Claim your bonus before midnight and win the
jackpot! <https://spin-land.example/a>
"""
HONEST = """Subject: Minutes of Tuesday

Hi Ada, attached are the minutes. Could you check the figures for May? The supplier confirmed that the paint
comes next week, and Bo will be in the office on Monday.
"""


def parsed(text: str) -> Document:
    return Document(doc_id="0" * 64, uri="mail.eml", text=text, media_type="message/rfc822", title=None)


@pytest.mark.parametrize(
    ("text", "codes"), [(FRAUD, ["fraudulent_mail"]), (LURE, ["unsolicited_lure"]), (HONEST, [])]
)
def test_the_head_flags_fraud_and_lures_and_leaves_honest_mail_alone(text: str, codes: list[str]) -> None:
    flags, uncertain, _ = flag_mail(parsed(text), domains.load("mail"))
    assert [row.code for row in flags] == codes
    assert uncertain == []
    for row in flags:
        assert text[row.start_char : row.end_char] == row.evidence != ""
        assert row.decided_by.startswith("model mail@")
        assert row.probability is not None and row.probability > 0.9


def test_the_evidence_is_the_passage_that_speaks_most() -> None:
    text = HONEST.rstrip() + "\n\n" + FRAUD.partition("\n\n")[2]
    flags, _, _ = flag_mail(parsed(text), domains.load("mail"))
    assert "gift cards" in flags[0].evidence or "codes" in flags[0].evidence


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "Subject: \n\n", "Subject: x\n\n\u200b", "From: a@b.example\nTo: \n\n"]
)
def test_a_mail_without_words_is_not_flagged(text: str) -> None:
    assert flag_mail(parsed(text), domains.load("mail"))[:2] == ([], [])


def test_a_domain_without_such_signs_asks_nothing() -> None:
    assert flag_mail(parsed(FRAUD), domains.load("financial")) == ([], [], 0.0)


def test_phish_in_five_other_languages_is_flagged(language_texts: list[str]) -> None:
    for text in language_texts:
        flags, _, _ = flag_mail(parsed(text), domains.load("mail"))
        assert [row.code for row in flags] == ["fraudulent_mail"], text


@pytest.fixture
def language_texts() -> list[str]:
    return [
        "Subject: Ihr Konto wird gesperrt\n\nSehr geehrter Kunde, wir haben ungewöhnliche Aktivitäten"
        " festgestellt. Bitte bestätigen Sie Ihre Daten innerhalb von 24 Stunden. <https://x.example/a>",
        "Subject: Votre compte est suspendu\n\nCher client, votre compte a été suspendu. Veuillez confirmer"
        " vos informations sous 24 heures, faute de quoi il sera fermé. <https://x.example/a>",
        "Subject: Su cuenta ha sido bloqueada\n\nEstimado cliente, verifique su identidad en un plazo de"
        " 24 horas o su cuenta será cancelada. <https://x.example/a>",
        "Subject: Encomenda retida\n\nPrezado cliente, sua encomenda está retida na alfândega. Pague a taxa"
        " em até 48 horas ou será devolvida. <https://x.example/a>",
        "Subject: Il suo conto è sospeso\n\nGentile cliente, abbiamo rilevato un accesso anomalo. Verifichi"
        " i suoi dati entro 24 ore per evitare il blocco. <https://x.example/a>",
    ]


PROVEN = "Authentication-Results: mx.harbor.example; spf=pass; dkim=pass; dmarc=pass\n"


@pytest.mark.parametrize(
    ("sender", "headers", "host", "severity"),
    [
        ("news@spin-land.com", PROVEN, "www.spin-land.com", "medium"),
        ("news@spin-land.com", "", "www.spin-land.com", "high"),
        ("news@spin-land.com", PROVEN, "www.other-land.com", "high"),
        ("someone@gmail.com", PROVEN, "mail.gmail.com", "high"),
        ("notifications@typeform.com", PROVEN, "www.typeform.com", "high"),
    ],
)
def test_a_proven_sender_whose_links_stay_with_it_is_at_most_medium(
    sender: str, headers: str, host: str, severity: str
) -> None:
    body = LURE.partition("\n\n")[2].replace("spin-land.example", host)
    subject = LURE.partition("\n")[0]
    text = f"From: {sender}\nTo: bo@harbor.se\n{headers}{subject}\n\n{body}"
    flags, _, _ = flag_mail(parsed(text), domains.load("mail"))
    assert [row.severity for row in flags] == [severity]


@pytest.mark.parametrize(
    ("sender", "headers", "body", "severe"),
    [
        ('"DHL Express"', "", "Your parcel is held. Pay 1.99 now. <https://x.se/a>", True),
        ("P4yPaI <info@lind.se>", "", "Please read this. <https://x.se/a>", True),
        ('"N e t f l i x" <info@lind.se>', "", "Please read this. <https://x.se/a>", True),
        ("notifications@typeform.com", PROVEN, "Play in our casino. <https://www.typeform.com/to/x>", True),
        (
            "notifications@typeform.com",
            PROVEN,
            "Sign up for the trip. <https://www.typeform.com/to/x>",
            False,
        ),
        ("PayPal <service@paypal.com>", PROVEN, "You sent 12.00. <https://www.paypal.com/a>", False),
        ("Ada via DocuSign <dse@docusign.net>", PROVEN, "Please sign. <https://eu.docusign.net/x>", False),
        ("GitHub <noreply@github.com>", PROVEN, "Reset your password. <https://github.com/x>", False),
    ],
)
def test_brands_and_services_are_told_from_who_abuses_them(
    sender: str, headers: str, body: str, severe: bool
) -> None:
    text = f"From: {sender}\nTo: bo@harbor.se\n{headers}Subject: Notice\n\n{body}"
    flags = flag("0" * 64, domains.load("mail"), RuleInput(text))
    flags += flag_mail(parsed(text), domains.load("mail"))[0]
    assert any(row.severity in ("high", "critical") for row in flags) == severe


def test_the_proof_of_who_forwards_proves_nothing_of_the_message() -> None:
    body = LURE.partition("\n\n")[2].replace("spin-land.example", "www.spin-land.com")
    inner = f"________\nFrom: Spin <news@spin-land.com>\nSent: Tuesday\nSubject: Bonus\n\n{body}"
    text = f"From: news@spin-land.com\nTo: bo@harbor.se\n{PROVEN}Subject: Fw: Bonus\n\n{inner}"
    assert not is_own_affair(message(text))


def test_every_mail_has_a_doubt_that_can_be_sorted_by() -> None:
    doubts = [flag_mail(parsed(text), domains.load("mail"))[2] for text in ("", HONEST, LURE, FRAUD)]
    assert all(risk([], doubt) > 0 for doubt in doubts)
    assert max(doubts[:2]) < min(doubts[2:])


def test_a_chat_is_judged_by_the_stretch_that_is_doubted_most() -> None:
    honest = "[2026-11-28, 10:02] Ann: Are you coming tonight? Bring bread, and milk if there is some.\n" * 30
    fraud = "[2026-11-28, 19:40] +44 7700 900123: " + " ".join(FRAUD.partition("\n\n")[2].split())
    chat = replace(parsed(honest + fraud), media_type=CHAT)
    flags, _, _ = flag_mail(chat, domains.load("mail"))
    assert [row.code for row in flags] == ["fraudulent_mail"]
    assert flags[0].start_char >= len(honest) - 1_000
    assert chat.text[flags[0].start_char : flags[0].end_char] == flags[0].evidence
    assert flag_mail(replace(chat, text=honest), domains.load("mail"))[0] == []


def thread(newest: str) -> str:
    """Write a mail that answers a thread of twenty, each quoted below the next."""
    older = [
        f"{'>' * depth} On Mon, {depth} Nov 2026, Bo <bo@quay.se> wrote:\n"
        f"{'>' * depth} Thanks, the drawings look fine. See you at the site on Monday."
        for depth in range(1, 20)
    ]
    head = "From: Ann <ann@harbor.se>\nTo: bo@quay.se\nSubject: Re: Drawings\n\n"
    return head + "\n\n".join([newest, *older])


def test_of_a_thread_of_twenty_mails_the_newest_is_judged() -> None:
    honest, fraud = (
        "Fine, thank you. See you on Monday at nine.",
        " ".join(FRAUD.partition("\n\n")[2].split()),
    )
    assert flag_mail(parsed(thread(honest)), domains.load("mail"))[:2] == ([], [])
    text = thread(fraud)
    flags, _, _ = flag_mail(parsed(text), domains.load("mail"))
    assert [row.code for row in flags] == ["fraudulent_mail"]
    assert flags[0].end_char <= text.index("\n>")


def test_a_message_that_hides_what_it_says_and_where_it_leads_is_flagged() -> None:
    for text in (
        "(MSG#2291) Your p4rcel is on h.old, pay the fee: dhl-redelivery48.top/Xk9TqA",
        "Hola mamá, se me rompió el móvil, este es mi número nuevo. ¿Me haces una transferencia de 950 €?",
        "Hi, I sent you a code by mistake. Can you send me the 6 digits you got by text?",
    ):
        of_rules = flag("0" * 64, domains.load("mail"), RuleInput(text))
        assert of_rules or flag_mail(parsed(text), domains.load("mail"))[0], text


@pytest.mark.parametrize(
    "text",
    [
        "see you later.lol",
        "My number is 0165 460953, sms me when you are there",
        "Greenhill Dental: please confirm your visit on 4 May: https://greenhilldental.com/v/4821",
        "Harbor Bank: 402.10 was paid with your card at Quay Foods. We never ask for codes.",
        "Your mail ann@gmail.com was verified, go on at https://quayside.com/go",
        "look at this https://recipes-of-mine.net/soup what do you think?",
    ],
)
def test_honest_messages_with_links_and_numbers_are_not_flagged(text: str) -> None:
    assert flag("0" * 64, domains.load("mail"), RuleInput(text)) == []
    assert flag_mail(parsed(text), domains.load("mail"))[0] == []
