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
