"""Log events, one line each, by document and never with its text.

Events go to the logger ``docassay``, whose handler `observe.logging` sets up in every
process; without it nothing is written.
"""

from __future__ import annotations

import logging

from docassay.schemas.rows import Reject

LOGGER = logging.getLogger("docassay")
LOGGER.addHandler(logging.NullHandler())
LOGGER.propagate = False


def event(message: str, level: int = logging.INFO, **fields: object) -> None:
    """Log an event with fields, such as ``doc_id``, ``uri``, ``stage`` or ``run_id``; None is left out."""
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, message, extra={"fields": {k: v for k, v in fields.items() if v is not None}})


def rejected(row: Reject) -> None:
    """Log a reject; its detail may quote the document and stays in the table."""
    event(
        "rejected",
        logging.WARNING,
        doc_id=row.doc_id,
        uri=row.uri,
        stage=row.stage,
        reason=row.reason,
        table_name=row.table_name,
    )
