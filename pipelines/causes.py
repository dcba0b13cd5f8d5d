"""Causes: one line that tells why a job failed, from what its runner raised."""

from __future__ import annotations

import re

from docassay.schemas.errors import DocassayError, RunError, TablesError

_WHERE = re.compile(r" \[while running '[^']*'\]")
_STATE = re.compile(r"^Pipeline \S+ failed in state \w+: ")
"""What a runner adds to a message, behind and before it."""


def error_of(error: Exception) -> DocassayError:
    """Make the error of a run from what the runner raised; a damaged table is the user's to mend.

    >>> error_of(RuntimeError("docassay.schemas.errors.DamagedError: a is damaged [while running 'Publish']"))
    TablesError('a is damaged')
    """
    message = _WHERE.sub("", cause(error))
    name, _, text = message.partition(": ")
    name = name.rpartition(".")[2]
    if isinstance(error, TablesError):
        return TablesError(message)
    if name in ("TablesError", "DamagedError", "VersionError"):
        return TablesError(text)
    return RunError(text if name == RunError.__name__ else message)


def cause(error: Exception) -> str:
    """Find the line that tells the cause in the message of a runner's exception."""
    lines = [line.rstrip() for line in _STATE.sub("", str(error)).splitlines() if line.strip()]
    if lines and "Channel closed prematurely" in lines[-1]:
        return "a worker process died; too little memory is the usual cause, and fewer --workers the remedy"
    if lines and "Only one SparkContext" in str(error):
        return (
            "the job server runs a job already, and takes one at a time; wait for its end, or start another"
        )
    if lines and (details := [line for line in lines if line.lstrip().startswith("details = ")]):
        return details[0].strip().removeprefix("details = ").strip('"')[:500]  # a job server's answer
    exceptions = [line for line in lines if re.match(r"[A-Za-z_][\w.]*: ", line)]
    return (exceptions or lines or [type(error).__name__])[-1][:500]
