"""Read the weights of a converted model back, to train a shipped model further.

The checkpoints of a long training are not stored in the repository. Weights in int8 are off by half a step in
127 at most, which further training corrects within its first batches.
"""

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

VERSION = 6
"""The version of CTranslate2's file format that is read here."""

TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)

TRANSLATOR = (
    ("self_attention", ("norm", "itself.joint", "itself.out")),
    ("ffn", ("inner_norm", "inner", "outer")),
    ("attention", ("back_norm", "back.query", "back.memory", "back.out")),
)
"""The parts of a translator's layer, and the names of their norm and projections; an encoder has no third."""


def arrays(file: Path) -> dict[str, NDArray[np.float32]]:
    """Give the weights of a `model.bin` by their CTranslate2 names, in float32.

    Raises:
        ValueError: The file is of another version of the format.
    """
    stored: dict[str, NDArray[Any]] = {}
    with file.open("rb") as stream:
        if (version := _number(stream, "I")) != VERSION:
            raise ValueError(f"{file} is of version {version} of the format, not {VERSION}")
        _text(stream)
        _number(stream, "I")  # the revision of the model's kind
        for _ in range(_number(stream, "I")):
            name = _text(stream)
            shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
            kind = TYPES[_number(stream, "B")]
            stored[name] = np.frombuffer(stream.read(_number(stream, "I")), kind).reshape(shape)
        for _ in range(_number(stream, "I")):  # names of equal weights, which are stored once
            name = _text(stream)
            stored[name] = stored[_text(stream)]
    return {
        name: values.astype(np.float32) / _column(stored[f"{name}_scale"])
        if f"{name}_scale" in stored
        else values.astype(np.float32)
        for name, values in stored.items()
        if not name.endswith("_scale")
    }


def bert(folder: Path) -> dict[str, Tensor]:
    """Give the weights of a converted BERT encoder by the names that Transformers uses, without a pooler."""
    weights = arrays(folder / "model.bin")
    state = {
        "embeddings.word_embeddings.weight": weights["encoder/embeddings_0/weight"],
        "embeddings.token_type_embeddings.weight": weights["encoder/embeddings_1/weight"],
        "embeddings.position_embeddings.weight": weights["encoder/position_encodings/encodings"],
    }
    state |= _norm(weights, "encoder/layernorm_embedding", "embeddings.LayerNorm")
    layers = sum(name.endswith("/ffn/linear_0/weight") for name in weights)
    for number in range(layers):
        theirs, ours = f"encoder/layer_{number}", f"encoder.layer.{number}"
        for part in ("weight", "bias"):
            joint = np.split(weights[f"{theirs}/self_attention/linear_0/{part}"], 3)
            for name, values in zip(("query", "key", "value"), joint, strict=True):
                state[f"{ours}.attention.self.{name}.{part}"] = values
        for linear, name in (
            ("self_attention/linear_1", "attention.output.dense"),
            ("ffn/linear_0", "intermediate.dense"),
            ("ffn/linear_1", "output.dense"),
        ):
            for part in ("weight", "bias"):
                state[f"{ours}.{name}.{part}"] = weights[f"{theirs}/{linear}/{part}"]
        state |= _norm(weights, f"{theirs}/self_attention/layer_norm", f"{ours}.attention.output.LayerNorm")
        state |= _norm(weights, f"{theirs}/ffn/layer_norm", f"{ours}.output.LayerNorm")
    return {name: torch.from_numpy(np.array(values)) for name, values in state.items()}


def translator(folder: Path) -> dict[str, Tensor]:
    """Give the weights of a converted translator by the names of `research.translation.model`."""
    weights = arrays(folder / "model.bin")
    state = {"embedding.weight": weights["decoder/embeddings/weight"]}
    for side in ("encoder", "decoder"):
        state |= _norm(weights, f"{side}/layer_norm", f"{side}_norm")
        for number in range(sum(n.startswith(side) and n.endswith("/ffn/linear_0/weight") for n in weights)):
            theirs, ours = f"{side}/layer_{number}", f"{side}.{number}"
            for part, name in TRANSLATOR[: 3 if side == "decoder" else 2]:
                state |= _norm(weights, f"{theirs}/{part}/layer_norm", f"{ours}.{name[0]}")
                for linear, projection in enumerate(name[1:]):
                    for kind in ("weight", "bias"):
                        state[f"{ours}.{projection}.{kind}"] = weights[
                            f"{theirs}/{part}/linear_{linear}/{kind}"
                        ]
    return {name: torch.from_numpy(np.array(values)) for name, values in state.items()}


def _norm(weights: dict[str, NDArray[np.float32]], theirs: str, ours: str) -> dict[str, NDArray[np.float32]]:
    return {f"{ours}.weight": weights[f"{theirs}/gamma"], f"{ours}.bias": weights[f"{theirs}/beta"]}


def _column(scale: NDArray[Any]) -> NDArray[np.float32]:
    return np.float32(scale).reshape(-1, *[1] * bool(scale.ndim))


def _number(stream: BinaryIO, kind: str) -> int:
    number: int = struct.unpack("<" + kind, stream.read(struct.calcsize("<" + kind)))[0]
    return number


def _text(stream: BinaryIO) -> str:
    return stream.read(_number(stream, "H"))[:-1].decode()
