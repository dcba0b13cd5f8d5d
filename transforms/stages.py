"""Stages: what is done to a document after it has been parsed, in order; the same list wherever it runs.

`explain` runs the list on one document (`run_stages`), `pipelines.stages` on the elements of a Beam pipeline.
Before it come `read`, which fetches the bytes of a source, and `parse`, which gives its text in another
process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from docassay.domains import calls
from docassay.observe import counters
from docassay.schemas.errors import UsageError
from docassay.schemas.rows import Reject, Result
from docassay.transforms import faults
from docassay.transforms.assess import assess, fraud_labels
from docassay.transforms.conclude import conclude
from docassay.transforms.context import Context, Options
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.isolation import calls as isolated_calls
from docassay.transforms.see import see
from docassay.transforms.split import split

Outcome = Document | Result | Reject

AHEAD_CHARS = 8_000_000
"""Characters of a bundle's documents that may be under way in threads."""


class Ahead(NamedTuple):
    """How far a stage runs ahead of the others, in threads of its own.

    Outcomes are given in order, so a batch that is done waits for those before it. A bundle that has more
    under way than may be waits for its first batch.

    Attributes:
        threads: Threads of a process; each works on one batch.
        most_batches: Batches of a bundle that may be under way, done and waiting included.
        most_chars: Characters of these batches.
    """

    threads: int
    most_batches: int
    most_chars: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: what it does to documents, and how it wants to be run.

    Attributes:
        name: A verb.
        work: Gives the outcome of a document or, where `batched`, those of a batch in order.
        batched: It takes documents in batches of `Options.batch_chars` characters, else one by one.
        takes: Whether it has anything to do for a document; others pass.
        needed: Whether it has anything to do in a run.
        ahead: Whether it runs ahead in threads, and how far; on Beam only.
        count: Counts what was done to a batch, beside ``in``, ``out`` and ``rejected``; called on Beam only.
    """

    name: str
    work: Callable[[Any, Context], Any]
    batched: bool = False
    takes: Callable[[Document, Context], bool] = lambda document, context: True
    needed: Callable[[Options], bool] = lambda options: True
    ahead: Callable[[Options], Ahead | None] = lambda options: None
    count: Callable[[Sequence[Document], Sequence[Outcome], Options], None] | None = None

    def run(self, documents: Sequence[Document], context: Context) -> list[Outcome]:
        """Do the work; a document on which it raises is rejected (`faults`).

        Returns:
            One outcome for each document, in order.
        """
        if self.batched:
            return faults.together(self.name, documents, lambda some: self.work(some, context))
        return [
            faults.alone(self.name, document, lambda one: self.work(one, context)) for document in documents
        ]

    def run_mixed(self, elements: Sequence[Any], context: Context) -> list[Any]:
        """Do the work on those elements that the stage takes; the others, such as rejects, pass."""
        taken = [isinstance(one, Document) and self.takes(one, context) for one in elements]
        documents = [one for one, is_taken in zip(elements, taken, strict=True) if is_taken]
        outcomes = iter(self.run(documents, context))
        return [next(outcomes) if is_taken else one for one, is_taken in zip(elements, taken, strict=True)]


def chars(document: Document) -> int:
    """Count the characters of what is read of a document.

    One more is counted, so that documents without text fill a batch, too.
    """
    return 1 + sum(len(segment.text) for segment in (document.english or document).segments)


def _is_foreign(document: Document, context: Context) -> bool:
    """Tell whether a document has a segment to translate."""
    return any(segment.language in context.languages for segment in document.segments)


def _translate(documents: Sequence[Document], context: Context) -> list[Document]:
    from docassay.transforms.translate import translate  # which most documents do without

    return translate(
        documents,
        context.translators,
        context.card,
        context.fallback_sentences,
        context.options.budget.translate_chars,
        context.options.budget.translate_seconds,
        context.translation_answers,
        everything=context.options.translate == "all",
    )


def _escalate(document: Document, context: Context) -> Document:
    from docassay.transforms.escalate import escalate_or_keep  # which most runs do without

    return escalate_or_keep(document, context.fallback_classifiers, context.card)


def _count_translated(documents: Sequence[Document], outcomes: Sequence[Outcome], options: Options) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Document) and outcome.english:
            rows = outcome.english.translations
            counters.count("translate", "segments", len(rows))
            counters.count("translate", "guarded", sum(row.guarded for row in rows))


def _count_assessed(documents: Sequence[Document], outcomes: Sequence[Outcome], options: Options) -> None:
    fill = 100 * sum(map(chars, documents)) // options.batch_chars
    counters.spread("assess", "fill_percent", fill)
    counters.spread("assess", "batch_documents", len(documents))
    for document, outcome in zip(documents, outcomes, strict=True):
        counters.count("assess", "segments", len(document.segments))
        if isinstance(outcome, Document):
            counters.count("assess", "tokens", sum(reading.tokens for reading in outcome.readings))


def _count_escalated(documents: Sequence[Document], outcomes: Sequence[Outcome], options: Options) -> None:
    from docassay.models.fallback.model import OUTCOMES

    asked = [
        result
        for outcome in outcomes
        if isinstance(outcome, Document)
        for reading in outcome.readings
        for escalated in reading.escalated.values()
        for result in escalated.outcomes.values()
    ]
    counters.count("escalate", "asked", len(asked))
    for name in OUTCOMES:
        counters.count("escalate", name, asked.count(name))


def _count_concluded(documents: Sequence[Document], outcomes: Sequence[Outcome], options: Options) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Result):
            for flag in outcome.flags:
                counters.count("flag", flag.severity)


def _audit(document: Document, context: Context) -> Document:
    from docassay.transforms.einvoice.ask import audit  # which most runs do without

    return audit(document, context.einvoice_rules)


STAGES = (
    Stage("see", lambda document, context: see(document)),
    Stage(
        "audit",
        _audit,
        takes=lambda document, context: document.invoice is not None,
        needed=lambda options: bool(options.einvoice_rules),
    ),
    Stage("detect", lambda document, context: detect(document, context.options.domain, context.languages)),
    Stage("split", lambda document, context: split(document, context.card)),
    Stage("translate", _translate, batched=True, takes=_is_foreign, count=_count_translated),
    Stage(
        "assess",
        lambda documents, context: assess(
            documents, context.reader, fraud_labels(), context.options.budget.assess_chars
        ),
        batched=True,
        # While the heads run for one batch, the engine has the next.
        ahead=lambda options: Ahead(2, 2, AHEAD_CHARS) if options.threads > 1 else None,
        count=_count_assessed,
    ),
    Stage(
        "escalate",
        _escalate,
        needed=lambda options: bool(options.fallback_classifiers),
        # Most of the time passes in waiting for answers.
        ahead=lambda options: Ahead(16, 64, AHEAD_CHARS),
        count=_count_escalated,
    ),
    # Beside `conclude`, since both read the same text one after the other, and readers keep the last.
    Stage("extract", lambda document, context: extract(document, context.options.budget)),
    Stage(
        "conclude",
        lambda document, context: conclude(
            document, context.card, context.options.personal_data, context.options.budget
        ),
        count=_count_concluded,
    ),
)
"""The stages in their order."""


def find_stage(name: str) -> Stage:
    """Give the stage of a name.

    Raises:
        UsageError: There is none.
    """
    for stage in STAGES:
        if stage.name == name:
            return stage
    raise UsageError(f"there is no stage {name!r}; there are {', '.join(stage.name for stage in STAGES)}")


def run_stages(documents: Sequence[Document | Reject], context: Context) -> list[Result | Reject]:
    """Take documents that have been parsed through all later stages, in this process.

    Returns:
        One outcome for each, in order.
    """
    elements: list[Any] = list(documents)
    for stage in STAGES:
        if stage.needed(context.options):
            elements = stage.run_mixed(elements, context)
    return elements


# Functions of domains outside docassay run in workers from here on.
calls.plug_in(isolated_calls.run)
