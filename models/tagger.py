"""The tagger of personal data: a small network on each word's states and shape, and patterns.

The states are those that the encoder computes anyway, so a text is read only once.
What has check digits or an unmistakable form (`models.word_features.PATTERNS`) is found by its pattern; the
rest is tagged word by word, in the BIO scheme, with the most probable sequence of tags (Viterbi 1967,
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
"""Labels that only a pattern gives: the network was right about them only where the pattern was."""

MULTILINE = frozenset({"street_address"})
"""Labels whose spans may run over the end of a line; none runs over an empty line."""


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """Personal data in a text: ``text[start:end]``.

    Attributes:
        probability: Mean over its words of the probability that each is of this label; null where a
            pattern with its own check decided.
        sure: Decided by a pattern, or at least as probable as the card asks and leading by its margin.
        lead: How far, in log-odds, the tags of the span lead the next best ones, at the word where that is
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
        temperature: Divides the logits; 1 leaves them as they are.
        least: A span less probable than this is not given.
        sure: A span less probable than this is given as a hint only.
        margin: A span whose lead is smaller than this is given as a hint only, too.
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

    def find(self, text: str, offsets: Sequence[Span], states: Floats) -> list[TaggedSpan]:
        """Find personal data in a text that the encoder has read.

        Args:
            text: The text.
            offsets: Start and end, in characters, of its tokens and of the special tokens at both ends.
            states: Of the same tokens, [tokens, width]; without the special tokens where it was windowed.

        Returns:
            Spans in order, none overlapping.
        """
        words = word_spans(text)
        if not words:
            return []
        patterns = matches(text)
        from_states = self.on_states.matmul(word_states(words, offsets, states))
        from_shapes = self.on_shapes.matmul(shapes(text, words, patterns))
        units = np.maximum(from_states + from_shapes + self.hidden_bias, 0.0)
        logits = (exact_matmul(units, self.output) + self.output_bias).astype(np.float64) / self.temperature
        scores = logits - _logsum(logits)
        certain = [
            TaggedSpan(start, end, name, None)
            for (name, _, _, sure), pattern_spans in zip(PATTERNS, patterns, strict=True)
            if sure
            for start, end in pattern_spans
        ]
        predicted = [
            span
            for span in self._predict(text, words, scores)
            if not any(sure.start < span.end and span.start < sure.end for sure in certain)
        ]
        return sorted([*certain, *predicted], key=lambda span: span.start)

    def _predict(self, text: str, words: Sequence[Span], scores: NDArray[np.float64]) -> list[TaggedSpan]:
        predicted = []
        path = viterbi(scores, self.tags)
        leads = _leads(scores, path)
        for first, last, label in pieces(text, words, [self.tags[n] for n in path]):
            columns = [self.tags.index(f"b-{label}"), self.tags.index(f"i-{label}")]
            probability = float(np.exp(scores[first:last, columns]).sum(axis=1).mean())
            if label not in CERTAIN and probability >= self.least:
                start, end = words[first][0], words[last - 1][1]
                lead = float(leads[first:last].min())
                if last < len(words) and path[last] != columns[1]:  # the next word might belong to it
                    lead = min(lead, float(scores[last, path[last]] - scores[last, columns[1]]))
                sure = probability >= self.sure and lead >= self.margin
                rounded = min(1.0, round(probability, DECIMALS))
                predicted.append(TaggedSpan(start, end, label, rounded, sure, lead))
        return predicted


def load(folder: Path, weights: str) -> PersonalDataTagger:
    """Read and check a tagger that was trained on the states of the encoder with these `weights`.

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
    settings = {"margin": 0.0, **card.about}
    numbers = (float(settings[name]) for name in ("temperature", "least", "sure", "margin"))
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
    """Build a tagger from the weights and biases of its two layers.

    Args:
        card: The tagger's card.
        tags: As in `PersonalDataTagger`.
        parts: Hidden weights, [units, width of states, then of shapes], their bias, output weights and bias.
        temperature: As in `PersonalDataTagger`.
        least: As in `PersonalDataTagger`.
        sure: As in `PersonalDataTagger`.
        margin: As in `PersonalDataTagger`.
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


def word_states(words: Sequence[Span], offsets: Sequence[Span], states: Floats) -> Floats:
    """Average the states of each word's tokens, [words, width]; a word without tokens gets zeros."""
    shift = 1 if len(states) == len(offsets) - 2 else 0
    token_spans = np.array(offsets[shift : shift + len(states)], np.int64).reshape(-1, 2)
    in_text = token_spans[:, 1] > token_spans[:, 0]
    starts = np.array([start for start, _ in words])
    of_word = (np.searchsorted(starts, token_spans[in_text, 0], side="right") - 1).clip(0)
    means = np.zeros((len(words), states.shape[1]), np.float32)
    if len(of_word):
        present, first, counts = np.unique(of_word, return_index=True, return_counts=True)
        means[present] = np.add.reduceat(states[in_text], first, axis=0) / counts[:, None].astype(np.float32)
    return means


def viterbi(scores: NDArray[np.float64], tags: Sequence[str]) -> list[int]:
    """Find the most probable sequence of tags in which ``i-`` only follows ``b-`` or ``i-`` of its label."""
    forbidden = _forbidden(tuple(tags))
    greedy = scores.argmax(axis=1)
    if tags[greedy[0]][0] != "i" and not forbidden[greedy[:-1], greedy[1:]].any():
        return [int(tag) for tag in greedy]  # the best tag of each word is allowed
    best = scores[0] + np.array([FORBIDDEN if tag[0] == "i" else 0.0 for tag in tags])
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


def _leads(scores: NDArray[np.float64], path: Sequence[int]) -> NDArray[np.float64]:
    """Compute how far the tag of each word leads the best of the others, [words]."""
    rows = np.arange(len(path))
    others = scores.copy()
    others[rows, path] = -np.inf
    leads: NDArray[np.float64] = scores[rows, path] - others.max(axis=1)
    return leads


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
        gap = text[words[n - 1][1] : words[n][0]] if n else ""
        broken = gap.count("\n") > (1 if label in MULTILINE else 0) or bool(re.search(r"\n\s*\n", gap))
        if tag[0] == "i" and tagged and tagged[-1][1] == n and tagged[-1][2] == label and not broken:
            tagged[-1] = (tagged[-1][0], n + 1, label)
        else:
            tagged.append((n, n + 1, label))
    return tagged


def _logsum(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)), np.float64)
