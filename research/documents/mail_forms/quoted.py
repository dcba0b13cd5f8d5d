"""Find what our forms quote of the texts that the head is measured on: such words measure memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from research.documents.mail_forms import MailForm

RUN = 5
"""So many words in a row, the same in a form and in a measured text, are a quotation."""

Run = tuple[str, ...]

_WORD = re.compile(r"[^\W\d_]+|\{\w+\}")
_PARTS = re.compile(r"\[([^\[\]]*)\]")


def runs(text: str) -> set[Run]:
    """Give the runs of `RUN` words of a text, in lower case, letters alone.

    >>> sorted(runs("Pay 5 now, or we call YOU."))
    [('now', 'or', 'we', 'call', 'you'), ('pay', 'now', 'or', 'we', 'call')]
    """
    words = [word.group() for word in _WORD.finditer(text.lower())]
    return {tuple(words[n : n + RUN]) for n in range(len(words) - RUN + 1)}


def runs_of_form(part: str) -> set[Run]:
    """Give the runs of all texts that a part of a form can become; none goes over a ``{slot}``.

    >>> sorted(runs_of_form("[Pay|Send] it to us [now|] {link} or else"))
    [('pay', 'it', 'to', 'us', 'now'), ('send', 'it', 'to', 'us', 'now')]
    """
    pieces = _PARTS.split(part)
    found: set[Run] = set()
    tails = {""}
    for number, piece in enumerate(pieces):
        nexts = set()
        for choice in piece.split("|") if number % 2 else [piece]:
            for tail in tails:
                text = f"{tail} {choice}"
                found |= {run for run in runs(text) if not any("{" in word for word in run)}
                nexts.add(" ".join(word.group() for word in list(_WORD.finditer(text.lower()))[1 - RUN :]))
        tails = nexts
    return found


def quoted(forms: Iterable[MailForm], texts: Iterable[str]) -> Iterator[tuple[MailForm, str]]:
    """Give each form that shares words with a text, and the words."""
    measured: set[Run] = set()
    for text in texts:
        measured |= runs(text)
    for form in forms:
        shared = (runs_of_form(form.subject) | runs_of_form(form.body)) & measured
        for run in sorted(shared):
            yield form, " ".join(run)
