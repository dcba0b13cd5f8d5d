"""Evidence for labels: the time it takes, and whether a label rests on the words that it names.

    python -m research.benchmarks.evidence [--documents 12]

Texts are the domains' examples and the paragraphs of the benchmarks' corpus; every task reads them, and each
predicted label gets evidence. The time is that of all evidence of a segment. Then each text is read twice
more: without the evidence, and without as many words at random. If the label rests on its evidence, it loses
more probability without it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from docassay import domains
from docassay.models.catalog import DEFAULT_ENCODER, find
from docassay.models.encoder import Encoder
from docassay.models.reading import Reading
from research.benchmarks import report
from tests import corpus


@dataclass(frozen=True, slots=True)
class Evidence:
    """A label of a segment, by its number in its task, and the characters [start, end) that it rests on."""

    text: str
    task: str
    label: int
    start: int
    end: int
    reading: Reading

    def probability(self, reading: Reading) -> float:
        """Return the label's probability in a reading."""
        return reading.probabilities[self.task][self.label]


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.evidence",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=12)
    options = parser.parse_args()
    texts = _texts(options.documents)
    encoder = Encoder(find(DEFAULT_ENCODER))
    seconds: dict[str, float] = defaultdict(float)

    untimed = encoder._evidence

    def timed(text: str, *rest: Any) -> Any:
        began = time.perf_counter()
        spans = untimed(text, *rest)
        seconds[text] += time.perf_counter() - began
        return spans

    tasks = tuple(encoder.card.tasks)
    pairs = [(name, label) for name in tasks for label in encoder.card.tasks[name].labels]
    with patch.object(encoder, "_evidence", timed):
        readings = encoder.read(texts, [tasks] * len(texts), pairs)
    labels = [
        Evidence(text, task, encoder.card.tasks[task].labels.index(label), *span, reading)
        for text, reading in zip(texts, readings, strict=True)
        for (task, label), span in reading.evidence.items()
    ]
    narrower = [label for label in labels if label.end - label.start < len(label.text.strip())]
    costs = _costs(encoder, narrower)
    times = sorted(1000 * value for value in seconds.values())
    p95 = times[int(0.95 * len(times))]
    more = sum(evidence > words for evidence, words in costs) / len(costs)
    report.show(
        f"{len(labels):,} labels of {len(seconds):,} segments",
        ["probability lost", "mean"],
        [
            ["without the evidence", statistics.mean(evidence for evidence, _ in costs)],
            ["without other words", statistics.mean(words for _, words in costs)],
        ],
    )
    figures = [
        report.figure("evidence of a segment, all its labels, 95th percentile, ms", f"{p95:.1f}", "≤ 50"),
        report.figure("evidence narrower than a segment of several words", _share(labels, narrower), "1"),
        report.figure("labels that lose more without their evidence than without other words", f"{more:.2f}"),
    ]
    lost = {
        "without_evidence": round(statistics.mean(evidence for evidence, _ in costs), 4),
        "without_other_words": round(statistics.mean(words for _, words in costs), 4),
    }
    report.save(
        "evidence",
        figures,
        {"segments": len(seconds), "labels": len(labels), "most_ms": round(times[-1], 2), "lost": lost},
    )


def _texts(documents: int) -> list[str]:
    examples = []
    for name in domains.names():
        lines = (domains.load(name).folder / "examples.jsonl").read_text(encoding="utf-8").splitlines()
        examples += [json.loads(line)["text"] for line in lines]
    pieces = [piece for n in range(documents) for piece in corpus.text(1, n).split("\n\n")]
    return [text for text in dict.fromkeys([*examples, *pieces]) if text.strip()]


def _costs(encoder: Encoder, labels: list[Evidence]) -> list[tuple[float, float]]:
    """Return for each label the probability lost without its evidence, and without as many random words."""
    chance = random.Random(1)
    shorter: list[str] = []
    tasks: list[tuple[str]] = []
    for label in labels:
        words = label.text.split()
        count = len(label.text[label.start : label.end].split())
        at = chance.randint(0, max(0, len(words) - count))
        shorter += [
            label.text[: label.start] + label.text[label.end :],
            " ".join([*words[:at], *words[at + count :]]),
        ]
        tasks += [(label.task,), (label.task,)]
    readings = encoder.read(shorter, tasks)
    costs: list[tuple[float, float]] = []
    for label, *pair in zip(labels, readings[::2], readings[1::2], strict=True):
        if all(label.task in reading.probabilities for reading in pair):
            before = label.probability(label.reading)
            costs.append((before - label.probability(pair[0]), before - label.probability(pair[1])))
    return costs


def _share(labels: list[Evidence], narrower: list[Evidence]) -> str:
    several = [label for label in labels if len(label.text.split()) > 1]
    return f"{len(narrower) / len(several):.3f}".removesuffix(".000")


if __name__ == "__main__":
    main()
