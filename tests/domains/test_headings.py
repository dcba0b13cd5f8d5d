"""Headings: what a passage stands under, and what only points to where something is said."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import re2

from docassay.domains import CheckRule, RuleInput, Span, is_silent, judge, load
from docassay.domains.headings import headings, in_target
from docassay.domains.rules import Matcher

LEGAL = load("legal")


@pytest.mark.parametrize(
    ("text", "word", "above", "why"),
    [
        ("# Policy\n\n## 3. Your rights\n\nAccess.", "Access", ("policy", "your rights"), "Markdown"),
        ("Your rights\n-----------\n\nAccess.", "Access", ("your rights",), "an underlined line"),
        (
            "## Contact\n\nAda, Mill Lane 4\n\n---\n\nAccess.",
            "Ada",
            ("contact",),
            "a rule that parts sections",
        ),
        ("**Your rights**\n\nAccess.", "Access", ("your rights",), "a bold line"),
        ("**Your rights.** You may see it.", "see", ("your rights",), "bold words that open a paragraph"),
        ("YOUR RIGHTS\nAccess.", "Access", ("your rights",), "capitals"),
        ("4.2 Your rights\nYou may see them.", "see", ("your rights",), "a number"),
        (
            "1. Who we are\n\nAda Ltd\n\n2. Data\n\nNames",
            "Ada",
            ("who we are",),
            "a number, before a short line",
        ),
        (
            "3. Rights\n\n3.1 Access\n\nAsk us.",
            "Ask",
            ("rights", "access"),
            "a numbered heading right above one of its own",
        ),
        ("1. Open the app\n\n2. Delete it\n\nDone.", "2. Del", ("delete it",), "a step is none above a step"),
        ("## A\n\nx\n\n## B\n\nAccess.", "Access", ("b",), "a heading ends the one before"),
        ("We keep it, and\nAccess.", "Access", (), "a line of prose is none"),
        (
            "## Rights\n\nOf you.\n\n## Rights\n\nOf me.",
            "you",
            ("rights",),
            "a policy that stands twice",
        ),
    ],
)
def test_what_a_passage_stands_under(text: str, word: str, above: tuple[str, ...], why: str) -> None:
    assert headings(text).above(text.index(word)) == above, why


CONTENTS = "1. Retention\n2. Rights\n\n## Retention\n\nWe keep it.\n\n## Rights\n\nYou may see it."


@pytest.mark.parametrize(
    ("text", "words", "points", "why"),
    [
        (CONTENTS, "1. Retention", True, "an entry of a list of contents"),
        (CONTENTS, "Retention\n2. Rights", True, "several entries"),
        (CONTENTS, "## Retention", True, "a heading"),
        (CONTENTS, "We keep it", False, "what the heading announces"),
        (CONTENTS, "Retention\n\nWe keep", False, "a heading with what it announces"),
        ("* [How long we keep it](#long)\n\nText.", "How long", True, "a line that is a link"),
        ("See [how long](#long) we keep it.", "how long", False, "a link within a sentence"),
    ],
)
def test_lines_that_only_point(text: str, words: str, points: bool, why: str) -> None:
    start = text.index(words)
    assert headings(text).only_points((start, start + len(words))) is points, why


def test_the_address_of_a_link_is_no_wording() -> None:
    text = "It is [listed](https://a.example/adequacy) under adequacy (see https://b.example/adequacy-x)."
    places = [found.start() for found in re2.finditer("adequacy", text)]
    assert [in_target(text, place) for place in places] == [True, False, True]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# a\n" * 60_000, marks=pytest.mark.slow),
        "[" * 200_000,
        pytest.param("A\n\n" * 60_000, marks=pytest.mark.slow),
        "**a** " * 40_000,
        "1. " * 60_000,
    ],
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    started = time.process_time()
    found = headings(text)
    for start in range(0, len(text), len(text) // 50):
        found.above(start)
        found.only_points((start, start + 1))
        in_target(text, start)
    assert time.process_time() - started < 5


def word(sought: str) -> Matcher:
    """Make a function that finds every occurrence of a word."""

    def matcher(view: RuleInput) -> list[Span]:
        return [found.span() for found in re2.finditer(sought, view.text)]

    return matcher


CHECK = CheckRule(
    id="kept",
    title="Kept",
    severity="medium",
    why="A policy says how long data are kept.",
    source="a law",
    kinds=frozenset(),
    when=(),
    requires=(word("keep"),),
    forbids=(),
    absent="review",
    present="fail",
    label=None,
    titles=(re2.compile("retention"),),
    hints=(word("years"),),
)


@pytest.mark.parametrize(
    ("text", "verdict", "at", "why"),
    [
        ("We keep calm.\n\n## Retention\n\nWe keep it.", "pass", 32, "the section that answers comes first"),
        ("We keep calm.\n\n## Other\n\nText.", "pass", 3, "without such a section any statement will do"),
        ("## Retention\n\nTwo years.", "pass", 18, "a hint answers under such a heading"),
        ("## Other\n\nTwo years.", "review", 14, "elsewhere it is a hint"),
        ("## How we keep it\n\nText.", "review", 10, "a heading alone is a hint"),
        ("## Other\n\nText.", "review", None, "nothing"),
    ],
)
def test_a_check_takes_the_passage_that_answers(text: str, verdict: str, at: int | None, why: str) -> None:
    given, spans = judge(CHECK, RuleInput(text))
    assert given == verdict, why
    assert [start for start, _ in spans] == ([] if at is None else [at]), why


@pytest.mark.parametrize(
    ("text", "silent", "why"),
    [
        (
            "## Retention\n\nIt is gone when you leave, and so is its copy.",
            True,
            "a section of that name says so",
        ),
        ("## Retention\n\nSee below.", False, "a section that says next to nothing"),
        ("## Retention\n\nIt is gone after [number of days], and so is its copy.", False, "left blank"),
        ("## Other\n\nIt is gone when you leave, and so is its copy.", False, "a section of another name"),
    ],
)
def test_nothing_is_absent_that_has_a_section_of_its_own(text: str, silent: bool, why: str) -> None:
    assert judge(CHECK, RuleInput(text)) == ("review", []), why
    assert is_silent(CHECK, RuleInput(text)) is silent, why


UNDER = replace(CHECK, titles=(), hints=(), under=CHECK.titles, requires=(word("(?i)keep|retention"),))


@pytest.mark.parametrize(
    ("text", "evidence", "why"),
    [
        ("We keep calm.\n\n## Retention\n\nWe keep it.", "keep", "what stands under the heading comes first"),
        ("We keep calm.\n\n## Other\n\nText.", "keep", "without such a heading any statement will do"),
        (
            "We keep calm.\n\n## Retention\n\nIt is gone when you leave, and its copy, too. More.",
            "Retention\n\nIt is gone when you leave, and its copy, too.",
            "the heading answers with the sentence below it",
        ),
        ("We keep calm.\n\n## Retention\n\nSee below.", "keep", "nothing is said below the heading"),
        ("## Retention\n\nSee below.", "Retention", "the heading is all there is"),
    ],
)
def test_evidence_under_a_heading_comes_first(text: str, evidence: str, why: str) -> None:
    given, spans = judge(UNDER, RuleInput(text))
    assert given == "pass", why
    assert [text[start:end] for start, end in spans] == [evidence], why


def test_a_hint_elsewhere_stays_one_where_a_heading_of_evidence_is_named() -> None:
    check = replace(CHECK, under=CHECK.titles)
    assert judge(check, RuleInput("## Other\n\nTwo years."))[0] == "review"
    assert judge(check, RuleInput("## Retention\n\nTwo years."))[0] == "pass"


def test_a_heading_of_evidence_says_nothing_of_what_is_absent() -> None:
    text = "## Data retention\n\nIt is gone when you leave, and so is its copy."
    check = replace(UNDER, requires=(word("keep"),))
    assert judge(check, RuleInput(text)) == ("review", [])
    assert not is_silent(check, RuleInput(text))


LISTED = "## Your rights\n\nYou have the right to:\n\n* access your data;\n* have them deleted;\n* object."


@pytest.mark.parametrize(
    ("rule", "kind", "text", "verdict", "why"),
    [
        ("gdpr_13_rights", "privacy_policy", LISTED, "pass", "a list of rights under its heading"),
        (
            "gdpr_13_rights",
            "privacy_policy",
            "We reserve the right to access and delete your account.",
            "review",
            "the right is the trader's",
        ),
        (
            "gdpr_13_retention",
            "privacy_policy",
            "## Contents\n\n* [How long we keep data](#keep)",
            "review",
            "an entry of the contents",
        ),
        (
            "gdpr_13_transfers",
            "privacy_policy",
            "Data sent abroad have appropriate safeguards.",
            "review",
            "no safeguard is named",
        ),
        (
            "tos_liability_for_injury",
            "terms_of_service",
            "We shall not be liable for any loss or damage.",
            "review",
            "all liability is shut out, and nothing is kept",
        ),
        (
            "tos_liability_for_injury",
            "terms_of_service",
            "We shall not be liable for any loss, except for death or personal injury caused by us.",
            "pass",
            "it is kept",
        ),
        (
            "tos_contact_details",
            "terms_of_service",
            "To appeal a decision write to appeals@shop.example.",
            "review",
            "an address for one purpose alone",
        ),
        (
            "nda_exclusions",
            "nda",
            "Confidential Information does not include what is publicly available.",
            "review",
            "one exclusion alone",
        ),
        (
            "tos_final_say",
            "terms_of_service",
            "We may close it if we determine in our sole discretion that you violate these terms.",
            "review",
            "the trader alone decides",
        ),
    ],
)
def test_a_word_is_no_answer(rule: str, kind: str, text: str, verdict: str, why: str) -> None:
    check = next(check for check in LEGAL.checks if check.id == rule)
    assert judge(check, RuleInput(text, kind))[0] == verdict, why
