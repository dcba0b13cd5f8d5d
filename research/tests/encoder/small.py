"""Texts of sixteen words, for two tasks, and a recipe to train a small BERT on both."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from research.corpora.example import Example
from research.encoder import finetune, joint
from tests.train.small_bert import WORDS

GOLD = {"tax": "money", "loan": "money", "bond": "money", "court": "law", "lease": "law"}


def examples() -> dict[str, list[Example]]:
    chance = random.Random(0)
    texts = sorted(
        {" ".join(chance.choices([*WORDS, "the", "a", "of"], k=chance.randint(3, 12))) for _ in range(150)}
    )
    topics = {text: tuple(sorted({GOLD[word] for word in text.split() if word in GOLD})) for text in texts}
    return {
        "topic": [Example("topic", text, topics[text], "train") for text in texts],
        "ill": [Example("ill", text, ("yes" if "fever" in text else "no",), "train") for text in texts[:80]],
    }


def prepared(base: Path, steps: int) -> tuple[Any, ...]:
    found = examples()
    heads = [
        joint.head_spec("topic", "multi", ("law", "money"), found["topic"]),
        joint.head_spec("ill", "single", ("no", "yes"), found["ill"]),
    ]
    rows = finetune.make_rows(found, heads, base, {"topic": 32, "ill": 32})
    recipe = finetune.Recipe(
        tokens=steps * 256, batch_tokens=256, encoder_rate=2e-3, head_rate=1e-2, bf16=False, average=0.9
    )
    torch.manual_seed(0)
    model = joint.JointModel(transformers.BertModel.from_pretrained(base), heads)
    return model, heads, rows, {"topic": 1.0, "ill": 1.0}, recipe
