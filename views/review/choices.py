"""Choices: what a finding, a label or a kind could be instead."""

from __future__ import annotations

from docassay import domains
from docassay.models.catalog import DEFAULT_ENCODER, find, read
from docassay.views import words
from docassay.views.page import Page
from docassay.views.review.ledger import Target


def choices_for(target: Target, page: Page) -> list[tuple[str, str]]:
    """List what a thing could be instead: values with their words."""
    if target.thing.object == "finding":
        return [(verdict, said) for verdict, said in words.VERDICTS.items() if verdict != target.label]
    if target.thing.object == "document":
        return [
            (f"{domain.name}.{kind.name}", f"{words.title(kind.name)}, {domain.name}")
            for domain in domains.document_domains()
            for kind in domain.kinds
        ]
    if target.thing.object == "label":
        tasks = read(find(DEFAULT_ENCODER)).tasks
        known = set(tasks[target.thing.code].labels) if target.thing.code in tasks else set()
        known |= {row.label for row in page.result.classifications if row.task == target.thing.code}
        return [(label, words.title(label)) for label in sorted(known) if label != target.label]
    if target.thing.object == "entity":
        from docassay.models.tagger import MODEL

        kinds = {*read(find(MODEL)).about["labels"], *(row.label for row in page.result.entities)}
        return [(label, words.title(label)) for label in sorted(kinds) if label != target.label]
    if target.thing.object == "flag":
        codes = {rule.id for domain in domains.document_domains() for rule in domain.flags}
        codes |= {rule.id for domain in domains.mail_domains() for rule in domain.flags}
        return [(code, words.title(code)) for code in sorted(codes) if code != target.thing.code]
    return []
