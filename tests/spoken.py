"""A translator that knows its sentences by heart, for tests whose claim is not about a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from docassay.models.translator import Translated, Translator
from tests.fakes import card


class Heart:
    """A `models.translator.Translator` that looks sentences up; unknown ones come back as they are."""

    def __init__(
        self,
        known: Mapping[str, str] | Callable[[str], str],
        name: str = "heart",
        placeholders: int = 10,
        most: int = 60,
    ) -> None:
        self.card = replace(card({}, name=name), max_tokens=most, kind="translator", about={})
        self.placeholders = tuple(f"⟦{n}⟧" for n in range(placeholders))
        self.asked: list[str] = []
        self._known = known

    def count(self, texts: Sequence[str]) -> list[int]:
        return [sum(1 + len(word) // 8 for word in text.split()) + 1 for text in texts]

    def translate(self, sentences: Sequence[str]) -> list[Translated]:
        assert max(self.count(sentences), default=0) <= self.card.max_tokens
        self.asked += sentences
        look = self._known if callable(self._known) else lambda text: dict(self._known).get(text, text)
        return [Translated(look(sentence), -0.3) for sentence in sentences]


class Shelf:
    """A `transforms.translate.Translators` of given models; counts how often one is opened."""

    def __init__(self, models: Mapping[str, Translator], larger: Translator | None = None) -> None:
        self._models = dict(models)
        self._larger = larger
        self.opened: list[str] = []

    def languages(self) -> frozenset[str]:
        return frozenset(self._models)

    def open(self, language: str) -> Translator:
        self.opened.append(language)
        return self._models[language]

    def larger(self, language: str) -> Translator | None:
        self.opened.append(f"larger {language}")
        return self._larger
