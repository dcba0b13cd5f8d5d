"""A Transformer for translation: deep encoder, shallow decoder, one table of embeddings for everything.

Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762) with normalisation before each layer; a shallow decoder
costs little quality and most of the time saved (Kasai et al. 2021, https://arxiv.org/abs/2006.10369).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN = -1e4
"""The score of a masked place: in bfloat16 its softmax is zero."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model; `positions` is the longest sentence in tokens, marks included."""

    vocabulary: int
    width: int = 256
    heads: int = 4
    inner: int = 1024
    encoder_layers: int = 6
    decoder_layers: int = 2
    positions: int = 256


class Attention(nn.Module):
    """Multi-head attention: one projection of all where it is over itself, else two."""

    def __init__(self, width: int, heads: int, over_itself: bool) -> None:
        """Make the projections."""
        super().__init__()
        self.heads = heads
        self.over_itself = over_itself
        if over_itself:
            self.joint = nn.Linear(width, 3 * width)
        else:
            self.query = nn.Linear(width, width)
            self.memory = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, states: Tensor, memory: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
        """Attend from `states` [rows, n, width] to `memory` [rows, m, width] where `mask` is true."""
        if self.over_itself:
            query, key, value = self.joint(states).chunk(3, dim=-1)
        else:
            query = self.query(states)
            key, value = self.memory(memory).chunk(2, dim=-1)
        query, key, value = (self._split(states) for states in (query, key, value))
        scores = query * query.shape[-1] ** -0.5 @ key.transpose(-2, -1)
        if mask is not None:
            scores = scores.masked_fill(~mask, HIDDEN)
        if causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, HIDDEN)
        # Not the fused attention: on sentences its backward pass takes four times as long on a processor.
        # Nor in float32, which autocast would choose.
        with torch.autocast(scores.device.type, enabled=False):
            mixed = scores.softmax(-1) @ value
        projected: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return projected

    def _split(self, states: Tensor) -> Tensor:
        rows, tokens, width = states.shape
        return states.view(rows, tokens, self.heads, width // self.heads).transpose(1, 2)


class Layer(nn.Module):
    """Self-attention (`itself`), cross-attention of a decoder (`back`), feed-forward (`inner`, `outer`)."""

    def __init__(self, shape: Shape, looks_back: bool, dropout: float) -> None:
        """Make the sublayers, each with its normalisation."""
        super().__init__()
        self.norm = nn.LayerNorm(shape.width)
        self.itself = Attention(shape.width, shape.heads, over_itself=True)
        if looks_back:
            self.back_norm = nn.LayerNorm(shape.width)
            self.back = Attention(shape.width, shape.heads, over_itself=False)
        self.inner_norm = nn.LayerNorm(shape.width)
        self.inner = nn.Linear(shape.width, shape.inner)
        self.outer = nn.Linear(shape.inner, shape.width)
        self.drop = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, states: Tensor, mask: Tensor | None, memory: Tensor | None = None) -> Tensor:
        """Take [rows, n, width] one layer further; with `memory`, `mask` is over the memory."""
        normed = self.norm(states)
        own_mask = None if memory is not None else mask
        states = states + self.drop(self.itself(normed, normed, own_mask, causal=memory is not None))
        if memory is not None:
            states = states + self.drop(self.back(self.back_norm(states), memory, mask, causal=False))
        further: Tensor = self.outer(functional.relu(self.inner(self.inner_norm(states))))
        further = self.drop(further)
        return states + further


class Transformer(nn.Module):
    """From source ids and the target so far to the scores of the next token."""

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        """Make an untrained model."""
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)
        self.encoder = nn.ModuleList(Layer(shape, False, dropout) for _ in range(shape.encoder_layers))
        self.decoder = nn.ModuleList(Layer(shape, True, dropout) for _ in range(shape.decoder_layers))
        self.encoder_norm = nn.LayerNorm(shape.width)
        self.decoder_norm = nn.LayerNorm(shape.width)
        self.positions: Tensor
        self.register_buffer("positions", sinusoids(shape.positions, shape.width), persistent=False)

    def forward(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Score what follows each of `target` [rows, n]: [rows, n, vocabulary]; `mask` marks the source."""
        scores: Tensor = functional.linear(self.states(source, mask, target), self.embedding.weight)
        return scores

    def states(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Give what the scores are products of with the embeddings: [rows, n, width]."""
        over = mask[:, None, None, :]
        states = self._embed(source)
        for layer in self.encoder:
            states = layer(states, over)
        memory = self.encoder_norm(states)
        states = self._embed(target)
        for layer in self.decoder:
            states = layer(states, over, memory)
        last: Tensor = self.decoder_norm(states)
        return last

    def _embed(self, ids: Tensor) -> Tensor:
        embedded: Tensor = self.embedding(ids) * math.sqrt(self.shape.width)
        return embedded + self.positions[: ids.shape[1]]


def sinusoids(positions: int, width: int) -> Tensor:
    """Return the position encodings of Vaswani et al., [positions, width], sines first."""
    rates = torch.exp(torch.arange(width // 2) * (-math.log(10_000) / (width // 2 - 1)))
    angles = torch.arange(positions)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
