"""The stages in order, for the graph and for one document at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docassay.models.asking import Asking
from docassay.models.reading import Reader
from docassay.schemas.rows import Reject, Result
from docassay.transforms import faults
from docassay.transforms.assess import assess, fraud_labels
from docassay.transforms.budget import Budget
from docassay.transforms.conclude import conclude
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.escalate import escalate
from docassay.transforms.split import split
from docassay.transforms.translate import ESCALATED, Translators, translate


@dataclass(frozen=True, slots=True)
class Tools:
    """What the stages after parsing work with.

    Attributes:
        reader: The model that reads the segments.
        translators: Open the models for texts in other languages; without them texts are not translated.
        domain: The domain of every document, or None to detect it.
        personal_data: Find personal data in every document, not only of the kinds that ask for it.
        budget: How much of each document they read.
        larger: The larger models that are asked where the reader abstains.
    """

    reader: Reader
    translators: Translators | None = None
    domain: str | None = None
    personal_data: bool = False
    budget: Budget = field(default_factory=Budget)
    larger: Sequence[Asking] = ()


Stage = Callable[[Sequence[Any], Tools], list[Any]]


def _each(name: str, work: Callable[[Any, Tools], Any]) -> Stage:
    """Lift a function of one document to a stage.

    A document on which it raises is rejected; what an earlier stage has rejected passes through.
    """
    return lambda batch, tools: [
        element
        if isinstance(element, Reject)
        else faults.alone(name, element, lambda document: work(document, tools))
        for element in batch
    ]


_STAGES: Mapping[str, Stage] = {
    "detect": _each("detect", lambda document, tools: detect(document, tools.domain)),
    "split": _each("split", lambda document, tools: split(document, tools.reader.card)),
    "translate": lambda batch, tools: (
        list(batch)
        if tools.translators is None
        else translate(batch, tools.translators, tools.reader.card, ESCALATED, tools.budget.translate_chars)
    ),
    "assess": lambda batch, tools: assess(batch, tools.reader, fraud_labels(), tools.budget.assess_chars),
    "escalate": _each(
        "escalate", lambda document, tools: escalate(document, tools.larger, tools.reader.card)
    ),
    "conclude": _each(
        "conclude",
        lambda document, tools: conclude(
            document,
            tools.reader.card,
            tools.personal_data,
            tools.budget.rule_chars,
            tools.budget.rule_seconds,
        ),
    ),
}

ORDER = ("read", "parse", *_STAGES)
"""The stages in their order: `read` gives the bytes of a source, `parse` its text, in another process."""


def judge(documents: Sequence[Document | Reject], tools: Tools) -> list[Result | Reject]:
    """Take documents that have been parsed through all later stages, in this process.

    Returns:
        One outcome for each, in order.
    """
    batch: list[Any] = list(documents)
    for work in _STAGES.values():
        batch = work(batch, tools)
    return batch
