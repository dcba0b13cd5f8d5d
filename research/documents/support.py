"""Train the head that chooses the passage which shows what a check requires.

    python -m research.documents.support --mirror FOLDER [--data ../shared/data]

`corpora/support.tsv` has the passages: the number of a document in `corpora/judged_documents.tsv`, the
check, start and end in the text as docassay reads it, whether a reader found that it shows what the check
asks for (1), and what led to it (`domains.support.How`). They are places where a check's wording was met,
and sentences that earlier weights took for an answer, of documents of public repositories
(``FOLDER/OWNER+NAME/repo`` are git directories), Open Terms Archive, ContractNLI, CUAD and the Accord
Project. The readers were language models that saw the question, the passage and what stands around it.
Documents that are missing are left out, and counted. The figures printed at the end are those of documents
whose source was in none of the folds that answered.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from docassay import domains
from docassay.domains.headings import headings
from docassay.domains.support import HEAD, LEAST, SHOWS, How, features
from docassay.models.hashed_words import softmax
from docassay.models.modelfile import Value
from research.corpora.blind import lines
from research.documents.fit import Example, Fitted, Recipe, fit, write
from research.documents.judged import judged_documents

RECIPE = Recipe(
    buckets=1 << 18, strength=10.0, balance=0.0, precision=0.97, fewest=2, steps=400, tolerance=1e-5
)
FEWEST, LEAST_OF_EITHER = 40, 5
"""Passages from which on a check counts as learnt, and how many of these must show, and must not."""

ABOUT: dict[str, Value] = {
    "version": "1",
    "licence": "Apache-2.0",
    "languages": ["en", "de", "fr"],
    "intended_use": (
        "Choose, among the places where a check's wording was met, the one that shows what the check asks"
        " for, and tell whether it surely does."
    ),
    "known_failures": [
        "It reads one sentence and its headings: what another sentence takes back it does not see.",
        "A sentence that denies what is asked may count as one that may say it.",
        "Two thirds of the passages are of privacy policies and terms of service in English.",
        "Readers were language models, and each passage was read once.",
    ],
}
FACTS: dict[str, Value | Mapping[str, Value]] = {
    "data": (
        "passages of the documents in research/corpora/judged_documents.tsv: public repositories, Open Terms"
        " Archive, ContractNLI, CUAD v1, Accord Project templates"
    ),
    "data_licence": (
        "ODC-By 1.0, CC BY 4.0, Apache-2.0; those of the repositories, most of which state none: no text of"
        " theirs is in the weights but as hashed words"
    ),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was judged.

    Attributes:
        group: Document and check: of such a group one passage is shown.
        example: What the head learns from.
        how: What led to it.
    """

    group: tuple[str, str]
    example: Example
    how: How


def passages(mirror: Path, data: Path) -> Iterator[Passage]:
    """Read the judged passages of the documents that are there."""
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in lines("support"):
        rows[row["document"]].append(row)
    for line, group, read_as in judged_documents(rows, mirror, data):
        above = headings(read_as.text)
        for one in rows[line["document"]]:
            start, end = int(one["start"]), int(one["end"])
            how, label = cast(How, one["how"]), SHOWS if one["shows"] == "1" else "not"
            strings = features(one["check"], read_as.text, (start, end), above, how)
            example = Example("", label, group, tuple(strings), part=line["language"])
            yield Passage((line["document"], one["check"]), example, how)


def learnt(judged: Sequence[Passage]) -> list[str]:
    """Name the checks, as ``domain.check``, of which enough passages were judged, of either sort."""
    owner = {rule.id: name for name in domains.names() for rule in domains.load(name).checks}
    counted = Counter((one.group[1], one.example.label) for one in judged)
    checks = sorted({check for check, _ in counted})
    return [
        f"{owner[check]}.{check}"
        for check in checks
        if min(counted[check, SHOWS], counted[check, "not"]) >= LEAST_OF_EITHER
        and counted[check, SHOWS] + counted[check, "not"] >= FEWEST
    ]


def bounds(judged: Sequence[Passage], fitted: Fitted) -> Iterator[str]:
    """Say what is shown of each check of a document, and how often rightly, by the bound.

    Then the same of the best of the sentences in which no wording was met, of checks that found nothing.
    """
    column = fitted.labels.index(SHOWS)
    probabilities = softmax(fitted.logits / fitted.temperature)[:, column]
    groups: dict[tuple[str, str], list[tuple[float, bool, How]]] = defaultdict(list)
    for one, probability in zip(judged, probabilities, strict=True):
        groups[one.group].append((float(probability), one.example.label == SHOWS, one.how))
    met = [[one for one in group if one[2] != "unmet"] for group in groups.values()]
    asked = [group for group in met if any(how == "first" for _, _, how in group)]
    wording = np.mean([next(right for _, right, how in group if how == "first") for group in asked])
    yield f"{len(asked)} checks of a document; the place that wording shows is right in {wording:.3f}"
    yield from _shares(asked)
    unmet = [[one for one in group if one[2] == "unmet"] for group in groups.values()]
    yield f"{sum(map(bool, unmet))} checks of a document, by the sentences in which wording was not met"
    yield from _shares([group for group in unmet if group])


def _shares(groups: Sequence[Sequence[tuple[float, bool, How]]]) -> Iterator[str]:
    best = np.array([max(group)[:2] for group in groups])
    for bound in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, LEAST, 0.9, 0.95):
        kept = best[best[:, 0] >= bound]
        right = kept[:, 1].mean() if len(kept) else 0.0
        yield f"from {bound:.2f}: {len(kept) / len(best):.3f} are shown, of these {right:.3f} rightly"


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m research.documents.support", description=__doc__)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped") / HEAD)
    options = parser.parse_args()
    judged = list(passages(options.mirror, options.data))
    fitted = fit([one.example for one in judged], RECIPE)
    write(options.out, fitted, "passage_support", {**ABOUT, "checks": learnt(judged)}, FACTS)
    for name, value in fitted.quality.items():
        print(name, value)
    print(*bounds(judged, fitted), sep="\n")


if __name__ == "__main__":
    main()
