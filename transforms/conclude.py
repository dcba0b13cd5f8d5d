"""Conclude: from a document's readings to all of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from docassay import domains
from docassay.models.catalog import Card
from docassay.schemas.rows import (
    UNDETERMINED,
    UNKNOWN,
    Classification,
    Document,
    Finding,
    Flag,
    Parsed,
    Reject,
    Result,
    Status,
)
from docassay.transforms.assess import Assessed
from docassay.transforms.classify import classify
from docassay.transforms.comply import comply
from docassay.transforms.flag import flag, flag_labels, risk, uncertain_codes
from docassay.transforms.identify import identify
from docassay.transforms.split import SplitDocument, asked_domains
from docassay.transforms.translation.alignment import English, is_found, merged_findings, merged_flags

PART_CHARS = 400
PART_SHARE = 0.1
"""A language that nobody has read is reported from so many characters, and so much of a document, on."""


def conclude(assessed: Assessed | Reject, card: Card) -> Result | Reject:
    """Give every row of a document: labels, flags, findings and the document itself.

    A document of unknown domain is asked for the fraud signs of every domain, but for the
    compliance of none: which law applies is what is not known. A domain's function that fails on a
    document rejects it, since that is anybody's code; what an earlier stage rejected passes through.
    """
    if isinstance(assessed, Reject):
        return assessed
    try:
        return _result(assessed, card)
    except Exception as error:
        parsed = assessed.split.parsed
        detail = f"{type(error).__name__}: {error}"[:500]
        return Reject(parsed.doc_id, parsed.uri, "conclude", "rule_failed", detail)


def _result(assessed: Assessed, card: Card) -> Result:
    parsed, segments = assessed.split.parsed, assessed.split.segments
    classifications = tuple(
        row
        for segment, reading in zip(segments, assessed.readings, strict=True)
        for row in classify(segment, reading, card)
    )
    flags: list[Flag] = []
    doubtful: set[str] = set()
    findings: list[Finding] = []
    for domain in asked_domains(parsed):
        standing, doubted = _flags(assessed, domain, card)
        flags += standing
        doubtful |= doubted
        if parsed.domain != UNKNOWN:
            findings += _findings(assessed, domain, classifications, card)
    tokens = sum(reading.tokens for reading in assessed.readings)
    return Result(
        document=_document(assessed, tokens, flags, doubtful, findings, card),
        text=parsed.text,
        segments=segments,
        classifications=classifications,
        flags=tuple(sorted(flags, key=lambda row: (row.start_char, row.end_char, row.code, row.decided_by))),
        findings=tuple(findings),
        translations=assessed.split.english.translations if assessed.split.english else (),
        entities=() if assessed.split.english else identify(segments, assessed.readings, card),
    )


def _flags(assessed: Assessed, domain: domains.Domain, card: Card) -> tuple[list[Flag], set[str]]:
    """Give the signs of fraud, and the codes of those that stand on a translation that a guard doubts.

    Rules read the original; those of wording, and the model, read the English as well. What they find in it
    stands only where it is found whether the doubted sentences are believed or not.
    """
    parsed, segments, english = assessed.split.parsed, assessed.split.segments, assessed.split.english
    own = flag(parsed.doc_id, domain, _view(assessed.split))
    if english is None:
        return own + flag_labels(parsed.doc_id, domain, segments, assessed.readings, card), set()
    of_kinds = {rule.id for rule in domain.flags if rule.kinds} if "kind" in english.told else set()
    own = [replace(row, decided_by=english.by(row)) if row.code in of_kinds else row for row in own]
    there = flag(parsed.doc_id, domain, _english_view(parsed, english))
    labels = flag_labels(parsed.doc_id, domain, english.segments, assessed.readings, card)
    sure = [row for row in labels if not english.is_guarded(row.start_char, row.end_char)]
    believed = english.flags(there)
    if english.guarded:
        plain = english.without_guarded(segments)
        disbelieved = plain.flags(flag(parsed.doc_id, domain, _english_view(parsed, plain)))
        standing = [row for row in disbelieved if is_found(row, believed)]
    else:
        disbelieved = standing = believed
    flags = merged_flags(own, [*standing, *english.flags(sure)])
    met = {row.code for row in (*believed, *disbelieved, *english.flags(labels))}
    return flags, met - {row.code for row in flags}


def _findings(
    assessed: Assessed, domain: domains.Domain, classifications: Sequence[Classification], card: Card
) -> list[Finding]:
    parsed, english = assessed.split.parsed, assessed.split.english
    models = {task: card.answering(task) for r in assessed.readings for task in r.probabilities}
    if english is None:
        return comply(parsed.doc_id, domain, _view(assessed.split), classifications, models)
    own = comply(parsed.doc_id, domain, _view(assessed.split))
    there = comply(parsed.doc_id, domain, _english_view(parsed, english), classifications, models)
    wording = {rule.id for rule in domain.checks if rule.reads == "both"}
    told = {
        rule.id
        for rule in domain.checks
        if "domain" in english.told or (rule.kinds and "kind" in english.told)
    }
    # What a check of wording does not find, it has not found in either text.
    own = [
        replace(row, decided_by=english.by(row))
        if row.check_id in told or (row.start_char is None and row.check_id in wording)
        else row
        for row in own
    ]
    found = merged_findings(own, english.findings(there))
    if not english.guarded:
        return found
    # What a doubtful translation does not have may stand in the original.
    return [
        replace(row, verdict="review")
        if row.verdict == "fail" and row.start_char is None and row.check_id in wording
        else row
        for row in found
    ]


def _view(split: SplitDocument) -> domains.View:
    return domains.View(split.parsed.text, split.parsed.kind, split.parsed.media_type, split.segments)


def _english_view(parsed: Parsed, english: English) -> domains.View:
    return domains.View(english.text, parsed.kind, parsed.media_type, english.segments, translated=True)


def _document(
    assessed: Assessed,
    tokens: int,
    flags: list[Flag],
    doubtful: set[str],
    findings: list[Finding],
    card: Card,
) -> Document:
    split, parsed = assessed.split, assessed.split.parsed
    status, reasons = _status(assessed, flags, doubtful, findings, card)
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
    )


def _status(
    assessed: Assessed, flags: list[Flag], doubtful: set[str], findings: list[Finding], card: Card
) -> tuple[Status, tuple[str, ...]]:
    """Say what a person should do with the document, and why: signs of fraud first."""
    split, parsed = assessed.split, assessed.split.parsed
    codes = sorted({f"flag:{row.code}" for row in flags})
    doubts = sorted({f"check:{row.check_id}" for row in findings if row.verdict != "pass"})
    doubts += [f"flag_in_doubtful_translation:{code}" for code in sorted(doubtful)]
    uncertain = {
        code for domain in asked_domains(parsed) for code in uncertain_codes(domain, assessed.readings, card)
    }
    doubts += [f"flag_uncertain:{code}" for code in sorted(uncertain)]
    if parsed.domain == UNKNOWN:
        doubts.append("domain_uncertain")
    doubts += [f"language_without_model:{tag}" for tag in _unread(split, card)]
    if split.english and split.english.guarded:
        doubts.append("translation_guarded")
    status: Status = "flagged" if codes else "review" if doubts else "clear"
    return status, (*codes, *doubts)


def _unread(split: SplitDocument, card: Card) -> list[str]:
    """List the languages that nothing has read: the document's, or that of a good part of it.

    A name or a heading may be taken for any language, so a part counts from `PART_CHARS` and
    `PART_SHARE` on.
    """
    read = {UNDETERMINED, *card.about.get("languages", ["en"])}
    if split.english:
        read |= {row.source_language for row in split.english.translations}
    chars: Counter[str] = Counter()
    for segment in split.segments:
        chars[segment.language] += len(segment.text)
    least = max(PART_CHARS, PART_SHARE * sum(chars.values()))
    parts = {tag for tag, count in chars.items() if count >= least}
    return sorted((parts | {split.parsed.language}) - read)
