"""Encoder groups: the shipped encoder and those that add tasks of their own, as one reader.

Folders with the same weights share one engine and one pass over a text; an encoder of other weights
reads the text once more, for its own tasks only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import TAGGER, Card, active_encoders, find, merge_cards, verify
from docassay.models.encoder import Encoder
from docassay.models.heads import check_heads
from docassay.models.reading import Reader, Reading


def check(name: str) -> tuple[Card, ...]:
    """Check every folder that `open_reader` would open, heads included, before any document.

    Returns:
        The card of each, the model `name` first.

    Raises:
        ModelError: One is not what its card says, or two answer the same task.
    """
    cards = tuple(verify(folder) for folder in active_encoders(name))
    for card in cards:
        check_heads(card)
    merge_cards(cards)
    return (*cards, verify(find(TAGGER)))


def card_of(name: str) -> Card:
    """Give the card that the reader of `open_reader` will have, without opening it.

    Raises:
        ModelError: A folder is not what its card says, or two answer the same task.
    """
    return merge_cards([verify(folder) for folder in active_encoders(name)])


def open_reader(name: str, threads: int = 1) -> Reader:
    """Open the model `name` and the encoders beside it as one reader.

    The reader that was opened last is given again where the folders are still the same: a process that reads
    several bundles or runs opens it once.

    Raises:
        ModelError: One is not what its card says, or two answer the same task.
    """
    cards = tuple((card.folder, card.digest, card.weights) for card in check(name) if card.kind == "encoder")
    with _opening:
        return _opened(cards, threads)


@lru_cache(maxsize=1)
def _opened(cards: tuple[tuple[Path, str, str], ...], threads: int) -> Reader:
    groups: dict[str, list[Path]] = {}
    for folder, _, weights in cards:
        groups.setdefault(weights, []).append(folder)
    encoders = [Encoder(paths[0], threads, paths[1:]) for paths in groups.values()]
    return encoders[0] if len(encoders) == 1 else EncoderGroup(encoders)


_opening = Lock()


class EncoderGroup:
    """Several encoders that answer as one; a `Reader`. A task is answered by the last that has it."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Take the readers; the first one's card stands for all, with the tasks of the others."""
        self.card = merge_cards([reader.card for reader in readers])
        self._readers = list(readers)
        self._reader_of = {task: n for n, reader in enumerate(readers) for task in reader.card.tasks}

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the states of the first encoder."""
        return self._readers[0].pooled(texts)

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        """Ask each reader for its own tasks, and merge the answers; the token counts are the first one's."""
        parts = [
            reader.read(
                texts,
                [[task for task in names if self._reader_of[task] == n] for names in tasks],
                [(task, label) for task, label in explain if self._reader_of.get(task) == n],
            )
            for n, reader in enumerate(self._readers)
        ]
        return [
            Reading(
                dict(sorted(pair for part in readings for pair in part.probabilities.items())),
                readings[0].tokens,
                {pair: span for part in readings for pair, span in part.evidence.items()},
            )
            for readings in zip(*parts, strict=True)
        ]
