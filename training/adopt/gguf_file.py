"""Models in llama.cpp's file format: read by `gguf` and Transformers, never by code of the file's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.schemas.errors import ModelError
from docassay.training.adopt.folder import first_line

MAGIC = b"GGUF"
"""The first bytes of such a file."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of its model; empty where it says nothing.

    Attributes:
        float32: Bytes of all weights in full precision.
    """

    name: str
    licence: str
    float32: int


def stated(weights: Path) -> Stated:
    """Read a model's name, licence and size.

    Raises:
        ModelError: The file is damaged, or not there to its end.
    """
    from gguf import GGUFReader

    try:
        reader = GGUFReader(weights)
        said = {}
        for key in ("general.name", "general.license"):
            field = reader.get_field(key)
            said[key] = str(field.contents()) if field else ""
        size = sum(4 * int(tensor.n_elements) for tensor in reader.tensors)
    except Exception as error:  # numpy's errors, where the file ends too early
        raise ModelError(f"{weights} cannot be read as GGUF: {first_line(error)[:200]}") from None
    return Stated(said["general.name"], said["general.license"], size)


def full_precision(weights: Path, folder: Path) -> None:
    """Turn llama.cpp's file into a folder of Transformers, float32.

    Raises:
        ModelError: Transformers cannot read it.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = {"gguf_file": weights.name, "local_files_only": True}
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(weights.parent, dtype=torch.float32, **place)
        # The weights are plain float32 by now, but the model still says it is quantized, and is not saved.
        del model.config.quantization_config
        model.hf_quantizer = None
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(weights.parent, **place).save_pretrained(folder)
    except Exception as error:  # Transformers raises what it likes at a faulty file
        raise ModelError(f"{weights} cannot be read: {first_line(error)[:300]}") from None
