"""Which passage shows what a check requires, and what is said where none surely does."""

from __future__ import annotations

import pytest

from docassay import domains
from docassay.domains.headings import headings
from docassay.domains.rules import RuleInput
from docassay.domains.support import LEAST, best, features, head_of_support, is_learnt
from docassay.domains.verdicts import candidates, judge
from docassay.transforms.comply import comply

ANNOUNCED = "We take the retention of your personal data seriously and describe it below."
STATED = "We keep your account data for six years after your last order and then erase them."
POLICY = f"# Privacy policy\n\nLark Ltd is the controller under the GDPR.\n\n## Retention\n\n{ANNOUNCED}\n\n{STATED}\n"


def _check(name: str) -> domains.CheckRule:
    return next(one for one in domains.load("legal").checks if one.id == name)


def test_the_passage_that_answers_is_chosen_wherever_it_stands() -> None:
    for text in (POLICY, POLICY.replace(ANNOUNCED, "@").replace(STATED, ANNOUNCED).replace("@", STATED)):
        places = [(text.index(one), text.index(one) + len(one)) for one in (ANNOUNCED, STATED)]
        (start, end), probability = best("gdpr_13_retention", text, places)
        assert text[start:end] == STATED
        assert probability >= LEAST


def test_of_equal_passages_the_first_is_shown() -> None:
    text = f"{STATED}\n\n{STATED}\n"
    second = text.rindex(STATED)
    places = [(0, len(STATED)), (second, second + len(STATED))]
    assert best("gdpr_13_retention", text, places)[0] == places[0]


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
    assert not is_learnt("lease_deposit_cap_fr")
    assert is_learnt("gdpr_13_retention")


def test_candidates_are_what_answers_and_what_may() -> None:
    check, view = _check("gdpr_13_retention"), RuleInput(POLICY, "privacy_policy")
    verdict, evidence = judge(check, view)
    assert verdict == "pass"
    assert set(evidence) <= set(candidates(check, view)) | set(evidence)
    assert all(0 <= start < end <= len(POLICY) for start, end in candidates(check, view))


def test_headings_and_endings_are_looked_at_beside_words() -> None:
    text = "# Part\n\n## What we keep\n\nOf logs. Seen | 12 times; of mail"
    place = (text.index("Seen"), text.index(" of mail"))
    told = features("a_check", text, place, headings(text), "first")
    assert {"a_check seen 00", "word times", "a_check above 0 keep", "a_check above 1 part"} <= set(told)
    assert {"a_check ends ;", "cells True", "first", "a_check before logs", "a_check after mail"} <= set(
        told
    )


def test_a_long_passage_is_cut_and_many_are_not_all_weighed() -> None:
    text = (
        "\n\n".join(f"We keep record {n} for {n} years." for n in range(1, 200)) + "\n\n" + "word " * 20_000
    )
    places = [(text.index(f"record {n} "), text.index(f"record {n} ") + 8) for n in range(1, 200)]
    (start, _), _ = best("gdpr_13_retention", text, [(len(text) - 90_000, len(text)), *places])
    assert start <= text.index("record 41 ") or start > text.index("word ")
