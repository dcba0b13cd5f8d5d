"""What 300 decisions gain: the shipped head of unfair terms, moved by decisions on clauses of ToS;DR.

    python -m research.benchmarks.decided --data ../more [--decisions 300] [--seeds 5]

ToS;DR's people filed clauses of terms and policies under cases; those of `CASES` are labels of `unfair_term`,
those of `NONE` are none of them. They taught this head nothing (others saw the passages without a label). A
decision is made where the shipped head gives a label: confirmed where the case says the same, dismissed where
the case is none of them; where it is another label nobody knows, since a clause may be both. Services are
dealt out whole: decisions are drawn from some of them, and the others measure, by all answers that the cases
tell. Means of the seeds; the interval is of 95 % of resampled services, the same for all seeds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, find
from docassay.models.encoder import Encoder
from docassay.models.engine import default_threads
from docassay.train.decided import Answered, known, learn
from docassay.train.encode import Encoded, token_ids
from docassay.train.heads import Floats, Head, probabilities, read
from docassay.train.score import decide
from docassay.train.splits import folds
from docassay.train.states import states
from research.benchmarks import report

TASK = "unfair_term"

CASES = {
    "This service forces users into binding arbitration in the case of disputes": "arbitration",
    "The court of law governing the terms is in location X": "jurisdiction",
    "Terms may be changed any time at their discretion, without notice to the user": "unilateral_change",
    "The service can delete your account without prior notice and without a reason": "unilateral_termination",
    "They may stop providing the service at any time": "unilateral_termination",
    "This service assumes no liability for any losses or damages resulting from any matter relating to the"
    " service": "limitation_of_liability",
    "The service can delete specific content without reason and may do it without prior"
    " notice": "content_removal",
}

NONE = (
    "There is a date of the last update of the terms",
    "This service is only available to users over a certain age",
    "The service may use tracking pixels, web beacons, browser fingerprinting, and/or device fingerprinting"
    " on users.",
    "You can request access and deletion of personal data",
    "Blocking first party cookies may limit your ability to use the service",
    "This service does not sell your personal data",
    "You have the right to leave this service at any time",
    "You are responsible for maintaining the security of your account and for the activities on your account",
    "You can opt out of promotional communications",
    "You maintain ownership of your data",
    "Failure to enforce any provision of the Terms of Service does not constitute a waiver of such provision",
    "Invalidity of any portion of the Terms of Service does not entail invalidity of its remainder",
    "Users agree not to submit libelous, harassing or threatening content",
    "Users agree not to use the service for illegal purposes",
    "Provides instructions on how to submit a copyright claim",
    "The service has a no refund policy",
    "Spidering or crawling is not allowed",
    "This service gathers information about you through third parties",
    "The service provides details about what kinds of personal information they collect",
)

HELD_FOLDS = 2
"""Of the five folds of services so many measure; decisions are drawn from the others."""

HEADINGS = [
    *("seed", "decisions", "wrong", "F1", "precision", "recall", "F1 moved", "precision", "recall"),
    *("own before", "own after", "held by"),
]

CHARS = (40, 1500)
"""Shorter quotes say nothing alone; longer ones hold several clauses."""


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.decided",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../more"))
    parser.add_argument("--decisions", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="a folder that keeps the encoder's outputs")
    options = parser.parse_args()
    texts = clauses(options.data / "legal-tosdr" / "tosdr_points.jsonl")
    encoder = Encoder(find(DEFAULT_ENCODER), default_threads())
    entry = modelfile.read(encoder.card.folder)["tasks"]
    head = read(encoder.card.folder / "heads.npz", {TASK: entry[TASK]})[TASK]
    temperature, thresholds = entry[TASK]["temperature"], tuple(entry[TASK]["thresholds"])
    quotes = [text.text for text in texts]
    with tempfile.TemporaryDirectory(prefix="docassay-") as temporary:
        rows = states(encoder, quotes, options.cache or Path(temporary), lambda done, total: None)
    encoded = Encoded(rows, token_ids(encoder.card.folder, quotes))
    truth = known(texts, head.labels)
    documents = np.array([text.document for text in texts])

    def given(one: Head) -> Floats:
        sure = probabilities(one.kind, one.logits(encoded), temperature)
        return np.asarray(decide(one.kind, sure, thresholds), np.float64)

    shipped = given(head)
    drawn, table = [], []
    for seed in range(options.seeds):
        held = folds(documents, seed) < HELD_FOLDS
        chance = np.random.default_rng(seed)
        pairs = np.argwhere((shipped == 1) & ~held[:, None] & ~np.isnan(truth))
        pairs = pairs[chance.permutation(len(pairs))[: options.decisions]]
        decided = decisions_on(texts, pairs, truth, head.labels)
        chosen = np.array(sorted(decided))
        own = [decided[n] for n in chosen]
        part = encoded.only(np.isin(np.arange(len(texts)), chosen))
        moved, gained = learn(head, temperature, thresholds, part, own, seed)
        one = given(moved)
        held_truth = np.where(held[:, None], truth, np.nan)
        numbers = np.stack([counts(answer, held_truth, documents) for answer in (shipped, one)])
        drawn.append(numbers)
        total = numbers.sum(axis=1)
        wrong = sum(truth[n, label] == 0 for n, label in pairs)
        shares = [share for answer in total for share in (f1(answer), *precision_recall(answer))]
        of_own = [gained.before, gained.after, gained.hold]
        table.append([seed, len(pairs), int(wrong), *shares, *of_own])
    report.show(
        f"{len(texts):,} clauses of {len(set(documents)):,} services; F1 of the shipped and the moved head on"
        " held-back services, then what `learn` said of its own decisions",
        HEADINGS,
        table,
    )
    difference = interval(drawn)
    before, after = (float(np.mean([row[n] for row in table])) for n in (3, 6))
    figures = [
        report.figure(
            f"micro-F1 of `{TASK}` on ToS;DR, before and after {options.decisions} decisions",
            f"{before:.3f}, {after:.3f} ({difference[1]:+.3f}; {difference[0]:+.3f} to {difference[2]:+.3f})",
        )
    ]
    report.save("decided", figures, {"clauses": len(texts), "seeds": table})


def clauses(path: Path) -> list[Answered]:
    """Read the clauses whose case tells of the labels, each once, with what it tells."""
    labels = sorted(set(CASES.values()))
    found: dict[str, Answered] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        case, quote = (row["case"] or "").strip(), " ".join((row["quote"] or "").split())
        if not CHARS[0] <= len(quote) <= CHARS[1] or not row["services"]:
            continue
        if case in CASES or case in NONE:
            # It may be one of the other labels, too: of these only its own is known.
            answers = {CASES[case]: 1} if case in CASES else dict.fromkeys(labels, 0)
            found.setdefault(quote, Answered(quote, row["services"][0], answers))
    return [found[quote] for quote in sorted(found)]


def decisions_on(
    texts: list[Answered], pairs: np.ndarray, truth: Floats, labels: tuple[str, ...]
) -> dict[int, Answered]:
    """Make the decisions on some labels of some texts, by what the cases say of them."""
    made: dict[int, dict[str, int]] = {}
    for n, label in pairs.tolist():
        made.setdefault(n, {})[labels[label]] = int(truth[n, label])
    return {n: Answered(texts[n].text, texts[n].document, answers) for n, answers in made.items()}


def counts(given: Floats, truth: Floats, documents: np.ndarray) -> np.ndarray:
    """Count by document: answers that are right, given, and to be given, of those that are known."""
    told = ~np.isnan(truth)
    columns = [(given == 1) & (truth == 1), (given == 1) & told, truth == 1]
    names, place = np.unique(documents, return_inverse=True)
    numbers = np.zeros((len(names), 3))
    for column, which in enumerate(columns):
        np.add.at(numbers[:, column], place, which.sum(axis=1))
    return numbers


def f1(total: np.ndarray) -> float:
    """Give micro-F1 of summed counts."""
    return float(2 * total[0] / max(1.0, total[1] + total[2]))


def precision_recall(total: np.ndarray) -> tuple[float, float]:
    """Give precision and recall of summed counts."""
    return float(total[0] / max(1.0, total[1])), float(total[0] / max(1.0, total[2]))


def interval(drawn: list[np.ndarray], rounds: int = 2000) -> tuple[float, float, float]:
    """Resample the services, the same for all seeds; the middle 95 % of the mean difference."""
    chance = np.random.default_rng(0)
    every = np.stack(drawn)  # seeds, heads, services, counts
    values = []
    for _ in range(rounds):
        rows = chance.integers(0, every.shape[2], every.shape[2])
        totals = every[:, :, rows].sum(axis=2)
        values.append(np.mean([f1(moved) - f1(shipped) for shipped, moved in totals]))
    least, middle, most = np.percentile(values, (2.5, 50, 97.5))
    return float(least), float(middle), float(most)


if __name__ == "__main__":
    main()
