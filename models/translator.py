"""The compact translator, an encoder-decoder: the only module that opens a `ctranslate2.Translator`.

The engine gets rows of equal length only, as the encoder does, so that a sentence has the same
translation and the same score whatever is translated beside it; see
docs/decisions/0002-equal-length-batches.md.

A translator's card says, beside what every card says:

    source_language, target_language   BCP 47 tags
    beam                               hypotheses kept at a time; 1 is greedy
    source_prefix, source_suffix, target_prefix
                                       tokens that a family of models wants around a sentence
    source_spelling                    characters replaced in a sentence before it is tokenised
    [guards]                           bounds of `transforms.translation.guards` measured for it
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from docassay.models import catalog
from docassay.models.catalog import Card
from docassay.models.engine import micro_batches, on_cpu
from docassay.schemas.errors import ModelError

MICRO_BATCH_TOKENS = 1_024
"""Source tokens per call of the engine; research/benchmarks/translation.py compares sizes."""

DECIMALS = 6
"""Scores are rounded to this many decimals."""

MARK_OF_END = "</s>"


@dataclass(frozen=True, slots=True)
class Translated:
    """A sentence in English.

    Attributes:
        score: Mean log probability of a token, 0 at best.
    """

    text: str
    score: float


class Translator(Protocol):
    """What a pipeline needs of a translation model, of whatever kind.

    Attributes:
        placeholders: Words that the model was trained to carry over unchanged; possibly none.
    """

    card: Card
    placeholders: tuple[str, ...]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the source tokens of each text; none may have more than `card.max_tokens`."""
        ...

    def translate(self, sentences: Sequence[str]) -> list[Translated]:
        """Translate each sentence; nothing is cut off.

        Raises:
            ModelError: A sentence has more tokens than the model takes.
        """
        ...


class SequenceTranslator:
    """A CTranslate2 encoder-decoder with a SentencePiece model for both languages, or one for each.

    Cannot be pickled; may be used by several threads at once.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Open the model in `folder`, with `threads` calls of the engine at a time.

        Raises:
            ModelError: The folder is not what its card says.
        """
        import ctranslate2
        import sentencepiece

        self.card = catalog.verify(folder)
        entries = self.card.about
        if not self.card.max_tokens:
            raise ModelError(f"model {self.card.id}: model.toml says no max_tokens, the longest sentence")
        settings = on_cpu(ctranslate2.get_supported_compute_types("cpu"), threads)
        try:
            self.engine = ctranslate2.Translator(str(folder), **settings)
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_file=str(folder / "sentencepiece.model")
            )
            # Some families tokenise each language with a model of its own.
            target = folder / "sentencepiece.target.model"
            self._target = (
                sentencepiece.SentencePieceProcessor(model_file=str(target))
                if target.is_file()
                else self._pieces
            )
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._spelling = str.maketrans(entries.get("source_spelling", {}))
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            raise ModelError(f"model {self.card.id}: {folder} cannot be opened: {error}") from None
        self._prefix = list(entries.get("source_prefix", ()))
        default_suffix = [] if config.get("add_source_eos") else [MARK_OF_END]
        self._suffix = list(entries.get("source_suffix", default_suffix))
        self._target_prefix = list(entries.get("target_prefix", ()))
        self._beam = int(entries.get("beam", 1))
        candidates = (f"⟦{number}⟧" for number in range(10))
        self.placeholders = tuple(
            p for p in candidates if not self._pieces.is_unknown(self._pieces.piece_to_id(p))
        )
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="translator") if threads > 1 else None

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, prefix and suffix included."""
        extra = len(self._prefix) + len(self._suffix)
        return [len(ids) + extra for ids in self._pieces.encode(self._spelt(texts))]

    def translate(self, sentences: Sequence[str]) -> list[Translated]:
        """Translate each sentence, repeated ones only once; one without any token stays empty.

        Raises:
            ModelError: A sentence has more tokens than the model takes.
        """
        rows = [self._row(pieces) for pieces in self._pieces.encode(self._spelt(sentences), out_type=str)]
        numbers: dict[tuple[str, ...], int] = {}
        sources = [numbers.setdefault(tuple(row), n) if row else None for n, row in enumerate(rows)]
        longest = max(map(len, rows), default=0)
        if longest > self.card.max_tokens:
            raise ModelError(
                f"model {self.card.id}: a sentence has {longest} tokens, at most"
                f" {self.card.max_tokens} are taken; split it"
            )
        batches = micro_batches([(n, len(rows[n])) for n in numbers.values()], MICRO_BATCH_TOKENS)
        run = self._pool.map if self._pool else map
        translations: dict[int, Translated] = {}
        outputs = run(self._forward, [[rows[n] for n in batch] for batch in batches])
        for batch, output in zip(batches, outputs, strict=True):
            translations |= zip(batch, output, strict=True)
        return [Translated("", 0.0) if n is None else translations[n] for n in sources]

    def _spelt(self, texts: Sequence[str]) -> list[str]:
        return [text.translate(self._spelling) for text in texts]

    def _row(self, pieces: Sequence[str]) -> list[str]:
        return [*self._prefix, *pieces, *self._suffix] if pieces else []

    def _forward(self, rows: list[list[str]]) -> list[Translated]:
        """Translate rows of one length."""
        prefix: Mapping[str, Any] = (
            {"target_prefix": [self._target_prefix] * len(rows)} if self._target_prefix else {}
        )
        results = self.engine.translate_batch(
            rows,
            beam_size=self._beam,
            max_input_length=0,  # 0 is no limit: `translate` has refused what is too long
            max_decoding_length=min(self.card.max_tokens, 2 * len(rows[0]) + 16),
            return_scores=True,
            **prefix,
        )
        skip = len(self._target_prefix)
        return [
            Translated(self._target.decode(result.hypotheses[0][skip:]).strip(), _score(result.scores[0]))
            for result in results
        ]


def _score(score: float) -> float:
    return round(score, DECIMALS) + 0.0  # -0.0 becomes 0.0


def generator_languages(card: Card) -> tuple[str, ...]:
    """List the languages that a generator translates from, by its card."""
    return tuple(str(language) for language in card.about.get("source_languages", ()))
