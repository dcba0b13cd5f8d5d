"""Choices: what a finding, a label or a kind could be instead."""

from __future__ import annotations

from docassay.storage.corrections import labels_for
from docassay.views import words
from docassay.views.page import Page
from docassay.views.review.ledger import Target


def choices_for(target: Target, page: Page) -> list[tuple[str, str]]:
    """List what a thing could be instead: values with their words."""
    of, code = target.thing.object, target.thing.code
    labels = labels_for(of, code)
    if of == "document":
        return [
            (label, f"{words.title(label.partition('.')[2])}, {label.partition('.')[0]}") for label in labels
        ]
    if of == "finding":
        return [(label, words.VERDICTS[label]) for label in labels if label != target.label]
    if of == "label":
        labels = (*labels, *(row.label for row in page.result.classifications if row.task == code))
    if of == "entity":
        labels = (*labels, *(row.label for row in page.result.entities))
    now = code if of == "flag" else target.label
    return [(label, words.title(label)) for label in sorted({*labels} - {now})]
