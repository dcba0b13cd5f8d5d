"""Parse and check the parameters of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from docassay.schemas.errors import UsageError, did_you_mean
from docassay.views.review.remarks import NOTED
from docassay.views.review.snapshot import ALL, OPEN, SHOWN, Filters

_TEXTS = ("domain", "kind", "code", "verdict", "language", "search", "fact", "assigned", "status", "dated")
"""Filters that are texts."""

_VALUES = {
    "show": SHOWN,
    "verdict": ("flag", "fail", "review", NOTED),
    "status": ("flagged", "review", "failed", "not_checked", "clear"),
    "dated": ("stated",),
}
"""The values of filters that have few."""


class Refused(Exception):
    """A request that is answered with an error; the page shows its message."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        """Set the HTTP status and the message."""
        super().__init__(why)
        self.status = status


def parse_filters(params: Mapping[str, str]) -> tuple[Filters, str]:
    """Parse the filters of the queue from the parameters of a query string.

    Returns:
        The filters, and the query string that states those that are set.
    """
    given = {name: value.strip()[:200] for name, value in params.items()}
    filters = Filters(
        show=given.get("show", OPEN) if given.get("show") in SHOWN else OPEN,
        **{name: given.get(name, "") for name in _TEXTS},
        since=_date(given.get("since", "")),
        until=_date(given.get("until", "")),
    )
    asked = {
        name: str(value)
        for name, value in asdict(filters).items()
        if value and (name, value) != ("show", OPEN)
    }
    return filters, urlencode(asked)


def parse_address(text: str) -> tuple[Filters, str]:
    """Parse the address of a filter, or its query string alone, where nothing wrong may be passed over.

    Raises:
        UsageError: It names no filter, or a value that no filter can have.
    """
    before, mark, after = text.partition("?")
    is_address = "=" not in before and bool(mark or "/" in before)
    given = dict(parse_qsl(after.partition("#")[0] if is_address else text, keep_blank_values=True))
    known = [field.name for field in fields(Filters)]
    if unknown := next((name for name in given if name not in known), None):
        meant = did_you_mean(unknown, known, f"there are {', '.join(known)}")
        raise UsageError(f"--filter: there is no filter {unknown[:50]!r}; {meant}")
    filters, query = parse_filters(given)
    kept = {name: str(value) for name, value in asdict(filters).items() if value}
    if wrong := next((name for name, value in given.items() if value and name not in kept), None):
        raise UsageError(f"--filter: {wrong}={given[wrong][:50]} is not a date such as 2026-05-31")
    for name, values in _VALUES.items():
        if given.get(name) and given[name].strip() not in values:
            raise UsageError(f"--filter: {name}={given[name][:50]}; there are {', '.join(values)}")
    return filters, query


def parse_decision_id(form: Mapping[str, str]) -> str:
    """Parse the id by which a decision that is sent twice is known; empty where there is none."""
    decision_id = form.get("decision_id", "")
    return decision_id if re.fullmatch(r"[0-9a-f]{32}", decision_id) else ""


def parse_find(request: Request) -> str:
    """Parse what is searched for in a document: what is asked for there, else in the queue."""
    return (request.query_params.get("find") or request.query_params.get("search") or "").strip()[:200]


def without(query: str, name: str) -> str:
    """Give the query string of the same filters but one."""
    return urlencode([pair for pair in parse_qsl(query) if pair[0] != name])


def of_words(query: str, words: str) -> str:
    """Give the query string of the same filters for other words."""
    return urlencode({**dict(parse_qsl(query)), "search": words})


def of_all(query: str) -> str:
    """Give the query string of the same filters for documents of whatever state."""
    return urlencode({**dict(parse_qsl(query)), "show": ALL})


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_number(text: str | None, default: int) -> int:
    """Parse a number; return `default` where the text is none."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else default


def parse_correction(form: dict[str, str], chars: int) -> tuple[str, tuple[int, int] | None]:
    """Parse a correction: another label, another passage of the text, or both.

    Raises:
        Refused: A correction comes without the outcome `corrected` or the outcome without one, or the passage
            lies outside the text.
    """
    label = form.get("corrected_label", "").strip()
    start, end = (parse_number(form.get(name), -1) for name in ("corrected_start", "corrected_end"))
    span = None if start < 0 and end < 0 else (start, end)
    corrects = form.get("outcome") in ("corrected", "wrong")
    if form.get("outcome") == "corrected" and not label and span is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "Give the correct label or passage.")
    if not corrects and (label or span):
        why = "A corrected label or passage is filled in: choose Wrong or Corrected, or clear it."
        raise Refused(HTTPStatus.BAD_REQUEST, why)
    if span and not 0 <= start < end <= chars:
        why = "The passage must be within the text; its end is the position after its last character."
        raise Refused(HTTPStatus.BAD_REQUEST, why)
    return label, span
