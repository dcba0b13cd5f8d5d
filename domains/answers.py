"""Answers: whether a document meets what a check requires, and how surely, seen from the whole document.

A rule sees the words that it looks for. A head (`models/document_head.py`), trained on documents that readers
held against each requirement (`research/documents/answers.py`), sees what kind of document it is, whether it
owes this at all, and what the other checks found, and says how far a rule's answer can be trusted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docassay.models.document_head import DocumentHead

HEAD = "answers"
"""The name of the head's folder."""

MET, OPEN, NOT_OWED = "met", "open", "not_owed"
"""The head's labels: the document meets what is required; it does not, or not surely; it does not owe it."""

_FAMILY = re.compile(r"gdpr_[0-9]+|[a-z]+")
_WORD = re.compile(r"[^\W\d_]{2,40}")
_STEM = 8
"""Letters of a word that count: endings differ."""

_EVIDENCE_CHARS = 700
_COUNTED = ("pass at a place", "review", "review at a place", "fail", "unsure pass", "unsure review")
_PARTS = 5
"""In how many parts a share is told."""


def features(check: str, states: Mapping[str, str], kind: str, chars: int, evidence: str) -> list[str]:
    """Give what the head looks at beside the document's words.

    Args:
        check: The check's id.
        states: What came of each check that the document was asked, by id: a verdict, with ``at a place``
            where it has evidence, or why it gave no row.
        kind: The document's type.
        chars: The document's length.
        evidence: What the check shows, or ``""``.

    >>> features("nda_term", {"nda_term": "review"}, "nda", 900, "")[:4]
    ['check nda_term', 'state review', 'nda_term review', 'nda_term in nda']
    """
    state, family = states[check], _FAMILY.match(check)
    group = family[0] if family else check
    length = chars.bit_length()
    told = [f"check {check}", f"state {state}", f"{check} {state}", f"{check} in {kind}", f"type {kind}"]
    told += [f"length {length}", f"{group} length {length}"]
    counts = Counter(states.values())
    for name in _COUNTED:
        share = _PARTS * counts[name] // len(states)
        told += [f"share {name} {share}", f"{group} share {name} {share}"]
    words = {one[:_STEM] for one in _WORD.findall(evidence[:_EVIDENCE_CHARS].lower())}
    return told + [f"{check} says {word}" for word in sorted(words)]


def is_learnt(check: str) -> bool:
    """Tell whether the head was trained on answers to a check, as ``domain.check``."""
    return check in _learnt()


@cache
def head_of_answers() -> DocumentHead:
    """Open the head, once per process."""
    from docassay.models import catalog
    from docassay.models.document_head import load

    return load(catalog.find(HEAD))


@cache
def _learnt() -> frozenset[str]:
    from docassay.models.document_head import checks_of

    return checks_of(head_of_answers(), (MET, OPEN, NOT_OWED))
