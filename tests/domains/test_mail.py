"""Signs of fraud in mail: how a mail is taken apart, its traits, and hostile input."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay import domains
from docassay.domains import RuleInput, reason, spans
from docassay.domains.mail import lookalike, sender_signs
from docassay.domains.mail.brands import is_own, posed_as, signed_as, without_brands
from docassay.domains.mail.features import feature_strings, model_text
from docassay.domains.mail.message import message
from docassay.domains.mail.names import KNOWN
from docassay.domains.mail.rewritten import unwrapped
from docassay.domains.mail.traits import looks_random, points, traits
from docassay.domains.mail.wording import phrase_matches, words
from docassay.domains.typography import unaccented
from tests.families import quick_first

PROVEN = "Authentication-Results: mx.harbor.example; spf=pass; dkim=pass; dmarc=pass\n"


def mail(
    sender: str, subject: str = "Hello", body: str = "Hi", headers: str = "", to: str = "ap@harbor.se"
) -> str:
    return f"From: {sender}\n{headers}To: {to}\nSubject: {subject}\n\n{body}"


def names(text: str) -> set[str]:
    return {trait.name for trait in traits(text)}


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ('"Mara Lind" <mara@lind.se>', "Mara Lind", "mara@lind.se"),
        ("Lidl Gutschein,<a@lind.se>", "Lidl Gutschein", "a@lind.se"),
        ("Microsoft team ,_<a@lind.se>", "Microsoft team", "a@lind.se"),
        ("mara@lind.se", "", "mara@lind.se"),
        ("mara@lind.se (Mara Lind)", "", "mara@lind.se"),
        ("Lind, Mara <mara@lind.se>", "Lind, Mara", "mara@lind.se"),
    ],
)
def test_a_sender_has_the_name_that_mail_programs_show(value: str, name: str, address: str) -> None:
    text = mail(value)
    (sender,) = message(text).senders
    assert (sender.name, sender.address) == (name, address)
    assert text[slice(*sender.span)] == address
    assert text[slice(*sender.name_span)] == (name or address)


def test_the_sender_of_a_message_that_is_only_forwarded_counts() -> None:
    body = "________\nDe: DHL Paket <a@kurs-oase.com>\nEnviado: terça-feira\nAssunto: Sendung\n\nHallo"
    text = mail("ada@harbor.se", "Fw: Sendung", body)
    assert [sender.owner for sender in message(text).senders] == ["harbor.se", "kurs-oase.com"]
    assert [brand for brand, _ in posed_as(text)] == ["dhl"]
    discussed = mail("ada@harbor.se", "Fw", "Look at this, " * 20 + body)
    assert posed_as(discussed) == ()
    assert posed_as(mail(f'"{"support " * 40}DHL" <a@kurs-oase.com>')) == ()  # too long for a name


def test_links_with_words_and_bare_addresses_are_told_apart() -> None:
    links = message(mail("a@b.se", body="Pay <https://pay.x.com/1> or see https://www.y.co.uk/a.")).links
    assert [(link.owner, link.bare) for link in links] == [("x.com", False), ("y.co.uk", True)]


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("Renew it today //harbor-pay.io/B10", ["harbor-pay.io"]),
        ("Open www.x4v-parcel.us//q9", ["www.x4v-parcel.us"]),
        ("Collect it here http:/harbor-grant.site/a1 now", ["harbor-grant.site"]),
        ("Collect it here http/harbor-grant.site/a1 now", ["harbor-grant.site"]),
        ("Join us, whatsapp://chat/?code=AbCdEf1", ["chat.whatsapp.com"]),
        ("your invoice waits on harborinvoice.xyz since Monday", ["harborinvoice.xyz"]),
        ("Change it via harbor-parcel7.com", ["harbor-parcel7.com"]),
        ("we saw the apartment.Site visit was boring", []),
        ("it came...danke.de/facto new", []),
        ("good news, Jo...w3k.harbor-loans.net...end it by STOP", ["w3k.harbor-loans.net"]),
        ("Change it on harborparcels.site to get it", ["harborparcels.site"]),
        ("Renew it today //_9kx.io/B10", ["9kx.io"]),
        ("Renew it today //@harbor.io/B10", ["harbor.io"]),
        ("Collect it: kqzre.-com/a81", ["kqzre.com"]),
        ("Confirm: amazon.com.parcels.kqz now", []),
        ("Confirm: amazon.com.parcels.top now", ["amazon.com.parcels.top"]),
        ("see you tomorrow.top idea", []),
        ("we meet there.today or later", []),
        ("See you at 9 - Sent via WAY2SMS.COM", []),
    ],
)
def test_links_of_a_message_without_a_scheme(text: str, hosts: list[str]) -> None:
    assert [link.host for link in message(text).links] == hosts


def test_a_target_in_angle_brackets_has_brackets_of_its_own() -> None:
    (link,) = message(mail("a@b.se", body="See <https://store.example/a(2).html#x>.")).links
    assert link.target == "https://store.example/a(2).html#x"


@pytest.mark.parametrize(
    ("brand", "host", "own"),
    [
        ("paypal", "mail.paypal.de", True),
        ("paypal", "paypal.help-desk.com", False),
        ("hmrc", "notify.hmrc.gov.uk", True),
        ("sparkasse", "sparkasse-bremen.de", True),
        ("dhl", "sparkasse-bremen.de", False),
        ("itau", "itau.com.br", True),
    ],
)
def test_domains_of_brands(brand: str, host: str, own: bool) -> None:
    text = mail(f"a@{host}")
    (sender,) = message(text).senders
    assert is_own(brand, sender.host, sender.owner) is own


@pytest.mark.parametrize(
    ("name", "brands"),
    [
        ("Suporte Itaú", ["itau"]),
        ("PayPal", ["paypal"]),
        ("Ledger Support", ["ledger"]),
        ("Ledger Barnes", []),
        ("Chase Miller", []),
        ("Ada via DocuSign", []),
        ("Harbor v. Amazon", []),
        ("Friends of Microsoft research in Leeds", []),
    ],
)
def test_names_of_senders_that_pose_as_a_brand(name: str, brands: list[str]) -> None:
    assert [brand for brand, _ in posed_as(mail(f'"{name}" <a@kurs-oase.com>'))] == brands


def test_a_brand_that_signs_the_body_counts_unless_it_is_the_sender() -> None:
    body = "Dear customer\n\nThe PayPal Team"
    assert [brand for brand, _ in signed_as(mail("a@kurs-oase.com", body=body))] == ["paypal"]
    assert signed_as(mail("service@paypal.com", body=body)) == ()
    assert without_brands("Pay with PayPal, Ledger or cash") == "Pay with  brand , Ledger or cash"


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        (mail("a@correios"), "impossible_sender"),
        (mail("a@%x-online.com"), "impossible_sender"),
        (mail("kcj6r2x9@lind.se"), "random_sender"),
        (mail("a@x1-2f.firebaseapp.com"), "hosted_sender"),
        (mail("a@lind.xyz"), "cheap_sender"),
        (mail("a@lind.se", headers="Reply-To: b@gmail.com\n"), "free_reply"),
        (mail("a@lind.se", to="undisclosed-recipients:;"), "hidden_recipients"),
        (mail("a@lind.se", to="a@lind.se"), "hidden_recipients"),
        (mail("a@lind.se", body="Go <https://bit.ly/1>"), "short_link"),
        (mail("a@lind.se", body="Go <http://192.0.2.7/a>"), "numeric_link"),
        (mail("a@lind.se", body="Go <https://x.pages.dev/a>"), "hosted_link"),
        (mail("a@lind.se", body="Go <https://x.com/ipfs/Qm1>"), "hosted_link"),
        (mail("a@lind.se", body="Go <https://storage.googleapis.com/a/b.html>"), "stored_page"),
        (mail("a@lind.se", body="Go <https://x.com/c?u=https://y.com>"), "redirecting_link"),
        (mail("a@lind.se", "ap@harbor.se, open this"), "named_by_address"),
        (mail("a@lind.se", "Your acc\ufffdunt"), "broken_header"),
        (mail(f"Bank {'_' * 40} <a@lind.se>"), "padded_header"),
        (mail("a@lind.se", body="Write to desk.pay1@gmail.com"), "free_contact"),
        (mail("a@lind.se", body="Sehr geehrter Kunde, guten Tag"), "stranger"),
        (mail("a@lind.se", body="See the attached file. Password to open it: 8841"), "locked_attachment"),
        (mail("a@lind.se", body="Anbei die Datei, das Passwort zum Öffnen lautet 77"), "locked_attachment"),
    ],
)
def test_traits(text: str, trait: str) -> None:
    assert trait in names(text)
    for found in traits(text):
        assert 0 <= found.span[0] < found.span[1] <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        mail("Ada Brook <ada.brook@harbor.se>", "Draft", "See <https://docs.harbor.se/1>", PROVEN),
        mail("root@localhost", "Cron", "done"),
        mail(
            "ada@harbor.se",
            "[paint-users] Re: primer",
            "On Monday Bo wrote:\n> hi",
            to="paint-users@lists.org",
        ),
        mail("Ada <ada@gmail.com>", "Photos", "https://photos.example.org/1"),
        "Subject: Minutes\n\nThe budget was approved.",
    ],
)
def test_honest_mail_has_few_points(text: str) -> None:
    assert points(text) <= 1


def test_an_address_that_dmarc_proves_or_that_is_the_recipients_own_is_not_impossible() -> None:
    proven = "Authentication-Results: mx.harbor.example; dmarc=pass header.from=lind.se\n"
    texts = [
        mail("a@pot", headers=proven),
        mail("a@pot", to="b@pot"),
        mail('"a@lind.se"'),
    ]
    for text in texts:
        assert not any(trait.name == "impossible_sender" for trait in traits(text)), text


def test_an_address_that_is_a_quoted_string_counts_beside_other_traits_alone() -> None:
    quoted = 'From: A <"ann.lee@lind.se">\nTo: ap@harbor.example\nSubject: Hi\n\nHello'
    assert [(trait.name, trait.points) for trait in traits(quoted)] == [("quoted_sender", 2)]
    assert not list(sender_signs.impossible_sender(RuleInput(quoted)))
    assert not list(sender_signs.several_traits(RuleInput(quoted)))
    linked = f"{quoted} <https://bit.ly/1>"
    assert len(list(sender_signs.several_traits(RuleInput(linked)))) == 1


def test_several_traits_are_named_beside_the_weightiest() -> None:
    text = mail("kcj6r2x9@lind.xyz", to="undisclosed-recipients:;", body="Go <https://bit.ly/1>")
    rule = next(rule for rule in domains.load("mail").flags if rule.id == "several_traits")
    (span,) = spans(rule, RuleInput(text, "email", "message/rfc822"))
    said = reason(rule, RuleInput(text, "email", "message/rfc822"), span)
    for piece in ("made by a machine (kcj6r2x9@lind.xyz)", "recipients are hidden", "a shortened link"):
        assert piece in said


def test_each_trait_that_counts_has_words_for_a_reader() -> None:
    source = (domains.load("mail").folder / "traits.py").read_text(encoding="utf-8")
    named = set(re.findall(r'Trait\(\s*"(\w+)"', source)) | {"free_reply"}
    assert named - KNOWN["said_of"].keys() <= sender_signs._NOT_COUNTED | {"foreign_links"}


def test_made_up_names_and_names_of_people() -> None:
    assert all(map(looks_random, ["lrnpd0axu1", "GkBSOju", "MFXGORdErZPdkAg", "zlxwgyuqyrir", "fWscatuD"]))
    assert not any(
        map(looks_random, ["ada", "lindqvist", "JohnSmith", "DoNotReply", "web24", "freshrpms", "AnnaB"])
    )


@pytest.mark.parametrize(
    ("language", "wanted", "text"),
    [
        ("en", "credentials", "Please verify your account"),
        ("de", "credentials", "Ihr Konto wurde gesperrt"),
        ("fr", "credentials", "Votre compte a été suspendu"),
        ("es", "credentials", "Su cuenta ha sido bloqueada"),
        ("pt", "credentials", "Confirme seus dados ainda hoje"),
        ("it", "credentials", "Il suo conto è stato sospeso"),
        ("en", "payment_task", "Can you process a wire transfer"),
        ("de", "payment_task", "Bitte die Überweisung heute ausführen"),
        ("fr", "payment_task", "Merci d'effectuer un virement"),
        ("es", "payment_task", "Necesito que realices una transferencia"),
        ("pt", "payment_task", "Preciso que faça uma transferência"),
        ("it", "payment_task", "Può effettuare un bonifico"),
        ("de", "parcel", "Ihr Paket wartet"),
        ("fr", "parcel", "Votre colis est retenu"),
        ("es", "parcel", "Su paquete está retenido"),
        ("pt", "parcel", "Sua encomenda está retida"),
        ("it", "parcel", "Il suo pacco è in giacenza"),
        ("es", "credentials", "Introduzca su contraseña en la página"),
        ("pt", "credentials", "Digite a sua senha para continuar"),
        ("it", "credentials", "Inserisca le sue credenziali nel modulo"),
        ("es", "bank_change", "Nuestra cuenta anterior está cerrada"),
        ("es", "bank_change", "Abone en la siguiente cuenta"),
        ("pt", "bank_change", "A conta antiga foi encerrada"),
        ("pt", "bank_change", "Vamos atualizar os nossos dados bancários"),
        ("it", "bank_change", "Il vecchio IBAN non è più valido"),
        ("it", "bank_change", "Può bonificare sul seguente conto"),
        ("es", "secrecy", "Trátelo en secreto y no lo comente"),
        ("pt", "secrecy", "Mantenha isto em segredo"),
        ("it", "secrecy", "Le scrivo in via del tutto riservata"),
        ("es", "prize", "Le ha tocado un coche"),
        ("pt", "prize", "O senhor foi sorteado"),
        ("it", "prize", "Lei è stato sorteggiato"),
        ("de", "gift_cards", "Bitte besorgen Sie Amazon-Gutscheine"),
        ("es", "gift_cards", "Compre tarjetas regalo"),
        ("pt", "gift_cards", "Compre cartões presente"),
        ("it", "gift_cards", "Acquisti carte regalo"),
    ],
)
def test_wording_in_six_languages_with_and_without_accents(language: str, wanted: str, text: str) -> None:
    assert phrase_matches(mail("a@b.se", body=text), wanted), language
    assert phrase_matches(mail("a@b.se", body=unaccented(text).upper()), wanted), language


def test_a_model_sees_no_address_no_quotation_and_no_signature() -> None:
    body = "Pay at https://x.com/a or ask bo@x.com.\n> quoted words\nThanks\n-- \nsent by my phone"
    seen = model_text(mail("a@b.se", "Invoice 4", body))
    assert not {"x.com", "bo@x.com", "quoted", "phone"} & set(seen.replace(",", " ").split())
    assert seen.startswith("Invoice 4")
    strings = feature_strings(mail("DHL <a@kurs-oase.com>", body="Ihr Paket wartet"))
    assert {"trait brand_in_name", "says parcel", "no links"} <= set(strings)


def test_mail_domain_is_asked_beside_others_and_no_document_is_of_it() -> None:
    (of_mail,) = domains.mail_domains()
    assert of_mail.name == "mail"
    assert "mail" not in {domain.name for domain in domains.document_domains()}
    codes = frozenset(rule.id for rule in of_mail.flags)
    financial = domains.load("financial").without_flags(codes)
    assert codes & {rule.id for rule in domains.load("financial").flags}
    assert not codes & {rule.id for rule in financial.flags}


def test_lists_are_in_the_form_in_which_they_are_compared() -> None:
    assert set(KNOWN["words"]) <= set(KNOWN["brands"])
    for name in ("mailboxes", "shorteners", "hosting", "hosts"):
        assert all(host == host.lower() and "." in host for host in KNOWN[name]), name
    assert all(name == name.lower() for name in KNOWN["brands"])
    assert len(words()) > 30


_SPICE = st.sampled_from(
    ["From: ", "\nTo: ", "\nSubject: ", "\n\n", "<", ">", "@", ",", "https://", "\u200b", "\ufffd", "İ", "ß",
     "\u0430b", "\U0001d41a\U0001d41b", "PayPal", "bit.ly/", "Reply-To:", "urgent wire", "gift cards", "\n> "]
)  # fmt: skip


@settings(max_examples=40)
@given(st.lists(st.one_of(_SPICE, st.text(max_size=15)), max_size=40))
def test_any_text_gives_spans_inside_it(pieces: list[str]) -> None:
    text = "".join(pieces)
    domain = domains.load("mail")
    for rule in domain.flags:
        assert all(0 <= a < b <= len(text) for a, b in domains.spans(rule, RuleInput(text)))
    model_text(text)
    feature_strings(text)


@pytest.mark.parametrize(
    "text",
    quick_first(
        3,
        [
            mail("a" * 100_000 + "@b.se"),
            mail("<" * 50_000 + "a@b.se" + ">" * 50_000),
            mail("a@b.se", body="<https://" * 20_000),
            mail("a@b.se", body="your " * 40_000),
            mail("a@b.se", body="verify " * 30_000 + "account"),
            mail("a@b.se", body="\u200b" * 100_000),
            mail("a@b.se", body="a\u200b" * 50_000),
            mail("a@b.se", body="\u0430b" * 50_000),
            mail("a@b.se", body="From: x\n" * 20_000),
            "From: a@b.se\n" * 20_000 + "\nHi",
            mail("a@b.se", body="a@b.com " * 20_000),
            mail("a@b.se", body="https://" + "kurs." * 100_000 + "com"),
            "kur#s ko/rb a1.co " * 80,
        ],
    ),
    ids=range(13),
)
def test_hostile_mail_costs_little(text: str) -> None:
    domain = domains.load("mail")
    begun = time.process_time()
    for rule in domain.flags:
        domains.spans(rule, RuleInput(text))
    feature_strings(text)
    model_text(text)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("https://clicktime.symantec.com/3Ab?u=http%3A%2F%2Facme.example%2F", "http://acme.example/"),
        (
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Facme.example",
            "https://acme.example",
        ),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__acme.example_a&d=Dw",
            "https://acme.example/a",
        ),
        ("https://urldefense.com/v3/__https://acme.example/a_b__;!!Kj2!x$", "https://acme.example/a_b"),
        ("https://linkprotect.cudasvc.com/url?a=https%3a%2f%2facme.example", "https://acme.example"),
        ("https://protect-eu.mimecast.com/s/Ab12?domain=acme.example", "https://acme.example"),
        ("https://secure-web.cisco.com/1aB/https%3A%2F%2Facme.example%2Fa", "https://acme.example/a"),
        (
            "https://eu.protection.sophos.com/?d=acme.example&u=aHR0cHM6Ly9hY21lLmV4YW1wbGU=",
            "https://acme.example",
        ),
        (
            "https://urldefense.com/v3/__https://nam.safelinks.protection.outlook.com/?url=https*3A__;!!K$",
            "https://nam.safelinks.protection.outlook.com/?url=https*3A",
        ),
    ],
)
def test_a_link_that_a_security_service_wrote_anew_is_the_one_it_was(written: str, target: str) -> None:
    assert unwrapped(written) == target


@pytest.mark.parametrize(
    "written",
    [
        "https://acme.example/?url=https%3A%2F%2Fother.example",  # a redirection of the site's own
        "https://clicktime.symantec.com.evil.example/?u=http%3A%2F%2Facme.example",
        "https://protect-eu.mimecast.com/s/Ab12",
        "https://[clicktime.symantec.com/?u=%ff",
        "",
    ],
)
def test_other_links_and_hidden_targets_stay_as_they_are(written: str) -> None:
    assert unwrapped(written) == written


def test_well_known_names_that_one_letter_tells_apart_imitate_none() -> None:
    text = "See https://zh.wikipedia.org/wiki/Bees and https://upload.wikimedia.org/bees.jpg"
    assert not list(lookalike.lookalike_domain(RuleInput(text)))
    assert list(lookalike.lookalike_domain(RuleInput(text.replace("wikimedia", "wikipedla"))))


def test_a_name_misread_from_a_picture_imitates_none() -> None:
    text = "Write to ar@harborpaint.example, or www.harborp2int.example"
    assert not list(lookalike.lookalike_domain(RuleInput(text)))
    assert list(lookalike.lookalike_domain(RuleInput(text.replace("p2int", "psint"))))
    assert list(
        lookalike.lookalike_domain(RuleInput("Write to ar@northlight.example, or www.northl1ght.example"))
    )


_ELSEWHERE = "http://lomi-kilo.me/k8f"
_MESSAGES = [
    ("lookalike_domain", "Harbor desk: your form is here, https://irs.gov.harbor-claims.com/a"),
    ("lookalike_domain", "See the label at usps.com.kqzre.shop/label"),
    ("lookalike_domain", "Your card was used. www.wellsfargoverify.com"),
    ("lookalike_domain", "Billing: https://www.7netflix-mybilling.com"),
    ("", "Amazon Mexico ships tomorrow: https://www.amazon.com.mx/pedidos/1"),
    ("brand_elsewhere", "Your label: https://usps-harbor.shop/q"),
    ("", "The paper wrote of us: https://www.ledger-harbor.com/q"),
    ("brand_elsewhere", "NET#FLIX: we could not renew. Open //@lomi.io/q3x"),
    ("brand_elsewhere", "A word from pay---PAL for you: https://kelo.to/aa1"),
    ("", "Bring the pay/pal forms, see you at https://maps.app.goo.gl/abc"),
    ("", "P*AYPAL, what a silly way to write it"),
    ("credential_request", f"Your debit card has been suspended: {_ELSEWHERE}"),
    ("credential_request", f"We have frozen your card. See {_ELSEWHERE}"),
    ("credential_request", f"Ihre Karte wurde gesperrt. Hier entsperren: {_ELSEWHERE}"),
    ("credential_request", f"Votre compte est bloqué. Voir {_ELSEWHERE}"),
    ("credential_request", f"Su tarjeta ha sido bloqueada, entre en {_ELSEWHERE}"),
    ("credential_request", f"Seu cartão foi bloqueado: {_ELSEWHERE}"),
    ("credential_request", f"La sua carta è stata bloccata: {_ELSEWHERE}"),
    ("credential_request", f"Uw betaalpas is geblokkeerd: {_ELSEWHERE}"),
    ("", "UOB: Your card has been blocked. Details: https://www.uob.com.sg/card"),
    ("", "Harbor Savings: your card has been blocked. Details: https://www.harborsavings.com/card"),
    ("", f"That account is suspended, look: {_ELSEWHERE}"),
    ("credential_request", f"A purchase of $412.10 was made. If this wasn't you, tap {_ELSEWHERE}"),
    ("credential_request", f"412,10 € wurden abgebucht. Waren Sie das nicht? {_ELSEWHERE}"),
    ("credential_request", f"Paiement de 412,10 € effectué. Si ce n'est pas vous : {_ELSEWHERE}"),
    ("credential_request", f"Cargo de 412,10 €. ¿No fue usted? Entre en {_ELSEWHERE}"),
    ("credential_request", f"Compra de R$ 412,10 aprovada. Não foi você? {_ELSEWHERE}"),
    ("credential_request", f"Addebito di 412,10 €. Se non è stato lei: {_ELSEWHERE}"),
    ("credential_request", f"Afschrijving van € 412,10. Bent u dit niet? {_ELSEWHERE}"),
    ("", "Harbor Savings: a purchase of $412.10 was made. Not you? harborsavings.com/no"),
    ("callback_renewal", "Thank you for your order 88213, $799.00 charged. Not you? Ring 1-800-555-0100"),
    (
        "callback_renewal",
        "Ihre Bestellung: 799 € abgebucht. Waren Sie das nicht? Rufen Sie +49 30 5550100 an",
    ),
    ("", "Thank you for your order 88213, $79.00. Questions? Call 1-800-555-0100"),
    ("", "Harbor Savings: a purchase of $412.10 was made. Not you? Call 1-800-555-0100"),
    (
        "delivery_or_toll_fee",
        "Delivery failed, update your address. Copy the link to your browser and open it",
    ),
    (
        "delivery_or_toll_fee",
        "Ihr Paket: Adresse unvollständig. Ergänzen: kopieren Sie den Link in Ihren Browser",
    ),
    ("delivery_or_toll_fee", f"Für die Lieferung fallen noch Zollgebühren an. Zahlung: {_ELSEWHERE}"),
    ("", "DHL: delivery failed. Reply Y to reschedule or open https://www.dhl.com/x"),
    ("paid_for_tasks", "One of your photos could be the muse for my mural, you will be paid"),
    ("paid_for_tasks", "Ich möchte deine Fotos für ein Kunstprojekt verwenden, du wirst bezahlt"),
    ("paid_for_tasks", "J'aimerais utiliser vos photos pour un projet artistique, vous serez payée"),
    ("paid_for_tasks", "Quiero usar tus fotos para un proyecto artístico y te pago 500"),
    ("paid_for_tasks", "Vorrei usare le tue foto per un progetto artistico, ti pago"),
    ("paid_for_tasks", "Ik wil je foto's gebruiken voor een kunstproject, je wordt betaald"),
    ("", "Your photos of the art project are lovely, did the gallery get paid?"),
    ("paid_for_tasks", "Wear a sticker on your car and get $300 a week"),
    ("paid_for_tasks", "Mit einem Aufkleber auf Ihrem Auto verdienen Sie 300 € pro Woche"),
    ("paid_for_tasks", "Gane 300 euros por semana con una pegatina en su coche"),
    ("paid_for_tasks", "Be my sugar baby, $900 a week"),
    ("", "Your pictures of the mural hang well, the town will pay you on Monday"),
    ("", "Quiero ver tus fotos del mural, ¿te pago el café?"),
    ("", "The resident's sticker goes on your car, it costs $30 a week and I get $5 back"),
    ("", "I want to draw your attention: your photo of the mural is up, we pay you for the frame"),
    ("", f"Hi honey, any plans tonight? I'll be here: {_ELSEWHERE}"),
    ("", "A hall for the meeting: https://www.sparkasse-harbor.de/hall, https://paypal-readers.com/hall"),
    ("", "Alte Volksbank: Ihre Karte wurde gesperrt. https://www.alte-volksbank.de"),
    ("", "Crédit du Port : votre carte est bloquée. https://www.creditduport.fr"),
    ("", "Müllers Bank: Ihre Karte wurde gesperrt. https://www.muellersbank.de"),
    (
        "",
        "Her page: https://www.linkedin.com.ezproxy.harbor.edu/in/ann https://office.com.mcas.ms/a",
    ),
    ("lookalike_domain", "Konto: https://www.sparkasselogin.com"),
    ("", "The manual is on https://intuitive-support.com and https://generalledgeraccounts.com"),
    ("lookalike_domain", "Ihr Paket: dhl.de.kqzre.shop"),
    ("lookalike_domain", "Your label: https://www.royalmail.co.uk.kqzre.shop/a"),
    ("lookalike_domain", "Pay here: https://gov.uk.kqzre.shop/a"),
    ("lookalike_domain", "See https://linkedin.com.proxy.kqzre.shop/a"),
    ("", "Our shop: https://orange.fr.harbor.shop/a"),
]


@pytest.mark.parametrize(("code", "text"), _MESSAGES)
def test_signs_of_fraud_in_a_message(code: str, text: str) -> None:
    domain = domains.load("mail")
    found = {rule.id for rule in domain.flags if domains.spans(rule, RuleInput(text))}
    assert code in found if code else not found
