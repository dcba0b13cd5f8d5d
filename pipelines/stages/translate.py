"""Translate: add the English of documents in other languages, in batches of documents."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from threading import Lock
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.models import encoder_group
from docassay.models.catalog import DEFAULT_ENCODER, search_key, use_folders
from docassay.models.larger import Limits, Settings
from docassay.models.meter import Meter
from docassay.models.translators import CatalogTranslators
from docassay.observe import counters
from docassay.pipelines.encoder_handler import BATCH_CHARS
from docassay.pipelines.stages import Options, count_in, count_out
from docassay.schemas.rows import Reject
from docassay.transforms.budget import TRANSLATE_CHARS
from docassay.transforms.document import Document
from docassay.transforms.translate import is_foreign, translate
from docassay.transforms.translation.metered import Metered

_opening = Lock()


class Translate(beam.PTransform):  # type: ignore[misc]
    """Give a `Document` its English, or a `Reject`; English documents and rejects pass."""

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        escalate: Settings | None = None,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
        most_chars: int = TRANSLATE_CHARS,
        run_id: str = "",
    ) -> None:
        """Name the models, and bound a batch.

        Args:
            model: The encoder that will read the English.
            escalate: The generator that doubtful sentences go to, and what it may spend, or None.
            threads: Calls of the engine at a time.
            batch_chars: Characters of the documents of a batch.
            model_folders: Folders in which models are looked for, too.
            most_chars: Characters of a document that are translated.
            run_id: The run, whose limits of the generator these are.
        """
        super().__init__()
        self._model = model
        self._escalate = escalate
        self._threads = threads
        self._batch_chars = batch_chars
        self._model_folders = model_folders
        self._most_chars = most_chars
        self._run_id = run_id

    @classmethod
    def of(cls, options: Options) -> Translate:
        """Take from the options what it needs."""
        return cls(
            options.model,
            options.escalate,
            options.threads,
            options.batch_chars,
            options.model_folders,
            options.budget.translate_chars,
            options.run_id,
        )

    def expand(self, splits: beam.PCollection[Document | Reject]) -> beam.PCollection[Document | Reject]:
        """Gather, translate, pass on."""
        return splits | "Gather" >> beam.ParDo(
            TranslateFn(
                self._model,
                self._escalate,
                self._threads,
                self._batch_chars,
                self._model_folders,
                self._most_chars,
                self._run_id,
            )
        )


class TranslateFn(beam.DoFn):  # type: ignore[misc]
    """Gather foreign documents into batches; other elements pass at once and open no model.

    An element stays in its window.
    """

    def __init__(
        self,
        model: str,
        escalate: Settings | None,
        threads: int,
        batch_chars: int,
        model_folders: tuple[str, ...] = (),
        most_chars: int = TRANSLATE_CHARS,
        run_id: str = "",
    ) -> None:
        """Take what `Translate` was given."""
        self._model = model
        self._escalate = escalate
        self._threads = threads
        self._batch_chars = batch_chars
        self._model_folders = model_folders
        self._most_chars = most_chars
        self._run_id = run_id

    def start_bundle(self) -> None:
        """Begin with nothing gathered."""
        self._waiting: list[WindowedValue] = []
        self._chars = 0
        self._languages = self._models().languages()

    def process(
        self,
        element: Document | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Pass an element on, or gather it; translate when the batch is full."""
        windowed = WindowedValue(element, time, (window,))
        if isinstance(element, Reject) or not is_foreign(element, self._languages):
            yield windowed
            return
        self._waiting.append(windowed)
        self._chars += len(element.text)
        if self._chars >= self._batch_chars:
            yield from self._translate()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Translate the last batch."""
        if self._waiting:
            yield from self._translate()

    def _translate(self) -> Iterator[WindowedValue]:
        waiting = self._waiting
        self.start_bundle()
        count_in("translate", len(waiting))
        with counters.timed("translate"):
            documents = [windowed.value for windowed in waiting]
            card = encoder_group.card_of(self._model)
            most = self._escalate.per_document if self._escalate else 0
            with _opening:
                metered = _metered(self._escalate, self._run_id)
            outcomes = translate(documents, self._models(), card, most, self._most_chars, metered)
        for windowed, outcome in zip(waiting, outcomes, strict=True):
            count_out("translate", outcome)
            if isinstance(outcome, Document) and outcome.english:
                rows = outcome.english.translations
                counters.count("translate", "segments", len(rows))
                counters.count("translate", "guarded", sum(row.guarded for row in rows))
            yield windowed.with_value(outcome)

    def _models(self) -> CatalogTranslators:
        use_folders(self._model_folders)
        with _opening:  # the threads of a process share one instance
            return _translators(self._threads, self._escalate.at if self._escalate else None, search_key())


@cache
def _translators(threads: int, escalate: str | None, folders: tuple[str, ...]) -> CatalogTranslators:
    return CatalogTranslators(threads, escalate)


@lru_cache(maxsize=8)
def _metered(escalate: Settings | None, run_id: str) -> Metered:
    """Give what a run has spent on the generator in this process, for all threads."""
    return Metered(Meter(escalate.limits if escalate else Limits()))
