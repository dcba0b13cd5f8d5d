"""Needed: the segments of a document that its questions depend on, and that must be translated."""

from __future__ import annotations

from docassay.domains import Domain, RuleInput, applies
from docassay.models.catalog import Card
from docassay.schemas.rows import UNKNOWN, Segment
from docassay.transforms.assess import classify_by_heading
from docassay.transforms.document import Document
from docassay.transforms.split import asked_tasks


def needed(document: Document, card: Card) -> tuple[Segment, ...]:
    """List, in order, the segments that a question depends on whose answer is sought in English.

    A rule about wording that names the document's kind reads all of them; so does a check of wording for
    every kind that applies to the original. A head reads those that say something and whose headings do not
    give the answer. Signs of fraud that are sought in every document need no translation by themselves: they
    read the original, and any English there is. A document of unknown domain is asked only what its likely
    kinds are, and what the card asks of every document.
    """
    read: set[int] = set()
    for domain, kind, tasks in asked_tasks(document, card):
        if (document.domain != UNKNOWN or kind) and _by_rules(document, domain, kind):
            return document.segments
        if tasks:
            read |= _by_heads(document.segments, domain, kind, frozenset(tasks))
    return tuple(segment for at, segment in enumerate(document.segments) if at in read)


def _by_rules(document: Document, domain: Domain, kind: str) -> bool:
    """Tell whether a rule about wording needs the English of a document of a kind."""
    wording = [rule for rule in (*domain.flags, *domain.checks) if rule.reads == "both"]
    if any(kind in rule.kinds for rule in wording):
        return True
    view = RuleInput(document.text, kind, document.media_type, document.segments)
    return any(rule.reads == "both" and not rule.kinds and applies(rule, view) for rule in domain.checks)


def _by_heads(segments: tuple[Segment, ...], domain: Domain, kind: str, tasks: frozenset[str]) -> set[int]:
    """List the segments, by their place, that a head is asked of."""
    told = classify_by_heading(domain, kind, segments)
    return {
        at
        for at, (segment, labels) in enumerate(zip(segments, told, strict=True))
        if domain.says_something(segment.text, segment.heading) and not tasks <= set(labels)
    }
