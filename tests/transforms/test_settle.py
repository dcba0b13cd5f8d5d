"""Which answers of checks stand, and which questions stay open."""

from __future__ import annotations

import pytest

from docassay.domains.answers import features, head_of_answers, is_learnt
from docassay.schemas.rows import Finding
from docassay.transforms.ask import Answers
from docassay.transforms.document import Document
from docassay.transforms.settle import LEAST_MET, LEAST_OPEN, MOST_OPEN, questions, settle
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
    return Answers(list(rows), silent, dict.fromkeys(ids, "legal"))


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
    kept, unanswered = settle(POLICY, answers(row("gdpr_13_retention", verdict)))
    assert [one.verdict for one in kept] == [verdict] * shown
    assert unanswered == ({"gdpr_13_retention"} if left else set())


def test_a_check_without_a_row_leaves_something_open_unless_it_is_surely_met(
    say: dict[str, dict[str, float]],
) -> None:
    say |= {"gdpr_13_retention": told(0.5, 0.3), "gdpr_13_rights": told(0.95, 0.03)}
    silent = {"gdpr_13_retention": "unsure pass", "gdpr_13_rights": "silent review"}
    assert settle(POLICY, answers(**silent)) == ([], {"gdpr_13_retention"})


def test_of_checks_that_the_head_does_not_know_all_rows_stand_and_doubt_is_named() -> None:
    of_others = row("invoice_sums_add_up", "pass"), row("gdpr_13_rights", "review")
    found = answers(*of_others, nobody="unsure review", said="silent review")
    found.owners["gdpr_13_rights"] = ""  # two domains have a check of this name
    assert not is_learnt("legal.invoice_sums_add_up")
    assert settle(POLICY, found) == (list(of_others), {"nobody"})


def test_all_rows_of_a_check_stand_or_fall_together(say: dict[str, dict[str, float]]) -> None:
    say["tos_final_say"] = told(0.3, 0.2)
    both = row("tos_final_say", "review", 2), row("tos_final_say", "review", 9)
    assert settle(POLICY, answers(*both)) == ([], {"tos_final_say"})


def test_the_head_sees_what_all_checks_say_and_the_evidence() -> None:
    found = answers(row("gdpr_13_retention", "pass"), gdpr_13_rights="unsure review")
    first, second = questions(POLICY, found)
    assert (first.check, len(first.rows), second.rows) == ("gdpr_13_retention", 1, ())
    assert {"gdpr_13_retention pass at a place", "says privacy", "gdpr_13 length 5"} <= {*first.strings}
    assert "gdpr_13_rights unsure review" in second.strings
    assert not any(one.startswith("says ") for one in second.strings)


def test_shares_are_of_all_checks_and_a_check_has_its_family() -> None:
    states = {"nda_term": "review", "nda_return": "review", "parties_named": "pass"}
    strings = features("nda_term", states, "nda", 1_000, "")
    assert {"share review 3", "nda share review 3", "share fail 0"} <= {*strings}


def test_the_shipped_head_tells_what_it_was_trained_on() -> None:
    assert {*head_of_answers().task.labels} == {"met", "open", "not_owed"}
    assert is_learnt("legal.gdpr_13_retention") and is_learnt("medical.consent_risks")
    assert not is_learnt("legal.no_such_check")


def test_a_document_with_an_open_question_is_not_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "# Privacy policy\n\nLark Ltd, 1 Mill Lane, Ely, is the controller of your personal data. Write to"
        " privacy@lark.example about them.\n\nWe use your address to deliver what you order; the legal basis"
        " is the contract with you (Article 6(1)(b) GDPR).\n"
    )
    document = parsed(text, kind="privacy_policy")
    assert rows_of(document).document.status in ("review", "not_checked")
    monkeypatch.setattr("docassay.transforms.conclude.settle", lambda *_: ([], {"gdpr_13_rights"}))
    row_of = rows_of(document).document
    assert (row_of.status, row_of.reasons) == (
        "not_checked",
        ("unanswered:gdpr_13_rights",),
    )
    monkeypatch.setattr("docassay.transforms.conclude.settle", lambda *_: ([], {"nda_return_or_destruction"}))
    nda = rows_of(parsed("MUTUAL NON-DISCLOSURE AGREEMENT\n\nAlder and Birch agree.", kind="nda"))
    assert not any(reason.startswith("unanswered") for reason in nda.document.reasons), "it is customary"
