"""Conclude: from a document's readings to all of its rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from docassay import domains
from docassay.domains.judged import absence_is_proven
from docassay.models.catalog import PERSONAL_DATA, Card
from docassay.models.reading import deciders
from docassay.models.span_edges import TaggedSpan
from docassay.schemas.facts import Fact
from docassay.schemas.pages import Pages
from docassay.schemas.rows import (
    UNDETERMINED,
    Classification,
    Entity,
    Finding,
    Flag,
    Result,
    Segment,
)
from docassay.transforms.assess import classify, classify_by_heading
from docassay.transforms.budget import BUDGET, Budget, Clock
from docassay.transforms.comply import comply, is_absence, stated_elsewhere
from docassay.transforms.detect import stretches
from docassay.transforms.document import Document
from docassay.transforms.document_row import document_row, is_checked, unread_languages
from docassay.transforms.extract import extract, in_doubt, opening_of, rule_input
from docassay.transforms.flag import flag, flag_labels, flag_mail, uncertain_codes
from docassay.transforms.formats.media_types import FHIR, HL7, XML
from docassay.transforms.kind import WRITTEN
from docassay.transforms.parts.stretch import stretch
from docassay.transforms.see import restored
from docassay.transforms.split import Asked, asked_kinds
from docassay.transforms.translation.alignment import English, is_matched, merged_findings, merged_flags

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
    by_heading = [dict[str, Classification]() for _ in segments]
    checked = is_checked(document, unread)
    if checked:
        by_heading = classify_by_heading(domains.load(document.domain), document.kind, segments)
    classifications = tuple(
        row
        for segment, reading, of_heading in zip(segments, document.readings, by_heading, strict=True)
        for row in classify(segment, reading, card, of_heading)
    )
    flags: list[Flag] = []
    doubtful: set[str] = set()
    uncertain: set[str] = set()
    doubt = 0.0
    findings: list[Finding] = []
    elsewhere: set[str] = set()
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
        if checked:
            labels = [row for row in classifications if row.segment < len(opening.readings)]
            found = _findings(asked, domain, labels, card, clock)
            left_out = stated_elsewhere(domain, rule_input(asked), found)
            found = [row for row in found if row.check_id not in left_out]
            elsewhere |= left_out
            if document.boundary_candidates:
                found = _of_several(found, domain)
            if len(opening.text) < len(document.text):
                # No check may rest on what was not found in the part that was read.
                found = [replace(row, verdict="review") if row.start_char is None else row for row in found]
            findings += found if document.kind_confident else _unsure(found, findings)
        clock.check()
    if checked and document.boundary_candidates:
        findings += _of_stretches(opening, kinds, classifications, findings, card, clock)
    findings = _failing(document, findings, bool(unread))
    official = official_findings(document)
    hinted = replace(document, facts=in_doubt(document))
    result = Result(
        document=document_row(
            hinted, card, flags, doubtful, uncertain, findings, doubt, kinds, unread, official, elsewhere
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


def _failing(document: Document, findings: Sequence[Finding], unread: bool) -> list[Finding]:
    """Let a check fail by what it does not find only where that is sure; else it is for review.

    It is sure of a document whose kind, end and language are, and of a check whose absences people judged.

    Args:
        document: The document.
        findings: Its findings.
        unread: Whether some of it is in a language that no model has read.
    """
    sure = document.kind_confident and document.language != UNDETERMINED
    sure = sure and not (document.boundary_candidates or document.unread or unread)
    sure = sure and not (document.english and document.english.guarded)
    sure = sure and not (document.untranslated and document.untranslated.why == "stopped")
    return [
        replace(row, verdict="review")
        if row.verdict == "fail"
        and is_absence(row, document)
        and not (sure and absence_is_proven(row.decided_by))
        else row
        for row in findings
    ]


def official_findings(document: Document) -> list[Finding]:
    """Give the findings of the official rules of electronic invoices, where they were asked."""
    if document.official is None:
        return []
    from docassay.transforms.einvoice.answer import findings  # which most runs do without

    return findings(document.official, document.doc_id, document.text, document.media_type == XML)


def _unsure(found: Sequence[Finding], before: Sequence[Finding]) -> list[Finding]:
    """Let no check of a kind that is not sure fail, and leave out what a likelier kind was asked already.

    That a forbidden clause is not found in what may be another kind of document says nothing.
    """
    asked = {row.check_id for row in before}
    return [
        replace(row, verdict="review") if row.verdict == "fail" else row
        for row in found
        if row.check_id not in asked and not (row.verdict == "pass" and row.start_char is None)
    ]


def _of_several(found: Sequence[Finding], domain: domains.Domain) -> list[Finding]:
    """Let no facts fail what may hold several documents: they may be of different ones."""
    expecting = {rule.id for rule in domain.checks if rule.expect}
    return [
        replace(row, verdict="review") if row.verdict == "fail" and row.check_id in expecting else row
        for row in found
    ]


def _of_stretches(
    document: Document,
    kinds: Asked,
    classifications: Sequence[Classification],
    before: Sequence[Finding],
    card: Card,
    clock: Clock,
) -> list[Finding]:
    """Give what the checks of what may be documents of their own find, beside those of the whole document.

    Only evidence is given: what one of them does not state, or not surely, may stand in the rest. None fails:
    where each ends is not sure.
    """
    asked = [(domain.name, kind) for domain, kind in kinds]
    names = [domain.name for domain in domains.document_domains()]
    known = {(row.check_id, row.start_char) for row in before}
    found: list[Finding] = []
    for start, end, prediction in stretches(document, document.language, names):
        if not prediction.kind or (prediction.domain, prediction.kind) not in asked:
            continue
        part = stretch(document, start, end)
        first = next((row.segment for row in document.segments if start <= row.start_char), 0)
        last = first + len(part.segments)
        labels = [
            replace(row, segment=row.segment - first)
            for row in classifications
            if first <= row.segment < last
        ]
        part = replace(part, domain=prediction.domain, kind=prediction.kind, embedded_values=(), facts=())
        part = extract(part)
        of_kind = domains.load(prediction.domain).asking((prediction.kind,))
        expecting = {rule.id for rule in of_kind.checks if rule.expect}
        told = _findings(part, of_kind, labels, card, clock)
        told = [row for row in told if row.verdict != "review" or row.check_id not in expecting]
        for row in _unsure(told, ()):
            if row.start_char is None or row.end_char is None:
                continue
            moved = replace(row, start_char=row.start_char + start, end_char=row.end_char + start)
            if (moved.check_id, moved.start_char) not in known:
                known.add((moved.check_id, moved.start_char))
                found.append(moved)
    return found


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
    in_english = flag(document.doc_id, domain, _english_view(document, english), clock)
    labels = flag_labels(document.doc_id, domain, english.segments, document.readings, card)
    sure_labels = [row for row in labels if not english.is_guarded(row.start_char, row.end_char)]
    with_guarded = english.moved(in_english)
    if english.guarded:
        trusted = english.without_guarded(segments)
        without_guarded = trusted.moved(
            flag(document.doc_id, domain, _english_view(document, trusted), clock)
        )
        confirmed = [row for row in without_guarded if is_matched(row, with_guarded)]
    else:
        without_guarded = confirmed = with_guarded
    flags = merged_flags(original, [*confirmed, *english.moved(sure_labels)])
    codes = {row.code for row in (*with_guarded, *without_guarded, *english.moved(labels))}
    return flags, codes - {row.code for row in flags}


def _findings(
    document: Document,
    domain: domains.Domain,
    classifications: Sequence[Classification],
    card: Card,
    clock: Clock,
) -> list[Finding]:
    english = document.english
    tasks = {task for reading in document.readings for task in reading.probabilities}
    models = {task: deciders(document.readings, card, task) for task in tasks}
    if english is None:
        return comply(document.doc_id, domain, rule_input(document), classifications, models, clock)
    views = rule_input(document), _english_view(document, english)
    # What one text says unsurely is not missing in the other, and the English alone is no answer to it.
    unsure, unsure_in_english = set[str](), set[str]()
    original = comply(document.doc_id, domain, views[0], (), None, clock, unsure)
    in_english = comply(document.doc_id, domain, views[1], classifications, models, clock, unsure_in_english)
    in_english = [row for row in in_english if row.check_id not in unsure]
    original = [row for row in original if row.verdict == "pass" or row.check_id not in unsure_in_english]
    wording_rules = {rule.id for rule in domain.checks if rule.reads == "both"}
    inferred_rules = {
        rule.id
        for rule in domain.checks
        if "domain" in english.inferred or (rule.kinds and "kind" in english.inferred)
    }
    # Where a check of wording finds nothing, it has searched both texts.
    original = [
        replace(row, decided_by=english.decider(row))
        if row.check_id in inferred_rules or (row.start_char is None and row.check_id in wording_rules)
        else row
        for row in original
    ]
    found = merged_findings(original, english.moved(in_english))
    # Nothing is absent of what a section speaks, whether its heading is known in the original or in English.
    absent = {row.check_id for row in found if row.start_char is None} & wording_rules
    silent = {
        rule.id
        for rule in domain.checks
        if rule.id in absent and not rule.compares and any(domains.is_silent(rule, view) for view in views)
    }
    # A head reads the English alone: what it may see there is not absent of the original.
    answered = {row.check_id for row in in_english}
    silent |= {
        rule.id
        for rule in domain.checks
        if rule.id in absent - answered and rule.forbids and (rule.label or "").split(".")[0] in models
    }
    return [row for row in found if row.start_char is not None or row.check_id not in silent]


def _english_view(document: Document, english: English) -> domains.RuleInput:
    return domains.RuleInput(
        english.text,
        document.kind,
        document.media_type,
        english.segments,
        translated=True,
        original=document.text,
    )


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
