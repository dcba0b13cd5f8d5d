"""How much answers depend on the processor: the same texts on each code path, and the margins that follow.

    python -m research.benchmarks.processors [--data ../shared/data] [--texts 300] [--documents 120] [--write]

An int8 encoder does not give the same states on every processor: kernels round at different steps, and
without VNNI instructions sums of pairs saturate. Environment variables make this machine take the paths of
others, so each path reads in its own process: texts of the test sets, and real documents, which have no gold
labels. With `--write` the margins go into the cards. See docs/decisions/0008-a-margin-for-processors.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import DEFAULT_ENCODER, Card, TaskCard, find
from docassay.models.encoder_group import card_of, open_reader
from docassay.models.reading import DECIMALS, smooth_readings
from docassay.schemas.rows import Source
from docassay.train.label_chain import documents
from docassay.train.score import decide
from docassay.transforms.document import Document
from research.benchmarks import report
from research.benchmarks.paths import FURTHER, OWN, PATHS, drawn
from research.corpora import Example, load
from research.measure.evaluate import UNLABELLED, headlines

Floats = NDArray[np.float64]

REAL = "real"
LONG = 600
"""Mean length in characters above which fewer texts of a test are taken."""

NEAR = 3.0
"""In log-odds: only changes of leads below this count; larger leads change more, but lose no label."""


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """The texts of a document, in order.

    Attributes:
        source: The task whose test set they come from, or `REAL`.
        texts: The texts.
        tasks: For each text, the tasks that read it.
    """

    source: str
    texts: Sequence[str]
    tasks: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one path for a document.

    Attributes:
        probabilities: By task: the probabilities of its labels, [texts that it reads, labels].
    """

    probabilities: Mapping[str, Floats]


Paths = Mapping[str, Sequence[Answers]]
"""By path: the answers for each document, in order."""


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.processors",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--texts", type=int, default=300, help="of each test, at most")
    parser.add_argument("--documents", type=int, default=120, help="real ones")
    parser.add_argument("--write", action="store_true", help="put the margins into the cards")
    parser.add_argument("--read", type=Path, nargs=2, help=argparse.SUPPRESS)  # a path's own process
    options = parser.parse_args()
    if options.read:
        read(*options.read)
        return
    card = card_of(DEFAULT_ENCODER)
    tests = list(tested(options.data, card, options.texts))
    inputs = [document for document, _ in tests]
    inputs += in_use(options.data / "real", card, options.documents)
    by_path = on_paths(inputs, {**PATHS, **FURTHER})
    tasks = {
        name: measure_task(
            task,
            {part: _stacked(task, inputs, by_path, part) for part in (name, REAL)},
            [example for document, examples in tests if document.source == name for example in examples],
        )
        for name, task in card.tasks.items()
    }
    _show(tasks)
    _save(inputs, tasks)
    if options.write:
        write_margins({name: result["margin"] for name, result in tasks.items()})


def tested(data: Path, card: Card, most: int) -> Iterator[tuple[EncoderInput, list[Example]]]:
    """Yield about `most` texts of each test, fewer if they are long: evenly spaced, or whole documents."""
    for name, task in card.tasks.items():
        tests = [e for e in load(name, data) if e.split == "test" and e.part != UNLABELLED]
        mean = sum(len(e.text) for e in tests) / len(tests)
        wanted = min(most, int(most * LONG / mean))
        if task.label_chain is None:
            chosen = tests[:: max(1, len(tests) // wanted)]
            yield EncoderInput(name, [e.text for e in chosen], [[name]] * len(chosen)), chosen
            continue
        taken = 0
        for indices in documents(tests):
            if taken < 2 * wanted:
                chosen = [tests[n] for n in indices]
                taken += len(chosen)
                yield EncoderInput(name, [e.text for e in chosen], [[name]] * len(chosen)), chosen


def in_use(real: Path, card: Card, number: int) -> Iterator[EncoderInput]:
    """Yield the segments of real documents, with the tasks that the pipeline would ask of each."""
    from docassay.transforms.detect import detect
    from docassay.transforms.isolation.parse import Parser
    from docassay.transforms.split import split

    with Parser() as parser:
        for name, content in drawn(real, number, seed=2):
            for outcome in parser.parse(Source(name, content)):
                cut = split(detect(outcome), card) if isinstance(outcome, Document) else None
                if isinstance(cut, Document) and any(cut.tasks):
                    yield EncoderInput(REAL, cut.texts, cut.tasks)


def on_paths(
    inputs: Sequence[EncoderInput], paths: Mapping[str, Mapping[str, str]]
) -> dict[str, list[Answers]]:
    """Read documents on each path, two paths at a time."""
    with tempfile.TemporaryDirectory(prefix="docassay-") as folder, ThreadPoolExecutor(2) as pool:
        texts = Path(folder) / "texts.json"
        texts.write_text(json.dumps([asdict(document) for document in inputs]), encoding="utf-8")

        def run(path: str) -> list[Answers]:
            out = Path(folder) / f"{path}.json"
            command = [sys.executable, "-m", "research.benchmarks.processors", "--read", str(texts), str(out)]
            subprocess.run(command, check=True, env={**os.environ, **paths[path]})
            return [
                Answers({task: np.array(values) for task, values in answers.items()})
                for answers in json.loads(out.read_text(encoding="utf-8"))
            ]

        return dict(zip(paths, pool.map(run, paths), strict=True))


def read(texts: Path, out: Path) -> None:
    """Read documents with the shipped models, on the path that this process's environment selects."""
    reader = open_reader(DEFAULT_ENCODER)
    results = []
    for document in (EncoderInput(**fields) for fields in json.loads(texts.read_text(encoding="utf-8"))):
        readings = smooth_readings(reader.read(document.texts, document.tasks), reader.card, DECIMALS)
        answers: dict[str, list[Sequence[float]]] = {}
        for reading in readings:
            for task, values in reading.probabilities.items():
                answers.setdefault(task, []).append(values)
        results.append(answers)
    out.write_text(json.dumps(results), encoding="utf-8")


def leads(task: TaskCard, probabilities: Floats) -> Floats:
    """Return the lead of each label in log-odds, [texts, labels]; a label below 0 is not predicted.

    `models.reading.is_sure` compares this lead with the margin. It is the lead over the best other label
    where labels exclude each other, else over the label's threshold.
    """
    least = 10.0**-DECIMALS
    sure = np.clip(probabilities, least, 1 - least)
    if task.kind == "multi":
        limits = np.array(task.thresholds)
        return np.asarray(np.log(sure / (1 - sure)) - np.log(limits / (1 - limits)), np.float64)
    logs = np.log(sure)
    second, first = np.sort(logs, axis=1)[:, -2:].T
    return np.asarray(logs - np.where(logs == first[:, None], second[:, None], first[:, None]), np.float64)


def upward(value: float) -> float:
    """Round up to two decimals, as margins stand in the cards.

    >>> upward(0.1201), upward(0.0)
    (0.13, 0.0)
    """
    return math.ceil(round(value * 100, 6)) / 100


def _stacked(
    task: TaskCard, inputs: Sequence[EncoderInput], by_path: Paths, source: str
) -> dict[str, Floats]:
    """Stack a task's probabilities by path, [texts, labels], over the documents of a source."""
    none = np.zeros((0, len(task.labels)))
    return {
        path: np.concatenate(
            [
                none,
                *(
                    a.probabilities.get(task.name, none)
                    for a, d in zip(answers, inputs, strict=True)
                    if d.source == source
                ),
            ]
        )
        for path, answers in by_path.items()
    }


def measure_task(
    task: TaskCard, parts: Mapping[str, Mapping[str, Floats]], tests: Sequence[Example]
) -> dict[str, Any]:
    """Measure how a head's answers differ between paths, and how many more labels abstain with its margin.

    Args:
        task: The head's card.
        parts: By source, the head's test first, and path: probabilities, [texts, labels].
        tests: The examples of that test.
    """
    test_part = parts[task.name]
    least = np.array([task.least(label) for label in task.labels])
    far = {path: np.concatenate([leads(task, part[path]) for part in parts.values()]) for path in test_part}
    enough = {path: np.concatenate([part[path] >= least for part in parts.values()]) for path in test_part}
    apart = {
        path: _apart(far[OWN], far[path], enough[OWN], enough[path]) for path in test_part if path != OWN
    }
    changes = np.concatenate([_changes(far[one], far[other]) for one, other in combinations(far, 2)])
    margin = upward(float(changes.max(initial=0.0)))
    limits = task.thresholds if task.kind == "multi" else ()
    figure = "accuracy" if task.kind == "single" else "micro_f1"
    figure = f"{task.labels[0]}_f1" if len(task.labels) == 1 else figure
    quality = {
        path: headlines(task.name, task.kind, task.labels, tests, decide(task.kind, values, limits))[figure]
        for path, values in test_part.items()
    }
    return {
        "texts": len(tests),
        "margin": margin,
        "apart": apart,
        "figure": figure,
        "quality": {path: round(value, 4) for path, value in quality.items()},
        "abstained": {
            "tests" if source == task.name else source: _cost(
                leads(task, part[OWN]), part[OWN] >= least, margin
            )
            for source, part in parts.items()
        },
    }


def _changes(one: Floats, other: Floats) -> Floats:
    near = np.minimum(abs(one), abs(other)) < NEAR
    return np.asarray(abs(one - other)[near], np.float64)


def _apart(
    one: Floats, other: Floats, enough_one: NDArray[np.bool_], enough_other: NDArray[np.bool_]
) -> dict[str, Any]:
    """Compare two paths: changes of leads, labels predicted on one only, and how many of these are sure."""
    changes, only, missing = _changes(one, other), (one >= 0) & (other < 0), (one < 0) & (other >= 0)
    return {
        "greatest": round(float(changes.max(initial=0.0)), 3),
        "q999": round(float(np.quantile(changes, 0.999)), 3) if len(changes) else 0.0,
        "flipped": int((only | missing).sum()),
        "sure_flipped": int(((only & enough_one) | (missing & enough_other)).sum()),
    }


def _cost(far: Floats, enough: NDArray[np.bool_], margin: float) -> dict[str, float]:
    """Count the predicted labels, and the shares that abstain without and with the margin."""
    predicted = far >= 0
    labels = int(predicted.sum())
    before, after = (predicted & ~enough).sum(), (predicted & ~(enough & (far >= margin))).sum()
    return {
        "labels": labels,
        "before": round(float(before) / max(1, labels), 4),
        "after": round(float(after) / max(1, labels), 4),
    }


def write_margins(margins: Mapping[str, float]) -> None:
    """Write margins into the shipped encoder's card, below the line that sets when a task abstains."""
    path = find(DEFAULT_ENCODER) / "model.toml"
    task, lines = "", []
    for row in path.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[tasks\.(\w+)\]", row):
            task = heading[1]
        if not row.startswith("margin = "):
            lines.append(row)
        if row.startswith("abstain_precision = "):
            lines.append(f"margin = {margins[task]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _show(tasks: Mapping[str, Mapping[str, Any]]) -> None:
    others = [path for path in (*PATHS, *FURTHER) if path != OWN]
    report.show(
        "greatest change of a lead against this machine's own path (labels that flip, of these sure)",
        ["task", *others, "margin"],
        [
            [
                name,
                *(
                    f"{a['greatest']:.2f} ({a.get('flipped', '-')}, {a['sure_flipped']})"
                    for a in (result["apart"][path] for path in others)
                ),
                result["margin"],
            ]
            for name, result in tasks.items()
        ],
    )
    report.show(
        "quality by path, and the share of labels that abstain without and with the margin",
        ["task", "figure", OWN, *others, "tests", "real"],
        [
            [
                name,
                result["figure"],
                *result["quality"].values(),
                *(
                    f"{result['abstained'][s]['before']:.1%} {result['abstained'][s]['after']:.1%}"
                    for s in ("tests", REAL)
                ),
            ]
            for name, result in tasks.items()
        ],
    )


def _save(inputs: Sequence[EncoderInput], tasks: Mapping[str, Mapping[str, Any]]) -> None:
    def share(source: str, which: str) -> str:
        counts = [result["abstained"][source] for result in tasks.values()]
        labels = sum(count["labels"] for count in counts)
        return f"{sum(count[which] * count['labels'] for count in counts) / labels:.1%}"

    qualities = [result["quality"].values() for result in tasks.values()]
    worst = max(max(values) - min(values) for values in qualities)
    flipped = {
        path: sum(result["apart"][path]["sure_flipped"] for result in tasks.values())
        for path in (*PATHS, *FURTHER)
        if path != OWN
    }
    figures = [
        report.figure(
            "labels certain on one path, not given on another, without a margin", str(max(flipped.values()))
        ),
        report.figure(
            "labels that abstain, tests, without and with it",
            f"{share('tests', 'before')}, {share('tests', 'after')}",
        ),
        report.figure("the same, real documents", f"{share(REAL, 'before')}, {share(REAL, 'after')}"),
        report.figure("greatest difference of a task's figure over the paths", f"{worst:.3f}"),
    ]
    details = {
        "commit": _commit(),
        "paths": {**PATHS, **FURTHER},
        "texts": sum(len(document.texts) for document in inputs),
        "real_documents": sum(document.source == REAL for document in inputs),
        "tasks": dict(tasks),
    }
    report.save("processors", figures, details)


def _commit() -> str:
    process = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    return process.stdout.strip()


if __name__ == "__main__":
    main()
