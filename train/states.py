"""Cache of the encoder's outputs by text, so that nothing is computed twice.

The file is a sequence of records, each the digest of a text and its state. It is append-only, so an
interrupted run loses nothing that was computed; an incomplete record at the end is cut off.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from docassay.models.encoder import Encoder
from docassay.schemas.errors import UsageError
from docassay.train.encode import Vectors

CHUNK_CHARS = 60_000
"""Characters between two writes: a second or two of work."""

Watch = Callable[[int, int], None]


def states(encoder: Encoder, texts: Sequence[str], cache: Path, watch: Watch) -> Vectors:
    """Give the pooled state of each text, [texts, width].

    Args:
        encoder: The encoder; its weights name the file, whatever heads it has.
        texts: Texts, none empty.
        cache: The folder of the file; made where missing.
        watch: Called with the texts done and all texts.

    Raises:
        ValueError: Another run uses the folder, or it cannot be written.
    """
    path = cache / f"{encoder.card.weights[:16]}-{encoder.engine.compute_type}.states"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=0):
            return _states(encoder, texts, path, watch)
    except Timeout:
        raise UsageError(
            f"another run uses {cache}; wait for it, or name another folder with --cache"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{cache} cannot be used: {error.strerror or error}; name another with --cache"
        ) from None


def _states(encoder: Encoder, texts: Sequence[str], path: Path, watch: Watch) -> Vectors:
    keys = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
    width = encoder.pooled(["a"]).shape[1]
    record = np.dtype([("key", "V16"), ("state", "<f4", (width,))])
    if path.is_file() and path.stat().st_size % record.itemsize:
        os.truncate(path, path.stat().st_size // record.itemsize * record.itemsize)
    known: dict[bytes, Vectors] = {}
    wanted = set(keys)
    if path.is_file() and path.stat().st_size:
        for entry in np.memmap(path, record, "r"):
            if (key := entry["key"].tobytes()) in wanted:
                known[key] = np.array(entry["state"])
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    done = len(texts) - len(missing)
    watch(done, len(texts))
    with path.open("ab") as file:
        # Mixed lengths keep the estimate of the time left honest; the engine sorts within a chunk.
        for chunk in _chunks(sorted(missing.items())):
            entries = np.zeros(len(chunk), record)
            entries["state"] = encoder.pooled([text for _, text in chunk])
            for entry, (key, _) in zip(entries, chunk, strict=True):
                entry["key"] = np.void(key)
                known[key] = np.array(entry["state"])
            file.write(entries.tobytes())
            file.flush()
            done += len(chunk)
            watch(done, len(texts))
    return np.stack([known[key] for key in keys])


def _chunks(pairs: Sequence[tuple[bytes, str]]) -> list[list[tuple[bytes, str]]]:
    cut: list[list[tuple[bytes, str]]] = []
    room = 0
    for key, text in pairs:
        if room < len(text) or not cut:
            cut.append([])
            room = CHUNK_CHARS
        cut[-1].append((key, text))
        room -= len(text)
    return cut
