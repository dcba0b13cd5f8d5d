"""A linear model on a text's tokens and pairs of tokens, whose logits are added to those of a head.

The states of a small encoder blur rare words; the words themselves do not. Both together read better than
either; see docs/decisions/0017-words-beside-states.md.
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
"""A vocabulary may not be larger: two ids make one key of 32 bits."""

PARTS = ("terms", "term_rarity", "term_weight", "term_scale")
"""The arrays of a task in `heads.npz`, `TASK.PART`, in the order of the fields of `LexicalWeights`."""


def keys_of(ids: Sequence[int]) -> tuple[Keys, Keys]:
    """Name the tokens, [tokens], and the pairs of neighbours, [tokens - 1], of a row of ids without marks.

    >>> one, two = keys_of([5, 7])
    >>> one.tolist(), two.tolist() == [5 * 65536 + 7]
    ([5, 7], True)
    """
    one = np.asarray(ids, np.uint32)
    return one, (one[:-1] << np.uint32(16)) | one[1:]


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Which keys stand in texts, sorted by text and key.

    Attributes:
        text: The number of the text, [entries].
        keys: [entries].
        log_count: 1 + log of how often the key stands there, [entries].
        texts: How many texts there are, those without any key too.
    """

    text: NDArray[np.int64]
    keys: Keys
    log_count: Floats
    texts: int

    def only(self, chosen: Sequence[int]) -> TokenCounts:
        """Keep some texts, given in rising order, and number them anew."""
        wanted = np.asarray(chosen, np.int64)
        place = np.full(self.texts, -1, np.int64)
        place[wanted] = np.arange(len(wanted))
        kept = place[self.text] >= 0
        return TokenCounts(place[self.text[kept]], self.keys[kept], self.log_count[kept], len(wanted))


def count_tokens(rows: Sequence[Sequence[int]]) -> TokenCounts:
    """Count the keys of rows of token ids without marks."""
    found = [np.concatenate(keys_of(row)) for row in rows]
    text = np.repeat(np.arange(len(rows), dtype=np.uint64), [len(own) for own in found])
    keys = np.concatenate(found) if found else np.zeros(0, np.uint32)
    both, counts = np.unique((text << np.uint64(32)) | keys, return_counts=True)
    return TokenCounts(
        (both >> np.uint64(32)).astype(np.int64),
        both.astype(np.uint32),
        1.0 + np.log(counts.astype(np.float64)),
        len(rows),
    )


@dataclass(frozen=True, slots=True)
class LexicalWeights:
    """What each known token or pair of tokens adds to the logits of a task.

    Attributes:
        keys: Sorted, [terms].
        rarity: How much a term counts: its inverse document frequency in training, [terms].
        weight: [terms, labels], to be multiplied with `scale`.
        scale: [labels].
    """

    keys: Keys
    rarity: NDArray[np.float32]
    weight: NDArray[np.int8]
    scale: NDArray[np.float32]

    def logits(self, texts: TokenCounts) -> Floats:
        """Return [texts, labels]; what stands beside a text does not matter."""
        found = np.zeros((texts.texts, len(self.scale)))
        places, known, values = self._values(texts)
        text = texts.text[known]
        if len(text):
            starts = np.flatnonzero(np.diff(text, prepend=-1))
            found[text[starts]] = np.add.reduceat(self.weight[places] * values[:, None], starts, axis=0)
        return found * self.scale

    def shares(self, ids: Sequence[int], text: TokenCounts, row: Floats) -> Floats:
        """Say what each token adds, [tokens]: a term's part goes to where it stands, a pair's in halves.

        Args:
            ids: A row of token ids without marks.
            text: Its bag.
            row: How much each label counts, [labels].
        """
        one, two = keys_of(ids)
        places, known, values = self._values(text)
        each = np.zeros(len(text.keys))
        each[known] = values * (self.weight[places] @ (row * self.scale))
        each /= np.exp(text.log_count - 1)
        shares = each[np.searchsorted(text.keys, one)]
        halves = each[np.searchsorted(text.keys, two)] / 2
        shares[:-1] += halves
        shares[1:] += halves
        return shares

    def scaled(self, factor: Floats) -> LexicalWeights:
        """Multiply the logits by a factor for each label, [labels]."""
        return replace(self, scale=(self.scale * factor).astype(np.float32))

    def _values(self, texts: TokenCounts) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats]:
        """Give the places of the known keys, which these are, and their values, a text's of length 1."""
        places = np.minimum(np.searchsorted(self.keys, texts.keys), len(self.keys) - 1)
        known = self.keys[places] == texts.keys
        places, text = places[known], texts.text[known]
        values = texts.log_count[known] * self.rarity[places]
        lengths = np.sqrt(np.bincount(text, weights=values * values, minlength=texts.texts))
        return places, known, values / np.maximum(1e-9, lengths[text])


def to_arrays(task: str, terms: LexicalWeights) -> dict[str, NDArray[Any]]:
    """Name the arrays of a task's terms as `heads.npz` has them."""
    arrays: tuple[NDArray[Any], ...] = (terms.keys, terms.rarity, terms.weight, terms.scale)
    return {f"{task}.{part}": array for part, array in zip(PARTS, arrays, strict=True)}


def from_arrays(task: str, arrays: Mapping[str, NDArray[Any]]) -> LexicalWeights | None:
    """Read a task's terms, if it has any.

    Raises:
        KeyError: Some arrays are there and others are not.
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
    many = len(terms.keys)
    if not many or terms.rarity.shape != (many,) or terms.weight.shape != (many, len(terms.scale)):
        raise ValueError(f"the terms of task {task} do not fit together")
    if (np.diff(terms.keys.astype(np.int64)) <= 0).any():
        raise ValueError(f"the terms of task {task} are not sorted")
    return terms
