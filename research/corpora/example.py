"""What a loader returns and what is known about a task before any text is read."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.train.score import Kind, Split

WINDOW = 192
"""Tokens that the encoder reads at once, marks included; longer texts are read in several windows."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text.

    `part` tells apart several test sets of one task and marks examples that the official test does not hold
    (`"unlabelled"`: a contract paragraph without any category). A multi-label example without labels is a
    negative. `spans` are the characters [start, end) that a label rests on, where the corpus says them, in
    the order of the text. `document` names the document that a text is of, where the texts of one come in
    their order and tell of each other.
    """

    task: str
    text: str
    labels: tuple[str, ...]
    split: Split
    part: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    document: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A classification task: where its data comes from and what counts as good.

    `floor` is TF-IDF with a linear SVM on the same test, `target` what this model should reach; both map a
    metric name to a value. `passes` is how often fine-tuning shows the train split (scaled to the token
    budget), `max_tokens` the length it is cut at then.
    """

    name: str
    domain: str
    kind: Kind
    load: Callable[[Path], list[Example]]
    archives: tuple[str, ...]
    data: str
    data_licence: str
    test: str
    passes: float
    max_tokens: int = WINDOW
    floor: Mapping[str, float] = field(default_factory=dict)
    target: Mapping[str, float] = field(default_factory=dict)
    abstain_precision: float = 0.9


def drawn(examples: Sequence[Example], most: int) -> list[Example]:
    """Take `most` examples by the checksums of their texts, so that the choice hangs on nothing else.

    They stay in their order, and all are taken where `most` is 0.

    >>> rows = [Example("t", text, (), "train") for text in ("one", "two", "three", "four")]
    >>> [row.text for row in drawn(rows, 2)] == [row.text for row in drawn(rows[::-1], 2)][::-1]
    True
    """
    if not most:
        return list(examples)
    keys = sorted((zlib.crc32(example.text.encode()), example.text) for example in examples)
    chosen = set(keys[:most])
    return [example for example in examples if (zlib.crc32(example.text.encode()), example.text) in chosen]


def label_order(examples: Sequence[Example]) -> tuple[str, ...]:
    """Return a task's labels sorted by name: the row order of its head."""
    return tuple(sorted({label for example in examples for label in example.labels}))


def targets(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.int64]:
    """Return 0/1 of [examples, labels]; labels outside the given ones are ignored."""
    column = {label: index for index, label in enumerate(labels)}
    matrix = np.zeros((len(examples), len(labels)), np.int64)
    for row, example in enumerate(examples):
        for label in example.labels:
            if label in column:
                matrix[row, column[label]] = 1
    return matrix
