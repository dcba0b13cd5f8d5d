"""Where in an invoice an assertion fails: its element, the value that it is about, and the line of that."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from docassay.transforms.formats.plain import clean
from docassay.transforms.formats.xml import lines_of

if TYPE_CHECKING:
    from lxml import etree

_STEP = re.compile(
    r"/(?:(@)?(?:\*:|Q\{[^{}]*\}|[\w.-]{1,40}:)?([\w.-]{1,80}))"
    r"(?:\[namespace-uri\(\)\s*=\s*(?:'[^']*'|\"[^\"]*\")\])?(?:\[(\d{1,7})\])?"
)
_MOST_STEPS = 40
_LONGEST_VALUE = 200
_LONGEST_PATH = 500
_TERM = re.compile(r"\bBT-\d{1,3}\b")
_TERMS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("terms.toml").read_text(encoding="utf-8")
)
"""Where UBL and CII have the business terms of EN 16931-1 that its rules name most, by the ends of paths."""


class Places:
    """The elements of an invoice, with the lines of its text."""

    def __init__(self, root: etree._Element) -> None:
        """Number the lines as they stand in the text: `clean` makes several of some."""
        self._root = root
        self._lines: dict[etree._Element, tuple[int, str]] = {}
        number = 0
        for element, line in lines_of(root):
            self._lines[element] = number, line
            number += 1 + clean(line).count("\n")
        self._paths: dict[etree._Element, str] = {}

    def of(self, location: str, said: str) -> tuple[str, str, str, int]:
        """Find the place of an assertion.

        Args:
            location: The path of its element, as a report has it.
            said: Its message, which may name terms.

        Returns:
            The path, the term of the value there, the value, and its line; ``""`` and -1 where there is none.
            An element that has no value is given with the first one in it, or around it; the whole invoice
            has none.
        """
        element = self._element(location)
        if element is None:
            return self._path(self._root), "", "", -1
        term, leaf = self._named(element, said)
        if leaf is not None and leaf in self._lines:
            return self._path(leaf), term, *self._value(leaf)
        around: etree._Element | None = element
        while around is not None and around is not self._root:
            for one in around.iter():
                if one in self._lines:
                    return self._path(element), "", *self._value(one)
            around = around.getparent()
        return self._path(element), "", "", -1

    def _value(self, element: etree._Element) -> tuple[str, int]:
        """Give the value of an element that has a line, and that line, where the value stands in it."""
        number, line = self._lines[element]
        value = " ".join((element.text or "").split())
        is_whole = len(value) <= _LONGEST_VALUE and value in line
        return value[:_LONGEST_VALUE], number if is_whole else -1

    def _named(self, element: etree._Element, said: str) -> tuple[str, etree._Element | None]:
        """Find the first value within an element whose term a message names; one with a value is it."""
        if not len(element):
            told = _TERM.search(said)
            return told[0] if told else "", element
        for term in dict.fromkeys(_TERM.findall(said)):
            for path in _TERMS.get(term, ()):
                ends = path.split("/")
                for one in element.iter(f"{{*}}{ends[-1]}"):
                    if not len(one) and self._ends(one, ends):
                        return term, one
        return "", None

    def _ends(self, element: etree._Element, names: list[str]) -> bool:
        """Tell whether the path of an element ends in some names, the first of which may be cut off."""
        one: etree._Element | None = element
        for n, name in enumerate(reversed(names), start=1):
            if one is None:
                return False
            local = _local(one)
            if local != name and not (n == len(names) and n > 1 and local.endswith(name)):
                return False
            one = one.getparent()
        return True

    def _element(self, location: str) -> etree._Element | None:
        """Follow a path of names and numbers from the root; an attribute is of its element."""
        steps = _STEP.findall(location)
        if not 0 < len(steps) <= _MOST_STEPS or steps[0][1] != _local(self._root):
            return None
        element = self._root
        for is_attribute, name, number in steps[1:]:
            if is_attribute:
                break
            wanted = int(number or 1)
            found = None
            for one in element.iterchildren(f"{{*}}{name}"):
                wanted -= 1
                if not wanted:
                    found = one
                    break
            if found is None:
                return None
            element = found
        return element

    def _path(self, element: etree._Element) -> str:
        """Write the path of an element by local names, with a number where it has siblings of the name."""
        if (path := self._paths.get(element)) is None:
            parent = element.getparent()
            name = _local(element)
            if parent is None:
                path = f"/{name}"
            else:
                before = sum(1 for _ in element.itersiblings(f"{{*}}{name}", preceding=True))
                several = before or next(element.itersiblings(f"{{*}}{name}"), None) is not None
                path = f"{self._path(parent)}/{name}{f'[{before + 1}]' if several else ''}"
                if len(path) > _LONGEST_PATH:
                    path = f"\u2026{path[-_LONGEST_PATH:]}"
            self._paths[element] = path
        return path


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
