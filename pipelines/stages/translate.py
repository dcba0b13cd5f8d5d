"""Translate: the English of documents in other languages, some documents at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.models import encoder_group
from docassay.models.catalog import DEFAULT_ENCODER, search_key, use_folders
from docassay.models.translators import CatalogTranslators
from docassay.observe import counters
from docassay.pipelines.encoder_handler import BATCH_CHARS
from docassay.pipelines.stages import Options, give, take
from docassay.schemas.rows import Reject
from docassay.transforms.split import SplitDocument
from docassay.transforms.translate import ESCALATED, is_foreign, translate

_opening = Lock()


class Translate(beam.PTransform):  # type: ignore[misc]
    """Give a `SplitDocument` its English, or a `Reject`; English documents and rejects pass."""

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        escalate: str | None = None,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        budget: int = ESCALATED,
        model_folders: tuple[str, ...] = (),
    ) -> None:
        """Bound a batch in characters, and the engine's calls at a time.

        Args:
            model: The encoder that will read the English.
            escalate: The generator that doubtful sentences go to, or None.
            threads: Calls of the engine at a time.
            batch_chars: Characters of the documents of a batch.
            budget: Most sentences of a document that the generator is asked for.
            model_folders: Folders in which models are looked for, too.
        """
        super().__init__()
        self._model = model
        self._escalate = escalate
        self._threads = threads
        self._batch_chars = batch_chars
        self._budget = budget
        self._model_folders = model_folders

    @classmethod
    def of(cls, options: Options) -> Translate:
        """Take from the options what it needs."""
        return cls(
            options.model,
            options.escalate,
            options.threads,
            options.batch_chars,
            options.escalate_budget,
            options.model_folders,
        )

    def expand(
        self, splits: beam.PCollection[SplitDocument | Reject]
    ) -> beam.PCollection[SplitDocument | Reject]:
        """Gather, translate, pass on."""
        return splits | "Gather" >> beam.ParDo(
            TranslateFn(
                self._model,
                self._escalate,
                self._threads,
                self._batch_chars,
                self._budget,
                self._model_folders,
            )
        )


class TranslateFn(beam.DoFn):  # type: ignore[misc]
    """Gather what is to be translated; what is not passes at once, and opens no model.

    An element leaves in the window that it came in.
    """

    def __init__(
        self,
        model: str,
        escalate: str | None,
        threads: int,
        batch_chars: int,
        budget: int = ESCALATED,
        model_folders: tuple[str, ...] = (),
    ) -> None:
        """Take what `Translate` was given."""
        self._model = model
        self._escalate = escalate
        self._threads = threads
        self._batch_chars = batch_chars
        self._budget = budget
        self._model_folders = model_folders

    def start_bundle(self) -> None:
        """Begin with nothing gathered."""
        self._waiting: list[WindowedValue] = []
        self._chars = 0
        self._languages = self._models().languages()

    def process(
        self,
        element: SplitDocument | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Pass a document on, or gather it; translate when enough is gathered."""
        place = WindowedValue(element, time, (window,))
        if isinstance(element, Reject) or not is_foreign(element, self._languages):
            yield place
            return
        self._waiting.append(place)
        self._chars += len(element.parsed.text)
        if self._chars >= self._batch_chars:
            yield from self._translate()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Translate what is left."""
        if self._waiting:
            yield from self._translate()

    def _translate(self) -> Iterator[WindowedValue]:
        waiting = self._waiting
        self.start_bundle()
        take("translate", len(waiting))
        with counters.timed("translate"):
            documents = [place.value for place in waiting]
            outcomes = translate(documents, self._models(), encoder_group.card_of(self._model), self._budget)
        for place, outcome in zip(waiting, outcomes, strict=True):
            give("translate", outcome)
            if isinstance(outcome, SplitDocument) and outcome.english:
                rows = outcome.english.translations
                counters.count("translate", "segments", len(rows))
                counters.count("translate", "guarded", sum(row.guarded for row in rows))
            yield place.with_value(outcome)

    def _models(self) -> CatalogTranslators:
        use_folders(self._model_folders)
        with _opening:  # the threads of a worker share one
            return _translators(self._threads, self._escalate, search_key())


@cache
def _translators(threads: int, escalate: str | None, where: tuple[str, ...]) -> CatalogTranslators:
    return CatalogTranslators(threads, escalate)
