"""A translator's weights in Transformers' M2M100 class, the baseline that the engine is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration

from docassay.train.encode import batches
from docassay.train.full.finetune import padded
from research.encoder import unpack
from research.translation.model import Shape, Transformer, sinusoids
from research.translation.tokenizer import END, START, UNKNOWN


def load(folder: Path) -> Any:
    """Load a translator's folder into Transformers, in float32, for inference.

    Rows are padded with the unknown token, which no text holds; positions count from the one after it.
    """
    tensors = unpack.translator(folder)
    model = Transformer(Shape(len(tensors["embedding.weight"])))
    model.load_state_dict(tensors)
    shape = model.shape
    settings: dict[str, Any] = {
        "vocab_size": shape.vocabulary,
        "d_model": shape.width,
        "encoder_layers": shape.encoder_layers,
        "decoder_layers": shape.decoder_layers,
        "encoder_attention_heads": shape.heads,
        "decoder_attention_heads": shape.heads,
        "encoder_ffn_dim": shape.inner,
        "decoder_ffn_dim": shape.inner,
        "max_position_embeddings": shape.positions,
        "activation_function": "relu",
        "scale_embedding": True,
        "pad_token_id": UNKNOWN,
        "bos_token_id": START,
        "eos_token_id": END,
        "decoder_start_token_id": START,
        "forced_eos_token_id": None,  # a setting of generation, which Transformers takes from here
    }
    converted: Any = M2M100ForConditionalGeneration(M2M100Config(**settings))
    weights = {"model.shared.weight": model.embedding.weight}
    for side in ("encoder", "decoder"):
        weights |= _both(model.get_submodule(f"{side}_norm"), f"model.{side}.layer_norm")
        for number, layer in enumerate(model.get_submodule(side).children()):
            weights |= _layer(layer, f"model.{side}.layers.{number}", side == "decoder")
        positions = converted.get_submodule(f"model.{side}.embed_positions")
        positions.weights[1:] = sinusoids(len(positions.weights) - 1, shape.width)
    missing, unknown = converted.load_state_dict(weights, strict=False)
    assert not unknown and all("embed" in name or name == "lm_head.weight" for name in missing)
    converted.tie_weights()
    return converted.eval()


def translate(model: Any, rows: Sequence[Sequence[int]], batch_tokens: int) -> list[list[int]]:
    """Translate rows of source ids, each closed by the end token, greedily in batches of similar length."""
    translations: dict[int, list[int]] = {}
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    for batch in batches(order, [len(row) for row in rows], batch_tokens):
        longest = len(rows[batch[-1]])
        ids = padded([rows[n] for n in batch], UNKNOWN)
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids,
                attention_mask=ids.ne(UNKNOWN).long(),
                num_beams=1,
                do_sample=False,
                max_new_tokens=min(2 * longest + 16, model.config.max_position_embeddings - 1),
            )
        for n, row in zip(batch, out.tolist(), strict=True):
            ended = row.index(END) if END in row else len(row)
            translations[n] = row[1:ended]
    return [translations[n] for n in range(len(rows))]


def _layer(layer: Any, name: str, looks_back: bool) -> dict[str, torch.Tensor]:
    joint = zip(("q_proj", "k_proj", "v_proj"), _parts(layer.itself.joint, 3), strict=True)
    weights = {f"{name}.self_attn.{part}.{kind}": v for part, both in joint for kind, v in both.items()}
    weights |= _both(layer.itself.out, f"{name}.self_attn.out_proj")
    weights |= _both(layer.norm, f"{name}.self_attn_layer_norm")
    weights |= _both(layer.inner, f"{name}.fc1") | _both(layer.outer, f"{name}.fc2")
    weights |= _both(layer.inner_norm, f"{name}.final_layer_norm")
    if looks_back:
        back = f"{name}.encoder_attn"
        joint = zip(("k_proj", "v_proj"), _parts(layer.back.memory, 2), strict=True)
        weights |= {f"{back}.{part}.{kind}": v for part, both in joint for kind, v in both.items()}
        weights |= _both(layer.back.query, f"{back}.q_proj") | _both(layer.back.out, f"{back}.out_proj")
        weights |= _both(layer.back_norm, f"{back}_layer_norm")
    return weights


def _both(module: Any, name: str) -> dict[str, torch.Tensor]:
    return {f"{name}.weight": module.weight, f"{name}.bias": module.bias}


def _parts(module: Any, number: int) -> list[dict[str, torch.Tensor]]:
    """Split a joint projection into the projections that it joins."""
    weights, offsets = module.weight.chunk(number), module.bias.chunk(number)
    return [{"weight": w, "bias": b} for w, b in zip(weights, offsets, strict=True)]
