"""The domain detector: a linear model on words tells legal, financial, medical and other texts apart.

The softmax of the summed weights of a text's words and word pairs (`models/hashed_words.py`) is the answer.
It takes under a millisecond per document, so it runs before the encoder.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, verify
from docassay.models.hashed_words import softmax, weighted, word_counts
from docassay.schemas.errors import ModelError

BUCKETS = 1 << 17
"""Rows of the table of weights; a power of two, since the hash is masked."""


@dataclass(frozen=True, slots=True)
class Detector:
    """The weights in memory. Nothing is changed after loading, so threads may share it.

    Attributes:
        rarity: Inverse document frequency by bucket, scaled to 255 for the rarest.
        weights: [`BUCKETS`, labels], quantised to int8; `scale` has the factor of each label.
        threshold: An answer less probable than this is not to be relied on.
    """

    card: Card
    labels: tuple[str, ...]
    rarity: NDArray[np.uint8]
    weights: NDArray[np.int8]
    scale: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float
    threshold: float

    def predict(self, text: str) -> dict[str, float]:
        """Give each label's calibrated probability; an empty result means that the text has no words."""
        buckets, values = features(text)
        if not len(buckets):
            return {}
        values = weighted(buckets, values, self.rarity)
        logits = (values @ self.weights[buckets].astype(np.float64)) * self.scale + self.bias
        return dict(zip(self.labels, softmax(logits / self.temperature).tolist(), strict=True))


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
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            rarity, weights = arrays["rarity"], arrays["weights"]
            scale, bias = arrays["scale"].astype(np.float64), arrays["bias"].astype(np.float64)
        labels = tuple(str(label) for label in card.about["labels"])
        temperature, threshold = float(card.about["temperature"]), float(card.about["threshold"])
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"model {card.id} in {folder} is incomplete: {error}; install it again") from None
    count = len(labels)
    shapes = (rarity.shape, weights.shape, scale.shape, bias.shape)
    if shapes != ((BUCKETS,), (BUCKETS, count), (count,), (count,)) or weights.dtype != np.int8:
        raise ModelError(f"model {card.id} in {folder} has arrays of the shapes {shapes}; install it again")
    return Detector(card, labels, rarity, weights, scale, bias, temperature, threshold)
