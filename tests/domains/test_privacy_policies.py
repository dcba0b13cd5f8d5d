"""What a privacy policy is asked, and of whose policies: controllers, purposes, rights, contacts."""

from __future__ import annotations

import pytest

from docassay.domains import RuleInput, applies, judge, load
from docassay.domains.legal.law import data_sent_abroad
from docassay.domains.legal.privacy import of_a_processor

CHECKS = {check.id: check for check in load("legal").checks}

RIGHTS = "You have the right to request copies of what we hold. If it is wrong, you may ask us to correct it."
POST = "You can write to us at the following address:\n<p>{0} Ltd.<br>\n12 High Street</p>\n{0} teaches."
BLANK = "If you have questions about your data, please contact us at:\n\nEmail: [EMAIL]\n"


@pytest.mark.parametrize(
    ("rule", "text", "verdict"),
    [
        ("controller", "Lark Tutors is committed to protecting the privacy of its pupils.", "pass"),
        ("controller", "Fern Bank, as hosts of the fair, are committed to keeping your data safe.", "pass"),
        ("controller", "Ludham University, as the Data Controller, tells you this under the GDPR.", "pass"),
        ("controller", "Vom Verein Lerchenhof Aalen werden Daten nur für Kurse erhoben.", "pass"),
        ("controller", "We are committed to protecting your privacy.", "review"),
        ("controller", 'LARK STUDIO ("we" or "us") is committed to protecting your privacy.', "pass"),
        ("controller", "Lark Tutors cares about your privacy.", "pass"),
        ("controller", "Daten erhebt der Websitebetreiber „Lerchenstrom Aalen e.G.“ nur für Kurse.", "pass"),
        ("controller", "Daten erhebt der Websitebetreiber Ihre Angaben betreffend nie.", "review"),
        ("controller", f"Hosts are processors. {POST.format('Lark')}", "pass"),
        ("controller", "Our processor is Lark. To opt out write to: Lark Ltd, 12 High Street.", "review"),
        ("controller", f"This is no contact of our processor {POST.format('Lark')}", "review"),
        ("controller", "Lark:Choir is the Data Controller and a host is the Data Processor.", "pass"),
        ("controller", "The data controller and safety officer is Mrs. A. Lark", "pass"),
        ("controller", "The data controller is Mister", "review"),
        ("controller", "Publisher: Ada Lark — Contact: ada@lark.example", "pass"),
        ("controller", "Publisher: Ada Lark — books of birds", "review"),
        ("controller", "Lerche est une société enregistrée en Suisse.", "pass"),
        ("controller", "We are a company registered in Malta.", "review"),
        ("controller", "Customers are committed to protecting their data, as the data controller.", "review"),
        ("purposes", "Ihre Kontaktdaten werden gespeichert, um Ihre Anfrage beantworten zu können.", "pass"),
        ("purposes", "Ihre Angaben werden zwecks Bearbeitung der Bestellung aufgenommen.", "pass"),
        ("purposes", "Es sind Kontaktdaten, die wir für den Austausch mit Ihnen nutzen.", "pass"),
        ("purposes", "Dann nutzt diese Webseite Zähldienste zur Analyse des Verhaltens.", "pass"),
        ("purposes", "The reasons we collect personal data are:\n\nTo treat you well.", "pass"),
        ("purposes", "In order to plan our fairs, we may ask to collect some data from you.", "pass"),
        ("purposes", "We use the data to:\n\nplan our fairs;\nwrite to you.", "pass"),
        ("purposes", "Finalités des traitements\n\nRépondre aux lettres", "pass"),
        ("purposes", "Ihre Kontaktdaten werden gespeichert.", "review"),
        ("rights", RIGHTS, "pass"),
        ("rights", "You have the right to see what we hold and may ask us to correct any error.", "pass"),
        ("rights", "You have the right to request copies of our brochure.", "review"),
        ("complaint", "You may file a claim with the Data Protection Agency at aepd.example.", "pass"),
        ("complaint", "You have the right to raise the matter with the Information Commissioner.", "pass"),
        ("complaint", "You may file a claim with your insurer.", "review"),
        ("complaint", "You can also contact the ICO to raise a complaint.", "pass"),
        ("complaint", "If not, go to ico.org.uk/concerns for help.", "pass"),
        ("complaint", "Alternatively, you can contact the Information Commissioner.", "pass"),
        ("complaint", "You may take your concerns to the Information Commissioner.", "pass"),
        ("complaint", "Contact the ICO to learn more. See https://ico.org.uk/for-organisations.", "review"),
        ("retention", "Übermittelte Daten verbleiben bei uns, bis Sie uns zur Löschung auffordern.", "pass"),
        ("contact", BLANK, "review"),
        ("contact", BLANK.replace("[EMAIL]", "post@lark.example"), "pass"),
        ("contact", "Quelle: Datenschutz-Konfigurator von dein-datenschutzbeauftragter.example", "review"),
        (
            "contact",
            "Die verantwortliche Stelle ist:\n\nLerchenhof e.V.\nAda Lerche\nAm Ring 4\n12345 Aalen\n",
            "pass",
        ),
    ],
)
def test_what_a_policy_tells(rule: str, text: str, verdict: str) -> None:
    assert judge(CHECKS[f"gdpr_13_{rule}"], RuleInput(text, "privacy_policy"))[0] == verdict, text


TABLE = "| Purpose | Basis |\n| To send parcels | contract |\n"
EXCEPT = (
    "We do not share your data with third parties except:\n\nHelpers: We may share your data with providers."
)


@pytest.mark.parametrize(
    ("rule", "text", "shown"),
    [
        ("purposes", TABLE, TABLE.strip()),
        ("purposes", "We may use such aggregate information to plan fairs.", ""),
        ("recipients", EXCEPT, "We may share your data with providers"),
        ("recipients", "We do not share your data with providers.", ""),
        ("recipients", "You can request the transfer of your data to another service provider.", ""),
        ("retention", "If this is not possible, we store data in archives until it is deleted.", ""),
        (
            "complaint",
            "Des données sont gardées si les voies de recours ordinaires, dont l'autorité, sont closes.",
            "",
        ),
        ("legal_basis", "Wir verarbeiten Daten nur auf Basis einer Rechtsgrundlage nach Art. 6 DSGVO.", ""),
    ],
)
def test_what_shows_an_answer(rule: str, text: str, shown: str) -> None:
    verdict, spans = judge(CHECKS[f"gdpr_13_{rule}"], RuleInput(text, "privacy_policy"))
    found = text[slice(*spans[0])] if verdict == "pass" else ""
    assert found.strip() == shown


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("You may withdraw your consent at any time.", "pass"),
        ("You may at any time withdraw your permission for us to use your address.", "pass"),
        ("To revoke the consent, write to us.", "pass"),
        ("| Retrait du consentement | À tout moment |", "pass"),
        ("Votre consentement est libre et révocable.", "pass"),
        ("Widerruf (Art. 7 Abs. 3) - jederzeit für erteilte Einwilligungen", "pass"),
        ("Sie haben die Rechte auf Auskunft, Löschung und Widerruf.", "pass"),
        ("<p>Where your consent is our basis:</p>\n<li>you withdraw your consent.</li>", "review"),
        ("If you break the rules, we may withdraw your permission to use the site.", "review"),
        ("It is not possible to revoke the consent.", "review"),
        ("You may withdraw your consent, but you cannot withdraw it for the past.", "pass"),
        ("Votre consentement n'est pas révocable.", "review"),
        ("Sie haben ein Recht auf Auskunft, und eine Bestellung endet durch Widerruf.", "review"),
        ("We erase data if they rest on your consent and you withdraw it.", "review"),
        ("Erasure may be asked for where:\n\n- You withdraw consent\n- You object\n", "review"),
    ],
)
def test_a_ground_of_erasure_is_no_right_to_withdraw(text: str, verdict: str) -> None:
    assert judge(CHECKS["gdpr_7_3_withdrawal"], RuleInput(text, "privacy_policy"))[0] == verdict


PROCESSOR = "Lark acts as a data processor. The adviser who engages us is the data controller. GDPR."
DUTIES = "The Processor shall keep data secret. The Processor shall help. The Processor must delete it. GDPR."


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (PROCESSOR, False),
        (DUTIES, False),
        (PROCESSOR + " For our own website we are the controller.", True),
        ("For customers' records Lark acts as a data processor. GDPR applies.", True),
        ("Our processor must keep data secret under the GDPR.", True),
    ],
)
def test_what_a_controller_owes_is_not_asked_of_a_processor(text: str, asked: bool) -> None:
    view = RuleInput(text, "privacy_policy")
    assert bool(list(of_a_processor(view))) is not asked
    assert applies(CHECKS["gdpr_13_purposes"], view) is asked


def test_a_right_to_hear_of_transfers_sends_nothing_abroad() -> None:
    told = "Sie können fragen, ob Daten an ein Drittland übermittelt wurden."
    listed = "die Empfänger, insbesondere bei Empfängern in Drittländern"
    assert not list(data_sent_abroad(RuleInput(told))) and not list(data_sent_abroad(RuleInput(listed)))
    assert list(data_sent_abroad(RuleInput("Wir übermitteln Daten an ein Drittland.")))


@pytest.mark.parametrize(
    ("said", "are_sent"),
    [
        ("Eine Übermittlung in Drittländer (außerhalb der EU) findet nicht statt.", False),
        ("An international data transfer does not take place.", False),
        ("Un transfert vers des pays tiers n'est pas prévu.", False),
        ("Eine Übermittlung in Drittländer erfolgt nicht ohne Garantien.", True),
    ],
)
def test_a_transfer_that_does_not_take_place_is_none(said: str, are_sent: bool) -> None:
    assert bool(list(data_sent_abroad(RuleInput(said)))) is are_sent


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("We rely on Privacy Shield for data sent to other countries.", "review"),
        ("We rely on Privacy Shield and on an adequacy decision.", "review"),
        ("We rely on Privacy Shield. Else we use standard contractual clauses.", "pass"),
        ("We use the standard contractual clauses of Decision 2010/87/EU.", "review"),
        ("We rely on Privacy Shield or on contracts approved by the European Commission.", "pass"),
        ("We rely on Privacy Shield. We do not use standard contractual clauses.", "review"),
        ("No data leave without standard contractual clauses.", "pass"),
        ("Es gilt der Privacy Shield oder es gelten Standardvertragsklauseln.", "pass"),
    ],
)
def test_a_safeguard_beside_privacy_shield_is_enough(text: str, verdict: str) -> None:
    assert judge(CHECKS["gdpr_13_transfers"], RuleInput(text, "privacy_policy"))[0] == verdict


@pytest.mark.parametrize(
    ("text", "owed"),
    [
        ("We ask for your consent.", True),
        ("We ask for your consent to mail you, and in the future we will add more.", True),
        ("No cookie consent is asked for under the GDPR.", False),
        ("If we count readers in future, we will ask for consent.", False),
        ("You say that the person has consented to it.", False),
    ],
)
def test_withdrawal_is_told_where_data_rest_on_consent(text: str, owed: bool) -> None:
    view = RuleInput(f"The GDPR applies. {text}", "privacy_policy")
    assert applies(CHECKS["gdpr_7_3_withdrawal"], view) == owed


MAPS = "# Policy of Lark\n\n## Google Maps\n\nThe legal basis is Art. 6(1)(f) GDPR.\n"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (MAPS, "review"),
        (MAPS.replace("Google Maps", "Maps"), "pass"),
        (MAPS + "\n## Orders\n\nWe process your address on the basis of your consent.\n", "pass"),
        (MAPS.replace("Lark", "Google"), "pass"),
        (MAPS + "\n## Orders\n\nWe need these data for the performance of our contract.\n", "pass"),
    ],
)
def test_a_legal_basis_for_a_service_of_others_is_not_enough(text: str, verdict: str) -> None:
    assert judge(CHECKS["gdpr_13_legal_basis"], RuleInput(text, "privacy_policy"))[0] == verdict
