"""Read files of translated strings as groups: what stands together in one mail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml  # type: ignore[import-untyped]

Group = list[tuple[str, str]]
"""Keys and their texts."""
PART = re.compile(
    r"(?i)[-_.]?(subject|text|body|html|footer|hello|thanks|signature|buttontext|title|preview)\w*$"
)
"""What ends a flat key, after the name of the mail."""
PHP = re.compile(r"""(?s)'([\w.-]+)'\s*=>\s*(?:(\[)|'((?:[^'\\]|\\.)*)'|"[^"]*")|(\])""")


def tables(name: str, text: str) -> Iterator[tuple[str, Group]]:
    """Yield place and strings of each group of YAML, JSON, gettext or PHP arrays."""
    if name.endswith((".yml", ".yaml")):
        yield from _nested(yaml.safe_load(re.sub(r":\s+!\S+", ":", text)))
    elif name.endswith(".json"):
        found = list(_nested(json.loads(text)))
        yield from _flat(found[0][1]) if len(found) == 1 else found
    elif name.endswith(".po"):
        yield from _gettext(text)
    elif name.endswith(".php"):
        yield from _php(text)


def _nested(value: Any, path: str = "") -> Iterator[tuple[str, Group]]:
    if isinstance(value, dict):
        own = [(str(key), one) for key, one in value.items() if isinstance(one, str)]
        if own:
            yield path, own
        for key, one in value.items():
            yield from _nested(one, f"{path}.{key}")


def _flat(strings: Group) -> Iterator[tuple[str, Group]]:
    groups: dict[str, Group] = {}
    for key, one in strings:
        groups.setdefault(PART.sub("", key), []).append((key, one))
    yield from groups.items()


def _gettext(text: str) -> Iterator[tuple[str, Group]]:
    for entry in re.split(r"\n\s*\n", text):
        found = re.search(r'(?s)msgstr(?:\[0\])?\s+((?:".*?"\s*)+)', entry)
        if found and "fuzzy" not in entry:
            said = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found[1]))
            said = said.replace("\\n", "\n").replace('\\"', '"').replace("\\t", " ")
            yield " ".join(re.findall(r"(?m)^#: (.*)$", entry)), [("body", said)]


def _php(text: str) -> Iterator[tuple[str, Group]]:
    path: list[str] = []
    groups: dict[str, Group] = {}
    for key, opened, one, closed in PHP.findall(text):
        if opened:
            path.append(key)
        elif closed:
            path = path[:-1]
        else:
            groups.setdefault(".".join(path), []).append((key, one.replace("\\'", "'")))
    yield from groups.items()
