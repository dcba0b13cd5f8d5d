"""What a check answers, by the patterns that it has, and what a row says beside its rule's why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay.domains import CheckRule, FlagRule, RuleInput, Span, applies, is_silent, judge, reason
from docassay.domains.passages import Window
from docassay.domains.rules import NOTHING, Compared, Doubt, Matcher


def word(sought: str) -> Matcher:
    """Make a function that finds a word."""

    def matcher(view: RuleInput) -> list[Span]:
        start = view.text.find(sought)
        return [(start, start + len(sought))] if start >= 0 else []

    return matcher


CHECK = CheckRule(
    id="number",
    title="Number",
    severity="medium",
    why="An invoice has a number.",
    source="a law",
    kinds=frozenset(),
    when=(),
    requires=(word("No. 5"),),
    forbids=(),
    absent="fail",
    present="fail",
    label=None,
    fails=(word("void"),),
    unclear=(word("No."),),
    doubts=(Doubt(word("cancelled"), "It is cancelled."),),
    sure=(word("GmbH"), word("VAT")),
)


@pytest.mark.parametrize(
    ("text", "verdict", "evidence", "why"),
    [
        ("No. 5", "pass", "No. 5", "what is required is there"),
        ("No. 5, void", "fail", "void", "what fails a check fails it whatever else is there"),
        ("No. 5, cancelled", "review", "cancelled", "what contradicts it is looked at"),
        ("VAT GmbH cancelled", "fail", None, "nothing is there to contradict"),
        ("No. : VAT GmbH", "review", "No.", "a label without its value is unclear"),
        ("VAT GmbH", "fail", None, "absent, and the law surely asks for it"),
        ("VAT", "review", None, "absent, and nobody knows whether the law asks for it"),
    ],
)
def test_verdicts(text: str, verdict: str, evidence: str | None, why: str) -> None:
    given, spans = judge(CHECK, RuleInput(text))
    assert given == verdict, why
    assert [text[start:end] for start, end in spans] == ([evidence] if evidence else []), why


def test_a_row_says_what_is_doubted() -> None:
    for text, says in (("No. 5, cancelled", f"{CHECK.why} It is cancelled."), ("No. 5", CHECK.why)):
        view = RuleInput(text)
        assert reason(CHECK, view, judge(CHECK, view)[1][0]) == says


@pytest.mark.parametrize(
    ("text", "asked"),
    [("VAT", True), ("VAT draft", False), ("VAT copy", False), ("GmbH", False), ("draft", False)],
)
def test_what_a_document_is_and_is_not_for_its_check(text: str, asked: bool) -> None:
    check = replace(CHECK, when=(word("VAT"),), not_when=(word("draft"), word("copy")))
    assert applies(check, RuleInput(text)) is asked


def test_absence_is_what_the_rule_says_where_it_is_sure_of_itself() -> None:
    assert judge(replace(CHECK, sure=()), RuleInput("nothing"))[0] == "fail"
    assert judge(replace(CHECK, sure=(), absent="review"), RuleInput("nothing"))[0] == "review"


def test_a_check_may_say_nothing_of_what_it_does_not_find() -> None:
    silent = replace(CHECK, absent=NOTHING)
    assert judge(silent, RuleInput("VAT GmbH")) == ("review", [])
    assert is_silent(silent, RuleInput("VAT GmbH")) and not is_silent(CHECK, RuleInput("VAT GmbH"))
    assert judge(silent, RuleInput("No. 5")) == ("pass", [(0, 5)]), "what it finds it says"


def test_what_is_not_sure_to_be_absent_is_not_said() -> None:
    required = replace(CHECK, absent="review")
    assert [is_silent(required, RuleInput(text)) for text in ("VAT GmbH", "VAT")] == [False, True]
    forbidden = replace(CHECK, requires=(), forbids=(word("No. 5"),), doubts=())
    assert [is_silent(forbidden, RuleInput(text)) for text in ("VAT GmbH", "VAT")] == [False, True]
    assert not is_silent(CHECK, RuleInput("VAT")), "where absence may fail, it is looked at"


def test_a_heading_names_what_is_forbidden_and_does_not_say_it() -> None:
    forbidden = replace(CHECK, requires=(), forbids=(word("Arbitration"),), fails=(), unclear=(), doubts=())
    assert judge(forbidden, RuleInput("## Arbitration\n\nThere is none."))[0] == "pass"
    assert judge(forbidden, RuleInput("## Disputes\n\nArbitration decides them."))[0] == "fail"


def test_a_clause_in_capitals_over_several_lines_is_no_heading() -> None:
    forbidden = replace(CHECK, requires=(), forbids=(word("ARBITRATION"),), fails=(), unclear=(), doubts=())
    clause = "WHATEVER DIVIDES US IS FOR ARBITRATION, WHICH\nDECIDES IT FOR GOOD.\n\nYou pay."
    assert judge(forbidden, RuleInput(clause))[0] == "fail"
    assert judge(forbidden, RuleInput("ARBITRATION\n\nThere is none."))[0] == "pass"
    contents = "1. WAIVERS, DISPUTES AND BINDING ARBITRATION OF CLAIMS\n2. CONTACT\n\nThere is none."
    assert judge(forbidden, RuleInput(contents))[0] == "pass"


@pytest.mark.parametrize(
    ("text", "verdict", "why"),
    [
        ("See https://a.example/Number5", "review", "the address of a link says nothing"),
        ("Number5 of ____", "review", "a field behind it that nobody filled in"),
        ("Number5 **[State]**", "review", "the same in bold"),
        ("Number5: ____", "pass", "a label has its field, whether filled in or not"),
        ("Number5 [here](a.html)", "pass", "a link is no field"),
    ],
)
def test_no_evidence_is_an_address_or_a_blank(text: str, verdict: str, why: str) -> None:
    check = replace(CHECK, requires=(word("Number5:"), word("Number5")), sure=(), unclear=())
    assert judge(replace(check, absent="review"), RuleInput(text))[0] == verdict, why


@pytest.mark.parametrize(
    ("compared", "text", "verdict"),
    [
        (Compared("fail", None, ""), "No. 5", "pass"),
        (Compared("fail", None, ""), "No. 6", "review"),
        (Compared("fail", None, ""), "nothing", "fail"),
        (Compared("review", None, "", absent=False), "No. 5", "pass"),
        (Compared("review", None, "", absent=False), "nothing", "review"),
        (Compared("fail", (0, 2), ""), "No. 5", "fail"),
        (Compared("fail", None, "", absent=False), "No. 5", "fail"),
    ],
)
def test_wording_decides_where_facts_do_not(compared: Compared, text: str, verdict: str) -> None:
    check = replace(CHECK, compares=lambda view: [compared], fails=(), doubts=(), absent="fail", sure=())
    assert judge(check, RuleInput(text))[0] == verdict


def test_a_row_says_what_its_detail_adds() -> None:
    rule = FlagRule(
        id="sum",
        title="Sum",
        severity="high",
        why="The total is wrong.",
        source="a book",
        kinds=frozenset(),
        any=(word("9"),),
        include=(),
        exclude=(),
        window=Window(),
        detail=lambda view, span: f"It is {view.text[slice(*span)]}." if view.text != "9" else "",
    )
    assert reason(rule, RuleInput("a 9"), (2, 3)) == "The total is wrong. It is 9."
    assert reason(rule, RuleInput("9"), (0, 1)) == "The total is wrong."
    assert reason(CHECK, RuleInput("No. 5"), None) == "An invoice has a number."
