"""Which answers of checks stand, and which questions stay open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docassay import domains
from docassay.domains.answers import features, head_of_answers, is_learnt
from docassay.models.document_head import checks_of
from docassay.schemas.errors import ModelError
from docassay.schemas.rows import Finding
from docassay.transforms.ask import Answers, ask
from docassay.transforms.budget import Clock
from docassay.transforms.document import Document
from docassay.transforms.settle import LEAST_MET, LEAST_OPEN, MOST_OPEN, questions, settle
from tests.fakes import card
from tests.transforms.test_conclude import parsed, rows_of

POLICY = Document("id", "uri", "A privacy policy of Lark Ltd.", "text/plain", kind="privacy_policy")


def row(check: str, verdict: str, start: int | None = 0) -> Finding:
    return Finding(
        doc_id="id",
        check_id=check,
        verdict=verdict,  # type: ignore[arg-type]
        severity="medium",
        start_char=start,
        end_char=None if start is None else start + 9,
        evidence=None if start is None else POLICY.text[start : start + 9],
        searched=(),
        why="",
        source="",
        decided_by=f"rule legal.{check}",
    )


def answers(*rows: Finding, **silent: str) -> Answers:
    ids = [one.check_id for one in rows] + list(silent)
    return Answers(list(rows), silent, owners=dict.fromkeys(ids, "legal"))


OTHER = row("invoice_sums_add_up", "pass")
"""What the head does not know stands."""


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, float]]:
    """Let the head say of a check what the test wants."""
    said: dict[str, dict[str, float]] = {}

    class Head:
        def predict(self, text: str, strings: tuple[str, ...]) -> dict[str, float]:
            assert text == POLICY.text
            return said[strings[0].removeprefix("check ")]

    monkeypatch.setattr("docassay.transforms.settle.head_of_answers", Head)
    return said


def told(met: float, not_met: float) -> dict[str, float]:
    return {"met": met, "open": not_met, "not_owed": 1 - met - not_met}


@pytest.mark.parametrize(
    ("verdict", "met", "not_met", "shown", "left"),
    [
        ("pass", LEAST_MET, 0.05, True, False),
        ("pass", LEAST_MET - 0.01, MOST_OPEN, False, False),
        ("pass", LEAST_MET - 0.01, MOST_OPEN + 0.01, False, True),
        ("review", 0.1, LEAST_OPEN, True, False),
        ("review", 0.2, LEAST_OPEN - 0.01, False, True),
        ("review", 0.01, 0.02, False, False),
        ("fail", 0.99, 0.0, True, False),
    ],
)
def test_an_answer_stands_where_the_head_is_sure_enough(
    verdict: str, met: float, not_met: float, shown: bool, left: bool, say: dict[str, dict[str, float]]
) -> None:
    say["gdpr_13_retention"] = told(met, not_met)
    kept, unanswered = settle(POLICY, answers(OTHER, row("gdpr_13_retention", verdict)))
    assert [one.verdict for one in kept if one != OTHER] == [verdict] * shown
    assert OTHER in kept
    assert unanswered == ({"gdpr_13_retention"} if left else set())


def test_a_check_without_a_row_leaves_something_open_unless_it_is_surely_met(
    say: dict[str, dict[str, float]],
) -> None:
    say |= {"gdpr_13_retention": told(0.5, 0.3), "gdpr_13_rights": told(0.95, 0.03)}
    silent = {"gdpr_13_retention": "unsure pass", "gdpr_13_rights": "silent review"}
    assert settle(POLICY, answers(OTHER, **silent)) == ([OTHER], {"gdpr_13_retention"})
    assert settle(POLICY, answers(**silent)) == ([], {*silent}), "where nothing is left, all that was asked"


def test_a_doubt_in_so_many_words_stands_whatever_the_head_says(say: dict[str, dict[str, float]]) -> None:
    say["gdpr_13_transfers"] = told(0.95, 0.04)
    found = answers(row("gdpr_13_transfers", "review"))
    assert settle(POLICY, found) == ([], {"gdpr_13_transfers"})
    found.doubted.add("gdpr_13_transfers")
    assert settle(POLICY, found) == (found.findings, set())


def test_what_fails_stays_beside_what_falls(say: dict[str, dict[str, float]]) -> None:
    say["tos_final_say"] = told(0.3, 0.2)
    passed, failed = row("tos_final_say", "pass"), row("tos_final_say", "fail", 9)
    assert settle(POLICY, answers(passed, failed)) == ([failed], set())


def test_of_checks_that_the_head_does_not_know_all_rows_stand_and_doubt_is_named() -> None:
    of_others = row("invoice_sums_add_up", "pass"), row("gdpr_13_rights", "review")
    found = answers(*of_others, nobody="unsure review", said="silent review")
    found.owners["gdpr_13_rights"] = ""  # two domains have a check of this name
    assert not is_learnt("legal.invoice_sums_add_up")
    assert settle(POLICY, found) == (list(of_others), {"nobody"})


def test_all_rows_of_a_check_stand_or_fall_together(say: dict[str, dict[str, float]]) -> None:
    say["tos_final_say"] = told(0.3, 0.2)
    both = row("tos_final_say", "review", 2), row("tos_final_say", "review", 9)
    assert settle(POLICY, answers(OTHER, *both)) == ([OTHER], {"tos_final_say"})


def test_checks_of_a_user_change_nothing_of_the_others() -> None:
    found = answers(row("gdpr_13_retention", "pass"), gdpr_13_rights="unsure review")
    before = list(questions(POLICY, found))
    found.findings += [row("paint", "review"), row("of_a_part", "review")]
    found.owners["paint"] = ""
    assert list(questions(POLICY, found)) == before


def test_the_head_sees_what_all_checks_say_and_the_evidence() -> None:
    found = answers(row("gdpr_13_retention", "pass"), gdpr_13_rights="unsure review")
    first, second = questions(POLICY, found)
    assert (first.check, len(first.rows), second.rows) == ("gdpr_13_retention", 1, ())
    told_of = {"gdpr_13_retention pass at a place", "gdpr_13_retention says privacy", "gdpr_13 length 5"}
    assert told_of <= {*first.strings}
    assert "gdpr_13_rights unsure review" in second.strings
    assert not any(" says " in one for one in second.strings)


def test_shares_are_of_all_checks_and_a_check_has_its_family() -> None:
    states = {"nda_term": "review", "nda_return": "review", "parties_named": "pass"}
    strings = features("nda_term", states, "nda", 1_000, "")
    assert {"share review 3", "nda share review 3", "share fail 0"} <= {*strings}


def test_the_shipped_head_tells_what_it_was_trained_on() -> None:
    assert {*head_of_answers().task.labels} == {"met", "open", "not_owed"}
    assert is_learnt("legal.gdpr_13_retention") and is_learnt("medical.consent_risks")
    assert not is_learnt("legal.no_such_check")


def test_a_document_with_an_open_question_is_not_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    document = parsed(
        "Lark Ltd, 1 Mill Lane, Ely, is the controller of your personal data.", kind="privacy_policy"
    )

    def said(*unanswered: str, rows: tuple[Finding, ...] = ()) -> tuple[str, tuple[str, ...]]:
        monkeypatch.setattr("docassay.transforms.conclude.settle", lambda *_: ([*rows], {*unanswered}))
        found = rows_of(document).document
        return found.status, found.reasons

    met = row("gdpr_13_controller", "pass")
    assert said(rows=(met,)) == ("clear", ())
    assert said("gdpr_13_rights", rows=(met,)) == ("not_checked", ("unanswered:gdpr_13_rights",))
    assert said("signature_block", rows=(met,)) == ("clear", ()), "it is customary"
    assert said("signature_block") == ("not_checked", ("unanswered:signature_block",)), "all that was asked"
    assert said() == ("not_checked", ("no_check_applies:legal.privacy_policy",))


def test_what_a_user_changes_or_doubts_in_so_many_words_is_marked() -> None:
    text = (
        "# Privacy policy\n\nLark Ltd is the controller under the GDPR.\n\nWe transfer your data to the"
        " United States under the EU-US Privacy Shield.\n"
    )
    document = parsed(text, kind="privacy_policy")
    legal = domains.load("legal")
    for domain, owner in ((legal, "legal"), (replace(legal, changed=frozenset({"gdpr_13_transfers"})), "")):
        found = ask(document, document, [(domain, document.kind)], (), card({}), Clock(60), unread=False)
        assert found.owners["gdpr_13_transfers"] == owner
        assert found.owners["gdpr_13_rights"] == "legal"
        assert found.doubted == {"gdpr_13_transfers"}


def test_a_card_that_names_no_checks_is_refused() -> None:
    head = head_of_answers()
    assert "legal.nda_term" in checks_of(head, head.task.labels)
    for damaged, labels in (
        (replace(head, card=replace(head.card, about={})), head.task.labels),
        (head, ("met", "open")),
    ):
        with pytest.raises(ModelError, match="install it again"):
            checks_of(damaged, labels)
