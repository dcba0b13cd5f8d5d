"""A random BERT of two layers, and texts of sixteen words to train it on."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers

from docassay.train.example import Example

pytestmark = pytest.mark.training

WORDS = ["tax", "court", "fever", "rash", "loan", "lease", "pain", "bond"]
GOLD = {"tax": "money", "loan": "money", "bond": "money", "court": "law", "lease": "law"}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Save a random BERT of two layers with a vocabulary of sixteen words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "the", "a", "of", "."]
    tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    torch.manual_seed(0)
    folder = tmp_path / "base"
    transformers.BertModel(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return folder


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
    from docassay.train.full import finetune, joint

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
