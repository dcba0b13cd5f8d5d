"""The generative translator, a decoder-only model: the only module that opens a `ctranslate2.Generator`.

The larger model behind the compact translator. Given the name of a language and a sentence, it was trained to
continue with the sentence's English. Only rows of equal length go through the engine together, so that a
sentence has the same translation whatever is translated beside it
(docs/decisions/0002-equal-length-batches.md).

The folder holds, beside the weights, `tokenizer.json`. Its card says, beside what every card says:

    source_languages   the languages that it was trained to translate, some of `LANGUAGES`
    window             tokens that the narrowest layer looks back over; a sentence must fit
    beam               hypotheses kept at a time; 1 is greedy
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docassay.models.catalog import Card, verify
from docassay.models.engine import micro_batches, on_cpu
from docassay.models.translator import DECIMALS, MICRO_BATCH_TOKENS, Translated, generator_languages
from docassay.schemas.errors import ModelError

STOPS = ("\n", "\n\n", "\n\n\n")
"""Tokens that end a translation, as far as the vocabulary has them."""

BATCH_ROWS = 16
"""Most sentences per call of the engine, which keeps a state for every token of each."""

LANGUAGES: Mapping[str, str] = {"de": "German", "fr": "French"}
"""The names by which the model knows the languages that it may translate from."""


def prompt_prefix(language: str) -> str:
    """Write the prompt's first part, which is the same for every sentence of a language.

    >>> print(prompt_prefix("fr") + prompt("Bonjour."))
    French: Bonjour.
    English:
    """
    return f"{LANGUAGES[language]}:"


def prompt(sentence: str) -> str:
    """Write a sentence as the prompt that the model continues with its English."""
    return f" {sentence}\nEnglish:"


def open_engine(card: Card, threads: int) -> Any:
    """Open a decoder of the catalog, a `ctranslate2.Generator`, with `threads` calls at a time.

    Raises:
        ModelError: It cannot be opened.
    """
    import ctranslate2

    settings = on_cpu(ctranslate2.get_supported_compute_types("cpu"), threads)
    try:
        return ctranslate2.Generator(str(card.folder), **settings)
    except Exception as error:  # the engine raises what it likes at a faulty folder
        raise ModelError(f"model {card.id}: {card.folder} cannot be opened: {error}") from None


class GenerativeTranslator:
    """A CTranslate2 decoder that translates from one language; a `models.translator.Translator`.

    Cannot be pickled; may be used by several threads at once.
    """

    placeholders: tuple[str, ...] = ()

    def __init__(self, folder: Path, language: str, threads: int = 1) -> None:
        """Open the model in `folder` for one source language, with `threads` calls of the engine at a time.

        Raises:
            ModelError: The folder is not what its card says, or the model does not know the language.
        """
        from tokenizers import Tokenizer

        self.card = verify(folder)
        if self.card.kind != "generator" or not self.card.max_tokens:
            raise ModelError(f"{folder} holds no generator with max_tokens (kind {self.card.kind!r})")
        languages = sorted(LANGUAGES.keys() & generator_languages(self.card))
        if language not in languages:
            raise ModelError(
                f"model {self.card.id} does not translate {language!r}, only {', '.join(languages)}"
            )
        self.engine = open_engine(self.card, threads)
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except Exception as error:  # `tokenizers` raises a bare Exception
            raise ModelError(f"model {self.card.id}: {folder} cannot be opened: {error}") from None
        self._tokenizer.encode_special_tokens = True  # "<eos>" in a document is four letters and two signs
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        start = config.get("bos_token")
        self._prompt_prefix = [*([start] if start else []), *self._tokens([prompt_prefix(language)])[0]]
        vocabulary = self._tokenizer.get_vocab()
        self._beam = int(self.card.about.get("beam", 1))
        self._window = int(self.card.about.get("window", 0))
        longest = len(self._prompt_prefix) + self.card.max_tokens
        if longest > self._window:  # the engine would not raise but write beyond its memory
            raise ModelError(
                f"model {self.card.id}: a sentence has up to {longest} tokens with what stands before it,"
                f" its window (model.toml: window) holds {self._window}"
            )
        self._stops = [stop for stop in (*STOPS, config.get("eos_token")) if stop in vocabulary]
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="generator") if threads > 1 else None

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, with those of the prompt around it."""
        return [len(row) for row in self._tokens([prompt(_line(text)) for text in texts])]

    def translate(self, sentences: Sequence[str]) -> list[Translated]:
        """Translate each sentence, repeated ones only once; one of white space stays empty.

        Raises:
            ModelError: A sentence has more tokens than the model takes.
        """
        lines = [_line(sentence) for sentence in sentences]
        distinct = list(dict.fromkeys(line for line in lines if line))
        rows = self._tokens([prompt(line) for line in distinct])
        longest = max(map(len, rows), default=0)
        if longest > self.card.max_tokens:
            raise ModelError(
                f"model {self.card.id}: a sentence has {longest} tokens,"
                f" {self.card.max_tokens} are taken; split it"
            )
        groups = micro_batches(enumerate(map(len, rows)), MICRO_BATCH_TOKENS)
        calls = [group[at : at + BATCH_ROWS] for group in groups for at in range(0, len(group), BATCH_ROWS)]
        run = self._pool.map if self._pool else map
        outputs = run(self._forward, [[rows[n] for n in call] for call in calls])
        translations: dict[str, Translated] = {}
        for call, output in zip(calls, outputs, strict=True):
            translations |= {distinct[n]: translated for n, translated in zip(call, output, strict=True)}
        return [translations[line] if line else Translated("", 0.0) for line in lines]

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [list(row.tokens) for row in encoded]

    def _forward(self, rows: list[list[str]]) -> list[Translated]:
        """Translate rows of one length."""
        results = self.engine.generate_batch(
            rows,
            static_prompt=self._prompt_prefix,
            cache_static_prompt=True,
            include_prompt_in_result=False,
            end_token=self._stops,
            beam_size=self._beam,
            max_length=min(self.card.max_tokens, 2 * len(rows[0]) + 16),
            return_scores=True,
        )
        return [
            Translated(
                _line(self._tokenizer.decode(result.sequences_ids[0])),
                round(result.scores[0], DECIMALS) + 0.0,
            )
            for result in results
        ]


def _line(text: str) -> str:
    return " ".join(text.split())
