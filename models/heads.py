"""The heads of an encoder: for each task a linear layer on the pooled states, and lexical weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import HEADS, SHIPPED, Card, TaskCard
from docassay.models.engine import exact_matmul
from docassay.models.lexical_weights import LexicalWeights, TokenCounts, from_arrays
from docassay.models.reading import DECIMALS, assigned_labels
from docassay.schemas.errors import ModelError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Head:
    """The linear head of a task: weight [labels, width], bias [labels], and lexical weights if any."""

    task: TaskCard
    weight: Floats
    bias: Floats
    terms: LexicalWeights | None = None

    def probabilities(self, pooled: Floats, counts: TokenCounts | None) -> list[tuple[float, ...]]:
        """Answer for a batch of texts; the rest of the batch does not change a text's answer.

        Args:
            pooled: Their pooled states, [texts, width].
            counts: Their token counts; None where no head has lexical weights.
        """
        logits = (exact_matmul(pooled, self.weight) + self.bias).astype(np.float64)
        if self.terms and counts:
            logits += self.terms.logits(counts)
        scaled = logits / self.task.temperature
        if self.task.kind == "single":
            powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
            values = powers / powers.sum(axis=1, keepdims=True)
        else:
            values = 1.0 / (1.0 + np.exp(-np.clip(scaled, -50, 50)))
        return [tuple(row) for row in np.round(values, DECIMALS).tolist()]

    def gains(
        self, label: str, states: Floats, ids: Sequence[int], counts: TokenCounts | None
    ) -> NDArray[np.float64]:
        """Give each token's contribution to a label's logit, times the number of tokens, [tokens].

        Args:
            label: The label; of a softmax, which sees only differences, less the mean of all labels.
            states: Of the tokens, [tokens, width]; without the special tokens where the text was windowed.
            ids: Of the same tokens, special tokens included.
            counts: The token counts of the same, without special tokens.
        """
        contrast = np.zeros(len(self.task.labels))
        contrast[self.task.labels.index(label)] = 1.0
        if self.task.kind == "single":
            contrast -= 1 / len(contrast)
        row = (contrast @ self.weight).astype(np.float32)
        gains: NDArray[np.float64] = np.einsum("td,d->t", states, row, optimize=False).astype(np.float64)
        if self.terms and counts:
            first = 1 if len(states) == len(ids) else 0
            gains[first : first + len(ids) - 2] += len(states) * self.terms.shares(
                ids[1:-1], counts, contrast
            )
        return gains

    def assigned(self, probabilities: Sequence[float]) -> set[str]:
        """Name the labels that the task assigns."""
        return {label for label, _ in assigned_labels(self.task, probabilities)}


class Heads(dict[str, Head]):
    """The heads of a card's tasks, each of which is unpacked when it is first asked for."""

    def __init__(self, card: Card) -> None:
        """Open their file.

        Raises:
            ModelError: It cannot be read.
        """
        super().__init__()
        self._card = card
        try:
            self._arrays = _arrays(card.folder / HEADS, card.files.get(HEADS, ""))
        except (OSError, ValueError, BadZipFile) as error:
            raise self._unreadable(error) from None

    def __missing__(self, name: str) -> Head:
        """Unpack the head of a task.

        Raises:
            ModelError: There is none, or one of another shape than its labels.
        """
        card, task = self._card, self._card.tasks[name]
        try:
            weight, bias = (
                np.asarray(self._arrays[f"{name}.{part}"], np.float32) for part in ("weight", "bias")
            )
            head = Head(task, weight, bias, from_arrays(name, self._arrays))
        except KeyError:
            raise ModelError(f"model {card.id}: {HEADS} has no rows for task {name}") from None
        except (OSError, ValueError, BadZipFile) as error:
            raise self._unreadable(error) from None
        labels = len(task.labels)
        if weight.ndim != 2 or bias.shape != (labels,) or len(weight) != labels:
            raise ModelError(
                f"model {card.id}: task {name} has {labels} labels in model.toml"
                f" and {len(weight)} rows in {HEADS}"
            )
        if head.terms and len(head.terms.scale) != labels:
            raise ModelError(
                f"model {card.id}: the terms of task {name} in {HEADS} are not of its {labels} labels"
            )
        self[name] = head
        return head

    def _unreadable(self, error: Exception) -> ModelError:
        return ModelError(f"model {self._card.id}: {self._card.folder / HEADS} cannot be read: {error}")


def check_heads(card: Card) -> None:
    """Unpack all heads of a model that was not shipped; of one that was, tests have done so.

    Raises:
        ModelError: A task has no head, or one of another shape than its labels.
    """
    if card.folder.parent != SHIPPED:
        heads = Heads(card)
        for name in card.tasks:
            _ = heads[name]


@lru_cache(maxsize=8)
def _arrays(path: Path, digest: str) -> Mapping[str, NDArray[Any]]:
    """Read a file of heads into memory once a process, still packed.

    Args:
        path: The file.
        digest: Its own, which the card names: other files have others.
    """
    arrays: Mapping[str, NDArray[Any]] = np.load(BytesIO(path.read_bytes()), allow_pickle=False)
    return arrays
