"""The sentence around a piece of evidence, the blanks of a form, and checks that look at both."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.passages import REACH, has_blank, is_left_open, sentence_around
from docassay.transforms.extract import read_facts

LEGAL = domains.load("legal")


@pytest.mark.parametrize(
    ("text", "word", "expected", "why"),
    [
        (
            "First one. The buyer pays Acme Inc. at once. Last one.",
            "pays",
            "The buyer pays Acme Inc. at once.",
            "an abbreviation does not end it",
        ),
        ("8. Law. Irish law applies. 9. End", "Irish", "Irish law applies.", "nor does a clause's number"),
        (
            "Nothing in these terms will:\n\n* exclude liability for death;\n* limit fraud.\n\nNext.",
            "death",
            "Nothing in these terms will:\n\n* exclude liability for death;\n* limit fraud.",
            "the items of a list belong to what introduces it",
        ),
        ("A heading\n\nThe text of it\n\nAnother", "text", "The text of it", "a blank line ends it"),
        ("Er haftet gem. Abs. 2 nicht. Ende.", "haftet", "Er haftet gem. Abs. 2 nicht.", "German"),
        (
            "Ja. Wir nennen z. B. Wien. Nein.",
            "Wien",
            "Wir nennen z. B. Wien.",
            "an abbreviation of two words",
        ),
        (
            "The bank has changed. We pay.",
            "changed",
            "The bank has changed.",
            "a word that ends in d is none",
        ),
        ("They keep step. We pay.", "step", "They keep step.", "nor is one that ends in p"),
        ("We pay the USA. They sign.", "USA", "We pay the USA.", "nor one in capitals"),
        ("no stop at all", "stop", "no stop at all", "the whole text"),
    ],
)
def test_the_sentence_around_a_word(text: str, word: str, expected: str, why: str) -> None:
    start = text.index(word)
    found = sentence_around(text, (start, start + len(word)))
    assert text[slice(*found)] == expected, why


def test_a_sentence_is_sought_within_reach_only() -> None:
    text = "a " * 5_000 + "word" + " b" * 5_000
    start = text.index("word")
    first, last = sentence_around(text, (start, start + 4))
    assert start - first <= REACH and last - start - 4 <= REACH


@pytest.mark.parametrize(
    "text", ["a. " * 60_000, "\n" * 200_000, "1. " * 60_000, "." * 200_000, "x" * 200_000]
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    started = time.process_time()
    for start in range(0, len(text), len(text) // 50):
        sentence_around(text, (start, start + 1))
        is_left_open(text, (start, start + 1))
    has_blank(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("made as of the ___ day of May", True),
        ("dated as of            , 2008", True),
        ("made this      day of        , 2012", True),
        ("as of November     , 2005", True),
        ("the laws of the State of [State]", True),
        ("governed by the laws of [●]", True),
        ("in force for a period of [Term] from the date below", True),
        ("write to privacy@yourdomain.com", True),
        ("changes at your company. In May", False),
        ("types of data: ${DATA_TYPES}", True),
        ("the laws of {{jurisdiction}}", True),
        ("Name: ..............", True),
        ("a salary of EUR XX.XXX gross", True),
        ("see www.xx.xxx", False),
        ("this 5th day of May, 2004", False),
        ("as of May 1, 2004", False),
        ("governed by the laws of [the State of] Delaware", False),
        ("Invoice total ........ 100.00", False),
    ],
)
def test_blanks_of_a_form(text: str, blank: bool) -> None:
    assert has_blank(text) is blank


@pytest.mark.parametrize(
    ("below", "left_open", "why"),
    [
        ("Course:\n________\n\nSigned: ________", True, "a ruler to write on"),
        ("Course:\n________\n\nFollow-up:\n________", True, "and the next heading"),
        ("Course:\n1. ________\n2. ________", True, "and a list of them"),
        ("Course:\nFollow-up:\nSigned:\n", True, "headings in a row"),
        ("Course:\n", True, "the end"),
        ("## Course\n[Tell what happened]", True, "what a template asks"),
        ("Course\n- [first event]\n- [second event]", True, "the same below a line without a colon"),
        ("Course:\nHeart:\n- stable", False, "a part of it"),
        ("Course:\n--------\nUneventful.", False, "an underlined heading"),
        ("Course: uneventful\nFollow-up:\nSigned:", False, "it says something"),
        ("Course", False, "a word of a list"),
    ],
)
def test_a_heading_below_which_nobody_wrote(below: str, left_open: bool, why: str) -> None:
    text = f"Note of a stay.\n\n{below}"
    start = text.index("Course")
    assert is_left_open(text, (start, start + len("Course"))) is left_open, why


@pytest.mark.parametrize(
    ("rule", "kind", "text", "verdict", "why"),
    [
        (
            "tos_liability_for_injury",
            "terms_of_service",
            "We accept no liability for personal injury.",
            "review",
            "it is excluded",
        ),
        (
            "tos_liability_for_injury",
            "terms_of_service",
            "Nothing in these terms will:\n\n* exclude our liability for death or personal injury.",
            "pass",
            "it is kept, and the word that says so stands above the list",
        ),
        (
            "governing_law",
            "contract",
            "Disclosure is allowed where applicable law requires it.",
            "review",
            "a law to obey is no choice of law",
        ),
        (
            "governing_law",
            "contract",
            "It is governed by the laws of the State of ____.",
            "review",
            "a blank",
        ),
        ("governing_law", "contract", "It is governed by the laws of Ireland.", "pass", "a choice"),
        (
            "nda_term",
            "nda",
            "Employee shall not compete for two years. Employee shall keep secrets.",
            "review",
            "years of another duty",
        ),
        (
            "nda_term",
            "nda",
            "The duty of confidence ends two years after the last disclosure.",
            "pass",
            "years of this duty",
        ),
        (
            "tos_unilateral_alteration",
            "terms_of_service",
            "You may change your order at any time.",
            "pass",
            "the consumer changes an order",
        ),
    ],
)
def test_a_check_looks_at_the_sentence(rule: str, kind: str, text: str, verdict: str, why: str) -> None:
    check = next(check for check in LEGAL.checks if check.id == rule)
    view = RuleInput(text, kind)
    view = replace(view, facts=read_facts("legal", view))
    assert domains.judge(check, view)[0] == verdict, why
