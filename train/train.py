"""Train a task of the user's own on checked data: encode, fit, measure, write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from docassay.models.catalog import DEFAULT_ENCODER, Card, find, read
from docassay.models.encoder import Encoder
from docassay.models.engine import default_threads
from docassay.train import folder
from docassay.train.encode import Encoded, token_ids
from docassay.train.fitting import best_head, flags, in_order, measure
from docassay.train.job import SPLITS, Job, Prepared, Trained, Watch
from docassay.train.score import Split
from docassay.train.states import states
from docassay.train.table import Row


def train(job: Job, prepared: Prepared, watch: Watch) -> Trained:
    """Encode, fit, measure and write the folder.

    Args:
        job: What is asked.
        prepared: The checked data.
        watch: Called with what is being done, how much of it is done and how much there is.

    Raises:
        ModelError: The encoder is not what its card says.
        RunError: The folder cannot be written.
    """
    encoder = Encoder(find(DEFAULT_ENCODER), default_threads())
    cache = job.cache or job.out / ".cache"
    parts = prepared.parts
    gold = {name: flags(parts[name], prepared.labels) for name in SPLITS}
    encoded = _encoded(encoder, parts, cache, watch)
    watch("fitting", 0, 0)
    fitted = best_head(prepared.kind, prepared.labels, encoded, gold, job.about.precision)
    head_figure, full_figure = fitted.figure, None
    source: tuple[Path, Card] = (encoder.card.folder, encoder.card)
    if job.full:
        from docassay.train.full import run

        tuned = run.tune(job, prepared, watch)
        tuned_states = _encoded(Encoder(tuned, default_threads()), parts, cache, watch)
        tuned_head = run.best(tuned, job, prepared, tuned_states, gold)
        full_figure = tuned_head.figure
        if full_figure > head_figure:
            fitted, encoded, source = tuned_head, tuned_states, (tuned, read(tuned))
    fitted = in_order(fitted, parts, encoded, job.about.precision)
    watch("measuring", 0, 0)
    measured = measure(fitted, parts, encoded["test"], gold)
    counts: dict[str, int] = {name: len(parts[name]) for name in SPLITS}
    about = job.about
    if prepared.given:
        about = replace(about, test="the test rows of the data's own split")
    elif any(row.document for row in parts["test"]):
        about = replace(about, test="a tenth of the documents, whole")
    folder.write(job.out, *source, about, fitted, measured, counts)
    return Trained(fitted, measured, head_figure, full_figure)


def _encoded(
    encoder: Encoder, parts: dict[Split, list[Row]], cache: Path, watch: Watch
) -> dict[Split, Encoded]:
    texts = [row.text for name in SPLITS for row in parts[name]]
    rows = states(encoder, texts, cache, lambda done, total: watch("reading", done, total))
    ids = token_ids(encoder.card.folder, texts)
    encoded: dict[Split, Encoded] = {}
    start = 0
    for name in SPLITS:
        end = start + len(parts[name])
        encoded[name] = Encoded(rows[start:end], ids[start:end])
        start = end
    return encoded
