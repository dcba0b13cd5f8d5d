"""Pooled states of a CTranslate2 encoder: what every head is fitted on and what the runtime computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts as a head reads them.

    Attributes:
        states: Pooled states, [texts, width].
        ids: Token ids of each text, all of them, without marks; only heads with terms need them.
    """

    states: Vectors
    ids: Sequence[Sequence[int]] = ()

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.states)

    def only(self, chosen: NDArray[np.bool_]) -> "Encoded":
        """Keep some of the texts, [texts]."""
        return Encoded(self.states[chosen], [self.ids[int(n)] for n in np.flatnonzero(chosen)])


def load_tokenizer(folder: Path, max_tokens: int | None = None) -> Tokenizer:
    """Load `tokenizer.json` and cut at `max_tokens`, [CLS] and [SEP] included, or nowhere; no padding."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_tokens is not None:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer


def token_ids(folder: Path, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text, without marks and uncut."""
    return [encoding.ids[1:-1] for encoding in load_tokenizer(folder).encode_batch(list(texts))]


def batches(order: Sequence[int], lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Cut an order into batches whose padded size stays within a budget (one long row may exceed it alone).

    >>> batches([0, 1, 2], [2, 3, 4], 6)
    [[0, 1], [2]]
    """
    cut: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        if not cut or longest * (len(cut[-1]) + 1) > batch_tokens:
            cut.append([])
            longest = lengths[index]
        cut[-1].append(index)
    return cut
