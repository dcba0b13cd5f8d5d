"""Texts to readings: the only module that opens a `ctranslate2.Encoder`.

Micro-batches hold rows of one length only. That costs nothing on a CPU (512 tokens a call are as
fast as 4,096, and padding is zero) and it makes a row's states the same, bit for bit, whatever else
is in the batch; see docs/decisions/0002-equal-length-micro-batches.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docassay.models import tagger as personal
from docassay.models.catalog import merge_cards, verify
from docassay.models.engine import micro_batches, on_cpu
from docassay.models.evidence import strongest
from docassay.models.heads import load_heads
from docassay.models.lexical_weights import count_tokens
from docassay.models.reading import Reading
from docassay.models.tagger import Found, PersonalDataTagger
from docassay.schemas.errors import ModelError

Floats = NDArray[np.float32]

MICRO_BATCH_TOKENS = 512
"""Tokens a call of the engine: more falls out of a core's cache and is slower (benchmarks/encoder.py)."""

STATES_CHARS = 250_000
"""Characters of the texts whose states are held at a time, about 250 MB: a document may have millions."""


class Encoder:
    """A CTranslate2 encoder with one linear head a task on its mean-pooled last hidden state.

    Cannot be pickled, can be weakly referenced: build it where it runs.
    """

    def __init__(
        self,
        folder: Path,
        threads: int = 1,
        beside: Sequence[Path] = (),
        finder: PersonalDataTagger | None = None,
    ) -> None:
        """Open the model in `folder`, with `threads` calls of the engine at a time.

        Args:
            folder: The model.
            threads: Calls of the engine at a time.
            beside: Folders of the same `Card.weights`, whose heads answer in the same pass.
            finder: What finds personal data on this encoder's states, where texts are asked for it.

        Raises:
            ModelError: A folder is not what its card says.
        """
        import ctranslate2
        from tokenizers import Tokenizer

        cards = [verify(path) for path in (folder, *beside)]
        self.card = merge_cards(cards)
        self._finder = finder
        if finder is not None:
            self.card = replace(self.card, spans={personal.TASK: finder.card.id})
        self.engine = ctranslate2.Encoder(
            str(folder), **on_cpu(ctranslate2.get_supported_compute_types("cpu"), threads)
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._vocabulary = self._tokenizer.get_vocab_size()
        self._heads = {name: head for card in cards for name, head in load_heads(card).items()}
        # Twice as many as the engine takes at a time, so that it never waits for the next.
        self._pool = ThreadPoolExecutor(2 * threads, thread_name_prefix="encoder") if threads > 1 else None

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        """Answer for each text the tasks asked of it, in one pass of the encoder.

        A text that stands twice is computed once, one that is asked nothing not at all. One longer
        than the model's `max_tokens` is read in windows that overlap by a quarter, and pooled over
        all of its tokens.

        Args:
            texts: Any texts, also empty ones (their reading has no probabilities).
            tasks: For each text, names of the card's tasks.
            explain: (task, label) pairs for which a text that is given the label also gets evidence.

        Raises:
            ModelError: A task has no head in this model.
        """
        missing = {name for names in tasks for name in names} - set(self._heads) - set(self.card.spans)
        if missing:
            raise ModelError(f"model {self.card.id} has no head for {', '.join(sorted(missing))}")
        readings: list[Reading] = []
        for some in _groups(texts):
            readings += self._read(texts[some], tasks[some], explain)
        return readings

    def _read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]],
    ) -> list[Reading]:
        encodings = self._encode(texts)
        ids = [encoding.ids for encoding in encodings]
        first: dict[tuple[int, ...], int] = {}
        same: list[int | None] = [
            first.setdefault(tuple(row), n) if names and text.strip() else None
            for n, (row, names, text) in enumerate(zip(ids, tasks, texts, strict=True))
        ]
        states = self._states({n: list(self._windows(ids[n])) for n in first.values()})
        answers: dict[int, dict[str, tuple[float, ...]]] = {n: {} for n in states}
        place_of = {n: place for place, n in enumerate(sorted(states))}
        with_terms = any(self._heads[name].terms for names in tasks for name in names if name in self._heads)
        words = count_tokens([ids[n][1:-1] for n in place_of]) if with_terms else None
        for name in sorted({name for names in tasks for name in names} & set(self._heads)):
            wanted = (n for n, names in zip(same, tasks, strict=True) if name in names)
            asked = sorted({n for n in wanted if n is not None})
            if asked:
                found = self._heads[name].probabilities(
                    np.stack([states[n][0] for n in asked]),
                    words.only([place_of[n] for n in asked]) if words else None,
                )
                for n, probabilities in zip(asked, found, strict=True):
                    answers[n][name] = probabilities
        readings: list[Reading] = []
        for place, source in enumerate(same):
            if source is None:
                readings.append(Reading({}, len(ids[place])))
                continue
            own = {name: answers[source][name] for name in sorted(tasks[place]) if name in self._heads}
            pairs = [pair for pair in explain if pair[0] in own]
            evidence = self._evidence(texts[place], encodings[place], states[source][1], own, pairs)
            readings.append(
                Reading(
                    own,
                    len(ids[place]),
                    evidence,
                    self._personal(texts[place], encodings[place].offsets, states[source][1], tasks[place]),
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
        given = {name: self._heads[name].given(answers[name]) for name in {task for task, _ in wanted}}
        pairs = [(task, label) for task, label in wanted if label in given[task]]
        bag = count_tokens([encoding.ids[1:-1]]) if pairs else None
        return {
            (task, label): strongest(
                text, encoding.offsets, self._heads[task].gains(label, states, encoding.ids, bag)
            )
            for task, label in pairs
        }

    def _personal(
        self, text: str, offsets: Sequence[tuple[int, int]], states: Floats, names: Collection[str]
    ) -> tuple[Found, ...]:
        if self._finder is None or personal.TASK not in names:
            return ()
        return tuple(self._finder.find(text, offsets, states))

    def pooled(self, texts: Sequence[str]) -> Floats:
        """Give the mean-pooled states, [texts, width], on which a head can be trained."""
        windows = {n: list(self._windows(e.ids)) for n, e in enumerate(self._encode(texts))}
        states = self._states(windows)
        return np.stack([states[n][0] for n in range(len(texts))])

    def token_states(self, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], Floats]]:
        """Give each text's tokens, marks included, as offsets into it, and their states.

        The states of a text longer than a window are without those of the marks.
        """
        encodings = self._encode(texts)
        states = self._states({n: list(self._windows(e.ids)) for n, e in enumerate(encodings)})
        return [(encoding.offsets, states[n][1]) for n, encoding in enumerate(encodings)]

    def windows(self, texts: Sequence[str]) -> list[list[int]]:
        """Give the rows of token ids that the engine would be handed for texts, in their order."""
        return [row for encoding in self._encode(texts) for _, row in self._windows(encoding.ids)]

    def _encode(self, texts: Sequence[str]) -> list[Any]:
        return list(self._tokenizer.encode_batch(list(texts)))

    def _windows(self, ids: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """Give (first token's place, ids) of windows no longer than the model allows."""
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
        """Run the engine: by text, the pooled state [width] and the states of its tokens [tokens, width]."""
        places = [(n, at) for n, pieces in windows.items() for at, _ in pieces]
        rows = [row for pieces in windows.values() for _, row in pieces]
        batches = micro_batches(enumerate(map(len, rows)), MICRO_BATCH_TOKENS)
        run = self._pool.map if self._pool else map
        found: dict[int, list[tuple[int, Floats]]] = defaultdict(list)
        outputs = run(self._forward, [[rows[i] for i in batch] for batch in batches])
        for batch, output in zip(batches, outputs, strict=True):
            for i, states in zip(batch, output, strict=True):
                n, at = places[i]
                found[n].append((at, states))
        return {n: _joined(sorted(pieces, key=lambda piece: piece[0])) for n, pieces in found.items()}

    def _forward(self, rows: list[list[int]]) -> Floats:
        return np.array(self.engine.forward_batch(rows).last_hidden_state, dtype=np.float32)


def _groups(texts: Sequence[str]) -> Iterator[slice]:
    """Cut texts into groups of at most `STATES_CHARS` characters, or of one text.

    >>> list(_groups(["a", "b"]))
    [slice(0, 2, None)]
    """
    start = chars = 0
    for n, text in enumerate(texts):
        if n > start and chars + len(text) > STATES_CHARS:
            yield slice(start, n)
            start, chars = n, 0
        chars += len(text)
    yield slice(start, len(texts))


def _joined(pieces: Sequence[tuple[int, Floats]]) -> tuple[Floats, Floats]:
    """Join a text's windows, without their marks; where two overlap, the earlier one's states stand."""
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
