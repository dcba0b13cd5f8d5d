"""What is said of a document as a whole, beside decisions: notes, and who looks at it.

Both are rows of the table `decisions`, on the `document`, and so only added, chained, carried, taken back and
forgotten as decisions are. They answer no question of a run: nothing counts them as decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from docassay.observe.sanitize import line
from docassay.storage.decisions.choice import Choice

NOTE, REVIEWER = "note", "reviewer"
"""The codes of rows with a note (in `reason`) and of rows with who looks at the document from then on."""

OUTCOMES = {NOTE: "noted", REVIEWER: "assigned"}
"""The only outcome of each."""

MOST_NAME = 200
"""Longest name of a reviewer."""


def noted(doc_id: str, words: str, run_id: str | None = None, decision_id: str | None = None) -> Choice:
    """Make a note; the arguments as of a `Choice`."""
    of = Choice(doc_id, "document", NOTE, OUTCOMES[NOTE], run_id=run_id)
    return replace(of, reason=words.strip(), decision_id=decision_id)


def assigned(doc_id: str, name: str, run_id: str | None = None) -> Choice:
    """Say who looks at a document; an empty name says nobody."""
    of = Choice(doc_id, "document", REVIEWER, OUTCOMES[REVIEWER], run_id=run_id)
    return replace(of, corrected_label=name.strip() or None)


def is_on_document(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is a note, says who looks at a document, or takes such a row back."""
    return row["object"] == "document" and row["code"] in OUTCOMES


def is_name(reviewer: str) -> bool:
    """Tell whether a text can be the name of a reviewer."""
    return bool(reviewer.strip()) and len(reviewer.strip()) <= MOST_NAME and reviewer.isprintable()


def wrong_on_document(choice: Choice) -> Iterator[str]:
    """Say what is wrong with a note, or with who looks at a document."""
    if choice.outcome != OUTCOMES[choice.code]:
        yield f"the outcome of a {choice.code} is `{OUTCOMES[choice.code]}`, not {choice.outcome!r}"
    if choice.code == NOTE and not (choice.reason or "").strip():
        yield "a note needs a text, as `reason`"
    name = choice.corrected_label
    if name is not None and choice.code == NOTE:
        yield "a note corrects nothing"
    elif name is not None and (not is_name(name) or name != name.strip()):
        yield f"{line(name, 50)!r} is not a reviewer's name"
    if choice.start_char is not None or choice.corrected_start is not None:
        yield f"a {choice.code} is on the whole document, not on a span"
