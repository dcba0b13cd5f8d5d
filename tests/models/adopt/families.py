"""Families of decoders, each as a tiny model of random weights, saved as Transformers saves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HIDDEN, HEADS, LAYERS = 64, 4, 2
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
LLAMA_3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}


@dataclass(frozen=True, slots=True)
class Family:
    """A build of decoder.

    Attributes:
        name: As users know it.
        build: Prefix of Transformers' classes.
        options: What its configuration has beside the size.
        differs: What is special about it here; where it is refused, why.
    """

    name: str
    build: str
    options: Mapping[str, Any] = field(default_factory=dict)
    differs: str = ""


FAMILIES: Mapping[str, Family] = {
    "phi-3": Family("Phi-3 mini 4k", "Phi3", {"sliding_window": 2_047, "rms_norm_eps": 1e-5}, "own loader"),
    "phi-3-128k": Family(
        "Phi-3 mini 128k",
        "Phi3",
        {
            "max_position_embeddings": 8_192,
            "original_max_position_embeddings": 2_048,
            "rope_parameters": {
                "rope_type": "longrope",
                "rope_theta": 10_000.0,
                "original_max_position_embeddings": 2_048,
                "short_factor": [1.1] * (HIDDEN // HEADS // 2),
                "long_factor": [4.0] * (HIDDEN // HEADS // 2),
            },
        },
        "own loader; limited to the original context, beyond which other factors apply",
    ),
    "gemma-2b": Family("Gemma 2B", "Gemma", {"num_key_value_heads": 1, "head_dim": 32}),
    "gemma-2": Family(
        "Gemma 2",
        "Gemma2",
        {"num_key_value_heads": 2, "head_dim": 32, "query_pre_attn_scalar": 32},
        "refused: CTranslate2 does not cap logits",
    ),
    "gemma-3": Family(
        "Gemma 3 270M, 1B",
        "Gemma3",
        {
            "num_key_value_heads": 1,
            "head_dim": 32,
            "query_pre_attn_scalar": 32,
            "sliding_window": 512,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        "the context is its window of 512 tokens",
    ),
    "gemma-3-27b": Family(
        "Gemma 3 27B",
        "Gemma3",
        {
            "num_key_value_heads": 1,
            "head_dim": 32,
            "query_pre_attn_scalar": 42,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        "refused: CTranslate2 scales attention by the head size",
    ),
    "llama-2": Family("Llama 2", "Llama", {"rms_norm_eps": 1e-5}),
    "llama-3": Family(
        "Llama 3",
        "Llama",
        {
            "num_key_value_heads": 2,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e5},
        },
    ),
    "llama-3.1": Family(
        "Llama 3.1 and 3.2",
        "Llama",
        {
            "num_key_value_heads": 2,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {**LLAMA_3, "rope_theta": 5e5, "original_max_position_embeddings": 8_192},
        },
        "own loader: CTranslate2's converter omits the scaling factor",
    ),
    "mistral-7b": Family(
        "Mistral 7B 0.1",
        "Mistral",
        {"num_key_value_heads": 2, "sliding_window": 1_024, "rms_norm_eps": 1e-5},
        "the context is its window of 4,096 tokens",
    ),
    "mistral-7b-0.3": Family(
        "Mistral 7B 0.2, 0.3",
        "Mistral",
        {"num_key_value_heads": 2, "sliding_window": None, "rms_norm_eps": 1e-5},
    ),
    "falcon-7b": Family("Falcon 7B", "Falcon", {"multi_query": True, "parallel_attn": True, "bias": False}),
    "falcon-11b": Family(
        "Falcon 11B, 40B",
        "Falcon",
        {"new_decoder_architecture": True, "num_kv_heads": 2, "parallel_attn": True, "bias": False},
        "refused: CTranslate2's converter does not know its layers",
    ),
    "qwen-2.5": Family(
        "Qwen 2.5", "Qwen2", {"num_key_value_heads": 2, "tie_word_embeddings": True, "rms_norm_eps": 1e-6}
    ),
    "qwen-3": Family("Qwen 3", "Qwen3", {"num_key_value_heads": 2, "head_dim": 32}),
}


def bytewise(tokens: Sequence[str], merges: Sequence[tuple[str, str]] = ()) -> Tokenizer:
    """Make a tokenizer as converted ones of SentencePiece are; what is not among `tokens` is bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    vocabulary = {token: number for number, token in enumerate(tokens)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=list(merges), unk_token="<unk>", byte_fallback=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return made


def build(family: Family, folder: Path) -> Path:
    """Save a tiny model of a family, with a tokenizer of bytes and a chat template, as Transformers does."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder.mkdir(parents=True)
    marks = ["<pad>", "<|endoftext|>", "<bos>", "<unk>", "<|end|>", "<|user|>", "<|assistant|>"]
    of_qwen = family.build.startswith("Qwen")
    letters = (
        sorted(pre_tokenizers.ByteLevel.alphabet()) if of_qwen else [f"<0x{byte:02X}>" for byte in range(256)]
    )
    tokens = [*marks, *letters, *(["th"] if of_qwen else ["\n", "▁"])]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    if of_qwen:
        inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[("t", "h")]))
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
    else:
        inner = bytewise(tokens)
    make: Any = transformers.PreTrainedTokenizerFast
    make(
        tokenizer_object=inner,
        bos_token="<bos>",
        eos_token="<|endoftext|>",
        pad_token="<pad>",
        unk_token="<unk>",
        additional_special_tokens=marks[4:],
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    size = {
        "vocab_size": len(tokens),
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "bos_token_id": 2,
        "eos_token_id": 1,
        "pad_token_id": 0,
    }
    if family.build != "Falcon":
        size |= {"intermediate_size": 2 * HIDDEN, "max_position_embeddings": 2_048}
    torch.manual_seed(1)
    name = "Gemma3TextConfig" if family.build == "Gemma3" else f"{family.build}Config"
    config = getattr(transformers, name)(**{**size, **family.options})
    model = getattr(transformers, f"{family.build}ForCausalLM")(config)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:  # wide enough that a token is clearly the most probable
                weights.normal_(0.0, 0.35)
    model.save_pretrained(folder)
    return folder
