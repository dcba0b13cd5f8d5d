"""Lexical weights: a linear model on tokens and pairs of tokens; its logits are added to those of a head.

The states of a small encoder blur rare words; the words themselves do not. The two together are better than
either; see docs/decisions/0003-one-encoder-many-heads.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[np.uint32]

MOST_TOKENS = 1 << 16
"""Largest size of a vocabulary: two ids make one key of 32 bits."""

PARTS = ("terms", "term_rarity", "term_weight", "term_scale")
"""The arrays of a task in `heads.npz`, `TASK.PART`, in the order of the fields of `LexicalWeights`."""


def keys_of(ids: Sequence[int]) -> tuple[Keys, Keys]:
    """Give the keys of unigrams, [tokens], and bigrams, [tokens - 1], of a row of ids without special tokens.

    >>> unigrams, bigrams = keys_of([5, 7])
    >>> unigrams.tolist(), bigrams.tolist() == [5 * 65536 + 7]
    ([5, 7], True)
    """
    unigrams = np.asarray(ids, np.uint32)
    return unigrams, (unigrams[:-1] << np.uint32(16)) | unigrams[1:]


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How often each key occurs in each text, sorted by text and key.

    Attributes:
        text: The number of the text, [entries].
        keys: The key, [entries].
        log_count: 1 + log of how often the key occurs in the text, [entries].
        texts: The number of texts, those without any key included.
    """

    text: NDArray[np.int64]
    keys: Keys
    log_count: Floats
    texts: int

    def only(self, text_numbers: Sequence[int]) -> TokenCounts:
        """Keep some texts, given by number in ascending order, and renumber them."""
        chosen = np.asarray(text_numbers, np.int64)
        renumbered = np.full(self.texts, -1, np.int64)
        renumbered[chosen] = np.arange(len(chosen))
        mask = renumbered[self.text] >= 0
        return TokenCounts(renumbered[self.text[mask]], self.keys[mask], self.log_count[mask], len(chosen))


def count_tokens(rows: Sequence[Sequence[int]]) -> TokenCounts:
    """Count the keys of rows of token ids without special tokens."""
    row_keys = [np.concatenate(keys_of(row)) for row in rows]
    text = np.repeat(np.arange(len(rows), dtype=np.uint64), [len(keys) for keys in row_keys])
    keys = np.concatenate(row_keys) if row_keys else np.zeros(0, np.uint32)
    entries, counts = np.unique((text << np.uint64(32)) | keys, return_counts=True)
    return TokenCounts(
        (entries >> np.uint64(32)).astype(np.int64),
        entries.astype(np.uint32),
        1.0 + np.log(counts.astype(np.float64)),
        len(rows),
    )


@dataclass(frozen=True, slots=True)
class LexicalWeights:
    """What each term, a token or a pair of tokens, adds to the logits of a task.

    Attributes:
        keys: Sorted, [terms].
        rarity: Inverse document frequency in training, [terms].
        weight: [terms, labels], quantised to int8.
        scale: The factor of each label's weights, [labels].
    """

    keys: Keys
    rarity: NDArray[np.float32]
    weight: NDArray[np.int8]
    scale: NDArray[np.float32]

    def logits(self, texts: TokenCounts) -> Floats:
        """Give the logits of TF-IDF vectors, [texts, labels]; texts do not influence each other."""
        sums = np.zeros((texts.texts, len(self.scale)))
        terms, is_term, values = self._values(texts)
        text = texts.text[is_term]
        if len(text):
            starts = np.flatnonzero(np.diff(text, prepend=-1))
            sums[text[starts]] = np.add.reduceat(self.weight[terms] * values[:, None], starts, axis=0)
        return sums * self.scale

    def shares(self, ids: Sequence[int], counts: TokenCounts, label_weights: Floats) -> Floats:
        """Share each term's contribution among its occurrences, [tokens]; of a pair each token gets half.

        Args:
            ids: A row of token ids without special tokens.
            counts: Its token counts.
            label_weights: The weight of each label, [labels].
        """
        unigrams, bigrams = keys_of(ids)
        terms, is_term, values = self._values(counts)
        gains = np.zeros(len(counts.keys))
        gains[is_term] = values * (self.weight[terms] @ (label_weights * self.scale))
        gains /= np.exp(counts.log_count - 1)
        shares = gains[np.searchsorted(counts.keys, unigrams)]
        halves = gains[np.searchsorted(counts.keys, bigrams)] / 2
        shares[:-1] += halves
        shares[1:] += halves
        return shares

    def scaled(self, factor: Floats) -> LexicalWeights:
        """Multiply the logits by a factor for each label, [labels]."""
        return replace(self, scale=(self.scale * factor).astype(np.float32))

    def _values(self, texts: TokenCounts) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats]:
        """Give the terms' indices, a mask of the keys that are terms, and TF-IDF values of norm 1 by text."""
        terms = np.minimum(np.searchsorted(self.keys, texts.keys), len(self.keys) - 1)
        is_term = self.keys[terms] == texts.keys
        terms, text = terms[is_term], texts.text[is_term]
        values = texts.log_count[is_term] * self.rarity[terms]
        lengths = np.sqrt(np.bincount(text, weights=values * values, minlength=texts.texts))
        return terms, is_term, values / np.maximum(1e-9, lengths[text])


def to_arrays(task: str, terms: LexicalWeights) -> dict[str, NDArray[Any]]:
    """Name the arrays of a task's lexical weights as `heads.npz` has them."""
    arrays: tuple[NDArray[Any], ...] = (terms.keys, terms.rarity, terms.weight, terms.scale)
    return {f"{task}.{part}": array for part, array in zip(PARTS, arrays, strict=True)}


def from_arrays(task: str, arrays: Mapping[str, NDArray[Any]]) -> LexicalWeights | None:
    """Read a task's lexical weights, if it has any.

    Raises:
        KeyError: Only some of the arrays exist.
        ValueError: They do not fit together.
    """
    if f"{task}.{PARTS[0]}" not in arrays:
        return None
    keys, rarity, weight, scale = (arrays[f"{task}.{part}"] for part in PARTS)
    terms = LexicalWeights(
        np.asarray(keys, np.uint32),
        np.asarray(rarity, np.float32),
        np.asarray(weight, np.int8),
        np.asarray(scale, np.float32),
    )
    count = len(terms.keys)
    if not count or terms.rarity.shape != (count,) or terms.weight.shape != (count, len(terms.scale)):
        raise ValueError(f"the terms of task {task} do not fit together")
    if (np.diff(terms.keys.astype(np.int64)) <= 0).any():
        raise ValueError(f"the terms of task {task} are not sorted")
    return terms
