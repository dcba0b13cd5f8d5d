"""Sentence pairs as token ids, and the batches of a run.

A pair is kept when neither side is empty nor longer than `LONGEST` tokens and neither is more than four times
as long as the other. In one pair of ten the numbers and names that stand unchanged on both sides are replaced
by placeholders, so that the model learns to carry a placeholder over.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import sentencepiece as spm

from research.translation.tokenizer import PLACEHOLDERS

LONGEST = 160
"""Tokens of a side; the pairs cut off by it are under one in a hundred."""

PASSES: Mapping[str, float] = {
    "canlaw": 0.5,
    "swiss-law": 5.0,
    "europarl": 4.0,
    "mozilla-legal": 8.0,
    "claudette": 8.0,
    "wmtbio": 3.0,
    "emea": 4.0,
    "wikibio": 2.0,
    "openehr": 2.0,
    "tatoeba": 0.5,
    "libreoffice": 0.5,
}
"""How often a corpus is read in one epoch, by the start of its name; others once.

Canadian law is most of the pairs and repeats itself; running text of other origin is scarce. Terms of
service (Mozilla's, CLAUDETTE's) are the only contracts.
"""

SPELLING: Mapping[str, Mapping[str, str]] = {"de-en": {"ß": "ss", "ẞ": "SS"}}
"""What is replaced in the sources of a pair: Swiss law, most of the German law here, is spelt without ß."""

CACHE = "pairs.npz"
"""The encoded pairs in a run's folder."""

SHARED = re.compile(r"\S*\d\S*|\b[A-Z]\w+\b")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Token ids of all pairs, one after the other.

    Attributes:
        ids: Source and target ids of pair 0, of pair 1, and so on, without end-of-sentence marks.
        offsets: Where each side starts in `ids`: of pair n the source is at 2n, the target at 2n + 1.
        passes: How often each pair is read in an epoch.
    """

    ids: npt.NDArray[np.uint16]
    offsets: npt.NDArray[np.int64]
    passes: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.passes)

    def lengths(self) -> npt.NDArray[np.int64]:
        """Return the tokens of source and target, [pairs, 2]."""
        return np.diff(self.offsets).reshape(-1, 2)

    def side(self, pair: int, side: int) -> npt.NDArray[np.uint16]:
        """Return the ids of one side of a pair; 0 is the source, 1 the target."""
        return self.ids[self.offsets[2 * pair + side] : self.offsets[2 * pair + side + 1]]


def prepare(
    parquets: Sequence[Path],
    tokenizer: Path,
    folder: Path,
    seed: int = 0,
    spelling: Mapping[str, str] | None = None,
) -> Pairs:
    """Encode files of pairs once; later calls read what the first one left in `folder`."""
    cache = folder / CACHE
    if not cache.is_file():
        table = read(parquets, "corpus", "source", "target")
        model = spm.SentencePieceProcessor(model_file=str(tokenizer))
        chance = random.Random(seed)
        spelt = str.maketrans(dict(spelling or {}))
        ids: list[npt.NDArray[np.uint16]] = []
        ends: list[int] = []
        passes: list[float] = []
        for rows in table.to_batches(max_chunksize=50_000):
            values = rows.to_pydict()
            pairs = [
                masked(source, target) if chance.random() < 0.1 else (source, target)
                for source, target in zip(values["source"], values["target"], strict=True)
            ]
            sources = model.encode([pair[0].translate(spelt) for pair in pairs], num_threads=2)
            targets = model.encode([pair[1] for pair in pairs], num_threads=2)
            for corpus, source, target in zip(values["corpus"], sources, targets, strict=True):
                if usable(len(source), len(target)):
                    ids += [np.asarray(source, np.uint16), np.asarray(target, np.uint16)]
                    ends += [len(source), len(target)]
                    passes.append(weight(corpus))
        offsets = np.concatenate([[0], np.cumsum(ends)]).astype(np.int64)
        part = cache.with_name("pairs.part.npz")
        np.savez(part, ids=np.concatenate(ids), offsets=offsets, passes=np.asarray(passes, np.float32))
        part.replace(cache)
    with np.load(cache) as arrays:
        return Pairs(arrays["ids"], arrays["offsets"], arrays["passes"])


def origins(parquets: Sequence[Path]) -> list[str]:
    """List the corpora of files of pairs with their licences and sizes, the largest first."""
    table = read(parquets, "corpus", "licence")
    counts = table.group_by(["corpus", "licence"]).aggregate([("corpus", "count")]).to_pylist()
    counts.sort(key=lambda row: -row["corpus_count"])
    return [f"{row['corpus']}: {row['corpus_count']:,} pairs, {row['licence']}" for row in counts]


def read(parquets: Sequence[Path], *columns: str) -> pa.Table:
    """Read files of pairs, of other origin and types, as one table of texts."""
    texts = pa.schema([(column, pa.string()) for column in columns])
    return pa.concat_tables([pq.read_table(file, columns=list(columns)).cast(texts) for file in parquets])


def usable(source: int, target: int) -> bool:
    """Tell whether a pair of these lengths in tokens is one to learn from."""
    return (
        0 < source <= LONGEST and 0 < target <= LONGEST and max(source, target) <= 4 * min(source, target) + 8
    )


def weight(corpus: str) -> float:
    """Return how often a corpus is read in one epoch."""
    return PASSES.get(known(corpus, PASSES), 1.0)


def known(corpus: str, starts: Iterable[str]) -> str:
    """Give the first of `starts` that a corpus's name begins with; an empty text where there is none."""
    return next((start for start in starts if corpus.startswith(start)), "")


def masked(source: str, target: str) -> tuple[str, str]:
    """Replace what stands once in each side, unchanged, by placeholders in the source's order.

    >>> masked("Le 3 mai, Dupont paie 20 EUR.", "On 3 May Dupont pays EUR 20.")
    ('Le ⟦0⟧ mai, ⟦1⟧ paie 20 ⟦2⟧.', 'On ⟦0⟧ May ⟦1⟧ pays ⟦2⟧ 20.')
    """
    shared = []
    for match in SHARED.finditer(source):
        word = match.group()
        if source.count(word) == 1 and target.split().count(word) == 1:
            shared.append(word)
    for symbol, word in zip(PLACEHOLDERS, shared, strict=False):
        source = source.replace(word, symbol)
        target = " ".join(symbol if other == word else other for other in target.split(" "))
    return source, target


def batches(pairs: Pairs, tokens: int, seed: int, epoch: int) -> Iterator[npt.NDArray[np.int64]]:
    """Draw the batches of an epoch: pairs of like length, at most `tokens` of both sides with padding."""
    chance = np.random.default_rng((seed, epoch))
    whole = np.floor(pairs.passes).astype(np.int64)
    copies = whole + (chance.random(len(pairs)) < pairs.passes - whole)
    drawn = chance.permutation(np.repeat(np.arange(len(pairs)), copies))
    lengths = pairs.lengths() + 1  # each side ends, or starts, with a mark
    for start in range(0, len(drawn), 40_000):
        stretch = drawn[start : start + 40_000]
        stretch = stretch[np.lexsort((lengths[stretch, 1], lengths[stretch, 0]))]
        cut: list[npt.NDArray[np.int64]] = []
        first, longest = 0, np.zeros(2, np.int64)
        for place, pair in enumerate(stretch):
            longer = np.maximum(longest, lengths[pair])
            if place > first and longer.sum() * (place - first + 1) > tokens:
                cut.append(stretch[first:place])
                first, longer = place, lengths[pair]
            longest = longer
        cut.append(stretch[first:])
        for index in chance.permutation(len(cut)):
            yield cut[index]
