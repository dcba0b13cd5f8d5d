"""The encoders in use: the shipped one, and those that bring tasks of their own.

Folders with the same weights share one engine and one pass over a text; an encoder of other weights
reads the text once more, for its own tasks only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from models.catalog import Card, in_use, together, verify
from models.encoder import Encoder, Reader, Reading, heads


def check(name: str) -> tuple[Card, ...]:
    """Check every folder that `open_reader` would open, heads too; cheap, and before any document.

    Returns:
        The card of each, the model `name` first.

    Raises:
        ModelError: One is not what its card says, or two answer the same task.
    """
    cards = tuple(verify(folder) for folder in in_use(name))
    for card in cards:
        heads(card)
    together(cards)
    return cards


def open_reader(name: str, threads: int = 1) -> Reader:
    """Open the model `name` and the encoders beside it as one reader.

    Raises:
        ModelError: One is not what its card says, or two answer the same task.
    """
    groups: dict[str, list[Path]] = {}
    for card in check(name):
        groups.setdefault(card.weights, []).append(card.folder)
    encoders = [Encoder(folders[0], threads, folders[1:]) for folders in groups.values()]
    return encoders[0] if len(encoders) == 1 else Panel(encoders)


class Panel:
    """Several encoders that answer as one; a `Reader`. A task is answered by the last that has it."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Take the readers; the first one's card stands for all, with the tasks of the others."""
        self.card = together([reader.card for reader in readers])
        self._readers = list(readers)
        self._of = {task: n for n, reader in enumerate(readers) for task in reader.card.tasks}

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        """Ask each reader for its own tasks, and join the answers; tokens are those of the first."""
        parts = [
            reader.read(
                texts,
                [[task for task in names if self._of[task] == n] for names in tasks],
                [(task, label) for task, label in explain if self._of.get(task) == n],
            )
            for n, reader in enumerate(self._readers)
        ]
        return [
            Reading(
                dict(sorted(pair for part in own for pair in part.probabilities.items())),
                own[0].tokens,
                {pair: span for part in own for pair, span in part.evidence.items()},
            )
            for own in zip(*parts, strict=True)
        ]
