"""Asked: what a request asks for, and what is said where it cannot be answered."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request

from docassay.views.review.snapshot import ALL, DECIDED, OPEN, Filters


class Refused(Exception):
    """A request that cannot be answered; what is said is shown on the page."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        """Say why."""
        super().__init__(why)
        self.status = status


def filters_of(request: Request) -> tuple[Filters, str]:
    """Read what is asked for from an address; and write it as one."""
    given = {name: value.strip()[:200] for name, value in request.query_params.items()}
    filters = Filters(
        show=given.get("show", OPEN) if given.get("show") in (OPEN, DECIDED, ALL) else OPEN,
        **{name: given.get(name, "") for name in ("domain", "kind", "code", "verdict", "language", "search")},
        since=_date(given.get("since", "")),
        until=_date(given.get("until", "")),
    )
    asked = {
        name: str(value)
        for name, value in asdict(filters).items()
        if value and (name, value) != ("show", OPEN)
    }
    return filters, urlencode(asked)


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def number_of(written: str | None, otherwise: int) -> int:
    """Read a number; give another where none is written."""
    return int(written) if written and re.fullmatch(r"[0-9]{1,12}", written) else otherwise


def correction_of(form: dict[str, str], chars: int) -> tuple[str, tuple[int, int] | None]:
    """Read what is right instead: another label, another passage of the text, or both.

    Raises:
        Refused: There is one and the outcome is not `corrected`, or the other way round; or a passage does
            not lie in the text.
    """
    label = form.get("corrected_label", "").strip()
    start, end = (number_of(form.get(name), -1) for name in ("corrected_start", "corrected_end"))
    span = None if start < 0 and end < 0 else (start, end)
    corrects = form.get("outcome") == "corrected"
    if corrects and not label and span is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "Say what is right: another label, or another passage.")
    if not corrects and (label or span):
        why = "You gave another label or passage: choose Corrected, or take it away."
        raise Refused(HTTPStatus.BAD_REQUEST, why)
    if span and not 0 <= start < end <= chars:
        why = "The passage must lie in the text: its first character, and the one after its last."
        raise Refused(HTTPStatus.BAD_REQUEST, why)
    return label, span
