"""Protect: what is masked, and what comes back."""

from __future__ import annotations

import pytest

from docassay.transforms.translation.protect import FRAGILE, NAMES, figures, in_english, mask, named, names_in

PLACEHOLDERS = tuple(f"⟦{n}⟧" for n in range(10))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Écrire à anna.roy@fonderie.example avant midi.", ["anna.roy@fonderie.example"]),
        (
            "Voir https://www.fonderie.example/conditions?x=1.",
            ["https://www.fonderie.example/conditions?x=1"],
        ),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", ["FR76 3000 6000 0112 3456 7890 189"]),
        ("Facture INV-2026-014 du 3 mai", ["INV-2026-014"]),
        ("Tél. 06 12 34 56 78", ["06 12 34 56 78"]),
        ("la loi n° 89-462", ["89-462"]),
        ("Madame Solène Garrec, née à Rennes", ["Solène Garrec"]),
        ("la société Ateliers Kestrel SARL vend", ["Ateliers Kestrel SARL"]),
        ("Herr Max von der Heide zahlt", ["Max von der Heide"]),
        ("Merci 😀 beaucoup", ["😀"]),
        ("terme 合同 chinois", ["合同"]),
        ("Le loyer est de 785 euros.", []),
        ("Le Bailleur donne congé au Locataire.", []),
    ],
)
def test_fragile_is_what_a_model_must_not_touch(text: str, expected: list[str]) -> None:
    assert [match[0] for match in FRAGILE.finditer(text)] == expected


def test_masked_comes_back_as_it_was() -> None:
    text = "Madame Solène Garrec paie 1 570,50 euros le 05/02/2026 (a@b.ch) 😀."
    masked = mask(text, PLACEHOLDERS, True, "fr")
    assert not set(masked.text) & set("0@😀") - {"0"}
    assert "Garrec" not in masked.text and "1 570" not in masked.text and "a@b.ch" not in masked.text
    assert masked.restore(masked.text) == text.replace("1 570,50", "1,570.50")
    assert masked.faults(masked.text) == 0
    assert masked.faults(masked.text.replace("⟦0⟧", "")) == 1
    assert masked.faults(masked.text + "⟦9⟧⟦0⟧") == 2


def test_more_than_the_placeholders_stays_as_it_is() -> None:
    text = " ".join(f"a{n}@b.ch" for n in range(12))
    masked = mask(text, PLACEHOLDERS, False, "fr")
    assert masked.text.endswith("a10@b.ch a11@b.ch") and masked.restore(masked.text) == text
    assert mask(text, (), True, "fr").text == text


def test_a_placeholder_in_the_text_itself_is_not_used() -> None:
    masked = mask("⟦0⟧ écrit à a@b.ch", PLACEHOLDERS, True, "fr")
    assert masked.text == "⟦0⟧ écrit à ⟦1⟧" and masked.restore(masked.text) == "⟦0⟧ écrit à a@b.ch"


def test_figures_are_compared_whatever_parts_their_thousands() -> None:
    for text in ("1 570,50", "1\u202f570,50", "1,570.50", "1.570,50", "1'570.50"):
        assert figures(text) == ["1570", "50"]
    assert figures("n° 007") == ["7"] and in_english("12.05.2026", "de") == "12.05.2026"


def test_a_space_parts_thousands_in_french_and_columns_in_german() -> None:
    line = "20 l 12 148,00 1.776,00"
    assert mask(line, PLACEHOLDERS, True, "de").replacements[1:] == (
        ("⟦1⟧", "12"),
        ("⟦2⟧", "148.00"),
        ("⟦3⟧", "1,776.00"),
    )
    assert mask("de 12 148,00 €", PLACEHOLDERS, True, "fr").replacements == (("⟦0⟧", "12,148.00"),)


def test_names_are_known_by_their_title_once_and_found_without_it() -> None:
    text = "Me Anne de La Tour représente Mme Rose. La rose est rouge. Signé : de La Tour, ANNE DE LA TOUR"
    names = names_in(text)
    assert "Anne de La Tour" in names and "Tour" in names and "Rose" not in names
    assert named("Signé : ANNE DE LA TOUR, Paris", names) == ("ANNE DE LA TOUR",)
    assert named("Autour de la Tournelle", names) == ()
    assert len(names_in(" ".join(f"M. Nom{n} Duval{n}." for n in range(1_000)))) <= NAMES + 3
    masked = mask("Remis à Tour par Anne de La Tour", PLACEHOLDERS, False, "fr", names)
    assert masked.text == "Remis à ⟦0⟧ par ⟦1⟧" and masked.restore(masked.text) == (
        "Remis à Tour par Anne de La Tour"
    )
