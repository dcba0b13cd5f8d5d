"""What evidence for a label costs, and whether it is the words that carried it.

    python -m docassay.benchmarks.evidence [--documents 12]

Texts are the domains' examples and the paragraphs of the benchmarks' corpus; every task is asked, and each
label given gets evidence. The time is that of all evidence of a segment. Then each text is read again twice:
without the evidence, and without as many words elsewhere. Evidence that carries a label costs it more.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import defaultdict
from typing import Any

from docassay import domains
from docassay.benchmarks import corpus, report
from docassay.models.catalog import DEFAULT_ENCODER, find
from docassay.models.encoder import Encoder


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=12)
    options = parser.parse_args()
    texts = _texts(options.documents)
    encoder = Encoder(find(DEFAULT_ENCODER))
    seconds: dict[str, float] = defaultdict(float)

    untimed = encoder._evidence

    def timed(text: str, *rest: Any) -> Any:
        began = time.perf_counter()
        found = untimed(text, *rest)
        seconds[text] += time.perf_counter() - began
        return found

    encoder._evidence = timed  # type: ignore[method-assign]
    tasks = tuple(encoder.card.tasks)
    pairs = [(name, label) for name in tasks for label in encoder.card.tasks[name].labels]
    readings = encoder.read(texts, [tasks] * len(texts), pairs)
    found = [
        (text, task, encoder.card.tasks[task].labels.index(label), span, reading)
        for text, reading in zip(texts, readings, strict=True)
        for (task, label), span in reading.evidence.items()
    ]
    narrower = [(text, *rest) for text, *rest in found if rest[2][1] - rest[2][0] < len(text.strip())]
    costs = _costs(encoder, narrower)
    times = sorted(1000 * value for value in seconds.values())
    p95 = times[int(0.95 * len(times))]
    more = sum(own > other for own, other in costs) / len(costs)
    report.show(
        f"{len(found):,} labels of {len(seconds):,} segments",
        ["probability lost", "mean"],
        [
            ["without the evidence", statistics.mean(own for own, _ in costs)],
            ["without other words", statistics.mean(other for _, other in costs)],
        ],
    )
    figures = [
        report.figure("evidence of a segment, all its labels, 95th percentile, ms", f"{p95:.1f}", "≤ 50"),
        report.figure("evidence narrower than a segment of several words", _share(found, narrower), "1"),
        report.figure("labels that lose more without their evidence than without other words", f"{more:.2f}"),
    ]
    lost = {
        "without_evidence": round(statistics.mean(own for own, _ in costs), 4),
        "without_other_words": round(statistics.mean(other for _, other in costs), 4),
    }
    report.save(
        "evidence",
        figures,
        {"segments": len(seconds), "labels": len(found), "most_ms": round(times[-1], 2), "lost": lost},
    )


def _texts(documents: int) -> list[str]:
    own = []
    for name in domains.names():
        lines = (domains.load(name).folder / "examples.jsonl").read_text(encoding="utf-8").splitlines()
        own += [json.loads(line)["text"] for line in lines]
    pieces = [piece for n in range(documents) for piece in corpus.text(1, n).split("\n\n")]
    return [text for text in dict.fromkeys([*own, *pieces]) if text.strip()]


def _costs(encoder: Encoder, found: list[Any]) -> list[tuple[float, float]]:
    """Give by label the probability lost without its evidence, and without as many words elsewhere."""
    chance = random.Random(1)
    shorter, asked = [], []
    for text, task, _, (start, end), _ in found:
        words = text.split()
        count = len(text[start:end].split())
        at = chance.randint(0, max(0, len(words) - count))
        shorter += [text[:start] + text[end:], " ".join([*words[:at], *words[at + count :]])]
        asked += [(task,), (task,)]
    again = encoder.read(shorter, asked)
    costs = []
    for n, (_, task, label, _, reading) in enumerate(found):
        pair = again[2 * n], again[2 * n + 1]
        if all(task in one.probabilities for one in pair):
            before = reading.probabilities[task][label]
            costs.append(tuple(before - one.probabilities[task][label] for one in pair))
    return costs


def _share(found: list[Any], narrower: list[Any]) -> str:
    several = [text for text, *_ in found if len(text.split()) > 1]
    return f"{len(narrower) / len(several):.3f}".removesuffix(".000")


if __name__ == "__main__":
    main()
