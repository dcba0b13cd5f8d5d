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
"""The arrays of a task in `heads.npz`, `TASK.PART`, in the order of the fields of `Terms`."""


def keys_of(ids: Sequence[int]) -> tuple[Keys, Keys]:
    """Name the tokens, [tokens], and the pairs of neighbours, [tokens - 1], of a row of ids without marks.

    >>> one, two = keys_of([5, 7])
    >>> one.tolist(), two.tolist() == [5 * 65536 + 7]
    ([5, 7], True)
    """
    one = np.asarray(ids, np.uint32)
    return one, (one[:-1] << np.uint32(16)) | one[1:]


def counted(ids: Sequence[int]) -> tuple[Keys, Floats]:
    """Give the different keys of a row, sorted, and 1 + log of how often each stands there."""
    keys, counts = np.unique(np.concatenate(keys_of(ids)), return_counts=True)
    return keys, 1.0 + np.log(counts.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Terms:
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

    def logits(self, rows: Sequence[Sequence[int]]) -> Floats:
        """Return [rows, labels] of token ids without marks; what stands beside a row does not matter."""
        found = np.zeros((len(rows), len(self.scale)))
        for at, ids in enumerate(rows):
            places, values = self._values(*counted(ids))
            found[at] = np.einsum("t,tl->l", values, self.weight[places], dtype=np.float64, optimize=False)
        return found * self.scale

    def shares(self, ids: Sequence[int], row: Floats) -> Floats:
        """Say what each token adds, [tokens]: a term's part goes to where it stands, a pair's in halves.

        Args:
            ids: A row of token ids without marks.
            row: How much each label counts, [labels].
        """
        one, two = keys_of(ids)
        keys, counts = np.unique(np.concatenate([one, two]), return_counts=True)
        places, values = self._values(keys, 1.0 + np.log(counts.astype(np.float64)))
        each = np.zeros(len(keys))
        each[np.isin(keys, self.keys)] = values * (self.weight[places] @ (row * self.scale))
        each /= counts
        shares = each[np.searchsorted(keys, one)]
        halves = each[np.searchsorted(keys, two)] / 2
        shares[:-1] += halves
        shares[1:] += halves
        return shares

    def scaled(self, factor: Floats) -> Terms:
        """Multiply the logits by a factor for each label, [labels]."""
        return replace(self, scale=(self.scale * factor).astype(np.float32))

    def _values(self, keys: Keys, often: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Give the places of the known ones of sorted keys, and their values, scaled to length 1."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[places] == keys
        values = often[known] * self.rarity[places[known]]
        return places[known], values / max(1e-9, float(np.sqrt((values * values).sum())))


def to_arrays(task: str, terms: Terms) -> dict[str, NDArray[Any]]:
    """Name the arrays of a task's terms as `heads.npz` has them."""
    arrays: tuple[NDArray[Any], ...] = (terms.keys, terms.rarity, terms.weight, terms.scale)
    return {f"{task}.{part}": array for part, array in zip(PARTS, arrays, strict=True)}


def from_arrays(task: str, arrays: Mapping[str, NDArray[Any]]) -> Terms | None:
    """Read a task's terms, if it has any.

    Raises:
        KeyError: Some arrays are there and others are not.
        ValueError: They do not fit together.
    """
    if f"{task}.{PARTS[0]}" not in arrays:
        return None
    keys, rarity, weight, scale = (arrays[f"{task}.{part}"] for part in PARTS)
    terms = Terms(
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
