"""Pooled states of a CTranslate2 encoder: what every head is fitted on and what the runtime computes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]


def load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """Load `tokenizer.json` and cut at `max_tokens`, [CLS] and [SEP] included; no padding."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def encode(folder: Path, texts: Sequence[str], max_tokens: int, threads: int = 2, batch_tokens: int = 4096) -> Vectors:
    """Return the mean of the last hidden states over all tokens of each text, [texts, width], in the texts' order.

    Texts are sorted by length into batches of about `batch_tokens`. The states do not depend on the batch (facts: under 1e-6).
    """
    tokenizer = load_tokenizer(folder, max_tokens)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    encoder = ctranslate2.Encoder(str(folder), compute_type="int8" if _is_int8(folder) else "float32", intra_threads=threads)
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    rows: list[Vectors] = [np.empty(0, np.float32)] * len(ids)
    for batch in batches(order, [len(own) for own in ids], batch_tokens):
        states = np.array(encoder.forward_batch([ids[index] for index in batch]).last_hidden_state)
        for row, index in zip(states, batch, strict=True):
            rows[index] = row[: len(ids[index])].mean(axis=0)
    return np.stack(rows)


def batches(order: Sequence[int], lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Cut an order into batches whose padded size stays within a budget (one long row may exceed it alone).

    >>> batches([0, 1, 2], [2, 3, 4], 6)
    [[0, 1], [2]]
    """
    cut: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        if not cut or longest * (len(cut[-1]) + 1) > batch_tokens:
            cut.append([])
            longest = lengths[index]
        cut[-1].append(index)
    return cut


def encode_cached(folder: Path, texts: Sequence[str], max_tokens: int, cache: Path, threads: int = 2) -> Vectors:
    """Like `encode`, but keep the result under `cache`, named by a digest of the weights, the texts and the length."""
    digest = hashlib.sha256((folder / "model.bin").read_bytes())
    digest.update(str(max_tokens).encode())
    for text in texts:
        digest.update(text.encode() + b"\0")
    file = cache / f"{digest.hexdigest()[:24]}.npy"
    if file.is_file():
        kept: Vectors = np.load(file)
        return kept
    vectors = encode(folder, texts, max_tokens, threads)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(file, vectors)
    return vectors


def _is_int8(folder: Path) -> bool:
    return (folder / "model.bin").stat().st_size < 40_000_000
