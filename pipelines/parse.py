"""Parse: turn the bytes of each document into text, in workers that may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.observe import counters
from docassay.pipelines.in_flight import InFlight
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.stage import count_out
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import whole_of
from docassay.storage.catalogs import published_doc_ids, published_inputs
from docassay.storage.maintain import tombstones
from docassay.transforms.context import Options
from docassay.transforms.document import Document
from docassay.transforms.isolation.parse import Parser


class Parse(beam.PTransform):  # type: ignore[misc]
    """`Source` with content to `Document`, or `Reject`, or several where it holds several documents.

    The attachments of a mail or PDF follow it. Documents or inputs that are published already are passed over
    where `Options.skip` or `Options.again` says so.
    """

    def __init__(self, options: Options | None = None) -> None:
        """Take the options of the run."""
        super().__init__()
        self._options = options or Options()

    def expand(self, sources: beam.PCollection[Source | Reject]) -> beam.PCollection[Document | Reject]:
        """Parse some documents ahead of the model."""
        return sources | "Isolated" >> beam.ParDo(ParseFn(self._options))


class ParseFn(beam.DoFn):  # type: ignore[misc]
    """Parse in workers, a few documents ahead: while the model reads one, the next ones are being parsed.

    An element keeps its window and timestamp.
    """

    AHEAD = 4
    """Documents being parsed at a time."""

    def __init__(self, options: Options) -> None:
        """Take what `Parse` was given."""
        self._options = options

    def setup(self) -> None:
        """Prepare the workers, and list the documents to pass over."""
        skip, again = self._options.skip, self._options.again
        self._parser = Parser(self._options.limits, workers=1)
        self._skip: frozenset[str] = frozenset()
        if skip:  # what was missing and is back is read again, which takes the mark away
            self._skip = published_doc_ids(skip) - tombstones.marked_doc_ids(skip)
        self._again = published_inputs(again) if again else frozenset()

    def start_bundle(self) -> None:
        """Begin with nothing under way."""
        self._noted: set[str] = set()
        self._in_flight = InFlight[tuple[Source, WindowedValue]](self.AHEAD)

    def process(
        self,
        source: Source | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Submit a source; give what has been parsed meanwhile, in order of arrival."""
        windowed = WindowedValue(None, time, (window,))  # without the content, which attachments need no more
        if isinstance(source, Reject):
            yield windowed.with_value(source)
            return
        self._submit(source, windowed)
        for about, future in self._in_flight.done():
            yield from self._outcomes(*about, future)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for the documents that are still being parsed."""
        for about, future in self._in_flight.rest():
            yield from self._outcomes(*about, future)
        if self._noted and self._options.notes:
            tombstones.note_skipped(self._options.notes, self._noted)

    def teardown(self) -> None:
        """End the processes."""
        self._parser.close()

    def _submit(self, source: Source, windowed: WindowedValue) -> None:
        counters.count("parse", "in")
        self._in_flight.add(self._parser.submit(source), (source, windowed))

    def _outcomes(
        self, source: Source, windowed: WindowedValue, future: Future[Any]
    ) -> Iterator[WindowedValue]:
        with counters.timed("parse"):
            outcomes = future.result()
        # Before the mail itself is settled, so that it does not count as published without its attachments.
        LEDGER.expect(source.uri, sum(outcome.uri != source.uri for outcome in outcomes))
        parts = sum(whole_of(outcome.uri) == source.uri for outcome in outcomes)
        if parts:
            counters.count("parse", "in", sum(not isinstance(outcome, Source) for outcome in outcomes) - 1)
            counters.count("parse", "further_parts", parts - 1)
            LEDGER.settle([source.uri])  # its parts are counted in its place
        for outcome in outcomes:
            if whole_of(outcome.uri) is None and outcome.uri != source.uri:
                counters.count("parse", "attachments")
            if isinstance(outcome, Source):
                self._submit(outcome, windowed)
            elif self._passed_over(outcome):
                counters.count("parse", "skipped")
                if self._options.notes:
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
