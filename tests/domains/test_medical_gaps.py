"""Which blanks of a dictated note are words that nobody understood."""

from __future__ import annotations

import pytest

from docassay.domains import RuleInput
from docassay.domains.medical.records import left_blank


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("It was cut at the ____ digitorum. A firm ______ cast was put on.", 2),
        ("It was cut at the ____ digitorum.", 1),
        ("Seen by Dr. Signed: ______ MD, today", 0),
        ("Name of the nurse: ____ RN", 0),
        ("It was cut there.\n__________\nIt healed.", 0),
        ("It was cut at the ____\nIt healed.", 0),
        ("One ____ word is not enough", 0),
        ("snake_case___names stay code here", 0),
    ],
)
def test_gaps_stand_within_a_sentence(text: str, gaps: int) -> None:
    found = left_blank(RuleInput(text))
    assert bool(found) == bool(gaps)
    for one in found:
        assert one.span and set(text[slice(*one.span)]) == {"_"}
        assert one.says == (f"{gaps} places are left blank." if gaps > 1 else "One place is left blank.")
