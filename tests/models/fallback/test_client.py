"""Larger models: asked once, within a budget, never with an exception; an encoder by its own thresholds."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from docassay.models.catalog import DEFAULT_ENCODER, find, read
from docassay.models.fallback import client
from docassay.models.fallback.client import KEPT, FallbackClient, Request, folder_of, open_client, settings_of
from docassay.models.fallback.encoder import FallbackEncoder, check
from docassay.models.fallback.model import Answer, Limits, Meter, Question, Settings, judged
from docassay.models.reading import Reading
from docassay.schemas.errors import ModelError

QUESTION = Question("t", "single", ("a", "b"))
OTHER = Question("u", "single", ("a", "b"))
SETTINGS = Settings("encoder", "nowhere")
YES = Answer({"a": 1.0, "b": 0.0}, frozenset({"a"}))


class Counting:
    """A larger model that remembers what it was asked."""

    id = "counting@1"

    def __init__(self, answer: Answer = YES, fails: bool = False, short: bool = False) -> None:
        self.asked: list[str] = []
        self._answer, self._fails, self._short = answer, fails, short

    def knows(self, question: Question) -> bool:
        return True

    def answer(self, texts: Sequence[str], question: Question, labels: Sequence[str]) -> list[Answer]:
        self.asked += texts
        if self._fails:
            raise ValueError("a model's own fault")
        return [self._answer] * (0 if self._short else len(texts))


def request(text: str, question: Question = QUESTION) -> Request:
    return Request(text, question, question.labels)


def test_a_text_is_asked_about_once() -> None:
    model = Counting()
    asking = FallbackClient(SETTINGS, model)
    assert asking.ask([request("x"), request("y"), request("x")]) == [YES] * 3
    assert asking.ask([request("y"), request("z")]) == [YES] * 2
    assert model.asked == ["x", "y", "z"]
    asking.ask([request("x", OTHER), request("x")._replace(labels=("a",))])
    assert sorted(model.asked) == ["x", "x", "x", "y", "z"]


def test_several_threads_ask_once() -> None:
    model = Counting()
    asking = FallbackClient(SETTINGS, model)
    together = threading.Barrier(8)

    def ask() -> list[Answer]:
        together.wait()
        return asking.ask([request(str(n), question) for n in range(50) for question in (QUESTION, OTHER)])

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask) for _ in range(8)]
        assert all(answer.result() == [YES] * 100 for answer in answers)
    assert len(model.asked) == 100


@pytest.mark.parametrize(
    "model", [Counting(fails=True), Counting(short=True)], ids=["raises", "answers less"]
)
def test_a_model_that_fails_gives_a_reason_and_is_asked_again(model: Counting) -> None:
    asking = FallbackClient(SETTINGS, model)
    assert asking.ask([request("x")]) == [Answer(reason="failed")]
    assert asking.ask([request("x")]) == [Answer(reason="failed")]
    assert model.asked == ["x", "x"]


def test_answers_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docassay.models.fallback.client.KEPT", 10)
    asking = FallbackClient(SETTINGS, Counting())
    for n in range(50):
        asking.ask([request(str(n))])
    assert len(asking._answers) == 10


def test_answers_that_are_kept_take_a_bounded_memory() -> None:
    question = Question("t", "single", tuple(f"label_{n}" for n in range(40)))

    class Wide(Counting):
        def answer(self, texts: Sequence[str], question: Question, labels: Sequence[str]) -> list[Answer]:
            return [judged(question, {x: 1 / (3 + n) for n, x in enumerate(labels)}, 0.9) for _ in texts]

    asked = FallbackClient(SETTINGS, Wide())
    requests = [request(str(n), question) for n in range(500)]
    tracemalloc.start()
    try:
        asked.ask(requests)
        each = tracemalloc.get_traced_memory()[0] / len(requests)
    finally:
        tracemalloc.stop()
    assert each * KEPT < 100_000_000


def test_after_it_was_stopped_nothing_is_asked(larger: Path) -> None:
    meter = Meter(Limits())
    question = Question.of(read(larger).tasks["clause_type"])
    asking = FallbackClient(SETTINGS, FallbackEncoder(larger, meter), meter)
    asking.stop()
    (answer,) = asking.ask([Request(TEXTS[0], question, question.labels[:1])])
    assert answer.reason == "budget"


def test_seconds_beside_each_other_count_once() -> None:
    now = [0.0]
    meter = Meter(Limits(seconds=10, timeout=4), lambda: now[0])
    assert meter.begin() and meter.begin()
    now[0] = 3
    meter.end()
    now[0] = 5
    meter.end()
    now[0] = 100
    assert meter.seconds() == 5 and meter.patience() == 4
    assert meter.begin()
    now[0] = 103
    assert meter.patience() == 2
    now[0] = 200
    meter.end()
    assert meter.patience() == 0 and not meter.begin()


@pytest.mark.parametrize(("probability", "given"), [(0.9, {"a"}), (0.899999, set())])
def test_an_answer_counts_from_its_threshold_on(probability: float, given: set[str]) -> None:
    assert judged(QUESTION, {"a": probability, "b": 1 - probability}, 0.9).given == given


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another model: the shipped one under another name, sure from other probabilities on."""
    return rewritten(tmp_path_factory.mktemp("models") / "larger")


def rewritten(folder: Path, **replaced: str) -> Path:
    shipped = find(DEFAULT_ENCODER)
    folder.mkdir()
    for path in shipped.iterdir():
        if path.name != "model.toml":
            (folder / path.name).symlink_to(path)
    card = (shipped / "model.toml").read_text().replace('name = "minilm"', 'name = "larger"')
    for name, value in replaced.items():
        assert name in card
        card = card.replace(name, value)
    (folder / "model.toml").write_text(card)
    return folder


TEXTS = ["This Agreement is governed by the laws of Delaware.", "Lunch was good.", ""]


def test_an_encoder_answers_by_its_own_thresholds(larger: Path) -> None:
    card = read(find(DEFAULT_ENCODER))
    encoder = FallbackEncoder(larger, Meter(Limits()))
    task = card.tasks["clause_type"]
    question = Question.of(task)
    assert encoder.id.startswith("larger@") and encoder.knows(question)
    assert not encoder.knows(replace(question, labels=question.labels[1:]))
    assert not encoder.knows(Question("unheard_of", "single", ("a",)))
    labels = ("governing_law", "audit_rights")
    law, lunch = encoder.answer(TEXTS[:2], question, labels)
    assert law.given == {"governing_law"} and not lunch.given
    assert not law.denied and not lunch.denied, "how sure a no is nobody measured"
    assert set(law.probabilities) == set(labels)


def test_an_encoder_within_a_budget(larger: Path) -> None:
    encoder = FallbackEncoder(larger, Meter(Limits(calls=1)))
    question = Question.of(read(larger).tasks["clause_type"])
    answers = encoder.answer(TEXTS[:2], question, question.labels[:1])
    assert [answer.reason for answer in answers] == [None, "budget"]
    nothing = FallbackEncoder(larger, Meter(Limits(calls=0)))
    assert {answer.reason for answer in nothing.answer(TEXTS[:2], question, question.labels[:1])} == {
        "budget"
    }


def test_an_encoder_stops_at_the_text_that_spends_its_tokens(larger: Path) -> None:
    meter = Meter(Limits(tokens=20))
    question = Question.of(read(larger).tasks["clause_type"])
    answers = FallbackEncoder(larger, meter).answer([TEXTS[0]] * 8, question, question.labels[:1])
    assert [answer.reason for answer in answers] == [None] * 2 + ["budget"] * 6
    assert 20 <= meter.tokens_in < 40 and meter.tokens_out == 0


def test_no_more_read_at_once_than_it_has_threads(larger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = FallbackEncoder(larger, Meter(Limits()), threads=2)
    question = Question.of(read(larger).tasks["clause_type"])
    at_once, most = [0], [0]

    def slowly(texts: Sequence[str], tasks: object) -> list[Reading]:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.05)
        at_once[0] -= 1
        return [Reading({}, 3) for _ in texts]

    monkeypatch.setattr(encoder._encoder, "read", slowly)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: encoder.answer([str(n)], question, question.labels), range(8)))
    assert most[0] <= 2


def test_a_folder_costs_no_money(larger: Path) -> None:
    settings = settings_of(str(larger), limits=Limits(calls=7, money=0.0, price_in=1.0, price_out=1.0))
    assert settings and settings.limits == Limits(calls=7)


def test_an_empty_text_is_unsure_and_no_fault(larger: Path) -> None:
    question = Question.of(read(larger).tasks["clause_type"])
    asking = FallbackClient(SETTINGS, FallbackEncoder(larger, Meter(Limits())))
    labels = ("governing_law",)
    law, *blank = asking.ask([Request(text, question, labels) for text in (TEXTS[0], "", " \n")])
    assert law.given == {"governing_law"}, "its neighbours cost it nothing"
    assert blank == [Answer(), Answer()]


def test_a_name_of_the_catalog_is_looked_up_where_it_is_opened(
    larger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = read(find(DEFAULT_ENCODER))
    monkeypatch.setenv("DOCASSAY_MODELS", str(larger))
    settings = settings_of("larger")
    assert settings and (settings.kind, settings.at) == ("encoder", "larger")
    (tmp_path / "models").mkdir()
    elsewhere = rewritten(tmp_path / "models/larger")
    monkeypatch.setenv("DOCASSAY_MODELS", str(tmp_path / "models"))  # as on a worker's machine
    assert folder_of(settings) == elsewhere
    assert client.check(settings, small)[0].name == "larger"
    assert open_client(settings).model.id.startswith("larger@")


def test_folders_that_are_refused(larger: Path, tmp_path: Path) -> None:
    small = read(find(DEFAULT_ENCODER))
    assert check(larger, small).name == "larger"
    half = tmp_path / "half"
    rewritten(half)
    (half / "model.bin").unlink()
    with pytest.raises(ModelError, match="missing"):
        check(half, small)
    pickled = rewritten(tmp_path / "pickled")
    (pickled / "pickle.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match="no sha256"):
        check(pickled, small)
    strange = rewritten(tmp_path / "strange", **{"[tasks.": "[tasks.my_"})
    with pytest.raises(ModelError, match="none of which"):
        check(strange, small)
    labels = rewritten(tmp_path / "labels", **{'"governing_law"': '"governing_law_"'})
    with pytest.raises(ModelError, match="does not have the labels"):
        check(labels, small)
    shorter = json.dumps(json.loads((larger / "vocabulary.json").read_text())[:-1]).encode()
    before, after = (
        hashlib.sha256(it).hexdigest() for it in ((larger / "vocabulary.json").read_bytes(), shorter)
    )
    tokens = rewritten(tmp_path / "tokens", **{before: after})
    (tokens / "vocabulary.json").unlink()
    (tokens / "vocabulary.json").write_bytes(shorter)
    with pytest.raises(ModelError, match="gives ids up to"):
        check(tokens, small)
    untokenized = rewritten(tmp_path / "untokenized")
    (untokenized / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="tokenizer"):
        check(untokenized, small)


def test_a_folder_and_a_generator(larger: Path, tmp_path: Path) -> None:
    settings = settings_of(str(larger))
    assert settings and (settings.kind, settings.at) == ("encoder", str(larger))
    with pytest.raises(ModelError, match="is not a model folder"):
        settings_of(str(tmp_path))


def test_a_generator_that_translates_is_named_by_its_name(
    larger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = replace(read(larger), kind="generator", about={"source_languages": ["de"]})
    monkeypatch.setattr(client.catalog, "read", lambda _: card)
    with pytest.raises(ModelError, match="by its name in the catalog"):
        settings_of(str(larger))
    monkeypatch.setenv("DOCASSAY_MODELS", str(larger))
    settings = settings_of("larger", per_document=7, limits=Limits(calls=3, money=1.0, price_in=2.0))
    assert (settings.kind, settings.at, settings.per_document) == ("translator", "larger", 7)
    assert settings.limits == Limits(calls=3), "a model on this machine has no price"
