"""What the converter of CTranslate2 4.8 does not know of Transformers 5, or leaves out.

Its loader looks for M2M100's language tokens among the tokenizer's additional special tokens, where
Transformers 5 no longer lists them: the converted vocabulary then has no `__fr__`, or the conversion
fails. The tokenizer itself knows the number of each.

Of Llama 3's rotary scaling it writes the frequencies' borders, but neither the factor nor the length that
they hang on, without which the engine scales nothing. Of Phi-3 it expects a scaling's name and factors
where Transformers 4 had them.
"""

import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from ctranslate2.converters.transformers import (
    LlamaLoader,
    M2M100Loader,
    Phi3Loader,
    TransformersConverter,
    register_loader,
)

from docassay.models.adopt.folder import told


class LanguageTokens(M2M100Loader):  # type: ignore[misc]
    """Convert M2M100 with its language tokens; NLLB, of the same build, lists them as it should."""

    def get_vocabulary(self, model: Any, tokenizer: Any) -> list[str]:
        """List the tokens by number, as many as the model has rows."""
        languages: dict[str, int] = getattr(tokenizer, "lang_token_to_id", {})
        if not languages:
            return list(super().get_vocabulary(model, tokenizer))
        tokens = {number: token for token, number in {**tokenizer.get_vocab(), **languages}.items()}
        return [tokens.get(number, f"madeupword{number}") for number in range(model.config.vocab_size)]


class ScaledLlama(LlamaLoader):  # type: ignore[misc]
    """Convert Llama with all four numbers of the scaling that came with Llama 3.1."""

    def get_model_spec(self, model: Any) -> Any:
        """Describe the model for the engine."""
        spec = super().get_model_spec(model)
        scaling = model.config.rope_parameters or {}
        if scaling.get("rope_type") == "llama3":
            for layer in spec.decoder.layer:
                vars(layer.self_attention).update(  # it takes no attribute that it was not made with
                    rotary_scaling_factor=np.dtype("float32").type(scaling["factor"]),
                    original_max_position_embeddings=np.dtype("int32").type(
                        scaling["original_max_position_embeddings"]
                    ),
                )
        return spec


class ScaledPhi3(Phi3Loader):  # type: ignore[misc]
    """Convert Phi-3 whose scaling stands where Transformers 5 has it."""

    def get_model_spec(self, model: Any) -> Any:
        """Describe the model for the engine."""
        config = model.config
        scaling = dict(config.rope_parameters or {})
        long_ones = scaling.get("rope_type") == "longrope"
        for layer in model.model.layers:
            layer.self_attn.rotary_emb = SimpleNamespace(
                long_factor=scaling.get("long_factor") if long_ones else None,
                short_factor=scaling.get("short_factor") if long_ones else None,
            )
        seen = SimpleNamespace(**{**config.to_dict(), "rope_scaling": None})
        if scaling.get("rope_type", "default") != "default":
            seen.rope_scaling = {**scaling, "type": scaling["rope_type"]}
        seen.rope_theta = scaling.get("rope_theta", 10_000.0)
        model.config = seen
        return super().get_model_spec(model)

    def set_config(self, config: Any, model: Any, tokenizer: Any) -> None:
        """Name the marks, and what is added where a norm divides."""
        super().set_config(config, model, tokenizer)
        config.layer_norm_epsilon = model.config.rms_norm_eps


def register() -> None:
    """Have the converter use these loaders."""
    register_loader("M2M100Config")(LanguageTokens)
    register_loader("LlamaConfig")(ScaledLlama)
    register_loader("Phi3Config")(ScaledPhi3)


def convert(path: Path, folder: Path, quantization: str | None) -> None:
    """Write CTranslate2's files of a Transformers folder, with these loaders.

    Raises:
        ModelError: The weights cannot be read, or are not those that config.json describes.
    """
    register()
    with told(f"{path} cannot be converted"), warnings.catch_warnings(action="ignore"):
        TransformersConverter(str(path)).convert(str(folder), quantization=quantization, force=True)
