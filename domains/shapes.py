"""What the values of a rule's keys must be, so that one of another type is refused in a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from docassay.schemas.errors import DomainError
from docassay.schemas.rows import Verdict

_ID = re.compile(r"[a-z][a-z0-9_]*")
_TEXTS = ("id", "why", "source", "title", "detail", "label", "compares")


def check_shapes(entry: Mapping[str, Any], location: str) -> None:
    """Refuse an entry of a rule of which a key has a value of another type.

    Raises:
        DomainError: Says which key, and what it has to be.
    """
    for key in _TEXTS:
        if not isinstance(entry.get(key, ""), str):
            raise DomainError(f"{location}: {key} is a text; write it in quotation marks")
    if not _ID.fullmatch(entry["id"]):
        raise DomainError(f"{location}: id is a word of small letters, digits and _, such as long_term")
    kinds = entry.get("kinds", [])
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise DomainError(f"{location}: kinds is a list of texts; write ['...']")
    for key in ("absent", "present"):
        if entry.get(key, "fail") not in get_args(Verdict):
            raise DomainError(f"{location}: {key} is one of {', '.join(get_args(Verdict))}")
