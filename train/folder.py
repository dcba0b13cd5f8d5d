"""The model folder: the encoder, the head of the user's task and the card."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.models import modelfile
from docassay.models.catalog import HEADS, Card, read
from docassay.models.ranker import WEIGHTS
from docassay.schemas.errors import DataError, ModelError, RunError
from docassay.train.fitting import Fitted, Measured
from docassay.train.heads import Head, save

WEAK = 0.5
"""A label of a lower F1 on the test is named among the known failures."""


@dataclass(frozen=True, slots=True)
class About:
    """What the user says of the model."""

    name: str
    version: str
    domain: str
    task: str
    data: str
    licence: str
    precision: float
    definitions: Mapping[str, str]
    intended_use: str = ""
    test: str = "a tenth of the data; no near-duplicate of it was trained on"


def check_target(folder: Path) -> None:
    """Refuse a folder that holds anything but a model of this command.

    Raises:
        DataError: It is not one of ours, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder")
    if folder.is_dir():
        contents = {path.name for path in folder.iterdir()} - {".cache", ".full"}
        if contents and "model.toml" in contents:
            try:
                if read(folder).about.get("trained_by") != "docassay train":
                    raise DataError(
                        f"{folder} is a model that docassay train has not made; name another folder"
                    )
            except ModelError:
                pass  # a broken one is made anew
        elif contents - {"config.json", HEADS, "model.bin", "tokenizer.json", "vocabulary.json", WEIGHTS}:
            raise DataError(
                f"{folder} holds {min(contents)}; name an empty folder, or a model to train again"
            )
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not os.access(above, os.W_OK):
        raise DataError(f"{folder} cannot be written")


def write(
    folder: Path,
    encoder: Path,
    base: Card,
    about: About,
    fitted: Fitted,
    measured: Measured,
    counts: Mapping[str, int],
) -> None:
    """Write the folder.

    Args:
        folder: Where to.
        encoder: The folder of the encoder's files, as `put` takes it.
        base: The card of the model that they are from.
        about: What the user says.
        fitted: The head.
        measured: How good it is.
        counts: Texts by split.

    Raises:
        RunError: The disk is full, say.
    """
    put(folder, encoder, about.task, fitted.head, _card(base, about, fitted, measured, counts))


def put(folder: Path, encoder: Path, task: str, head: Head, card: Mapping[str, Any]) -> None:
    """Write a model folder of one head; its card comes last, so that what is not complete is no model folder.

    Args:
        folder: Where to.
        encoder: The folder of the encoder's files; linked where the file system allows it.
        task: What the head answers.
        head: The head.
        card: Its card.

    Raises:
        RunError: The disk is full, say.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.toml").unlink(missing_ok=True)
        for name in ("config.json", "model.bin", "tokenizer.json", "vocabulary.json"):
            (folder / name).unlink(missing_ok=True)
            try:
                os.link(encoder / name, folder / name)
            except OSError:  # another file system
                shutil.copyfile(encoder / name, folder / name)
        (folder / HEADS).unlink(missing_ok=True)
        save({task: head}, folder / HEADS)
        modelfile.write(folder, card)
    except OSError as error:
        raise RunError(f"{folder} could not be written: {error.strerror or error}") from None


def _card(
    base: Card, about: About, fitted: Fitted, measured: Measured, counts: Mapping[str, int]
) -> dict[str, Any]:
    head, calibration = fitted.head, fitted.calibration
    task: dict[str, Any] = {
        "domain": about.domain,
        "kind": head.kind,
        "labels": list(head.labels),
        "temperature": calibration.temperature,
    }
    if head.kind == "multi":
        task["thresholds"] = list(calibration.thresholds)
    if calibration.label_chain:
        task["label_chain"] = calibration.label_chain.to_card()
    task |= {
        "abstain_below": calibration.abstain_below,
        "abstain_precision": calibration.precision,
        "margin": calibration.margin,
        "asked": True,
        "data": about.data,
        "data_licence": about.licence,
        "trained_on": counts["train"],
        "tuned_on": counts["validation"],
        "chosen": fitted.how,
    }
    if about.definitions:
        task["definitions"] = dict(about.definitions)
    quality: dict[str, Any] = {"test": about.test, "texts": measured.texts}
    for model, scores in measured.scores.items():
        prefix = "" if model == "head" else f"{model}_"
        quality |= {f"{prefix}{key}": round(scores[key], 3) for key in (measured.headline, "macro_f1")}
    task["quality"] = quality | {
        "calibration_error": round(measured.error, 3),
        "kept": round(measured.kept, 3),
        "kept_precision": round(measured.kept_precision, 3),
    }
    return {
        "format": 1,
        "name": about.name,
        "version": about.version,
        "kind": "encoder",
        "trained_by": "docassay train",
        "base": f"{base.id}: {base.base}",
        "licence": base.licence,
        "max_tokens": base.max_tokens,
        "intended_use": about.intended_use
        or f"Label English segments of {about.domain} documents that are like its training data, for triage"
        " by people who read the documents.",
        "known_failures": failures(measured),
        "tasks": {about.task: task},
    }


def failures(measured: Measured) -> list[str]:
    """Say what the test has shown to be weak."""
    sentences = []
    if not measured.beats:
        sentences.append(
            "No better than TF-IDF with a linear model on the same test, or not by more than chance."
        )
    untested = [label for label, row in measured.by_label["head"].items() if not row[3]]
    if untested:
        sentences.append(f"Not tested, since the test holds none: {', '.join(untested)}.")
    weak = [label for label, row in measured.by_label["head"].items() if row[3] and row[2] < WEAK]
    if weak:
        sentences.append(f"F1 below {WEAK} on the test: {', '.join(weak)}.")
    sentences.append("Texts unlike the training data get an answer all the same.")
    return sentences
