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
from docassay.pipelines.parse import Parse
from docassay.pipelines.read import Read
from docassay.pipelines.stage import RunStage
from docassay.schemas.errors import ModelError
from docassay.schemas.rows import Reject, Result, Source
from docassay.transforms.context import Options
from docassay.transforms.stages import STAGES


def build(sources: beam.PCollection[Source | Reject], options: Options) -> beam.PCollection[Result | Reject]:
    """Apply the stages in their order: every source becomes one `Result` or one `Reject`.

    A mail's attachments become documents of their own on the way. A stage that has nothing to do is left out:
    a step that adds nothing is one that other runners cannot carry out.
    """
    documents: beam.PCollection[Any] = sources | "Read" >> Read(options) | "Parse" >> Parse(options)
    for stage in STAGES:
        if stage.needed(options):
            documents = documents | stage.name.capitalize() >> RunStage(stage.name, options)
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
    fallbacks = [
        card for settings in options.fallback_classifiers for card in larger_open.check(settings, small)
    ]
    generator = options.fallback_translator
    return (*cards, *translating(generator.at if generator else None), *fallbacks)
