"""Train the head that tells which answers of checks can be trusted.

    python -m research.documents.answers --mirror FOLDER [--data ../shared/data] [--cache FILE]

`corpora/answers.tsv` has the answers: the number of a document in `corpora/judged_documents.tsv`, the check,
and what a reader of the whole document said: it meets what is required (``y``), it does not (``n``), a person
has to decide (``p``), or it does not owe it (``x``). The readers were language models that saw the document
and the requirements, neither rules nor verdicts. Each document is read as docassay reads it, with the shipped
models; that takes a second for each. Documents that are missing are left out, and counted. The figures
printed at the end are those of documents whose source was in none of the folds that answered.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docassay.domains.answers import HEAD, MET, NOT_OWED, OPEN
from docassay.models.engine import default_threads
from docassay.models.hashed_words import softmax
from docassay.models.modelfile import Value
from docassay.transforms.ask import ask
from docassay.transforms.budget import Clock
from docassay.transforms.conclude import labelled
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.document_row import is_checked, unread_languages
from docassay.transforms.extract import opening_of
from docassay.transforms.settle import LEAST_MET, LEAST_OPEN, MOST_OPEN, Question, questions
from docassay.transforms.split import asked_kinds
from docassay.transforms.stages import STAGES
from research.corpora.blind import lines
from research.documents.fit import Example, Fitted, Recipe, fit, write
from research.documents.judged import judged_documents

RECIPE = Recipe(
    buckets=1 << 16, strength=3.0, balance=0.0, precision=0.97, fewest=3, steps=200, tolerance=1e-4
)
LABELS = {"y": MET, "n": OPEN, "p": OPEN, "x": NOT_OWED}
FEWEST, LEAST_OPEN_ONES = 30, 3
"""Answers from which on a check counts as learnt, and how many of them must not be met."""

BOUNDS = sorted({0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, LEAST_OPEN, LEAST_MET})

ABOUT: dict[str, Value] = {
    "version": "3",
    "licence": "Apache-2.0",
    "languages": ["en", "de", "fr"],
    "intended_use": (
        "Tell whether a document meets what a check requires, does not surely, or does not owe it, from what"
        " the rules found and the words of the document."
    ),
    "known_failures": [
        "It knows the first 10,000 characters of a document, and of the rest what the rules found.",
        "Two fifths of the documents are policies and terms of service in English; many are templates.",
        "Readers were language models; most documents were read by one.",
    ],
}
FACTS: dict[str, Value | Mapping[str, Value]] = {
    "data": (
        "answers to checks of the documents in research/corpora/judged_documents.tsv: public repositories,"
        " Open Terms Archive, ContractNLI, CUAD v1, CLAUDETTE, ACI-BENCH, PriMock57, Accord Project"
        " templates, samples of XRechnung and ZUGFeRD, four German rental agreements"
    ),
    "data_licence": (
        "ODC-By 1.0, CC BY 4.0, CC BY-SA 3.0 (rental agreements), MIT, Apache-2.0; those of the repositories,"
        " most of which state none: no text of theirs is in the weights but as hashed words"
    ),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a check.

    Attributes:
        document: The number of the document in the list.
        verdict: What the rules say; ``""`` where they say nothing.
        stands: It is shown whatever the head says: it fails, or is doubted in so many words.
    """

    document: str
    check: str
    verdict: str
    stands: bool
    example: Example


def asked(parsed: Document, context: Context) -> Iterator[tuple[Question, bool]]:
    """Yield the checks that a document is asked, before the head has a say, and whether it has none."""
    element = parsed
    for stage in STAGES:
        if stage.name == "conclude":
            break
        if stage.needed(context.options):
            (element,) = stage.run_mixed([element], context)
    if not isinstance(element, Document):
        return
    opening = opening_of(element, context.options.budget.rule_chars)
    element = replace(element, unread=opening.unread)
    unread = unread_languages(element, context.card)
    if is_checked(element, unread):
        labels = labelled(element, context.card, checked=True)
        clock = Clock(context.options.budget.rule_seconds)
        kinds = asked_kinds(element)
        answers = ask(element, opening, kinds, labels, context.card, clock, bool(unread))
        for one in questions(element, answers):
            fails = any(row.verdict == "fail" for row in one.rows)
            named = replace(one, check=f"{answers.owners[one.check]}.{one.check}")
            yield named, fails or one.check in answers.doubted


def answered(mirror: Path, data: Path) -> Iterator[Answered]:
    """Read the answers to the checks of the documents that are there."""
    given: dict[str, dict[str, str]] = defaultdict(dict)
    for row in lines("answers"):
        given[row["document"]][row["check"]] = row["answer"]
    context = Context(Options(threads=default_threads()))
    for line, group, parsed in judged_documents(given, mirror, data):
        for one, stands in asked(parsed, context):
            if answer := given[line["document"]].get(one.check):
                verdict = one.rows[0].verdict if one.rows else ""
                example = Example(parsed.text, LABELS[answer], group, one.strings, part=line["language"])
                yield Answered(line["document"], one.check, verdict, stands, example)


def learnt(judged: Sequence[Answered]) -> list[str]:
    """Name the checks, as ``domain.check``, of which enough answers were given."""
    counted = Counter(one.check for one in judged)
    not_met = Counter(one.check for one in judged if one.example.label != MET)
    return sorted(
        check for check in counted if counted[check] >= FEWEST and not_met[check] >= LEAST_OPEN_ONES
    )


def bounds(judged: Sequence[Answered], fitted: Fitted) -> Iterator[str]:
    """Say what is shown, by the bound, and how often rightly; and in how many documents nothing is left."""
    probabilities = softmax(fitted.logits / fitted.temperature)
    met, not_met = (probabilities[:, fitted.labels.index(label)] for label in (MET, OPEN))
    truth = np.array([one.example.label for one in judged])
    verdicts = np.array([one.verdict for one in judged])
    known = frozenset(learnt(judged))
    stands = np.array([one.stands or one.check not in known for one in judged])
    for verdict, label, told in (("pass", MET, met), ("review", OPEN, not_met)):
        of_verdict = verdicts == verdict
        yield f"{of_verdict.sum()} of the verdict {verdict}"
        for bound in BOUNDS:
            kept = of_verdict & (stands | (told >= bound))
            share, right = kept.sum() / max(1, of_verdict.sum()), np.mean(truth[kept] == label)
            yield f"from {bound:.2f}: {share:.3f} are shown, of these {right:.3f} rightly"
    passes = (verdicts == "pass") & (stands | (met >= LEAST_MET))
    to_look_at = np.isin(verdicts, ("fail", "review")) & (stands | (not_met >= LEAST_OPEN))
    yield from _clear(judged, passes, to_look_at, not_met)


def _clear(
    judged: Sequence[Answered],
    passes: NDArray[np.bool_],
    to_look_at: NDArray[np.bool_],
    not_met: NDArray[np.float64],
) -> Iterator[str]:
    documents: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(judged):
        documents[one.document].append(number)
    for most in (0.05, MOST_OPEN, 0.15, 0.2, 0.3, 1.0):
        clear = right = looked_at = 0
        for numbers in documents.values():
            left = ~passes[numbers] & (not_met[numbers] > most)
            looked_at += bool(to_look_at[numbers].any())
            if passes[numbers].any() and not (to_look_at[numbers] | left).any():
                clear += 1
                right += all(judged[one].example.label != OPEN for one in numbers)
        yield (
            f"nothing left open above {most:.2f}: {clear} of {len(documents)} documents are clear,"
            f" {right} rightly; {looked_at} for review"
        )


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m research.documents.answers", description=__doc__)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped") / HEAD)
    parser.add_argument(
        "--cache", type=Path, help="keep the examples here, and read them from here where they are"
    )
    options = parser.parse_args()
    if options.cache and options.cache.is_file():
        judged = pickle.loads(options.cache.read_bytes())
    else:
        judged = list(answered(options.mirror, options.data))
        if options.cache:
            options.cache.write_bytes(pickle.dumps(judged))
    fitted = fit([one.example for one in judged], RECIPE)
    write(options.out, fitted, "check_answer", {**ABOUT, "checks": learnt(judged)}, FACTS)
    for name, value in fitted.quality.items():
        print(name, value)
    print(*bounds(judged, fitted), sep="\n")


if __name__ == "__main__":
    main()
