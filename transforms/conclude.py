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
from docassay.transforms.flag import flag, flag_labels, risk
from docassay.transforms.identify import identify
from docassay.transforms.split import SplitDocument, asked_domains
from docassay.transforms.translation.alignment import English, merged_findings, merged_flags

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
    findings: list[Finding] = []
    for domain in asked_domains(parsed):
        flags += _flags(assessed, domain, card)
        if parsed.domain != UNKNOWN:
            findings += _findings(assessed, domain, classifications)
    tokens = sum(reading.tokens for reading in assessed.readings)
    return Result(
        document=_document(assessed.split, tokens, flags, findings, card),
        text=parsed.text,
        segments=segments,
        classifications=classifications,
        flags=tuple(sorted(flags, key=lambda row: (row.start_char, row.end_char, row.code, row.decided_by))),
        findings=tuple(findings),
        translations=assessed.split.english.translations if assessed.split.english else (),
        entities=() if assessed.split.english else identify(segments, assessed.readings, card),
    )


def _flags(assessed: Assessed, domain: domains.Domain, card: Card) -> list[Flag]:
    """Apply rules to the original and to the English; what the model has read is the English."""
    parsed, english = assessed.split.parsed, assessed.split.english
    own = flag(parsed.doc_id, domain, _view(assessed.split))
    if english is None:
        return own + flag_labels(parsed.doc_id, domain, assessed.split.segments, assessed.readings, card)
    there = flag(parsed.doc_id, domain, _english_view(parsed, english))
    there += flag_labels(parsed.doc_id, domain, english.segments, assessed.readings, card)
    return merged_flags(own, english.flags(there))


def _findings(
    assessed: Assessed, domain: domains.Domain, classifications: Sequence[Classification]
) -> list[Finding]:
    parsed, english = assessed.split.parsed, assessed.split.english
    if english is None:
        return comply(parsed.doc_id, domain, _view(assessed.split), classifications)
    own = comply(parsed.doc_id, domain, _view(assessed.split))
    there = comply(parsed.doc_id, domain, _english_view(parsed, english), classifications)
    found = merged_findings(own, english.findings(there))
    if not any(row.guarded for row in english.translations):
        return found
    # What a doubtful translation does not have may stand in the original.
    return [
        replace(row, verdict="review") if row.verdict == "fail" and row.start_char is None else row
        for row in found
    ]


def _view(split: SplitDocument) -> domains.View:
    return domains.View(split.parsed.text, split.parsed.kind, split.parsed.media_type, split.segments)


def _english_view(parsed: Parsed, english: English) -> domains.View:
    return domains.View(english.text, parsed.kind, parsed.media_type, english.segments)


def _document(
    split: SplitDocument, tokens: int, flags: list[Flag], findings: list[Finding], card: Card
) -> Document:
    parsed = split.parsed
    status, reasons = _status(split, flags, findings, card)
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
    split: SplitDocument, flags: list[Flag], findings: list[Finding], card: Card
) -> tuple[Status, tuple[str, ...]]:
    """Say what a person should do with the document, and why: signs of fraud first."""
    parsed = split.parsed
    codes = sorted({f"flag:{row.code}" for row in flags})
    doubts = sorted({f"check:{row.check_id}" for row in findings if row.verdict != "pass"})
    if parsed.domain == UNKNOWN:
        doubts.append("domain_uncertain")
    doubts += [f"language_without_model:{tag}" for tag in _unread(split, card)]
    if split.english and any(row.guarded for row in split.english.translations):
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
