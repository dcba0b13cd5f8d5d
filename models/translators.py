"""The translators of the catalog: which there are, each opened once, when it is first needed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock

from docassay.models import catalog
from docassay.models.catalog import Card
from docassay.models.generator import GenerativeTranslator
from docassay.models.translator import SequenceTranslator, Translator, generator_languages
from docassay.schemas.errors import ModelError


def translators() -> dict[str, Card]:
    """List the cards of the translators into English in the catalog, by source language.

    Of several for a language the last one by name is taken; of several with one name, the one that
    `models.catalog.folders` lists.

    Raises:
        ModelError: The card of a model is wrong.
    """
    cards = [card for card in map(catalog.read, catalog.folders().values()) if card.kind == "translator"]
    return {
        str(card.about["source_language"]): card
        for card in cards
        if "source_language" in card.about and card.about.get("target_language", "en") == "en"
    }


class CatalogTranslators:
    """The translators of the catalog, each opened once, when it is first needed; for several threads."""

    def __init__(self, threads: int = 1, escalate: str | None = None) -> None:
        """Open nothing yet.

        Args:
            threads: Calls of the engine at a time.
            escalate: The name of a generator for doubtful sentences, or None.
        """
        self._threads = threads
        self._escalate = escalate
        self._lock = Lock()
        self._opened: dict[tuple[Path, str], Translator] = {}

    def languages(self) -> frozenset[str]:
        """List the languages that there is a translator for, from the cards alone.

        The larger model, where there is one, also translates the languages that only it knows.
        """
        card = self._generator()
        return frozenset(translators()) | (frozenset(generator_languages(card)) if card else frozenset())

    def open(self, language: str) -> Translator:
        """Open the translator for a language of `languages`.

        Raises:
            ModelError: The folder is not what its card says.
        """
        card = translators().get(language) or self._generator()
        if card is None:
            raise ModelError(f"there is no translator for {language}")
        return self._open(card, language)

    def larger(self, language: str) -> Translator | None:
        """Open the larger model for a language; None where there is none, or where it is `open`'s.

        Raises:
            ModelError: The folder is not what its card says.
        """
        card = self._generator()
        if card is None or language not in translators() or language not in generator_languages(card):
            return None
        return self._open(card, language)

    def _generator(self) -> Card | None:
        return None if self._escalate is None else catalog.read(catalog.find(self._escalate))

    def _open(self, card: Card, language: str) -> Translator:
        with self._lock:
            key = card.folder, language
            if key not in self._opened:
                self._opened[key] = open_translator(card.folder, self._threads, language)
            return self._opened[key]


@lru_cache(maxsize=4)
def shared_translators(threads: int, escalate: str | None, key: tuple[str, ...]) -> CatalogTranslators:
    """Give the translators of this process, so that each is opened once for all runs.

    Args:
        threads: Calls of the engine at a time.
        escalate: The name of a generator for doubtful sentences, or None.
        key: `catalog.search_key`: where they are found.
    """
    return CatalogTranslators(threads, escalate)


def open_translator(folder: Path, threads: int = 1, language: str = "") -> Translator:
    """Open the translator in a folder.

    Args:
        folder: A model of kind ``translator`` or ``generator``.
        threads: Calls of the engine at a time.
        language: The source language, for a model that knows several.

    Raises:
        ModelError: The folder is not what its card says.
    """
    if catalog.read(folder).kind == "generator":
        return GenerativeTranslator(folder, language, threads)
    return SequenceTranslator(folder, threads)


def check(name: str) -> Card:
    """Check, before any document, that a generator of the catalog can be escalated to, digests included.

    Raises:
        ModelError: There is no such model, it is no generator, or a file is not what the card describes.
    """
    folder = catalog.find(name)
    card = catalog.read(folder)
    if card.kind != "generator" or not generator_languages(card):
        raise ModelError(
            f"model {name} is of kind {card.kind!r}; translations are escalated to a generator only,"
            " whose card has source_languages (docs/translation.md)"
        )
    return catalog.verify(folder)


def translating(escalate: str | None) -> tuple[Card, ...]:
    """Check every model that a run may translate with: the catalog's translators, then the generator.

    Raises:
        ModelError: One is not what its card says, or there is no generator of that name.
    """
    folders = sorted({card.folder for card in translators().values()})
    return (*map(catalog.verify, folders), *((check(escalate),) if escalate else ()))
