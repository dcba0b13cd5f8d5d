"""The graph: from sources to the rows of every document. One object in batch and in streaming.

What an earlier stage has rejected travels with the rest, as a value, to the writer: no side road,
so the runner fuses all stages into one, and no text leaves the worker that read it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay import domains
from docassay.models import encoder_group
from docassay.models.catalog import DEFAULT_ENCODER, Card, use_folders
from docassay.models.translators import translating
from docassay.observe import counters
from docassay.pipelines.sources import files as sources
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.stages.assess import BATCH_CHARS, Assess
from docassay.pipelines.stages.translate import Translate
from docassay.schemas.errors import ModelError
from docassay.schemas.rows import Parsed, Reject, Result, Source
from docassay.storage.publish import published_doc_ids, published_inputs
from docassay.transforms.assess import Assessed, SplitDocument, prepare
from docassay.transforms.conclude import conclude
from docassay.transforms.detect import detect
from docassay.transforms.parse import Limits
from docassay.transforms.read import read
from docassay.transforms.sandbox import Sandbox
from docassay.transforms.translate import ESCALATED


@dataclass(frozen=True, slots=True)
class Options:
    """What the graph needs to know, the same on every worker.

    Attributes:
        domain: The domain of every document, or None to detect it.
        model: The encoder, by its name in the catalog.
        model_folders: Folders in which models are looked for, too; see `models.catalog.use_folders`.
        escalate: The generator that doubtful translations go to, by its name in the catalog, or None.
        escalate_budget: Most sentences of a document that it is asked for.
        threads: Calls of the engine at a time in one worker.
        skip: Folder whose published documents are passed over, or None.
        again: Folder whose published inputs are passed over: of the same bytes, under the same URI.
    """

    domain: str | None = None
    model: str = DEFAULT_ENCODER
    model_folders: tuple[str, ...] = ()
    escalate: str | None = None
    escalate_budget: int = ESCALATED
    threads: int = 1
    batch_chars: int = BATCH_CHARS
    text_column: str = "text"
    skip: str | None = None
    again: str | None = None
    limits: Limits = field(default_factory=Limits)


def build(found: beam.PCollection[Source | Reject], options: Options) -> beam.PCollection[Result | Reject]:
    """Read, parse, split, translate, assess and conclude: every source becomes one `Result` or one `Reject`.

    A mail's attachments become documents of their own on the way.
    """
    return (
        found
        | "Open" >> beam.FlatMap(open_source, options)
        | "Parse" >> beam.ParDo(ParseFn(options))
        | "Split" >> beam.Map(split_document, options)
        | "Translate"
        >> Translate(
            options.model,
            options.escalate,
            options.threads,
            options.batch_chars,
            options.escalate_budget,
            options.model_folders,
        )
        | "Assess" >> Assess(options.model, options.threads, options.batch_chars, options.model_folders)
        | "Conclude" >> beam.Map(conclude_document, options)
    )


def used(options: Options) -> tuple[Card, ...]:
    """Check every model that the graph will open, before any document.

    Raises:
        ModelError: One is missing, not what its card says, or cannot do what it is asked for.
    """
    use_folders(options.model_folders)
    cards = encoder_group.check(options.model)
    for card in cards:
        for task in card.tasks.values():
            if task.asked and task.domain not in domains.names():
                raise ModelError(
                    f"model {card.id}: {task.name} is asked of the domain {task.domain!r}, which is not there"
                    f" (there are {', '.join(domains.names())}); DOCASSAY_DOMAINS names folders of others"
                )
    return (*cards, *translating(options.escalate))


def open_source(source: Source | Reject, options: Options) -> Iterator[Source | Reject]:
    """Open a block into its documents and read the bytes of each."""
    opened = [source] if isinstance(source, Reject) else sources.unblock(source, options.text_column)
    for document in opened:
        LEDGER.more(source.uri)
        counters.count("read", "in")
        if isinstance(document, Source):
            with counters.timed("read"):
                document = read(document, options.limits)
        counters.count("read", "rejected" if isinstance(document, Reject) else "out")
        yield document
    LEDGER.settle([source.uri])  # each of its documents counts instead


class ParseFn(beam.DoFn):  # type: ignore[misc]
    """Parse in processes of their own, some documents ahead of the model.

    While the model reads one document the next ones are being parsed. An element that is done
    leaves in the window that it came in.
    """

    AHEAD = 4
    """Documents in the sandbox at a time."""

    def __init__(self, options: Options) -> None:
        """Take the limits, and the folder whose documents are passed over."""
        self._options = options
        self._pending: deque[tuple[Source, Future[Any], WindowedValue]] = deque()

    def setup(self) -> None:
        """Start the sandbox, and list the documents to pass over."""
        self._sandbox = Sandbox(self._options.limits, workers=1)
        self._skip = published_doc_ids(self._options.skip) if self._options.skip else frozenset()
        self._again = published_inputs(self._options.again) if self._options.again else frozenset()

    def process(
        self,
        source: Source | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Hand a source over; give what has been parsed meanwhile, in order of arrival."""
        place = WindowedValue(None, time, (window,))
        if isinstance(source, Reject):
            yield place.with_value(source)
            return
        self._submit(source, place)
        while len(self._pending) > self.AHEAD or (self._pending and self._pending[0][1].done()):
            yield from self._collect()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for what is still being parsed."""
        while self._pending:
            yield from self._collect()

    def teardown(self) -> None:
        """End the processes."""
        self._sandbox.close()

    def _submit(self, source: Source, place: WindowedValue) -> None:
        counters.count("parse", "in")
        self._pending.append((source, self._sandbox.submit(source), place))

    def _collect(self) -> Iterator[WindowedValue]:
        source, future, place = self._pending.popleft()
        with counters.timed("parse"):
            outcomes = future.result()
        # Before the mail itself is settled, so that it is not done without its attachments.
        LEDGER.more(source.uri, sum(outcome.uri != source.uri for outcome in outcomes))
        for outcome in outcomes:
            if outcome.uri != source.uri:
                counters.count("parse", "attachments")
            if isinstance(outcome, Source):
                self._submit(outcome, place)
            elif self._passed_over(outcome):
                counters.count("parse", "skipped")
                LEDGER.settle([outcome.uri])
            else:
                counters.count("parse", "rejected" if isinstance(outcome, Reject) else "out")
                yield place.with_value(outcome)

    def _passed_over(self, outcome: Parsed | Reject) -> bool:
        if (outcome.doc_id, outcome.uri) in self._again:
            return True
        return isinstance(outcome, Parsed) and outcome.doc_id in self._skip


def split_document(parsed: Parsed | Reject, options: Options) -> SplitDocument | Reject:
    """Detect language and domain, and cut into segments with the tasks to ask of each."""
    if isinstance(parsed, Reject):
        return parsed
    use_folders(options.model_folders)
    counters.count("detect", "in")
    with counters.timed("detect"):
        detected = detect(parsed, options.domain)
    counters.count("detect", "out")
    counters.count("split", "in")
    with counters.timed("split"):
        pieces = prepare(detected, encoder_group.card_of(options.model))
    counters.count("split", "rejected" if isinstance(pieces, Reject) else "out")
    return pieces


def conclude_document(assessed: Assessed | Reject, options: Options) -> Result | Reject:
    """Turn readings into rows."""
    if isinstance(assessed, Reject):
        return assessed
    use_folders(options.model_folders)
    counters.count("conclude", "in")
    with counters.timed("conclude"):
        rows = conclude(assessed, encoder_group.card_of(options.model))
    counters.count("conclude", "rejected" if isinstance(rows, Reject) else "out")
    for flag in () if isinstance(rows, Reject) else rows.flags:
        counters.count("flag", flag.severity)
    return rows
