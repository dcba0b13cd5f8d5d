"""`docassay train --full`: fine-tune the encoder for the user's task."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, HEADS, find, read
from docassay.train.example import Example
from docassay.train.fitting import Fitted, Gold, Texts, best_head, calibrated
from docassay.train.full.bases import BASES, base_folder
from docassay.train.full.convert import to_ctranslate2
from docassay.train.full.finetune import Recipe, make_rows
from docassay.train.full.finetune import train as finetune
from docassay.train.full.joint import JointModel, head_spec, load_encoder
from docassay.train.heads import Head, save
from docassay.train.job import Job, Prepared, Watch

MAX_TOKENS = 192
CHECKPOINT_SECONDS = 60.0


def tune(job: Job, prepared: Prepared, watch: Watch) -> Path:
    """Fine-tune, or go on from a checkpoint of the same data, and convert: the folder of the encoder.

    The folder of a run is named by its data and settings, so that other data begin anew. The checkpoint
    is written every minute.
    """
    work = (job.cache or job.out / ".cache") / "full"
    base = base_folder(work)
    examples = [
        Example(job.about.task, row.text, row.labels, name)
        for name, rows in prepared.parts.items()
        for row in rows
    ]
    head = head_spec(job.about.task, prepared.kind, prepared.labels, examples)
    encoded = make_rows({head.name: examples}, [head], base, {head.name: MAX_TOKENS})
    tokens = max(1, round(job.passes * sum(len(row.ids) for row in encoded)))
    recipe = Recipe(tokens=tokens, agreement=0.0, seed=job.seed, checkpoint_every=CHECKPOINT_SECONDS)
    run = work / _digest(encoded, recipe, head.labels)
    done = run / "int8"
    if (done / "model.toml").is_file():
        return done
    watch("fine-tuning", 0, 0)
    model = JointModel(load_encoder(base), [head], recipe.dropout)
    finetune(model, [head], encoded, {head.name: 1.0}, recipe, run)
    watch("converting", 0, 0)
    tuned = run / "hf"
    tuned.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copyfile(base / name, tuned / name)
    save_file(load_file(run / "encoder.safetensors"), tuned / "model.safetensors", {"format": "pt"})
    to_ctranslate2(tuned, done)
    save({}, done / HEADS)
    modelfile.write(done, _card(find(DEFAULT_ENCODER)))
    return done


def best(tuned: Path, job: Job, prepared: Prepared, texts: Texts, gold: Gold) -> Fitted:
    """Take the better on validation: the head tuned with the encoder, or one fitted on its states."""
    tensors = load_file(tuned.parent / "heads.safetensors")
    task = job.about.task
    head = Head(
        prepared.kind,
        prepared.labels,
        tensors[f"{task}.weight"].astype(np.float32),
        tensors[f"{task}.bias"].astype(np.float32),
    )
    precision = job.about.precision
    tuned_head = calibrated(head, "fine-tuned", texts, gold, precision)
    refitted = best_head(prepared.kind, prepared.labels, texts, gold, precision)
    refitted = replace(refitted, how=f"fine-tuned encoder; {refitted.how}")
    return max((tuned_head, refitted), key=lambda fitted: fitted.rank)


def _card(shipped: Path) -> dict[str, object]:
    return {
        "format": 1,
        "name": "tuned",
        "version": "1",
        "kind": "encoder",
        "base": BASES[DEFAULT_ENCODER].origin,
        "licence": read(shipped).licence,
        "max_tokens": MAX_TOKENS,
        "tasks": {},
    }


def _digest(rows: object, recipe: Recipe, labels: tuple[str, ...]) -> str:
    return hashlib.sha256(repr((rows, recipe, labels)).encode()).hexdigest()[:16]
