"""Translate: the English of a document's segments, beside the original, before anything else reads them."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from docassay import domains
from docassay.models.catalog import Card
from docassay.models.fallback.model import Limits, Meter
from docassay.models.translator import Translator
from docassay.schemas.rows import UNKNOWN, Segment, Translation
from docassay.transforms.budget import BUDGET, FALLBACK_SENTENCES, Unread, Untranslated, affordable
from docassay.transforms.detect import detect, mail_headers, subject
from docassay.transforms.document import Document
from docassay.transforms.split import tasks_of
from docassay.transforms.translation.alignment import English, Piece
from docassay.transforms.translation.data import cell_spans, holds_data, is_data
from docassay.transforms.translation.english import Metered, Outcome, SourceSentence, in_english, join
from docassay.transforms.translation.needed import needed
from docassay.transforms.translation.protect import named, names_in
from docassay.transforms.translation.sentences import Sentence, sentences

FIRST_SENTENCES = 24
"""Distinct sentences of a document after which it is first looked how many guards doubt; then 48 more, 96."""

CLOCKED_SENTENCES = 16
"""Sentences between two looks at the clock, where there is one."""

MOST_DOUBTED = 0.5
"""Share of its sentences that guards may doubt; of a document with more the rest is not translated."""


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


@dataclass(slots=True)
class _Work:
    """The sentences of a document that are to be translated, and how far that is done.

    Attributes:
        document: The document.
        foreign: The sentences, in order.
        left: Where the first sentence begins that is beyond the budget, or where the translator stopped.
        chosen: The segments that they were taken from.
        requests: Distinct sentences, in order.
        done: How many of these are translated.
        outcomes: What came of them.
        budget: Sentences that a larger model may still be asked for.
        stopped: Guards doubt most sentences; the rest is left.
        late: The time is up; the rest is left.
    """

    document: Document
    foreign: list[_ForeignSentence]
    left: int | None
    chosen: Sequence[Segment]
    requests: list[_Request]
    budget: int
    done: int = 0
    outcomes: dict[_Request, Outcome] = field(default_factory=dict)
    stopped: bool = False
    late: bool = False

    def next(self, size: int) -> list[_Request]:
        """Take the next sentences."""
        some = [] if self.stopped or self.late else self.requests[self.done : self.done + size]
        self.done += len(some)
        return some

    def stop(self) -> None:
        """Leave the rest where guards doubt more of what was translated than `MOST_DOUBTED`."""
        translated = [outcome for outcome in self.outcomes.values() if outcome.model]
        doubted = sum(bool(outcome.doubts) for outcome in translated)
        if self.done < len(self.requests) and doubted > MOST_DOUBTED * len(translated):
            self.stopped = True
            self.leave()

    def leave(self) -> None:
        """Leave the sentences from the first one on that is not translated."""
        first = next(at for at, one in enumerate(self.foreign) if one.request not in self.outcomes)
        self.left = self.foreign[first].span.start
        self.foreign = self.foreign[:first]


def translate(
    documents: Sequence[Document],
    translators: Translators,
    card: Card,
    budget: int = FALLBACK_SENTENCES,
    most_chars: int = BUDGET.translate_chars,
    most_seconds: float = BUDGET.translate_seconds,
    metered: Metered | None = None,
    everything: bool = False,
) -> list[Document]:
    """Put English beside the segments of a batch of documents whose language has a translator.

    Other documents and segments stay unchanged, as does what is data (`translation.data`). No translator is
    opened where there is nothing to translate.

    Args:
        documents: Documents cut into segments.
        translators: The models.
        card: The card of the model that will read the English, with its tasks.
        budget: Most distinct sentences of a document that a larger model translates, the first ones
            that a guard doubts.
        most_chars: Characters of distinct sentences of a document that are translated; the segments from
            the first sentence after them on stay as they are.
        most_seconds: Seconds after which no more sentences of a document are translated; then documents are
            translated one after the other.
        metered: What the run may still spend on the larger model, and what that has answered; a sentence
            that it does not translate keeps what it has.
        everything: Translate every segment, however doubtful its English. Else only those that a question
            hangs on (`translation.needed`) are, and a document of which guards doubt most sentences is left
            at that.

    Returns:
        The documents, in order.
    """
    if most_seconds < math.inf and len(documents) > 1:
        return [
            one
            for document in documents
            for one in translate(
                [document], translators, card, budget, most_chars, most_seconds, metered, everything
            )
        ]
    end = time.monotonic() + most_seconds
    languages = translators.languages()
    metered = metered or Metered(Meter(Limits()))
    works = [_work(document, languages, card, budget, most_chars, everything) for document in documents]
    outcomes: dict[_Request, Outcome] = {}
    size = max((len(work.requests) for work in works), default=0) if everything else FIRST_SENTENCES
    while taken := [(work, some) for work in works if (some := work.next(size))]:
        every = [request for _, some in taken for request in some if request not in outcomes]
        for language, sources in _by_language(every):
            for some_sources in _until(end, sources):
                done = in_english(some_sources, language, translators.open(language))
                outcomes |= {(language, source): outcome for source, outcome in done.items()}
        if late := any(request not in outcomes for request in every):
            taken = [(work, [request for request in some if request in outcomes]) for work, some in taken]
        doubted = [[request for request in some if outcomes[request].doubts] for _, some in taken]
        to_mend = [some[: 0 if late else work.budget] for (work, _), some in zip(taken, doubted, strict=True)]
        better: dict[_Request, Outcome] = {}
        for language, sources in _by_language(request for requests in to_mend for request in requests):
            done = metered.ask(sources, language, translators.larger)
            better |= {
                (language, source): outcome
                for source, outcome in done.items()
                if len(outcome.doubts) < len(outcomes[language, source].doubts)
            }
        for (work, some), mended in zip(taken, to_mend, strict=True):
            # Requests of the batch's other documents do not change this one.
            work.outcomes |= {request: outcomes[request] for request in some}
            work.outcomes |= {request: better[request] for request in mended if request in better}
            work.budget -= len(mended)
            if late:
                work.late = True
                work.leave()
            elif not everything:
                work.stop()
        size *= 2
    return [_with_english(work, languages, card) for work in works]


def _work(
    document: Document,
    languages: Collection[str],
    card: Card,
    budget: int,
    most_chars: int,
    everything: bool,
) -> _Work:
    chosen: Sequence[Segment] = ()
    if any(segment.language in languages for segment in document.segments) and not holds_data(document):
        chosen = document.segments if everything else needed(document, card)
    foreign, left = _within(_sentences(document, chosen, languages), most_chars)
    return _Work(document, foreign, left, chosen, list(dict.fromkeys(one.request for one in foreign)), budget)


def _until(end: float, sources: list[SourceSentence]) -> Iterator[list[SourceSentence]]:
    """Give sentences some at a time until the time is up; all at once where there is no end."""
    size = len(sources) if end == math.inf else CLOCKED_SENTENCES
    for at in range(0, len(sources), size):
        if time.monotonic() >= end:
            return
        yield sources[at : at + size]


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


def _sentences(
    document: Document, segments: Sequence[Segment], languages: Collection[str]
) -> Iterator[_ForeignSentence]:
    """Yield the sentences of segments to translate, in order; windows overlap, their sentences do not.

    Of a mail's headers only the subject is translated; names and addresses in the others are evidence.
    """
    text = document.text
    lines, body = mail_headers(text)
    body_start = len(text) - len(body)
    about = subject(lines)
    names = names_in(text) if segments else ()
    cells = cell_spans(document)
    for start, end, language in _language_spans(segments, languages):
        for first, last in ((max(start, about[0]), min(end, about[1])), (max(start, body_start), end)):
            yield from (
                _ForeignSentence(one, (language, SourceSentence(one.source, named(one.source, names))))
                for one in (sentences(text, first, last, language) if first < last else ())
                if last == about[1] or not is_data(document, one, cells)
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


def _with_english(work: _Work, languages: Collection[str], card: Card) -> Document:
    """Put the English beside a document.

    Segments that end after `left`, were not to be translated, or are data stay in their language.
    """
    document, foreign, left = work.document, work.foreign, work.left
    if left is not None and not work.stopped:
        document = replace(document, unread=(*document.unread, Unread("translate", left)))
    outcomes = [work.outcomes[sentence.request] for sentence in foreign]
    model = "+".join(dict.fromkeys(outcome.model for outcome in outcomes if outcome.model))
    pieces = tuple(
        Piece(sentence.span.start, sentence.span.end, outcome.text, bool(outcome.doubts))
        for sentence, outcome in zip(foreign, outcomes, strict=True)
        if outcome.model
    )
    english = English(document.text, pieces, model=model)
    chosen = {segment.segment for segment in work.chosen}
    segments, rows = [], []
    at = 0
    for segment in document.segments:
        translated = english.translated(segment)
        is_left = left is not None and segment.end_char > left
        if segment.language not in languages or segment.segment not in chosen or is_left:
            segments.append(translated)
            continue
        while at < len(foreign) and foreign[at].span.end <= segment.start_char:
            at += 1
        overlapping = []
        for n in range(at, len(foreign)):
            if foreign[n].span.start >= segment.end_char:
                break
            overlapping.append(outcomes[n])
        row = _row(segment, translated, overlapping)
        segments.append(replace(translated, language="en") if row.model else translated)
        rows.append(row)
    if untranslated := _untranslated(work, rows, languages):
        document = replace(document, untranslated=untranslated)
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


def _untranslated(
    work: _Work, rows: Sequence[Translation], languages: Collection[str]
) -> Untranslated | None:
    """Say what stayed in its language, and why; None where nothing did, or a budget was spent."""
    translated = {row.segment for row in rows if row.model}
    stayed = [
        segment
        for segment in work.document.segments
        if segment.language in languages and segment.segment not in translated
    ]
    tags = tuple(sorted({segment.language for segment in stayed}))
    if work.stopped:
        return Untranslated("stopped", tags, work.left or 0)
    if not stayed or work.left is not None:
        return None
    chosen = {segment.segment for segment in work.chosen}
    is_data = holds_data(work.document) or all(segment.segment in chosen for segment in stayed)
    return Untranslated("data" if is_data else "not_needed", tags)


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
    translated = join([outcome for outcome in outcomes if outcome.model])
    return Translation(
        doc_id=segment.doc_id,
        segment=segment.segment,
        source_language=segment.language,
        text=english.text,
        score=translated.score,
        guarded=bool(translated.doubts),
        model=translated.model,
    )
