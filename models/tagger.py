"""The tagger of personal data: identifiers by their form, the rest by a small network on words.

It reads the original text, in whatever domain, in English, German and French, and needs no encoder.
What has check digits or an unmistakable form (`models.identifiers`) is found by its pattern; the rest is
tagged word by word. A name that is found once is found wherever the document repeats it.

All products are of whole numbers (`models.engine.ExactMatrix`), so the spans are the same on every processor.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import TAGGER, Card, find, search_key, verify
from docassay.models.engine import ExactMatrix
from docassay.models.identifiers import IDENTIFIERS, Span, matches
from docassay.models.span_edges import (
    FIRST,
    FREQUENT,
    LAST,
    LOWER,
    TaggedSpan,
    compounds,
    displayed,
    is_name,
    settled,
)
from docassay.models.tag_sequence import OUTSIDE, best_tags, pieces
from docassay.models.word_features import (
    FLAGS,
    KNOWN,
    TABLES,
    WORD,
    Lexicon,
    crc,
    describe,
    pairs_of_names,
    word_spans,
)
from docassay.schemas.errors import ModelError

Floats = NDArray[np.float32]

DECIMALS = 6

LANGUAGES = ("en", "de", "fr")
"""The languages that the network is told of; any other is none of them."""

LINE_CHARS = 40
"""Characters before and after a word in which its line must end for it to be alone on it."""

BLOCK = 4_096
"""Words that the network reads at a time."""

BLOCK_CHARS = 200_000
"""Characters of a text that are looked at at a time; a longer one is cut at the end of a line or a word."""


FAVOUR = 2.0
"""Added to the logarithms of the tags of a person where what stands around says that it is one."""


@dataclass(frozen=True, slots=True)
class Network:
    """The weights. Nothing is changed after loading, so threads may share them.

    Attributes:
        tables: For each of `TABLES`, [rows, width].
        first: [units, width of a word's tables and flags], with `first_bias` [units].
        windows: Layers that look at a word and its neighbours, each [units, 3 * units] with its bias [units].
        output: [tags, units], with `output_bias` [tags].
    """

    tables: tuple[Floats, ...]
    first: ExactMatrix
    first_bias: Floats
    windows: tuple[tuple[ExactMatrix, Floats], ...]
    output: ExactMatrix
    output_bias: Floats

    def scores(self, ids: NDArray[np.int32], flags: NDArray[np.uint8], language: str) -> NDArray[np.float64]:
        """Give the logarithm of the probability of each tag, [words, tags]."""
        halo = len(self.windows)
        blocks = []
        for at in range(0, len(ids), BLOCK):
            first, last = max(0, at - halo), min(len(ids), at + BLOCK + halo)
            logits = self._logits(ids[first:last], flags[first:last], language)
            blocks.append(logits[at - first : at - first + BLOCK])
        scores = np.concatenate(blocks).astype(np.float64)
        return scores - _logsum(scores)

    def _logits(self, ids: NDArray[np.int32], flags: NDArray[np.uint8], language: str) -> Floats:
        spoken = np.tile(np.array([language == tag for tag in LANGUAGES], np.float32), (len(ids), 1))
        columns = [table[ids[:, n]] for n, table in enumerate(self.tables)]
        rows = np.concatenate([*columns, flags.astype(np.float32), spoken], axis=1)
        units = np.maximum(self.first.matmul(rows) + self.first_bias, 0)
        for weights, bias in self.windows:
            padded = np.pad(units, ((1, 1), (0, 0)))
            neighbours = np.concatenate([padded[:-2], padded[1:-1], padded[2:]], axis=1)
            units = units + np.maximum(weights.matmul(neighbours) + bias, 0)
        return self.output.matmul(units) + self.output_bias


@dataclass(frozen=True, slots=True)
class PersonalDataTagger:
    """The tagger in memory.

    Attributes:
        tags: ``o`` (outside), then ``b-LABEL`` and ``i-LABEL`` for the beginning and the rest of a span.
        least: A span less probable than this is not given.
        sure: A span less probable than this is given as a hint only.
        eagerness: Taken from the logarithm of the probability that a word is outside of all spans: where a
            miss costs more than a span without need.
    """

    card: Card
    tags: tuple[str, ...]
    lexicon: Lexicon
    network: Network
    least: float
    sure: float
    eagerness: float = 0.0

    @property
    def labels(self) -> frozenset[str]:
        """Every label that a span may have."""
        return frozenset([*self.card.about["labels"], *(identifier.label for identifier in IDENTIFIERS)])

    def find(self, text: str, language: str = "en") -> list[TaggedSpan]:
        """Find personal data in a text.

        Args:
            text: A whole document, since names are told by where they stand and by their repetition.
            language: Its language, as ISO 639-1 says.

        Returns:
            Spans in order, none overlapping.
        """
        return find_each(text, [self], language)[0]

    def _read(
        self, text: str, words: Sequence[Span], language: str
    ) -> tuple[list[TaggedSpan], NDArray[np.float64]]:
        """Give what patterns find, and the logarithms of the probability of each tag, [words, tags]."""
        patterns = matches(text)
        ids, flags = describe(text, words, patterns, self.lexicon)
        scores = self._favoured(text, words, flags, self.network.scores(ids, flags, language))
        certain = [
            TaggedSpan(start, end, identifier.label, None)
            for identifier, spans in zip(IDENTIFIERS, patterns, strict=True)
            if identifier.certain
            for start, end in spans
        ]
        return certain, scores

    def _favoured(
        self, text: str, words: Sequence[Span], flags: NDArray[np.uint8], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Make names more probable: a first name before a surname; what stands before an address of mail."""
        pairs = np.flatnonzero(pairs_of_names(flags))
        first, rest = [pairs[flags[pairs, KNOWN + 1] == 0]], [pairs + 1]
        starts = np.array([start for start, _ in words])
        common = (flags[:, KNOWN + 2] == 1) & (flags[:, KNOWN + 5] == 0) & (flags[:, KNOWN + 7] == 0)
        for start, end in displayed(text):
            name = np.arange(*np.searchsorted(starts, (start, end)))
            name = name[[text[starts[n]].isalpha() for n in name]]
            if len(name) and not common[name].any():
                first, rest = [*first, name[:1]], [*rest, name[1:]]
        for places, tag in ((first, "b-person"), (rest, "i-person")):
            scores[np.concatenate(places), self.tags.index(tag)] += FAVOUR
        rows = np.unique(np.concatenate([*first, *rest]))
        scores[rows] -= _logsum(scores[rows])
        return scores

    def _predict(
        self, text: str, words: Sequence[Span], scores: NDArray[np.float64], language: str
    ) -> Iterator[TaggedSpan]:
        if self.eagerness:
            scores = scores.copy()
            scores[:, self.tags.index(OUTSIDE)] -= self.eagerness
        path = best_tags(scores, self.tags)
        for first, last, label in pieces(text, words, [self.tags[n] for n in path]):
            columns = [self.tags.index(f"b-{label}"), self.tags.index(f"i-{label}")]
            probability = float(np.exp(scores[first:last, columns]).sum(axis=1).mean())
            rounded = min(1.0, round(probability, DECIMALS))
            start, end = words[first][0], words[last - 1][1]
            lower = label == "person" and text[start:end].islower()  # few names are
            if rounded < (self.sure if lower else self.least):
                continue
            span = settled(text, (start, end), label, language, self._known)
            if span is not None and (label != "person" or is_name(text, span, rounded, self._known)):
                yield TaggedSpan(*span, label, rounded, rounded >= self.sure)

    def _repeated(self, text: str, predicted: Sequence[TaggedSpan], taken: bytearray) -> Iterator[TaggedSpan]:
        """Find the names again where the network has not: with a capital, or alone on a line as one signs."""
        probabilities: dict[str, float] = {}
        for span in predicted:
            if span.label == "person" and span.sure and span.probability:
                for start, end in word_spans(text[span.start : span.end]):
                    word = text[span.start + start : span.start + end]
                    if len(word) > 2 and word[0].isupper() and not self.is_ordinary(word):
                        key = word.casefold()
                        probabilities[key] = max(probabilities.get(key, 0.0), span.probability)
        if not probabilities:
            return
        open_span: TaggedSpan | None = None
        for match in WORD.finditer(text):
            (start, end), word = match.span(), match[0]
            found = probabilities.get(word.casefold())
            if found is None or taken[start] or not (word[0].isupper() or _is_alone(text, start, end)):
                continue
            if open_span is not None and text[open_span.end : start] == " ":
                open_span = TaggedSpan(
                    open_span.start, end, "person", min(found, open_span.probability or 1.0)
                )
                continue
            if open_span is not None:
                yield open_span
            open_span = TaggedSpan(start, end, "person", found)
        if open_span is not None:
            yield open_span

    def is_ordinary(self, word: str) -> bool:
        """Tell whether a word is one that is no repeated name; a first name is one unless it is frequent."""
        known = self._known(word)
        return bool(known & (FREQUENT if known & FIRST else LOWER))

    def is_listed(self, word: str) -> bool:
        """Tell whether a word is known as a first name or a surname."""
        return bool(self._known(word) & (FIRST | LAST))

    def _known(self, word: str) -> int:
        bits, _ = self.lexicon.look_up(np.array([crc(word.lower())], np.uint32))
        return int(bits[0])


def installed() -> PersonalDataTagger:
    """Open the tagger that the catalog names, once in a process.

    Raises:
        ModelError: There is none, or it is not what its card says.
    """
    return _installed(search_key())


@cache
def _installed(key: tuple[str, ...]) -> PersonalDataTagger:
    # Kept by where it is looked for: a model that is added while documents are read is of the next run.
    return load(find(TAGGER))


def load(folder: Path) -> PersonalDataTagger:
    """Read and check a tagger.

    Raises:
        ModelError: The folder is not what its card says.
    """
    card = verify(folder)
    try:
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in arrays.files}
        tags = (OUTSIDE, *(f"{mark}-{label}" for label in card.about["labels"] for mark in "bi"))
        tagger = assemble(card, tags, parts, float(card.about["least"]), float(card.about["sure"]))
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"model {card.id}: {folder / 'weights.npz'} cannot be read: {error}") from None
    return tagger


def assemble(
    card: Card, tags: Sequence[str], parts: dict[str, NDArray[np.generic]], least: float, sure: float
) -> PersonalDataTagger:
    """Build a tagger from its arrays.

    Args:
        card: The tagger's card.
        tags: As in `PersonalDataTagger`.
        parts: Arrays by name: `hashes`, `bits` and `clusters` of the lexicon; `table.NAME` and `scale.NAME`
            for each of `TABLES`; `first`, `window0` and further, `output`, each with its `.bias`.
        least: As in `PersonalDataTagger`.
        sure: As in `PersonalDataTagger`.

    Raises:
        ValueError: An array has another shape than the others ask for.
    """

    def floats(name: str) -> Floats:
        return np.asarray(parts[name], np.float32)

    tables = tuple(floats(f"table.{name}") * floats(f"scale.{name}") for name in TABLES)
    first, output = floats("first"), floats("output")
    windows = [
        (floats(f"window{n}"), floats(f"window{n}.bias"))
        for n in range(sum("window" in name for name in parts) // 2)
    ]
    width = sum(table.shape[1] for table in tables) + FLAGS + len(LANGUAGES)
    units = len(first)
    shapes = [first.shape == (units, width), output.shape == (len(tags), units)]
    shapes += [weights.shape == (units, 3 * units) for weights, _ in windows]
    shapes += [len(table) == rows for table, rows in zip(tables, TABLES.values(), strict=True)]
    if not all(shapes):
        raise ValueError("its arrays do not fit together, or not this release")
    return PersonalDataTagger(
        card,
        tuple(tags),
        Lexicon(*(np.asarray(parts[name]) for name in ("hashes", "bits", "clusters"))),
        Network(
            tables,
            ExactMatrix(first),
            floats("first.bias"),
            tuple((ExactMatrix(weights), bias) for weights, bias in windows),
            ExactMatrix(output),
            floats("output.bias"),
        ),
        least,
        sure,
    )


def find_each(text: str, taggers: Sequence[PersonalDataTagger], language: str) -> list[list[TaggedSpan]]:
    """Find what each tagger finds; they differ in `least`, `sure` and `eagerness` alone, and read once."""
    certain: list[TaggedSpan] = []
    predicted: list[list[TaggedSpan]] = [[] for _ in taggers]
    for start, end in blocks(text):
        block = text[start:end]
        if words := word_spans(block):
            own, scores = taggers[0]._read(block, words, language)
            taken = _taken(block, own)
            for tagger, spans in zip(taggers, predicted, strict=True):
                others = compounds(
                    block, list(tagger._predict(block, words, scores, language)), tagger._known
                )
                spans += [_moved(span, start) for span in others if not any(taken[span.start : span.end])]
            certain += [_moved(span, start) for span in own]
    found = []
    for tagger, spans in zip(taggers, predicted, strict=True):
        given = [*certain, *spans]
        repeated = tagger._repeated(text, spans, _taken(text, given))
        found.append(sorted([*given, *repeated], key=lambda span: span.start))
    return found


def _taken(text: str, spans: Sequence[TaggedSpan]) -> bytearray:
    """Mark the characters of a text that spans cover."""
    taken = bytearray(len(text))
    for span in spans:
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    return taken


def _moved(span: TaggedSpan, start: int) -> TaggedSpan:
    return replace(span, start=span.start + start, end=span.end + start)


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text into blocks of at most `BLOCK_CHARS`, at the end of a line or at least of a word."""
    start = 0
    while len(text) - start > BLOCK_CHARS:
        most = start + BLOCK_CHARS
        end = max(text.rfind("\n", start + BLOCK_CHARS // 2, most), 0) or max(
            text.rfind(" ", start + BLOCK_CHARS // 2, most), 0
        )
        end = end + 1 if end else most
        yield start, end
        start = end
    yield start, len(text)


def _is_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a word is all that its line says, but for marks."""
    _, begins, left = text[max(0, start - LINE_CHARS) : start].rpartition("\n")
    right, ends, _ = text[end : end + LINE_CHARS].partition("\n")
    inside = (not begins and start > LINE_CHARS) or (not ends and end + LINE_CHARS < len(text))
    return not inside and not any(char.isalnum() for char in left + right)


def _logsum(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)), np.float64)
