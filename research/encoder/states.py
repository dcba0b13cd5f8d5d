"""Pooled states of a CTranslate2 encoder on files, kept under a folder of caches."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import ctranslate2
import numpy as np

from docassay.train.encode import Encoded, Vectors, batches, load_tokenizer, token_ids


def encode(
    folder: Path, texts: Sequence[str], max_tokens: int, compute_type: str = "int8", threads: int = 2
) -> Vectors:
    """Return the mean last hidden state of each text, [texts, width], in the texts' order.

    The mean is over all tokens, the two marks included.

    A text is cut at `max_tokens`; `runtime` reads the whole of it. Texts are sorted by length into
    padded batches of about 4,096 tokens; an empty text still has its two marks.
    """
    tokenizer = load_tokenizer(folder, max_tokens)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    encoder = ctranslate2.Encoder(str(folder), compute_type=compute_type, intra_threads=threads)
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    rows: list[Vectors] = [np.empty(0, np.float32)] * len(ids)
    for batch in batches(order, [len(row_ids) for row_ids in ids], 4096):
        states = np.array(encoder.forward_batch([ids[index] for index in batch]).last_hidden_state)
        for row, index in zip(states, batch, strict=True):
            rows[index] = row[: len(ids[index])].mean(axis=0)
    return np.stack(rows)


def runtime(folder: Path, texts: Sequence[str], cache: Path, threads: int = 2) -> Encoded:
    """Return texts as the shipped runtime's heads read them, long ones in windows.

    Heads are calibrated and measured on these. The states are kept under `cache`.
    """

    def compute() -> Vectors:
        from docassay.models.encoder import Encoder

        return Encoder(folder, threads).pooled(texts)

    return Encoded(_cached(compute, cache, folder, texts, "runtime"), token_ids(folder, texts))


def cut_states(
    folder: Path, texts: Sequence[str], max_tokens: int, cache: Path, compute_type: str = "int8"
) -> Vectors:
    """Like `encode`, with the result kept under `cache`."""
    return _cached(
        lambda: encode(folder, texts, max_tokens, compute_type),
        cache,
        folder,
        texts,
        f"{compute_type}-{max_tokens}",
    )


def _cached(
    compute: Callable[[], Vectors], cache: Path, folder: Path, texts: Sequence[str], kind: str
) -> Vectors:
    """Keep what `compute` returns in a file, and return that next time.

    It is named by a digest of the weights, the texts and the kind of states.
    """
    digest = hashlib.sha256((folder / "model.bin").read_bytes())
    digest.update(kind.encode())
    for text in texts:
        digest.update(text.encode() + b"\0")
    file = cache / f"{digest.hexdigest()[:24]}.npy"
    if file.is_file():
        vectors: Vectors = np.load(file)
        return vectors
    vectors = compute()
    cache.mkdir(parents=True, exist_ok=True)
    np.save(file, vectors)
    return vectors
