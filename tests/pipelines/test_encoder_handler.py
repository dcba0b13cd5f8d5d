"""The encoder handler: whose fault it is where a text cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from docassay import EncoderHandler
from docassay.models.reading import Reading
from docassay.schemas.errors import ModelError, RunError


class Reader:
    """Reads all texts but some."""

    def __init__(self, refused: dict[str, Exception]) -> None:
        self._refused = refused

    def read(self, texts: Sequence[str], *_: object) -> list[Reading]:
        for text in texts:
            if text in self._refused:
                raise self._refused[text]
        return [Reading({}, 1) for _ in texts]

    def pooled(self, texts: Sequence[str]) -> Any:
        raise AssertionError("no states were asked for")


def errors(refused: dict[str, Exception]) -> list[str | None]:
    handler = EncoderHandler[str](["clause_type"])
    reader: Any = Reader(refused)
    reader.card = type("Card", (), {"tasks": {"clause_type": type("Task", (), {"labels": ()})}})
    return [result.inference.error for result in handler.run_inference(["a", "b", "c"], reader)]


def test_a_text_that_makes_the_model_fail_takes_no_other_with_it() -> None:
    assert errors({"b": ValueError("no such token")}) == [None, "ValueError: no such token", None]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ModelError("model minilm@1: /models/minilm cannot be opened"), ModelError),
        (ImportError("no module named ctranslate2"), RunError),
        (OSError(24, "Too many open files"), RunError),
    ],
)
def test_what_is_no_texts_fault_ends_the_run(error: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        errors({"b": error})
