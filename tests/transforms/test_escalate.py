"""Escalate: what abstained is asked and nothing else; answers enter before labels are smoothed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from docassay.models.catalog import Card
from docassay.models.fallback.client import FallbackClient
from docassay.models.fallback.model import Answer, Question, Settings
from docassay.models.label_chain import LabelChain
from docassay.models.reading import Reading, deciders, smooth_readings
from docassay.schemas.rows import Classification, Result, Segment
from docassay.transforms.assess import classify
from docassay.transforms.conclude import conclude
from docassay.transforms.document import Document
from docassay.transforms.escalate import escalate, failed
from docassay.transforms.redaction.fields import masked
from tests.fakes import card

CARD = card(
    {
        "filing_item": ["business", "risk", "none"],
        "clause_type": ["rent", "keys", "cap"],
        "message_fraud": ["legitimate", "smishing", "spam"],
    },
    multi={"clause_type"},
)
SURE, UNSURE = (0.9, 0.05, 0.05), (0.55, 0.4, 0.05)


class Scripted:
    """A larger model that answers by task; `None` where it does not know the task."""

    def __init__(self, answers: Mapping[str, Answer], name: str = "big@1") -> None:
        self.id = name
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []
        self._answers = answers

    def knows(self, question: Question) -> bool:
        return question.task in self._answers

    def answer(self, texts: Sequence[str], question: Question, labels: Sequence[str]) -> list[Answer]:
        self.asked += [(text, question.task, tuple(labels)) for text in texts]
        return [self._answers[question.task]] * len(texts)


def asking(model: Scripted, **settings: object) -> FallbackClient:
    return FallbackClient(Settings("endpoint", "nowhere", **settings), model)  # type: ignore[arg-type]


def assessed(readings: Sequence[Mapping[str, tuple[float, ...]]], known: Card = CARD) -> Document:
    doc_id = "d" * 64
    raw = tuple(Reading(reading, 3) for reading in readings)
    return Document(
        doc_id,
        "d.txt",
        "\n".join(map(str, range(len(readings)))),
        "text/plain",
        language="en",
        segments=tuple(Segment(doc_id, n, 2 * n, 2 * n + 1, (), str(n), "en") for n in range(len(readings))),
        tasks=tuple(tuple(reading) for reading in readings),
        readings=tuple(smooth_readings(raw, known, 6)),
        unsmoothed=raw,
    )


def rows(document: Document, known: Card = CARD) -> list[Classification]:
    pairs = zip(document.segments, document.readings, strict=True)
    return [row for segment, reading in pairs for row in classify(segment, reading, known)]


def said(**probabilities: float) -> Answer:
    best = max(probabilities, key=lambda label: probabilities[label])
    return Answer(probabilities, frozenset({best}))


RISK = said(business=0.03, risk=0.95, none=0.02)


def test_only_what_abstained_is_asked() -> None:
    model = Scripted({"filing_item": RISK, "clause_type": Answer(reason="slow")})
    document = assessed(
        [
            {"filing_item": SURE, "clause_type": (0.9, 0.1, 0.1)},
            {"filing_item": UNSURE, "clause_type": (0.55, 0.9, 0.1), "message_fraud": UNSURE},
        ]
    )
    escalate(document, [asking(model)], CARD)
    assert sorted(model.asked) == [
        ("1", "clause_type", ("rent",)),
        ("1", "filing_item", ("business", "risk", "none")),
    ]


def test_a_row_says_who_decided_and_keeps_the_small_answer() -> None:
    document = assessed([{"filing_item": UNSURE}, {"filing_item": SURE}])
    before = rows(document)
    after = rows(escalate(document, [asking(Scripted({"filing_item": RISK}))], CARD))
    assert (before[0].abstained, before[0].escalation, before[0].small_label) == (True, None, None)
    assert after[0] == replace(
        before[0],
        label="risk",
        probability=0.95,
        abstained=False,
        model="big@1",
        escalation="decided",
        small_model="keywords@1",
        small_label="business",
        small_probability=0.55,
    )
    assert after[1:] == before[1:]


@pytest.mark.parametrize("reason", ["slow", "absent", "refused", "nonsense", "failed", "budget"])
def test_asked_in_vain_nothing_changes_but_the_reason(reason: str) -> None:
    readings = [
        {"filing_item": UNSURE, "clause_type": (0.55, 0.55, 0.9)},
        {"filing_item": SURE, "message_fraud": UNSURE},
    ]
    document = assessed(readings)
    fails = Answer(reason=reason)
    model = Scripted({"filing_item": fails, "clause_type": fails})
    after = rows(escalate(document, [asking(model)], CARD))
    assert [replace(row, escalation=None) for row in after] == rows(document)
    assert [row.escalation for row in after] == [reason, None, reason, reason, None, None]


def test_an_unsure_answer_changes_nothing_but_the_reason() -> None:
    document = assessed([{"filing_item": UNSURE}])
    model = Scripted({"filing_item": Answer({"business": 0.5, "risk": 0.5, "none": 0.0})})
    (row,) = rows(escalate(document, [asking(model)], CARD))
    assert row == replace(rows(document)[0], escalation="unsure")


def test_none_of_the_labels_is_a_denial() -> None:
    document = assessed([{"filing_item": UNSURE}])
    model = Scripted({"filing_item": said(business=0.02, risk=0.02, none=0.96)})
    (row,) = rows(escalate(document, [asking(model)], CARD))
    assert (row.label, row.probability, row.abstained) == ("business", 0.02, True)
    assert (row.escalation, row.model, row.small_probability) == ("denied", "big@1", 0.55)


def test_a_label_where_the_small_model_saw_none() -> None:
    document = assessed([{"filing_item": (0.4, 0.05, 0.55)}])
    assert rows(document) == []
    (row,) = rows(escalate(document, [asking(Scripted({"filing_item": RISK}))], CARD))
    assert (row.label, row.small_label, row.abstained) == ("risk", "none", False)


def test_each_label_of_a_multi_task_is_settled_alone() -> None:
    document = assessed([{"clause_type": (0.55, 0.56, 0.9)}])
    answer = Answer({"rent": 0.97, "keys": 0.01}, frozenset({"rent"}), frozenset({"keys"}))
    rent, cap, keys = rows(escalate(document, [asking(Scripted({"clause_type": answer}))], CARD))
    assert (rent.label, rent.probability, rent.abstained, rent.escalation) == ("rent", 0.97, False, "decided")
    assert (rent.model, rent.small_probability) == ("big@1", 0.55)
    assert cap == rows(document)[0] and cap.escalation is None
    assert (keys.label, keys.probability, keys.abstained, keys.escalation) == ("keys", 0.01, True, "denied")


@pytest.mark.parametrize(("kind", "reads"), [("encoder", 1), ("endpoint", 2)])
def test_an_encoder_reads_a_text_once_whichever_labels_are_in_doubt(kind: str, reads: int) -> None:
    answer = Answer({"rent": 0.97, "keys": 0.98, "cap": 0.99}, frozenset({"rent", "keys", "cap"}))
    model = Scripted({"clause_type": answer})
    asked = FallbackClient(Settings(kind, "nowhere"), model)  # type: ignore[arg-type]
    for probabilities, doubted in [((0.55, 0.1, 0.1), "rent"), ((0.1, 0.55, 0.1), "keys")]:
        (row,) = rows(escalate(assessed([{"clause_type": probabilities}]), [asked], CARD))
        assert (row.label, row.escalation) == (doubted, "decided"), "what was not in doubt stays out"
    assert len(model.asked) == reads


def test_the_next_model_is_asked_what_the_first_left_open() -> None:
    document = assessed([{"filing_item": UNSURE, "clause_type": (0.55, 0.1, 0.1)}])
    first = Scripted({"filing_item": RISK, "clause_type": Answer(reason="slow")}, "first@1")
    yes = Answer({"rent": 0.99}, frozenset({"rent"}))
    second = Scripted({"filing_item": RISK, "clause_type": yes}, "second@1")
    after = rows(escalate(document, [asking(first), asking(second)], CARD))
    assert second.asked == [("0", "clause_type", ("rent",))]
    assert {row.task: row.model for row in after} == {"filing_item": "first@1", "clause_type": "second@1"}


def test_each_label_names_the_model_that_decided_it() -> None:
    document = assessed([{"clause_type": (0.55, 0.56, 0.1)}])
    rent = Answer({"rent": 0.97, "keys": 0.5}, frozenset({"rent"}))
    first = Scripted({"clause_type": rent}, "first@1")
    second = Scripted({"clause_type": Answer(reason="slow")}, "second@1")
    asked = escalate(document, [asking(first), asking(second)], CARD)
    assert second.asked == [("0", "clause_type", ("keys",))]
    by_label = {row.label: (row.model, row.escalation) for row in rows(asked)}
    assert by_label == {"rent": ("first@1", "decided"), "keys": ("keywords@1", "slow")}
    assert deciders(asked.readings, CARD, "clause_type") == "keywords@1+first@1"
    third = Scripted({"clause_type": Answer({"keys": 0.99}, frozenset({"keys"}))}, "third@1")
    asked = escalate(asked, [asking(third)], CARD)
    assert {row.label: row.model for row in rows(asked)} == {"rent": "first@1", "keys": "third@1"}
    assert deciders(asked.readings, CARD, "clause_type") == "keywords@1+first@1+third@1"


def test_a_label_that_smoothing_moved_between_two_models() -> None:
    document = assessed([{"filing_item": UNSURE}])
    first = escalate(document, [asking(Scripted({"filing_item": Answer(reason="slow")}, "first@1"))], CARD)
    moved = replace(first.readings[0], probabilities={"filing_item": (0.4, 0.55, 0.05)})
    second = asking(Scripted({"filing_item": RISK}, "second@1"))
    (row,) = rows(escalate(replace(first, readings=(moved,)), [second], CARD))
    assert (row.label, row.model, row.escalation) == ("risk", "second@1", "decided")
    assert (row.small_label, row.small_probability) == ("business", 0.55)


def test_answers_enter_before_labels_are_smoothed() -> None:
    sticky = LabelChain(
        np.full(3, 1 / 3), np.full((3, 3), 0.05) + np.eye(3) * 0.85, np.full(3, 1 / 3), evidence_weight=1.0
    )
    chained = replace(
        CARD,
        tasks={**CARD.tasks, "filing_item": replace(CARD.tasks["filing_item"], label_chain=sticky)},
    )
    document = assessed([{"filing_item": (0.48, 0.47, 0.05)}] * 3, chained)
    assert all(row.abstained for row in rows(document, chained)[:1])
    model = Scripted({"filing_item": RISK})
    asked_of = escalate(document, [asking(model, per_document=1)], chained)
    expected = [Reading({"filing_item": RISK_ROW}, 3), *document.unsmoothed[1:]]
    assert [reading.probabilities for reading in asked_of.readings] == [
        reading.probabilities for reading in smooth_readings(expected, chained, 6)
    ]
    after = rows(asked_of, chained)
    assert [row.label for row in after] == ["risk"] * 3, "what is next to it follows"
    assert [row.escalation for row in after] == ["decided", "budget", "budget"]


RISK_ROW = (0.03, 0.95, 0.02)


@pytest.mark.parametrize("budget", [0, 1, 2, 5])
def test_each_document_has_its_own_budget(budget: int) -> None:
    model = Scripted({"filing_item": RISK})
    asked = asking(model, per_document=budget)
    for _ in range(2):
        document = escalate(assessed([{"filing_item": UNSURE}] * 3), [asked], CARD)
        assert [row.escalation for row in rows(document)] == ["decided"] * min(budget, 3) + ["budget"] * max(
            0, 3 - budget
        )
    assert len(model.asked) == min(budget, 3), "asked once for the same text"


def test_after_a_fault_what_would_have_been_asked_says_so() -> None:
    document = assessed([{"filing_item": UNSURE, "clause_type": (0.55, 0.9, 0.1)}, {"message_fraud": UNSURE}])
    marked = rows(failed(document, [asking(Scripted({"filing_item": RISK, "clause_type": RISK}))], CARD))
    assert [replace(row, escalation=None) for row in marked] == rows(document)
    assert {(row.label, row.escalation) for row in marked} == {
        *(("business", "failed"), ("rent", "failed"), ("keys", None), ("legitimate", None)),
    }


def test_without_a_larger_model_the_document_is_the_same_object() -> None:
    document = assessed([{"filing_item": UNSURE}])
    assert escalate(document, [], CARD) is document
    sure = assessed([{"filing_item": SURE}])
    assert escalate(sure, [asking(Scripted({"filing_item": RISK}))], CARD) is sure


def test_a_flag_that_rests_on_a_larger_model_says_so() -> None:
    document = replace(assessed([{"message_fraud": (0.5, 0.45, 0.05)}]), domain="financial")
    smishing = said(legitimate=0.01, smishing=0.98, spam=0.01)
    asked = escalate(document, [asking(Scripted({"message_fraud": smishing}))], CARD)
    result: Result = conclude(asked, CARD)
    (flag,) = result.flags
    assert (flag.decided_by, flag.probability) == ("model keywords@1+big@1", 0.98)
    assert conclude(document, CARD).flags == ()


def test_personal_data_are_masked_in_what_is_shown() -> None:
    text = "Dear Mr. John Miller, call +49 30 901820 or write to john.miller@example.org.\nRent is due."
    parsed = Document("d" * 64, "d.txt", text, "text/plain", language="en")
    end = text.index("\n")
    segments = (
        Segment(parsed.doc_id, 0, 0, end, (), text[:end], "en"),
        Segment(parsed.doc_id, 1, end + 1, len(text), (), text[end + 1 :], "en"),
    )
    document = replace(parsed, segments=segments, tasks=((), ()))
    shown = masked(document, [0, 1])
    assert "Miller" not in shown[0] and "901820" not in shown[0] and "example.org" not in shown[0]
    assert "[PERSON]" in shown[0] and shown[0].startswith("Dear ")
    assert shown[1] == "Rent is due."
    model = Scripted({"clause_type": Answer(reason="slow")})
    reading = Reading({"clause_type": (0.55, 0.1, 0.1)}, 3)
    escalate(replace(document, readings=(reading, reading)), [asking(model, mask=True)], CARD)
    assert [text for text, *_ in model.asked] == [shown[0], shown[1]]
