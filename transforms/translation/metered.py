"""Metered: the larger translator of a run, asked as long as limits allow; its answers are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from docassay.models.meter import Meter
from docassay.models.translator import Translator
from docassay.transforms.detect import detect_language
from docassay.transforms.translation.english import Outcome, SourceSentence, in_english

AT_ONCE = 32
"""Sentences that go to the model together; tokens and seconds are counted after each such batch."""

KEPT = 20_000
"""Most answers that are kept."""


class Metered:
    """What a run may still spend on a larger translator, and what that has answered; for several threads.

    A sentence is a call. Tokens are those that the model's tokenizer counts of the sentence and its English.
    """

    def __init__(self, meter: Meter) -> None:
        """Begin with no answers."""
        self.meter = meter
        self._answered: OrderedDict[tuple[str, SourceSentence], Outcome] = OrderedDict()
        self._lock = Lock()

    def ask(
        self, sentences: Sequence[SourceSentence], language: str, opened: Callable[[str], Translator | None]
    ) -> dict[SourceSentence, Outcome]:
        """Have sentences translated that were not before.

        Args:
            sentences: Distinct ones.
            language: What they are written in.
            opened: Opens the model for a language; not called where nothing is to be asked, or may be.

        Returns:
            What is answered, now or before; of the rest nothing.
        """
        found, left = {}, []
        with self._lock:
            for sentence in sentences:
                outcome = self._answered.get((language, sentence))
                if outcome is None:
                    left.append(sentence)
                else:
                    found[sentence] = outcome
        if not left or self.meter.spent() or (translator := opened(language)) is None:
            return found
        for at in range(0, len(left), AT_ONCE):
            some = [sentence for sentence in left[at : at + AT_ONCE] if self.meter.begin()]
            if not some:
                break
            found |= self._translated(some, language, translator)
        return found

    def _translated(
        self, sentences: list[SourceSentence], language: str, translator: Translator
    ) -> dict[SourceSentence, Outcome]:
        spent = [(0, 0)] * len(sentences)
        try:
            done = in_english(sentences, language, translator, detect_language)
            spent = list(
                zip(
                    translator.count([sentence.text for sentence in sentences]),
                    translator.count([done[sentence].text for sentence in sentences]),
                    strict=True,
                )
            )
        finally:
            for tokens_in, tokens_out in spent:
                self.meter.end(tokens_in, tokens_out)
        with self._lock:
            for sentence, outcome in done.items():
                self._answered[language, sentence] = outcome
            while len(self._answered) > KEPT:
                self._answered.popitem(last=False)
        return done
