"""The RE2 expressions of a domain, prefiltered together by the literals that they need.

Most patterns match nothing in most texts. `re2.Filter` finds the literals of all of them in one pass over
a text, and a pattern whose literals are not there is not tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2

from docassay.domains.rules import Matcher, RuleInput, Span
from docassay.domains.typography import plain, plain_pattern


class Patterns:
    """The patterns of one domain; all are added before the first is used."""

    def __init__(self) -> None:
        """Start empty."""
        self._filter = re2.Filter()
        self._added = 0
        self._likely = lru_cache(maxsize=4)(self._match)

    def matcher(self, pattern: str) -> Matcher:
        """Add a pattern, and return the function that finds its matches in the plain form of a view's text.

        Raises:
            re2.error: It is not an RE2 expression.
        """
        number = self._filter.Add(plain_pattern(pattern), quiet())
        self._added += 1
        expression = self._filter.re(number)

        def matcher(view: RuleInput) -> Iterator[Span]:
            content, likely = self._likely(view.text)
            if number not in likely:
                return iter(())
            # On bytes, so that only the offsets of a match have to be turned into characters.
            matches = (match.span() for match in expression.finditer(content) if match.end() > match.start())
            return matches if len(content) == len(view.text) else _in_characters(content, matches)

        return matcher

    def close(self) -> None:
        """Compile the filter: the patterns can be used, and none can be added any more."""
        if self._added:
            self._filter.Compile()

    def _match(self, text: str) -> tuple[bytes, frozenset[int]]:
        content = plain(text).encode()
        return content, frozenset(self._filter.Match(content, True) or ())


def _in_characters(content: bytes, matches: Iterable[Span]) -> Iterator[Span]:
    """Turn offsets in bytes, in order, into offsets in characters.

    >>> list(_in_characters("é and è".encode(), [(0, 2), (7, 9)]))
    [(0, 1), (6, 7)]
    """
    bytes_before = characters_before = 0
    for first, last in matches:
        start = characters_before + len(content[bytes_before:first].decode())
        bytes_before, characters_before = last, start + len(content[first:last].decode())
        yield start, characters_before


MEMORY = 16 << 20
"""Most bytes for the automaton of one expression; with less, a long expression is run slowly."""


def quiet() -> Any:
    """Give options under which RE2 logs nothing, an error is still raised, and long expressions stay fast."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return options


def compiled(pattern: str) -> Any:
    """Compile an expression for a function of a domain, under the options of `quiet`."""
    return re2.compile(pattern, quiet())
