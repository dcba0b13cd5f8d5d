"""Guards: each fires on what it is for, and none on a good translation."""

from __future__ import annotations

import pytest

from docassay.transforms.translation.guards import bounds_of, faults

SOURCE = "Le locataire ne peut pas céder le bail sans l'accord écrit du bailleur dans les 30 jours."
GOOD = "The tenant may not assign the lease without the landlord's written consent within 30 days."


@pytest.mark.parametrize(
    ("english", "fault"),
    [
        ("", "empty"),
        ("The tenant may not assign.", "length"),
        (GOOD + " The landlord has to agree, in writing, and the tenant has to ask." * 2, "length"),
        (GOOD.replace("not ", "").replace("may", "may well"), "negation"),
        (GOOD.replace("30", "20"), "numbers"),
        (GOOD.replace("30 ", ""), "numbers"),
        (GOOD + " of the of the of the of the", "repetition"),
        (SOURCE, "copy"),
        (
            "Der Mieter darf den Vertrag nicht ohne die Zustimmung des Vermieters in 30 Tagen abtreten.",
            "language",
        ),
        (GOOD.replace("30", "30 Ⅻ"), None),
        (GOOD, None),
        (GOOD.replace("30", "thirty"), None),
        (GOOD.replace("may not", "can't"), None),
    ],
)
def test_a_guard_fires_on_what_it_is_for(english: str, fault: str | None) -> None:
    found = faults(SOURCE, english, -0.4, "fr")
    assert (fault in found) if fault else found == ()


@pytest.mark.parametrize(
    ("language", "source", "english"),
    [
        ("de", "Zwischensumme 2.484,00", "Subtotal 2.484.00"),
        ("de", "Farbe 12 148,00 1.776,00", "Paint 12 148.00 1776,000"),
        ("de", "Die Miete beträgt 1.570,50 Euro.", "The rent is 1.570,50 euros."),
        ("fr", "Le loyer est de 1 570,50 €.", "The rent is €1,57050."),
        ("fr", "Un taux de 12,5 % par an.", "A rate of 12,5 % a year."),
    ],
)
def test_an_amount_that_is_written_as_another_one_is_doubted(
    language: str, source: str, english: str
) -> None:
    assert "numbers" in faults(source, english, -0.4, language)


def test_what_must_survive_is_looked_for_letter_for_letter() -> None:
    source, english = "Écrire à anna@b.example.", "Write to Anna@b.example."
    assert faults(source, english, -0.4, "fr", ["anna@b.example"]) == ("names",)
    assert faults(source, english.lower(), -0.4, "fr", ["anna@b.example"]) == ()


def test_a_low_score_is_doubted_and_a_card_sets_the_bounds() -> None:
    assert faults(SOURCE, GOOD, -9.0, "fr") == ("score",)
    lenient = bounds_of({"guards": {"score": -10}}, "fr")
    assert faults(SOURCE, GOOD, -9.0, "fr", bounds=lenient) == ()
    assert faults(SOURCE, GOOD, None, "fr") == ()


@pytest.mark.parametrize(
    ("language", "source", "english"),
    [
        ("fr", "Bail", "Lease"),
        ("de", "Artikel 24 BankG SR 952.0 gilt sinngemäss.", "Article 24 BankA applies by analogy."),
        ("de", "Das Tragen nicht-tödlicher Waffen wird erlaubt.", "Carrying less-lethal weapons is allowed."),
        ("fr", "le 1er mars 2026", "March 1, 2026"),
        ("fr", "Le loyer est de 1 570,50 €.", "The rent is €1,570.50."),
        ("fr", "Rennes, Nantes, Lyon", "Rennes, Nantes, Lyon"),
        (
            "fr",
            "La clause est nulle si elle n'est pas écrite.",
            "The clause is void unless it is in writing.",
        ),
        ("de", "Die Miete beträgt 1.570,50 Euro.", "The rent is 1,570.50 euros."),
        ("de", "Die Miete beträgt 1.570,50 Euro.", "The rent is 1570.50 euros."),
        ("de", "Farbe 12 148,00 1.776,00", "Paint 12 148.00 1,776.00"),
        ("fr", "Une ville de 80,000 âmes", "A town of 80,000 souls"),
        ("fr", "Le capital de 1,2 million au 12.05.2026", "Capital of 1.2 million at 12.05.2026"),
        ("de", "Er zahlt nicht nur die Miete.", "He pays more than the rent."),
    ],
)
def test_good_translations_are_not_doubted(language: str, source: str, english: str) -> None:
    assert faults(source, english, -0.4, language) == ()
