"""One SentencePiece model for both languages, so that names and numbers are the same tokens on both sides."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import sentencepiece as spm

PLACEHOLDERS = tuple(f"⟦{number}⟧" for number in range(10))
"""Tokens that stand for what must survive a translation unchanged."""

UNKNOWN, START, END = 0, 1, 2


def train(parquet: Path, target: Path, size: int = 8000, sample: int = 400_000, seed: int = 0) -> None:
    """Learn a unigram model (Kudo 2018, https://arxiv.org/abs/1804.10959) from a sample of both sides.

    A character that the model does not know is spelt in bytes, so nothing is ever unknown.
    """
    table = pq.read_table(parquet, columns=["source", "target"])
    rows = np.random.default_rng(seed).permutation(len(table))[: sample // 2]
    chosen = table.take(np.sort(rows))
    texts = chosen["source"].to_pylist() + chosen["target"].to_pylist()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=file,
            model_type="unigram",
            vocab_size=size,
            character_coverage=0.9998,
            byte_fallback=True,
            split_digits=True,
            user_defined_symbols=list(PLACEHOLDERS),
            unk_id=UNKNOWN,
            bos_id=START,
            eos_id=END,
            pad_id=-1,
            num_threads=2,
            minloglevel=2,
            hard_vocab_limit=False,
        )
    part.replace(target)


def pieces(model: spm.SentencePieceProcessor) -> list[str]:
    """List the pieces of a model in the order of their ids."""
    return [model.id_to_piece(number) for number in range(model.get_piece_size())]
