"""The network of the tagger of personal data in PyTorch; `models.tagger.Network` is the same in NumPy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from docassay.models.identifiers import matches
from docassay.models.tagger import LANGUAGES
from docassay.models.word_features import FLAGS, KNOWN, TABLES, Lexicon, describe, word_spans
from research.corpora.personal import LABELS, Marked

WIDTHS = {"word": 32, "prefix": 16, "suffix": 16, "ending": 8, "shape": 16, "cluster": 24, "key": 12}
UNITS, WINDOWS, DROPOUT = 96, 3, 0.2
TAGS = ("o", *(f"{mark}-{label}" for label in LABELS for mark in "bi"))
FORGET = {
    "word": 0.25,
    "prefix": 0.08,
    "suffix": 0.08,
    "ending": 0.05,
    "shape": 0.02,
    "cluster": 0.12,
    "key": 0.1,
}
"""How often in training a feature is left out, so that the others are learnt, too."""
LONGEST = 500
"""Words of a document that are learnt from at a time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The features of a document with the tag of each word, and whether the tag is known."""

    ids: NDArray[np.int32]
    flags: NDArray[np.uint8]
    language: int
    tags: NDArray[np.int64]
    known: NDArray[np.float32]


def sample_of(marked: Marked, lexicon: Lexicon) -> Sample | None:
    """Describe a document as the runtime does; None where it has no words."""
    words = word_spans(marked.text)
    if not words:
        return None
    patterns = matches(marked.text)
    ids, flags = describe(marked.text, words, patterns, lexicon)
    starts = np.array([start for start, _ in words])
    ends = np.array([end for _, end in words])
    tags, known = np.zeros(len(words), np.int64), np.ones(len(words), np.float32)
    for start, end in marked.unknown:
        known[np.searchsorted(ends, start, side="right") : np.searchsorted(starts, end)] = 0
    for start, end, label in marked.spans:
        first, last = np.searchsorted(ends, start, side="right"), np.searchsorted(starts, end)
        known[first:last] = 1
        if label not in LABELS:
            known[first:last] = 0  # a pattern finds it
            continue
        tags[first:last] = TAGS.index(f"i-{label}")
        tags[first : first + 1] = TAGS.index(f"b-{label}")
    language = LANGUAGES.index(marked.language) if marked.language in LANGUAGES else -1
    return Sample(ids, flags, language, tags, known)


class Tagger(nn.Module):
    """Tables, one layer on each word, layers on each word and its neighbours, tags."""

    def __init__(self) -> None:
        """Make it with random weights."""
        super().__init__()
        self.tables = nn.ModuleDict({name: nn.Embedding(rows, WIDTHS[name]) for name, rows in TABLES.items()})
        for table in self.tables.values():
            nn.init.normal_(table.weight, std=0.1)  # type: ignore[arg-type]
        self.first = nn.Linear(sum(WIDTHS.values()) + FLAGS + len(LANGUAGES), UNITS)
        self.windows = nn.ModuleList(nn.Linear(3 * UNITS, UNITS) for _ in range(WINDOWS))
        self.output = nn.Linear(UNITS, len(TAGS))
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, ids: Tensor, flags: Tensor, real: Tensor) -> Tensor:
        """Give logits, [words, tags]; between documents there are rows that are not real."""
        columns = [table(ids[:, n]) for n, table in enumerate(self.tables.values())]
        units = torch.relu(self.first(self.drop(torch.cat([*columns, flags], dim=1)))) * real
        for window in self.windows:
            padded = nn.functional.pad(units, (0, 0, 1, 1))
            neighbours = torch.cat([padded[:-2], padded[1:-1], padded[2:]], dim=1)
            units = (units + torch.relu(window(self.drop(neighbours)))) * real
        logits: Tensor = self.output(self.drop(units))
        return logits

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Give the arrays that `models.tagger.assemble` takes: tables in eight bits, the rest in sixteen."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, table in self.tables.items():
            weights = table.weight.detach().numpy()  # type: ignore[operator]
            scale = np.abs(weights).max(axis=0) / 127 + 1e-12
            arrays[f"table.{name}"] = np.rint(weights / scale).astype(np.int8)
            arrays[f"scale.{name}"] = scale.astype(np.float32)
        layers = {"first": self.first, "output": self.output}
        layers |= {f"window{n}": window for n, window in enumerate(self.windows)}  # type: ignore[misc]
        for name, layer in layers.items():
            arrays[name] = layer.weight.detach().numpy().astype(np.float16)
            arrays[f"{name}.bias"] = layer.bias.detach().numpy().astype(np.float32)
        arrays["output.bias"][0] -= FAVOUR
        return arrays


FAVOUR = 0.55
"""Taken from the score of "outside": what is missed costs more than what is shown in vain."""

WORDS = 3_000
"""Words of a step."""


def fit(
    network: Tagger, samples: Sequence[Sample], epochs: int, rate: float, seed: int, kept: Path | None = None
) -> None:
    """Fit the network to samples, in an order that the seed decides.

    Args:
        network: What is changed.
        samples: One may be given several times.
        epochs: How often each is read.
        rate: The highest learning rate.
        seed: Of the order, and of what is left out.
        kept: A file in which the state is kept after each epoch, and from which it goes on if it is there.
    """
    torch.set_num_threads(1)
    total = sum(min(LONGEST, len(sample.tags)) for sample in samples)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=epochs * (total // WORDS + 2), pct_start=0.1
    )
    done = 0
    if kept is not None and kept.exists():
        state = torch.load(kept, weights_only=True)
        done = state["epochs"]
        for part, name in ((network, "network"), (optimiser, "optimiser"), (schedule, "schedule")):
            part.load_state_dict(state[name])
    network.train()
    for epoch in range(done, epochs):
        torch.manual_seed(1000 * seed + epoch)
        dice = np.random.default_rng(1000 * seed + epoch)
        losses = []
        for batch in _batches(samples, dice):
            ids, flags, real, tags, known = (torch.from_numpy(array) for array in batch)
            logits = network(ids, flags, real)
            loss = (
                nn.functional.cross_entropy(logits, tags, reduction="none") * known
            ).sum() / known.sum().clamp(min=1)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        if kept is not None:
            state = {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
            }
            torch.save({**state, "epochs": epoch + 1}, kept)
        print(f"epoch {epoch + 1} of {epochs}: {np.mean(losses):.4f}", flush=True)
    network.eval()


def _batches(
    samples: Sequence[Sample], dice: np.random.Generator
) -> Iterator[tuple[NDArray[np.generic], ...]]:
    order = dice.permutation(len(samples))
    rows: list[tuple[Sample, int, int]] = []
    size = 0
    for n in order:
        sample = samples[n]
        length = len(sample.tags)
        start = int(dice.integers(0, max(1, length - LONGEST + 1)))
        rows.append((sample, start, min(length, start + LONGEST)))
        size += rows[-1][2] - start
        if size >= WORDS:
            yield _packed(rows, dice)
            rows, size = [], 0
    if rows:
        yield _packed(rows, dice)


def _packed(
    rows: Sequence[tuple[Sample, int, int]], dice: np.random.Generator
) -> tuple[NDArray[np.generic], ...]:
    """Put documents after each other, with empty rows between them, and leave features out by chance."""
    total = sum(end - start + WINDOWS for _, start, end in rows)
    ids = np.zeros((total, len(TABLES)), np.int64)
    flags = np.zeros((total, FLAGS + len(LANGUAGES)), np.float32)
    real, known, tags = (
        np.zeros((total, 1), np.float32),
        np.zeros(total, np.float32),
        np.zeros(total, np.int64),
    )
    at = 0
    for sample, start, end in rows:
        stop = at + end - start
        ids[at:stop] = sample.ids[start:end]
        flags[at:stop, :FLAGS] = sample.flags[start:end]
        if sample.language >= 0 and dice.random() > 0.15:
            flags[at:stop, FLAGS + sample.language] = 1
        real[at:stop] = 1
        tags[at:stop] = sample.tags[start:end]
        known[at:stop] = sample.known[start:end]
        at = stop + WINDOWS
    for n, share in enumerate(FORGET[name] for name in TABLES):
        left_out = dice.random(total) < share
        ids[left_out, n] = 0
        if list(TABLES)[n] == "cluster":
            flags[left_out, KNOWN : KNOWN + 8] = 0
    return ids, flags, real, tags, known


def lexicon_of(arrays: Mapping[str, NDArray[np.generic]]) -> Lexicon:
    """Make the lexicon of its arrays."""
    hashes, bits, clusters = (np.asarray(arrays[name]) for name in ("hashes", "bits", "clusters"))
    return Lexicon(hashes.astype(np.uint32), bits.astype(np.uint8), clusters.astype(np.uint8))
