"""Rankers: which of several candidates is the value that a field asks for, and whether any is.

A ranker is a logistic model on hashed feature strings (Weinberger et al. 2009, https://arxiv.org/abs/0902.2206):
the words around a candidate, the heading above it, where it stands, and how it compares with the others. Of a
field that a document has once, the candidates and "no value here" exclude each other (softmax); of a field
that it may have several times, each stands alone. It needs no NumPy, and rounds like every other model.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from docassay.models.catalog import Card, TaskCard, read, verify
from docassay.schemas.errors import ModelError

KIND = "facts"
"""The kind of model that such a folder's card names."""

FOLDER = "ranker"
"""The folder of the model, in that of the domain or overlay whose fields it ranks."""

WEIGHTS = "weights.json"
BUCKETS = 1 << 14
DECIMALS = 6
MOST_BYTES = 16_000_000
_MOST_WEIGHT = 1e6

_BEFORE, _AFTER, _AROUND = 120, 80, 200
"""Characters before and after a candidate whose words count in their order, and of its sentence."""

_WORD = re.compile(r"[^\W\d_]{1,30}|\d{1,15}|[$€£%:#]")
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?")
_STOP = re.compile(r"[.;!?]\s|\n\s*\n")


class Placed(NamedTuple):
    """A candidate: where it stands, and its value in a form by which equal values are equal."""

    start: int
    end: int
    key: str


@dataclass(frozen=True, slots=True)
class FieldRanker:
    """The ranker of one field. Nothing is changed after loading, so threads may share it.

    Attributes:
        model: Its model, ``name@version``.
        task: Its threshold; ``single`` where a document has the field once.
        candidates: What the field and its candidates were when it was trained.
        bias: Added to the logit of every candidate.
        scale: With `offset`, the calibration: multiplies a logit, and is then added to.
        weights: By bucket.
    """

    model: str
    task: TaskCard
    candidates: str
    bias: float
    scale: float
    offset: float
    weights: Mapping[int, float]

    def probabilities(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """Give the calibrated probability of each candidate, from its buckets; see `features`."""
        weight = self.weights.get
        logits = [self.scale * (self.bias + sum(weight(at, 0.0) for at in row)) + self.offset for row in rows]
        return shares(logits) if self.task.kind == "single" else [1 / (1 + _exp(-one)) for one in logits]


def shares(logits: Sequence[float]) -> list[float]:
    """Give the softmax of logits beside one of 0, which stands for no value.

    >>> shares([0.0]), shares([])
    ([0.5], [])
    """
    top = max((0.0, *logits))
    total = _exp(-top) + sum(_exp(one - top) for one in logits)
    return [_exp(one - top) / total for one in logits]


def _exp(value: float) -> float:
    return math.exp(max(-700.0, min(700.0, value)))


def features(
    text: str, candidates: Sequence[Placed], headings: Sequence[tuple[int, str]]
) -> Iterator[list[int]]:
    """Give the buckets of each candidate, each once and in order.

    Args:
        text: The document's.
        candidates: In the order of their places.
        headings: The heading above a passage, by where that begins, in order.
    """
    times = Counter(one.key for one in candidates)
    values = sorted(times, key=_amount)
    rank = {key: at for at, key in enumerate(values)}
    starts = [at for at, _ in headings]
    lines = counted = 0
    for number, one in enumerate(candidates):
        lines += text.count("\n", counted, one.start)
        counted = max(counted, one.start)
        largest, least = _few(len(values) - 1 - rank[one.key]), _few(rank[one.key])
        above = headings[bisect_right(starts, one.start) - 1][1] if starts and starts[0] <= one.start else ""
        told = [
            f"times {_few(times[one.key])}",
            f"largest {largest}",
            f"least {least}",
            f"only {len(values) == 1}",
            f"first {_few(number)}",
            f"last {_few(len(candidates) - 1 - number)}",
            f"line {_few(lines, 8)}",
            f"tenth {10 * one.start // max(1, len(text))}",
            f"chars {(one.end - one.start).bit_length()}",
            *(f"heading {word}" for word in _words(above[:200])[:12]),
        ]
        told += _of_words(text, one, f"{largest} {times[one.key] > 1}")
        yield sorted({zlib.crc32(name.encode()) & (BUCKETS - 1) for name in told})


def _of_words(text: str, one: Placed, beside: str) -> Iterator[str]:
    """Name the words of a candidate, around it, and of its line; `beside` is told with the nearest."""
    before, after = text[max(0, one.start - _BEFORE) : one.start], text[one.end : one.end + _AFTER]
    left, right = _words(before)[-8:], _words(after)[:6]
    yield from (f"before {word}" for word in left)
    yield from (f"after {word}" for word in right)
    nearest = left[-1] if left else ""
    yield f"left {nearest}"
    yield f"left {' '.join(left[-2:])}"
    yield f"right {right[0] if right else ''}"
    yield f"left {nearest} {beside}"
    line = before[before.rfind("\n") + 1 :]
    yield f"begins {not line.strip()}"
    yield f"ends {not after.partition(chr(10))[0].strip()}"
    own = _words(line)
    yield from (f"label {word}" for word in own[:5])
    yield from (f"label {word} {beside}" for word in own[:2])
    above = before[: max(0, before.rfind("\n"))].rstrip()
    yield from (f"above {word}" for word in _words(above[above.rfind("\n") + 1 :])[:5])
    first, last = text[max(0, one.start - _AROUND) : one.start], text[one.end : one.end + _AROUND]
    sentence = _STOP.split(first)[-1] + " " + _STOP.split(last)[0]
    yield from (f"sentence {word}" for word in dict.fromkeys(_words(sentence)[:60]))
    written = text[one.start : one.end][:_AROUND]
    yield from (f"own {word}" for word in _words(written)[:12])
    yield f"capitals {written.isupper()} {written[:1].isupper()}"


def _words(text: str) -> list[str]:
    """Give the words of a text in small letters; of a number only its count of digits."""
    return ["0" * len(word) if word[0].isdecimal() else word for word in _WORD.findall(text.lower())]


def _few(number: int, most: int = 4) -> int:
    return number if number < most else most + min(8, (number // most).bit_length())


def _amount(key: str) -> tuple[Decimal, str]:
    return Decimal(key if _NUMBER.fullmatch(key) else 0), key


def load(folder: Path) -> Mapping[str, FieldRanker]:
    """Check a folder's digests and read the rankers of its fields, by name, once for each state of it.

    Raises:
        ModelError: The folder is not that of a ranker, or a file is not what the card describes.
    """
    return _load(folder, read(folder).digest)


@lru_cache(maxsize=64)
def _load(folder: Path, _: str) -> Mapping[str, FieldRanker]:
    card = verify.__wrapped__(folder)  # what was trained anew in this process is checked anew
    if card.kind != KIND:
        raise ModelError(f"{folder} holds a model of kind {card.kind!r}, not a ranker of facts")
    path = folder / WEIGHTS
    if WEIGHTS not in card.files or path.stat().st_size > MOST_BYTES:
        raise ModelError(f"model {card.id} in {folder} has no {WEIGHTS} that can be read; train it again")
    try:
        arrays = json.loads(path.read_bytes())
        return {name: _ranker(card, task, arrays[name]) for name, task in card.tasks.items()}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelError(f"model {card.id} in {folder} is incomplete: {error}; train it again") from None


def _ranker(card: Card, task: TaskCard, arrays: Mapping[str, Any]) -> FieldRanker:
    bias, scale, offset = (float(arrays[name]) for name in ("bias", "scale", "offset"))
    buckets, values = [int(at) for at in arrays["buckets"]], [float(one) for one in arrays["values"]]
    if not all(abs(one) < _MOST_WEIGHT for one in (bias, scale, offset, *values)):
        raise ValueError(f"a weight of {task.name} is not a number")
    if not all(0 <= at < BUCKETS for at in buckets):
        raise ValueError(f"a bucket of {task.name} is none of {BUCKETS}")
    candidates = str(card.about["tasks"][task.name]["candidates"])
    weights = dict(zip(buckets, values, strict=True))
    return FieldRanker(card.id, task, candidates, bias, scale, offset, weights)
