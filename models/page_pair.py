"""Page pairs: how probable it is that a document begins between two pages of a file.

A linear model on hashed words, of how the first page ends and the second begins, gives one number more to
those that the caller has (numbering, likeness, layout); boosted trees (Friedman 2001,
https://doi.org/10.1214/aos/1013203451) weigh them all. `research/part` fits both.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, verify
from docassay.models.hashed_words import DECIMALS, string_counts
from docassay.schemas.errors import ModelError

KIND = "page_pair"
"""The kind of model that such a folder's card names."""

_ARRAYS = ("words", "scale", "bias", "feature", "threshold", "left", "right", "value")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PagePairModel:
    """The weights in memory. Nothing is changed after loading, so threads may share it.

    Attributes:
        features: The names of the numbers, in their order; the words' is added behind them.
        cut: A file holds several documents where it is so probable that one of its likely borders is one.
        further: A border is likely from this probability on.
        mixed: From this probability on, one may.
        words: [buckets] weights of hashed strings, quantised to int8; `scale` is their factor.
        feature: [trees, nodes] which number a node compares; -1 in a leaf.
        threshold: [trees, nodes] up to which a number goes to the left.
        left: [trees, nodes] the next node; a leaf's is itself, as is its `right`.
        value: [trees, nodes] what a leaf adds to the log-odds.
    """

    card: Card
    features: tuple[str, ...]
    cut: float
    further: float
    mixed: float
    words: NDArray[np.int8]
    scale: float
    bias: float
    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Floats

    def predict(self, numbers: Sequence[float], strings: Sequence[str]) -> float:
        """Give the probability that a document begins between two pages.

        Args:
            numbers: One for each of `features`.
            strings: Feature strings of the words around the border.
        """
        row = np.array([*numbers, self.of_words(strings)])
        trees = np.arange(len(self.feature))
        node = np.zeros(len(self.feature), dtype=np.int64)
        while True:
            feature = self.feature[trees, node]
            if (feature < 0).all():
                break
            goes_left = row[feature] <= self.threshold[trees, node]
            node = np.where(goes_left, self.left[trees, node], self.right[trees, node])
        odds = float(self.value[trees, node].sum())
        return round(1.0 / (1.0 + float(np.exp(-odds))), DECIMALS)

    def of_words(self, strings: Sequence[str]) -> float:
        """Give the log-odds by the words alone."""
        buckets, _ = string_counts(strings, len(self.words))
        if not len(buckets):
            return 0.0
        total = float(self.words[buckets].astype(np.int64).sum()) * self.scale / float(np.sqrt(len(buckets)))
        return round(total + self.bias, DECIMALS)


@cache
def load(folder: Path) -> PagePairModel:
    """Check a folder's digests and read its weights, once per process.

    Raises:
        ModelError: The folder is not that of such a model, or a file is not what the card describes.
    """
    card = verify(folder)
    if card.kind != KIND:
        raise ModelError(f"{folder} holds a model of kind {card.kind!r}, not of page pairs")
    try:
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
        features = tuple(str(name) for name in card.about["features"])
        cut, further, mixed = (float(card.about[name]) for name in ("cut", "further", "mixed"))
        scale, bias = float(arrays["scale"]), float(arrays["bias"])
    except (KeyError, TypeError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"model {card.id} in {folder} is incomplete: {error}; install it again") from None
    feature, left, right = (arrays[name].astype(np.int64) for name in ("feature", "left", "right"))
    shapes = {feature.shape, left.shape, right.shape, arrays["threshold"].shape, arrays["value"].shape}
    buckets = arrays["words"].size
    fits = len(shapes) == 1 and feature.ndim == 2 and arrays["words"].dtype == np.int8
    fits = fits and bool(buckets) and not buckets & (buckets - 1) and bool(feature.size)
    if not fits or feature.max() > len(features) or not _goes_on(feature, left, right):
        raise ModelError(f"model {card.id} in {folder} has arrays of the shapes {shapes}; install it again")
    return PagePairModel(
        card,
        features,
        cut,
        further,
        mixed,
        arrays["words"],
        scale,
        bias,
        feature,
        arrays["threshold"].astype(np.float64),
        left,
        right,
        arrays["value"].astype(np.float64),
    )


def _goes_on(feature: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> bool:
    """Tell whether every way through the trees ends: each node leads to later ones, or is a leaf."""
    here = np.arange(feature.shape[1])
    inner = feature >= 0
    on = (left > here) & (right > here) & (left < len(here)) & (right < len(here))
    return bool((on | ~inner).all() and ((left == here) & (right == here) | inner).all())
