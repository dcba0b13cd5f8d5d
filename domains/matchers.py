r"""Matchers of a rule file that are more than one expression: what stands beside what, and how near.

In a list of expressions a table may stand in place of an expression:

    [[flag.any]]
    match = ['\b{our_bank}\b']
    followed_by = ['\b{has_changed}\b']
    exclude = ['\bnever\b']
    within = "8 words"
    same_sentence = true
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from docassay.domains.rules import Matcher, RuleInput, Span, company, merged
from docassay.domains.window import Window
from docassay.schemas.errors import DomainError

KEYS = ("match", "followed_by", "include", "exclude", "within", "same_sentence")
"""The keys of such a table."""

_DISTANCE = re.compile(r"([1-9][0-9]{0,4}) (characters?|words?)")


def window_of(entry: dict[str, Any], location: str, default: int | None = None) -> Window:
    """Read how near to a match another passage has to be.

    Args:
        entry: What may have the keys `within` and `same_sentence`.
        location: Where it stands, as errors name it.
        default: Characters, where it has neither; None for the same sentence.

    Raises:
        DomainError: One of the keys has another value.
    """
    same_sentence = entry.get("same_sentence", False)
    if not isinstance(same_sentence, bool):
        raise DomainError(f"{location}: same_sentence is true or false")
    within = entry.get("within")
    if within is None:
        if same_sentence or default is None:
            return Window(same_sentence=True)
        return Window(characters=default)
    if isinstance(within, int) and not isinstance(within, bool) and within >= 0:
        return Window(characters=within, same_sentence=same_sentence)
    distance = _DISTANCE.fullmatch(within) if isinstance(within, str) else None
    if not distance:
        raise DomainError(f'{location}: within is a number of characters, or a text such as "8 words"')
    number = int(distance[1])
    if distance[2].startswith("word"):
        return Window(words=number, same_sentence=same_sentence)
    return Window(characters=number, same_sentence=same_sentence)


def accompanied(
    match: Sequence[Matcher],
    followed_by: Sequence[Matcher],
    include: Sequence[Matcher],
    exclude: Sequence[Matcher],
    window: Window,
) -> Matcher:
    """Make a matcher of what stands beside what.

    Args:
        match: What is sought.
        followed_by: One of these must begin after it, within the window; the evidence reaches to the end of
            the first that does.
        include: Each of these must match in the window around the evidence.
        exclude: None of these may.
        window: How far away.
    """

    def matcher(view: RuleInput) -> Iterator[Span]:
        matches = merged(span for one in match for span in one(view))
        if matches and followed_by:
            ends = merged(span for one in followed_by for span in one(view))
            matches = merged(_reaching(matches, ends, view.text, window))
        if matches:
            yield from filter(company(view, include, exclude, window), matches)

    return matcher


def _reaching(matches: Sequence[Span], ends: Sequence[Span], text: str, window: Window) -> Iterator[Span]:
    """Yield each match with what follows it in its window."""
    starts = [start for start, _ in ends]
    for span in matches:
        following = bisect_left(starts, span[1])
        if following < len(ends) and starts[following] <= window.around(text, span)[1]:
            yield span[0], ends[following][1]
