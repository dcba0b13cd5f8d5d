"""Log events, one line each, by document and never with its text.

Events go to the logger ``docassay``, which writes nothing until `configure` gives it a handler.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import Literal, TextIO

from docassay.observe.sanitize import line
from docassay.schemas.rows import Reject

LOGGER = logging.getLogger("docassay")
LOGGER.addHandler(logging.NullHandler())
LOGGER.propagate = False

Format = Literal["text", "json"]

FILE_NUMBER = 3
"""File descriptor of a worker's log: what libraries print to its standard error is no log."""


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


class Formatter(logging.Formatter):
    """Format a record as one line of text or of JSON; nothing in it can begin another line."""

    def __init__(self, style: Format) -> None:
        """Choose the format."""
        super().__init__()
        self._line_format = style

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger and message, then the event's fields, such as ``doc_id``."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, object] = getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            fields = {**fields, "error": repr(record.exc_info[1])}
        head = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        if self._line_format == "json":
            entry = {**head, "message": record.getMessage(), "process": record.process, **fields}
            return json.dumps(entry, default=str)
        listed = " ".join(f"{name}={value}" for name, value in fields.items())
        return line(f"{time} {head['level']} {record.getMessage()} {listed}".rstrip(), 2_000)


def configure(style: Format | None, stream: TextIO | None = None, everything: bool = False) -> None:
    """Write docassay's log, a line an event, to standard error or `stream`; with style None, nothing.

    Workers that are started later do the same: their command line has the style (`current_style`). With
    `everything`, what libraries log is written too.
    """
    global _style
    _style = style
    if style is None:
        LOGGER.handlers = [logging.NullHandler()]
        return
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(style))
    LOGGER.handlers = [handler]
    LOGGER.setLevel(logging.INFO)
    # A root without a handler gets one from whichever library first asks for it, in a format of its own.
    logging.getLogger().handlers = [handler if everything else logging.NullHandler()]


_style: Format | None = None


def current_style() -> Format | None:
    """Return the format of this process's log, None if it writes none."""
    return _style


def configure_worker(style: Format | None) -> None:
    """Write the log of a worker process in the style of the command that started it."""
    if style is None:
        return
    try:
        stream = os.fdopen(FILE_NUMBER, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
    except OSError:  # started by other means than `pipelines.batch`
        return
    configure(style, stream)
