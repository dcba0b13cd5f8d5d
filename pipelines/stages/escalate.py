"""Escalate: ask larger models for what the small one abstained from, while other documents are read."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.models import encoder_group
from docassay.models.asking import Asking
from docassay.models.catalog import use_folders
from docassay.models.larger import OUTCOMES, Settings
from docassay.models.larger_open import open_asking
from docassay.observe import counters, log
from docassay.pipelines.stages import Options, count_in, count_out
from docassay.schemas.errors import DocassayError
from docassay.schemas.rows import Reject
from docassay.transforms.document import Document
from docassay.transforms.escalate import escalate, failed
from docassay.transforms.faults import trace

DOCUMENTS = 16
"""Documents of a process that are asked about at a time."""

AHEAD = 64
"""Most documents of a bundle that wait for an answer, or for one before them."""

AHEAD_CHARS = 8_000_000
"""Most characters of these."""


class Escalate(beam.PTransform):  # type: ignore[misc]
    """Ask larger models about `Document` documents."""

    def __init__(self, options: Options) -> None:
        """Take the options: which larger models, which small one."""
        super().__init__()
        self._options = options

    @classmethod
    def of(cls, options: Options) -> Escalate | None:
        """Take from the options what it needs; without larger models there is nothing to do."""
        return cls(options) if options.larger else None

    def expand(self, documents: beam.PCollection[Document | Reject]) -> beam.PCollection[Document | Reject]:
        """Ask, and pass on in the order of arrival."""
        return documents | "Ask" >> beam.ParDo(EscalateFn(self._options))


class EscalateFn(beam.DoFn):  # type: ignore[misc]
    """Ask about documents in threads, while the bundle's thread runs the other stages.

    Documents are passed on in the order in which they came; an element stays in its window.
    """

    def __init__(self, options: Options) -> None:
        """Take the options of the stages."""
        self._options = options

    def setup(self) -> None:
        """Open the larger models, once in a process."""
        use_folders(self._options.model_folders)
        self._card = encoder_group.card_of(self._options.model)
        self._models = shared(self._options.larger, self._options.threads, self._options.run_id)

    def start_bundle(self) -> None:
        """Begin with nothing pending."""
        self._pending: deque[tuple[Future[Document | Reject], int, WindowedValue]] = deque()
        self._chars = 0

    def process(
        self,
        element: Document | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Begin to ask about a document; give those that are done."""
        future: Future[Document | Reject]
        if isinstance(element, Reject):
            future, chars = Future(), 0
            future.set_result(element)
        else:
            future = _executor.submit(_asked, element, self._models, self._card)
            chars = len(element.text)
        self._pending.append((future, chars, WindowedValue(None, time, (window,))))
        self._chars += chars
        while self._pending and (
            self._pending[0][0].done() or len(self._pending) > AHEAD or self._chars > AHEAD_CHARS
        ):
            yield self._collect()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for the rest."""
        while self._pending:
            yield self._collect()

    def _collect(self) -> WindowedValue:
        future, chars, windowed = self._pending.popleft()
        self._chars -= chars
        with counters.timed("escalate"):
            outcome = future.result()
        if isinstance(outcome, Document):
            count_in("escalate")
            count_out("escalate", outcome)
            _count(outcome)
        return windowed.with_value(outcome)


def _asked(document: Document, models: tuple[Asking, ...], card: Any) -> Document:
    """Ask about a document; after a fault its labels stay what they were, and say `failed`.

    Raises:
        DocassayError: The installation is not whole, as in every stage (`transforms.faults`).
    """
    try:
        return escalate(document, models, card)
    except DocassayError:
        raise
    except Exception as error:
        counters.count("escalate", "fault")
        log.event(
            "fault",
            logging.ERROR,
            doc_id=document.doc_id,
            uri=document.uri,
            stage="escalate",
            error=type(error).__name__,
            traceback=trace(error),
        )
    try:
        return failed(document, models, card)
    except Exception:  # the fault may lie in what both do; the document is kept
        return document


def _count(document: Document) -> None:
    """Count what came of the questions about a document."""
    said = [
        outcome
        for reading in document.readings
        for escalated in reading.escalated.values()
        for outcome in escalated.outcomes.values()
    ]
    counters.count("escalate", "asked", len(said))
    for outcome in OUTCOMES:
        counters.count("escalate", outcome, said.count(outcome))


_executor = ThreadPoolExecutor(DOCUMENTS, thread_name_prefix="escalate")
"""Asks about the documents of all bundles of a process."""

_opening = Lock()
_opened: tuple[Any, tuple[Asking, ...]] | None = None


def stop(run_id: str) -> None:
    """Ask nothing more in this process for a run that has ended, in whatever way."""
    with _opening:
        if _opened is not None and _opened[0][2] == run_id:
            for model in _opened[1]:
                model.stop()


def shared(larger: tuple[Settings, ...], threads: int, run_id: str) -> tuple[Asking, ...]:
    """Open larger models once in a process and run, whose budgets and answers all bundles share.

    Raises:
        ModelError: A folder is not what its card says.
    """
    global _opened
    key = larger, threads, run_id
    with _opening:
        if _opened is None or _opened[0] != key:
            _opened = key, tuple(open_asking(settings, threads) for settings in larger)
        return _opened[1]
