"""Decided model: `docassay train --from-decisions`, from the tables to a model folder, and what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, HEADS, Card, find
from docassay.models.encoder import Encoder
from docassay.models.engine import default_threads
from docassay.schemas.errors import DataError
from docassay.storage.decisions.record import current_decisions, rows_of
from docassay.train.calibrate import MARGIN
from docassay.train.decided import Answered, Gained, answered, learn
from docassay.train.encode import Encoded, token_ids
from docassay.train.folder import check_target, put
from docassay.train.heads import Head, read
from docassay.train.job import Watch
from docassay.train.states import states


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of a training from decisions.

    Attributes:
        task: The task.
        texts: Texts that were decided on, with labels that the head knows.
        strange: Labels that reviewers gave and the head does not know, and how often.
        gained: What it gained on held-back decisions.
    """

    task: str
    texts: int
    strange: Mapping[str, int]
    gained: Gained


def train_from(
    tables: str, task: str, out: Path, version: str, seed: int, cache: Path | None, watch: Watch
) -> Learnt:
    """Move the shipped head of a task by what people decided on its labels, and write a model folder.

    Args:
        tables: The tables with the decisions.
        task: The task.
        out: The folder of the model.
        version: Of the model.
        seed: Of the folds.
        cache: Where the encoder's outputs are kept; in the folder of the model without.
        watch: Called with what is being done, how much of it is done and how much there is.

    Raises:
        DataError: No shipped head answers the task, there is too little to learn from, or the folder is not
            one of this command.
        TablesError: The folder holds no tables, or a damaged file.
        RunError: The model's folder cannot be written.
    """
    check_target(out)
    encoder = Encoder(find(DEFAULT_ENCODER), default_threads())
    entries = modelfile.read(encoder.card.folder)["tasks"]
    if task not in entries:
        raise DataError(f"no shipped head answers {task}; there are {', '.join(sorted(entries))}")
    entry = entries[task]
    head = read(encoder.card.folder / HEADS, {task: entry})[task]
    decided = answered(current_decisions(rows_of(tables).to_pylist()).values(), task)
    if not decided:
        raise DataError(f"{tables}: nobody has decided on a label of {task}")
    strange = Counter(label for text in decided for label in text.answers if label not in head.labels)
    texts = [text.text for text in decided]
    rows = states(encoder, texts, cache or out / ".cache", lambda done, total: watch("reading", done, total))
    encoded = Encoded(rows, token_ids(encoder.card.folder, texts))
    watch("fitting", 0, 0)
    moved, gained = learn(head, entry["temperature"], entry.get("thresholds", ()), encoded, decided, seed)
    _write(out, encoder.card, task, version, entry, moved, decided, gained)
    return Learnt(task, len(decided), dict(strange), gained)


def gain_in_words(learnt: Learnt, out: Path) -> Iterator[str]:
    """Say what was learnt, a line each."""
    gained = learnt.gained
    least, middle, most = gained.difference
    yield (
        f"{gained.answers:,} decided answers of {gained.documents:,} documents, each held back once:"
        f" the shipped head gives {gained.before:.3f} of them as people did, this one {gained.after:.3f}"
    )
    sure = "more than chance" if gained.is_sure else "it may be chance: do not use it for this alone"
    yield f"the difference is {middle:+.3f} ({least:+.3f} to {most:+.3f}); {sure}"
    yield (
        "decisions are on what people looked at: what changes elsewhere, `what_changed` shows after a batch"
        f" with --models {out} into a copy of the tables"
    )
    if learnt.strange:
        listed = ", ".join(f"{label} ({n})" for label, n in sorted(learnt.strange.items()))
        yield f"left out, since the head does not know them: {listed}; docassay train DATA learns new labels"
    yield f"wrote {out}"


def _write(
    folder: Path,
    base: Card,
    task: str,
    version: str,
    entry: Mapping[str, Any],
    head: Head,
    decided: Sequence[Answered],
    gained: Gained,
) -> None:
    """Write the model folder."""
    own = {key: value for key, value in entry.items() if key != "quality"}
    own |= {
        "margin": max(float(entry.get("margin", 0.0)), MARGIN),
        "asked": True,
        "trained_on": len(decided),
        "chosen": f"{base.id}, moved by {gained.answers} decided answers, held by {gained.hold:g}",
        "quality": {
            "test": "decisions, each document held back once",
            "texts": gained.answers,
            "as_people_decided": round(gained.after, 3),
            "as_people_decided_before": round(gained.before, 3),
        },
    }
    about = {
        "format": 1,
        "name": f"{task}-decided",
        "version": version,
        "kind": "encoder",
        "trained_by": "docassay train",
        "base": f"{base.id}: {base.base}",
        "licence": base.licence,
        "max_tokens": base.max_tokens,
        "intended_use": f"Answer {task} as {base.id} does, where people have not decided otherwise.",
        "known_failures": [
            "Its thresholds are those of the shipped head; decisions are on what people looked at."
        ],
        "tasks": {task: own},
    }
    put(folder, base.folder, task, head, about)
