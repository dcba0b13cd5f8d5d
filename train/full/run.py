"""`docassay train --full`: fine-tune the encoder for the user's task."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, HEADS, find, read
from docassay.train.encode import load_tokenizer
from docassay.train.fitting import Fitted, Gold, Texts, best_head, calibrated, flags
from docassay.train.full.convert import ORIGIN, minilm, to_ctranslate2
from docassay.train.full.finetune import Classifier, Recipe, Row, load_encoder, train
from docassay.train.heads import Head, save
from docassay.train.job import Job, Prepared, Watch

MAX_TOKENS = 192


def tune(job: Job, prepared: Prepared, watch: Watch) -> Path:
    """Fine-tune, or go on from a checkpoint of the same data, and convert: the folder of the encoder.

    The folder of a run is named by its data and settings, so that other data begin anew. The checkpoint
    is written every minute.
    """
    work = (job.cache or job.out / ".cache") / "full"
    base = minilm(work / "base")
    texts = prepared.parts["train"]
    gold = flags(texts, prepared.labels)
    if prepared.kind == "single":
        gold = gold.argmax(axis=1)[:, None]
    encoded = load_tokenizer(base, MAX_TOKENS).encode_batch([row.text for row in texts])
    rows = [Row(tuple(text.ids), tuple(own)) for text, own in zip(encoded, gold.tolist(), strict=True)]
    tokens = max(1, round(job.passes * sum(len(row.ids) for row in rows)))
    recipe = Recipe(tokens=tokens, seed=job.seed)
    run = work / hashlib.sha256(repr((rows, recipe, prepared.labels)).encode()).hexdigest()[:16]
    done = run / "int8"
    if (done / "model.toml").is_file():
        return done
    watch("fine-tuning", 0, 0)
    model = Classifier(load_encoder(base), len(prepared.labels), recipe.dropout)
    train(model, prepared.kind, rows, recipe, run, watch)
    watch("converting", 0, 0)
    tuned = run / "hf"
    tuned.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copyfile(base / name, tuned / name)
    shutil.copyfile(run / "encoder.safetensors", tuned / "model.safetensors")
    to_ctranslate2(tuned, done)
    save({}, done / HEADS)
    modelfile.write(done, _card(find(DEFAULT_ENCODER)))
    return done


def best(tuned: Path, job: Job, prepared: Prepared, texts: Texts, gold: Gold) -> Fitted:
    """Take the better on validation: the head tuned with the encoder, or one fitted on its states."""
    tensors = load_file(tuned.parent / "head.safetensors")
    weight, bias = (tensors[name].astype(np.float32) for name in ("weight", "bias"))
    head = Head(prepared.kind, prepared.labels, weight, bias)
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
        "base": ORIGIN,
        "licence": read(shipped).licence,
        "max_tokens": MAX_TOKENS,
        "tasks": {},
    }
