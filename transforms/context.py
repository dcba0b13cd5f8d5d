"""Context: the options of a run, and the models that the stages of one process work with.

`Options` travel to every worker. A `Context` is made of them once in a process (`shared`); it opens each
model when a stage first asks for it and keeps it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import TYPE_CHECKING, Literal

from docassay.models.catalog import DEFAULT_ENCODER, Card, search_key, use_folders
from docassay.transforms.budget import FALLBACK_SENTENCES, Budget
from docassay.transforms.formats import Limits

if TYPE_CHECKING:  # imported where they are first used
    from docassay.models.fallback.client import FallbackClient
    from docassay.models.fallback.model import Settings
    from docassay.models.reading import Reader
    from docassay.transforms.einvoice.rule_sets import Rules
    from docassay.transforms.translate import Translators
    from docassay.transforms.translation.english import Metered

Translate = Literal["needed", "all"]
"""How much of documents in other languages is translated."""

BATCH_CHARS = 120_000
"""Characters of a batch of documents: enough for micro-batches of each length, few enough for the memory.

Twice as many took 80 MB more for the states of the tokens and were no faster, nor were half as many.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the stages, the same on every worker.

    Attributes:
        domain: The domain of every document, or None to detect it.
        model: The encoder, by its name in the catalog.
        model_folders: Folders in which models are looked for, too; see `models.catalog.use_folders`.
        fallback_translator: The generator that doubtful translations go to, or None.
        fallback_classifiers: The models that abstained labels go to, in turn.
        run_id: The run, whose limits of the fallback models these are.
        threads: Calls of the engine at a time in one worker.
        batch_chars: Characters of the documents of a batch.
        text_column: Column of `.jsonl` and `.parquet` inputs.
        skip: Folder whose published documents are passed over, or None.
        again: Folder whose published inputs, of the same bytes and URI, are passed over, or None.
        notes: Staging folder of a run in which it is noted what is passed over, or None.
        names: Staging folder of a run in which it is noted where else published documents lie, and that they
            are done, or None.
        limits: Bounds of each document.
        budget: How much of each document the stages after parsing read.
        einvoice_rules: Folder of the official rules that are asked of electronic invoices, or None.
        translate: ``needed``: translate what a question hangs on; ``all``: every passage that is language.
        personal_data: Find personal data in every document, not only of the kinds that ask for it.
        full_validation: Run Great Expectations on every row; see `storage.tables.validate`.
    """

    domain: str | None = None
    model: str = DEFAULT_ENCODER
    model_folders: tuple[str, ...] = ()
    fallback_translator: Settings | None = None
    fallback_classifiers: tuple[Settings, ...] = ()
    run_id: str = ""
    threads: int = 1
    batch_chars: int = BATCH_CHARS
    text_column: str = "text"
    skip: str | None = None
    again: str | None = None
    notes: str | None = None
    names: str | None = None
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    einvoice_rules: str | None = None
    translate: Translate = "needed"
    personal_data: bool = False
    full_validation: bool = False


class Context:
    """What the stages of a process work with; for several threads.

    Attributes:
        options: The options of the run.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        reader: Reader | None = None,
        translators: Translators | None = None,
    ) -> None:
        """Open nothing yet, and search the options' model folders from now on.

        Args:
            options: The options of the run.
            reader: An open encoder, in place of the one that the options name.
            translators: Open translators, in place of those of the catalog.
        """
        self.options = options or Options()
        self._lock = RLock()
        self._reader = reader
        self._card = reader.card if reader else None
        self._translators = translators
        self._languages: Collection[str] | None = None
        self._classifiers: tuple[FallbackClient, ...] | None = None
        self._translation_answers: Metered | None = None
        self._einvoice_rules: Rules | None = None
        use_folders(self.options.model_folders)

    @property
    def card(self) -> Card:
        """The encoder's card, which is read without opening it.

        Raises:
            ModelError: A folder is not what its card says.
        """
        if self._card is None:
            from docassay.models import encoder_group

            self._card = encoder_group.card_of(self.options.model)
        return self._card

    @property
    def reader(self) -> Reader:
        """The encoder.

        Raises:
            ModelError: A folder is not what its card says.
        """
        with self._lock:
            if self._reader is None:
                from docassay.models import encoder_group

                self._reader = encoder_group.open_reader(self.options.model, self.options.threads)
                self._card = self._reader.card
            return self._reader

    @property
    def translators(self) -> Translators:
        """The translators, each of which is opened when a text in its language is met."""
        with self._lock:
            if self._translators is None:
                from docassay.models.translators import shared_translators

                generator = self.options.fallback_translator
                self._translators = shared_translators(
                    self.options.threads, generator.at if generator else None, search_key()
                )
            return self._translators

    @property
    def languages(self) -> Collection[str]:
        """The languages that are translated."""
        if self._languages is None:
            self._languages = self.translators.languages()
        return self._languages

    @property
    def translation_answers(self) -> Metered:
        """What the run may still spend on the fallback translator, with the answers that it has given."""
        with self._lock:
            if self._translation_answers is None:
                from docassay.models.fallback.model import Limits as SpendLimits
                from docassay.models.fallback.model import Meter
                from docassay.transforms.translation.english import Metered

                generator = self.options.fallback_translator
                self._translation_answers = Metered(Meter(generator.limits if generator else SpendLimits()))
            return self._translation_answers

    @property
    def fallback_sentences(self) -> int:
        """Most sentences of a document that the fallback translator translates."""
        generator = self.options.fallback_translator
        return generator.per_document if generator else FALLBACK_SENTENCES

    @property
    def fallback_classifiers(self) -> tuple[FallbackClient, ...]:
        """The models that abstained labels go to, whose limits and answers all threads share.

        Raises:
            ModelError: A folder is not what its card says.
        """
        with self._lock:
            if self._classifiers is None:
                self._classifiers = ()
                if self.options.fallback_classifiers:
                    from docassay.models.fallback.client import open_client

                    self._classifiers = tuple(
                        open_client(settings, self.options.threads)
                        for settings in self.options.fallback_classifiers
                    )
            return self._classifiers

    @property
    def einvoice_rules(self) -> Rules:
        """The official rules of electronic invoices, as they were when this was first asked.

        Raises:
            UsageError: The folder is none of rules.
        """
        with self._lock:
            if self._einvoice_rules is None:
                from docassay.transforms.einvoice.rule_sets import read_rules

                self._einvoice_rules = read_rules(self.options.einvoice_rules or "")
            return self._einvoice_rules

    def stop(self) -> None:
        """Ask the fallback classifiers nothing more; what is under way ends within its timeout."""
        with self._lock:
            for model in self._classifiers or ():
                model.stop()


_KEPT = 2
"""Contexts that a process keeps: that of the run under way, and one whose last bundle may still be read."""

_lock = Lock()
_contexts: dict[tuple[Options, tuple[str, ...]], Context] = {}


def shared(options: Options) -> Context:
    """Give this process's context of a run: all bundles and threads share one."""
    with _lock:
        use_folders(options.model_folders)
        key = options, search_key()
        context = _contexts.pop(key, None) or Context(options)
        _contexts[key] = context
        while len(_contexts) > _KEPT:
            del _contexts[next(iter(_contexts))]
        return context


def stop(run_id: str) -> None:
    """Ask the fallback classifiers nothing more in this process for a run that has ended."""
    with _lock:
        for context in _contexts.values():
            if context.options.run_id == run_id:
                context.stop()
