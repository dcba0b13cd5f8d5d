"""What a model says of its size is held against its weights, before anything is built of that size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.models.adopt.folder import first_line
from docassay.schemas.errors import ModelError

LONGEST_CONTEXT = 2**24
"""Tokens of the longest context that is believed; the longest of today's models are of 10 million."""

MOST_TIMES = 2
"""So many times the weights that there are a model may describe: tied ones may be stored once or twice."""

LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers")
"""What families call their number of layers in config.json."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much there is: tensors, and numbers in all of them."""

    tensors: int
    numbers: int


def stored(path: Path) -> Weights:
    """Count the weights of a folder by the heads of its safetensors.

    Raises:
        ModelError: One of the files is damaged.
    """
    from safetensors import safe_open

    tensors = numbers = 0
    for file in sorted(path.glob("*.safetensors")):
        try:
            with safe_open(file, framework="numpy") as opened:
                for key in opened.keys():  # noqa: SIM118 (it is no dict)
                    tensors += 1
                    numbers += _product(opened.get_slice(key).get_shape())
        except Exception as error:  # safetensors has an exception of its own
            raise ModelError(f"{file} cannot be read: {first_line(error)}") from None
    return Weights(tensors, numbers)


def check_layers(path: Path, stated: Mapping[str, Any], weights: Weights) -> None:
    """Refuse more layers than there are tensors: Transformers makes lists of that length.

    Args:
        path: The model, for the message.
        stated: What config.json says, or something of the same names.
        weights: What there is.

    Raises:
        ModelError: A number of layers is none, or larger.
    """
    for name in LAYERS:
        layers = stated.get(name)
        if layers is not None and (type(layers) is not int or not 0 < layers <= weights.tensors):
            raise ModelError(
                f"{path} is to have {layers!r} layers ({name}); its weights are {weights.tensors:,} tensors"
            )


def check_numbers(path: Path, config: Any, weights: Weights) -> None:
    """Refuse a configuration of Transformers that describes far more weights than there are.

    Args:
        path: The model, for the message.
        config: The configuration, whose layers were checked.
        weights: What there is.

    Raises:
        ModelError: It does, or no model can be built of it.
    """
    import torch
    from transformers import AutoModelForCausalLM

    opener: Any = AutoModelForCausalLM
    try:
        with torch.device("meta"):  # shapes alone: this takes no memory
            model = opener.from_config(config)
        described = sum(_product(weight.shape) for weight in model.parameters())
    except Exception as error:  # Transformers raises what it likes at a faulty configuration
        raise ModelError(f"{path} cannot be read: {first_line(error)[:300]}") from None
    if described > MOST_TIMES * weights.numbers:
        raise ModelError(
            f"{path}: its configuration describes {described:,} weights, there are {weights.numbers:,}"
        )


def context(path: Path, config: Any) -> int:
    """Take the tokens seen at once: positions, or a narrower window, beyond which the engine crashes.

    Args:
        path: The model, for the message.
        config: The configuration of Transformers.

    Raises:
        ModelError: It says none, or what no model has.
    """
    scaling = getattr(config, "rope_parameters", None) or {}
    lengths = {"max_position_embeddings": getattr(config, "max_position_embeddings", None)}
    if window := getattr(config, "sliding_window", None):
        lengths["sliding_window"] = window
    if scaling.get("rope_type") == "longrope":  # beyond it, other factors hold for all positions
        lengths["original_max_position_embeddings"] = scaling.get("original_max_position_embeddings")
    given: dict[str, int] = {name: length for name, length in lengths.items() if length is not None}
    for name, length in given.items():
        if type(length) is not int or not 0 < length <= LONGEST_CONTEXT:
            raise ModelError(f"{path}: {name} is {length!r}; a context has 1 to {LONGEST_CONTEXT:,} tokens")
    if not given:
        raise ModelError(f"{path} does not say how long its context is (max_position_embeddings)")
    return min(given.values())


def _product(shape: Iterable[int]) -> int:
    number = 1
    for size in shape:
        number *= int(size)
    return number
