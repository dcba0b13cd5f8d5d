"""A document head: a linear model on the words of a whole document, and on what is known of its structure.

It answers one question about a document before the text is split: of which kind it is, or whether a mail is
fraud. It reads the original, not a translation, and is linear in hashed words and word pairs of every
language that it was trained on, and in runs of characters where its weights say so
(`models/hashed_words.py`). What words do not say (a sender whose name and
address differ, lines that end in an amount) the caller gives as feature strings. `research/documents` fits
the weights.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, TaskCard, verify
from docassay.models.hashed_words import (
    MAX_CHARS,
    HashedWeights,
    character_counts,
    read_weights,
    string_counts,
    weighted,
    word_counts,
)
from docassay.models.reading import is_sure
from docassay.schemas.errors import ModelError

KIND = "document"
"""The kind of model that such a folder's card names."""

MAX_EXTRA = 1_000
"""Most feature strings that are looked at."""


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """The head in memory.

    Attributes:
        task: What the head answers: its labels, temperature, `abstain_below` and margin.
    """

    card: Card
    task: TaskCard
    weights: HashedWeights

    def predict(self, text: str, extra: Sequence[str] = ()) -> dict[str, float]:
        """Give each label's calibrated probability, by label; the result is empty where nothing was given.

        Args:
            text: The document's text in its original language; `models.hashed_words.MAX_CHARS` are read.
            extra: Feature strings, as in training; their order and repetition do not matter.
        """
        buckets, values = features(text, extra, self.weights.rarity, self.weights.characters)
        return self.weights.predict(self.task.labels, self.task.temperature, buckets, values)

    def sure_label(self, probabilities: Mapping[str, float]) -> str | None:
        """Name the most probable label if it is sure (`models.reading.is_sure`), else None."""
        if not probabilities:
            return None
        label = max(self.task.labels, key=lambda name: probabilities.get(name, 0.0))
        ordered = [probabilities.get(name, 0.0) for name in self.task.labels]
        return label if is_sure(self.task, ordered, label) else None


def checks_of(head: DocumentHead, labels: Collection[str]) -> frozenset[str]:
    """Name the checks that a head was trained on, as ``domain.check``.

    Args:
        head: A head on what checks find.
        labels: The labels that it must have.

    Raises:
        ModelError: Its card names no checks, or has other labels.
    """
    checks = head.card.about.get("checks")
    if {*head.task.labels} != {*labels} or not isinstance(checks, list):
        raise ModelError(f"model {head.card.id} in {head.card.folder} is no head of checks; install it again")
    return frozenset(map(str, checks))


def features(
    text: str, extra: Sequence[str], rarity: NDArray[np.uint8], characters: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Turn a document into buckets and values: of its words and of its feature strings, each of length 1.

    A bucket may be listed twice. Where `characters` is not 0, runs of characters follow, of that length.
    """
    half = len(rarity) // 2 if characters else len(rarity)
    words, counts = _words_of(text[:MAX_CHARS], half)
    strings, ones = string_counts(sorted(set(extra))[:MAX_EXTRA], half)
    buckets, values = [words, strings], [weighted(words, counts, rarity), weighted(strings, ones, rarity)]
    if characters:
        runs, counts = character_counts(text, half)
        buckets.append(runs + half)
        values.append(characters * weighted(runs + half, counts, rarity))
    return np.concatenate(buckets), np.concatenate(values)


@lru_cache(maxsize=2)
def _words_of(opening: str, buckets: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count a document's words once for all that a head is asked about it; nobody changes the arrays."""
    return word_counts(opening, buckets)


@cache
def load(folder: Path) -> DocumentHead:
    """Check a folder's digests and read its weights, once per process.

    Raises:
        ModelError: The folder is not that of a document head, or a file is not what the card describes.
    """
    card = verify(folder)
    if card.kind != KIND:
        raise ModelError(f"{folder} holds a model of kind {card.kind!r}, not a document head")
    if len(card.tasks) != 1 or any(task.kind != "single" for task in card.tasks.values()):
        raise ModelError(f"model {card.id} in {folder} has not one task of kind single; install it again")
    (task,) = card.tasks.values()
    return DocumentHead(card, task, read_weights(card, len(task.labels)))
