"""The weights of a model, in safetensors or in llama.cpp's format, held against what it says of its size.

Files are read by `safetensors`, `gguf` and Transformers, never by code of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.models.adopt.folder import told
from docassay.schemas.errors import ModelError

MAGIC = b"GGUF"
"""The first bytes of a file of llama.cpp."""

_BLOCK = re.compile(r"blk\.(\d+)\.")
_BLOCKS = re.compile(r"[\w-]+\.block_count")

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
        with told(f"{file} cannot be read"), safe_open(file, framework="numpy") as opened:
            for key in opened.keys():  # noqa: SIM118 (it is no dict)
                tensors += 1
                numbers += math.prod(opened.get_slice(key).get_shape())
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
    with told(f"{path} cannot be read"):
        with torch.device("meta"):  # shapes alone: this takes no memory
            model = opener.from_config(config)
        described = sum(weight.numel() for weight in model.parameters())
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


def check_whole(path: Path, loaded: Mapping[str, Any]) -> None:
    """Refuse weights of which some are missing, or are for layers that are not there.

    Args:
        path: The model, for the message.
        loaded: What Transformers says of loading it, less what it knows to be tied or made anew.

    Raises:
        ModelError: There are such weights: Transformers draws what is missing, and drops the rest.
    """
    for key, wrong in (("missing_keys", "lack"), ("unexpected_keys", "have more than its config asks for:")):
        names = sorted(loaded[key])
        if names:
            more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
            raise ModelError(f"{path}: its weights {wrong} {', '.join(names[:3])[:200]}{more}")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of its model; empty where it says nothing.

    Attributes:
        weights: How many it has.
    """

    name: str
    licence: str
    weights: Weights

    @property
    def float32(self) -> int:
        """Bytes of all weights in full precision."""
        return 4 * self.weights.numbers


def stated(weights: Path) -> Stated:
    """Read a model's name, licence and size.

    Raises:
        ModelError: The file is damaged, not there to its end, or has not the layers that it says.
    """
    from gguf import GGUFReader

    with told(f"{weights} cannot be read as GGUF", 200):  # numpy's errors, where the file ends too early
        reader = GGUFReader(weights)
        said = {}
        for key in ("general.name", "general.license"):
            field = reader.get_field(key)
            said[key] = str(field.contents()) if field else ""
        numbers = sum(int(tensor.n_elements) for tensor in reader.tensors)
        blocks = {int(found[1]) for tensor in reader.tensors if (found := _BLOCK.match(tensor.name))}
        layers = [int(field.contents()) for key, field in reader.fields.items() if _BLOCKS.fullmatch(key)]
    if not numbers:
        raise ModelError(f"{weights} has no weights")
    if any(number != len(blocks) for number in layers):
        raise ModelError(f"{weights} says it has {layers[0]} layers; its weights are of {len(blocks)}")
    return Stated(said["general.name"], said["general.license"], Weights(len(reader.tensors), numbers))


def full_precision(weights: Path, folder: Path) -> None:
    """Turn llama.cpp's file into a folder of Transformers, float32.

    Raises:
        ModelError: Transformers cannot read it, or it lacks weights.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    place: dict[str, Any] = {"gguf_file": weights.name, "local_files_only": True}
    with told(f"{weights} cannot be read"):
        config = AutoConfig.from_pretrained(weights.parent, **place)
        check_numbers(weights, config, stated(weights).weights)
        opened: Any = AutoModelForCausalLM.from_pretrained(
            weights.parent, dtype=torch.float32, output_loading_info=True, **place
        )
        model, loaded = opened
        check_whole(weights, loaded)
        # The weights are plain float32 by now, but the model still says it is quantized, and is not saved.
        del model.config.quantization_config
        model.hf_quantizer = None
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(weights.parent, **place).save_pretrained(folder)
