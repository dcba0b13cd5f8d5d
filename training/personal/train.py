"""Train and measure the tagger of personal data on the states of the shipped encoder.

    python -m docassay.training.personal.train

The test (a fifth of the templates) is read only with `--test`.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED, read
from docassay.models.encoder import Encoder
from docassay.models.tagger import PersonalDataTagger, assemble, word_states
from docassay.models.word_features import matches, shapes, word_spans
from docassay.training.corpora.archives import read_member
from docassay.training.corpora.invented import written
from docassay.training.corpora.personal import LABELS, Sentence, joined, personal_data, without
from docassay.training.custom import modelfile
from docassay.training.custom.encode import Vectors

HIDDEN, EPOCHS, BATCH, DROPOUT, WRITTEN = 192, 6, 256, 0.2, 4000
SURE = 0.9
"""Chosen by reading real notes: spans below it are wrong about as often as right."""
MARGIN = 1.0
"""In log-odds, until `docassay.benchmarks.processors --write` has measured it (docs/decisions/0021-*.md)."""
THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6)
DATA = "Presidio-research synth_dataset_v2 (Microsoft), and templates of our own filled by Faker"
INTENDED_USE = "Show a person where personal data may stand in English text; not to redact with, unread."
KNOWN_FAILURES = (
    "Whether a place belongs to an address or stands alone is told as inconsistently as in training data.",
    "Titles of posts are missed more often than found; names in lower case are missed.",
    "Headings and defined terms in capitals are sometimes taken for organisations or places.",
    "Trained on invented values: what it finds in real documents was read, not counted.",
)


def tagged(sentence: Sentence, spans: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[int]:
    """Return for each word the index of its tag in `tags`: "o", or "b-" or "i-" and a label (BIO)."""
    indices = [0] * len(spans)
    for start, end, label in sentence.spans:
        inside = [n for n, (a, b) in enumerate(spans) if a < end and b > start]
        for n in inside:
            indices[n] = tags.index(f"{'b' if n == inside[0] else 'i'}-{label}")
    return indices


def states_of(encoder: Encoder, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], Vectors]]:
    """Return for each text the offsets of its tokens and their states, as the runtime computes them."""
    return [
        (offsets, states)
        for at in range(0, len(texts), 500)
        for offsets, states in encoder.token_states(texts[at : at + 500])
    ]


def fit(rows: Vectors, gold: np.ndarray, weight: np.ndarray, tags: int, width: int) -> dict[str, Vectors]:
    """Fit the network, one hidden layer, and fold the scaling of states into its weights.

    `width` is that of the states, which come first in a row and are standardised; shapes are 0 or 1.
    """
    torch.manual_seed(0)
    torch.set_num_threads(1)
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    centre[width:], spread[width:] = 0, 1
    inputs = torch.from_numpy((rows - centre) / spread)
    target, worth = torch.from_numpy(gold), torch.from_numpy(weight)
    hidden, output = torch.nn.Linear(rows.shape[1], HIDDEN), torch.nn.Linear(HIDDEN, tags)
    drop = torch.nn.Dropout(DROPOUT)
    network = torch.nn.Sequential(drop, hidden, torch.nn.ReLU(), drop, output)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(rows))
        for start in range(0, len(rows), BATCH):
            batch = order[start : start + BATCH]
            losses = torch.nn.functional.cross_entropy(
                network(inputs[batch]), target[batch], reduction="none"
            )
            optimiser.zero_grad()
            torch.autograd.backward((losses * worth[batch]).mean())
            optimiser.step()
            schedule.step()
    first = hidden.weight.detach().numpy() / spread
    return {
        "hidden": first.astype(np.float16),
        "hidden_bias": (hidden.bias.detach().numpy() - first @ centre).astype(np.float32),
        "output": output.weight.detach().numpy().astype(np.float16),
        "output_bias": output.bias.detach().numpy().astype(np.float32),
    }


def measure(
    tagger: PersonalDataTagger,
    sentences: Sequence[Sentence],
    states: Sequence[tuple[list[tuple[int, int]], Vectors]],
) -> dict[str, float]:
    """Score a tagger: `exact` counts spans of the same label and offsets, `word` counts words.

    `word` is how Presidio counts, whatever the label; `word_label` asks for the label too. F2 weighs recall
    four times as much as precision.
    """
    counts = {name: np.zeros(3) for name in ("exact", "word", "word_label")}
    for sentence, (offsets, token_states) in zip(sentences, states, strict=True):
        given = joined(
            sentence.text,
            [(f.start, f.end, f.label) for f in tagger.find(sentence.text, offsets, token_states)],
        )
        gold = set(sentence.spans)
        counts["exact"] += (len(gold & set(given)), len(given), len(gold))
        for start, end in word_spans(sentence.text):
            gold_labels = {label for a, b, label in gold if a < end and b > start}
            given_labels = {label for a, b, label in given if a < end and b > start}
            counts["word"] += (bool(gold_labels and given_labels), bool(given_labels), bool(gold_labels))
            counts["word_label"] += (bool(gold_labels & given_labels), bool(given_labels), bool(gold_labels))
    scores: dict[str, float] = {}
    for name, (hits, given_count, gold_count) in counts.items():
        precision, recall = hits / max(1, given_count), hits / max(1, gold_count)
        scores |= {
            f"{name}_precision": precision,
            f"{name}_recall": recall,
            f"{name}_f2": 5 * precision * recall / max(1e-9, 4 * precision + recall),
        }
    return {key: round(float(value), 3) for key, value in scores.items()}


def main() -> None:
    """Train, choose the threshold on validation, measure, and write the model folder."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # some of Faker's lists were sets: their order hangs on it
        command = [sys.executable, "-m", "docassay.training.personal.train", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    parser = argparse.ArgumentParser(prog="python -m docassay.training.personal.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--encoder", type=Path, default=SHIPPED / DEFAULT_ENCODER)
    parser.add_argument("--folder", type=Path, default=Path("models/shipped/personal"))
    parser.add_argument("--version", default="", help="of the model; the next one without")
    parser.add_argument("--test", action="store_true", help="measure on the test templates too")
    options = parser.parse_args()
    archive = options.data / "labelled/medical-presidio_synth_pii.tar.xz"
    given = personal_data(read_member(archive, "*/synth_dataset_v2.json").decode())
    sentences = [*given, *written(WRITTEN), *without(options.data)]
    print(
        f"{len(given)} given, {WRITTEN} written, {len(sentences) - len(given) - WRITTEN} without", flush=True
    )
    labels = sorted(set(LABELS.values()))
    tags = ["o", *(f"{mark}-{label}" for label in labels for mark in "bi")]
    states = states_of(Encoder(options.encoder, 2), [sentence.text for sentence in sentences])
    rows, gold, weight = [], [], []
    for n, (sentence, (offsets, token_states)) in enumerate(zip(sentences, states, strict=True)):
        spans = word_spans(sentence.text)
        if sentence.split == "train" and spans:
            shape = shapes(sentence.text, spans, matches(sentence.text))
            rows.append(np.concatenate([word_states(spans, offsets, token_states), shape], axis=1))
            gold += tagged(sentence, spans, tags)
            weight += [2.0 if n < len(given) else 1.0] * len(spans)
    width = states[0][1].shape[1]
    arrays = fit(np.concatenate(rows), np.array(gold), np.array(weight, np.float32), len(tags), width)
    version = options.version or modelfile.following(options.folder)
    options.folder.mkdir(exist_ok=True)
    np.savez_compressed(options.folder / "weights.npz", allow_pickle=False, **arrays)
    card = read(options.encoder)
    parts = [
        np.asarray(arrays[name], np.float32) for name in ("hidden", "hidden_bias", "output", "output_bias")
    ]

    def scored(split: str, least: float) -> dict[str, float]:
        chosen = [n for n, sentence in enumerate(sentences) if sentence.split == split]
        tagger = assemble(card, tags, parts, 1.0, least, SURE)
        return measure(tagger, [sentences[n] for n in chosen], [states[n] for n in chosen])

    validation = {least: scored("validation", least) for least in THRESHOLDS}
    for chosen, figures in validation.items():
        print(chosen, json.dumps(figures), flush=True)
    least = max(
        THRESHOLDS, key=lambda least: validation[least]["word_label_f2"] + validation[least]["exact_f2"]
    )
    quality: dict[str, float | str] = {f"validation_{key}": value for key, value in validation[least].items()}
    if options.test:
        quality["test"] = "Presidio-research synthetic sentences, a fifth of the templates"
        quality |= scored("test", least)
    print(json.dumps(quality))
    about: dict[str, modelfile.Value] = {
        "format": 1,
        "name": "personal",
        "version": version,
        "kind": "spans",
        "base": f"{card.id}: one hidden layer on its token states and the words' shapes",
        "licence": "Apache-2.0; weights trained on public and on generated data",
        "encoder": card.weights,
        "labels": labels,
        "temperature": 1.0,
        "least": least,
        "sure": SURE,
        "margin": MARGIN,
        "data": DATA,
        "data_licence": "MIT; own",
        "intended_use": INTENDED_USE,
        "known_failures": list(KNOWN_FAILURES),
    }
    text = modelfile.render(about, modelfile.digests(options.folder), {})
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in quality.items())
    (options.folder / "model.toml").write_text(f"{text}\n[quality]\n{lines}", encoding="utf-8")


if __name__ == "__main__":
    main()
