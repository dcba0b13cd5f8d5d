"""Escalate: what the small model abstained from is asked of a larger one, and nothing else.

The larger model is asked about single segments, once for the same text, at most so many questions a document.
An answer that it is sure of takes the place of the small model's before labels are smoothed along the
document; whatever else comes of it, refusal, nonsense or silence, is a reason in the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from docassay import domains
from docassay.domains.sections import NONE
from docassay.models.catalog import Card, TaskCard
from docassay.models.fallback.client import FallbackClient, Request
from docassay.models.fallback.model import BUDGET, FAILED, UNSURE, Answer, Question
from docassay.models.reading import (
    DECIDED,
    DECIMALS,
    DENIED,
    SETTLED,
    Escalated,
    Reading,
    assigned_labels,
    is_sure,
    smooth_readings,
)
from docassay.schemas.errors import DocassayError
from docassay.schemas.rows import UNKNOWN
from docassay.transforms import faults
from docassay.transforms.assess import classify_by_heading
from docassay.transforms.document import Document
from docassay.transforms.redaction.fields import masked


def escalate(document: Document, models: Sequence[FallbackClient], card: Card) -> Document:
    """Ask larger models, each in turn, for the labels of a document that are still in doubt."""
    for model in models:
        document = _escalate(document, model, card)
    return document


def escalate_or_keep(document: Document, models: Sequence[FallbackClient], card: Card) -> Document:
    """Do what `escalate` does; after a fault the labels stay what they were, and say `failed`.

    Raises:
        DocassayError: The installation is not whole, as in every stage (`faults`).
    """
    try:
        return escalate(document, models, card)
    except DocassayError:
        raise
    except Exception as error:
        faults.report("escalate", document.doc_id, document.uri, error)
    try:
        return failed(document, models, card)
    except Exception:  # the fault may lie in what both do; the document is kept
        return document


def failed(document: Document, models: Sequence[FallbackClient], card: Card) -> Document:
    """Say of each label that larger models would have been asked for that there was a fault; nothing else."""
    readings = list(document.readings)
    for model in models:
        for (segment, name), labels in _doubts(document, model, card).items():
            reason = Answer(reason=FAILED)
            readings[segment] = _answered(readings[segment], card.tasks[name], labels, reason, model.model.id)
    return replace(document, readings=tuple(readings))


def in_doubt(task: TaskCard, reading: Reading) -> dict[str, float]:
    """Give the labels of a task that the models so far are not sure of, with their probabilities."""
    probabilities = reading.probabilities[task.name]
    earlier = reading.escalated.get(task.name)
    settled = {label for label, said in earlier.outcomes.items() if said in SETTLED} if earlier else set()
    if task.kind == "single" and settled:
        return {}
    return {
        label: probability
        for label, probability in assigned_labels(task, probabilities)
        if label not in settled and not is_sure(task, probabilities, label)
    }


def _escalate(document: Document, model: FallbackClient, card: Card) -> Document:
    doubts = _doubts(document, model, card)
    if not doubts:
        return document
    wanted = {segment for segment, _ in doubts}
    texts = masked(document, wanted) if model.settings.mask else dict(enumerate(document.texts))
    requests = {}
    for (segment, name), labels in doubts.items():
        question = Question.of(card.tasks[name])
        # An encoder reads a text once for all labels; with the same labels such questions are one.
        whole = question.kind == "single" or model.settings.kind == "encoder"
        asked = question.labels if whole else tuple(labels)
        requests[segment, name] = Request(texts[segment], question, asked)
    affordable = [*dict.fromkeys(requests.values())][: model.settings.per_document]
    answers = dict(zip(affordable, model.ask(affordable), strict=True))
    readings = list(document.unsmoothed or document.readings)
    for (segment, name), labels in doubts.items():
        answer = answers.get(requests[segment, name], Answer(reason=BUDGET))
        readings[segment] = _answered(readings[segment], card.tasks[name], labels, answer, model.model.id)
    return replace(
        document, readings=tuple(smooth_readings(readings, card, DECIMALS)), unsmoothed=tuple(readings)
    )


def _doubts(document: Document, model: FallbackClient, card: Card) -> dict[tuple[int, str], dict[str, float]]:
    """List what is in doubt, by segment and task, that the model can be asked and no heading answers."""
    segments = document.segments
    by_heading: Sequence[Mapping[str, object]] = [{} for _ in segments]
    if document.domain != UNKNOWN:
        by_heading = classify_by_heading(domains.load(document.domain), document.kind, segments)
    known = {name for name, task in card.tasks.items() if model.model.knows(Question.of(task))}
    return {
        (n, name): labels
        for n, (reading, headed) in enumerate(zip(document.readings, by_heading, strict=True))
        for name in reading.probabilities
        if name in known and name not in headed
        for labels in [in_doubt(card.tasks[name], reading)]
        if labels
    }


def _answered(
    reading: Reading, task: TaskCard, labels: Mapping[str, float], answer: Answer, model: str
) -> Reading:
    """Let an answer enter a reading: what the larger model is sure of counts, the rest is a reason."""
    earlier = reading.escalated.get(task.name)
    if earlier and task.kind == "single":
        labels = earlier.small  # smoothing may have moved the label since; the small model's is the one asked
    small = {**labels, **(earlier.small if earlier else {})}
    outcomes = dict(earlier.outcomes) if earlier else {}
    models = {**(earlier.models if earlier else {}), **dict.fromkeys(labels, model)}
    probabilities = dict(zip(task.labels, reading.probabilities[task.name], strict=True))
    for label in labels:
        if answer.reason is not None:
            outcomes[label] = answer.reason
        elif task.kind == "single":
            outcomes[label] = DENIED if NONE in answer.given else DECIDED if answer.given else UNSURE
        else:
            outcomes[label] = (
                DECIDED if label in answer.given else DENIED if label in answer.denied else UNSURE
            )
        if task.kind == "multi" and outcomes[label] in SETTLED:
            probabilities[label] = answer.probabilities[label]
    if task.kind == "single" and answer.given:
        probabilities = dict(answer.probabilities)
    said = Escalated(small, outcomes, models)
    return replace(
        reading,
        probabilities={**reading.probabilities, task.name: tuple(probabilities[x] for x in task.labels)},
        escalated={**reading.escalated, task.name: said},
    )
