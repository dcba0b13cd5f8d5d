"""So far: how often a rule or model was right by the decisions that the review holds, kept up as they come.

Each decision changes the count of what it is on; a page asks for the counts of what it shows alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from docassay.schemas.rows import Finding, Flag
from docassay.views.explain import name
from docassay.views.observed import ObservedRule, counted

Place = tuple[Any, ...]
"""A document, and the key of what is decided on in it."""

Said = tuple[str, str, str | None]
"""What decided it, the code, and what it said."""


class SoFar:
    """The decisions that count, by what they are on and by what that rests on."""

    def __init__(self) -> None:
        """Begin without any."""
        self._rows: dict[Place, Mapping[str, Any]] = {}
        self._of: dict[Said, dict[Place, Mapping[str, Any]]] = {}
        self._counted: dict[Said, ObservedRule] = {}
        self._lock = threading.Lock()

    def put(self, place: Place, row: Mapping[str, Any] | None) -> None:
        """Let a decision count for what it is on, in place of another; None: nothing counts any more."""
        with self._lock:
            for one in (self._rows.pop(place, None), row):
                if one is not None and one["decided_by"] is not None:
                    said = _said(one["decided_by"], one["code"], one["label"])
                    self._counted.pop(said, None)
                    of_rule = self._of.setdefault(said, {})
                    if one is row:
                        of_rule[place] = row
                    else:
                        of_rule.pop(place, None)
            if row is not None:
                self._rows[place] = row

    def of(self, decided_by: str | None, code: str, label: str | None) -> ObservedRule | None:
        """Count what people made of what a rule or model says; None where nobody has decided on any."""
        said = _said(decided_by or "", code, label)
        with self._lock:
            if said not in self._counted:
                rows = sorted(self._of.get(said, {}).values(), key=lambda row: row["sequence"])
                if not rows:
                    return None
                (self._counted[said],) = counted({**row, "decision": row["outcome"]} for row in rows)
            return self._counted[said]

    def of_row(self, row: Flag | Finding) -> ObservedRule | None:
        """Do so for what stands behind a sign or a check."""
        return self.of(row.decided_by, name(row), row.verdict if isinstance(row, Finding) else None)


def _said(decided_by: str, code: str, label: str | None) -> Said:
    return decided_by, code, label
