"""Translators that cannot be adopted: one line says why, and nothing is left of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

from typer.testing import CliRunner, Result

from docassay.cli import app
from tests.models.adopt import tiny

pytestmark = pytest.mark.training


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def _change(path: Path, **entries: object) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | entries))


def _without_norms(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(path / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "layer_norm" not in name}
    save_file(kept, path / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    ("spoil", "words", "translates"),
    [
        (lambda path: (path / "source.spm").unlink(), "lacks source.spm", "it-en"),
        (lambda path: (path / "config.json").unlink(), "config.json is missing", "it-en"),
        (lambda path: (path / "config.json").write_text("[1, 2"), "cannot be read", "it-en"),
        (lambda path: (path / "config.json").write_text('{"model_type": "t5"}'), "'t5'; Marian", "it-en"),
        (
            lambda path: (path / "model.safetensors").write_bytes(b"no weights"),
            "cannot be read",
            "it-en",
        ),
        (_without_norms, "its weights lack model.decoder.layers.0.", "it-en"),
        (
            lambda path: _change(path, decoder_layers=1),
            "its weights have more than its config asks for: model.decoder.layers.1.",
            "it-en",
        ),
        (lambda path: _change(path, encoder_layers=100_000), "is to have 100000 layers", "it-en"),
        (lambda path: _change(path, max_position_embeddings=10**15), "max_position_embeddings is", "it-en"),
        (
            lambda path: (path / "generation_config.json").write_text('{"eos_token_id": 10000000000}'),
            "cannot translate the sample",
            "it-en",
        ),
        (lambda path: shutil.copyfile(path / "target.spm", path / "source.spm"), "", "en-it"),
        (lambda path: None, "no built-in sentence in 'xx'", "xx-en"),
    ],
    ids=[
        "pieces",
        "no config",
        "broken config",
        "family",
        "weights",
        "no norms",
        "a layer too many",
        "layers without end",
        "positions without end",
        "an end that is no token",
        "direction",
        "sample",
    ],
)
def test_what_cannot_be_adopted_is_one_line_and_leaves_nothing(
    spoil: Callable[[Path], object], words: str, translates: str, tmp_path: Path
) -> None:
    path = tiny.marian(tmp_path / "original")
    spoil(path)
    done = run("add", path, "--translates", translates, "--to", tmp_path / "to")
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "to").exists() or not list((tmp_path / "to").iterdir())
