"""The Beam half of each stage of `transforms`: one PTransform a file, named after its stage; counted here.

The order of the stages is in `transforms.stages`. Beam's metrics are plugged into the counters here, so every
process that runs a stage has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from apache_beam.metrics import Metrics

from docassay.models.catalog import DEFAULT_ENCODER
from docassay.models.larger import Settings
from docassay.observe import counters
from docassay.pipelines.encoder_handler import BATCH_CHARS
from docassay.schemas.rows import Reject
from docassay.transforms import faults
from docassay.transforms.budget import Budget
from docassay.transforms.formats import Limits

Element = TypeVar("Element", bound=faults.Identified)
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the stages, the same on every worker.

    Attributes:
        domain: The domain of every document, or None to detect it.
        model: The encoder, by its name in the catalog.
        model_folders: Folders in which models are looked for, too; see `models.catalog.use_folders`.
        escalate: The generator that doubtful translations go to, or None.
        larger: The larger models that abstained labels go to, in turn.
        run_id: The run, whose budgets of larger models these are.
        threads: Calls of the engine at a time in one worker.
        batch_chars: Characters of the documents of an inference batch.
        text_column: Column of `.jsonl` and `.parquet` inputs.
        skip: Folder whose published documents are passed over, or None.
        again: Folder whose published inputs, of the same bytes and URI, are passed over, or None.
        notes: Staging folder of a run in which it is noted what is passed over, or None.
        limits: Bounds of each document.
        budget: How much of each document the stages after parsing read.
        personal_data: Find personal data in every document, not only of the kinds that ask for it.
        full_validation: Run Great Expectations on every row; see `storage.tables.validate`.
    """

    domain: str | None = None
    model: str = DEFAULT_ENCODER
    model_folders: tuple[str, ...] = ()
    escalate: Settings | None = None
    larger: tuple[Settings, ...] = ()
    run_id: str = ""
    threads: int = 1
    batch_chars: int = BATCH_CHARS
    text_column: str = "text"
    skip: str | None = None
    again: str | None = None
    notes: str | None = None
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    personal_data: bool = False
    full_validation: bool = False


def transform_of(name: str) -> Any:
    """Import the transform of a stage: the class in `pipelines.stages.NAME` that has the stage's name."""
    return getattr(import_module(f"{__name__}.{name}"), name.capitalize())


def count_in(name: str, documents: int = 1) -> None:
    """Count the documents that a stage takes."""
    counters.count(name, "in", documents)


def count_out(name: str, outcome: Any) -> None:
    """Count the outcome of a stage for a document, as ``out`` or ``rejected``."""
    counters.count(name, "rejected" if isinstance(outcome, Reject) else "out")


def counted(
    element: Element | Reject, name: str, work: Callable[[Element], Outcome | Reject]
) -> Outcome | Reject:
    """Do a stage's work on a document, counted and timed; a reject of an earlier stage passes.

    A document on which it raises is rejected.
    """
    if isinstance(element, Reject):
        return element
    count_in(name)
    with counters.timed(name):
        outcome = faults.alone(name, element, work)
    count_out(name, outcome)
    return outcome


class _BeamMetrics:
    """Beam's own counters and distributions, by namespace and name."""

    def count(self, stage: str, name: str, amount: int) -> None:
        _counter(stage, name).inc(amount)

    def spread(self, stage: str, name: str, value: int) -> None:
        _distribution(stage, name).update(value)


@cache
def _counter(stage: str, name: str) -> Any:
    return Metrics.counter(stage, name)


@cache
def _distribution(stage: str, name: str) -> Any:
    return Metrics.distribution(stage, name)


counters.plug_in(_BeamMetrics())
