"""A pruned vocabulary reads Latin text as before, and everything else byte by byte."""

from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from research.gemma import vocabulary
from tests.models.adopt import tiny

pytestmark = pytest.mark.training

MERGES = (("▁", "д"), ("▁", "l"), ("▁д", "а"), ("▁l", "a"), ("▁", "≤"), ("▁", "µ"), ("α", "ι"))


def read(folder: Path, text: str) -> tuple[list[str], torch.Tensor]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    encoded = tokenizer.encode(text)
    assert tokenizer.decode(encoded.ids) == text
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        states = model.model(torch.tensor([encoded.ids])).last_hidden_state[0]
    return encoded.tokens, states


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("x la ≤ µ", None),
        ("α", None),  # a Greek letter by itself
        ("αι", ["α", "ι"]),
        ("x да", ["<0x78>", "▁", "<0xD0>", "<0xB4>", "<0xD0>", "<0xB0>"]),
    ],
)
def test_a_pruned_model_reads_latin_text_as_before(
    text: str, tokens: list[str] | None, tmp_path: Path
) -> None:
    whole, cut = (tiny.gemma(tmp_path / name, merges=MERGES) for name in ("whole", "cut"))
    stay = vocabulary.prune(cut)
    before, after = read(whole, text), read(cut, text)
    assert after[0] == (before[0] if tokens is None else tokens)
    if tokens is None:
        assert torch.equal(before[1], after[1])
    assert stay == AutoModelForCausalLM.from_pretrained(cut).get_input_embeddings().weight.shape[0]
    assert stay == AutoModelForCausalLM.from_pretrained(whole).config.vocab_size - 5  # д, а, ▁д, ▁да, αι
