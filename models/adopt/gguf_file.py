"""Models in llama.cpp's file format: read by `gguf` and Transformers, never by code of the file's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.models.adopt.folder import first_line
from docassay.models.adopt.original import check_whole
from docassay.models.adopt.sizes import Weights, check_numbers
from docassay.schemas.errors import ModelError

MAGIC = b"GGUF"
"""The first bytes of such a file."""

_BLOCK = re.compile(r"blk\.(\d+)\.")
_LAYERS = re.compile(r"[\w-]+\.block_count")


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

    try:
        reader = GGUFReader(weights)
        said = {}
        for key in ("general.name", "general.license"):
            field = reader.get_field(key)
            said[key] = str(field.contents()) if field else ""
        numbers = sum(int(tensor.n_elements) for tensor in reader.tensors)
        blocks = {int(found[1]) for tensor in reader.tensors if (found := _BLOCK.match(tensor.name))}
        layers = [int(field.contents()) for key, field in reader.fields.items() if _LAYERS.fullmatch(key)]
    except Exception as error:  # numpy's errors, where the file ends too early
        raise ModelError(f"{weights} cannot be read as GGUF: {first_line(error)[:200]}") from None
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
    try:
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
    except ModelError:
        raise
    except Exception as error:  # Transformers raises what it likes at a faulty file
        raise ModelError(f"{weights} cannot be read: {first_line(error)[:300]}") from None
