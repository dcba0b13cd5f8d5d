"""Which words of a text carried a label: exact for a linear head on mean-pooled states, and nearly free.

A logit is then the mean of its tokens' products with the label's row, and what terms
add is a sum over tokens: each token's share is known without running the encoder again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]


def strongest(text: str, offsets: Sequence[Span], gains: NDArray[np.float64]) -> Span:
    """Find the sentence whose tokens add most to a label's logit; in a single sentence, the words that do.

    The evidence is narrower than the text, unless that is one word or all of its words weigh the same.

    Args:
        text: The text that was read.
        offsets: Of its tokens and of the marks at both ends: start and end in characters.
        gains: What the same tokens add to the label's logit, [tokens]; a windowed text has none of the marks.

    Returns:
        Start and end in characters of the text.
    """
    shift = 1 if len(gains) == len(offsets) - 2 else 0
    placed = np.array(offsets[shift : shift + len(gains)], np.int64).reshape(-1, 2)
    of_text = placed[:, 1] > placed[:, 0]
    gains, starts = gains[of_text], placed[of_text, 0]
    ends = np.array(_sentence_ends(text), np.int64)
    totals, counts = _by_piece(gains, np.searchsorted(ends, starts, side="right"), len(ends))
    if not counts.any():
        return 0, len(text)
    if (counts > 0).sum() == 1:
        return _strongest_words(text, gains, starts)
    means = np.where(counts > 0, totals / np.maximum(1, counts), -np.inf)
    best = int(np.argmax(means))
    return _stripped(text, int(ends[best - 1]) if best else 0, int(ends[best]))


def _strongest_words(text: str, gains: NDArray[np.float64], starts: NDArray[np.int64]) -> Span:
    """Find the run of words that exceeds the mean token by most in all.

    Less their mean, the gains of all tokens sum to 0: a run of the largest sum is shorter than the text, and
    ends where words stop to speak for the label (Kadane's algorithm: Bentley 1984,
    doi:10.1145/358234.381162).
    """
    words = [found.span() for found in re.finditer(r"\S+", text)]
    of_word = np.searchsorted(np.array([end for _, end in words]), starts, side="right")
    surplus, _ = _by_piece(gains - gains.mean(), of_word, len(words))
    most, best, running, first = 0.0, (0, len(words)), 0.0, 0
    for at, own in enumerate(surplus.tolist()):
        if running <= 0:
            running, first = 0.0, at
        running += own
        if running > most + 1e-9:
            most, best = running, (first, at + 1)
    return words[best[0]][0], words[best[1] - 1][1]


def _by_piece(
    gains: NDArray[np.float64], piece: NDArray[np.int64], pieces: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    inside = piece < pieces
    totals = np.bincount(piece[inside], weights=gains[inside], minlength=pieces).astype(np.float64)
    return totals, np.bincount(piece[inside], minlength=pieces).astype(np.int64)


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _sentence_ends(text: str) -> list[int]:
    """Cut after a full stop, question mark, exclamation mark or line end that white space follows."""
    ends = [
        n + 1
        for n, (this, following) in enumerate(pairwise(text))
        if this == "\n" or (this in ".!?" and following.isspace())
    ]
    return [*ends, len(text)]
