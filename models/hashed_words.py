"""Hashed words: a text as counts of its words and word pairs, for linear models on whole documents.

Words and pairs of neighbouring words are hashed into a table of weights with one column per label
(Weinberger et al. 2009, https://arxiv.org/abs/0902.2206), weighted by inverse document frequency, and summed.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card
from docassay.schemas.errors import ModelError

Floats = NDArray[np.float64]
Buckets = NDArray[np.int64]

MAX_CHARS = 10_000
"""Most characters of a text that are looked at."""

MAX_RUN_CHARS = 4_000
SHORTEST_RUN, LONGEST_RUN = 3, 5
"""Of how many characters runs are counted, and in how much of a text."""

DECIMALS = 6
"""Probabilities are rounded to this many decimals, so that they are equal on every machine."""

_WORD = re.compile(r"[^\W\d_]{1,40}|\d{1,40}|[$€£¥%§]")
_RUN = np.uint64(0x100000001B3)  # the prime of FNV-1a
_PAIR = np.uint64(0x9E3779B1)  # 2**32 over the golden ratio, as in Fibonacci hashing


@dataclass(frozen=True, slots=True)
class HashedWeights:
    """The weights of a linear model. Nothing is changed after loading, so threads may share it.

    Attributes:
        rarity: Inverse document frequency by bucket, scaled to 255 for the rarest.
        weights: [buckets, labels], quantised to int8; `scale` has the factor of each label.
        characters: How much runs of characters count beside words; where they count, the second half of the
            buckets is theirs.
    """

    rarity: NDArray[np.uint8]
    weights: NDArray[np.int8]
    scale: Floats
    bias: Floats
    characters: float = 0.0

    def predict(
        self, labels: Sequence[str], temperature: float, buckets: Buckets, values: Floats
    ) -> dict[str, float]:
        """Give each label's calibrated probability; nothing where there are no buckets."""
        if not len(buckets):
            return {}
        logits = (values @ self.weights[buckets].astype(np.float64)) * self.scale + self.bias
        return dict(zip(labels, softmax(logits / temperature).tolist(), strict=True))


def read_weights(card: Card, labels: int, buckets: int | None = None) -> HashedWeights:
    """Read the weights in a model's folder.

    Args:
        card: Of the folder, whose digests were checked.
        labels: Columns that there must be.
        buckets: Rows that there must be; without, any power of two.

    Raises:
        ModelError: They are incomplete, or have other shapes.
    """
    try:
        with np.load(card.folder / "weights.npz", allow_pickle=False) as arrays:
            read = HashedWeights(
                arrays["rarity"],
                arrays["weights"],
                arrays["scale"].astype(np.float64),
                arrays["bias"].astype(np.float64),
                float(arrays["characters"]) if "characters" in arrays else 0.0,
            )
    except (KeyError, TypeError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise incomplete(card, error) from None
    rows = buckets or read.rarity.size
    shapes = (read.rarity.shape, read.weights.shape, read.scale.shape, read.bias.shape)
    fits = shapes == ((rows,), (rows, labels), (labels,), (labels,)) and not rows & (rows - 1)
    if not fits or read.rarity.dtype != np.uint8 or read.weights.dtype != np.int8:
        raise ModelError(
            f"model {card.id} in {card.folder} has arrays of the shapes {shapes}; install it again"
        )
    return read


def incomplete(card: Card, error: Exception) -> ModelError:
    """Say that a model's folder is incomplete."""
    return ModelError(f"model {card.id} in {card.folder} is incomplete: {error}; install it again")


def word_counts(text: str, buckets: int) -> tuple[Buckets, Floats]:
    """Turn the first `MAX_CHARS` of a text into buckets and their values.

    Text is lower-cased; of a number only its count of digits matters. A value is 1 + log(count).

    Args:
        text: Any text.
        buckets: Rows of the table of weights; a power of two, since the hash is masked.

    >>> len(word_counts("Net sales, net income", 1 << 17)[0])
    6
    """
    words = _WORD.findall(text[:MAX_CHARS].lower())
    crc = zlib.crc32
    singles = np.array(
        [crc(b"0" * len(word) if word[0].isdecimal() else word.encode()) for word in words], dtype=np.uint64
    )
    pairs = (singles[:-1] * _PAIR + singles[1:]) >> np.uint64(7)
    return _counted(np.concatenate([singles, pairs]), buckets)


def character_counts(text: str, buckets: int) -> tuple[Buckets, Floats]:
    """Turn runs of three to five characters inside words into buckets and their values.

    A word has a space on either side. They see what hides in or beside words: `p4ckage`, `re-ward`.

    Args:
        text: Any text; its first `MAX_RUN_CHARS` characters are looked at, in lower case.
        buckets: A power of two, since the hash is masked.

    >>> len(character_counts("a big", 1 << 16)[0])  # " a ", " bi", "big", "ig ", " big", "big ", " big "
    7
    """
    plain = f" {' '.join(text[:MAX_RUN_CHARS].lower().split())} "
    codes = np.frombuffer(plain.encode("utf-32-le", errors="replace"), dtype="<u4").astype(np.uint64)
    inside = np.concatenate([[0], np.cumsum(codes == ord(" "))])
    hashes, found = codes, []
    for length in range(2, LONGEST_RUN + 1):
        hashes = hashes[:-1] * _RUN + codes[length - 1 :]
        if length >= SHORTEST_RUN:
            gaps = inside[length - 1 : len(codes)] - inside[1 : len(codes) - length + 2]
            whole = hashes[gaps == 0] * _PAIR
            found.append((whole >> np.uint64(17)) ^ np.uint64(length))
    return _counted(np.concatenate(found), buckets)


def string_buckets(strings: Sequence[str], buckets: int) -> Buckets:
    """Give the bucket of each feature string, in order.

    >>> len(string_buckets(["links=0", "links=0"], 1 << 17))
    2
    """
    hashed = [zlib.crc32(b"\0" + string.encode(errors="backslashreplace")) for string in strings]
    return np.array(hashed, dtype=np.int64) & (buckets - 1)


def string_counts(strings: Sequence[str], buckets: int) -> tuple[Buckets, Floats]:
    """Turn feature strings into buckets and their values; a string is never the bucket of a word by design.

    >>> len(string_counts(["links=0", "links=0", "reply-to differs"], 1 << 17)[0])
    2
    """
    return _counted(string_buckets(strings, buckets).astype(np.uint64), buckets)


def weighted(buckets: Buckets, values: Floats, rarity: NDArray[np.uint8]) -> Floats:
    """Multiply values by the rarity of their buckets and scale them to length 1.

    So a long text does not look surer only because it is long.
    """
    product: Floats = values * rarity[buckets]
    return product / (np.sqrt(product @ product) or 1.0)


def softmax(logits: Floats) -> Floats:
    """Turn logits, labels last, into probabilities rounded to `DECIMALS`."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    rounded: Floats = np.round(powers / powers.sum(axis=-1, keepdims=True), DECIMALS)
    return rounded


def _counted(hashed: NDArray[np.uint64], buckets: int) -> tuple[Buckets, Floats]:
    places, counts = np.unique((hashed & np.uint64(buckets - 1)).astype(np.int64), return_counts=True)
    return places, 1.0 + np.log(counts)
