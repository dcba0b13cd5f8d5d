"""Conclude: from a document's readings to all of its rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from docassay import domains
from docassay.models.catalog import PERSONAL_DATA, Card
from docassay.models.span_edges import TaggedSpan
from docassay.schemas.facts import Fact
from docassay.schemas.pages import Pages
from docassay.schemas.rows import (
    Classification,
    Entity,
    Finding,
    Flag,
    Result,
    Segment,
)
from docassay.transforms.ask import Answers, ask, english_view
from docassay.transforms.assess import classify, classify_by_heading
from docassay.transforms.budget import BUDGET, Budget, Clock
from docassay.transforms.document import Document
from docassay.transforms.document_row import document_row, is_checked, unread_languages
from docassay.transforms.extract import in_doubt, opening_of, rule_input
from docassay.transforms.flag import flag, flag_labels, flag_mail, uncertain_codes
from docassay.transforms.formats.media_types import FHIR, HL7, XML
from docassay.transforms.kind import WRITTEN
from docassay.transforms.see import restored
from docassay.transforms.settle import settle
from docassay.transforms.split import Asked, asked_kinds
from docassay.transforms.translation.alignment import is_matched, merged_flags

Row = TypeVar("Row", Segment, Entity, Fact, Flag, Finding)


def conclude(document: Document, card: Card, personal_data: bool = False, budget: Budget = BUDGET) -> Result:
    """Give every row of a document: labels, flags, findings and the document itself.

    Personal data are looked for where `personal_data` says so, or the document's kind asks for them.

    A document of unknown domain is searched for the fraud signs of every domain, but no compliance check
    is run on it: nobody knows which law applies. Nor is one run in a language that nobody reads. Of what may
    hold several documents, each is checked besides the whole, by its own kind. Of a document of more than
    `rule_chars` characters, a check that finds nothing in those gives ``review``.

    Raises:
        OutOfTime: The rules took more than `rule_seconds` of processor time.
    """
    clock = Clock(budget.rule_seconds)
    opening = opening_of(document, budget.rule_chars)
    document = replace(document, unread=opening.unread)
    segments = document.segments
    kinds, unread = asked_kinds(document), unread_languages(document, card)
    checked = is_checked(document, unread)
    classifications = labelled(document, card, checked)
    flags: list[Flag] = []
    doubtful: set[str] = set()
    uncertain: set[str] = set()
    doubt = 0.0
    for domain, kind in kinds:
        asked = replace(opening, kind=kind)
        if document.boundary_candidates:
            domain = domain.without_flags(frozenset(rule.id for rule in domain.flags if rule.expect))
        confirmed, doubtful_codes = _flags(asked, domain, card, clock)
        # A sign that several domains ask is one row where they find it at one place.
        found_before = {(row.code, row.start_char, row.end_char) for row in flags}
        flags += [row for row in confirmed if (row.code, row.start_char, row.end_char) not in found_before]
        doubtful |= doubtful_codes
        if domain.every_mail:
            of_whole, near_margin, doubted = flag_mail(opening, domain)
            flags += of_whole
            doubt = doubted if document.kind in WRITTEN else 0.0
            uncertain.update(near_margin)
        uncertain.update(uncertain_codes(domain, document.readings, card))
        clock.check()
    answers = (
        ask(document, opening, kinds, classifications, card, clock, bool(unread)) if checked else Answers()
    )
    findings, unanswered = settle(document, answers)
    official = official_findings(document)
    hinted = replace(document, facts=in_doubt(document))
    result = Result(
        document=document_row(
            hinted,
            card,
            flags,
            doubtful,
            uncertain,
            findings,
            doubt,
            kinds,
            unread,
            official,
            answers.elsewhere,
            unanswered,
        ),
        text=document.text,
        segments=segments,
        classifications=classifications,
        flags=tuple(sorted(flags, key=lambda row: (row.start_char, row.end_char, row.code, row.decided_by))),
        findings=(*findings, *official),
        translations=document.english.translations if document.english else (),
        entities=identify(opening, segments) if personal_data or is_asked(kinds) else (),
        facts=hinted.facts,
    )
    return place(restored(result, document.shown), document.pages)


def labelled(document: Document, card: Card, checked: bool) -> tuple[Classification, ...]:
    """Give the labels of a document's segments; those of their headings where its domain's checks are run."""
    by_heading = [dict[str, Classification]() for _ in document.segments]
    if checked:
        by_heading = classify_by_heading(domains.load(document.domain), document.kind, document.segments)
    return tuple(
        row
        for segment, reading, of_heading in zip(document.segments, document.readings, by_heading, strict=True)
        for row in classify(segment, reading, card, of_heading)
    )


def official_findings(document: Document) -> list[Finding]:
    """Give the findings of the official rules of electronic invoices, where they were asked."""
    if document.official is None:
        return []
    from docassay.transforms.einvoice.answer import findings  # which most runs do without

    return findings(document.official, document.doc_id, document.text, document.media_type == XML)


def _flags(
    document: Document, domain: domains.Domain, card: Card, clock: Clock
) -> tuple[list[Flag], set[str]]:
    """Give the flags, and the codes of the signs that rest on a translation that a guard doubts.

    Rules read the original; those of wording, and the model, read the English as well. What they find there
    is kept only if it is found both with and without the sentences that a guard doubts.
    """
    segments, english = document.segments, document.english
    original = flag(document.doc_id, domain, rule_input(document), clock)
    if english is None:
        return original + flag_labels(document.doc_id, domain, segments, document.readings, card), set()
    kind_rules = {rule.id for rule in domain.flags if rule.kinds} if "kind" in english.inferred else set()
    original = [
        replace(row, decided_by=english.decider(row)) if row.code in kind_rules else row for row in original
    ]
    in_english = flag(document.doc_id, domain, english_view(document, english), clock)
    labels = flag_labels(document.doc_id, domain, english.segments, document.readings, card)
    sure_labels = [row for row in labels if not english.is_guarded(row.start_char, row.end_char)]
    with_guarded = english.moved(in_english)
    if english.guarded:
        trusted = english.without_guarded(segments)
        without_guarded = trusted.moved(flag(document.doc_id, domain, english_view(document, trusted), clock))
        confirmed = [row for row in without_guarded if is_matched(row, with_guarded)]
    else:
        without_guarded = confirmed = with_guarded
    flags = merged_flags(original, [*confirmed, *english.moved(sure_labels)])
    codes = {row.code for row in (*with_guarded, *without_guarded, *english.moved(labels))}
    return flags, codes - {row.code for row in flags}


def is_asked(kinds: Asked) -> bool:
    """Tell whether a kind of a document asks for its personal data."""
    return any(PERSONAL_DATA in domain.tasks_of(kind) for domain, kind in kinds)


def identify(document: Document, segments: Sequence[Segment]) -> tuple[Entity, ...]:
    """Find the personal data of a document, whatever its kind, in the document's order.

    The original is read as a whole, not its segments or its English: names are told by where they stand
    and by their repetition, and offsets must point into the text that people have.
    """
    from docassay.models.tagger import installed  # with its identifiers it takes long to import

    tagger = installed()
    found: Iterable[TaggedSpan] = tagger.find(document.text, document.language)
    if document.media_type in (HL7, FHIR):
        from docassay.transforms.redaction.fields import by_field  # which few documents need

        found = by_field(document).tagged_with(found, document.text)
    starts = [segment.start_char for segment in segments]
    return tuple(
        Entity(
            doc_id=document.doc_id,
            segment=max(0, bisect_right(starts, span.start) - 1),
            label=span.label,
            start_char=span.start,
            end_char=span.end,
            text=document.text[span.start : span.end],
            probability=span.probability,
            abstained=not span.sure,
            model=tagger.card.id,
        )
        for span in found
    )


def place(result: Result, pages: Pages | None) -> Result:
    """Fill `page` and `boxes` of a document's rows; without pages they stay null.

    A slice that stands on several pages is of the first, and its boxes name each.
    """
    if pages is None:
        return result
    return replace(
        result,
        segments=_placed(result.segments, result.text, pages),
        entities=_placed(result.entities, result.text, pages),
        facts=_placed(result.facts, result.text, pages),
        flags=_placed(result.flags, result.text, pages),
        findings=_placed(result.findings, result.text, pages),
    )


def _placed(rows: Iterable[Row], text: str, pages: Pages) -> tuple[Row, ...]:
    return tuple(
        row
        if row.start_char is None or row.end_char is None
        else replace(
            row,
            page=pages.number(row.start_char),
            boxes=pages.boxes(text, row.start_char, row.end_char) or None,
        )
        for row in rows
    )
