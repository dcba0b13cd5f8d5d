"""A tiny random BERT is fine-tuned for one task: it learns, and a killed run goes on."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from docassay.train.encode import load_tokenizer
from docassay.train.full import finetune
from docassay.train.full.finetune import Classifier, Recipe, Row, load_encoder
from tests.train.small_bert import WORDS
from tests.train.small_bert import base as base

pytestmark = pytest.mark.training


def rows(base: Path, kind: str) -> list[Row]:
    """Make texts of the label fever, or not, and where there may be several of the label court."""
    chance = random.Random(0)
    texts = sorted(
        {" ".join(chance.choices([*WORDS, "the", "a"], k=chance.randint(3, 12))) for _ in range(90)}
    )
    ids = [encoded.ids for encoded in load_tokenizer(base, 32).encode_batch(texts)]
    gold = [(int("fever" in text), int("court" in text)) for text in texts]
    return [
        Row(tuple(own), labels[: 1 if kind == "single" else 2]) for own, labels in zip(ids, gold, strict=True)
    ]


def recipe(steps: int) -> Recipe:
    return Recipe(steps * 256, batch_tokens=256, encoder_rate=2e-3, head_rate=1e-2, average=0.9)


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_what_is_saved_has_learnt_the_labels(kind: Any, base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    texts, told = rows(base, kind), []
    torch.manual_seed(0)
    model = Classifier(load_encoder(base), 2, 0.1)
    finetune.train(model, kind, texts, recipe(60), tmp_path, lambda *said: told.append(said))
    assert told[-1] == ("fine-tuning", told[-1][2], told[-1][2])
    saved = {part: load_file(tmp_path / f"{part}.safetensors") for part in ("encoder", "head")}
    model.load_state_dict({f"{part}.{name}": value for part in saved for name, value in saved[part].items()})
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(torch.tensor([row.ids]), torch.ones(1, len(row.ids))) for row in texts])
    gold = torch.tensor([row.gold for row in texts])
    given = logits.argmax(1, keepdim=True) if kind == "single" else (logits > 0).long()
    assert (given == gold).float().mean() > 0.9


def test_a_killed_run_goes_on_from_its_checkpoint(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, steps = rows(base, "single"), []
    monkeypatch.setattr(finetune, "CHECKPOINT_SECONDS", 0.0)

    def watch(_: str, done: int, total: int) -> None:
        steps.append(done)
        if len(steps) == 6:
            raise KeyboardInterrupt

    def run() -> None:
        finetune.train(
            Classifier(load_encoder(base), 2, 0.1), "single", texts, recipe(12), tmp_path / "run", watch
        )

    with pytest.raises(KeyboardInterrupt):
        run()
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] == 5
    run()
    assert steps[6] == steps[5], "the sixth step was taken, but killed before it was saved"
    assert len(steps) == len(finetune.plan(texts, recipe(12))) + 1
    assert (tmp_path / "run" / "encoder.safetensors").is_file()


def test_rare_labels_are_drawn_more_often_and_weigh_more() -> None:
    texts = [Row((1, 2, 3), (int(n < 10),)) for n in range(100)]
    drawn = [n for batch in finetune.plan(texts, Recipe(30_000)) for n in batch]
    assert sum(n < 10 for n in drawn) / len(drawn) == pytest.approx(5 * 10 / (5 * 10 + 90), abs=0.02)
    common, rare = finetune.label_weights("single", texts, 2).tolist()
    assert rare == pytest.approx(5**0.25) and common < 1
    both = [Row((1,), (int(n < 50), int(n < 4))) for n in range(100)]
    assert finetune.label_weights("multi", both, 2).tolist() == pytest.approx([1.0, 24**0.25])


def test_dropout_by_bytes_keeps_the_mean_and_is_off_outside_training() -> None:
    torch.manual_seed(0)
    states = torch.ones(301, 333)
    dropout = finetune.ByteDropout(0.1)
    dropped = dropout(states)
    assert (dropped == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.003)
    assert dropped.mean().item() == pytest.approx(1, abs=0.003)
    assert torch.equal(dropout.eval()(states), states)
