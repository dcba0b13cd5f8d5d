"""Which questions a document was not asked, and why: what would have to be known to ask them."""

from __future__ import annotations

from collections.abc import Iterable

from docassay import domains
from docassay.models.catalog import Card
from docassay.models.tagger import TASK as PERSONAL_DATA
from docassay.schemas.rows import UNKNOWN
from docassay.transforms.budget import WHY
from docassay.transforms.document import Document
from docassay.transforms.split import asked_kinds, languages_read


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
    read = languages_read(card)
    segments = (document.english or document).segments
    if answered and any(segment.language not in read for segment in segments):
        reasons.append(f"language_not_read: {_listed(answered)}")
    missing = [task for task in tasks if task not in answered]
    if missing:
        reasons.append(f"no_model: {_listed(missing)}")
    unread = {"translate": "translation", "assess": _listed(answered), "conclude": "rules"}
    reasons += [f"{WHY}: {unread[stage]} from character {start} on" for stage, start in document.unread]
    return tuple(reasons)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
