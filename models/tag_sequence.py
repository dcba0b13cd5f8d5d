"""Sequences of tags in the BIO scheme: the most probable one, and the spans that it makes.

The most probable sequence in which no rest of a span stands without its beginning is found by Viterbi's
algorithm (1967, doi:10.1109/TIT.1967.1054010).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from docassay.models.identifiers import Span

OUTSIDE = "o"
FORBIDDEN = -1e9

MULTILINE = frozenset({"street_address"})
"""Labels whose spans may run over the end of a line; none runs over an empty line."""

WRAPPED = 45
"""A line of so many characters may have been broken inside a name."""

SURE_OUTSIDE = -0.01
"""Where a word is so sure to be outside, the tags of what follows do not hang on those before it."""


def best_tags(scores: NDArray[np.float64], tags: Sequence[str]) -> list[int]:
    """Find the most probable tags, stretch by stretch between words that are surely outside."""
    outside = scores[:, 0] > SURE_OUTSIDE
    path = np.zeros(len(scores), np.int64)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], outside, [True]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        path[first:last] = viterbi(scores[first:last], tags)
    return [int(tag) for tag in path]


def viterbi(scores: NDArray[np.float64], tags: Sequence[str]) -> list[int]:
    """Find the most probable sequence of tags in which ``i-`` only follows ``b-`` or ``i-`` of its label."""
    forbidden = _forbidden(tuple(tags))
    greedy = scores.argmax(axis=1)
    wrong = forbidden[greedy[:-1], greedy[1:]] < 0
    inner = np.array([tag[0] == "i" for tag in tags])
    if not inner[greedy[0]] and not wrong.any():
        return [int(tag) for tag in greedy]  # the best tag of each word is allowed
    best = scores[0] + np.where(inner, FORBIDDEN, 0.0)
    origins: list[NDArray[np.int64]] = []
    columns = np.arange(len(tags))
    for row in scores[1:]:
        candidates = best[:, None] + forbidden
        origin = candidates.argmax(axis=0)
        origins.append(origin)
        best = candidates[origin, columns] + row
    path = [int(best.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]


@cache
def _forbidden(tags: tuple[str, ...]) -> NDArray[np.float64]:
    """Score a tag (column) after another (row), [tags, tags]: 0, or `FORBIDDEN`."""
    return np.array(
        [
            [FORBIDDEN if tag[0] == "i" and previous not in (tag, f"b-{tag[2:]}") else 0.0 for tag in tags]
            for previous in tags
        ]
    )


def pieces(text: str, words: Sequence[Span], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Turn tags of words into (first word, word after the last, label); a line end may end a span."""
    tagged: list[tuple[int, int, str]] = []
    for n, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        label = tag[2:]
        goes_on = tag[0] == "i" and tagged and tagged[-1][1] == n and tagged[-1][2] == label
        if goes_on and not _broken(text, words[n - 1][1], words[n][0], label):
            tagged[-1] = (tagged[-1][0], n + 1, label)
        else:
            tagged.append((n, n + 1, label))
    return tagged


def _broken(text: str, end: int, start: int, label: str) -> bool:
    """Tell whether what stands between two words ends a span: an empty line, or the end of a line."""
    gap = text[end:start]
    if "\n" not in gap:
        return False
    if re.search(r"\n\s*\n", gap):
        return True
    return label not in MULTILINE and end - (text.rfind("\n", 0, end) + 1) < WRAPPED
