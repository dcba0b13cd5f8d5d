"""What a larger model gains where the small one abstains, task by task, on validation texts.

    python -m research.benchmarks.tiers bge-small=FOLDER qwen2.5-coder-1.5b=FOLDER:60 --save

Each tier is a name, the folder of its model, how many texts of a task it answers at most, drawn by their
checksums (all, without), and of which tasks (all, without). `research.measure.tiers` compares: the small
model alone, the tier alone, and the small one that asks the tier about what it abstains from. Seconds are
those of a hundred texts (ten of a decoder) that are drawn, in one thread; on a machine with other work they
say little.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED, verify
from docassay.models.encoder import Encoder
from docassay.models.fallback.decoder import FallbackDecoder
from docassay.models.fallback.model import Limits, Meter, Question
from docassay.schemas.errors import UsageError
from research.benchmarks import report
from research.corpora import load
from research.corpora.example import drawn
from research.measure.tiers import NAMES, Compared, compare, summary

TIMED = 100
"""Texts that are answered for the time that it takes."""
TIMED_BY_DECODER = 10


class Tier(NamedTuple):
    """A larger model to be measured: its name here, its folder, how many texts at most, of which tasks."""

    name: str
    folder: Path
    most: int
    tasks: tuple[str, ...]


def main() -> None:
    """Compare, print and, with --save, save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.tiers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tiers", nargs="+", metavar="NAME=FOLDER[:TEXTS[:TASKS]]")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--states", type=Path, help="where outputs of encoders are kept; nowhere without")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    measured = {}
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        for tier in options.tiers:
            asked = named(tier)
            measured[asked.name] = measure(asked, options.data, options.states or Path(name))
    if options.save:
        report.save("tiers", figures(measured), {"tiers": measured})


def named(tier: str) -> Tier:
    """Take apart what names a tier.

    >>> named("qwen=models/qwen:60:sentiment")
    Tier(name='qwen', folder=PosixPath('models/qwen'), most=60, tasks=('sentiment',))

    Raises:
        UsageError: It is not NAME=FOLDER, NAME=FOLDER:TEXTS or NAME=FOLDER:TEXTS:TASK,TASK.
    """
    name, _, rest = tier.partition("=")
    folder, most, tasks = [*rest.split(":"), "", ""][:3]
    if not name or not folder or not (most or "0").isdecimal() or rest.count(":") > 2:
        raise UsageError(f"{tier}: a tier is NAME=FOLDER, NAME=FOLDER:TEXTS or NAME=FOLDER:TEXTS:TASK,TASK")
    return Tier(name, Path(folder), int(most or 0), tuple(task for task in tasks.split(",") if task))


def measure(tier: Tier, data: Path, states: Path) -> dict[str, Any]:
    """Compare a tier with the shipped encoder on the tasks that both answer."""
    small = SHIPPED / DEFAULT_ENCODER
    found: dict[str, Compared] = {}
    tasks: dict[str, dict[str, Any]] = {}
    for name, entry in compare(small, tier.folder, data, states, tier.tasks, tier.most):
        print(entry.row(name), flush=True)
        found[name] = entry
        validation = [example for example in load(name, data) if example.split == "validation"]
        texts = [example.text for example in drawn(validation, TIMED)]
        tasks[name] = asdict(entry) | {
            "calls_per_1000": entry.calls,
            "macro_f1_gained_per_1000_calls": entry.gained,
            "seconds_per_1000_texts": {
                "small": seconds(small, name, texts),
                "tier": seconds(tier.folder, name, texts),
            },
        }
    print(f"\n{tier.name}\n{summary(found)}", flush=True)
    return {"model": verify(tier.folder).id, "most": tier.most, "tasks": tasks}


def seconds(folder: Path, name: str, texts: Sequence[str]) -> float:
    """Time a model on texts of a task, a decoder on the first, in one thread; give the seconds of 1,000."""
    if verify(folder).kind == "generator":
        texts = texts[:TIMED_BY_DECODER]
        question = Question.of(verify(SHIPPED / DEFAULT_ENCODER).tasks[name])
        decoder = FallbackDecoder(folder, Meter(Limits()), 0.0)

        def answer(some: Sequence[str]) -> object:
            return decoder.answer(some, question, question.labels)

        return _timed(answer, texts)
    return _timed(Encoder(folder, 1).pooled, texts)


def _timed(answer: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    answer(texts[:1])
    began = time.perf_counter()
    answer(texts)
    return 1000 * (time.perf_counter() - began) / len(texts)


def figures(measured: Mapping[str, Mapping[str, Any]]) -> list[report.Figure]:
    """Give the mean of macro-F1 over tasks of each tier: alone, asked, and the small model's."""
    rows = []
    for name, tier in measured.items():
        scores = [task["scores"] for task in tier["tasks"].values()]
        value = ", ".join(
            f"{sum(each[who]['macro_f1'] for each in scores) / len(scores):.3f}" for who in NAMES
        )
        rows.append(report.figure(f"macro-F1 over {len(scores)} tasks: small, {name}, both", value, "-"))
    return rows


if __name__ == "__main__":
    main()
