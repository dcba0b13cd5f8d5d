"""Compare a small encoder, a larger model, and the small one that asks the larger about what is left.

    python -m research.measure.tiers models/shipped/minilm checkpoints/bge/model
    python -m research.measure.tiers models/shipped/minilm ./qwen2.5-1.5b --tasks sentiment --most 99

Both answer the validation texts of their common tasks; the tests stay unread. An answer is asked again where
the small model gives a label and is not sure of it, as a run marks it `abstained`, and the larger one's
answer then takes its place, sure or not; a run takes only sure ones, so it gains and loses less. Texts are
answered alone, without what stands around them in a document: that comes after. Temperatures, thresholds and
abstention of both were chosen on the same texts, so the figures are flattering to both alike.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.models.catalog import HEADS, Card, TaskCard, verify
from docassay.models.fallback.decoder import FallbackDecoder
from docassay.models.fallback.model import Limits, Meter, Question
from docassay.models.reading import is_sure
from docassay.schemas.errors import ModelError, UsageError
from docassay.train.heads import Floats, probabilities
from docassay.train.heads import read as read_heads
from docassay.train.score import Flags, decide, metrics
from research.corpora import Example, load
from research.corpora.example import drawn, targets
from research.encoder.states import runtime
from research.measure.scores import coverage

ASKED_GAIN = 0.015
"""By how much the mean over tasks must be better for the larger model to be worth shipping."""
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the texts, the surest first: the coverages at which risks are compared."""
NAMES = ("small", "tier", "both")
HEADINGS = (
    "task",
    "texts",
    "calls / 1,000",
    *(f"{score}, {name}" for score in ("figure", "macro-F1", "accuracy") for name in NAMES),
    "accuracy on what is asked, small",
    "tier",
    "macro-F1 gained / 1,000 calls",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model, or both together, make of a task's texts: `sure` and `given` are [texts, labels]."""

    kind: str
    sure: Floats
    given: Flags

    def figures(self, labels: Sequence[str], gold: Flags) -> dict[str, float]:
        """Score the answers.

        `figure` is the mean of macro-F1 and of accuracy ("single") or micro-F1 ("multi"), by which heads are
        chosen; `accuracy` is the share of texts whose labels are all right.
        """
        scores = metrics(self.kind, labels, gold, self.given)
        over_all = scores["accuracy" if self.kind == "single" else "micro_f1"]
        return {
            "figure": (over_all + scores["macro_f1"]) / 2,
            "macro_f1": scores["macro_f1"],
            "accuracy": float(self.right(gold).mean()),
        }

    def right(self, gold: Flags) -> NDArray[np.bool_]:
        """Tell of each text whether its labels are all right, [texts]."""
        return np.asarray((self.given == gold).all(axis=1), np.bool_)

    def confidence(self) -> Floats:
        """Give the probability of each text's least sure decision, [texts]; a "single" head makes one."""
        if self.kind == "single":
            return np.asarray(self.sure.max(axis=1), np.float64)
        return np.asarray(np.where(self.given, self.sure, 1 - self.sure).min(axis=1), np.float64)

    def risks(self, gold: Flags) -> dict[str, float]:
        """Give the share of wrong texts among the surest, by the share of texts kept, and its mean."""
        curve = coverage(self.confidence(), self.right(gold).astype(np.float64), points=len(gold))
        kept, wrong = (np.array(column) for column in zip(*curve, strict=True))
        at = {f"{share:.0%}": float(wrong[np.searchsorted(kept, share - 1e-9)]) for share in SHARES}
        return at | {"mean": float(wrong.mean())}


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a task.

    Attributes:
        texts: How many were answered.
        asked: How many of them the larger model is asked about.
        scores: By `NAMES`: `figure`, `macro_f1` and `accuracy`, as `Answers.figures` gives them, and
            `accuracy_on_asked`, of the texts that the larger model is asked about.
        risks: By `NAMES`: as `Answers.risks` gives them.
    """

    texts: int
    asked: int
    scores: Mapping[str, Mapping[str, float]]
    risks: Mapping[str, Mapping[str, float]]

    @property
    def calls(self) -> float:
        """Of 1,000 texts, how many the larger model is asked about."""
        return 1000 * self.asked / max(1, self.texts)

    @property
    def gained(self) -> float:
        """The macro-F1 that 1,000 calls would add if each added as much as these did."""
        gain = self.scores["both"]["macro_f1"] - self.scores["small"]["macro_f1"]
        return 1000 * gain / max(1, self.asked)

    def row(self, name: str) -> str:
        """Show it as a row below `HEADINGS`."""
        cells = [name, f"{self.texts}", f"{self.calls:.0f}"]
        cells += [
            f"{self.scores[who][key]:.3f}" for key in ("figure", "macro_f1", "accuracy") for who in NAMES
        ]
        cells += [f"{self.scores[who]['accuracy_on_asked']:.3f}" for who in NAMES[:2]]
        return _line([*cells, f"{self.gained:+.3f}"])


def compare(
    small: Path, tier: Path, data: Path, states: Path, names: Sequence[str] = (), most: int = 0
) -> Iterator[tuple[str, Compared]]:
    """Compare two model folders, task after task.

    Args:
        small: The model that is asked first.
        tier: The one that is asked about the rest.
        data: The folder of the archives.
        states: Where the encoders' outputs are kept.
        names: Of the tasks; without any all that both answer.
        most: Texts of a task at most, drawn by their checksums; 0 for all.

    Raises:
        UsageError: There is a task that they do not answer both, by the same labels.
        ModelError: A folder is not what its card says.
    """
    cards = [verify(folder) for folder in (small, tier)]
    decoder = FallbackDecoder(tier, Meter(Limits()), 0.0) if cards[1].kind == "generator" else None
    known = [
        name
        for name, task in cards[0].tasks.items()
        if (decoder.knows(Question.of(task)) if decoder else name in cards[1].tasks)
    ]
    if not known or not set(names) <= set(known):
        raise UsageError(
            f"{' and '.join(card.id for card in cards)} both answer {', '.join(known) or 'none'}"
        )
    for name in names or known:
        first, second = cards[0].tasks[name], cards[1].tasks.get(name)
        if second and (first.kind, first.labels) != (second.kind, second.labels):
            raise UsageError(f"{name}: the labels are not the same")
        examples = drawn([example for example in load(name, data) if example.split == "validation"], most)
        of_small = _answers(cards[0], name, examples, states)
        of_tier = _chosen(decoder, first, examples) if decoder else _answers(cards[1], name, examples, states)
        yield name, judge(first, of_small, of_tier, targets(examples, first.labels))


def judge(task: TaskCard, small: Answers, tier: Answers, gold: Flags) -> Compared:
    """Score both models alone and together.

    Args:
        task: The task, as the small model's card has it.
        small: The small model's answers.
        tier: The larger one's.
        gold: The labels, [texts, labels].
    """
    asked = asked_again(task, small)
    both = Answers(
        small.kind,
        np.where(asked[:, None], tier.sure, small.sure),
        np.where(asked[:, None], tier.given, small.given),
    )
    by_name = dict(zip(NAMES, (small, tier, both), strict=True))
    scores = {
        name: answers.figures(task.labels, gold)
        | {"accuracy_on_asked": float(answers.right(gold)[asked].mean()) if asked.any() else 0.0}
        for name, answers in by_name.items()
    }
    risks = {name: answers.risks(gold) for name, answers in by_name.items()}
    return Compared(len(gold), int(asked.sum()), scores, risks)


def asked_again(task: TaskCard, answers: Answers) -> NDArray[np.bool_]:
    """Tell of each text whether a label is given that is not sure, "none of these" included, [texts]."""
    named = list(enumerate(task.labels))
    return np.array(
        [
            any(given[at] and not is_sure(task, sure, label) for at, label in named)
            for sure, given in zip(answers.sure.tolist(), answers.given, strict=True)
        ],
        np.bool_,
    )


def _answers(card: Card, name: str, examples: Sequence[Example], states: Path) -> Answers:
    task = card.tasks[name]
    facts = {name: {"kind": task.kind, "labels": task.labels}}
    head = read_heads(card.folder / HEADS, facts)[name]
    texts = runtime(card.folder, [example.text for example in examples], states)
    sure = probabilities(task.kind, head.logits(texts), task.temperature)
    return Answers(task.kind, sure, decide(task.kind, sure, task.thresholds))


def _chosen(decoder: FallbackDecoder, task: TaskCard, examples: Sequence[Example]) -> Answers:
    answers = decoder.answer([example.text for example in examples], Question.of(task), task.labels)
    sure = np.array([[answer.probabilities[label] for label in task.labels] for answer in answers])
    if task.kind == "multi":
        return Answers(task.kind, sure, (sure >= 0.5).astype(np.int64))
    best = sure.argmax(axis=1)[:, None]
    return Answers(task.kind, sure, (np.arange(len(task.labels)) == best).astype(np.int64))


def summary(found: Mapping[str, Compared]) -> str:
    """Say what the means over tasks are, and whether the larger model is better by enough."""
    small, tier, both = (
        np.mean([entry.scores[name]["figure"] for entry in found.values()]) for name in NAMES
    )
    enough = "enough" if tier - small >= ASKED_GAIN else "not enough"
    calls = np.mean([entry.calls for entry in found.values()])
    lines = [
        f"mean figure of {len(found)} tasks: small {small:.4f}",
        f"tier {tier:.4f}: {100 * (tier - small):+.2f} points, {enough} (+{100 * ASKED_GAIN})",
        f"both {both:.4f}: {100 * (both - small):+.2f} points with {calls:.0f} calls for 1,000 texts",
        "",
    ]
    keys = [*(f"{share:.0%}" for share in SHARES), "mean"]
    lines += [_line(["wrong among the surest", *keys]), _line(["---"] * (1 + len(keys)))]
    for name in NAMES:
        risks = [np.mean([entry.risks[name][key] for entry in found.values()]) for key in keys]
        lines.append(_line([name, *(f"{risk:.3f}" for risk in risks)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m research.measure.tiers", description=__doc__)
    parser.add_argument("small", type=Path, help="the folder of the small model")
    parser.add_argument("tier", type=Path, help="the folder of the larger one")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--states", type=Path, default=Path("checkpoints/states"), help="where outputs are kept"
    )
    parser.add_argument("--tasks", default="", help="names with commas between; without, all of both")
    parser.add_argument("--most", type=int, default=0, help="texts of a task at most; 0 for all")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    options = parser.parse_args()
    print(_line(HEADINGS))
    print(_line(["---"] * len(HEADINGS)))
    names = [name for name in options.tasks.split(",") if name]
    found = {}
    try:
        for name, entry in compare(
            options.small, options.tier, options.data, options.states, names, options.most
        ):
            found[name] = entry
            print(entry.row(name), flush=True)
            if options.out:
                options.out.write_text(
                    json.dumps({task: asdict(each) for task, each in found.items()}, indent=1) + "\n"
                )
    except (ModelError, UsageError) as error:
        parser.error(str(error))
    print(f"\n{summary(found)}")


if __name__ == "__main__":
    main()
