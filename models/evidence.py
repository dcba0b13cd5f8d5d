"""Which words of a text carried a label: exact for a linear head on mean-pooled states, and nearly free.

Such a logit is the mean over tokens of their products with the label's row, plus a sum over tokens for
the lexical weights: each token's share is known without running the encoder again.
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

    The evidence is shorter than the text, unless the text is one word or all of its words weigh the same.

    Args:
        text: The text that was read.
        offsets: Start and end, in characters, of its tokens and of the special tokens at both ends.
        gains: What the same tokens add to the label's logit, [tokens]; without the special
            tokens where the text was windowed.

    Returns:
        Start and end in characters of the text.
    """
    shift = 1 if len(gains) == len(offsets) - 2 else 0
    spans = np.array(offsets[shift : shift + len(gains)], np.int64).reshape(-1, 2)
    in_text = spans[:, 1] > spans[:, 0]
    gains, starts = gains[in_text], spans[in_text, 0]
    ends = np.array(_sentence_ends(text), np.int64)
    totals, counts = _sums_by_piece(gains, np.searchsorted(ends, starts, side="right"), len(ends))
    if not counts.any():
        return 0, len(text)
    if (counts > 0).sum() == 1:
        return _strongest_words(text, gains, starts)
    means = np.where(counts > 0, totals / np.maximum(1, counts), -np.inf)
    best = int(np.argmax(means))
    return _stripped(text, int(ends[best - 1]) if best else 0, int(ends[best]))


def _strongest_words(text: str, gains: NDArray[np.float64], starts: NDArray[np.int64]) -> Span:
    """Find the run of words whose tokens exceed the mean gain by most in total.

    With their mean subtracted, the gains of all tokens sum to 0, so the run of the largest sum is shorter
    than the text and ends where words stop speaking for the label (Kadane's algorithm: Bentley 1984,
    doi:10.1145/358234.381162).
    """
    words = [match.span() for match in re.finditer(r"\S+", text)]
    of_word = np.searchsorted(np.array([end for _, end in words]), starts, side="right")
    surplus, _ = _sums_by_piece(gains - gains.mean(), of_word, len(words))
    best_sum, best_run, running_sum, first = 0.0, (0, len(words)), 0.0, 0
    for n, gain in enumerate(surplus.tolist()):
        if running_sum <= 0:
            running_sum, first = 0.0, n
        running_sum += gain
        if running_sum > best_sum + 1e-9:
            best_sum, best_run = running_sum, (first, n + 1)
    return words[best_run[0]][0], words[best_run[1] - 1][1]


def _sums_by_piece(
    gains: NDArray[np.float64], piece_of: NDArray[np.int64], pieces: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    inside = piece_of < pieces
    totals = np.bincount(piece_of[inside], weights=gains[inside], minlength=pieces).astype(np.float64)
    return totals, np.bincount(piece_of[inside], minlength=pieces).astype(np.int64)


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
