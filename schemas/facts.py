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
        ordinal: Number of the fact within the document, from 0.
        name: Name of the field, such as `effective_date`; `docassay domains NAME` lists the fields of a
            domain.
        role: Role that the document gives it, such as `seller` for a party; null if it gives none.
        group_id: Number of the group that it belongs to, such as the third party; null if it stands alone.
        value: Value as written in the document.
        normalised: Value in the same form for every document: a date or time as in ISO 8601 (a month without
            a day as ``2024-03``), a duration likewise (``P18M``; ``indefinite`` if it has no end,
            ``unstated`` if its length is not given), an amount, number or percentage as a decimal with a
            point (the last two without trailing zeros), a quantity as such a decimal, a space and its unit
            as in UCUM (``5.4 mmol/L``), a currency as in ISO 4217, a jurisdiction as in ISO 3166 (``US-DE``;
            in words if it is not known), an account without spaces; null if a value given as data cannot be
            read this way.
        type: Type of the value, such as `date` or `amount`.
        currency: Currency of an amount, as in ISO 4217; null if the document does not give it.
        alternative: Another possible reading, normalised in the same way, such as the other reading of
            03/04/2024, or a second total.
        start_char: Offset of the first character; null, like `end_char`, for data beside the text.
        source: `stated` if the file contains it as data (an electronic invoice, the header of a clinical
            document), `rule` if a rule read it in the text, `model` if a model did.
        probability: Calibrated if a model decided. If a rule did, the share of equally certain values of the
            field that were right in labelled documents not used to write the rule; null if too few are known
            or the document type is uncertain, and for data.
        abstained: True if it is only a hint: it can be read in two ways or not at all, its check digits are
            wrong, or the document type is uncertain.
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
