"""The row of a document: what a person should do with it, why, and which questions it was not asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from docassay import domains
from docassay.models.catalog import PERSONAL_DATA, Card
from docassay.schemas.rows import UNKNOWN, DocumentRow, Finding, Flag, Status
from docassay.transforms.budget import WHY
from docassay.transforms.document import Document
from docassay.transforms.flag import risk
from docassay.transforms.formats.media_types import LISTINGS, MAIL
from docassay.transforms.split import asked_kinds, languages_read

MIXED = "mixed"
"""The reason of a document that may hold several."""

STOPPED = "translation_stopped"
"""What the reason of a document begins with of which guards doubted most of the English."""

PART_CHARS = 400
PART_SHARE = 0.1
"""Fewest characters, and smallest share of a document, of an unread language that is reported."""


def document_row(
    document: Document,
    card: Card,
    flags: Sequence[Flag],
    doubtful: Collection[str],
    uncertain: Collection[str],
    findings: Sequence[Finding],
) -> DocumentRow:
    """Give the row of a document; its reasons name signs of fraud first.

    Args:
        document: The document with its readings.
        card: The card of the model that read it.
        flags: Those of its signs that are sure.
        doubtful: Codes of signs that rest on a translation that a guard doubts.
        uncertain: Codes of signs within a model's margin.
        findings: Those of its checks.
    """
    codes = sorted({f"flag:{row.code}" for row in flags})
    doubts = sorted({f"check:{row.check_id}" for row in findings if row.verdict != "pass"})
    doubts += [f"flag_in_doubtful_translation:{code}" for code in sorted(doubtful)]
    doubts += [f"flag_uncertain:{code}" for code in sorted(uncertain)]
    # Most mail is about nothing that any domain asks of, and its signs of fraud are looked for in any case.
    listing = document.media_type in LISTINGS
    if document.domain == UNKNOWN and document.media_type != MAIL and not listing:
        doubts.append("domain_uncertain")
    if not document.kind_confident and document.kind_candidates:
        doubts.append(f"kind_uncertain:{','.join(document.kind_candidates)}")
    if document.boundary_candidates:
        doubts.append(MIXED)
    if not listing:
        doubts += [f"language_without_model:{tag}" for tag in _unread(document, card)]
    if document.english and document.english.guarded:
        doubts.append("translation_guarded")
    if document.untranslated and document.untranslated.why == "stopped":
        doubts += [f"{STOPPED}:{tag}" for tag in document.untranslated.languages]
    doubts += [f"{WHY}:{unread.stage}" for unread in document.unread]
    status: Status = "flagged" if codes else "review" if doubts else "clear"
    return DocumentRow(
        doc_id=document.doc_id,
        uri=document.uri,
        parent_id=document.parent_id,
        domain=document.domain,
        domain_probability=document.domain_probability,
        kind=document.kind,
        media_type=document.media_type,
        language=document.language,
        language_probability=document.language_probability,
        title=document.title,
        chars=len(document.text),
        tokens=sum(reading.tokens for reading in document.readings),
        segments=len(document.segments),
        event_time=document.event_time,
        risk=risk(flags),
        status=status,
        reasons=(*codes, *doubts),
        not_asked=not_asked(document, card),
        first_page=document.pages.first if document.pages else None,
        last_page=document.pages.last if document.pages else None,
    )


def _unread(document: Document, card: Card) -> list[str]:
    """List the languages that no model has read: the document's, or that of a large part of it.

    A name or a heading may be taken for any language, so a part must have `PART_CHARS` characters and
    `PART_SHARE` of the document.
    """
    read_languages = languages_read(card)
    if document.untranslated:
        read_languages |= set(document.untranslated.languages)
    if document.english:
        read_languages |= {row.source_language for row in document.english.translations}
    chars: Counter[str] = Counter()
    for segment in document.segments:
        chars[segment.language] += len(segment.text)
    fewest_chars = max(PART_CHARS, PART_SHARE * sum(chars.values()))
    parts = {tag for tag, count in chars.items() if count >= fewest_chars}
    return sorted((parts | {document.language}) - read_languages)


def not_asked(document: Document, card: Card) -> tuple[str, ...]:
    """List the questions that were not asked, as ``WHY: QUESTIONS``; see `schemas.rows.DocumentRow`."""
    wanted = [(domain, kind, domain.tasks_of(kind)) for domain, kind in asked_kinds(document)]
    tasks = dict.fromkeys(task for _, _, tasks in wanted for task in tasks)
    tasks.pop(PERSONAL_DATA, None)  # a tagger of its own reads the original, in any language
    answered = [task for task in tasks if task in card.tasks]
    reasons: list[str] = []
    if document.domain == UNKNOWN:
        names = [domain.name for domain in domains.document_domains()]
        reasons.append(f"domain_unknown: checks of {_listed(names)}")
    else:
        kinds = {kind for _, kind, _ in wanted}
        checks = [rule for domain, kind, _ in wanted if not kind for rule in domain.checks if rule.kinds]
        of_kinds = [rule.id for rule in checks if rule.kinds.isdisjoint(kinds)]
        if of_kinds:
            reasons.append(f"kind_unknown: {_listed(of_kinds)}")
    left = document.untranslated
    read = languages_read(card) | set(left.languages if left else ())
    segments = (document.english or document).segments
    if answered and any(segment.language not in read for segment in segments):
        reasons.append(f"language_not_read: {_listed(answered)}")
    missing = [task for task in tasks if task not in answered]
    if missing:
        reasons.append(f"no_model: {_listed(missing)}")
    unread = {"translate": "translation", "assess": _listed(answered), "conclude": "rules"}
    reasons += [f"{WHY}: {unread[stage]} from character {start} on" for stage, start in document.unread]
    if left and left.why == "stopped":
        reasons.append(f"{STOPPED}: {_listed(['wording', *answered])} from character {left.start} on")
    elif left and left.why == "not_needed":
        reasons.append("not_translated: English wording of signs of fraud")
    return tuple(reasons)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
