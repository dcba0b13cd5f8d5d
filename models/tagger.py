"""Find personal data in a text: a small network on each word's states and shape, and patterns.

The states are those that the encoder computes anyway, so a text is read once for all questions.
What has check digits, or a form that is unmistakable (`words.PATTERNS`), is found by its pattern; the
rest is decided word by word, with the best sequence of beginnings and continuations (Viterbi 1967,
doi:10.1109/TIT.1967.1054010).
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, verify
from docassay.models.engine import ExactMatrix, exact_matmul
from docassay.models.word_features import PATTERNS, Span, matches, shapes, word_spans
from docassay.schemas.errors import ModelError

Floats = NDArray[np.float32]

TASK = "personal_data"
OUTSIDE = "o"
DECIMALS = 6
FORBIDDEN = -1e9

CERTAIN = frozenset(name for name, _, _, certain in PATTERNS if certain)
"""Labels that a pattern alone gives: the network was right about them only where the pattern was."""

MULTILINE = frozenset({"street_address"})
"""Labels whose spans may run over the end of a line; none runs over an empty line."""


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data in a text: ``text[start:end]``.

    Attributes:
        probability: Mean over its words of the probability that each is of this label; null where a
            pattern with its own check decided.
        sure: Decided by a pattern, or at least as probable as the card asks and leading by its margin.
        lead: How far, in log-odds, the tags that make the span lead the next ones, at the word where it is
            least: there another processor may end the span elsewhere, or see none.
    """

    start: int
    end: int
    label: str
    probability: float | None
    sure: bool = True
    lead: float = math.inf


@dataclass(frozen=True, slots=True)
class PersonalDataTagger:
    """The network in memory. Nothing is changed after loading, so threads may share it.

    Attributes:
        tags: ``o`` (outside), then ``b-LABEL`` and ``i-LABEL`` for the beginning and the rest of a span.
        on_states: [units, width of states]; `on_shapes`: [units, width of shapes]; `hidden_bias`: [units].
        output: [tags, units], with `output_bias` [tags].
        temperature: Divides the logits; 1 where they are taken as they are.
        least: A span less probable than this is not given.
        sure: A span less probable than this is given as a hint only.
        margin: So is one whose lead is smaller than this.
    """

    card: Card
    tags: tuple[str, ...]
    on_states: ExactMatrix
    on_shapes: ExactMatrix
    hidden_bias: Floats
    output: Floats
    output_bias: Floats
    temperature: float
    least: float
    sure: float
    margin: float = 0.0

    def find(self, text: str, offsets: Sequence[Span], states: Floats) -> list[Found]:
        """Find personal data in a text that the encoder has read.

        Args:
            text: The text.
            offsets: Of its tokens and of the marks at both ends: start and end in characters.
            states: Of the same tokens, [tokens, width]; those of a windowed text have no marks.

        Returns:
            Spans in order, none overlapping.
        """
        spans = word_spans(text)
        if not spans:
            return []
        patterns = matches(text)
        read = self.on_states.matmul(word_states(spans, offsets, states))
        seen = self.on_shapes.matmul(shapes(text, spans, patterns))
        units = np.maximum(read + seen + self.hidden_bias, 0.0)
        logits = (exact_matmul(units, self.output) + self.output_bias).astype(np.float64) / self.temperature
        scores = logits - _logsum(logits)
        certain = [
            Found(start, end, name, None)
            for (name, _, _, sure), places in zip(PATTERNS, patterns, strict=True)
            if sure
            for start, end in places
        ]
        decided = [
            found
            for found in self._decided(text, spans, scores)
            if not any(sure.start < found.end and found.start < sure.end for sure in certain)
        ]
        return sorted([*certain, *decided], key=lambda found: found.start)

    def _decided(self, text: str, spans: Sequence[Span], scores: NDArray[np.float64]) -> list[Found]:
        found = []
        chosen = viterbi(scores, self.tags)
        leads = _leads(scores, chosen)
        for first, last, label in pieces(text, spans, [self.tags[n] for n in chosen]):
            columns = [self.tags.index(f"b-{label}"), self.tags.index(f"i-{label}")]
            probability = float(np.exp(scores[first:last, columns]).sum(axis=1).mean())
            if label not in CERTAIN and probability >= self.least:
                start, end = spans[first][0], spans[last - 1][1]
                lead = float(leads[first:last].min())
                if last < len(spans) and chosen[last] != columns[1]:  # the next word might belong to it
                    lead = min(lead, float(scores[last, chosen[last]] - scores[last, columns[1]]))
                sure = probability >= self.sure and lead >= self.margin
                found.append(Found(start, end, label, min(1.0, round(probability, DECIMALS)), sure, lead))
        return found


def load(folder: Path, weights: str) -> PersonalDataTagger:
    """Read and check a finder that was trained on the states of the encoder with these `weights`.

    Raises:
        ModelError: The folder is not what its card says, or it was trained on another encoder.
    """
    card = verify(folder)
    if card.about.get("encoder") != weights:
        raise ModelError(
            f"model {card.id} was trained on another encoder than the one in use; train it again:"
            " python -m docassay.training.personal.train"
        )
    try:
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            parts = [
                np.asarray(arrays[name], np.float32)
                for name in ("hidden", "hidden_bias", "output", "output_bias")
            ]
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"model {card.id}: {folder / 'weights.npz'} cannot be read: {error}") from None
    tags = (OUTSIDE, *(f"{mark}-{label}" for label in card.about["labels"] for mark in "bi"))
    output, output_bias = parts[2:]
    if output.shape != (len(tags), len(parts[0])) or output_bias.shape != (len(tags),):
        raise ModelError(f"model {card.id}: {len(tags)} tags in model.toml, {len(output)} in weights.npz")
    about = {"margin": 0.0, **card.about}
    numbers = (float(about[name]) for name in ("temperature", "least", "sure", "margin"))
    return assemble(card, tags, parts, *numbers)


def assemble(
    card: Card,
    tags: Sequence[str],
    parts: Sequence[Floats],
    temperature: float,
    least: float,
    sure: float,
    margin: float = 0.0,
) -> PersonalDataTagger:
    """Make a finder of the weights and biases of its two layers.

    Args:
        card: Of the finder.
        tags: As `Finder.tags`.
        parts: Hidden weights, [units, width of states, then of shapes], their bias, output weights and bias.
        temperature: As `Finder.temperature`.
        least: As `Finder.least`.
        sure: As `Finder.sure`.
        margin: As `Finder.margin`.
    """
    hidden, hidden_bias, output, output_bias = parts
    width = hidden.shape[1] - shapes("-", word_spans("-"), matches("-")).shape[1]
    return PersonalDataTagger(
        card,
        tuple(tags),
        ExactMatrix(hidden[:, :width]),
        ExactMatrix(hidden[:, width:]),
        hidden_bias,
        output,
        output_bias,
        temperature,
        least,
        sure,
        margin,
    )


def word_states(spans: Sequence[Span], offsets: Sequence[Span], states: Floats) -> Floats:
    """Average the states of each word's tokens, [words, width]; a word without tokens gets zeros."""
    shift = 1 if len(states) == len(offsets) - 2 else 0
    placed = np.array(offsets[shift : shift + len(states)], np.int64).reshape(-1, 2)
    kept = placed[:, 1] > placed[:, 0]
    starts = np.array([start for start, _ in spans])
    of_word = (np.searchsorted(starts, placed[kept, 0], side="right") - 1).clip(0)
    means = np.zeros((len(spans), states.shape[1]), np.float32)
    if len(of_word):
        present, first, counts = np.unique(of_word, return_index=True, return_counts=True)
        means[present] = np.add.reduceat(states[kept], first, axis=0) / counts[:, None].astype(np.float32)
    return means


def viterbi(scores: NDArray[np.float64], tags: Sequence[str]) -> list[int]:
    """Find the most probable sequence of tags in which a span's rest follows its beginning."""
    forbidden = _forbidden(tuple(tags))
    free = scores.argmax(axis=1)
    if tags[free[0]][0] != "i" and not forbidden[free[:-1], free[1:]].any():
        return [int(tag) for tag in free]  # nothing stands in the way of the best of each word
    reached = scores[0] + np.array([FORBIDDEN if tag[0] == "i" else 0.0 for tag in tags])
    came: list[NDArray[np.int64]] = []
    columns = np.arange(len(tags))
    for row in scores[1:]:
        through = reached[:, None] + forbidden
        origin = through.argmax(axis=0)
        came.append(origin)
        reached = through[origin, columns] + row
    path = [int(reached.argmax())]
    for origin in reversed(came):
        path.append(int(origin[path[-1]]))
    return path[::-1]


def _leads(scores: NDArray[np.float64], chosen: Sequence[int]) -> NDArray[np.float64]:
    """Say by how much the tag chosen for each word leads the best of the others, [words]."""
    rows = np.arange(len(chosen))
    others = scores.copy()
    others[rows, chosen] = -np.inf
    found: NDArray[np.float64] = scores[rows, chosen] - others.max(axis=1)
    return found


@cache
def _forbidden(tags: tuple[str, ...]) -> NDArray[np.float64]:
    """Say what a tag after a tag costs, [tags, tags]."""
    return np.array(
        [[FORBIDDEN if to[0] == "i" and at not in (to, f"b-{to[2:]}") else 0.0 for to in tags] for at in tags]
    )


def pieces(text: str, spans: Sequence[Span], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Turn tags of words into (first word, word after the last, label); lines end what may not run on."""
    found: list[tuple[int, int, str]] = []
    for n, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        label = tag[2:]
        gap = text[spans[n - 1][1] : spans[n][0]] if n else ""
        broken = gap.count("\n") > (1 if label in MULTILINE else 0) or bool(re.search(r"\n\s*\n", gap))
        if tag[0] == "i" and found and found[-1][1] == n and found[-1][2] == label and not broken:
            found[-1] = (found[-1][0], n + 1, label)
        else:
            found.append((n, n + 1, label))
    return found


def _logsum(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)), np.float64)
