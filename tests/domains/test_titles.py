"""Titles tell the type of a document, however they are spelt and whatever stands before them."""

from __future__ import annotations

import pytest

from docassay import domains


def titled(text: str, title: str | None = None) -> list[str]:
    loaded = [domains.load(name) for name in ("financial", "legal", "medical")]
    return [kind.name for domain in loaded for kind in domain.titled(title, text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CONTRAT DE PRET\nEntre Lune et Roe", "loan"),
        ("ACCORD DE CONFIDENTIALITE\nEntre Lune et Roe", "nda"),
        ("CHARTE DE MODERATION\nSoyez polis.", "policy"),
        ("MENTIONS LEGALES\nLune SARL", "legal_notice"),
        ("RELEVE DE COMPTE\nMai", "bank_statement"),
        ("COMPTE-RENDU OPERATOIRE\nGenou gauche", "operative_note"),
        ("Datenschutzerklaerung\nWir speichern nichts.", "privacy_policy"),
        ("Auftragsbestaetigung Nr. 12", "purchase_order"),
    ],
)
def test_a_title_may_lack_its_accents(text: str, kind: str) -> None:
    assert kind in titled(text)


FIELDS = "---\nlayout: page\n" + "".join(f"keyword_{n}: a field of the page\n" for n in range(30))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{FIELDS}title: Cookie Policy\n---\nWe set two.", "cookie_policy"),
        (f"{FIELDS}post_title: 'Impressum'\n---\nImkerei Plön", "legal_notice"),
        (f"{FIELDS}---\n\n# Privacy Policy\n\nWe keep nothing.", "privacy_policy"),
        (f'+++\ntitle = "Terms of Service"\n{FIELDS[4:]}+++\nYou row at your own risk.', "terms_of_service"),
        (
            "\\documentclass{article}\n"
            + "\\usepackage{honey}\n" * 40
            + "\\title{Lease Agreement}\n\\begin{document}\n\\maketitle\nA boat.\n\\end{document}",
            "lease",
        ),
        (
            "\\documentclass{article}\n"
            + "% a remark\n" * 80
            + "\\begin{document}\n\\section*{Vereinssatzung}\nDer Verein rudert.",
            "corporate_record",
        ),
        (
            "Home\nContact\n" + "Boats of oak\n" * 60 + "News\n\nPrivacy Policy\nWe keep nothing.",
            "privacy_policy",
        ),
    ],
)
def test_a_title_stands_below_fields_commands_and_menus(text: str, kind: str) -> None:
    assert kind in titled(text)


def test_fields_of_a_page_are_no_title() -> None:
    assert not titled("---\ncategory:\nprivacy\ntags:\n  - cookies\ntitle: Honey\n---\nIt comes from Kent.")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Addendum\nThe rent is EUR 90.", "amendment"),
        ("Änderungsvereinbarung\nDie Miete steigt.", "amendment"),
        ("AV-Vertrag\nMond GmbH", "data_processing_agreement"),
        ("Verpflichtung zur Vertraulichkeit\nIch schweige.", "nda"),
        ("Collective Bargaining\nAgreement\nbetween", "employment"),
        ("Werkstudentenvertrag\nZwischen", "employment"),
        ("Contrat de colocation\nEntre", "lease"),
        ("Loan note\nMoon Ltd", "loan"),
        ("Lune\nPolitique cookies\nNous en posons deux.", "cookie_policy"),
        ("# Datenschutz\n\nWir speichern nichts.", "privacy_policy"),
        ("Datenschutzbelehrung\nWir speichern nichts.", "privacy_policy"),
        ("Politique de protection des données\nNous effaçons tout.", "privacy_policy"),
        ("Notice of Privacy Practices\nThis notice", "privacy_policy"),
        ("# Disclaimer\n\nUse at your own risk.", "legal_notice"),
        ("Les Amis du Lac\nRÈGLEMENT INTÉRIEUR\nSoyez polis.", "policy"),
        ("Hausordnung\nRuhe ab zehn.", "policy"),
        ("Before you row\n\nBooking Conditions\n\nPay first.", "terms_of_service"),
        ("Widerrufsbelehrung\nSie können widerrufen.", "terms_of_service"),
        ("Conditions de location | Lune\nPayez d'abord.", "terms_of_service"),
        ("Lake Ordinance\nNobody may fish.", "statute"),
        ("Arrêté municipal du 3 mai\nNul ne peut pêcher.", "statute"),
        ("Beitragsordnung\nZehn Euro im Jahr.", "corporate_record"),
        ("Protokoll der Gründungsversammlung vom 3. Mai\nAnwesend", "corporate_record"),
        ("Procès-verbal de l'assemblée générale du 3 mai\nPrésents", "corporate_record"),
        ("Photo & Video Release - Moon Camp\nI agree", "licence"),
        ("Statement of Work\nTwo boats", "services"),
        ("Rahmenvertrag\nZwischen", "contract"),
        ("Lohn- und Gehaltsabrechnung Mai\nBrutto", "payslip"),
        ("Avis de taxe foncière 2024\nLune", "tax_form"),
        ("Bill of lading\nTen crates", "delivery_note"),
        ("SEPA-Lastschriftmandat\nIch ermächtige", "payment_instruction"),
        ("MOON I N V O I C E #1\nA boat", "invoice"),
        ("Untersuchungsbefund\nEisen 12", "laboratory_report"),
        ("Bilan hépatique\nASAT 12", "laboratory_report"),
        ("Biopsy Report\nSkin", "pathology_report"),
        ("Einwilligung in die Behandlung\nIch willige ein.", "consent_form"),
        ("Telehealth Consent\nI agree", "consent_form"),
        ("Epikrise\nFrau Roe", "discharge_summary"),
        ("Narkoseprotokoll\nBeginn 9 Uhr", "operative_note"),
        ("MRT-Befund Knie\nKein Riss", "imaging_report"),
        ("Anamnesebogen\nAllergien:", "visit_note"),
    ],
)
def test_a_line_that_is_a_title_and_no_more_tells_the_type(text: str, kind: str) -> None:
    assert kind in titled(text)


@pytest.mark.parametrize(
    "text",
    [
        "# oar\n\nA parser.\n\n## Datenschutz\n\nEs wird nichts gesendet.",
        "# oar\n\nA parser.\n\n## Data protection\n\nNothing is sent.",
        "Rudern am See\n\nKündigung\n\nWer geht, sagt es.",
        "How we wrote our booking conditions in a week",
        "Die Hausordnung der Burg war streng, und der Koch fürchtete sie.",
        "A contract of carriage is a strange thing\nAn essay",
        "Warum Datenschutz wichtig ist\nEin Aufsatz",
        "Le règlement intérieur, une histoire\nUn roman",
    ],
)
def test_a_heading_further_down_and_a_sentence_are_no_titles(text: str) -> None:
    assert not titled(text)
