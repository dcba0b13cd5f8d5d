"""What is fine-tuned: one encoder, and one linear head a task on the mean of its last hidden states."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import BertModel

from docassay.train.full.finetune import load_encoder as open_base
from docassay.train.heads import Head
from docassay.train.score import Kind
from research.corpora.example import Example
from research.encoder.unpack import bert


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """The shape of a head, and how much its labels weigh in the loss.

    For a multi-label head it is the weight of the positives (1 = as frequent as they come).
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    weights: tuple[float, ...]


def head_spec(name: str, kind: Kind, labels: tuple[str, ...], examples: Sequence[Example]) -> HeadSpec:
    """Describe a head, rare labels weighing up to 4 times as much as frequent ones.

    The weight is the fourth root of negatives over positives, or of the mean frequency over the label's.
    """
    train = [example for example in examples if example.split == "train"]
    counts = [sum(label in example.labels for example in train) for label in labels]
    if kind == "single":
        weights = tuple(min(4.0, (len(train) / (len(labels) * max(count, 1))) ** 0.25) for count in counts)
    else:
        weights = tuple(
            min(4.0, max(1.0, ((len(train) - count) / max(count, 1)) ** 0.25)) for count in counts
        )
    return HeadSpec(name, kind, labels, weights)


class JointModel(nn.Module):
    """A BERT encoder and one linear layer a task."""

    def __init__(self, encoder: BertModel, heads: Sequence[HeadSpec], dropout: float = 0.1) -> None:
        """Put untrained heads on an encoder; dropout acts on the pooled state."""
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {head.name: nn.Linear(encoder.config.hidden_size, len(head.labels)) for head in heads}
        )
        self.mark = nn.Linear(encoder.config.hidden_size, 1)

    def forward(self, ids: Tensor, mask: Tensor, owners: Tensor | None = None) -> Tensor:
        """Return the mean state of each text over its real tokens, [texts, width], in float32.

        `ids` and `mask` are [windows, tokens]; `owners` says whose each window is, where texts have several.
        """
        return self.read(ids, mask, owners)[0]

    def read(self, ids: Tensor, mask: Tensor, owners: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the mean states as `forward` does, and those of all tokens, [windows, tokens, width]."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        sums, counts = (states * weights).sum(1), weights.sum(1)
        if owners is not None:
            texts = int(owners.max()) + 1
            sums = sums.new_zeros(texts, sums.shape[1]).index_add(0, owners, sums)
            counts = counts.new_zeros(texts, 1).index_add(0, owners, counts)
        return sums / counts, states


def load_encoder(base: Path, start: Path | None = None) -> BertModel:
    """Open the base encoder for training, with the weights of the converted model in `start`, if named."""
    encoder = open_base(base)
    if start is not None:
        encoder.load_state_dict(bert(start), strict=False)
    return encoder


def begin(model: JointModel, name: str, head: Head) -> None:
    """Initialise a task's head with one of the same shape that was trained before."""
    linear = dict(model.heads.items()).get(name)
    if isinstance(linear, nn.Linear) and linear.weight.shape == head.weight.shape:
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(head.weight))
            linear.bias.copy_(torch.from_numpy(head.bias))


def export(weights: Mapping[str, Tensor], heads: Sequence[HeadSpec], folder: Path) -> None:
    """Write the encoder's and the heads' tensors apart, and the heads' labels as `heads.json`."""
    export_weights(weights, folder)
    describe(heads, folder)


def export_weights(weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write the encoder's and the heads' tensors apart."""
    for part in ("encoder", "heads"):
        tensors = {
            name.removeprefix(f"{part}."): value.cpu().contiguous()
            for name, value in weights.items()
            if name.startswith(f"{part}.")
        }
        save_file(tensors, folder / f"{part}.safetensors", {"format": "pt"})


def describe(heads: Sequence[HeadSpec], folder: Path) -> None:
    """Write the heads' kinds and labels as `heads.json`."""
    (folder / "heads.json").write_text(
        json.dumps({head.name: {"kind": head.kind, "labels": head.labels} for head in heads}, indent=1)
    )
