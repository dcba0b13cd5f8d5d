"""Parse: turn the bytes of each document into text, in workers that may be killed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.observe import counters
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.stages import Options, count_in, count_out
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import whole_of
from docassay.storage.catalogs import published_doc_ids, published_inputs
from docassay.storage.maintain import tombstones
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser


class Parse(beam.PTransform):  # type: ignore[misc]
    """`Source` with content to `Document`, or `Reject`, or several where it holds several documents.

    The attachments of a mail or PDF follow it. Documents or inputs that are published already are passed over
    on request.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        skip: str | None = None,
        again: str | None = None,
        notes: str | None = None,
    ) -> None:
        """Bound what a document may take.

        Args:
            limits: Bounds of each document.
            skip: Folder of tables whose documents are passed over, or None.
            again: Folder of tables whose inputs, of the same bytes and URI, are passed over, or None.
            notes: Staging folder of a run in which it is noted what is passed over, or None.
        """
        super().__init__()
        self._limits = limits or Limits()
        self._skip = skip
        self._again = again
        self._notes = notes

    @classmethod
    def of(cls, options: Options) -> Parse:
        """Take from the options what it needs."""
        return cls(options.limits, options.skip, options.again, options.notes)

    def expand(self, sources: beam.PCollection[Source | Reject]) -> beam.PCollection[Document | Reject]:
        """Parse some documents ahead of the model."""
        return sources | "Isolated" >> beam.ParDo(ParseFn(self._limits, self._skip, self._again, self._notes))


class ParseFn(beam.DoFn):  # type: ignore[misc]
    """Parse in workers, a few documents ahead: while the model reads one, the next ones are being parsed.

    An element stays in its window.
    """

    AHEAD = 4
    """Documents being parsed at a time."""

    def __init__(self, limits: Limits, skip: str | None, again: str | None, notes: str | None = None) -> None:
        """Take what `Parse` was given."""
        self._limits = limits
        self._skip_folder = skip
        self._again_folder = again
        self._notes_folder = notes
        self._noted: set[str] = set()
        self._pending: deque[tuple[Source, Future[Any], WindowedValue]] = deque()

    def setup(self) -> None:
        """Prepare the workers, and list the documents to pass over."""
        self._parser = Parser(self._limits, workers=1)
        self._skip: frozenset[str] = frozenset()
        if self._skip_folder:  # what was missing and is back is read again, which takes the mark away
            self._skip = published_doc_ids(self._skip_folder) - tombstones.marked_doc_ids(self._skip_folder)
        self._again = published_inputs(self._again_folder) if self._again_folder else frozenset()

    def process(
        self,
        source: Source | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Submit a source; give what has been parsed meanwhile, in order of arrival."""
        windowed = WindowedValue(None, time, (window,))
        if isinstance(source, Reject):
            yield windowed.with_value(source)
            return
        self._submit(source, windowed)
        while len(self._pending) > self.AHEAD or (self._pending and self._pending[0][1].done()):
            yield from self._collect()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for the documents that are still being parsed."""
        while self._pending:
            yield from self._collect()
        if self._noted and self._notes_folder:
            tombstones.note_skipped(self._notes_folder, self._noted)
            self._noted = set()

    def teardown(self) -> None:
        """End the processes."""
        self._parser.close()

    def _submit(self, source: Source, windowed: WindowedValue) -> None:
        count_in("parse")
        self._pending.append((source, self._parser.submit(source), windowed))

    def _collect(self) -> Iterator[WindowedValue]:
        source, future, windowed = self._pending.popleft()
        with counters.timed("parse"):
            outcomes = future.result()
        # Before the mail itself is settled, so that it does not count as published without its attachments.
        LEDGER.expect(source.uri, sum(outcome.uri != source.uri for outcome in outcomes))
        parts = sum(whole_of(outcome.uri) == source.uri for outcome in outcomes)
        if parts:
            count_in("parse", sum(not isinstance(outcome, Source) for outcome in outcomes) - 1)
            counters.count("parse", "further_parts", parts - 1)
            LEDGER.settle([source.uri])  # its parts are counted in its place
        for outcome in outcomes:
            if whole_of(outcome.uri) is None and outcome.uri != source.uri:
                counters.count("parse", "attachments")
            if isinstance(outcome, Source):
                self._submit(outcome, windowed)
            elif self._passed_over(outcome):
                counters.count("parse", "skipped")
                if self._notes_folder:
                    self._noted.add(outcome.uri)
                LEDGER.settle([outcome.uri])
            else:
                count_out("parse", outcome)
                yield windowed.with_value(outcome)

    def _passed_over(self, outcome: Document | Reject) -> bool:
        if (outcome.doc_id, outcome.uri) in self._again:
            return True
        if not isinstance(outcome, Document):
            return False
        whole = whole_of(outcome.uri)  # what it is a part of may be published as one document
        if whole is not None and (
            outcome.parent_id in self._skip or (outcome.parent_id, whole) in self._again
        ):
            return True
        return outcome.doc_id in self._skip
