"""Decoders of every family are added where they do what the original does, and refused where they do not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

from tokenizers import normalizers
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.models import catalog
from docassay.models.adopt import generators, loaders
from docassay.models.adopt.generators import adopt
from docassay.models.fallback.decoder import LETTERS, FallbackDecoder, Framing, asks
from docassay.models.fallback.model import Limits, Meter, Question
from docassay.schemas.errors import ModelError
from tests.models.adopt.families import FAMILIES, TEMPLATE, build, bytewise

pytestmark = pytest.mark.training

TONE = Question("tone", "single", ("good", "bad"))

REFUSED = {
    "gemma-2": "does not cap logits",
    "gemma-3-27b": "scales attention by the head's size",
    "falcon-11b": "cannot be converted",
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in REFUSED])
def test_a_family_is_added_with_the_logits_of_the_original(name: str, tmp_path: Path) -> None:
    done = adopt(build(FAMILIES[name], tmp_path / name), tmp_path / "models", licence="mit")
    card = catalog.verify(done.folder)
    assert (card.kind, card.licence, card.max_tokens) == ("generator", "mit", done.context)
    assert done.parity.difference < 1e-4
    assert done.parity.written > 0
    assert (card.about["before"], card.about["after"]) == ("<bos><|user|>\n", "<|end|>\n<|assistant|>\n")
    assert card.about["stops"] == ["<|endoftext|>", "<|end|>"]
    assert [path.name for path in (tmp_path / "models").iterdir()] == [name]  # nothing of the work is left


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_a_family_that_the_engine_runs_otherwise_is_refused(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=reason):
        adopt(build(FAMILIES[name], tmp_path / name), tmp_path / "models")
    assert not list((tmp_path / "models").iterdir())


def test_what_the_window_does_not_see_is_not_asked_for(tmp_path: Path) -> None:
    contexts = {
        name: adopt(build(FAMILIES[name], tmp_path / name), tmp_path / "models").context
        for name in ("mistral-7b", "gemma-3", "phi-3-128k")
    }
    assert contexts == {"mistral-7b": 1_024, "gemma-3": 512, "phi-3-128k": 2_048}


def test_a_scaling_that_is_left_out_shows_in_the_logits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ctranslate2.converters.transformers import LlamaLoader, register_loader

    monkeypatch.setattr(loaders, "register", lambda: register_loader("LlamaConfig")(LlamaLoader))
    with pytest.raises(ModelError, match=r"logits differ from the original's by \d"):
        adopt(build(FAMILIES["llama-3.1"], tmp_path / "llama"), tmp_path / "models")


def _change(path: Path, **entries: object) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | entries))


def _half(path: Path) -> None:
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def _byte(letter: str) -> int:
    return 7 + ord(letter)  # behind the marks of `build`


def _normalised(path: Path, *further: dict[str, Any]) -> None:
    entries = json.loads((path / "tokenizer.json").read_text())
    entries["normalizer"] = {"type": "Sequence", "normalizers": [*further, entries["normalizer"]]}
    (path / "tokenizer.json").write_text(json.dumps(entries))


def _shards(path: Path) -> None:
    names = {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))


def _weights(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(path / "model.safetensors")
    change(weights)
    save_file(weights, path / "model.safetensors", {"format": "pt"})


def _without_norms(weights: dict[str, Any]) -> None:
    for name in [name for name in weights if "norm" in name]:
        del weights[name]


def _pickle(path: Path) -> None:
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no tokenizer": (lambda path: (path / "tokenizer.json").unlink(), "lacks tokenizer.json"),
    "broken tokenizer": (lambda path: (path / "tokenizer.json").write_text("{"), "tokenizer cannot be read"),
    "another architecture": (lambda path: _change(path, model_type="t5"), "type 't5'; Falcon, Gemma"),
    "no config": (lambda path: (path / "config.json").unlink(), "config.json is missing"),
    "other weights": (
        lambda path: _change(path, num_hidden_layers=3, intermediate_size=64),
        "cannot be read",
    ),
    "half downloaded": (_half, "cannot be read"),
    "a part missing": (_shards, "its download is incomplete"),
    "parts that are no names": (
        lambda path: (path / "model.safetensors.index.json").write_text('{"weight_map": {"a": 5}}'),
        "model.safetensors.index.json cannot be read",
    ),
    "no norms": (lambda path: _weights(path, _without_norms), "its weights lack model.layers.0.input_layern"),
    "a layer too many": (
        lambda path: _change(path, num_hidden_layers=1),
        "its weights have more than its config asks for: model.layers.1.",
    ),
    "layers without end": (
        lambda path: _change(path, num_hidden_layers=100_000),
        "is to have 100000 layers (num_hidden_layers); its weights are ",
    ),
    "as wide as no memory": (
        lambda path: _change(path, intermediate_size=10**12),
        "its configuration describes ",
    ),
    "no context": (
        lambda path: _change(path, max_position_embeddings=0),
        "max_position_embeddings is 0; a context has 1 to",
    ),
    "a context without end": (
        lambda path: _change(path, max_position_embeddings=10**15),
        "max_position_embeddings is 1000000000000000; a context has 1 to",
    ),
    "an end that is no token": (
        lambda path: (path / "generation_config.json").write_text('{"eos_token_id": 10000000000}'),
        "eos_token_id is 10000000000",
    ),
    "no marks": (lambda path: (path / "tokenizer_config.json").unlink(), "tokenizer_config.json is missing"),
    "letters that are alike": (lambda path: _normalised(path, {"type": "Lowercase"}), "tell letters apart"),
    "a pickle": (_pickle, "in a pickle (pytorch_model.bin)"),
    "nothing": (lambda path: (path / "model.safetensors").unlink(), "has no weights"),
    "a short context": (lambda path: _change(path, max_position_embeddings=16), "is shorter than a request"),
    "a template that fails": (
        lambda path: (path / "chat_template.jinja").write_text("{{ raise_exception('no') }}"),
        "chat template cannot be used",
    ),
}


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(FAMILIES["llama-2"], tmp_path_factory.mktemp("llama") / "llama")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_folder_is_one_line_and_leaves_nothing(fault: str, llama: Path, tmp_path: Path) -> None:
    spoil, words = FAULTS[fault]
    path = Path(shutil.copytree(llama, tmp_path / "llama"))
    spoil(path)
    done = run("add", path, "--as", "generator", "--to", tmp_path / "to")
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "to").exists() or not list((tmp_path / "to").iterdir())


def test_a_tokenizer_that_transformers_reads_otherwise_is_refused(llama: Path, tmp_path: Path) -> None:
    path = build(FAMILIES["qwen-2.5"], tmp_path / "qwen")
    shutil.copyfile(llama / "tokenizer.json", path / "tokenizer.json")
    with pytest.raises(ModelError, match=r"tokenizer.json cuts a sample into"):
        adopt(path, tmp_path / "to")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GGML" + bytes(100), "is not a GGUF file"),
        (b"", "is not a GGUF file"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 16, "cannot be read as GGUF"),
        (b"GGUF\x03\0\0\0", "cannot be read as GGUF"),
        (b"GGUF\x03\0\0\0" + bytes(16), "has no weights"),
    ],
    ids=["magic", "empty", "counts without end", "cut", "no weights"],
)
def test_a_file_that_is_no_model_is_one_line(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    done = run("add", tmp_path / "m.gguf", "--as", "generator")
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_memory_that_does_not_suffice_is_told_before(
    llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=100_000))
    with pytest.raises(ModelError, match="of memory"):
        adopt(llama, tmp_path / "to")
    packed = gguf(build(FAMILIES["qwen-2.5"], tmp_path / "qwen"), tmp_path / "m.gguf")
    monkeypatch.setattr(generators, "full_precision", lambda *_: pytest.fail("unpacked before"))
    with pytest.raises(ModelError, match=r"m\.gguf: .* of memory"):
        adopt(packed, tmp_path / "to")


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        ("link", ".", "already exists"),
        ("n" * 300, ".", "a model's name has 200 bytes at most"),
        ("good", "file/x", "cannot be written to: Not a directory"),
    ],
    ids=["a link that leads nowhere", "a long name", "below a file"],
)
@pytest.mark.parametrize("packed", [True, False], ids=["gguf", "folder"])
def test_a_place_that_cannot_be_is_told(
    name: str, to: str, words: str, packed: bool, llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "file").touch()
    path = gguf(build(FAMILIES["qwen-2.5"], tmp_path / "qwen"), tmp_path / "m.gguf") if packed else llama
    monkeypatch.setattr(generators, "convert", lambda *_: pytest.fail("converted before"))
    done = run("add", path, "--as", "generator", "--to", tmp_path / to, "--name", name)
    assert done.exit_code == 2, done.exception
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_transformers_leaves_out_by_itself_is_nothing_too_many(llama: Path, tmp_path: Path) -> None:
    import torch

    path = Path(shutil.copytree(llama, tmp_path / "old"))
    name = "model.layers.0.self_attn.rotary_emb.inv_freq"  # stored until Transformers 4.31
    _weights(path, lambda weights: weights.update({name: torch.ones(8)}))
    assert adopt(path, tmp_path / "to").id == "old@1"


def test_a_tokenizer_that_puts_a_space_before_all_tells_letters_apart(llama: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(llama, tmp_path / "spaced"))
    _normalised(path, {"type": "Prepend", "prepend": "\u2581"})
    (path / "chat_template.jinja").unlink()
    done = adopt(path, tmp_path / "to")
    framing = Framing(done.folder, catalog.read(done.folder))
    assert (framing.numbers["A"], framing.numbers["b"]) == (_byte("A"), _byte("b"))
    (ask,) = asks(TONE, TONE.labels)
    assert framing.prompt(ask, "Fine.")[1][-2:] == [
        "<0x3A>",
        "\u2581",
    ]  # "Answer:", and what leads to a letter
    (answer,) = FallbackDecoder(done.folder, Meter(Limits()), 0.5).answer(["Fine."], TONE, TONE.labels)
    assert set(answer.probabilities) == {"good", "bad"}


def test_letters_with_a_space_before_them_are_told_as_they_are_written(llama: Path, tmp_path: Path) -> None:
    folder = adopt(llama, tmp_path / "to").folder
    words = [*LETTERS, "Yes", "No", "Y", "e", "es", "o"]
    merges = [
        ("Y", "es"),
        ("N", "o"),
        ("e", "s"),
        *(("\u2581", letter) for letter in [*LETTERS, "Yes", "No"]),
    ]
    tokens = list(dict.fromkeys(["<unk>", "\u2581", ":", *words, *("\u2581" + word for word in words)]))
    made = bytewise(tokens, merges)
    made.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), made.normalizer])
    made.save(str(folder / "tokenizer.json"))
    card = catalog.read(folder)
    framing = Framing(folder, replace(card, about={**card.about, "before": "", "after": ""}))
    assert [framing.numbers[choice] for choice in ("A", "z", "Yes", "No")] == [
        tokens.index("\u2581" + choice) for choice in ("A", "z", "Yes", "No")
    ]
    (ask,) = asks(TONE, TONE.labels)
    assert framing.prompt(ask, "")[1][-1] == ":"  # a letter follows as one token with its space


def test_gguf_of_fewer_layers_than_it_says_is_refused(tmp_path: Path) -> None:
    folder = build(FAMILIES["qwen-2.5"], tmp_path / "qwen")
    for said, words in ((100_000, "says it has 100000 layers; its weights are of 2"), (1, "has 1 layers")):
        file = gguf(folder, tmp_path / f"{said}.gguf", layers=said)
        with pytest.raises(ModelError, match=words):
            adopt(file, tmp_path / "to")
    with pytest.raises(ModelError, match=r"m\.gguf: its weights lack .*layernorm"):
        adopt(gguf(folder, tmp_path / "m.gguf", without="ffn_norm"), tmp_path / "to")


def gguf(folder: Path, file: Path, layers: int = 2, without: str = "nothing") -> Path:
    """Write the tiny Qwen of `folder` in llama.cpp's format, float32."""
    import torch
    from gguf import GGUFWriter, TokenType
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = model.config
    writer = GGUFWriter(str(file), "qwen2")
    writer.add_name("Tiny")
    writer.add_license("apache-2.0")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    writer.add_tokenizer_model("gpt2")
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    writer.add_token_list(tokens)
    writer.add_token_types(
        [TokenType.CONTROL if token[0] == "<" != token else TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges(["t h"])
    writer.add_chat_template(TEMPLATE)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    parts = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
        "model.embed_tokens": "token_embd", "model.norm": "output_norm", "model.layers": "blk",
    }  # fmt: skip
    for name, weights in model.state_dict().items():
        if name.startswith("lm_head"):
            continue
        for ours, theirs in parts.items():
            name = name.replace(ours, theirs)
        if without not in name:
            writer.add_tensor(name, np.ascontiguousarray(weights.numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_a_gguf_file_becomes_what_its_folder_does(tmp_path: Path) -> None:
    folder = build(FAMILIES["qwen-2.5"], tmp_path / "qwen")
    from_folder = adopt(folder, tmp_path / "models")
    file = gguf(folder, tmp_path / "Tiny.gguf")
    done = run("add", file, "--as", "generator", "--to", tmp_path / "models")
    assert done.exit_code == 0, done.stderr
    assert "added tiny@1 (Qwen 2.5" in done.stdout
    card = catalog.verify(tmp_path / "models" / "tiny")
    assert (card.base, card.licence) == ("Tiny", "apache-2.0")
    assert card.files["model.bin"] == catalog.read(from_folder.folder).files["model.bin"]
    file.write_bytes(file.read_bytes()[:-5000])
    again = run("add", file, "--as", "generator", "--name", "half", "--to", tmp_path / "models")
    assert again.exit_code == 2, again.stdout
    assert len(again.stderr.strip().splitlines()) == 1


def test_a_generator_is_listed_and_translates_nothing(llama: Path) -> None:
    from docassay.models.generator import GenerativeTranslator

    done = run("add", llama, "--as", "generator")
    assert done.exit_code == 0, done.stderr
    assert "--escalate (labels)" in run("list").stdout
    with pytest.raises(ModelError, match="does not translate 'de'"):
        GenerativeTranslator(catalog.find("llama"), "de")
    wrong = run("add", llama, "--as", "generator", "--translates", "it-en")
    assert wrong.exit_code == 2 and "is for a translator" in wrong.stderr
