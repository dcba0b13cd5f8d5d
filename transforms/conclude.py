"""Conclude: from a document's readings to all of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from docassay import domains
from docassay.models.catalog import Card
from docassay.models.reading import deciders
from docassay.schemas.rows import (
    UNDETERMINED,
    UNKNOWN,
    Classification,
    Document,
    Finding,
    Flag,
    Parsed,
    Result,
    Status,
)
from docassay.transforms.assess import Assessed
from docassay.transforms.budget import RULE_CHARS, RULE_SECONDS, WHY, Clock, Unread
from docassay.transforms.classify import classify, classify_by_heading
from docassay.transforms.comply import comply
from docassay.transforms.detect import stretches
from docassay.transforms.flag import flag, flag_labels, risk, uncertain_codes
from docassay.transforms.formats.media_types import LISTINGS, MAIL
from docassay.transforms.identify import identify, is_asked
from docassay.transforms.mail_head import flag_mail
from docassay.transforms.not_asked import not_asked
from docassay.transforms.place import place
from docassay.transforms.split import SplitDocument, asked_kinds
from docassay.transforms.stretch import stretch
from docassay.transforms.translation.alignment import English, is_matched, merged_findings, merged_flags

MIXED = "mixed"
"""The reason of a document that may hold several."""

OPENING_CHARS = 60
"""Characters that tell a person which stretch of a document is meant."""

NOT_IN = "It is not found in what may be a document of its own, from “{}” on."

PART_CHARS = 400
PART_SHARE = 0.1
"""Fewest characters, and smallest share of a document, of an unread language that is reported."""


def conclude(
    assessed: Assessed,
    card: Card,
    personal_data: bool = False,
    most_chars: int = RULE_CHARS,
    most_seconds: float = RULE_SECONDS,
) -> Result:
    """Give every row of a document: labels, flags, findings and the document itself.

    Personal data are looked for where `personal_data` says so, or the document's kind asks for them.

    A document of unknown domain is searched for the fraud signs of every domain, but no compliance check
    is run on it: nobody knows which law applies. Of what may hold several documents, each is checked besides
    the whole, by its own kind. Rules read the first `most_chars` characters; of a longer
    document, a check that finds nothing there gives ``review``.

    Raises:
        OutOfTime: The rules took more than `most_seconds` of processor time.
    """
    clock = Clock(most_seconds)
    opening = _opening(assessed, most_chars)
    assessed = replace(assessed, split=replace(assessed.split, unread=opening.split.unread))
    parsed, segments = assessed.split.parsed, assessed.split.segments
    by_heading = [dict[str, Classification]() for _ in segments]
    if parsed.domain != UNKNOWN:
        by_heading = classify_by_heading(domains.load(parsed.domain), parsed.kind, segments)
    classifications = tuple(
        row
        for segment, reading, of_heading in zip(segments, assessed.readings, by_heading, strict=True)
        for row in classify(segment, reading, card, of_heading)
    )
    flags: list[Flag] = []
    doubtful: set[str] = set()
    uncertain: set[str] = set()
    findings: list[Finding] = []
    for domain, kind in asked_kinds(parsed):
        asked = _as(opening, kind)
        confirmed, doubtful_codes = _flags(asked, domain, card, clock)
        flags += [row for row in confirmed if row not in flags]
        doubtful |= doubtful_codes
        if domain.every_mail:
            of_whole, near_margin = flag_mail(opening.split.parsed, domain)
            flags += of_whole
            uncertain.update(near_margin)
        uncertain.update(uncertain_codes(domain, assessed.readings, card))
        if parsed.domain != UNKNOWN:
            known = [row for row in classifications if row.segment < len(opening.readings)]
            found = _findings(asked, domain, known, card, clock)
            if len(opening.split.parsed.text) < len(parsed.text):
                found = _unsure_of_absence(found)
            findings += found if parsed.kind_sure else _unsure(found, findings)
        clock.check()
    if parsed.may_begin:
        findings += _of_stretches(opening, classifications, findings, card, clock)
    tokens = sum(reading.tokens for reading in assessed.readings)
    result = Result(
        document=_document(assessed, tokens, flags, doubtful, uncertain, findings, card),
        text=parsed.text,
        segments=segments,
        classifications=classifications,
        flags=tuple(sorted(flags, key=lambda row: (row.start_char, row.end_char, row.code, row.decided_by))),
        findings=tuple(findings),
        translations=assessed.split.english.translations if assessed.split.english else (),
        entities=identify(opening.split.parsed, segments) if personal_data or is_asked(parsed) else (),
    )
    return place(result, parsed.pages)


def _opening(assessed: Assessed, most_chars: int) -> Assessed:
    """Leave out what lies beyond so many characters of a document: text, English, segments and readings."""
    parsed = assessed.split.parsed
    if len(parsed.text) <= most_chars:
        return assessed
    opening = stretch(assessed, 0, most_chars)
    unread = (*assessed.split.unread, Unread("conclude", most_chars))
    begins = tuple(at for at in parsed.may_begin if at < most_chars)
    split = replace(opening.split, unread=unread, parsed=replace(opening.split.parsed, may_begin=begins))
    return replace(opening, split=split)


def _as(assessed: Assessed, kind: str) -> Assessed:
    """Take a document for one of a kind that it may be of."""
    split = assessed.split
    return replace(assessed, split=replace(split, parsed=replace(split.parsed, kind=kind)))


def _unsure_of_absence(found: Sequence[Finding]) -> list[Finding]:
    """Let no check rest on what was not found in the part of a document that was read."""
    return [replace(row, verdict="review") if row.start_char is None else row for row in found]


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


def _of_stretches(
    assessed: Assessed,
    classifications: Sequence[Classification],
    before: Sequence[Finding],
    card: Card,
    clock: Clock,
) -> list[Finding]:
    """Give what the checks of what may be documents of their own find, beside those of the whole document.

    A check that the whole passes may rest on one of them alone; it is then for review if it finds nothing in
    another that is of a sure kind, and in which half of the checks find something. None fails: where each
    ends is not sure.

    Args:
        assessed: The document, or its opening.
        classifications: The labels of its segments.
        before: What the checks found in the whole.
        card: The model that read it.
        clock: Looked at after each check.
    """
    parsed = assessed.split.parsed
    asked = [(domain.name, kind) for domain, kind in asked_kinds(parsed)]
    names = [domain.name for domain in domains.document_domains()]
    known = {(row.check_id, row.start_char) for row in before}
    found: list[Finding] = []
    for start, end, told in stretches(parsed, parsed.language, names):
        if not told.kind or (told.domain, told.kind) not in asked:
            continue
        part = stretch(assessed, start, end)
        first = next((row.segment for row in assessed.split.segments if start <= row.start_char), 0)
        last = first + len(part.split.segments)
        labels = [
            replace(row, segment=row.segment - first)
            for row in classifications
            if first <= row.segment < last
        ]
        own = replace(part.split.parsed, kind=told.kind, stated=())
        part = replace(part, split=replace(part.split, parsed=own))
        rows = _unsure(_findings(part, domains.load(told.domain), labels, card, clock), ())
        absent = sum(row.start_char is None for row in rows)
        complete = told.sure and 2 * absent <= len(rows)  # else it is a page within a document, more likely
        for row in rows:
            moved = _moved(row, start, parsed.text)
            if (row.start_char is None and not complete) or (moved.check_id, moved.start_char) in known:
                continue
            known.add((moved.check_id, moved.start_char))
            found.append(moved)
    return found


def _moved(row: Finding, start: int, text: str) -> Finding:
    """Move a finding of what begins at an offset of a text to that text; say where nothing was found."""
    if row.start_char is None or row.end_char is None:
        opening = " ".join(text[start : start + OPENING_CHARS].split())
        return replace(row, verdict="review", why=f"{row.why} {NOT_IN.format(opening)}")
    return replace(row, start_char=row.start_char + start, end_char=row.end_char + start)


def _flags(
    assessed: Assessed, domain: domains.Domain, card: Card, clock: Clock
) -> tuple[list[Flag], set[str]]:
    """Give the flags, and the codes of the signs that rest on a translation that a guard doubts.

    Rules read the original; those of wording, and the model, read the English as well. What they find there
    is kept only if it is found both with and without the sentences that a guard doubts.
    """
    parsed, segments, english = assessed.split.parsed, assessed.split.segments, assessed.split.english
    original = flag(parsed.doc_id, domain, _view(assessed.split), clock)
    if english is None:
        return original + flag_labels(parsed.doc_id, domain, segments, assessed.readings, card), set()
    kind_rules = {rule.id for rule in domain.flags if rule.kinds} if "kind" in english.inferred else set()
    original = [
        replace(row, decided_by=english.decider(row)) if row.code in kind_rules else row for row in original
    ]
    in_english = flag(parsed.doc_id, domain, _english_view(parsed, english), clock)
    labels = flag_labels(parsed.doc_id, domain, english.segments, assessed.readings, card)
    sure_labels = [row for row in labels if not english.is_guarded(row.start_char, row.end_char)]
    with_guarded = english.flags(in_english)
    if english.guarded:
        trusted = english.without_guarded(segments)
        without_guarded = trusted.flags(flag(parsed.doc_id, domain, _english_view(parsed, trusted), clock))
        confirmed = [row for row in without_guarded if is_matched(row, with_guarded)]
    else:
        without_guarded = confirmed = with_guarded
    flags = merged_flags(original, [*confirmed, *english.flags(sure_labels)])
    codes = {row.code for row in (*with_guarded, *without_guarded, *english.flags(labels))}
    return flags, codes - {row.code for row in flags}


def _findings(
    assessed: Assessed,
    domain: domains.Domain,
    classifications: Sequence[Classification],
    card: Card,
    clock: Clock,
) -> list[Finding]:
    parsed, english = assessed.split.parsed, assessed.split.english
    tasks = {task for reading in assessed.readings for task in reading.probabilities}
    models = {task: deciders(assessed.readings, card, task) for task in tasks}
    if english is None:
        return comply(parsed.doc_id, domain, _view(assessed.split), classifications, models, clock)
    original = comply(parsed.doc_id, domain, _view(assessed.split), (), None, clock)
    in_english = comply(parsed.doc_id, domain, _english_view(parsed, english), classifications, models, clock)
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
    findings = merged_findings(original, english.findings(in_english))
    if not english.guarded:
        return findings
    # What a doubtful translation does not have may stand in the original.
    return [
        replace(row, verdict="review")
        if row.verdict == "fail" and row.start_char is None and row.check_id in wording_rules
        else row
        for row in findings
    ]


def _view(split: SplitDocument) -> domains.RuleInput:
    parsed = split.parsed
    return domains.RuleInput(
        parsed.text,
        parsed.kind,
        parsed.media_type,
        split.segments,
        stated=parsed.stated,
        tables=parsed.tables,
    )


def _english_view(parsed: Parsed, english: English) -> domains.RuleInput:
    return domains.RuleInput(english.text, parsed.kind, parsed.media_type, english.segments, translated=True)


def _document(
    assessed: Assessed,
    tokens: int,
    flags: list[Flag],
    doubtful: set[str],
    uncertain: set[str],
    findings: list[Finding],
    card: Card,
) -> Document:
    split, parsed = assessed.split, assessed.split.parsed
    status, reasons = _status(assessed, flags, doubtful, uncertain, findings, card)
    return Document(
        doc_id=parsed.doc_id,
        uri=parsed.uri,
        parent_id=parsed.parent_id,
        domain=parsed.domain,
        domain_probability=parsed.domain_probability,
        kind=parsed.kind,
        media_type=parsed.media_type,
        language=parsed.language,
        language_probability=parsed.language_probability,
        title=parsed.title,
        chars=len(parsed.text),
        tokens=tokens,
        segments=len(split.segments),
        event_time=parsed.event_time,
        risk=risk(flags),
        status=status,
        reasons=reasons,
        not_asked=not_asked(assessed.split, card),
        first_page=parsed.pages.first if parsed.pages else None,
        last_page=parsed.pages.last if parsed.pages else None,
    )


def _status(
    assessed: Assessed,
    flags: list[Flag],
    doubtful: set[str],
    uncertain: set[str],
    findings: list[Finding],
    card: Card,
) -> tuple[Status, tuple[str, ...]]:
    """Say what a person should do with the document, and why: signs of fraud first."""
    split, parsed = assessed.split, assessed.split.parsed
    codes = sorted({f"flag:{row.code}" for row in flags})
    doubts = sorted({f"check:{row.check_id}" for row in findings if row.verdict != "pass"})
    doubts += [f"flag_in_doubtful_translation:{code}" for code in sorted(doubtful)]
    doubts += [f"flag_uncertain:{code}" for code in sorted(uncertain)]
    # Most mail is about nothing that any domain asks of, and its signs of fraud are looked for in any case.
    listing = parsed.media_type in LISTINGS
    if parsed.domain == UNKNOWN and parsed.media_type != MAIL and not listing:
        doubts.append("domain_uncertain")
    if not parsed.kind_sure and parsed.likely_kinds:
        doubts.append(f"kind_uncertain:{','.join(parsed.likely_kinds)}")
    if parsed.may_begin:
        doubts.append(MIXED)
    if not listing:
        doubts += [f"language_without_model:{tag}" for tag in _unread(split, card)]
    if split.english and split.english.guarded:
        doubts.append("translation_guarded")
    doubts += [f"{WHY}:{unread.stage}" for unread in split.unread]
    status: Status = "flagged" if codes else "review" if doubts else "clear"
    return status, (*codes, *doubts)


def _unread(split: SplitDocument, card: Card) -> list[str]:
    """List the languages that no model has read: the document's, or that of a large part of it.

    A name or a heading may be taken for any language, so a part must have `PART_CHARS` characters and
    `PART_SHARE` of the document.
    """
    read_languages = {UNDETERMINED, *card.about.get("languages", ["en"])}
    if split.english:
        read_languages |= {row.source_language for row in split.english.translations}
    chars: Counter[str] = Counter()
    for segment in split.segments:
        chars[segment.language] += len(segment.text)
    fewest_chars = max(PART_CHARS, PART_SHARE * sum(chars.values()))
    parts = {tag for tag, count in chars.items() if count >= fewest_chars}
    return sorted((parts | {split.parsed.language}) - read_languages)
