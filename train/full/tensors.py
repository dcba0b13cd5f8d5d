"""What every training does with tensors: rows of ids made one table, checkpoints written whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def padded(rows: Sequence[Any], filler: int) -> Tensor:
    """Pad rows of ids to the longest, [rows, tokens]."""
    table = np.full((len(rows), max(len(ids) for ids in rows)), filler, np.int64)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return torch.from_numpy(table)


def keep(state: Mapping[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)
