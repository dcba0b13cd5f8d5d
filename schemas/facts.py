"""Fact: what a document states, as a typed value with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from docassay.schemas.pages import Box

FactSource = Literal["stated", "rule", "model"]
FactType = Literal[
    "text",
    "name",
    "date",
    "time",
    "duration",
    "amount",
    "number",
    "percentage",
    "quantity",
    "currency",
    "account",
    "identifier",
    "mailbox",
    "jurisdiction",
]

FACT_SOURCES: tuple[FactSource, ...] = get_args(FactSource)
FACT_TYPES: tuple[FactType, ...] = get_args(FactType)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a document states: a party, a date, a sum, an account; ``text[start_char:end_char] == value``.

    Attributes:
        ordinal: Ordinal within the document, from 0.
        name: The field, such as `effective_date`; `docassay domains NAME` lists those of a domain.
        role: As what it is named, such as `seller` of a party; null where that is not said.
        group_id: Ordinal of what it belongs to, such as the third party; null where it stands alone.
        value: As the document writes it.
        normalised: As every document has it: a date or time as in ISO 8601 (a month without its day as
            ``2024-03``), a duration likewise (``P18M``), an amount, number or percentage as a decimal with a
            point (the last two without zeros at the end), a quantity as such a decimal, a blank and its unit
            as in UCUM (``5.4 mmol/L``), a currency as in ISO 4217, a jurisdiction as in ISO 3166 (``US-DE``;
            in words if it is not known), an account without blanks; null where data state what cannot be
            read so.
        type: Which of these it is: one of `FACT_TYPES`.
        currency: Of an amount, as in ISO 4217; null where it is not told.
        alternative: Another way to read it, normalised likewise: 03/04/2024, or a second total.
        start_char: Where it stands; null, as `end_char`, where it is data beside the text.
        source: `stated` where the file gives it as data (an electronic invoice, the header of a clinical
            document), `rule` where a rule has read it in the text, `model` where a model has.
        probability: Calibrated where a model decided; where a rule did, the share of values of the field, as
            sure as it, that were right in labelled documents by which it was not written; null where few
            are known or the kind is not sure, and of data.
        abstained: Take it as a hint only: it can be read in two ways, not at all, or fails its check digits,
            or the kind of the document is not sure.
        decided_by: ``rule DOMAIN.NAME`` or ``model name@version``.
    """

    doc_id: str
    ordinal: int
    name: str
    role: str | None
    group_id: int | None
    value: str
    normalised: str | None
    type: FactType
    currency: str | None
    alternative: str | None
    start_char: int | None
    end_char: int | None
    source: FactSource
    probability: float | None
    abstained: bool
    decided_by: str
    page: int | None = None
    boxes: tuple[Box, ...] | None = None
