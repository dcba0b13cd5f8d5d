"""The domain detector: a linear model on words tells legal, financial, medical and other texts apart.

Words and pairs of neighbouring words are hashed into a table of weights with one column per label
(Weinberger et al. 2009, https://arxiv.org/abs/0902.2206), weighted by inverse document frequency, and
summed; the softmax of the sum is the answer. It takes under a millisecond per document, so it runs
before the encoder.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, verify
from docassay.schemas.errors import ModelError

BUCKETS = 1 << 17
"""Rows of the table of weights; a power of two, since the hash is masked."""

MAX_CHARS = 10_000
"""Most characters of a text that are looked at."""

DECIMALS = 6
"""Probabilities are rounded to this many decimals, so that they are equal on every machine."""

_WORD = re.compile(r"[^\W\d_]{1,40}|\d{1,40}|[$€£¥%§]")
_PAIR = np.uint64(0x9E3779B1)  # 2**32 over the golden ratio, as in Fibonacci hashing


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
        values = values * self.rarity[buckets]
        values /= np.sqrt(values @ values) or 1.0
        logits = (values @ self.weights[buckets].astype(np.float64)) * self.scale + self.bias
        return dict(zip(self.labels, softmax(logits / self.temperature).tolist(), strict=True))


def features(text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Turn the first `MAX_CHARS` of a text into buckets and their values.

    Text is lower-cased; of a number only its count of digits matters. A value is 1 + log(count).
    Before they are used, values are multiplied by the rarity of their buckets and
    scaled to length 1, so that a long text does not look surer only because it is long.

    >>> len(features("Net sales, net income")[0])
    6
    """
    words = _WORD.findall(text[:MAX_CHARS].lower())
    crc = zlib.crc32
    singles = np.array(
        [crc(b"0" * len(word) if word[0].isdecimal() else word.encode()) for word in words], dtype=np.uint64
    )
    pairs = (singles[:-1] * _PAIR + singles[1:]) >> np.uint64(7)
    hashed = np.concatenate([singles, pairs]) & np.uint64(BUCKETS - 1)
    buckets, counts = np.unique(hashed.astype(np.int64), return_counts=True)
    return buckets, 1.0 + np.log(counts)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits, labels last, into probabilities rounded to `DECIMALS`."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    rounded: NDArray[np.float64] = np.round(powers / powers.sum(axis=-1, keepdims=True), DECIMALS)
    return rounded


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
