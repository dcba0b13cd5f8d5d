"""Translate: the English of a document's segments, beside the original, before anything is judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from docassay import domains
from docassay.models.catalog import Card
from docassay.models.translator import Translator
from docassay.schemas.rows import UNKNOWN, Parsed, Reject, Segment, Translation
from docassay.transforms.detect import detect, mail_headers
from docassay.transforms.detect import language as tongue
from docassay.transforms.split import SplitDocument, tasks_of
from docassay.transforms.translation.alignment import English, Piece
from docassay.transforms.translation.english import Outcome, Said, in_english
from docassay.transforms.translation.protect import named, names_in
from docassay.transforms.translation.sentences import Sentence, sentences

ESCALATED = 100
"""Sentences of a document that the larger model is asked for where nothing else is said."""


class Translators(Protocol):
    """What the stage needs of the models; `models.translators.CatalogTranslators` opens them on demand."""

    def languages(self) -> Collection[str]:
        """List the languages that there is a translator for."""
        ...

    def open(self, language: str) -> Translator:
        """Open the translator for a language."""
        ...

    def larger(self, language: str) -> Translator | None:
        """Open the larger model for what the translator fails at, where there is one."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence of a document, and what it is written in."""

    sentence: Sentence
    language: str
    names: tuple[str, ...]

    @property
    def said(self) -> Said:
        """What is translated of it."""
        return Said(self.sentence.source, self.names)


_Spoken = tuple[str, Said]
"""A language and a sentence in it."""


def is_foreign(split: SplitDocument, languages: Collection[str]) -> bool:
    """Tell whether a document has a segment to translate."""
    return any(segment.language in languages for segment in split.segments)


def translate(
    batch: Sequence[SplitDocument | Reject], translators: Translators, card: Card, budget: int = ESCALATED
) -> list[SplitDocument | Reject]:
    """Put English beside the segments of a batch of documents that are in a language with a translator.

    Where a translator fails on the batch, its documents are tried one by one, and those that fail
    are rejected. The rest passes as it is, and so does every segment in another language.

    Args:
        batch: Documents cut into segments.
        translators: The models.
        card: That of the model that will read the English: it says what can be asked.
        budget: Most different sentences of a document that a larger model is asked for, the first
            ones that a guard doubts.

    Returns:
        One outcome for each element, in order.
    """
    languages = translators.languages()
    foreign = [
        element for element in batch if isinstance(element, SplitDocument) and is_foreign(element, languages)
    ]
    outcomes = iter(_translate(foreign, translators, card, budget) if foreign else ())
    return [
        next(outcomes) if isinstance(element, SplitDocument) and is_foreign(element, languages) else element
        for element in batch
    ]


def _translate(
    splits: Sequence[SplitDocument], translators: Translators, card: Card, budget: int
) -> list[SplitDocument | Reject]:
    try:
        found = [list(_sentences(split, translators.languages())) for split in splits]
        spoken = {
            language: in_english(
                (place.said for places in found for place in places if place.language == language),
                language,
                translators.open(language),
                tongue,
            )
            for language in sorted({place.language for places in found for place in places})
        }
        asked = [_doubted(places, spoken, budget) for places in found]
        better = _escalated(asked, spoken, translators)
    except Exception as error:  # a model's failure on one document must not take the others with it
        if len(splits) > 1:
            return [outcome for split in splits for outcome in _translate([split], translators, card, budget)]
        parsed = splits[0].parsed
        detail = f"{type(error).__name__}: {error}"[:500]
        return [Reject(parsed.doc_id, parsed.uri, "translate", "model_failed", detail)]
    return [
        _with_english(split, places, _chosen(spoken, better, own), card)
        for split, places, own in zip(splits, found, asked, strict=True)
    ]


def _doubted(
    places: Sequence[_Found], spoken: Mapping[str, Mapping[Said, Outcome]], budget: int
) -> list[_Spoken]:
    """List a document's first sentences that a guard doubts, each once, `budget` at most."""
    different = dict.fromkeys((place.language, place.said) for place in places)
    return [(language, said) for language, said in different if spoken[language][said].doubts][:budget]


def _escalated(
    asked: Sequence[Collection[_Spoken]],
    spoken: Mapping[str, Mapping[Said, Outcome]],
    translators: Translators,
) -> dict[_Spoken, Outcome]:
    """Ask the larger model, and keep what the guards doubt less."""
    better: dict[_Spoken, Outcome] = {}
    by_language: dict[str, dict[Said, None]] = {}
    for own in asked:
        for language, said in own:
            by_language.setdefault(language, {})[said] = None
    for language, sentences_of in by_language.items():
        larger = translators.larger(language)
        found = in_english(sentences_of, language, larger, tongue) if larger else {}
        better |= {
            (language, said): outcome
            for said, outcome in found.items()
            if len(outcome.doubts) < len(spoken[language][said].doubts)
        }
    return better


def _chosen(
    spoken: Mapping[str, Mapping[Said, Outcome]],
    better: Mapping[_Spoken, Outcome],
    own: Collection[_Spoken],
) -> Callable[[_Found], Outcome]:
    """Choose by sentence: what other documents of the batch asked for does not change this one."""
    mine = {spoke: better[spoke] for spoke in own if spoke in better}
    return lambda place: mine.get((place.language, place.said), spoken[place.language][place.said])


def _sentences(split: SplitDocument, languages: Collection[str]) -> Iterator[_Found]:
    """Find the sentences to translate, in order; windows of one part overlap, its sentences do not.

    Of a mail's headers only the subject is text; names and addresses in the others are evidence.
    """
    text = split.parsed.text
    lines, body = mail_headers(text)
    begins = len(text) - len(body)
    subject = _subject(lines)
    names = names_in(text)
    for start, end, language in _stretches(split.segments, languages):
        for first, last in ((max(start, subject[0]), min(end, subject[1])), (max(start, begins), end)):
            if first < last:
                yield from (
                    _Found(sentence, language, named(sentence.source, names))
                    for sentence in sentences(text, first, last, language)
                )


def _subject(lines: Sequence[str]) -> tuple[int, int]:
    """Find where the subject of a mail stands; ``(0, 0)`` where there is none."""
    at = 0
    for line in lines:
        if line[:8].lower() == "subject:":
            return at + 8, at + len(line)
        at += len(line) + 1
    return 0, 0


def _stretches(segments: Sequence[Segment], languages: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where text of one language stands: segments that overlap are one stretch."""
    start, end, language = 0, 0, ""
    for segment in segments:
        if segment.language == language and segment.start_char <= end:
            end = max(end, segment.end_char)
            continue
        if language in languages and end > start:
            yield start, end, language
        start, end, language = max(segment.start_char, end), max(segment.end_char, end), segment.language
    if language in languages and end > start:
        yield start, end, language


def _with_english(
    split: SplitDocument, places: Sequence[_Found], outcome_of: Callable[[_Found], Outcome], card: Card
) -> SplitDocument:
    outcomes = [outcome_of(place) for place in places]
    model = "+".join(dict.fromkeys(outcome.model for outcome in outcomes if outcome.model))
    pieces = tuple(
        Piece(place.sentence.start, place.sentence.end, outcome.text, bool(outcome.doubts))
        for place, outcome in zip(places, outcomes, strict=True)
        if outcome.model
    )
    english = English(split.parsed.text, pieces, model=model)
    translated = {place.language for place in places}
    segments, rows = [], []
    at = 0
    for segment in split.segments:
        if segment.language not in translated:
            segments.append(english.of(segment))
            continue
        while at < len(places) and places[at].sentence.end <= segment.start_char:
            at += 1
        inside = []
        for n in range(at, len(places)):
            if places[n].sentence.start >= segment.end_char:
                break
            inside.append(outcomes[n])
        there = replace(english.of(segment), language="en")
        segments.append(there)
        rows.append(_row(segment, there, inside))
    if not pieces:
        return split
    parsed = _told(split.parsed, english)
    english = replace(
        english,
        segments=tuple(segments),
        translations=tuple(row for row in rows if row.model),
        told=frozenset(c for c in ("domain", "kind") if getattr(parsed, c) != getattr(split.parsed, c)),
    )
    return replace(split, parsed=parsed, tasks=tasks_of(parsed, english.segments, card), english=english)


def _told(parsed: Parsed, english: English) -> Parsed:
    """Let the English tell a document's domain and kind where the original has not.

    All of it tells the domain; the kind, which a few words tell, only the sentences that no guard doubts.
    """
    if parsed.domain != UNKNOWN and parsed.kind:
        return parsed
    if parsed.domain == UNKNOWN:
        found = detect(replace(parsed, text=english.text))
        parsed = replace(parsed, domain=found.domain, domain_probability=found.domain_probability)
        if parsed.domain == UNKNOWN:
            return parsed
    sure = english.without_guarded(()).text
    return replace(parsed, kind=domains.load(parsed.domain).kind_of(parsed.title, sure))


def _row(segment: Segment, english: Segment, outcomes: Sequence[Outcome]) -> Translation:
    """Make the row of a segment: its score is the mean of its sentences', by their length."""
    spoken = [outcome for outcome in outcomes if outcome.model]
    weights = [max(1, len(outcome.text)) for outcome in spoken]
    total = sum(outcome.score * weight for outcome, weight in zip(spoken, weights, strict=True))
    return Translation(
        doc_id=segment.doc_id,
        segment=segment.segment,
        source_language=segment.language,
        text=english.text,
        score=round(total / sum(weights), 6) if weights else 0.0,
        guarded=any(outcome.doubts for outcome in spoken),
        model="+".join(dict.fromkeys(outcome.model for outcome in spoken)),
    )
