"""Corrections: what a flag, a check, a label, personal data or a kind may be instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from docassay import domains
from docassay.models.catalog import DEFAULT_ENCODER, find, read
from docassay.schemas.rows import Verdict
from docassay.storage.decisions.targets import Choice

SHOWN = 12
"""So many of the labels that there are stand in an error."""


def labels_for(of: str, code: str) -> tuple[str, ...]:
    """List what a thing may be instead, as decisions write it.

    Args:
        of: What was decided on, one of `schemas.decisions.OBJECTS`.
        code: The flag's code, the check's id, the task or the entity's label.

    Returns:
        In their order; nothing for a task that the shipped model has not.
    """
    if of == "finding":
        return get_args(Verdict)
    if of == "document":
        every = domains.document_domains()
        return tuple(f"{domain.name}.{kind.name}" for domain in every for kind in domain.kinds)
    if of == "label":
        tasks = read(find(DEFAULT_ENCODER)).tasks
        return tuple(sorted(tasks[code].labels)) if code in tasks else ()
    if of == "entity":
        from docassay.models.tagger import MODEL

        return tuple(sorted(read(find(MODEL)).about["labels"]))
    some = (*domains.document_domains(), *domains.mail_domains())
    return tuple(sorted({rule.id for domain in some for rule in domain.flags}))


def wrong(choice: Choice, chars: int) -> Iterator[str]:
    """Say what cannot be right in a correction.

    A label of a task, and one of personal data, may be new: a head can be trained on it.

    Args:
        choice: What was decided; its row was seen.
        chars: Characters of its document.
    """
    end, label = choice.corrected_end, choice.corrected_label
    if end is not None and end > chars:
        yield f"{choice.corrected_start} to {end} is no span of a text of {chars:,} characters"
    if end is not None and choice.object == "document":
        yield "of a document another kind is right, not a span"
    if label is None:
        return
    if label == (choice.code if choice.object in ("flag", "entity") else choice.label):
        yield f"it says {label!r} already"
        return
    known = () if choice.object in ("label", "entity") else labels_for(choice.object, choice.code)
    if known and label not in known:
        listed = ", ".join(known[:SHOWN]) + (f" and {len(known) - SHOWN} more" if len(known) > SHOWN else "")
        yield f"{choice.object} {choice.code} cannot be {label!r}; there are {listed}"
