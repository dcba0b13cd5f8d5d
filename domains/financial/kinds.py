"""Tell kinds of documents that wording alone does not give away."""

from __future__ import annotations

from collections.abc import Iterable

from domains import Span, View

_LONGEST_MESSAGE = 640
"""Four concatenated text messages of 160 characters (3GPP TS 23.040)."""


def short_message(view: View) -> Iterable[Span]:
    r"""Find a text that is as short as a text message and is one paragraph: the whole of it, or nothing.

    >>> list(short_message(View("Your parcel is held, pay 1.99 here: http://parcel.example")))
    [(0, 57)]
    >>> list(short_message(View("Deposit\n\nBalance\n\nTotal")))
    []
    """
    body = view.text.strip()
    if body.startswith(("#", "|", "Subject:")):
        return
    if 0 < len(body) <= _LONGEST_MESSAGE and body.count("\n\n") <= 1 and body.count("\n") <= 6:
        yield (0, len(view.text))
