"""Escalation: what a guard doubts goes to the larger model once, within each document's own budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from docassay.models.fallback.model import Limits, Meter, Settings
from docassay.models.translator import Translated, Translator
from docassay.models.translators import check
from docassay.schemas.errors import ModelError
from docassay.schemas.rows import Reject
from docassay.transforms import translate as translate_stage
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.split import cut_segments
from docassay.transforms.stages import find_stage
from docassay.transforms.translate import translate as translate_needed
from docassay.transforms.translation import english as english_module
from docassay.transforms.translation.english import Outcome, SourceSentence
from tests.fakes import KeywordReader, card

SENTENCES = [
    "Le locataire paie le loyer de chaque mois au bailleur.",
    "Le bailleur remet les clés au locataire le premier jour.",
    "Le vendeur livre la marchandise au client dans le délai.",
]


class Fixed:
    """Says the same of every sentence, and remembers what it was asked."""

    placeholders = ()

    def __init__(self, english: str) -> None:
        self.card = card({})
        self.asked: list[str] = []
        self._english = english

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def translate(self, sentences: Sequence[str]) -> list[Translated]:
        self.asked += sentences
        return [Translated(self._english, -0.1) for _ in sentences]


class Both:
    def __init__(self, compact: str, larger: str) -> None:
        self.compact, self.bigger = Fixed(compact), Fixed(larger)

    def languages(self) -> set[str]:
        return {"fr"}

    def open(self, language: str) -> Translator:
        return self.compact

    def larger(self, language: str) -> Translator | None:
        return self.bigger


GOOD = "This agreement is between the tenant and the landlord."
BAD = "le loyer le loyer le loyer le loyer le loyer"
READER = card({"clause": ["rent", "keys"]})

translate = partial(translate_needed, everything=True)  # no question hangs on these sentences


def document(name: str, sentences: Sequence[str]) -> Document:
    parsed = Document(name, name, "\n\n".join(sentences), "text/plain", language="fr")
    segments = cut_segments(parsed, lambda text: ("fr", 1.0))
    return replace(parsed, segments=segments, tasks=tuple(() for _ in segments))


def english(outcomes: Sequence[object]) -> list[int]:
    """Count in each document the sentences that the larger model's English stands for."""
    texts = []
    for outcome in outcomes:
        assert isinstance(outcome, Document) and outcome.english
        texts.append(" ".join(row.text for row in outcome.english.translations))
    return [text.count(GOOD) for text in texts]


def test_only_what_a_guard_doubts_goes_to_the_larger_model() -> None:
    models = Both(GOOD, GOOD)
    translate([document("a", SENTENCES)], models, READER)
    assert models.compact.asked
    assert models.bigger.asked == []
    models = Both(BAD, GOOD)
    outcomes = translate([document("a", SENTENCES)], models, READER)
    assert sorted(models.bigger.asked) == sorted(SENTENCES)
    assert english(outcomes) == [3]
    assert not any(row.guarded for row in outcomes[0].english.translations)  # type: ignore[union-attr]


def test_what_both_models_fail_at_stays_marked() -> None:
    models = Both(BAD, BAD)
    outcomes = translate([document("a", SENTENCES)], models, READER)
    assert all(row.guarded for row in outcomes[0].english.translations)  # type: ignore[union-attr]


@pytest.mark.parametrize("budget", [0, 1, 2, 100])
def test_the_budget_is_each_documents_own_whatever_else_is_in_the_batch(budget: int) -> None:
    documents = [document("a", SENTENCES), document("b", SENTENCES[::-1]), document("c", SENTENCES[:1])]
    together = translate(documents, Both(BAD, GOOD), READER, budget)
    assert english(together) == [min(budget, 3), min(budget, 3), min(budget, 1)]
    assert together == [translate([d], Both(BAD, GOOD), READER, budget)[0] for d in documents]


def test_a_sentence_that_stands_twice_is_asked_and_counted_once() -> None:
    models = Both(BAD, GOOD)
    outcomes = translate([document("a", [SENTENCES[0], SENTENCES[0], SENTENCES[1]])], models, READER, 1)
    assert models.bigger.asked == SENTENCES[:1]
    assert english(outcomes) == [2]


@pytest.mark.parametrize(
    ("limits", "asked"),
    [
        (Limits(), 3),
        (Limits(calls=0), 0),
        (Limits(calls=2), 2),
        (Limits(seconds=0.0), 0),
        (Limits(tokens=19), 1),
        (Limits(tokens=20), 2),
    ],
)
def test_the_limits_of_a_run_hold_for_translations_too(
    limits: Limits, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence is a call; the first one has ten tokens here, and nine of English."""
    monkeypatch.setattr(english_module, "AT_ONCE", 1)
    models, meter = Both(BAD, GOOD), Meter(limits)
    spent = english_module.Metered(meter)
    outcomes = translate([document("a", SENTENCES)], models, READER, 100, metered=spent)
    assert english(outcomes) == [asked] == [meter.calls] == [len(models.bigger.asked)]
    assert meter.tokens_out == asked * len(GOOD.split())
    again = translate([document("b", SENTENCES[:1])], models, READER, 100, metered=spent)
    assert english(again) == [min(asked, 1)] and meter.calls == asked, "what was answered is not asked again"


def test_a_batch_that_is_tried_again_is_paid_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that fails after its translation costs the others neither calls nor their English."""
    made = translate_stage._with_english

    def fail(work: Any, *given: Any) -> Document:
        if work.document.doc_id == "c":
            raise ValueError("a fault")
        return made(work, *given)

    monkeypatch.setattr(translate_stage, "_with_english", fail)
    texts = [[f"{name} {sentence}" for sentence in SENTENCES] for name in ("Un", "Deux", "Trois", "Quatre")]
    documents = [document(name, some) for name, some in zip("abcd", texts, strict=True)]
    generator = Settings("translator", "a-generator", limits=Limits(calls=12))
    context = Context(
        Options(fallback_translator=generator, translate="all"),
        reader=KeywordReader(READER),
        translators=Both(BAD, GOOD),
    )
    first, second, third, fourth = find_stage("translate").run(documents, context)
    assert english([first, second, fourth]) == [3, 3, 3] and isinstance(third, Reject)
    assert context.translation_answers.meter.calls == 12


def test_threads_that_have_one_sentence_pay_for_it_once() -> None:
    class Slow(Fixed):
        def translate(self, sentences: Sequence[str]) -> list[Translated]:
            time.sleep(0.05)
            return super().translate(sentences)

    slow, meter = Slow(GOOD), Meter(Limits())
    spent, together = english_module.Metered(meter), threading.Barrier(4)

    def ask() -> dict[SourceSentence, Outcome]:
        together.wait()
        return spent.ask([SourceSentence(text) for text in SENTENCES], "fr", lambda language: slow)

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask) for _ in range(4)]
        assert all(answer.result() == answers[0].result() for answer in answers)
    assert len(answers[0].result()) == len(SENTENCES) == meter.calls


def test_a_model_that_may_not_be_asked_is_not_opened() -> None:
    class Closed(Both):
        def larger(self, language: str) -> Translator | None:
            raise AssertionError("opened")

    spent = english_module.Metered(Meter(Limits(calls=0)))
    (outcome,) = translate([document("a", SENTENCES)], Closed(BAD, GOOD), READER, 100, metered=spent)
    assert english([outcome]) == [0]


def test_a_larger_model_that_fails_leaves_no_call_under_way() -> None:
    class Failing(Fixed):
        def translate(self, sentences: Sequence[str]) -> list[Translated]:
            raise ValueError("no memory")

    models, meter = Both(BAD, GOOD), Meter(Limits(), clock=iter(range(100)).__next__)
    models.bigger = Failing(GOOD)
    spent = english_module.Metered(meter)
    with pytest.raises(ValueError, match="no memory"):
        translate([document("a", SENTENCES)], models, READER, 100, metered=spent)
    assert meter.seconds() == meter.seconds(), "no clock runs"


@pytest.mark.parametrize(("name", "words"), [("minilm", "kind 'encoder'"), ("absent", "no model 'absent'")])
def test_what_cannot_be_escalated_to(name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        check(name)
