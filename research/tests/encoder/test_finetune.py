"""One tiny random BERT through the whole of training: steps, a resumed run, conversion, parity."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from docassay.models.engine import vnni
from docassay.train.encode import Encoded
from research.corpora.example import Example
from research.tests.encoder.small import examples, prepared
from tests.train.small_bert import base as base

pytestmark = pytest.mark.training


def test_training_learns_and_the_converted_encoder_agrees(base: Path, tmp_path: Path) -> None:
    from docassay.train.full import convert
    from research.encoder import finetune, joint, runs, states

    model, heads, rows, passes, recipe = prepared(base, 200)
    run = tmp_path / "run"
    finetune.train(model, heads, rows, passes, recipe, run)
    (base / "model.safetensors").write_bytes((run / "encoder.safetensors").read_bytes())
    convert.to_ctranslate2(base, tmp_path / "model", "float32")
    convert.to_ctranslate2(base, tmp_path / "int8", "int8")
    texts = [example.text for example in examples()["topic"]]
    tuned = joint.JointModel(transformers.BertModel.from_pretrained(base), heads).eval()
    with torch.no_grad():
        ids = [torch.tensor([row.ids]) for row in rows]
        expected = np.concatenate([tuned(own, torch.ones_like(own)).numpy() for own in ids])
    assert agreement(expected, states.encode(tmp_path / "model", texts, 32, "float32")) > 0.9999
    assert agreement(expected, states.encode(tmp_path / "int8", texts, 32)) > (
        0.96 if vnni() is False else 0.99
    )
    head = runs.trained_heads(run)["topic"]
    right = (head.logits(Encoded(expected)) > 0) == np.array(
        [[label in e.labels for label in head.labels] for e in examples()["topic"]]
    )
    assert right.mean() > 0.9


def test_a_killed_run_goes_on_from_its_checkpoint(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from docassay.schemas.errors import UsageError
    from research.encoder import finetune, joint, runs

    run = tmp_path / "run"
    runs.begin(run, "bge-small")
    with pytest.raises(UsageError, match="no checkpoint yet"):
        runs.checkpoint(run)
    model, heads, rows, passes, recipe = prepared(base, 12)
    joint.describe(heads, run)
    steps = []
    learn = finetune._Run.learn

    def killed(self: Any, *rest: Any) -> None:
        learn(self, *rest)
        steps.append(self.step)
        if len(steps) == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(finetune._Run, "learn", killed)
    with pytest.raises(KeyboardInterrupt):
        finetune.train(model, heads, rows, passes, replace(recipe, checkpoint_every=0.0), run)
    reached = runs.checkpoint(run)
    assert set(runs.trained_heads(reached)) == {"topic", "ill"} and runs.base_of(reached) == "bge-small"
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 5
    bias = runs.trained_heads(reached)["ill"].bias
    assert np.array_equal(bias, saved["average"]["heads.ill.bias"].numpy())
    model, heads, rows, passes, recipe = prepared(base, 12)
    finetune.train(model, heads, rows, passes, recipe, tmp_path / "run")
    assert steps[6] == 6, "the sixth step was taken, but killed before it was saved"
    assert steps[-1] == len(finetune.plan(rows, passes, recipe))
    assert (tmp_path / "run" / "encoder.safetensors").is_file()
    with pytest.raises(ValueError, match="another folder"):
        finetune.train(model, heads, rows, passes, replace(recipe, tokens=9999), tmp_path / "run")


def test_a_run_and_what_it_begins_with_are_of_one_base(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights of another depth would be taken in part, and nothing would say so."""
    from docassay.models.catalog import find
    from docassay.schemas.errors import UsageError
    from research.encoder import commands, runs

    runs.begin(tmp_path / "run", "bge-small")
    runs.begin(tmp_path / "run", "bge-small")
    with pytest.raises(UsageError, match="is a run of bge-small, not of minilm"):
        runs.begin(tmp_path / "run", "minilm")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "checkpoint.pt").touch()
    with pytest.raises(UsageError, match="is a run of minilm"):
        runs.begin(tmp_path / "old", "bge-small")
    monkeypatch.setattr(commands, "base_folder", lambda *_: base)
    with pytest.raises(UsageError, match="began as sentence-transformers/all-MiniLM"):
        commands.finetune(tmp_path, tmp_path, tmp_path / "new", 1, 0.0, find("minilm"), named="bge-small")


def test_heads_on_the_frozen_encoder(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models import modelfile
    from research.encoder import commands, runs

    found = [
        replace(example, task="adverse_reaction", labels=example.labels[:1])
        for example in examples()["topic"]
    ]
    monkeypatch.setattr(commands, "base_folder", lambda *_: base)
    monkeypatch.setattr(commands, "load", lambda *_: found)
    commands.frozen(
        tmp_path, tmp_path, tmp_path / "run", tmp_path / "model", "0", ["adverse_reaction"], "bge-small", 40
    )
    card = modelfile.read(tmp_path / "model")
    assert (card["name"], card["licence"].split(" (")[0]) == ("bge-small", "MIT")
    assert card["base"].startswith("BAAI/bge-small-en-v1.5")
    assert set(card["files"]) >= {
        "config.json",
        "heads.npz",
        "model.bin",
        "tokenizer.json",
        "vocabulary.json",
    }
    assert card["tasks"]["adverse_reaction"]["labels"] == ["law", "money"]
    assert set(runs.trained_heads(tmp_path / "run")) == {"adverse_reaction"}


def agreement(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    """Return the lowest cosine between rows."""
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(((first * second).sum(axis=1) / norms).min())


@pytest.mark.parametrize("documents", [True, False])
def test_a_model_is_calibrated_and_measured(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: bool
) -> None:
    """From a fine-tuning run to a card and a page; in the order of documents where texts have one."""
    from safetensors.torch import load_file

    from docassay.models import modelfile
    from docassay.train import heads as linear
    from research.encoder import commands, finetune, joint, runs
    from research.measure import evaluate

    chance = random.Random(0)
    words = {"business": ["loan", "bond", "tax"], "risk_factors": ["court", "lease"]}

    def filing(split: str, n: int) -> list[Example]:
        return [
            Example(
                "filing_item",
                " ".join(chance.choices([*words[label], "the", "a", "of", "pain", "rash"], k=3)),
                (label,),
                split,  # type: ignore[arg-type]
                document=f"{split}{n}" if documents else "",
            )
            for label in ("business",) * 5 + ("risk_factors",) * 5
        ]

    found = [e for split, number in (("train", 12), ("validation", 5), ("test", 5)) for n in range(number)
             for e in filing(split, n)]  # fmt: skip
    run, folder, page = tmp_path / "run", tmp_path / "model", tmp_path / "docs" / "heads.md"
    page.parent.mkdir()
    folder.mkdir()
    heads = [joint.head_spec("filing_item", "single", ("business", "risk_factors"), found)]
    rows = finetune.make_rows({"filing_item": found}, heads, base, {"filing_item": 32})
    torch.manual_seed(0)
    model = joint.JointModel(transformers.BertModel.from_pretrained(base), heads)
    recipe = finetune.Recipe(tokens=30 * 256, batch_tokens=256, encoder_rate=2e-3, head_rate=1e-2, bf16=False)
    finetune.train(model, heads, rows, {"filing_item": 1.0}, recipe, run)
    (base / "special_tokens_map.json").write_text("{}")
    monkeypatch.setattr(commands, "base_folder", lambda *_: base)
    monkeypatch.setattr(commands, "load", lambda *_: found)
    monkeypatch.setattr(evaluate, "load", lambda *_: found)
    monkeypatch.setattr(commands, "licences", lambda *_: ["MIT, as stated"])
    monkeypatch.chdir(tmp_path)
    commands.convert(tmp_path, run, folder, "9")
    commands.calibrate(tmp_path, tmp_path, run, folder, 20_000)
    commands.evaluate(tmp_path, tmp_path, run, folder, page)
    card = modelfile.read(folder)
    task = card["tasks"]["filing_item"]
    assert card["test_readings"] == 1 and task["data_licence_as_stated"] == ["MIT, as stated"]
    assert task["quality"]["accuracy"] > 0.7
    assert ("label_chain" in task) == documents
    assert ("accuracy_alone" in task["quality"]) == documents
    if documents:
        assert task["quality"]["accuracy"] > task["quality"]["accuracy_alone"]
        assert "| filing_item | " in page.read_text() and "accuracy_alone" in page.read_text()
    commands.evaluate(tmp_path, tmp_path, run, folder, page)
    assert modelfile.read(folder)["test_readings"] == 1, "the same weights are not read anew"

    own = load_file(run / "encoder.safetensors")
    half = load_file(runs.blend(run, folder, 0.5) / "encoder.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    step = own[name].abs().amax() / 127
    assert (half[name] - own[name]).abs().max() <= step, "of weights with their own int8"
    moved = load_file(runs.blend(run, folder, 1.0) / "heads.safetensors")["filing_item.weight"]
    head = linear.read(folder / "heads.npz", card["tasks"])["filing_item"]
    assert torch.allclose(moved, torch.from_numpy(head.weight / task["temperature"]))


def test_another_base_does_not_overwrite_the_shipped_model(tmp_path: Path) -> None:
    from docassay.models.catalog import SHIPPED
    from docassay.schemas.errors import UsageError
    from research.encoder import commands, runs

    before = {path.name: path.stat().st_mtime_ns for path in (SHIPPED / "minilm").iterdir()}
    runs.begin(tmp_path / "run", "bge-small")
    with pytest.raises(UsageError, match="is the shipped minilm, not bge-small"):
        commands.convert(tmp_path, tmp_path / "run", SHIPPED / "minilm", "")
    with pytest.raises(UsageError, match="by --folder"):
        commands.frozen(tmp_path, tmp_path, tmp_path / "run", SHIPPED / "minilm", "", [], "bge-small")
    assert before == {path.name: path.stat().st_mtime_ns for path in (SHIPPED / "minilm").iterdir()}
