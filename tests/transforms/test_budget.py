"""Budgets: however long a document, each stage reads so many characters of it, and says what it left."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from types import ModuleType

import pytest

from docassay.domains import CheckRule, FlagRule, RuleInput
from docassay.models.reading import Reading
from docassay.models.translator import Translated
from docassay.schemas.rows import Reject, Result
from docassay.transforms import ask as ask_module
from docassay.transforms import budget
from docassay.transforms import comply as comply_module
from docassay.transforms import conclude as conclude_module
from docassay.transforms import flag as flag_module
from docassay.transforms import split as split_module
from docassay.transforms import translate as translate_module
from docassay.transforms.budget import ITEM_CHARS, Budget
from docassay.transforms.conclude import conclude
from docassay.transforms.context import Context, Options
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.split import MAX_CHARS, cut_segments
from docassay.transforms.stages import run_stages
from docassay.transforms.translation import sentences as sentences_module
from tests.fakes import KeywordReader, card
from tests.spoken import Heart, Shelf

TASKS = {"clause_type": ["other", "governing_law", "termination"]}
TINY = Budget(translate_chars=600, assess_chars=1_500, rule_chars=3_000)
TRIES = 3
"""A sentence that a guard doubts is translated so often at most."""

ALL = sys.maxsize


class Reader(KeywordReader):
    """A reader that counts the characters of the segments that it is asked about."""

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        self.chars = sum(len(text) for text, names in zip(texts, tasks, strict=True) if names)
        return super().read(texts, tasks, explain)


def parsed(text: str, **changes: object) -> Document:
    document = Document(hashlib.sha256(text.encode()).hexdigest(), "a.txt", text, "text/plain")
    return replace(document, **changes)  # type: ignore[arg-type]


def french(clauses: int) -> str:
    return "Contrat de bail\n\n" + "\n\n".join(
        f"{n}. Clause\n\nLe locataire paie au bailleur la somme numéro {n} le premier jour du mois."
        for n in range(1, clauses + 1)
    )


def english(clauses: int) -> str:
    return "Master Services Agreement\n\n" + "\n\n".join(
        f"{n}. Governing Law\nThis agreement, in its part {n}, is governed by the laws of the State of Ohio."
        for n in range(1, clauses + 1)
    )


def context(reader: Reader, most: Budget, french: Heart | None = None) -> Context:
    translators = Shelf({"fr": french} if french else {})
    return Context(Options(domain="legal", budget=most), reader=reader, translators=translators)


def read(text: str, most: Budget) -> tuple[Result, Reader, Heart]:
    reader, heart = Reader(card(TASKS)), Heart({})
    (result,) = run_stages([parsed(text)], context(reader, most, heart))
    assert isinstance(result, Result), result
    for row in (*result.flags, *result.findings):
        if row.start_char is not None:
            assert text[row.start_char : row.end_char] == row.evidence
    return result, reader, heart


def left_by(result: Result) -> dict[str, int]:
    """Give the first character that each stage has not read, as the reasons and `not_asked` say."""
    stages = [one.partition(":")[2] for one in result.document.reasons if one.startswith("time_limit:")]
    left = [one for one in result.document.not_asked or () if one.startswith("time_limit: ")]
    assert len(stages) == len(left)
    assert not stages or result.document.status in ("review", "flagged")
    return {stage: int(one.split()[-2]) for stage, one in zip(stages, left, strict=True)}


def test_a_short_document_is_read_whole() -> None:
    for text in (french(3), english(3)):
        assert left_by(read(text, TINY)[0]) == {}


def test_so_many_characters_are_translated_however_long_a_document_is() -> None:
    asked = []
    for clauses in (20, 200):
        text = french(clauses)
        result, _, heart = read(text, replace(TINY, rule_chars=ALL, assess_chars=ALL))
        asked.append(sum(map(len, heart.asked)))
        left = left_by(result)["translate"]
        assert text[left:].startswith(("Clause", "Le locataire")), "the first sentence that is left"
        assert result.segments[-1].language == "fr"
        translated = {row.segment for row in result.translations}
        assert translated == {s.segment for s in result.segments if s.end_char <= left}
        assert {row.segment for row in result.classifications} <= translated
        assert "language_not_read: clause_type" in (result.document.not_asked or ())
    assert asked[0] == asked[1] <= TRIES * TINY.translate_chars


def test_sentences_beyond_the_budget_are_not_even_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counting(*fields: object) -> object:
        made[-1] += 1
        return sentence(*fields)

    sentence = sentences_module.Sentence
    monkeypatch.setattr(sentences_module, "Sentence", counting)
    for clauses in (30, 300):
        made.append(0)
        read(french(clauses), replace(TINY, rule_chars=ALL, assess_chars=ALL))
    assert made[0] == made[1] > 3


class Slow(Heart):
    """A translator that takes a second a sentence."""

    now = 0.0

    def translate(self, sentences: Sequence[str]) -> list[Translated]:
        self.now += len(sentences)
        return super().translate(sentences)


def spoken(text: str) -> str:
    number = text.partition("numéro ")[2].partition(" ")[0]
    return (
        f"The tenant pays the landlord the sum number {number} on the first day of the month."
        if number
        else text
    )


@pytest.mark.parametrize("together", [1, 3])
def test_a_clock_stops_translating_between_sentences(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(spoken)
    monkeypatch.setattr(translate_module.time, "monotonic", lambda: slow.now)
    documents = [parsed(french(clauses)) for clauses in (10, 200, 300)]
    made = context(Reader(card(TASKS)), Budget(translate_seconds=60), slow)
    done = [one for at in range(0, 3, together) for one in run_stages(documents[at : at + together], made)]
    translated = []
    for document, result in zip(documents, done, strict=True):
        assert isinstance(result, Result), result
        left = left_by(result).get("translate", len(document.text))
        rows = {row.segment for row in result.translations}
        assert rows == {one.segment for one in result.segments if one.end_char <= left}
        translated.append(len(rows))
    assert "translate" not in left_by(done[0]), "a short one has its time, whatever stands beside it"
    assert translated[0] < translated[1] == translated[2] < 100, "what was translated is kept"
    assert slow.now <= 20 + 2 * (60 + TRIES * translate_module.CLOCKED_SENTENCES)


def test_a_clock_that_nobody_reaches_changes_nothing() -> None:
    text = french(200)
    by_clock, without = (
        read(text, replace(TINY, translate_chars=5_000, translate_seconds=seconds))
        for seconds in (1_000.0, math.inf)
    )
    assert by_clock[0] == without[0] and sorted(by_clock[2].asked) == sorted(without[2].asked)


def test_a_sentence_that_repeats_costs_little() -> None:
    sentence = "Le locataire paie au bailleur la somme convenue le premier jour de chaque mois de l'année."
    text = "\n\n".join([sentence] * (TINY.translate_chars // ITEM_CHARS - 6))
    assert "translate" not in left_by(read(text, TINY)[0])
    assert "translate" in left_by(read("\n\n".join([sentence] * 100), TINY)[0])


def test_the_encoder_reads_so_many_characters_of_a_document() -> None:
    for clauses in (30, 300):
        text = english(clauses)
        result, reader, _ = read(text, replace(TINY, rule_chars=ALL))
        left = left_by(result)["assess"]
        assert 0.7 * TINY.assess_chars < reader.chars <= TINY.assess_chars
        (first,) = [s.segment for s in result.segments if s.start_char == left]
        assert {row.segment for row in result.classifications} == set(range(1, first)), "0 is the title"
        assert result.segments[-1].end_char == len(text), "the segments are all there"
        assert f"time_limit: clause_type from character {left} on" in (result.document.not_asked or ())


@pytest.mark.usefixtures("rules_alone")
@pytest.mark.parametrize("make", [english, french])
def test_rules_read_so_many_characters_of_a_document(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    for module, name in ((conclude_module, "flag"), (ask_module, "comply")):
        work = getattr(module, name)

        def counting(doc_id, domain, view, *rest, work=work):  # type: ignore[no-untyped-def]
            seen.append(len(view.text))
            assert not view.segments or view.segments[-1].end_char <= len(view.text)
            for segment in view.segments:
                assert view.text[segment.start_char : segment.end_char] == segment.text
            return work(doc_id, domain, view, *rest)

        monkeypatch.setattr(module, name, counting)
    text = make(300) + "\nPlease keep this prime bank guarantee strictly secret."  # type: ignore[operator]
    result, _, _ = read(text, replace(TINY, translate_chars=ALL, assess_chars=ALL))
    assert left_by(result) == {"conclude": TINY.rule_chars}
    assert seen and max(seen) <= 1.5 * TINY.rule_chars
    assert not result.flags
    assert result.document.chars == len(text) and result.segments[-1].end_char == len(text)
    absent = [row for row in result.findings if row.start_char is None]
    assert {row.verdict for row in absent} <= {"review"}, "it may stand in what was not read"


def test_of_what_rules_have_read_they_say_the_same() -> None:
    text = "This prime bank guarantee is for a private placement program.\n\n" + english(300)
    whole, _, _ = read(text, Budget())
    cut, _, _ = read(text, TINY)
    assert cut.flags == tuple(row for row in whole.flags if row.end_char <= TINY.rule_chars) != ()


def test_a_document_has_so_many_parts_and_then_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_module, "MOST_PARTS", 50)
    text = "\n\n".join(f"Line {n}" for n in range(1_000))
    segments = cut_segments(parsed(text, language="en"))
    assert len(segments) < 50 + 2 * len(text) / MAX_CHARS
    assert segments[49].text == "Line 49" and segments[50].text.startswith("Line 50\n\nLine 51")
    assert segments[-1].end_char == len(text)
    covered = {at for s in segments for at in range(s.start_char, s.end_char)}
    assert all(at in covered or text[at].isspace() for at in range(len(text)))


def test_a_budget_is_the_same_for_a_document_whatever_stands_beside_it() -> None:
    reader = Reader(card(TASKS))
    shared = context(reader, TINY, Heart({}))
    documents = [parsed(french(50)), parsed(french(60)), parsed(english(70))]
    assert run_stages(documents, shared) == [run_stages([document], shared)[0] for document in documents]


def test_the_default_of_rules_holds_where_a_text_is_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conclude_module, "flag", lambda *_: [])
    monkeypatch.setattr(ask_module, "comply", lambda *_: [])
    text = "The weather is fine today. " * 200_000
    document = replace(detect(parsed(text[:2_000]), "legal"), text=text)
    rows = conclude(document, card(TASKS)).document
    assert "time_limit:conclude" in rows.reasons and rows.chars == len(text)


def test_a_document_whose_rules_take_for_ever_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(0, 10_000, 400))
    monkeypatch.setattr(budget.time, "thread_time", lambda: next(ticks))
    (reject,) = run_stages([parsed(english(3))], context(Reader(card(TASKS)), Budget(rule_seconds=300)))
    assert isinstance(reject, Reject)
    assert (reject.stage, reject.reason) == ("extract", "timeout"), "the first stage that applies rules"
    assert reject.detail == "more than 300 s of processor time"


@pytest.mark.parametrize("module", [flag_module, comply_module], ids=["flag", "comply"])
def test_the_time_is_looked_at_after_each_rule(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0
    asked = []

    def slow(rule: FlagRule | CheckRule, view: RuleInput) -> object:
        nonlocal now
        now += 100
        asked.append(rule.id)
        return ()

    monkeypatch.setattr(budget.time, "thread_time", lambda: now)
    monkeypatch.setattr(module, "spans" if module is flag_module else "applies", slow)
    (reject,) = run_stages([parsed(english(3))], context(Reader(card(TASKS)), Budget(rule_seconds=300)))
    assert isinstance(reject, Reject) and reject.reason == "timeout"
    assert len(asked) == 4
