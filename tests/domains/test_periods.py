"""Durations of contracts: how long one runs, and what is said of other things."""

from __future__ import annotations

import pytest

from docassay.domains import RuleInput
from docassay.domains.legal.periods import term


def found(finder: object, text: str) -> list[str | None]:
    return [one.normalised for one in finder(RuleInput(text))]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("This Agreement shall expire two (2) years from the date hereof.", ["P2Y"], "it expires"),
        ("The initial term of this Agreement shall be for a period of one (1) year.", ["P1Y"], "its term"),
        ('It continues for a period of 36 months (the "Term").', ["P36M"], "it is called the term"),
        ("This letter agreement terminates on the third anniversary of its date.", ["P3Y"], "anniversary"),
        ("Der Vertrag läuft zwölf Monate ab Unterzeichnung.", ["P12M"], "German"),
        ("Le présent contrat est conclu pour une durée de trois ans.", ["P3Y"], "French"),
        ("You will not solicit employees for a period of 18 months.", [], "soliciting"),
        ("For two years after termination the Employee shall not compete.", [], "competing"),
        ("Confidential Information is kept secret for five (5) years after disclosure.", [], "secrecy"),
        ("Either party may terminate this Agreement upon thirty (30) days notice.", [], "notice"),
        ("This Agreement renews for successive one (1) year terms.", [], "renewal"),
        ("This Agreement expires ____ years from the date hereof.", [], "a blank"),
    ],
)
def test_term(text: str, expected: list[str], why: str) -> None:
    assert found(term, text) == expected, why
