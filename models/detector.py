"""The domain detector: a linear model on words tells legal, financial, medical and other texts apart.

The softmax of the summed weights of a text's words and word pairs (`models/hashed_words.py`) is the answer.
It takes under a millisecond per document, so it runs before the encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, verify
from docassay.models.hashed_words import HashedWeights, incomplete, read_weights, weighted, word_counts
from docassay.schemas.errors import ModelError

BUCKETS = 1 << 17
"""Rows of the table of weights; a power of two, since the hash is masked."""


@dataclass(frozen=True, slots=True)
class Detector:
    """The detector in memory.

    Attributes:
        threshold: An answer less probable than this is not to be relied on.
    """

    card: Card
    labels: tuple[str, ...]
    weights: HashedWeights
    temperature: float
    threshold: float

    def predict(self, text: str) -> dict[str, float]:
        """Give each label's calibrated probability; an empty result means that the text has no words."""
        buckets, values = features(text)
        values = weighted(buckets, values, self.weights.rarity)
        return self.weights.predict(self.labels, self.temperature, buckets, values)


def features(text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Turn the first `MAX_CHARS` of a text into buckets and their values."""
    return word_counts(text, BUCKETS)


@cache
def load(folder: Path) -> Detector:
    """Check a folder's digests and read its weights, once per process.

    Raises:
        ModelError: The folder is not that of a detector, or a file is not what the card describes.
    """
    card = verify(folder)
    if card.kind != "detector":
        raise ModelError(f"{folder} holds a model of kind {card.kind!r}, not a detector")
    try:
        labels = tuple(str(label) for label in card.about["labels"])
        temperature, threshold = float(card.about["temperature"]), float(card.about["threshold"])
    except (KeyError, ValueError) as error:
        raise incomplete(card, error) from None
    return Detector(card, labels, read_weights(card, len(labels), BUCKETS), temperature, threshold)
