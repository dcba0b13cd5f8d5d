"""Turn trained weights into a model folder that `models.translator` opens."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece as spm
import torch
from ctranslate2.specs import common_spec, transformer_spec
from torch import Tensor

from research.translation.model import Shape, sinusoids
from research.translation.tokenizer import END, START, UNKNOWN, pieces


def convert(weights: Path, tokenizer: Path, folder: Path, quantization: str = "int8") -> Shape:
    """Write config.json, model.bin, shared_vocabulary.json and sentencepiece.model into `folder`."""
    state = torch.load(weights, weights_only=True, map_location="cpu")
    shape = Shape(**state["shape"])
    spec = specification(shape, state["average"])
    tokens = pieces(spm.SentencePieceProcessor(model_file=str(tokenizer)))
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.unk_token, spec.config.bos_token, spec.config.eos_token = (
        tokens[UNKNOWN],
        tokens[START],
        tokens[END],
    )
    spec.config.decoder_start_token = tokens[START]
    spec.config.add_source_bos = False
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize(quantization=None if quantization == "float32" else quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    shutil.copyfile(tokenizer, folder / "sentencepiece.model")
    return shape


def specification(shape: Shape, weights: dict[str, Tensor]) -> Any:
    """Put weights where CTranslate2 expects them."""
    spec = transformer_spec.TransformerSpec.from_config(
        (shape.encoder_layers, shape.decoder_layers),
        shape.heads,
        pre_norm=True,
        activation=common_spec.Activation.RELU,
    )
    values = {name: value.float().numpy() for name, value in weights.items()}
    # The engine fails at a position without an encoding, and an output may be longer than its source.
    positions = sinusoids(2 * shape.positions, shape.width).numpy()
    for side, name in ((spec.encoder, "encoder"), (spec.decoder, "decoder")):
        embeddings = side.embeddings[0] if name == "encoder" else side.embeddings
        embeddings.weight = values["embedding.weight"]
        side.scale_embeddings = True
        side.position_encodings.encodings = positions
        _norm(side.layer_norm, values, f"{name}_norm")
        for number, layer in enumerate(side.layer):
            _layer(layer, values, f"{name}.{number}")
    spec.decoder.projection.weight = values["embedding.weight"]
    return spec


def _layer(layer: Any, values: dict[str, np.ndarray[Any, Any]], name: str) -> None:
    _norm(layer.self_attention.layer_norm, values, f"{name}.norm")
    _linear(layer.self_attention.linear[0], values, f"{name}.itself.joint")
    _linear(layer.self_attention.linear[1], values, f"{name}.itself.out")
    if f"{name}.back_norm.weight" in values:
        _norm(layer.attention.layer_norm, values, f"{name}.back_norm")
        _linear(layer.attention.linear[0], values, f"{name}.back.query")
        _linear(layer.attention.linear[1], values, f"{name}.back.memory")
        _linear(layer.attention.linear[2], values, f"{name}.back.out")
    _norm(layer.ffn.layer_norm, values, f"{name}.inner_norm")
    _linear(layer.ffn.linear_0, values, f"{name}.inner")
    _linear(layer.ffn.linear_1, values, f"{name}.outer")


def _linear(spec: Any, values: dict[str, np.ndarray[Any, Any]], name: str) -> None:
    spec.weight, spec.bias = values[f"{name}.weight"], values[f"{name}.bias"]


def _norm(spec: Any, values: dict[str, np.ndarray[Any, Any]], name: str) -> None:
    spec.gamma, spec.beta = values[f"{name}.weight"], values[f"{name}.bias"]
