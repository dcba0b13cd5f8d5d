"""English: sentences through a translator, checked by guards, and tried again where a guard doubts.

A sentence is tried as it is, with placeholders for what is fragile; where a guard finds a fault, with
placeholders for its numbers too; then without any. The first translation that no guard doubts is
taken, otherwise the one with the fewest doubts, which it keeps; `transforms.translate` hands those to a
larger model where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from docassay.models.answer_cache import AnswerCache
from docassay.models.fallback.model import Meter
from docassay.models.translator import Translator
from docassay.transforms.translation.guards import Bounds, bounds_of, faults
from docassay.transforms.translation.protect import FRAGILE, Masked, mask, named, respelt

UNMENDED = frozenset({"score"})
"""Doubts for which no other placeholders are tried: what a model is unsure of it stays unsure of."""

_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")
_BREAK = re.compile(r"[;:,.!?)\]»”–—]$")
_PLACEHOLDER = re.compile(r"⟦[0-9]+⟧")


class SourceSentence(NamedTuple):
    """A sentence to translate, or a piece of one, and those of the document's names that occur in it."""

    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sentence in English.

    Attributes:
        doubts: What the guards found wrong with it; see `transforms.translation.guards.faults`.
        model: The translator, ``name@version``; empty where nothing was to be translated.
    """

    text: str
    score: float = 0.0
    doubts: tuple[str, ...] = ()
    model: str = ""


def in_english(
    sentences: Iterable[SourceSentence], language: str, translator: Translator
) -> dict[SourceSentence, Outcome]:
    """Translate sentences, repeated ones only once."""
    distinct = list(dict.fromkeys(sentences))
    cuts = cut((sentence.text for sentence in distinct), translator)
    parts = {
        sentence: [SourceSentence(piece, named(piece, sentence.names)) for piece in cuts[sentence.text]]
        for sentence in distinct
    }
    outcomes = _translated(
        list(dict.fromkeys(p for pieces in parts.values() for p in pieces)), language, translator
    )
    return {sentence: join([outcomes[piece] for piece in pieces]) for sentence, pieces in parts.items()}


def cut(sentences: Iterable[str], translator: Translator) -> dict[str, list[str]]:
    """Cut sentences into pieces that the translator can take; most stay whole.

    A piece of a longer one ends at a punctuation mark, at white space, or inside an over-long word.
    """
    distinct = list(dict.fromkeys(sentences))
    room = max(8, translator.card.max_tokens - 2 * len(translator.placeholders))
    counts = translator.count([without_capitals(sentence) for sentence in distinct])
    return {
        sentence: [sentence]
        if count <= room
        else [
            part for piece in _pieces(sentence, room, translator) for part in _halves(piece, room, translator)
        ]
        for sentence, count in zip(distinct, counts, strict=True)
    }


def _halves(piece: str, room: int, translator: Translator) -> Iterator[str]:
    """Cut a piece in halves until it fits: words count otherwise beside others, or in lower case."""
    waiting = [piece]
    while waiting:
        part = waiting.pop()
        if len(part) < 2 or translator.count([without_capitals(part)])[0] <= room:
            yield part
        else:
            half = len(part) // 2
            waiting += [text for text in (part[half:].strip(), part[:half].strip()) if text]


def _pieces(sentence: str, room: int, translator: Translator) -> Iterator[str]:
    words = list(_words(sentence.split(), room // 2, translator))
    counts = translator.count([word for word, _ in words])
    piece: list[tuple[str, bool]] = []
    total = 0
    ends = 0  # words of the piece up to its last punctuation mark
    for (word, glued), count in zip(words, counts, strict=True):
        if piece and total + count > room:
            stop = ends if ends > len(piece) // 2 else len(piece)
            yield _text(piece[:stop])
            piece = piece[stop:]
            total = sum(translator.count([w for w, _ in piece])) if piece else 0
            ends = 0
        piece.append((word, glued))
        total += count
        if _BREAK.search(word):
            ends = len(piece)
    if piece:
        yield _text(piece)


def _words(words: Iterable[str], most: int, translator: Translator) -> Iterator[tuple[str, bool]]:
    """Yield words, over-long ones in halves, each with whether no white space follows it."""
    waiting = [(word, False) for word in reversed(list(words))]
    while waiting:
        word, glued = waiting.pop()
        # A character is seldom more than four tokens, so most words need no counting.
        if 4 * len(word) <= most or len(word) == 1 or translator.count([word])[0] <= most:
            yield word, glued
        else:
            half = len(word) // 2
            waiting += [(word[half:], glued), (word[:half], True)]


def _text(piece: Sequence[tuple[str, bool]]) -> str:
    return "".join(word if glued else f"{word} " for word, glued in piece).rstrip()


def _translated(
    pieces: Sequence[SourceSentence], language: str, translator: Translator
) -> dict[SourceSentence, Outcome]:
    """Translate pieces that are short enough, and retry those that a guard doubts."""
    outcomes = {
        piece: Outcome(piece.text)
        for piece in pieces
        if not _TWO_LETTERS.search(
            mask(piece.text, translator.placeholders, False, language, piece.names).text
            if piece.names
            else piece.text
        )
    }
    bounds = bounds_of(translator.card.about, language)
    waiting = [piece for piece in pieces if piece not in outcomes]
    tried: dict[SourceSentence, set[str]] = {piece: set() for piece in waiting}
    for placeholders, numbers in ((True, False), (True, True), (False, False)):
        masks = {
            piece: mask(
                piece.text, translator.placeholders if placeholders else (), numbers, language, piece.names
            )
            for piece in waiting
        }
        untried = [piece for piece in waiting if masks[piece].text not in tried[piece]]
        counts = translator.count([without_capitals(masks[piece].text) for piece in untried])
        # Many placeholders may make a piece too long; as it stands, which comes last, it fits.
        untried = [
            piece for piece, count in zip(untried, counts, strict=True) if count <= translator.card.max_tokens
        ]
        answers = translator.translate([without_capitals(masks[piece].text) for piece in untried])
        for piece, answer in zip(untried, answers, strict=True):
            tried[piece].add(masks[piece].text)
            outcome = _judged(piece, answer.text, answer.score, masks[piece], language, bounds)
            outcome = Outcome(outcome.text, outcome.score, outcome.doubts, translator.card.id)
            if piece not in outcomes or _rank(outcome) < _rank(outcomes[piece]):
                outcomes[piece] = outcome
        waiting = [
            piece for piece in waiting if piece not in outcomes or set(outcomes[piece].doubts) - UNMENDED
        ]
    return {piece: outcomes[piece] for piece in pieces}


def _judged(
    piece: SourceSentence, answer: str, score: float, masked: Masked, language: str, bounds: Bounds
) -> Outcome:
    text = respelt(masked.restore(answer), piece.text, language)
    fragile = list(FRAGILE.finditer(piece.text))
    for match in fragile:
        # Signs and letters of other scripts are not lost, whatever the model makes of them.
        if match.lastgroup == "foreign" and match[0] not in text:
            text = f"{match[0]} {text}" if match.start() == 0 else f"{text} {match[0]}"
    verbatim = [*(match[0] for match in fragile), *piece.names]
    doubts = faults(piece.text, text, score, language, verbatim, bounds)
    if masked.faults(answer) and "names" not in doubts:
        doubts += ("names",)
    return Outcome(text.upper() if _is_upper(piece.text) else text, score, doubts)


def without_capitals(text: str) -> str:
    """Lower the case of text in capitals: models know capitals as the first letter of a word."""
    if not _is_upper(text):
        return text
    return text.lower().capitalize()


def _is_upper(text: str) -> bool:
    letters = [character for character in _PLACEHOLDER.sub("", text) if character.isalpha()]
    return len(letters) >= 8 and all(
        letter.isupper() for letter in letters if letter.upper() != letter.lower()
    )


def _rank(outcome: Outcome) -> tuple[int, float]:
    return len(outcome.doubts), -outcome.score


def join(outcomes: Sequence[Outcome]) -> Outcome:
    """Join pieces that follow each other; the score is their mean, weighted by their length."""
    if not outcomes:
        return Outcome("")
    if len(outcomes) == 1:
        return outcomes[0]
    weights = [max(1, len(outcome.text)) for outcome in outcomes]
    total = sum(outcome.score * weight for outcome, weight in zip(outcomes, weights, strict=True))
    return Outcome(
        " ".join(outcome.text for outcome in outcomes if outcome.text),
        round(total / sum(weights), 6),
        tuple(dict.fromkeys(doubt for outcome in outcomes for doubt in outcome.doubts)),
        "+".join(dict.fromkeys(outcome.model for outcome in outcomes if outcome.model)),
    )


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
            done = in_english(sentences, language, translator)
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
