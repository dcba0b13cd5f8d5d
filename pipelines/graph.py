"""The graph, from sources to the rows of every document; the same in batch and in streaming.

A reject travels with the documents to the writer, as a value: without side outputs the runner fuses
all stages into one, and no text leaves the worker that read it.
"""

from __future__ import annotations

from typing import Any

import apache_beam as beam

from docassay import domains
from docassay.models import encoder_group, larger_open
from docassay.models.catalog import Card, merge_cards, use_folders
from docassay.models.translators import translating
from docassay.pipelines.stages import Options, transform_of
from docassay.schemas.errors import ModelError
from docassay.schemas.rows import Reject, Result, Source
from docassay.transforms.stages import ORDER

_TRANSFORMS = {name: transform_of(name) for name in ORDER}
"""The transforms of the stages, in their order; imported here, with all that lives as long as the process."""


def build(sources: beam.PCollection[Source | Reject], options: Options) -> beam.PCollection[Result | Reject]:
    """Apply the stages in their order: every source becomes one `Result` or one `Reject`.

    A mail's attachments become documents of their own on the way. A stage that has nothing to do is left out:
    a step that adds nothing is one that other runners cannot carry out.
    """
    documents: beam.PCollection[Any] = sources
    for name, transform in _TRANSFORMS.items():
        step = transform.of(options)
        if step is not None:
            documents = documents | name.capitalize() >> step
    return documents


def check_models(options: Options) -> tuple[Card, ...]:
    """Check every model that the graph will open, before any document is read, and give their cards.

    Raises:
        ModelError: A model is missing, differs from its card, or has a task of an unknown domain.
    """
    use_folders(options.model_folders)
    cards = encoder_group.check(options.model)
    for card in cards:
        for task in card.tasks.values():
            if task.asked and task.domain not in domains.names():
                raise ModelError(
                    f"model {card.id}: {task.name} is asked of the domain {task.domain!r}, which is not there"
                    f" (there are {', '.join(domains.names())}); DOCASSAY_DOMAINS names folders of others"
                )
    small = merge_cards([card for card in cards if card.kind == "encoder"])
    larger = [card for settings in options.larger for card in larger_open.check(settings, small)]
    return (*cards, *translating(options.escalate.at if options.escalate else None), *larger)
