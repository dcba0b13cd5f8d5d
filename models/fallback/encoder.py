"""A larger encoder with heads of its own, as a larger model: a folder that `docassay train --full` makes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Semaphore

from docassay.models.catalog import Card, verify
from docassay.models.encoder import Encoder
from docassay.models.fallback.model import BUDGET, Answer, Meter, Question
from docassay.models.heads import check_heads
from docassay.models.reading import Reading, assigned_labels, is_sure
from docassay.schemas.errors import ModelError

BATCH = 64
"""Texts read before the clock is looked at again."""


class FallbackEncoder:
    """Answers by its own tokenizer, heads, calibration and thresholds; a `FallbackModel`.

    It denies no label of a ``multi`` task: its card states how often a label that it gives is right, not how
    often one is wrong that it does not give where another model saw it.
    """

    def __init__(self, folder: Path, meter: Meter, threads: int = 1) -> None:
        """Open the model in `folder`, with `threads` calls of the engine at a time.

        Raises:
            ModelError: The folder is not what its card says.
        """
        self._encoder = Encoder(folder, threads)
        self._meter = meter
        self._readers = Semaphore(threads)  # each holds the states of its texts
        self.id = self._encoder.card.id

    def knows(self, question: Question) -> bool:
        """Tell whether it has a head for the task, with the same labels."""
        return answers(self._encoder.card, question)

    def answer(self, texts: Sequence[str], question: Question, labels: Sequence[str]) -> list[Answer]:
        """Read the texts, as many as there is budget for."""
        answered: list[Answer] = []
        for at in range(0, len(texts), BATCH):
            some = texts[at : at + BATCH]
            with self._readers:
                readings = self._read(some, question.task)
            answered += [self._judged(question, reading.probabilities, labels) for reading in readings]
            answered += [Answer(reason=BUDGET)] * (len(some) - len(readings))
        return answered

    def _read(self, texts: Sequence[str], task: str) -> list[Reading]:
        """Read the first of the texts, up to the one that spends what is left."""
        begun: list[str] = []
        try:
            for text in texts:
                if not self._meter.begin():
                    break
                begun.append(text)
                self._meter.spend(sum(map(len, self._encoder.windows([text]))))
            return self._encoder.read(begun, [[task]] * len(begun))
        finally:
            for _ in begun:
                self._meter.end()

    def _judged(
        self, question: Question, read: Mapping[str, Sequence[float]], labels: Sequence[str]
    ) -> Answer:
        task, probabilities = self._encoder.card.tasks[question.task], read.get(question.task)
        if probabilities is None:  # a blank text has nothing to be sure of
            return Answer()
        given = {
            label
            for label, _ in assigned_labels(task, probabilities)
            if label in labels and is_sure(task, probabilities, label)
        }
        by_label = dict(zip(task.labels, probabilities, strict=True))
        if task.kind == "single":
            return Answer(by_label, frozenset(given))
        return Answer({label: by_label[label] for label in labels}, frozenset(given))


def answers(card: Card, question: Question) -> bool:
    """Tell whether a model has a head for a question: of the same kind, with the same labels."""
    task = card.tasks.get(question.task)
    return task is not None and task.kind == question.kind and {*task.labels} == {*question.labels}


def check(folder: Path, small: Card) -> Card:
    """Check, before any document, that a folder holds an encoder that answers a question of the small one.

    Raises:
        ModelError: It does not; the message says what is wrong.
    """
    card = verify(folder)
    if card.kind != "encoder":
        raise ModelError(f"model {card.id} is of kind {card.kind!r}; labels are escalated to an encoder")
    shared = [name for name in card.tasks if name in small.tasks]
    if not shared:
        raise ModelError(
            f"model {card.id} answers {', '.join(sorted(card.tasks)) or 'nothing'}, none of which is a task"
            f" of {small.id} ({', '.join(sorted(small.tasks))})"
        )
    for name in shared:
        if not answers(card, Question.of(small.tasks[name])):
            raise ModelError(
                f"model {card.id}: task {name} does not have the labels that it has in {small.id}"
            )
    check_heads(card)
    _check_vocabulary(folder, card)
    return card


def _check_vocabulary(folder: Path, card: Card) -> None:
    """Check that the model has a row for each token: the engine would not raise but end the process.

    Raises:
        ModelError: It has not, or a file cannot be read.
    """
    from tokenizers import Tokenizer

    try:
        ids = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab().values()
        rows = len(json.loads((folder / "vocabulary.json").read_bytes()))
    except Exception as error:  # `tokenizers` raises a bare Exception
        raise ModelError(f"model {card.id}: its vocabulary cannot be read: {error}") from None
    if max(ids, default=0) >= rows:
        raise ModelError(
            f"model {card.id}: its tokenizer gives ids up to {max(ids)}, its vocabulary has {rows}"
        )
