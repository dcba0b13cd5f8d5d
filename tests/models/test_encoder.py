"""The encoder gives the same answer whatever surrounds a text, and never lets the engine crash."""

from __future__ import annotations

from typing import Any

import ctranslate2
import numpy as np
import pytest

from docassay.models.catalog import TaskCard, find
from docassay.models.encoder import Encoder
from docassay.models.reading import assigned_labels
from docassay.schemas.errors import ModelError

TEXTS = [
    "This Agreement shall be governed by the laws of the State of Delaware.",
    "Urgent! Your account is locked, verify at http://secure-bank.example/login now.",
    "CHIEF COMPLAINT: chest pain for two days.",
    "No.",
    "",
    " \n\t ",
    "word " * 700,
    "\U0001f600 \u202e\u200b 𝕏 \x01",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(find("minilm"))


@pytest.fixture(scope="module")
def tasks(encoder: Encoder) -> tuple[str, ...]:
    return tuple(encoder.card.tasks)


def test_reading_alone_or_together_is_identical(encoder: Encoder, tasks: tuple[str, ...]) -> None:
    together = encoder.read(TEXTS, [tasks] * len(TEXTS))
    alone = [encoder.read([text], [tasks])[0] for text in TEXTS]
    assert together == alone


def test_the_engine_is_opened_when_a_task_is_asked(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, tasks: tuple[str, ...]
) -> None:
    opened = list[str]()

    def engine(folder: str, **_: object) -> Any:
        opened.append(folder)
        return encoder.engine

    monkeypatch.setattr(ctranslate2, "Encoder", engine)
    own = Encoder(find("minilm"))
    (unasked,) = own.read(TEXTS[:1], [()])
    assert (unasked.probabilities, opened) == ({}, [])
    (asked,) = own.read(TEXTS[:1], [tasks])
    assert own.read(TEXTS[:1], [tasks]) == [asked] == encoder.read(TEXTS[:1], [tasks])
    assert unasked.tokens == asked.tokens and opened == [str(find("minilm"))]


def test_an_engine_that_cannot_be_opened_is_the_models_fault(
    monkeypatch: pytest.MonkeyPatch, encoder: Encoder, tasks: tuple[str, ...]
) -> None:
    def gone(folder: str, **_: object) -> Any:
        raise RuntimeError(f"Unable to open file 'model.bin' in model '{folder}'")

    own = Encoder(find("minilm"))
    with monkeypatch.context() as patch:
        patch.setattr(ctranslate2, "Encoder", gone)
        for _ in range(2):
            with pytest.raises(ModelError, match="cannot be opened: Unable to open"):
                own.read(TEXTS[:1], [tasks])
    monkeypatch.setattr(ctranslate2, "Encoder", lambda *_, **__: encoder.engine)
    assert own.read(TEXTS[:1], [tasks]) == encoder.read(TEXTS[:1], [tasks])


@pytest.mark.slow
def test_threads_do_not_change_a_reading(encoder: Encoder, tasks: tuple[str, ...]) -> None:
    two = Encoder(find("minilm"), threads=2)
    texts = [f"{text} {n}" for n in range(10) for text in TEXTS]
    assert two.read(texts, [tasks] * len(texts)) == encoder.read(texts, [tasks] * len(texts))


def test_probabilities_are_what_their_kind_says(encoder: Encoder, tasks: tuple[str, ...]) -> None:
    (reading,) = encoder.read([TEXTS[0]], [tasks])
    assert set(reading.probabilities) == set(tasks)
    for name, values in reading.probabilities.items():
        assert all(0.0 <= value <= 1.0 for value in values)
        if encoder.card.tasks[name].kind == "single":
            assert sum(values) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_text_without_a_word_has_no_probabilities(
    encoder: Encoder, tasks: tuple[str, ...], text: str
) -> None:
    assert encoder.read([text], [tasks])[0].probabilities == {}


def test_no_text_at_all_is_no_call_of_the_engine(encoder: Encoder) -> None:
    assert encoder.read([], []) == []


def test_task_without_a_head_is_one_clear_error(encoder: Encoder) -> None:
    with pytest.raises(ModelError, match="no head for astrology"):
        encoder.read(["x"], [("astrology",)])


def test_evidence_is_a_sentence_of_the_text(encoder: Encoder) -> None:
    text = "We met on Monday. " * 3 + TEXTS[1] + " Kind regards."
    label = max(
        zip(
            encoder.card.tasks["message_fraud"].labels,
            encoder.read([text], [("message_fraud",)])[0].probabilities["message_fraud"],
            strict=True,
        ),
        key=lambda pair: pair[1],
    )[0]
    (reading,) = encoder.read([text], [("message_fraud",)], [("message_fraud", label)])
    start, end = reading.evidence["message_fraud", label]
    assert 0 <= start < end <= len(text)
    assert text[start:end] == text[start:end].strip()
    assert len(text[start:end]) < len(text)


def test_pooled_states_are_the_ones_read(encoder: Encoder) -> None:
    states = encoder.pooled(TEXTS[:3])
    assert states.shape == (3, 384)
    assert np.array_equal(states[1], encoder.pooled([TEXTS[1]])[0])


@pytest.mark.parametrize(
    ("kind", "probabilities", "expected"),
    [
        ("single", (0.2, 0.5, 0.3), ["b"]),
        ("multi", (0.9, 0.4, 0.95), ["c", "a"]),
        ("multi", (0.1, 0.1, 0.1), []),
    ],
)
def test_given_labels(kind: str, probabilities: tuple[float, ...], expected: list[str]) -> None:
    thresholds = (0.5, 0.5, 0.5) if kind == "multi" else ()
    task = TaskCard("t", "legal", kind, ("a", "b", "c"), 1.0, thresholds, 0.5, 0.9, "", "", {})  # type: ignore[arg-type]
    assert [label for label, _ in assigned_labels(task, probabilities)] == expected


@pytest.mark.parametrize("bound", ["ENCODED_CHARS", "STATES_TOKENS"])
def test_texts_read_in_groups_are_read_the_same(
    encoder: Encoder, tasks: tuple[str, ...], bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [*TEXTS, TEXTS[0]]
    whole = encoder.read(texts, [tasks] * len(texts))
    monkeypatch.setattr(f"docassay.models.encoder.{bound}", 60)
    assert encoder.read(texts, [tasks] * len(texts)) == whole


def test_the_states_of_digits_are_bounded_as_those_of_words(
    encoder: Encoder, tasks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    states = Encoder._states

    def counted(self: Encoder, windows: dict[int, list[tuple[int, list[int]]]]) -> Any:
        held.append(sum(len(row) for pieces in windows.values() for _, row in pieces))
        return states(self, windows)

    monkeypatch.setattr(Encoder, "_states", counted)
    monkeypatch.setattr("docassay.models.encoder.STATES_TOKENS", 200)
    texts = [" ".join(f"{n}{m} {m}%" for m in range(30)) for n in range(12)]
    encoder.read(texts, [tasks] * len(texts))
    assert len(held) > 1
    assert max(held) <= 200
