"""Run functions of other people's domains in workers: one that never returns costs its document alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from docassay.domains.calls import Call, CallError, module_of, resolve
from docassay.domains.facts import Found
from docassay.domains.outline import Part
from docassay.domains.rules import Compared, RuleInput, Span
from docassay.schemas.facts import Fact
from docassay.schemas.rows import VERDICTS, Segment
from docassay.schemas.tables import Table
from docassay.transforms import faults
from docassay.transforms.budget import OutOfTime
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.child import Request, packed, unpacked
from docassay.transforms.isolation.worker import shared_pool

_FUNCTION = "docassay.transforms.isolation.calls:call_request"
CALL_SECONDS = 60.0
"""Seconds that a call may take on one document, as parsing may."""

MOST_RESPONSE = 50_000_000
"""Bytes that a call may return."""


def run(call: Call, rule_input: RuleInput, more: tuple[Any, ...]) -> Any:
    """Run a call in a worker; a runner for `domains.calls.plug_in`.

    Raises:
        OutOfTime: It took more than `CALL_SECONDS`.
        CallError: It raised, ended its process, or returned what such a function does not.
        RunError: The machine or the installation is at fault.
    """
    try:
        outcome, value = shared_pool(_FUNCTION, Limits(seconds=CALL_SECONDS)).run(
            (*call, more, _content(rule_input)), lambda response: _read(call, *response), MOST_RESPONSE
        )
    except Unusable as unusable:
        if unusable.reason == "timeout":
            detail = f"call:{call.name} of {call.domain} took more than {CALL_SECONDS:g} s"
            raise OutOfTime(detail) from None
        raise CallError(f"call:{call.name} of {call.domain}: {unusable.reason}, {unusable.detail}") from None
    if outcome == "raised":
        raise CallError(value)
    return value


class _Written(threading.local):
    """What a rule may look at, as it was last written in this thread: several calls look at the same."""

    rule_input: RuleInput | None = None
    content = b""


_written = _Written()


def _content(rule_input: RuleInput) -> bytes:
    if _written.rule_input is not rule_input:
        fields = [
            rule_input.text,
            rule_input.kind,
            rule_input.media_type,
            rule_input.segments,
            rule_input.translated,
            rule_input.stated,
            rule_input.tables,
            rule_input.disguised,
            rule_input.original,
            rule_input.facts,
        ]
        _written.rule_input, _written.content = rule_input, packed(fields)
    return _written.content


def _read(call: Call, outcome: str, value: Any) -> tuple[str, Any]:
    """Read what a call gave, or the class and the place of what it raised."""
    if outcome == "raised" or call.kind == "detail":
        if not isinstance(value, str):
            raise ValueError("no text")
        return outcome, value
    if call.kind == "matcher":
        return outcome, [_span(one) for one in value]
    if call.kind == "split":
        return outcome, [Part(*_span((start, end)), tuple(map(str, above))) for start, end, above in value]
    if call.kind == "facts":
        return outcome, [_found(*one) for one in value]
    return outcome, [_compared(*one) for one in value]


def _found(start: Any, end: Any, *more: Any) -> Found:
    found = Found(*_span((start, end)), *more)
    texts = (found.normalised, found.role, found.alternative)
    if not isinstance(found.group, int | None) or not all(isinstance(text, str | None) for text in texts):
        raise ValueError("no fact")
    return found


def _span(value: Sequence[Any]) -> Span:
    start, end = value
    if type(start) is not int or type(end) is not int:
        raise ValueError("no span")
    return start, end


def _compared(verdict: Any, span: Any, says: Any, absent: Any) -> Compared:
    if verdict not in VERDICTS or not isinstance(says, str) or not isinstance(absent, bool):
        raise ValueError("nothing compared")
    return Compared(verdict, None if span is None else _span(span), says, absent)


def call_request(request: Request) -> tuple[str, Any]:
    """Run the call of a request; runs in a worker.

    Raises:
        RunError: It raised what is no fault of a document.
    """
    domain, folder, name, kind, more, content = request.asked
    try:
        module = sys.modules.get(f"docassay.domains.{domain}")
        if module is None or folder not in module.__path__:  # another folder's, of the same name
            module = module_of(domain, Path(folder))
        value = resolve(module, name)(_rule_input(content), *more)
        if kind == "split":
            value = [(part.start, part.end, part.heading) for part in value]
        return "given", value if isinstance(value, str) else list(value)
    except MemoryError:
        raise
    except Exception as error:
        faults.raise_if_not_of_document(f"call:{name} of {domain}", error)
        return "raised", f"{type(error).__name__} at {faults.place(error)}"


@lru_cache(maxsize=4)
def _rule_input(content: bytes) -> RuleInput:
    text, kind, media, segments, translated, stated, cells, disguised, original, facts = unpacked(content)
    passages = tuple(Segment(*segment) for segment in segments)
    billed = tuple(Table.of(*table) for table in cells)
    known = tuple(Fact(*fact) for fact in facts)
    return RuleInput(text, kind, media, passages, translated, stated, billed, disguised, original, known)
