"""The RE2 expressions of a domain, prefiltered together by the literals that they need.

Most patterns match nothing in most texts. `re2.Filter` finds the literals of all of them in one pass over
a text, and a pattern whose literals are not there is not tried. All are compiled only when they are first
needed: those of the rules for a kind with the first document of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import re2

from docassay.domains.rules import Matcher, RuleInput, Span
from docassay.domains.typography import plain, plain_pattern


class Patterns:
    """The patterns of one domain, or of its rules for some kinds; one more has all compiled anew."""

    def __init__(self, checked: bool = False) -> None:
        """Start empty.

        Args:
            checked: Check each pattern when it is added, not only when it is first needed.
        """
        self.checked = checked
        self._patterns: list[tuple[str, Callable[[str], str]]] = []
        self._of_kinds: dict[frozenset[str], Patterns] = {}
        self._likely = lru_cache(maxsize=4)(self._match)

    def of_kinds(self, kinds: Iterable[str]) -> Patterns:
        """Give the patterns of the rules for these kinds of document, which are compiled apart."""
        return self._of_kinds.setdefault(frozenset(kinds), Patterns(self.checked))

    def matcher(self, pattern: str, write: Callable[[str], str] = plain_pattern) -> Matcher:
        """Add a pattern, and return the function that finds its matches in the plain form of a view's text.

        Args:
            pattern: An RE2 expression.
            write: Writes it for plain texts, when it is first needed: `plain_pattern`, or `spelled`.

        Raises:
            re2.error: It is checked, and is not an RE2 expression.
        """
        if self.checked:
            compiled(write(pattern)).compile()
        number = len(self._patterns)
        self._patterns.append((pattern, write))
        # Those of the checks may come when those of the flags have been used already.
        self.__dict__.pop("_filter", None)
        self._likely.cache_clear()

        def matcher(view: RuleInput) -> Iterator[Span]:
            content = _content(view.text)
            if number not in self._likely(content):
                return iter(())
            expression = self._filter.re(number)
            # On bytes, so that only the offsets of a match have to be turned into characters.
            matches = (match.span() for match in expression.finditer(content) if match.end() > match.start())
            return matches if len(content) == len(view.text) else _in_characters(content, matches)

        return matcher

    def compile(self) -> None:
        """Compile all patterns, those for each kind, too.

        Raises:
            re2.error: One is not an RE2 expression.
        """
        if self._patterns:
            _ = self._filter
        for patterns in self._of_kinds.values():
            patterns.compile()

    @cached_property
    def _filter(self) -> Any:
        every = re2.Filter()
        for pattern, write in self._patterns:
            try:
                every.Add(write(pattern), quiet())
            except re2.error as error:
                raise re2.error(f"{pattern!r} is not an RE2 expression: {error}") from None
        every.Compile()
        return every

    def _match(self, content: bytes) -> frozenset[int]:
        return frozenset(self._filter.Match(content, True) or ())


@lru_cache(maxsize=4)
def _content(text: str) -> bytes:
    return plain(text).encode()


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


class Expression:
    """An RE2 expression with the methods of `re2.compile`, compiled when one of them is first used."""

    def __init__(self, pattern: str) -> None:
        """Take the expression."""
        self.pattern = pattern

    def compile(self) -> Any:
        """Compile it under the options of `quiet`.

        Raises:
            re2.error: It is not an RE2 expression.
        """
        return re2.compile(self.pattern, quiet())

    @cached_property
    def _compiled(self) -> Any:
        return self.compile()

    def __getattr__(self, name: str) -> Any:
        """Give an attribute of the compiled expression."""
        value = getattr(self._compiled, name)
        setattr(self, name, value)  # so that it is asked for only once
        return value


def compiled(pattern: str) -> Any:
    """Make an expression for a function of a domain, under the options of `quiet`; compiled on first use."""
    return Expression(pattern)


def matches_of(expression: Any) -> Matcher:
    """Make the function that finds the matches of an expression in the plain form of a text."""

    def matcher(view: RuleInput) -> Iterator[Span]:
        return (match.span() for match in expression.finditer(plain(view.text)))

    return matcher
