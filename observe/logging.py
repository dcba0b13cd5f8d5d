"""Logs: the format of the lines, in the process of the command and in those of its workers."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import Literal, TextIO

from docassay.observe.log import LOGGER
from docassay.observe.sanitize import line

Format = Literal["text", "json"]

FILE_NUMBER = 3
"""Where a worker process writes its lines: what libraries print on its standard error is no log."""


class Formatter(logging.Formatter):
    """Write a record as one line, of text or of JSON; nothing in it can begin another line."""

    def __init__(self, style: Format) -> None:
        """Choose the format."""
        super().__init__()
        self._kind = style

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, logger and message, then the event's fields, such as ``doc_id``."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, object] = getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            fields = {**fields, "error": repr(record.exc_info[1])}
        head = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        if self._kind == "json":
            entry = {**head, "message": record.getMessage(), "process": record.process, **fields}
            return json.dumps(entry, default=str)
        listed = " ".join(f"{name}={value}" for name, value in fields.items())
        return line(f"{time} {head['level']} {record.getMessage()} {listed}".rstrip(), 2_000)


def configure(style: Format | None, stream: TextIO | None = None, everything: bool = False) -> None:
    """Write what docassay logs, a line each, to standard error or `stream`; None: write nothing.

    Workers that are started later do the same: they are told by their command line (`current`). With
    `everything`, what libraries log is written too.
    """
    global _current
    _current = style
    if style is None:
        LOGGER.handlers = [logging.NullHandler()]
        return
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(style))
    LOGGER.handlers = [handler]
    LOGGER.setLevel(logging.INFO)
    # A root without a handler gets one from whichever library first asks for it, in a format of its own.
    logging.getLogger().handlers = [handler if everything else logging.NullHandler()]


_current: Format | None = None


def current() -> Format | None:
    """Give the format that this process writes in."""
    return _current


def configure_worker(style: Format | None) -> None:
    """Do in a worker process what the command that started it was asked to."""
    if style is None:
        return
    try:
        stream = os.fdopen(FILE_NUMBER, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
    except OSError:  # started by other means than `pipelines.batch`
        return
    configure(style, stream)
