"""Which passage shows what a check requires, and what is said where none surely does."""

from __future__ import annotations

import time

import pytest

from docassay import domains
from docassay.domains.headings import headings
from docassay.domains.rules import RuleInput
from docassay.domains.support import (
    LEAST,
    MOST_PASSAGES,
    best_supported,
    features,
    head_of_support,
    is_learnt,
    may_be_said,
)
from docassay.domains.verdicts import candidates, judge
from docassay.transforms.comply import comply

ANNOUNCED = "We take the retention of your personal data seriously and describe it below."
STATED = "We keep your account data for six years after your last order and then erase them."
POLICY = (
    "# Privacy policy\n\nLark Ltd is the controller under the GDPR.\n\n"
    f"## Retention\n\n{ANNOUNCED}\n\n{STATED}\n"
)
COMPELLED = (
    "NON-DISCLOSURE AGREEMENT\n\nThe Recipient may disclose Confidential Information if it is required to by"
    " law or by a court order, and shall give the Discloser prompt notice before it does so.\n"
)


def _check(name: str) -> domains.CheckRule:
    return next(one for one in domains.load("legal").checks if one.id == name)


def test_the_passage_that_answers_is_chosen_wherever_it_stands() -> None:
    for text in (POLICY, POLICY.replace(ANNOUNCED, "@").replace(STATED, ANNOUNCED).replace("@", STATED)):
        places = [(text.index(one), text.index(one) + len(one)) for one in (ANNOUNCED, STATED)]
        found = best_supported("gdpr_13_retention", text, places)
        assert found
        (start, end), probability = found
        assert text[start:end] == STATED
        assert probability >= LEAST


def test_of_equal_passages_the_first_is_shown() -> None:
    text = f"{STATED}\n\n{STATED}\n"
    second = text.rindex(STATED)
    places = [(0, len(STATED)), (second, second + len(STATED))]
    found = best_supported("gdpr_13_retention", text, places)
    assert found
    assert found[0] == places[0]


def test_a_pass_shows_the_passage_and_names_what_chose_it() -> None:
    rows = comply("", domains.load("legal"), RuleInput(POLICY, "privacy_policy"))
    row = next(one for one in rows if one.check_id == "gdpr_13_retention")
    assert (row.verdict, row.evidence) == ("pass", STATED)
    assert row.decided_by == f"rule legal.gdpr_13_retention+{head_of_support().card.id}"


def test_where_no_passage_surely_shows_it_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docassay.transforms.comply.LEAST", 1.1)
    rows = comply("", domains.load("legal"), RuleInput(POLICY, "privacy_policy"))
    assert "gdpr_13_retention" not in {one.check_id for one in rows if one.verdict == "pass"}


def test_a_check_that_the_head_was_not_trained_on_passes_by_its_wording() -> None:
    assert not is_learnt("legal.lease_deposit_cap_fr")
    assert not is_learnt("acme.gdpr_13_retention"), "somebody else's check of the same name"
    assert is_learnt("legal.gdpr_13_retention")


def test_nothing_is_weighed_where_nothing_was_met() -> None:
    assert best_supported("gdpr_13_retention", POLICY, []) is None


def test_candidates_are_places_in_the_text_and_the_evidence_is_one() -> None:
    check, view = _check("nda_compelled_disclosure"), RuleInput(COMPELLED, "nda")
    verdict, evidence = judge(check, view)
    assert verdict == "pass"
    assert set(evidence) <= set(candidates(check, view))


def test_headings_and_endings_are_looked_at_beside_words() -> None:
    text = "# Part\n\n## What we keep\n\nOf logs. Seen | 12 times; of mail"
    place = (text.index("Seen"), text.index(" of mail"))
    told = features("a_check", text, place, headings(text), "first")
    assert {"a_check seen 00", "word times", "a_check above 0 keep", "a_check above 1 part"} <= set(told)
    assert {"a_check ends ;", "cells True", "first", "a_check before logs", "a_check after mail"} <= set(told)


def test_as_many_different_passages_are_weighed_however_often_one_is_met() -> None:
    noise = "We take it seriously."
    text = f"{noise}\n\n{STATED}\n"
    answer = (text.index(STATED), text.index(STATED) + len(STATED))
    met = [(0, end) for end in range(1, len(noise))] * MOST_PASSAGES
    found = best_supported("gdpr_13_retention", text, [*met, answer])
    assert found
    assert found[0] == answer


def test_what_other_words_may_say_is_not_missing() -> None:
    assert may_be_said("gdpr_13_retention", f"# Privacy policy\n\n## How long\n\n{STATED}\n")
    assert not may_be_said("gdpr_13_retention", "# Recipes\n\nBoil the beans for two hours, then add salt.\n")
    assert not may_be_said("gdpr_13_retention", "")


def test_what_is_doubted_stays_for_review() -> None:
    sent = "# Privacy policy\n\nLark Ltd is the controller under the GDPR.\n\n## Transfers\n\n"
    sent += "We transfer data to the United States under Privacy Shield. Others have an adequacy decision.\n"
    rows = comply("", domains.load("legal"), RuleInput(sent, "privacy_policy"))
    row = next(one for one in rows if one.check_id == "gdpr_13_transfers")
    assert (row.verdict, row.evidence) == ("review", "Privacy Shield")


def test_a_name_left_blank_is_no_controller() -> None:
    blank = "# Privacy policy\n\nUnder the GDPR the controller is:\n\n[CompanyName] GmbH\n[Street]\nGermany\n"
    rows = comply("", domains.load("legal"), RuleInput(blank, "privacy_policy"))
    assert "pass" not in {one.verdict for one in rows if one.check_id == "gdpr_13_controller"}


@pytest.mark.parametrize("said", ["A. " * 33_000, " ".join(f"w{n:x}" for n in range(20_000)), "x" * 100_000])
def test_hostile_texts_take_linear_time(said: str) -> None:
    before = time.process_time()
    may_be_said("gdpr_13_retention", said)
    assert time.process_time() - before < 5, "it took a minute"
