"""Tiny models of random weights, saved as Transformers saves them; nothing is fetched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sentencepiece

from docassay.models import modelfile
from docassay.models.adopt import loaders
from tests.models.adopt.families import bytewise

if TYPE_CHECKING:
    import torch

WORDS = (
    "il conduttore paga canone entro quinto giorno di ogni mese the tenant pays rent on fifth day each month "
    "contratto lease locatore landlord non not può may sublet premises"
)
SIZE = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 128,
}
SAMPLE = "Il conduttore paga il canone entro il quinto giorno di ogni mese."


def pieces(folder: Path, name: str, seed: int, vocabulary: int = 90) -> list[str]:
    """Train a SentencePiece model on a few words, and list its pieces."""
    words = WORDS.split()
    lines = [" ".join(words[n % len(words)] for n in range(k, k + 9)) for k in range(seed, seed + 120)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*lines, SAMPLE] * 5),
        model_prefix=str(folder / Path(name).with_suffix("")),
        vocab_size=vocabulary,
        model_type="bpe",
        bos_id=-1,
        pad_id=-1,
        unk_id=0,
        eos_id=1,
        minloglevel=2,
    )
    made = folder / Path(name).with_suffix(".model")
    if made.name != name:
        made.rename(folder / name)
    made.with_suffix(".vocab").unlink()
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
    return [model.id_to_piece(n) for n in range(2, model.get_piece_size())]


def _sharp(model: torch.nn.Module) -> None:
    """Draw weights wide enough that a token is clearly the most probable, and differs by what came before."""
    import torch

    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.normal_(0.0, 0.35)
        for part in model.modules():
            if isinstance(part, torch.nn.Embedding) and part.padding_idx is not None:
                part.weight[part.padding_idx] = 0.0  # as in trained models; Marian's decoder starts from it


def marian(folder: Path, targets: tuple[str, ...] = ()) -> Path:
    """Save a Marian model; `targets` are language tokens like ``>>eng<<``."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    folder.mkdir()
    both = dict.fromkeys([*pieces(folder, "source.spm", 0), *pieces(folder, "target.spm", 7)])
    tokens = ["</s>", "<unk>", *targets, *both, "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "MarianTokenizer", "source_lang": "it", "target_lang": "en"})
    )
    torch.manual_seed(1)
    pad = len(tokens) - 1
    model = MarianMTModel(
        MarianConfig(
            vocab_size=len(tokens),
            **SIZE,
            pad_token_id=pad,
            eos_token_id=0,
            decoder_start_token_id=pad,
            forced_eos_token_id=None,
            scale_embedding=True,
            static_position_embeddings=True,
        )
    )
    _sharp(model)
    model.generation_config.bad_words_ids = [[pad]]
    model.save_pretrained(folder)
    return folder


def m2m100(folder: Path, languages: tuple[str, ...], kind: str) -> Path:
    """Save an M2M100 model (`kind` M2M100Tokenizer) or one of NLLB (`kind` NllbTokenizer)."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    folder.mkdir()
    own = pieces(folder, "sentencepiece.bpe.model", 0)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *own]
    config: dict[str, object] = {"tokenizer_class": kind, "src_lang": languages[0], "tgt_lang": languages[-1]}
    if kind == "M2M100Tokenizer":
        from transformers import M2M100Tokenizer

        (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
        tokenizer = M2M100Tokenizer(
            str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"), src_lang="it", tgt_lang="en"
        )
        tokenizer.save_pretrained(folder)
        size = tokenizer.encoder_size + len(tokenizer.lang_token_to_id) + tokenizer.num_madeup_words
    else:
        from transformers import NllbTokenizer

        known = {token: n for n, token in enumerate(tokens)}
        merges = [
            (piece[:cut], piece[cut:])
            for piece in own
            for cut in range(1, len(piece))
            if piece[:cut] in known and piece[cut:] in known
        ]
        tokenizer = NllbTokenizer(vocab=known, merges=merges, src_lang=languages[0], tgt_lang=languages[-1])
        tokenizer.save_pretrained(folder)
        size = len(tokenizer)
    torch.manual_seed(2)
    model = M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=size,
            **SIZE,
            forced_eos_token_id=None,
        )
    )
    _sharp(model)
    model.save_pretrained(folder)
    return folder


def gemma(folder: Path, window: int = 2048, merges: Sequence[tuple[str, str]] = ()) -> Path:
    """Save a decoder of Gemma's build, whose tokens are bytes, line ends, marks and what merges make."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig, PreTrainedTokenizerFast

    folder.mkdir()
    every_byte = [f"<0x{n:02X}>" for n in range(256)]
    letters = sorted({letter for pair in merges for token in pair for letter in token} - {"▁"})
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", *every_byte, "\n", "▁", *map("".join, merges), *letters]
    inner = bytewise(tokens, merges)
    PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder)
    torch.manual_seed(3)
    model = Gemma3ForCausalLM(
        Gemma3TextConfig(
            vocab_size=len(tokens),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=1,
            head_dim=16,
            query_pre_attn_scalar=16,
            sliding_window=window,
            layer_types=["sliding_attention", "full_attention"],
            max_position_embeddings=2048,
            bos_token_id=2,
            eos_token_id=1,
            pad_token_id=0,
        )
    )
    _sharp(model)
    model.save_pretrained(folder)
    return folder


def generator(source: Path, folder: Path, window: int = 2048) -> Path:
    """Convert a decoder of `gemma`, and describe it as one that translates from German and French."""
    loaders.convert(source, folder, "int8")
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    card = {"format": 1, "name": folder.name, "version": "2", "kind": "generator", "base": "", "licence": ""}
    modelfile.write(
        folder,
        {
            **card,
            "source_languages": ["de", "fr"],
            "max_tokens": 160,
            "beam": 4,
            "window": window,
            "tasks": {},
        },
    )
    return folder
