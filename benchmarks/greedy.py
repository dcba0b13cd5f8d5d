"""Greedy translation in PyTorch, as well as it is done there: what the engine is compared with.

Sorted batches, the states of the encoder and of earlier tokens computed once, rows that have ended
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from training.translation.model import Attention, Layer, Shape, Transformer
from training.translation.tokenizer import END, START


def load(weights: Path) -> Transformer:
    """Open the averaged weights of a training run, in float32, to be read only."""
    state = torch.load(weights, weights_only=True, map_location="cpu")
    known = {field.name for field in fields(Shape)}
    model = Transformer(Shape(**{key: value for key, value in state["shape"].items() if key in known}))
    model.load_state_dict(state["average"], strict=False)
    return model.eval()


@torch.inference_mode()
def translate(model: Transformer, rows: Sequence[Sequence[int]], batch_tokens: int) -> list[list[int]]:
    """Translate rows of source ids; a row may become as long as the engine lets it."""
    found: dict[int, list[int]] = {}
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    while order:
        batch: list[int] = []
        while (order and (len(batch) + 1) * len(rows[order[0]]) <= batch_tokens) or not batch:
            batch.append(order.pop(0))
        found |= zip(batch, _batch(model, [rows[n] for n in batch]), strict=True)
    return [found[n] for n in range(len(rows))]


def _batch(model: Transformer, rows: Sequence[Sequence[int]]) -> list[list[int]]:
    longest = max(map(len, rows))
    source = torch.full((len(rows), longest), END)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for n, row in enumerate(rows):
        source[n, : len(row)] = torch.tensor(row)
        mask[n, : len(row)] = True
    over = mask[:, None, None, :]
    states = model._embed(source)
    for layer in model.encoder:
        states = layer(states, over)
    memory = model.encoder_norm(states)
    crossed = [layer.back.memory(memory).chunk(2, dim=-1) for layer in model.decoder]
    crossed = [
        (layer.back._split(k), layer.back._split(v))
        for layer, (k, v) in zip(model.decoder, crossed, strict=True)
    ]
    earlier: list[tuple[Tensor, Tensor] | None] = [None] * len(crossed)
    answers: list[list[int]] = [[] for _ in rows]
    alive = torch.arange(len(rows))
    last = torch.full((len(rows),), START)
    for at in range(min(2 * longest + 16, len(model.positions))):
        states = model.embedding(last[:, None]) * model.shape.width**0.5 + model.positions[at]
        for n, layer in enumerate(model.decoder):
            states, earlier[n] = _step(layer, states, earlier[n], crossed[n], over)
        scores = functional.linear(model.decoder_norm(states[:, 0]), model.embedding.weight)
        last = scores.argmax(dim=-1)
        going = last != END
        for row, token in zip(alive[going].tolist(), last[going].tolist(), strict=True):
            answers[row].append(token)
        if not going.any():
            break
        if not going.all():
            alive, last, over = alive[going], last[going], over[going]
            crossed = [(k[going], v[going]) for k, v in crossed]
            earlier = [(kept[0][going], kept[1][going]) for kept in earlier if kept]
    return answers


def _step(
    layer: Layer,
    states: Tensor,
    earlier: tuple[Tensor, Tensor] | None,
    crossed: tuple[Tensor, Tensor],
    over: Tensor,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Take one token of each row through a layer of the decoder."""
    own = layer.itself
    query, key, value = (own._split(part) for part in own.joint(layer.norm(states)).chunk(3, dim=-1))
    if earlier:
        key, value = torch.cat([earlier[0], key], dim=2), torch.cat([earlier[1], value], dim=2)
    states = states + _out(own, functional.scaled_dot_product_attention(query, key, value))
    back = layer.back
    query = back._split(back.query(layer.back_norm(states)))
    states = states + _out(back, functional.scaled_dot_product_attention(query, *crossed, attn_mask=over))
    further: Tensor = layer.outer(functional.relu(layer.inner(layer.inner_norm(states))))
    return states + further, (key, value)


def _out(attention: Attention, mixed: Tensor) -> Tensor:
    out: Tensor = attention.out(mixed.transpose(1, 2).flatten(2))
    return out
