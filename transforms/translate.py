"""Translate: the English of a document's segments, beside the original, before anything else reads them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from docassay import domains
from docassay.models.catalog import Card
from docassay.models.fallback.model import Limits, Meter
from docassay.models.translator import Translator
from docassay.schemas.rows import UNKNOWN, Segment, Translation
from docassay.transforms.budget import FALLBACK_SENTENCES, TRANSLATE_CHARS, Unread, affordable
from docassay.transforms.detect import detect, detect_language, mail_headers, subject
from docassay.transforms.document import Document
from docassay.transforms.split import tasks_of
from docassay.transforms.translation.alignment import English, Piece
from docassay.transforms.translation.english import Metered, Outcome, SourceSentence, in_english
from docassay.transforms.translation.protect import named, names_in
from docassay.transforms.translation.sentences import Sentence, sentences


class Translators(Protocol):
    """Open translators; `models.translators.CatalogTranslators` does so on demand."""

    def languages(self) -> Collection[str]:
        """List the languages that there is a translator for."""
        ...

    def open(self, language: str) -> Translator:
        """Open the translator for a language."""
        ...

    def larger(self, language: str) -> Translator | None:
        """Open the larger model for what the translator fails at, where there is one."""
        ...


_Request = tuple[str, SourceSentence]
"""A language, and a sentence in it to translate, with the document's names that occur in it."""


class _ForeignSentence(NamedTuple):
    span: Sentence
    request: _Request


def translate(
    documents: Sequence[Document],
    translators: Translators,
    card: Card,
    budget: int = FALLBACK_SENTENCES,
    most_chars: int = TRANSLATE_CHARS,
    metered: Metered | None = None,
) -> list[Document]:
    """Put English beside the segments of a batch of documents whose language has a translator.

    Other documents and segments stay unchanged.

    Args:
        documents: Documents cut into segments.
        translators: The models.
        card: The card of the model that will read the English, with its tasks.
        budget: Most distinct sentences of a document that a larger model translates, the first ones
            that a guard doubts.
        most_chars: Characters of distinct sentences of a document that are translated; the segments from
            the first sentence after them on stay as they are.
        metered: What the run may still spend on the larger model, and what that has answered; a sentence
            that it does not translate keeps what it has.

    Returns:
        The documents, in order.
    """
    languages = translators.languages()
    metered = metered or Metered(Meter(Limits()))
    cuts = [_within(_sentences(document, languages), most_chars) for document in documents]
    by_document = [foreign for foreign, _ in cuts]
    outcomes: dict[_Request, Outcome] = {}
    every = (sentence.request for foreign in by_document for sentence in foreign)
    for language, sources in _by_language(every):
        done = in_english(sources, language, translators.open(language), detect_language)
        outcomes |= {(language, source): outcome for source, outcome in done.items()}
    doubted = [_doubted(foreign, outcomes, budget) for foreign in by_document]
    better: dict[_Request, Outcome] = {}
    for language, sources in _by_language(request for requests in doubted for request in requests):
        done = metered.ask(sources, language, translators.larger)
        better |= {
            (language, source): outcome
            for source, outcome in done.items()
            if len(outcome.doubts) < len(outcomes[language, source].doubts)
        }
    # Requests of the batch's other documents do not change this one.
    return [
        _with_english(
            document,
            foreign,
            ChainMap({request: better[request] for request in requests if request in better}, outcomes),
            card,
            left,
        )
        for document, (foreign, left), requests in zip(documents, cuts, doubted, strict=True)
    ]


def _by_language(requests: Iterable[_Request]) -> list[tuple[str, list[SourceSentence]]]:
    found: dict[str, dict[SourceSentence, None]] = {}
    for language, source in requests:
        found.setdefault(language, {})[source] = None
    return [(language, list(sources)) for language, sources in found.items()]


def _within(
    foreign: Iterable[_ForeignSentence], most_chars: int
) -> tuple[list[_ForeignSentence], int | None]:
    """Take the first sentences of a document, as many as its budget allows; repeated ones cost little.

    Returns:
        The sentences, and where the first one begins that is not translated, None where all are; what comes
        after it is not even looked for.
    """
    seen: set[_Request] = set()
    last = -1

    def costs() -> Iterator[tuple[_ForeignSentence, int]]:
        nonlocal last
        for sentence in foreign:
            last = sentence.span.start
            yield sentence, 0 if sentence.request in seen else len(sentence.span.source)
            seen.add(sentence.request)

    kept = list(affordable(costs(), most_chars))
    return kept, last if last >= 0 and (not kept or last > kept[-1].span.start) else None


def _doubted(
    foreign: Sequence[_ForeignSentence], outcomes: Mapping[_Request, Outcome], budget: int
) -> list[_Request]:
    """List a document's first sentences that a guard doubts, each once, `budget` at most."""
    requests = dict.fromkeys(sentence.request for sentence in foreign)
    return [request for request in requests if outcomes[request].doubts][:budget]


def _sentences(document: Document, languages: Collection[str]) -> Iterator[_ForeignSentence]:
    """Yield the sentences to translate, in order; windows of one part overlap, its sentences do not.

    Of a mail's headers only the subject is translated; names and addresses in the others are evidence.
    """
    text = document.text
    lines, body = mail_headers(text)
    body_start = len(text) - len(body)
    about = subject(lines)
    names = names_in(text)
    for start, end, language in _language_spans(document.segments, languages):
        for first, last in ((max(start, about[0]), min(end, about[1])), (max(start, body_start), end)):
            if first < last:
                yield from (
                    _ForeignSentence(one, (language, SourceSentence(one.source, named(one.source, names))))
                    for one in sentences(text, first, last, language)
                )


def _language_spans(
    segments: Sequence[Segment], languages: Collection[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield spans of text in one language; segments that overlap are one span."""
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
    document: Document,
    foreign: Sequence[_ForeignSentence],
    outcome_of: Mapping[_Request, Outcome],
    card: Card,
    left: int | None,
) -> Document:
    """Put the English beside a document; segments that end after `left` stay in their language."""
    if left is not None:
        document = replace(document, unread=(*document.unread, Unread("translate", left)))
    outcomes = [outcome_of[sentence.request] for sentence in foreign]
    model = "+".join(dict.fromkeys(outcome.model for outcome in outcomes if outcome.model))
    pieces = tuple(
        Piece(sentence.span.start, sentence.span.end, outcome.text, bool(outcome.doubts))
        for sentence, outcome in zip(foreign, outcomes, strict=True)
        if outcome.model
    )
    english = English(document.text, pieces, model=model)
    languages = {sentence.request[0] for sentence in foreign}
    segments, rows = [], []
    at = 0
    for segment in document.segments:
        if segment.language not in languages or (left is not None and segment.end_char > left):
            segments.append(english.translated(segment))
            continue
        while at < len(foreign) and foreign[at].span.end <= segment.start_char:
            at += 1
        overlapping = []
        for n in range(at, len(foreign)):
            if foreign[n].span.start >= segment.end_char:
                break
            overlapping.append(outcomes[n])
        translated = replace(english.translated(segment), language="en")
        segments.append(translated)
        rows.append(_row(segment, translated, overlapping))
    if not pieces:
        return document
    inferred = _infer(document, english)
    english = replace(
        english,
        segments=tuple(segments),
        translations=tuple(row for row in rows if row.model),
        inferred=frozenset(c for c in ("domain", "kind") if getattr(inferred, c) != getattr(document, c)),
    )
    return replace(inferred, tasks=tasks_of(inferred, english.segments, card), english=english)


def _infer(document: Document, english: English) -> Document:
    """Infer a document's domain and kind from the English, where the original has not told them.

    The domain is detected in all of it; the kind, for which a few words suffice, only in the sentences that
    no guard doubts.
    """
    if document.domain != UNKNOWN and document.kind:
        return document
    if document.domain == UNKNOWN:
        detected = detect(replace(document, text=english.text))
        document = replace(document, domain=detected.domain, domain_probability=detected.domain_probability)
        if document.domain == UNKNOWN:
            return document
    sure = english.without_guarded(()).text
    return replace(document, kind=domains.load(document.domain).kind_of(document.title, sure))


def _row(segment: Segment, english: Segment, outcomes: Sequence[Outcome]) -> Translation:
    """Make the row of a segment; its score is its sentences' mean, weighted by their length."""
    translated = [outcome for outcome in outcomes if outcome.model]
    weights = [max(1, len(outcome.text)) for outcome in translated]
    total = sum(outcome.score * weight for outcome, weight in zip(translated, weights, strict=True))
    return Translation(
        doc_id=segment.doc_id,
        segment=segment.segment,
        source_language=segment.language,
        text=english.text,
        score=round(total / sum(weights), 6) if weights else 0.0,
        guarded=any(outcome.doubts for outcome in translated),
        model="+".join(dict.fromkeys(outcome.model for outcome in translated)),
    )
