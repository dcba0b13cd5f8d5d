r"""Named lists of terms, and the expressions that use them.

A TOML file with expressions may have a table ``[terms]`` of named lists; a domain shares lists among its
files in ``terms.toml``. An expression uses a list by its name in braces, and so may a term:

    [terms]
    bank_details = ['bank details', '(?:account|wire) {particulars}']
    particulars = ['details', 'information', 'number']

``{particulars}`` becomes ``(?:details|information|number)``, wherever it stands: the same lists always give
the same expression. Quantifiers (``{2,5}``), classes (``\p{Lu}``) and escaped braces stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from docassay.schemas.errors import DomainError, did_you_mean

FILE = "terms.toml"
"""The file of the lists that all files of a domain may use."""

LONGEST = 150
"""Characters of an expression, as it is written in a file, that a reader can take in at once."""

MOST = 100_000
"""Characters of an expression with its terms put in."""

_KEYS_OF_TEXTS = "id name title why source severity kinds reads absent present label task words"
_TEXTS = frozenset(_KEYS_OF_TEXTS.split())
"""Keys of texts that are no expressions."""

_TOKEN = re.compile(r"\\[pPx]\{[^}]*\}|\\.|\{(?P<name>[a-z][a-z0-9_]*)\}", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Terms:
    """The lists that the expressions of one file may use: its own, then those of `outer`.

    A list's own terms are looked up where the list is written, so that a file that reuses a name changes
    nothing for the files whose lists it uses.
    """

    def __init__(self, lists: Any, file: str, outer: Terms | None = None) -> None:
        """Check the lists of a file.

        Args:
            lists: Its table ``terms``: names, and the list of each.
            file: The file, as errors name it.
            outer: The lists that it may use beside its own.

        Raises:
            DomainError: A name or a list is wrong.
        """
        if not isinstance(lists, dict):
            raise DomainError(
                f"{file}: terms is not a table; write [terms], and a line NAME = [...] for each list"
            )
        for name, terms in lists.items():
            location = f"{file}: terms.{name}"
            if not _NAME.fullmatch(name):
                raise DomainError(f"{location}: name it by small letters, digits and _, as company_form")
            if not isinstance(terms, list) or not all(isinstance(term, str) and term for term in terms):
                raise DomainError(f"{location} is not a list of texts; write ['one', 'another']")
            if not terms:
                raise DomainError(f"{location} is an empty list; name at least one word, or delete it")
        self._lists: Mapping[str, list[str]] = lists
        self._file = file
        self._outer = outer
        self._expanded: dict[str, str] = {}

    def expand(self, expression: str, location: str) -> str:
        r"""Put the lists that an expression names in their places.

        Args:
            expression: The expression, as it stands in the file.
            location: Where it stands, as errors name it.

        Raises:
            DomainError: It, or a list that it uses, names a list that is not there, or a list uses itself.

        >>> Terms({"sum": ["amount", "total"]}, "rules.toml").expand(r"{sum}\s{1,3}due", "")
        '(?:amount|total)\\s{1,3}due'
        """
        return self._expand(expression, location, ())

    def names(self) -> list[str]:
        """List the names of all lists, the file's own first."""
        return [*self._lists, *(self._outer.names() if self._outer else ())]

    def written(self) -> Iterator[tuple[str, str]]:
        """Yield the terms of the file's own lists, each with the name of its list."""
        return ((name, term) for name, terms in self._lists.items() for term in terms)

    def check(self) -> None:
        """Expand each list of the file, so that a wrong one is found before it is used.

        Raises:
            DomainError: As `expand`.
        """
        for name in self._lists:
            self._list(name, f"{self._file}: terms.{name}", ())

    def _expand(self, expression: str, location: str, within: tuple[str, ...]) -> str:
        length = len(expression)

        def replaced(match: re.Match[str]) -> str:
            nonlocal length
            name = match["name"]
            put = self._list(name, location, within) if name else match[0]
            length += len(put) - len(match[0])
            _check_length(length, location)
            return put

        return _TOKEN.sub(replaced, expression) if "{" in expression else expression

    def _list(self, name: str, location: str, within: tuple[str, ...]) -> str:
        if name not in self._lists:
            if self._outer and name in self._outer.names():
                return self._outer._list(name, location, ())
            raise DomainError(f"{location}: {self._unknown(name)}")
        if name in within:
            cycle = " -> ".join((*within[within.index(name) :], name))
            raise DomainError(f"{self._file}: terms.{name} uses itself: {cycle}; write one of them out")
        if name not in self._expanded:
            place = f"{self._file}: terms.{name}"
            terms: list[str] = []
            length = 0
            for term in self._lists[name]:
                terms.append(self._expand(term, place, (*within, name)))
                length += len(terms[-1])
                _check_length(length, place)
            self._expanded[name] = f"(?:{'|'.join(terms)})"
        return self._expanded[name]

    def _unknown(self, name: str) -> str:
        names = [f"{{{known}}}" for known in self.names()]
        meant = did_you_mean(f"{{{name}}}", names, f"add {name} = [...] under [terms]")
        return f"{{{name}}} is not a list of terms; {meant} A literal brace is written \\{{"


def _check_length(length: int, location: str) -> None:
    if length > MOST:
        raise DomainError(
            f"{location}: with its terms it has more than {MOST:,} characters; name fewer or shorter lists"
        )


def too_long(entries: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield the expressions of a file longer than `LONGEST`, each with the keys that it stands under.

    Args:
        entries: The file's contents; texts that are no expressions (`why`, `source`) are left out.
        path: The keys above them.
    """
    if isinstance(entries, str):
        if len(entries) > LONGEST and not _TEXTS & {*path[-1:]}:
            yield ".".join(path), entries
    elif isinstance(entries, list):
        for entry in entries:
            yield from too_long(entry, path)
    elif isinstance(entries, dict):
        named = entries.get("id") or entries.get("name") or entries.get("label")
        for key, value in entries.items():
            yield from too_long(value, (*path, *([str(named)] if named else []), key))


def written_out(value: Any, terms: Terms, key: str = "") -> Any:
    """Give the contents of a file, or a part of them, with the terms of the expressions put in.

    Args:
        value: The contents; texts that are no expressions (`why`, `source`) stay as they are.
        terms: The lists that it may use.
        key: The key that they stand under.
    """
    if isinstance(value, dict):
        return {name: written_out(one, terms, name) for name, one in value.items()}
    if isinstance(value, list):
        return [written_out(one, terms, key) for one in value]
    if isinstance(value, str) and key not in _TEXTS:
        return terms.expand(value, key)
    return value
