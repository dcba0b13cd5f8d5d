"""Refit heads on the states of the shipped encoder as it is: its weights, and all other heads, stay."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docassay.domains.sections import NONE
from docassay.models import modelfile
from docassay.models.encoder import Encoder
from docassay.train import lexical_weights
from docassay.train.calibrate import Calibration, abstention, correct
from docassay.train.calibrate import calibrate as calibrate_head
from docassay.train.encode import Encoded, token_ids
from docassay.train.heads import Floats, Head, fit, probabilities
from docassay.train.heads import read as read_heads
from docassay.train.heads import save as save_heads
from docassay.train.score import Flags, decide, metrics
from docassay.train.states import states
from research.corpora import TASKS, Example, load
from research.corpora.archives import licences
from research.corpora.clauses import PASSAGE
from research.corpora.example import label_order, targets
from research.version import following

HOLD = 4.0
"""How many answers of the whole head's precision are added to those of a label when its own is estimated."""
FEWEST_RIGHT = 2
"""A label of which fewer answers were right is never sure: nothing shows that it may be."""
AT_RUN_TIME = 4.0
"""How much a text that is as at run time counts when it is chosen when a label is sure; others count 1."""

STRENGTHS = (10.0, 100.0, 1000.0)
"""Inverse regularisations tried, per train text."""


def refit(data: Path, checkpoints: Path, folder: Path, names: Sequence[str]) -> None:
    """Fit the heads of the named tasks anew, choose and calibrate each on validation, and write the folder.

    Texts are read alone: a task whose labels follow each other is not for this.
    The margin of a head is that of untried ones until `research.benchmarks.processors` has measured it. The
    states of texts are kept under `checkpoints`, so that a run that was cut off goes on where it was.
    """
    about = modelfile.read(folder)
    heads = read_heads(folder / "heads.npz", about["tasks"])
    encoder = Encoder(folder, 2)
    for name in names:
        examples = load(name, data)
        texts = {
            split: _encoded(
                encoder, folder, checkpoints / "states", [e for e in examples if e.split == split]
            )
            for split in ("train", "validation")
        }
        heads[name], facts = _best(name, data, examples, texts["train"], texts["validation"])
        before = about["tasks"].get(name, {})
        stale = ("label_chain", "abstain_labels_below")
        about["tasks"][name] = {key: value for key, value in before.items() if key not in stale} | facts
    save_heads(heads, folder / "heads.npz")
    about["version"] = following(folder)
    modelfile.write(folder, about)


def _encoded(encoder: Encoder, folder: Path, cache: Path, examples: Sequence[Example]) -> Encoded:
    def watch(done: int, of: int) -> None:
        if done == of or done % 1_000 < 40:
            print(f"    {done:,} of {of:,} texts", flush=True)

    texts = [example.text for example in examples]
    return Encoded(states(encoder, texts, cache, watch), token_ids(folder, texts))


def _best(
    name: str, data: Path, examples: Sequence[Example], seen: Encoded, tune: Encoded
) -> tuple[Head, dict[str, Any]]:
    """Fit a task's head in several strengths; give the best on validation and what its card says."""
    task, labels = TASKS[name], label_order(examples)
    truth, gold = (
        targets([example for example in examples if example.split == split], labels)
        for split in ("train", "validation")
    )
    terms = lexical_weights.fit(task.kind, seen.ids, truth)
    tuned = [example for example in examples if example.split == "validation"]
    official = np.array([example.part != PASSAGE for example in tuned])
    results: list[tuple[float, Head, Calibration]] = []
    for strength in STRENGTHS:
        head = fit(task.kind, labels, seen.states, truth, strength)
        head, worth = lexical_weights.beside(head, terms, tune, gold)
        head, correction = correct(head, head.logits(tune), gold)
        figure, calibration = _calibrated(head, tune, gold, official, task.abstain_precision)
        print(f"  {name} ({strength:g}), {correction}, terms {worth:+.4f}: {figure:.3f}", flush=True)
        results.append((figure, head, calibration))
    _, head, calibration = max(results, key=lambda result: result[0])
    facts: dict[str, Any] = {
        "domain": task.domain,
        "kind": task.kind,
        "labels": list(labels),
        "temperature": calibration.temperature,
        "abstain_below": calibration.abstain_below,
        "abstain_precision": calibration.precision,
        "margin": calibration.margin,
        "data": task.data,
        "data_licence": task.data_licence,
        "data_licence_as_stated": licences(data, task.archives),
    }
    if task.kind == "multi":
        facts["thresholds"] = list(calibration.thresholds)
    if not official.all():
        facts["abstain_labels_below"] = _least(head, calibration, tune, gold, tuned, task.abstain_precision)
    print(f"{name}: keeps {calibration.kept:.0%} at precision {calibration.precision:.3f}", flush=True)
    return head, facts


def _calibrated(
    head: Head, tune: Encoded, gold: Flags, official: NDArray[np.bool_], precision: float
) -> tuple[float, Calibration]:
    """Calibrate a head, and say how good it is on the texts that are as those of the official test."""
    logits = head.logits(tune)
    calibration = calibrate_head(head.kind, logits, gold, precision)
    sure = probabilities(head.kind, logits, calibration.temperature)
    decided = decide(head.kind, sure, calibration.thresholds)
    scores = metrics(head.kind, head.labels, gold[official], decided[official])
    named = np.array([label != NONE for label in head.labels])
    given = decided.astype(bool) & named
    below, reached, kept = abstention(sure[given], gold[given], precision)  # `NONE` is given to nobody
    calibration = replace(calibration, abstain_below=below, precision=reached, kept=kept)
    figure = (scores["accuracy" if head.kind == "single" else "micro_f1"] + scores["macro_f1"]) / 2
    return figure, calibration


def _least(
    head: Head,
    calibration: Calibration,
    tune: Encoded,
    gold: Flags,
    examples: Sequence[Example],
    precision: float,
) -> dict[str, float]:
    """Choose from which probability on each label is sure; passages as at run time count for more."""
    alike = np.array([example.part == PASSAGE or not example.labels for example in examples])
    sure = probabilities(head.kind, head.logits(tune), calibration.temperature)
    given = decide(head.kind, sure, calibration.thresholds).astype(bool)
    least = abstention_by_label(sure, given, gold, alike, calibration.abstain_below, precision)
    chosen = dict(zip(head.labels, least, strict=True))
    print(f"  never sure: {', '.join(label for label in chosen if chosen[label] == 1.0)}", flush=True)
    return {label: value for label, value in chosen.items() if value > calibration.abstain_below}


def abstention_by_label(
    sure: Floats,
    given: NDArray[np.bool_],
    gold: Flags,
    at_run_time: NDArray[np.bool_],
    below: float,
    precision: float,
) -> list[float]:
    """Return for each label the probability from which on its answers reach a precision, 1 where none do.

    The precision of a label from some probability on is estimated from its own answers and from `HOLD`
    more of all labels together: what a handful of answers say is chance. A label needs `FEWEST_RIGHT`
    right answers, one of them of a text that is as at run time.

    Args:
        sure: Probabilities, [texts, labels].
        given: Which labels are given, [texts, labels].
        gold: Which are right, [texts, labels].
        at_run_time: Which texts are as at run time, [texts]; they count `AT_RUN_TIME` times.
        below: The whole head's: no label needs less.
        precision: To be reached.

    >>> high, right = np.array([[0.9], [0.9], [0.6]]), np.array([[1], [1], [0]])
    >>> abstention_by_label(high, high > 0.5, right, np.array([True, False, True]), 0.5, 0.9)
    [0.9]
    >>> abstention_by_label(high, high > 0.5, right, np.array([False, False, True]), 0.5, 0.9)
    [1.0]
    """
    weight = np.where(at_run_time, AT_RUN_TIME, 1.0)
    least = []
    for column in range(sure.shape[1]):
        rows = given[:, column]
        of_label, right = sure[rows, column], gold[rows, column].astype(bool)
        chosen = 1.0
        for cut in sorted({below, *of_label[of_label >= below].tolist()}):
            kept = of_label >= cut
            enough = (kept & right).sum() >= FEWEST_RIGHT and (kept & right & at_run_time[rows]).any()
            all_kept = given & (sure >= cut)
            pooled = float((gold * all_kept).sum(axis=1) @ weight / max(1.0, all_kept.sum(axis=1) @ weight))
            reached = (right * kept) @ weight[rows] + HOLD * pooled
            if enough and reached >= precision * (kept @ weight[rows] + HOLD):
                chosen = float(np.floor(cut * 1000) / 1000)
                break
        least.append(chosen)
    return least
