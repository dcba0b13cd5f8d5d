"""The plain form of a text, which patterns are matched against."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.domains import RuleInput, plain
from docassay.domains.patterns import Patterns


@pytest.mark.parametrize(
    ("pattern", "text", "expected", "why"),
    [
        (r"Item\s+5\.07", "Item\u20095.07", "Item\u20095.07", "a thin space"),
        (r'"Term"', "the “Term” of", "“Term”", "typographic quotation marks in the text"),
        ("[“”]Term[“”]", 'the "Term" of', '"Term"', "typographic quotation marks in the pattern"),
        (r'"\s?Société\s?"', "la « Société »", "« Société »", "French ones, set off by a space"),
        (r"non-disclosure", "a non‑disclosure", "non‑disclosure", "a hyphen that does not break"),
        ("32 [–-] 36", "Articles 32 - 36", "32 - 36", "a dash in a class of the pattern"),
        (r"consumer's", "the consumer’s right", "consumer’s", "an apostrophe"),
        (r"shall:\s+return", "shall:\n• return", "shall:\n• return", "a bullet at the start of a line"),
        (r"dated\s+●", "dated ● 2008", "dated ●", "a bullet that is a blank of a form"),
        (r"ü\s+x", "éü\u202fx", "ü\u202fx", "offsets are of characters"),
    ],
)
def test_a_pattern_matches_whatever_the_typography(pattern: str, text: str, expected: str, why: str) -> None:
    patterns = Patterns()
    matcher = patterns.matcher(pattern)
    assert [text[start:end] for start, end in matcher(RuleInput(text))] == [expected], why


@given(st.text() | st.text(" •a\n\u2009—“"))
def test_the_plain_form_has_the_same_length_and_is_its_own(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)
