"""Conclude: from a document's readings to all of its rows."""

from __future__ import annotations

import domains
from models.catalog import Card
from schemas.rows import (
    UNDETERMINED,
    UNKNOWN,
    Document,
    Finding,
    Flag,
    Parsed,
    Reject,
    Result,
    Status,
)
from transforms.assess import Assessed, asked
from transforms.classify import classify
from transforms.comply import comply
from transforms.flag import flag, flag_labels, risk


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
    view = domains.View(parsed.text, parsed.kind, parsed.media_type, segments)
    flags: list[Flag] = []
    findings: list[Finding] = []
    for domain in asked(parsed):
        flags += flag(parsed.doc_id, domain, view)
        flags += flag_labels(parsed.doc_id, domain, segments, assessed.readings, card)
        if parsed.domain != UNKNOWN:
            findings += comply(parsed.doc_id, domain, view, classifications)
    tokens = sum(reading.tokens for reading in assessed.readings)
    return Result(
        document=_document(parsed, len(segments), tokens, flags, findings, card),
        text=parsed.text,
        segments=segments,
        classifications=classifications,
        flags=tuple(sorted(flags, key=lambda row: (row.start, row.end, row.code, row.decided_by))),
        findings=tuple(findings),
    )


def _document(
    parsed: Parsed, segments: int, tokens: int, flags: list[Flag], findings: list[Finding], card: Card
) -> Document:
    status, reasons = _status(parsed, flags, findings, card)
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
        segments=segments,
        event_time=parsed.event_time,
        risk=risk(flags),
        status=status,
        reasons=reasons,
    )


def _status(
    parsed: Parsed, flags: list[Flag], findings: list[Finding], card: Card
) -> tuple[Status, tuple[str, ...]]:
    """Say what a person should do with the document, and why: signs of fraud first."""
    codes = sorted({f"flag:{row.code}" for row in flags})
    doubts = sorted({f"check:{row.check}" for row in findings if row.verdict != "pass"})
    if parsed.domain == UNKNOWN:
        doubts.append("domain_uncertain")
    if parsed.language not in (UNDETERMINED, *card.about.get("languages", ["en"])):
        doubts.append(f"language_without_model:{parsed.language}")
    status: Status = "flagged" if codes else "review" if doubts else "clear"
    return status, (*codes, *doubts)
