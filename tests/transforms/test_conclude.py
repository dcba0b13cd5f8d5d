"""From readings to rows: labels, flags, findings, risk and status, without a model or a pipeline."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docassay import domains
from docassay.domains.expectations import parse
from docassay.domains.outcomes import Expecting
from docassay.models.catalog import Card, TaskCard
from docassay.models.reading import Reading
from docassay.schemas.facts import Fact
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, Classification, Flag, Reject, Segment
from docassay.transforms.assess import classify
from docassay.transforms.budget import Unread
from docassay.transforms.comply import comply
from docassay.transforms.conclude import conclude
from docassay.transforms.context import Context
from docassay.transforms.document import Document
from docassay.transforms.extract import extract, read_facts
from docassay.transforms.flag import flag, flag_labels, pool_probabilities, risk, uncertain_codes
from docassay.transforms.split import tasks_of
from docassay.transforms.stages import find_stage
from tests.fresh import overlay

ID = "a" * 64


def task(name: str, kind: str, labels: tuple[str, ...]) -> TaskCard:
    thresholds = (0.5,) * len(labels) if kind == "multi" else ()
    return TaskCard(name, "any", kind, labels, 1.0, thresholds, 0.7, 0.9, "", "", {})  # type: ignore[arg-type]


CARD = Card(
    name="fake",
    version="1",
    kind="encoder",
    folder=Path(),
    base="",
    licence="",
    max_tokens=192,
    tasks={
        "clause_type": task("clause_type", "multi", ("governing_law", "audit_rights")),
        "message_fraud": task("message_fraud", "single", ("legitimate", "smishing", "spam")),
    },
    files={},
    digest="0" * 64,
    about={"languages": ["en"]},
)


def segment(text: str, start: int = 0, index: int = 0, language: str = "en") -> Segment:
    return Segment(ID, index, start, start + len(text), ("Heading",), text, language)


def parsed(text: str, **changes: object) -> Document:
    document = Document(
        ID, "x.txt", text, "text/plain", language="en", domain="legal", domain_probability=0.99
    )
    return replace(document, **changes)  # type: ignore[arg-type]


def rows_of(document: Document, reading: Reading | None = None):  # type: ignore[no-untyped-def]
    segments = (segment(document.text, language=document.language),)
    read = replace(document, segments=segments, tasks=((),), readings=(reading or Reading({}, 5),))
    return conclude(extract(read), CARD)


@pytest.mark.parametrize(
    ("probabilities", "expected", "why"),
    [
        (
            (0.8, 0.6),
            [("governing_law", False), ("audit_rights", True)],
            "below abstain_below is kept, marked",
        ),
        ((0.4, 0.1), [], "below the label's threshold there is no row"),
    ],
)
def test_classify_gives_labels_and_marks_doubt(
    probabilities: tuple[float, ...], expected: list[tuple[str, bool]], why: str
) -> None:
    rows = classify(segment("x"), Reading({"clause_type": probabilities}, 3), CARD)
    assert [(row.label, row.abstained) for row in rows] == expected, why
    assert all(row.model == "fake@1" for row in rows)


SMS = ("message_fraud", "smishing")


@pytest.mark.parametrize(
    ("probability", "flagged", "why"),
    [(0.95, True, "a sure label is a sign"), (0.6, False, "an abstained one is not")],
)
def test_label_becomes_a_flag_with_narrow_evidence(probability: float, flagged: bool, why: str) -> None:
    domain = domains.load("financial")
    assert SMS in {(sign.task, sign.label) for sign in domain.task_flags}
    place = segment("Hello. Verify your account now.", start=10)
    reading = Reading({"message_fraud": (1 - probability, probability, 0.0)}, 9, {SMS: (7, 31)})
    rows = flag_labels(ID, domain, [place], [reading], CARD)
    assert bool(rows) is flagged, why
    for row in rows:
        assert (row.start_char, row.end_char, row.evidence) == (17, 41, "Verify your account now.")
        assert row.probability == pytest.approx(probability, abs=1e-5)
        assert row.decided_by == "model fake@1"


@pytest.mark.parametrize(
    ("probability", "flagged", "doubted_too", "why"),
    [
        (0.95, True, False, "it leads .9 by more than the margin"),
        (0.92, False, True, ".9 is too near: another processor may say less"),
        (0.89, False, False, "it does not reach .9"),
    ],
)
def test_flag_within_the_margin_is_a_reason_for_review(
    probability: float, flagged: bool, doubted_too: bool, why: str
) -> None:
    domain = domains.load("financial")
    assert [sign.least for sign in domain.task_flags if (sign.task, sign.label) == SMS] == [0.9]
    tasks = {**CARD.tasks, SMS[0]: replace(CARD.tasks[SMS[0]], margin=0.5)}
    card, place = replace(CARD, tasks=tasks), segment("Verify your account now.")
    reading = Reading({SMS[0]: (1 - probability, probability, 0.0)}, 9)
    assert bool(flag_labels(ID, domain, [place], [reading], card)) is flagged, why
    assert bool(uncertain_codes(domain, [reading], card)) is doubted_too, why
    read = parsed(
        place.text,
        domain="financial",
        kind="text_message",
        segments=(place,),
        tasks=((),),
        readings=(reading,),
    )
    document = conclude(read, card).document
    assert document.status == ("flagged" if flagged else "review" if doubted_too else "clear"), why
    assert ("flag_uncertain:smishing" in document.reasons) is doubted_too, why


def test_message_is_judged_whole() -> None:
    domain = domains.load("financial")
    long_and_fine, short_and_odd = segment("a " * 50), segment("Click!", start=200, index=1)
    readings = [
        Reading({"message_fraud": (0.98, 0.01, 0.01)}, 100),
        Reading({"message_fraud": (0.01, 0.98, 0.01)}, 4, {SMS: (0, 6)}),
    ]
    assert flag_labels(ID, domain, [long_and_fine, short_and_odd], readings, CARD) == []
    (row,) = flag_labels(ID, domain, [short_and_odd], readings[1:], CARD)
    assert row.evidence == "Click!"


def test_together_is_the_mean_of_logits() -> None:
    single, multi = CARD.tasks["message_fraud"], CARD.tasks["clause_type"]
    assert pool_probabilities(single, [((0.7, 0.2, 0.1), 5)]) == pytest.approx((0.7, 0.2, 0.1))
    assert pool_probabilities(single, [((0.8, 0.1, 0.1), 5), ((0.1, 0.8, 0.1), 5)])[0] == pytest.approx(
        0.08**0.5 / (2 * 0.08**0.5 + 0.1), abs=1e-5
    )
    assert pool_probabilities(multi, [((0.9, 0.0), 3), ((0.1, 0.0), 3)]) == pytest.approx(
        (0.5, 0.0), abs=1e-5
    )


def test_rule_flag_points_into_the_document() -> None:
    domain = domains.load("financial")
    for example_rule in domain.flags[:5]:
        text = "x " * 10
        assert all(
            text[row.start_char : row.end_char] == row.evidence
            for row in flag(ID, domain, domains.RuleInput(text))
        ), example_rule.id


def test_model_that_reads_what_no_wording_shows_asks_for_review() -> None:
    rule = domains.CheckRule(
        id="law_named",
        title="Law named",
        severity="low",
        why="why",
        source="source",
        requires=(lambda view: [],),
        label="clause_type.governing_law",
    )
    domain = replace(domains.load("legal"), checks=(rule,))
    place = segment("Zurich law decides.")
    view = domains.RuleInput(place.text, segments=(place,))
    sure = classify(place, Reading({"clause_type": (0.9, 0.0)}, 4), CARD)
    (found,) = comply(ID, domain, view, sure)
    assert (found.verdict, found.evidence, found.decided_by) == ("review", place.text, "model fake@1")
    (absent,) = comply(ID, domain, view)
    assert (absent.verdict, absent.evidence, absent.searched) == ("fail", None, ("Heading",))
    assert absent.decided_by == "rule legal.law_named"
    (asked,) = comply(ID, domain, view, (), {"clause_type": "fake@1"})
    assert (asked.verdict, asked.decided_by) == ("fail", "rule legal.law_named+fake@1")
    silent = replace(domain, checks=(replace(rule, absent="nothing"),))
    assert comply(ID, silent, view, sure) == [found], "what a model has read is shown, too"
    assert not comply(ID, silent, view, (), {"clause_type": "fake@1"})


def test_model_that_reads_a_forbidden_clause_which_no_wording_shows_asks_for_review() -> None:
    rule = domains.CheckRule(
        id="no_such_law",
        title="No such law",
        severity="low",
        why="why",
        source="source",
        forbids=(lambda view: [],),
        label="clause_type.governing_law",
    )
    domain = replace(domains.load("legal"), checks=(rule,))
    place = segment("Zurich law decides.")
    view = domains.RuleInput(place.text, segments=(place,))
    sure = classify(place, Reading({"clause_type": (0.9, 0.0)}, 4), CARD)
    (found,) = comply(ID, domain, view, sure)
    assert (found.verdict, found.evidence, found.decided_by) == ("review", place.text, "model fake@1")
    (none,) = comply(ID, domain, view, (), {"clause_type": "fake@1"})
    assert (none.verdict, none.evidence, none.decided_by) == ("pass", None, "rule legal.no_such_law+fake@1")
    unsure = [replace(row, abstained=True) for row in sure]
    assert comply(ID, domain, view, unsure, {"clause_type": "fake@1"}) == [], "nobody knows"
    excluding = replace(rule, exclude=(lambda view: [(0, 6)],))
    (left,) = comply(ID, replace(domain, checks=(excluding,)), view, sure)
    assert (left.verdict, left.evidence) == ("pass", None), "the passage says what the check leaves out"


@pytest.mark.parametrize(
    ("text", "label", "verdict", "evidence", "decided_by"),
    [
        ("It lasts two years.", 0.1, "pass", "two years", "rule legal.lasting"),
        ("It lasts for ever. It ends.", 0.1, "pass", "It lasts for ever.", "rule legal.lasting"),
        ("It lasts a while.", 0.1, "review", "a while", "rule legal.lasting"),
        ("It lasts.", 0.95, "review", "It lasts.", "model fake@1"),
        ("It lasts.", 0.1, "review", None, "rule legal.lasting+fake@1"),
    ],
)
def test_where_a_fact_is_missing_words_decide_and_then_a_head(
    text: str, label: float, verdict: str, evidence: str | None, decided_by: str
) -> None:
    def words(pattern: str) -> domains.Matcher:
        return lambda view: (match.span() for match in re.finditer(pattern, view.text))

    rule = domains.CheckRule(
        id="lasting",
        title="Lasting",
        severity="medium",
        why="It says how long.",
        source="a test",
        compares=Expecting(parse("term is known", {"term": "duration"}, "a test")),
        expect="term is known",
        requires=(words("for ever"),),
        unclear=(words("a while"),),
        absent="review",
        label="clause_type.governing_law",
    )
    domain = replace(domains.load("legal"), checks=(rule,))
    place = segment(text)
    view = domains.RuleInput(text, "lease", segments=(place,))
    if (at := text.find("two years")) >= 0:
        fact = Fact(
            ID, 0, "term", None, None, "two years", "P2Y", "duration", None, None, at, at + 9, "rule", None,
            False, "rule legal.term",
        )  # fmt: skip
        view = replace(view, facts=(fact,))
    rows = classify(place, Reading({"clause_type": (label, 0.0)}, 4), CARD)
    (row,) = comply(ID, domain, view, rows, {"clause_type": "fake@1"})
    assert (row.verdict, row.evidence, row.decided_by) == (verdict, evidence, decided_by)
    assert row.why == {
        "two years": "It says how long. Found: term P2Y.",
        "It lasts for ever.": "It says how long.",
    }.get(evidence or "", "It says how long. Not found: term.")


@pytest.mark.parametrize(
    ("probabilities", "verdict", "why"),
    [
        ((0.1, 0.95), "review", "the head is sure of another clause"),
        ((0.1, 0.6), "pass", "it is not sure of it"),
        ((0.6, 0.95), "pass", "it sees both, in one passage"),
        ((0.1, 0.1), "pass", "it says nothing"),
    ],
)
def test_no_pass_against_a_head_that_is_sure_of_another_clause(
    probabilities: tuple[float, float], verdict: str, why: str
) -> None:
    text = "This agreement is governed by the laws of Ireland."
    place = segment(text)
    view = domains.RuleInput(text, "purchase", segments=(place,))
    view = replace(view, facts=read_facts("legal", view))
    rows = classify(place, Reading({"clause_type": probabilities}, 4), CARD)
    found = comply(ID, domains.load("legal"), view, rows, {"clause_type": "fake@1"})
    (row,) = [row for row in found if row.check_id == "governing_law"]
    assert row.verdict == verdict, why
    assert row.decided_by == "rule legal.governing_law" + ("+fake@1" if verdict == "review" else "")


def flagged(code: str, severity: str, probability: float | None = None) -> Flag:
    return Flag(ID, code, severity, probability, 0, 1, "x", "w", "s", "rule a.b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flags", "expected", "why"),
    [
        ([], 0.0, "no sign, no risk"),
        ([flagged("a", "high")], 0.6, "one sign weighs its severity"),
        ([flagged("a", "high"), flagged("a", "high")], 0.6, "a code counts once"),
        ([flagged("a", "high"), flagged("b", "high")], 0.84, "two codes add up"),
        ([flagged("a", "high", 0.5)], 0.3, "a model's doubt counts"),
    ],
)
def test_risk(flags: list[Flag], expected: float, why: str) -> None:
    assert risk(flags) == pytest.approx(expected), why


NOTE = "Kept for the record, with nothing else to say about it."
MAIL = {"media_type": "message/rfc822", "kind": "email", "domain": UNKNOWN}
LIKELY = {"kind": "loan", "kind_confident": False}


@pytest.mark.parametrize(
    ("changes", "status", "reasons", "why"),
    [
        ({"domain": UNKNOWN}, "not_checked", ("domain_unknown",), "which law applies is not known"),
        (
            {"domain": UNKNOWN, "kind_confident": False, "kind_candidates": ("legal.loan",)},
            "not_checked",
            ("domain_unknown", "kind_unknown:legal.loan"),
            "what it may be is named",
        ),
        ({}, "not_checked", ("kind_unknown",), "checks are asked of kinds"),
        (
            {**MAIL, "text_doubted": True},
            "review",
            ("text_layer_doubted",),
            "a person sees what its pages show",
        ),
        (
            {"kind_confident": False, "kind_candidates": ("financial.ledger",)},
            "not_checked",
            ("kind_unknown:financial.ledger",),
            "nothing that hangs on the kind was asked",
        ),
        (
            {"kind": "letter"},
            "not_checked",
            ("nothing_asked_of_kind:legal.letter",),
            "no check is for letters",
        ),
        ({"language": "it"}, "not_checked", ("language_not_read:it",), "a text not understood is not clear"),
        ({"media_type": "application/zip", "language": "it"}, "not_checked", ("listing",), "it lists others"),
        ({"media_type": "application/mbox"}, "not_checked", ("listing",), "so does a mailbox"),
        (MAIL, "clear", (), "the signs of fraud are what is asked of mail"),
        (
            {**MAIL, "text": "From: a@quay.se\nTo: b@quay.se\nSubject: Minutes\n\n[image]"},
            "not_checked",
            ("no_words",),
            "what a picture says was not read",
        ),
        ({**MAIL, "language": "es"}, "clear", (), "a head for mails reads Spanish"),
        ({**MAIL, "language": "fi"}, "not_checked", ("language_not_read:fi",), "nobody has read it"),
        (
            {**LIKELY, "kind_candidates": ("legal.policy",)},
            "not_checked",
            ("kind_unknown:legal.policy",),
            "a loan and a policy share no check",
        ),
    ],
)
def test_status_says_what_was_asked(
    changes: dict[str, Any], status: str, reasons: tuple[str, ...], why: str
) -> None:
    document = rows_of(parsed(**({"text": NOTE} | changes))).document
    assert (document.status, document.reasons) == (status, reasons), why


def test_an_unsure_kind_is_named_where_only_checks_of_every_kind_found_something() -> None:
    likely = ("financial.invoice", "financial.receipt")
    unsure = {"domain": "financial", "kind_confident": False, "kind_candidates": likely}
    found = rows_of(parsed("Card number 4111 1111 1111 1111 was charged on 3 May 2024.", **unsure))
    assert [row.check_id for row in found.findings] == ["pci_dss_3_4_unmasked_pan"]
    assert found.document.reasons == ("check:pci_dss_3_4_unmasked_pan", f"kind_unknown:{','.join(likely)}")


@pytest.mark.usefixtures("rules_alone")
def test_all_that_a_document_does_not_state_is_one_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rows_of(parsed(NOTE, kind="loan"))
    assert len(found.findings) > 3 and {row.verdict for row in found.findings} == {"review"}
    (reason,) = found.document.reasons
    due = {row.check_id for row in found.findings}
    assert not due & {"signature_block", "termination"}, "what wording cannot tell to be absent has no row"
    assert reason == "absent:" + ",".join(sorted(due)), "all of it is one thing to look at"
    monkeypatch.setattr("docassay.transforms.ask.absence_is_proven", lambda by: by.endswith("loan_repayment"))
    failed = [row.check_id for row in rows_of(parsed(NOTE, kind="loan")).findings if row.verdict == "fail"]
    assert failed == ["loan_repayment"], "people found it absent where the check did, often enough"


@pytest.mark.usefixtures("rules_alone")
def test_what_is_customary_alone_sends_nobody_to_look() -> None:
    text = (
        'Alder, Inc. and Birch agree: "Confidential Information" means all plans, drawings and'
        " other information that one party discloses to the other. Secrecy lasts two (2) years."
    )
    found = rows_of(
        parsed(
            f"{text} What was known before, was independently developed, is public or comes from a third"
            " party is not confidential. The laws of the State of Ohio govern. Made between Alder, Inc. and"
            " Birch, Inc. This agreement is effective as of May 3, 2024.",
            kind="nda",
        )
    )
    missing = {row.check_id for row in found.findings if row.verdict != "pass"}
    assert {"nda_return_or_destruction", "nda_compelled_disclosure"} <= missing
    assert (found.document.status, found.document.reasons) == ("clear", ())


def test_what_is_found_and_not_enough_is_looked_at_whatever_its_severity() -> None:
    text = "MRI OF THE KNEE\n\nHistory: 65 year old man.\n\nFINDINGS: There is a tear.\n\nIMPRESSION: A tear."
    found = rows_of(parsed(text, kind="imaging_report", domain="medical"))
    (row,) = (row for row in found.findings if row.check_id == "imaging_indication")
    assert (row.severity, row.verdict, row.evidence) == ("low", "review", "65 year old")
    assert found.document.reasons == ("check:imaging_indication",)


@pytest.mark.usefixtures("rules_alone")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind_confident": False, "kind_probability": 0.95}, "the kind is not sure"),
        ({"boundary_candidates": (20,)}, "where it ends is not sure"),
        ({"unread": (Unread("assess", 10),)}, "some of it was not read"),
        ({"language": UNDETERMINED}, "its language is not known"),
        ({"language": "de"}, "no model has read its language"),
    ],
)
def test_absence_fails_only_where_all_else_is_sure(
    changes: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docassay.transforms.ask.absence_is_proven", lambda decided_by: True)
    sure = rows_of(parsed(NOTE, kind="loan"))
    assert "fail" in {row.verdict for row in sure.findings}
    unsure = rows_of(parsed(NOTE, kind="loan", **changes))
    assert unsure.findings and "fail" not in {row.verdict for row in unsure.findings}, why


FEES = {
    "facts.toml": r"""[[fact]]
name = "fee"
title = "Fee"
type = "amount"
find = ['(?:lowest )?fee of EUR [\d.]+']
""",
    "rules.toml": """[[check]]
id = "low_fee"
severity = "high"
why = "We pay no more."
source = "ACME policy"
expect = "fee <= 1000 EUR"

[[flag]]
id = "high_fee"
severity = "high"
why = "We pay no more."
source = "ACME policy"
expect = "fee <= 1000 EUR"
""",
}


@pytest.mark.parametrize(
    ("changes", "verdict", "signs"),
    [
        ({}, "fail", ["high_fee"]),
        ({"kind_confident": False, "kind_probability": 0.95}, "review", ["high_fee"]),
        ({"boundary_candidates": (20,)}, "review", []),
    ],
)
def test_facts_contradict_only_within_one_document(
    changes: dict[str, Any], verdict: str, signs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with overlay(tmp_path, monkeypatch, FEES):
        rows = rows_of(parsed("A fee of EUR 1500 is due.", kind="services", **changes))
    (row,) = (row for row in rows.findings if row.check_id == "low_fee")
    assert (row.verdict, row.evidence) == (verdict, "1500")
    assert [row.code for row in rows.flags if row.code == "high_fee"] == signs
    assert [fact.abstained for fact in rows.facts if fact.name == "fee"] == [bool(changes)]


def test_data_that_contradict_a_check_are_looked_at_whatever_its_severity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = FEES["rules.toml"].replace('"high"', '"low"').replace("expect", 'present = "review"\nexpect', 1)
    files = {"facts.toml": f'{FEES["facts.toml"]}stated = "fee"\n', "rules.toml": rules}
    with overlay(tmp_path, monkeypatch, files):
        document = parsed("We meet.", kind="services", embedded_values=(("fee", "1500"),))
        for fee, is_told in ((document, True), (replace(document, embedded_values=()), False)):
            assert ("check:low_fee" in rows_of(fee).document.reasons) is is_told


def test_a_sign_that_several_domains_find_at_one_place_is_one_row() -> None:
    document = parsed("The w\u200beather is f\u200bine today.", domain=UNKNOWN, disguised=((4, 12), (16, 21)))
    found = [(row.code, row.evidence) for row in rows_of(document).flags]
    assert found == [("disguised_letters", "w\u200beather"), ("disguised_letters", "f\u200bine")]


def test_text_in_another_language_is_asked_nothing() -> None:
    places = (segment("Hello there", language="en"), segment("Guten Tag", index=1, language="de"))
    asked = tasks_of(parsed("x"), places, CARD)
    assert asked[1] == ()
    assert set(asked[0]) <= set(CARD.tasks)


class Fragile:
    """A reader that fails on one word."""

    card = CARD

    def read(self, texts, tasks, explain=()):  # type: ignore[no-untyped-def]
        if any("poison" in text for text in texts):
            raise RuntimeError("cannot read this")
        return [Reading({}, len(text)) for text in texts]


def test_failing_document_does_not_take_its_batch_with_it() -> None:
    good, bad = parsed("good"), parsed("poison", doc_id="b" * 64, uri="bad.txt")
    refused = Reject(None, "gone.txt", "read", "unreadable", "")
    splits = [
        replace(document, segments=(segment(document.text),), tasks=((),)) for document in (good, bad, good)
    ]
    elements = [splits[0], refused, splits[1], splits[2]]
    first, second, third, fourth = find_stage("assess").run_mixed(elements, Context(reader=Fragile()))
    assert isinstance(first, Document) and isinstance(fourth, Document)
    assert second is refused
    assert isinstance(third, Reject)
    assert (third.uri, third.stage, third.reason) == ("bad.txt", "assess", "fault")
    assert third.detail.startswith("RuntimeError at ") and "cannot read this" not in third.detail


LABELLED = """
[[check]]
id = "{key}_law"
severity = "low"
why = "why"
source = "source"
{key} = ["label:clause_type.governing_law"]
{more}
"""


@pytest.mark.parametrize(
    ("key", "more", "sure", "verdict", "found"),
    [
        ("requires", "", 0.9, "pass", True),
        ("requires", "", 0.35, "review", True),
        ("requires", "", None, "review", False),
        ("requires", "absent = 'fail'", 0.0, "fail", False),
        ("forbids", "", 0.9, "review", True),
        ("forbids", "present = 'fail'", 0.9, "fail", True),
        ("forbids", "present = 'fail'", 0.35, "review", True),
        ("forbids", "", 0.0, "pass", False),
        ("forbids", "", None, "review", False),
    ],
)
def test_a_check_may_require_or_forbid_what_a_model_labels(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    more: str,
    sure: float | None,
    verdict: str,
    found: bool,
) -> None:
    """A label that is sure counts; one that is not, or a model that was not asked, sends a person."""
    with overlay(tmp_path, monkeypatch, {"rules.toml": LABELLED.format(key=key, more=more)}):
        loaded = domains.load("legal")
        (rule,) = (rule for rule in loaded.checks if rule.id == f"{key}_law")
        title = "Which law\n"
        place = segment("Zurich law decides.", len(title))
        view = domains.RuleInput(title + place.text, segments=(place,))
        given = Classification(
            ID, 0, "clause_type", "governing_law", sure or 0.0, (sure or 0.0) < 0.5, "fake@1"
        )
        rows = [given] if sure else []
        models = {} if sure is None else {"clause_type": "fake@1"}
        (row,) = comply(ID, replace(loaded, checks=(rule,)), view, rows, models)
        assert (row.verdict, row.evidence) == (verdict, place.text if found else None)
        assert row.decided_by == f"rule acme.{key}_law" + ("" if sure is None else "+fake@1")
