"""The encoder, from texts to readings: the only module that opens a `ctranslate2.Encoder`.

Micro-batches hold rows of equal length only. That costs nothing on a CPU (512 tokens per call are as
fast as 4,096, and padding is zero), and it makes a row's states the same, bit for bit, whatever else
is in the batch; see docs/decisions/0002-equal-length-batches.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import merge_cards, verify
from docassay.models.engine import micro_batches, on_cpu
from docassay.models.evidence import strongest
from docassay.models.heads import Heads
from docassay.models.lexical_weights import count_tokens
from docassay.models.reading import Reading
from docassay.schemas.errors import ModelError

Floats = NDArray[np.float32]

MICRO_BATCH_TOKENS = 512
"""Tokens per call of the engine: more would not fit a core's cache (research/benchmarks/encoder.py)."""

ENCODED_CHARS = 250_000
"""Characters of texts whose tokens are held at a time; a document may have millions."""

STATES_TOKENS = 60_000
"""Tokens whose states are held at a time, about 100 MB: those of 250,000 characters of English, or of 60,000
digits or signs, each of which may be a token of its own."""


class Encoder:
    """A CTranslate2 encoder with one linear head per task on its mean-pooled last hidden state.

    It cannot be pickled, so build it where it runs; it can be weakly referenced.
    """

    def __init__(
        self,
        folder: Path,
        threads: int = 1,
        head_folders: Sequence[Path] = (),
    ) -> None:
        """Open the model in `folder`, with `threads` calls of the engine at a time.

        Args:
            folder: The model.
            threads: Calls of the engine at a time.
            head_folders: Folders of the same `Card.weights`, whose heads answer in the same pass.

        Raises:
            ModelError: A folder is not what its card says.
        """
        from tokenizers import Tokenizer

        cards = [verify(path) for path in (folder, *head_folders)]
        self.card = merge_cards(cards)
        self._folder, self._threads = folder, threads
        self._opening = Lock()
        self._engine: Any = None
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._vocabulary = self._tokenizer.get_vocab_size()
        self._heads_of = {name: heads for card in cards for heads in [Heads(card)] for name in card.tasks}
        # Twice as many threads as the engine's calls at a time, so that it never waits for the next.
        self._pool = ThreadPoolExecutor(2 * threads, thread_name_prefix="encoder") if threads > 1 else None

    @property
    def engine(self) -> Any:
        """The engine, which is opened when it first reads: many documents are asked no task.

        Raises:
            ModelError: It cannot be opened: the folder was changed, or is gone, since its card was read.
        """
        with self._opening:
            if self._engine is None:
                import ctranslate2

                options = on_cpu(ctranslate2.get_supported_compute_types("cpu"), self._threads)
                try:
                    self._engine = ctranslate2.Encoder(str(self._folder), **options)
                except (RuntimeError, ValueError) as error:
                    folder = self._folder
                    raise ModelError(f"model {self.card.id}: {folder} cannot be opened: {error}") from None
            return self._engine

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        """Answer for each text the tasks asked of it, in one pass of the encoder.

        Repeated texts are computed once, and those that no task is asked of not at all. A text longer
        than the model's `max_tokens` is read in windows that overlap by a quarter, and pooled over
        all of its tokens.

        Args:
            texts: Any texts, also empty ones (their reading has no probabilities).
            tasks: For each text, names of the card's tasks.
            explain: (task, label) pairs: a text that is assigned the label also gets its evidence.

        Raises:
            ModelError: A task has no head in this model, or the engine cannot be opened.
        """
        missing = {name for names in tasks for name in names} - set(self._heads_of)
        if missing:
            raise ModelError(f"model {self.card.id} has no head for {', '.join(sorted(missing))}")
        readings: list[Reading] = []
        for some in _groups([len(text) for text in texts], ENCODED_CHARS):
            encodings = self._encode(texts[some])
            for part in _groups([len(encoding) for encoding in encodings], STATES_TOKENS):
                readings += self._read(texts[some][part], encodings[part], tasks[some][part], explain)
        return readings

    def _read(
        self,
        texts: Sequence[str],
        encodings: Sequence[Any],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]],
    ) -> list[Reading]:
        ids = [encoding.ids for encoding in encodings]
        numbers: dict[tuple[int, ...], int] = {}
        sources: list[int | None] = [  # for each text, the first one with the same tokens
            numbers.setdefault(tuple(row), n) if names and text.strip() else None
            for n, (row, names, text) in enumerate(zip(ids, tasks, texts, strict=True))
        ]
        states = self._states({n: list(self._windows(ids[n])) for n in numbers.values()})
        answers: dict[int, dict[str, tuple[float, ...]]] = {n: {} for n in states}
        position_of = {n: position for position, n in enumerate(sorted(states))}
        lexical = any(self._heads_of[name][name].terms for names in tasks for name in names)
        counts = count_tokens([ids[n][1:-1] for n in position_of]) if lexical else None
        for name in sorted({name for names in tasks for name in names}):
            asking = (n for n, names in zip(sources, tasks, strict=True) if name in names)
            batch = sorted({n for n in asking if n is not None})
            if batch:
                rows = self._heads_of[name][name].probabilities(
                    np.stack([states[n][0] for n in batch]),
                    counts.only([position_of[n] for n in batch]) if counts else None,
                )
                for n, row in zip(batch, rows, strict=True):
                    answers[n][name] = row
        readings: list[Reading] = []
        for text, encoding, names, source in zip(texts, encodings, tasks, sources, strict=True):
            if source is None:
                readings.append(Reading({}, len(encoding.ids)))
                continue
            token_states = states[source][1]
            probabilities = {name: answers[source][name] for name in sorted(names)}
            pairs = [pair for pair in explain if pair[0] in probabilities]
            readings.append(
                Reading(
                    probabilities,
                    len(encoding.ids),
                    self._evidence(text, encoding, token_states, probabilities, pairs),
                )
            )
        return readings

    def _evidence(
        self,
        text: str,
        encoding: Any,
        states: Floats,
        answers: Mapping[str, Sequence[float]],
        wanted: Sequence[tuple[str, str]],
    ) -> dict[tuple[str, str], tuple[int, int]]:
        assigned = {
            name: self._heads_of[name][name].assigned(answers[name]) for name in {task for task, _ in wanted}
        }
        pairs = [(task, label) for task, label in wanted if label in assigned[task]]
        counts = count_tokens([encoding.ids[1:-1]]) if pairs else None
        return {
            (task, label): strongest(
                text, encoding.offsets, self._heads_of[task][task].gains(label, states, encoding.ids, counts)
            )
            for task, label in pairs
        }

    def pooled(self, texts: Sequence[str]) -> Floats:
        """Give the mean-pooled states, [texts, width], on which a head can be trained."""
        windows = {n: list(self._windows(e.ids)) for n, e in enumerate(self._encode(texts))}
        states = self._states(windows)
        return np.stack([states[n][0] for n in range(len(texts))])

    def token_states(self, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], Floats]]:
        """Give each text's tokens, special tokens included, as offsets into it, and their states.

        Of a text longer than a window the states are without those of the special tokens.
        """
        encodings = self._encode(texts)
        states = self._states({n: list(self._windows(e.ids)) for n, e in enumerate(encodings)})
        return [(encoding.offsets, states[n][1]) for n, encoding in enumerate(encodings)]

    def windows(self, texts: Sequence[str]) -> list[list[int]]:
        """Give the rows of token ids that the engine would get for texts, in order."""
        return [row for encoding in self._encode(texts) for _, row in self._windows(encoding.ids)]

    def _encode(self, texts: Sequence[str]) -> list[Any]:
        return list(self._tokenizer.encode_batch(list(texts)))

    def _windows(self, ids: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield windows no longer than the model allows: the first token's position, and the ids."""
        if max(ids) >= self._vocabulary:  # the engine would not raise but end the process
            raise ModelError(f"model {self.card.id}: the tokenizer gives ids outside the vocabulary")
        size = self.card.max_tokens
        if len(ids) <= size:
            yield 0, list(ids)
            return
        start, body, step = ids[0], ids[1:-1], (size - 2) * 3 // 4
        for at in range(0, max(1, len(body) - (size - 2) + step), step):
            yield at + 1, [start, *body[at : at + size - 2], ids[-1]]

    def _states(self, windows: Mapping[int, list[tuple[int, list[int]]]]) -> dict[int, tuple[Floats, Floats]]:
        """Run the engine; give by text its pooled state, [width], and its tokens' states, [tokens, width]."""
        origins = [(n, at) for n, pieces in windows.items() for at, _ in pieces]
        rows = [row for pieces in windows.values() for _, row in pieces]
        batches = micro_batches(enumerate(map(len, rows)), MICRO_BATCH_TOKENS)
        run = self._pool.map if self._pool else map
        pieces_of: dict[int, list[tuple[int, Floats]]] = defaultdict(list)
        outputs = run(self._forward, [[rows[i] for i in batch] for batch in batches])
        for batch, output in zip(batches, outputs, strict=True):
            for i, states in zip(batch, output, strict=True):
                n, at = origins[i]
                pieces_of[n].append((at, states))
        return {  # each text's windows are let go as they are joined
            n: _join_windows(sorted(pieces_of.pop(n), key=lambda piece: piece[0])) for n in list(pieces_of)
        }

    def _forward(self, rows: list[list[int]]) -> Floats:
        return np.array(self.engine.forward_batch(rows).last_hidden_state, dtype=np.float32)


def _groups(sizes: Sequence[int], most: int) -> Iterator[slice]:
    """Cut texts of these sizes into groups of at most `most`, or of one text.

    >>> list(_groups([3, 4, 9, 1], 7))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    start = total = 0
    for n, size in enumerate(sizes):
        if n > start and total + size > most:
            yield slice(start, n)
            start, total = n, 0
        total += size
    yield slice(start, len(sizes))


def _join_windows(pieces: Sequence[tuple[int, Floats]]) -> tuple[Floats, Floats]:
    """Join a text's windows, without special tokens; where two overlap, keep the earlier one's states."""
    if len(pieces) == 1:
        whole = pieces[0][1]
    else:
        parts: list[Floats] = []
        reached = 1
        for at, states in pieces:
            parts.append(states[1:-1][reached - at :])
            reached = at + len(states) - 2
        whole = np.concatenate(parts)
    return whole.mean(axis=0, dtype=np.float32), whole
