"""Pairs from documents that stand in both languages, but are cut into sentences differently.

The English that a model makes of the foreign sentences is compared with the sentences of the English
document, and both sequences are aligned so that what is alike adds up to most (after Sennrich and Volk
2010, https://aclanthology.org/2010.amta-papers.14). The model need not be good: it has to be nearer to the
right sentence than to its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from docassay.models.translator import Translator
from research.corpora.legal import terms_of_service
from research.translation.evaluate import translated

CORPUS, LICENCE = "claudette-terms", "CC-BY-4.0"

LIKE = 0.3
"""Cosine from which on two passages are taken for translations of each other."""

UNLIKE = 0.2
"""Cosine below which it is better to leave both out. In two documents it was .45 in the median between pairs,
.03 between others, and above .22 for one in a hundred of those."""

LONGER = 1.7
"""How many times as many characters one side may have: more, and a part of it has no counterpart."""

MOVES = ((1, 1), (1, 2), (2, 1))
"""Foreign and English sentences that make a pair."""


def mine(translator: Translator, data: Path, target: Path) -> int:
    """Write the pairs of the terms of service that are not test documents; returns their number."""
    language = str(translator.card.about["source_language"])
    rows = list(pairs(translator, data, language))
    columns = {
        "corpus": [CORPUS] * len(rows),
        "domain": ["legal"] * len(rows),
        "licence": [LICENCE] * len(rows),
        "source": [row[0] for row in rows],
        "target": [row[1] for row in rows],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    pq.write_table(pa.table(columns), part)
    part.replace(target)
    return len(rows)


def pairs(translator: Translator, data: Path, language: str) -> Iterator[tuple[str, str]]:
    """Align each document of the training split with its English; a pair that stands twice comes once."""
    seen: set[tuple[str, str]] = set()
    theirs, english = (terms_of_service(data, code) for code in (language, "en"))
    for name, foreign in theirs.items():
        for first, second in align(translated(translator, foreign), english[name]):
            pair = " ".join(foreign[first]), " ".join(english[name][second])
            short, long = sorted(map(len, pair))
            if pair not in seen and pair[0] != pair[1] and long <= LONGER * short:
                seen.add(pair)
                yield pair


def align(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[slice, slice]]:
    """Align two English texts, sentence by sentence, in order; what has no counterpart is left out.

    >>> align(["The tenant pays.", "Rent is due. It is paid monthly."], ["Hello!", "The tenant is to pay.",
    ...        "The rent is due.", "It is to be paid each month."])
    [(slice(0, 1, None), slice(1, 2, None)), (slice(1, 2, None), slice(2, 4, None))]
    """
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    table = vectors.fit_transform([*ours, *theirs])
    first, second = ({1: rows, 2: _twos(rows)} for rows in (table[: len(ours)], table[len(ours) :]))
    likeness = {(a, b): np.asarray((first[a] @ second[b].T).todense()) for a, b in MOVES}
    return [
        (slice(i, i + a), slice(j, j + b))
        for i, j, (a, b) in _best(len(ours), len(theirs), likeness)
        if likeness[a, b][i, j] >= LIKE
    ]


def _twos(rows: Any) -> Any:
    """Join each sentence with the next one."""
    return normalize(rows[:-1] + rows[1:]) if rows.shape[0] > 1 else rows[:0]


def _best(
    n: int, m: int, likeness: dict[tuple[int, int], NDArray[np.float64]]
) -> list[tuple[int, int, tuple[int, int]]]:
    """Align by dynamic programming: the path of the largest sum, to which each sentence used adds."""
    gain = np.zeros((n + 1, m + 1))
    step = np.zeros((n + 1, m + 1), np.int8)  # 0 and 1: leave out ours, theirs; then MOVES
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            ways = [gain[i + 1, j], gain[i, j + 1]]
            for a, b in MOVES:
                if i + a <= n and j + b <= m:
                    ways.append(gain[i + a, j + b] + (a + b) * (likeness[a, b][i, j] - UNLIKE))
                else:
                    ways.append(-np.inf)
            step[i, j] = np.argmax(ways)
            gain[i, j] = ways[step[i, j]]
    path, i, j = [], 0, 0
    while i < n and j < m:
        if step[i, j] < 2:
            i, j = (i + 1, j) if step[i, j] == 0 else (i, j + 1)
        else:
            a, b = MOVES[step[i, j] - 2]
            path.append((i, j, (a, b)))
            i, j = i + a, j + b
    return path
