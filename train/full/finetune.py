"""Fine-tune the encoder for one task, with a linear head on the mean of its last hidden states.

Batches are cut by length. The learning rate rises, then falls linearly to zero over the tokens of the run;
what is saved is a running average of the weights. A killed run goes on from its last checkpoint.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from docassay.train.encode import batches
from docassay.train.job import Watch
from docassay.train.score import Kind

CHECKPOINT_SECONDS = 60.0
SPARSE = 0.2
"""Where a smaller share of the texts has a label (or another than the first), those are drawn five times as
often as the others."""


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids of a text, its marks included, and its gold: a class index ("single") or 0/1 per label."""

    ids: tuple[int, ...]
    gold: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a run, apart from the data.

    Learning rates are peaks: `encoder_rate` at the top layer, times `layer_decay` for every layer below.
    `tokens` is the length of the run, `average` the decay of the weight average.
    """

    tokens: int
    batch_tokens: int = 2048
    encoder_rate: float = 2e-4
    head_rate: float = 2e-3
    layer_decay: float = 0.85
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    smoothing: float = 0.05
    average: float = 0.995
    seed: int = 0


class ByteDropout(nn.Module):
    """Dropout by random bytes, which are drawn faster than floats: its probability is a multiple of 1/256."""

    def __init__(self, probability: float) -> None:
        """Drop about `probability` of the values in training, none else."""
        super().__init__()
        self.least = round(256 * probability)

    def forward(self, states: Tensor) -> Tensor:
        """Put zeros in place of some values and scale the others so that the mean stays."""
        if not self.training or not self.least:
            return states
        chance = torch.empty((states.numel() + 7) // 8, dtype=torch.int64, device=states.device)
        chance.random_(-(2**63), None)
        mask = chance.view(torch.uint8)[: states.numel()].view(states.shape) >= self.least
        return states * mask.to(states.dtype).mul_(256 / (256 - self.least))


def load_encoder(base: Path) -> BertModel:
    """Open a BERT encoder for training.

    Attention is computed step by step and without dropout: on a processor the fused kernel's backward pass
    and the random numbers took a quarter of the time.
    """
    encoder: BertModel = BertModel.from_pretrained(
        base, attn_implementation="eager", attention_probs_dropout_prob=0.0
    )
    for module in list(encoder.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout) and child.p:
                setattr(module, name, ByteDropout(child.p))
    return encoder


class Classifier(nn.Module):
    """A BERT encoder and one linear layer."""

    def __init__(self, encoder: BertModel, labels: int, dropout: float) -> None:
        """Put an untrained head on an encoder; dropout acts on the pooled state."""
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, labels)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the logits of each text, [texts, labels], float32, of `ids` and `mask`, [texts, tokens]."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        return torch.as_tensor(self.head(self.dropout((states * weights).sum(1) / weights.sum(1))))


def train(
    model: Classifier, kind: Kind, rows: Sequence[Row], recipe: Recipe, folder: Path, watch: Watch
) -> None:
    """Run or resume the schedule; at the end `folder` gets `encoder.safetensors` and `head.safetensors`.

    Args:
        model: The encoder with its head.
        kind: Whether labels exclude each other.
        rows: The texts to train on.
        recipe: How; a checkpoint in `folder` must be of the same rows and recipe.
        folder: Of the run.
        watch: Called with what is being done, the tokens seen and those of the run.
    """
    torch.manual_seed(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    planned = plan(rows, recipe)
    total = sum(len(rows[index].ids) for batch in planned for index in batch)
    weights = label_weights(kind, rows, model.head.out_features)
    run = _Run(model, recipe)
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.is_file():
        run.restore(checkpoint)
    bf16, saved_at = bf16_pays("cpu"), time.monotonic()
    model.train()
    for batch in ([rows[index] for index in numbers] for numbers in planned[run.step :]):
        done = run.tokens / total
        run.rate(min(done / recipe.warmup, (1.0 - done) / (1.0 - recipe.warmup)))
        ids = padded([row.ids for row in batch], 0)
        mask = padded([[1] * len(row.ids) for row in batch], 0)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = model(ids, mask)
        run.learn(loss(kind, logits.float(), batch, weights, recipe.smoothing), batch)
        watch("fine-tuning", run.tokens, total)
        if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            saved_at = time.monotonic()
            run.save(checkpoint)
    run.save(checkpoint)
    for part in ("encoder", "head"):
        tensors = {
            name.removeprefix(f"{part}."): value.contiguous()
            for name, value in run.average.items()
            if name.startswith(f"{part}.")
        }
        save_file(tensors, folder / f"{part}.safetensors", {"format": "pt"})


def plan(rows: Sequence[Row], recipe: Recipe) -> list[list[int]]:
    """Draw the batches of a whole run, in random order, by length within stretches of 40 batches."""
    chance = random.Random(recipe.seed)
    labelled = [any(row.gold) for row in rows]
    sparse = sum(labelled) < SPARSE * len(rows)
    wanted = [(3.0 if has else 0.6) if sparse else 1.0 for has in labelled]
    scale = recipe.tokens / sum(want * len(row.ids) for want, row in zip(wanted, rows, strict=True))
    drawn = []
    for index, want in enumerate(wanted):
        count, rest = divmod(want * scale, 1.0)
        drawn += [index] * (int(count) + (chance.random() < rest))
    chance.shuffle(drawn)
    lengths = [len(row.ids) for row in rows]
    tokens = sum(lengths[index] for index in drawn)
    stretch = 40 * max(1, recipe.batch_tokens * len(drawn) // max(1, tokens))
    planned: list[list[int]] = []
    for start in range(0, len(drawn), stretch):
        order = sorted(drawn[start : start + stretch], key=lambda index: (lengths[index], chance.random()))
        cut = batches(order, lengths, recipe.batch_tokens)
        chance.shuffle(cut)
        planned += cut
    return planned


def label_weights(kind: Kind, rows: Sequence[Row], labels: int) -> Tensor:
    """Weigh rare labels up to 4 times as much as frequent ones in the loss, [labels].

    The weight is the fourth root of negatives over positives, or of the mean frequency over the label's.
    """
    if kind == "single":
        counts = np.bincount([row.gold[0] for row in rows], minlength=labels)
        ratio = len(rows) / (labels * np.maximum(counts, 1))
        return torch.tensor(np.minimum(4.0, ratio**0.25), dtype=torch.float32)
    counts = np.array([row.gold for row in rows]).sum(axis=0)
    ratio = (len(rows) - counts) / np.maximum(counts, 1)
    return torch.tensor(np.clip(ratio**0.25, 1.0, 4.0), dtype=torch.float32)


def loss(kind: Kind, logits: Tensor, batch: Sequence[Row], weights: Tensor, smoothing: float) -> Tensor:
    """Average the loss over the texts of a batch."""
    gold = torch.tensor([row.gold for row in batch])
    if kind == "single":
        return functional.cross_entropy(
            logits, gold[:, 0], weight=weights, reduction="none", label_smoothing=smoothing
        ).mean()
    return (
        functional.binary_cross_entropy_with_logits(
            logits, gold.float(), pos_weight=weights, reduction="none"
        )
        .sum(1)
        .mean()
    )


class _Run:
    """What a checkpoint holds: weights, their running average, the optimizer's state, the place."""

    def __init__(self, model: Classifier, recipe: Recipe) -> None:
        self.model = model
        self.decay = recipe.average
        self.optimizer = torch.optim.AdamW(
            _groups(model, recipe), betas=(0.9, 0.98), weight_decay=recipe.weight_decay, fused=True
        )
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.average = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.step = 0
        self.tokens = 0

    def rate(self, share: float) -> None:
        """Set the learning rates to a share of their peaks."""
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * share

    def learn(self, loss: Tensor, batch: Sequence[Row]) -> None:
        """Take one step of the optimizer and of the average; early on the average is over fewer steps."""
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.tokens += sum(len(row.ids) for row in batch)
        average(self.average, self.model, min(self.decay, self.step / (self.step + 10)))

    def save(self, file: Path) -> None:
        states = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
        }
        keep(states | {"step": self.step, "tokens": self.tokens}, file)

    def restore(self, file: Path) -> None:
        saved = torch.load(file, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.average, self.step, self.tokens = saved["average"], saved["step"], saved["tokens"]


def _groups(model: Classifier, recipe: Recipe) -> list[dict[str, Any]]:
    """Group parameters by learning rate, a layer each: lowest for embeddings, `head_rate` for the head."""
    layers = model.encoder.config.num_hidden_layers
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if ".pooler." in name:
            parameter.requires_grad_(False)
            continue
        depth = int(name.split(".layer.")[1].split(".")[0]) + 1 if ".layer." in name else 0
        of_encoder = recipe.encoder_rate * recipe.layer_decay ** (layers - depth)
        rate = recipe.head_rate if name.startswith("head.") else of_encoder
        groups.setdefault(rate, []).append(parameter)
    return [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]


def average(weights: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    """Move a running average of a model's weights towards what they are."""
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            weights[name].lerp_(value.detach(), 1 - decay)


def padded(rows: Sequence[Any], filler: int) -> Tensor:
    """Pad rows of ids to the longest, [rows, tokens]."""
    table = np.full((len(rows), max(len(ids) for ids in rows)), filler, np.int64)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return torch.from_numpy(table)


def keep(state: Mapping[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def bf16_pays(device: str) -> bool:
    """Tell whether products of matrices are faster in bfloat16 than in float32.

    A processor without instructions for it takes eighty times as long.
    """
    if not device.startswith("cpu"):
        return True
    spent = {}
    for kind in (torch.bfloat16, torch.float32):
        left, right = torch.ones(256, 256, dtype=kind), torch.ones(256, 256, dtype=kind)
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            left @ right
            seconds.append(time.perf_counter() - began)
        spent[kind] = min(seconds)
    return spent[torch.bfloat16] < spent[torch.float32]
