"""Metered: the larger translator of a run, asked as long as limits allow; its answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docassay.models.answer_cache import AnswerCache
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
        self._answers = AnswerCache[tuple[str, SourceSentence], Outcome | None](KEPT)

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
        keys = {(language, sentence): sentence for sentence in sentences}
        futures, to_ask = self._answers.claim(keys)
        done: dict[SourceSentence, Outcome] = {}
        try:
            if to_ask and not self.meter.spent() and (translator := opened(language)) is not None:
                for at in range(0, len(to_ask), AT_ONCE):
                    some = [keys[key] for key in to_ask[at : at + AT_ONCE] if self.meter.begin()]
                    if not some:
                        break
                    done |= self._translated(some, language, translator)
        finally:  # nobody waits for ever, whatever happened
            for key in to_ask:
                outcome = done.get(keys[key])
                self._answers.settle(key, futures[key], outcome, keep=outcome is not None)
        answers = {sentence: futures[key].result() for key, sentence in keys.items()}
        return {sentence: outcome for sentence, outcome in answers.items() if outcome is not None}

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
        return done
