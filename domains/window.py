"""Windows: how far from a passage another one may lie to belong to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from docassay.domains.passages import sentence_around

_WORD = re.compile(r"\S+")
_LONGEST_WORD = 30
"""Characters that are looked through for each word of a window; a longer run ends it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of text around a passage in which another must begin or end.

    Attributes:
        characters: Characters on either side; None without a limit in characters.
        words: Words on either side; None without a limit in words.
        same_sentence: It ends where the passage's sentence does.
    """

    characters: int | None = None
    words: int | None = None
    same_sentence: bool = False

    def around(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        """Give the window around a span of a text; the whole text where nothing limits it.

        >>> text = "We paid. Our bank details have changed, pay EUR 48,300.00 to the new account. Bye."
        >>> for window in (Window(words=2), Window(same_sentence=True)):
        ...     start, end = window.around(text, (18, 30))
        ...     print(text[start:end])
        Our bank details have changed, pay
        Our bank details have changed, pay EUR 48,300.00 to the new account.
        """
        start, end = 0, len(text)
        if self.characters is not None:
            start, end = span[0] - self.characters, span[1] + self.characters
        if self.words is not None:
            start, end = (
                max(start, self._words_before(text, span[0])),
                min(end, self._words_after(text, span[1])),
            )
        if self.same_sentence:
            first, last = sentence_around(text, span)
            start, end = max(start, first), min(end, last)
        return start, end

    def _words_before(self, text: str, position: int) -> int:
        earliest = max(0, position - self._reach)
        starts = [earliest + match.start() for match in _WORD.finditer(text[earliest:position])]
        return starts[-self._most :][0] if starts else earliest

    def _words_after(self, text: str, position: int) -> int:
        ends = [position + match.end() for match in _WORD.finditer(text[position : position + self._reach])]
        return ends[: self._most][-1] if ends else position

    @property
    def _most(self) -> int:
        return self.words or 1

    @property
    def _reach(self) -> int:
        return _LONGEST_WORD * self._most


class Places(NamedTuple):
    """Spans, sorted, for `Places.touch` to search."""

    starts: list[int]
    furthest: list[int]

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> Places:
        """Sort spans by their starts; beside each stands the greatest end up to it."""
        ordered = sorted(spans)
        return cls([start for start, _ in ordered], list(accumulate((end for _, end in ordered), max)))

    def touch(self, window: tuple[int, int]) -> bool:
        """Tell whether one of the spans lies, in part at least, in a window or at its edge."""
        before = bisect_right(self.starts, window[1])
        return before > 0 and self.furthest[before - 1] >= window[0]
