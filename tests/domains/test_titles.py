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
