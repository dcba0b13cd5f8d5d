"""Ends of spans: names without forms of address, French hospitals without their head, compounds whole."""

from __future__ import annotations

import pytest

from docassay.models.span_edges import (
    FIRST,
    LAST,
    LOWER,
    TaggedSpan,
    compounds,
    displayed,
    is_name,
    settled,
)

KNOWN = {
    "lucie": FIRST,
    "duval": LAST,
    "croix": LOWER,
    "based": LOWER,
    "wrote": LOWER,
    "mary": FIRST,
    "break": LOWER,
    "lad": LAST,
    "de": LOWER,
}


def bits(word: str) -> int:
    return KNOWN.get(word.lower(), 0)


@pytest.mark.parametrize(
    ("written", "label", "language", "kept"),
    [
        ("Mme Lucie Duval", "person", "fr", "Lucie Duval"),
        ("M. DUVAL", "person", "fr", "DUVAL"),
        ("M. Duval", "person", "en", "M. Duval"),
        ("Mademoiselle", "person", "fr", None),
        ("Lucie Duval - Paris", "person", "en", "Lucie Duval"),
        ("Lucie Duval wrote", "person", "en", "Lucie Duval"),
        ("de Duval", "person", "en", "de Duval"),
        ("lucie", "person", "en", "lucie"),
        ("Hôpital Lariboisière", "facility", "fr", "Lariboisière"),
        ("Hôpital", "facility", "fr", None),
        ("Klinikum Neustadt", "facility", "de", "Klinikum Neustadt"),
        ("Lyon", "place", "fr", "Lyon"),
    ],
)
def test_span_holds_what_its_label_says(written: str, label: str, language: str, kept: str | None) -> None:
    text = f"xx {written}, yy"
    span = settled(text, (3, 3 + len(written)), label, language, bits)
    assert (text[slice(*span)] if span else None) == kept


def test_span_goes_on_where_its_name_does() -> None:
    text = "à l'hôpital Robert Debré le 3 mai; 75679 Paris Cedex 14"
    facility = settled(text, (4, 11), "facility", "fr", bits)
    assert facility is not None and text[slice(*facility)] == "Robert Debré"
    place = settled(text, (text.index("Paris"), text.index("Paris") + 5), "place", "fr", bits)
    assert place is not None and text[slice(*place)] == "Paris Cedex 14"


@pytest.mark.parametrize(
    ("text", "word", "probability", "expected"),
    [
        ("The LAD was open.", "LAD", 0.9, False),
        ("Dr. LAD was here.", "LAD", 0.9, True),
        ("Lunch Break", "Break", 0.9, False),
        ("Lunch Break", "Break", 0.96, True),
        ("She takes Zorvex daily.", "Zorvex", 0.9, False),
        ("She saw Zorvex again.", "Zorvex", 0.9, True),
        ("Mary takes 5 mg.", "Mary", 0.9, True),
        ("item R", "R", 0.999, False),
    ],
)
def test_one_word_is_a_name_where_nothing_speaks_against_it(
    text: str, word: str, probability: float, expected: bool
) -> None:
    start = text.index(word)
    assert is_name(text, (start, start + len(word)), probability, bits) is expected


def spans_of(text: str, *found: tuple[str, str, float]) -> list[TaggedSpan]:
    return [TaggedSpan(text.index(w), text.index(w) + len(w), label, p) for w, label, p in found]


def test_compound_is_one_span() -> None:
    text = "CHU Bichat-Claude Bernard, Loi Brieux-Simonet, Boston-Based, la Croix-Rousse"
    found = spans_of(
        text,
        ("Bichat-", "facility", 0.9),
        ("Claude Bernard", "person", 0.6),
        ("Brieux", "person", 0.9),
        ("Boston", "place", 0.9),
        ("Rousse", "place", 0.9),
    )
    whole = [(text[s.start : s.end], s.label) for s in compounds(text, found, bits)]
    assert whole == [
        ("Bichat-Claude Bernard", "facility"),
        ("Brieux-Simonet", "person"),
        ("Boston", "place"),
        ("Rousse", "place"),
    ]


def test_of_two_spans_in_one_place_the_first_stays() -> None:
    text = "Robert Debré"
    spans = [TaggedSpan(0, 12, "facility", 0.6), TaggedSpan(7, 12, "person", 0.9)]
    assert compounds(text, spans, bits) == spans[:1]


def test_owners_of_addresses_are_displayed() -> None:
    text = (
        'From: "Holmqvist, Greta" <gh@example.org>\nTo: Rupert Ash <ra@example.org>, list@example.org\nA < B'
    )
    assert [text[a:b] for a, b in displayed(text)] == ["Holmqvist, Greta", "Rupert Ash"]
