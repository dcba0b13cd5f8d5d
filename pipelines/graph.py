"""The graph: from sources to the rows of every document. One object in batch and in streaming.

What an earlier stage has rejected travels with the rest, as a value, to the writer: no side road,
so the runner fuses all stages into one, and no text leaves the worker that read it.
"""

from __future__ import annotations

from typing import Any

import apache_beam as beam

from docassay import domains
from docassay.models import encoder_group
from docassay.models.catalog import Card, use_folders
from docassay.models.translators import translating
from docassay.pipelines.stages import Options, stage
from docassay.schemas.errors import ModelError
from docassay.schemas.rows import Reject, Result, Source
from docassay.transforms.stages import ORDER


def build(sources: beam.PCollection[Source | Reject], options: Options) -> beam.PCollection[Result | Reject]:
    """Take every source through the stages, in their order: it becomes one `Result` or one `Reject`.

    A mail's attachments become documents of their own on the way.
    """
    documents: beam.PCollection[Any] = sources
    for name in ORDER:
        documents = documents | name.capitalize() >> stage(name, options)
    return documents


def used(options: Options) -> tuple[Card, ...]:
    """Check every model that the graph will open, before any document.

    Raises:
        ModelError: One is missing, not what its card says, or cannot do what it is asked for.
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
    return (*cards, *translating(options.escalate))
