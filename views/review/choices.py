"""List the corrections that an item can have."""

from __future__ import annotations

from docassay.storage.decisions.targets import labels_for
from docassay.views import labels
from docassay.views.page import Page
from docassay.views.review.ledger import Target


def choices_for(target: Target, page: Page) -> list[tuple[str, str]]:
    """List possible corrections as pairs of value and display label."""
    of, code = target.thing.object, target.thing.code
    known = labels_for(of, code)
    if of == "document":
        return [
            (label, f"{labels.title(label.partition('.')[2])}, {label.partition('.')[0]}") for label in known
        ]
    if of == "finding":
        return [(label, labels.VERDICTS[label]) for label in known if label != target.label]
    if of == "label":
        known = (*known, *(row.label for row in page.result.classifications if row.task == code))
    if of == "entity":
        known = (*known, *(row.label for row in page.result.entities))
    now = code if of == "flag" else target.label
    return [(label, labels.title(label)) for label in sorted({*known} - {now})]
