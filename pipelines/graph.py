"""The graph, from sources to the rows of every document, and what files name as the origin of rows.

A reject travels with the documents to the writer, as a value: without side outputs the runner fuses
all stages into one, and no text leaves the worker that read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import apache_beam as beam

from docassay import domains
from docassay.domains import answers, support
from docassay.models import encoder_group
from docassay.models.catalog import Card, find, merge_cards, use_folders, verify
from docassay.models.fallback import client
from docassay.models.translators import translating
from docassay.pipelines.stages import Parse, Read, RunStage
from docassay.schemas.errors import ModelError, RunError
from docassay.schemas.rows import Reject, Result, Source
from docassay.storage.tables.runs import join_values, split_values
from docassay.transforms.context import Options
from docassay.transforms.stages import STAGES

BESIDE_ENCODER = ("answers", "detector", "kind", "mail", "part", "support")
"""The shipped models that a run may open beside its encoder, what goes with that, and its translators."""


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
        DomainError: The folder of a domain or overlay that has a ranker is wrong.
    """
    use_folders(options.model_folders)
    domains.check_rankers()
    cards = encoder_group.check(options.model)
    for card in cards:
        for task in card.tasks.values():
            if task.asked and task.domain not in domains.names():
                raise ModelError(
                    f"model {card.id}: {task.name} is for the domain {task.domain!r}, which is not installed"
                    f" (there are {', '.join(domains.names())}); DOCASSAY_DOMAINS names folders of others"
                )
    small = merge_cards([card for card in cards if card.kind == "encoder"])
    fallbacks = [card for settings in options.fallback_classifiers for card in client.check(settings, small)]
    generator = options.fallback_translator
    heads = [verify(find(name)) for name in BESIDE_ENCODER]
    for head in (answers, support):
        head.is_learnt("")  # a card that names no checks is found out now
    return (*cards, *translating(generator.at if generator else None), *fallbacks, *heads)


def provenance(options: Options, run_id: str) -> dict[str, str]:
    """Give the metadata of every file of a run: its id, the version of docassay, models and rules.

    Raises:
        ModelError: A model is missing, or not what its card says.
        DomainError: A domain's folder is wrong.
    """
    rules = [f"{name} {digest}" for name, digest in domains.digests().items()]
    if options.einvoice_rules is not None:
        from docassay.transforms.einvoice.rule_sets import read_rules

        rules.append(f"einvoice {read_rules(options.einvoice_rules).digest}")
    return {
        "run_id": run_id,
        "version": version("docassay"),
        "models": join_values(f"{card.id} {card.digest}" for card in check_models(options)),
        "rules": join_values(rules),
    }


def check_worker(metadata: Mapping[str, str], options: Options) -> None:
    """Check that this process has the version, models and rules that the metadata names.

    Raises:
        RunError: They differ from those of the process that started the run.
    """
    for key, value in provenance(options, metadata["run_id"]).items():
        if value != metadata[key]:
            here, there = {*split_values(value)}, {*split_values(metadata[key])}
            only_here, only_there = join_values(sorted(here - there)), join_values(sorted(there - here))
            raise RunError(
                f"a worker has different {key} from the command that started it; install the same docassay,"
                f" models and domains on both; only the worker has: {only_here or 'none'};"
                f" only the command: {only_there or 'none'}"
            )
