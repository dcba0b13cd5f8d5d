"""Which half a document, a recipe or a printed form is of."""

from __future__ import annotations

import hashlib

MEASURE_ONLY = frozenset({"nda_pdf", "note", "mail_enron", "mail_ham"})
"""Sets whose licence lets nobody train on them: all of them are held back."""

INVENTED = "invented"
"""The set of our own forms, which prove nothing: none is held back."""


def is_held_back(group: str) -> bool:
    """Tell by a digest whether what resembles a group is held back; the only place that decides it.

    >>> is_held_back("recipe same_kind plain") in (True, False)
    True
    """
    family = group.partition(" ")[0]
    if family == INVENTED:
        return False
    return family in MEASURE_ONLY or hashlib.sha256(f"packets {group}".encode()).digest()[0] % 2 == 1
