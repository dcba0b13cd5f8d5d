"""Stand-ins for tests whose claim is not about a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import Card, TaskCard
from docassay.models.reading import Reading, assigned_labels


def card(tasks: Mapping[str, Sequence[str]], multi: Collection[str] = (), name: str = "keywords") -> Card:
    """Make the card of a model that answers `tasks` (labels by name); no file stands behind it."""
    return Card(
        name=name,
        version="1",
        kind="encoder",
        folder=Path("nowhere"),
        base="none",
        licence="Apache-2.0",
        max_tokens=192,
        tasks={
            task: TaskCard(
                name=task,
                domain="legal",
                kind="multi" if task in multi else "single",
                labels=tuple(labels),
                temperature=1.0,
                thresholds=(0.5,) * len(labels) if task in multi else (),
                abstain_below=0.6,
                abstain_precision=0.9,
                data="none",
                data_licence="none",
                quality={},
            )
            for task, labels in tasks.items()
        },
        files={},
        digest="0" * 64,
        about={"languages": ["en"]},
    )


class KeywordReader:
    """A `models.reading.Reader` that gives a label where a word of it stands in the text.

    A label's words are those of its name, so ``governing_law`` is found by "governing" or "law".
    It is given with probability 0.9; where no label is found a `single` task gives its first, with
    0.5. The evidence is the first word found.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        self.texts: list[str] = []

    def read(
        self,
        texts: Sequence[str],
        tasks: Sequence[Collection[str]],
        explain: Collection[tuple[str, str]] = (),
    ) -> list[Reading]:
        self.texts.extend(texts)
        return [self._read(text, names, explain) for text, names in zip(texts, tasks, strict=True)]

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the number of words as the only dimension."""
        return np.array([[len(text.split())] for text in texts], np.float32)

    def _read(self, text: str, names: Collection[str], explain: Collection[tuple[str, str]]) -> Reading:
        probabilities, evidence = {}, {}
        for name in sorted(names):
            task = self.card.tasks[name]
            places = {label: _place(text, label) for label in task.labels}
            found = [label for label, place in places.items() if place]
            if task.kind == "single":
                chosen = found[0] if found else task.labels[0]
                top = 0.9 if found else 0.5
                rest = round((1 - top) / max(1, len(task.labels) - 1), 6)
                probabilities[name] = tuple(top if label == chosen else rest for label in task.labels)
            else:
                probabilities[name] = tuple(0.9 if label in found else 0.1 for label in task.labels)
            for label, _ in assigned_labels(task, probabilities[name]):
                place = places[label]
                if place and (name, label) in explain:
                    evidence[name, label] = place
        return Reading(probabilities, len(text.split()) + 2, evidence)


def _place(text: str, label: str) -> tuple[int, int] | None:
    for word in label.split("_"):
        at = text.lower().find(word)
        if at >= 0:
            return at, at + len(word)
    return None
