"""The folder of a fine-tuning run: its base, its checkpoint, its heads, and averages of it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from safetensors.numpy import load_file, save_file

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER
from docassay.schemas.errors import UsageError
from docassay.train.heads import Head
from docassay.train.heads import read as read_heads

BASE = "base.txt"
"""In the folder of a run: the name of its base."""


def begin(run: Path, base: str) -> None:
    """Note of which base a run is."""
    run.mkdir(parents=True, exist_ok=True)
    before = base_of(run) if (run / BASE).is_file() or (run / "checkpoint.pt").is_file() else base
    if before != base:
        raise UsageError(f"{run} is a run of {before}, not of {base}; name another folder by --run")
    (run / BASE).write_text(base + "\n")


def base_of(run: Path) -> str:
    """Name the base of a run; those that do not say are of MiniLM."""
    return (run / BASE).read_text().strip() if (run / BASE).is_file() else DEFAULT_ENCODER


def blend(run: Path, start: Path, share: float) -> Path:
    """Average a run's weights with those of the model folder that it began with (Wortsman et al. 2022).

    The heads of one shape are averaged alike, others are the run's.

    Returns:
        The folder below the run that has the average, as a run itself.
    """
    from research.encoder.unpack import bert

    blended = run / "blend"
    blended.mkdir(exist_ok=True)
    encoder, heads = load_file(run / "encoder.safetensors"), load_file(run / "heads.safetensors")
    before = {name: weight.numpy() for name, weight in bert(start).items()}
    trained = trained_heads(run)
    for name, head in uncalibrated(start).items():
        if name in trained and head.weight.shape == trained[name].weight.shape:
            before |= {f"{name}.weight": head.weight, f"{name}.bias": head.bias}
    for weights, file in ((encoder, "encoder"), (heads, "heads")):
        mixed = {
            name: (1 - share) * weight + share * before[name] if name in before else weight
            for name, weight in weights.items()
        }
        save_file(mixed, blended / f"{file}.safetensors", {"format": "pt"})
    for name in ("heads.json", BASE):
        if (run / name).is_file():
            shutil.copyfile(run / name, blended / name)
    return blended


def checkpoint(run: Path) -> Path:
    """Write the weights of a run's last checkpoint, as they would be saved if it ended there.

    Returns:
        The folder below the run that has them, as a run itself.

    Raises:
        UsageError: The run has no checkpoint.
    """
    import torch

    from research.encoder.joint import export_weights

    file = run / "checkpoint.pt"
    if not file.is_file():
        raise UsageError(f"{run} has no checkpoint yet")
    saved = torch.load(file, map_location="cpu", weights_only=True)
    reached = run / "checkpoint"
    reached.mkdir(exist_ok=True)
    export_weights(saved["average"], reached)
    for name in ("heads.json", BASE):
        shutil.copyfile(run / name, reached / name)
    print(f"step {saved['step']} of {saved['batches']}, {saved['tokens']:,} tokens", flush=True)
    return reached


def uncalibrated(folder: Path) -> dict[str, Head]:
    """Read the heads of a model folder, divided by their temperatures: as training has them."""
    tasks = modelfile.read(folder)["tasks"]
    return {
        name: replace(
            head,
            weight=head.weight / tasks[name]["temperature"],
            bias=head.bias / tasks[name]["temperature"],
        )
        for name, head in read_heads(folder / "heads.npz", tasks).items()
    }


def keep_heads(heads: dict[str, Head], run: Path) -> None:
    """Write heads into a run's folder in the form that fine-tuning uses."""
    run.mkdir(parents=True, exist_ok=True)
    tensors = {f"{name}.weight": head.weight for name, head in heads.items()}
    tensors |= {f"{name}.bias": head.bias for name, head in heads.items()}
    save_file(tensors, run / "heads.safetensors")
    to_card = {name: {"kind": head.kind, "labels": head.labels} for name, head in heads.items()}
    (run / "heads.json").write_text(json.dumps(to_card, indent=1))


def trained_heads(run: Path) -> dict[str, Head]:
    """Read the heads that fine-tuning left in a run's folder."""
    tensors = load_file(run / "heads.safetensors")
    to_card = json.loads((run / "heads.json").read_text())
    return {
        name: Head(entry["kind"], tuple(entry["labels"]), tensors[f"{name}.weight"], tensors[f"{name}.bias"])
        for name, entry in to_card.items()
    }
