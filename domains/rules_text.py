"""Edit the files of an overlay by entry, and keep what else they say: comments, order and layout."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from docassay.schemas.errors import DomainError

MOST_LINES = 200
"""Lines of one statement; a longer one is not edited here."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = re.compile(r"\s*\[")
_TOKEN = re.compile(
    r"(?s)\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'"
    r"|(?P<comment>[ \t]*+\#[^\n]*+)|[ \t]++|[^\"'\# \t]++"
)
"""Strings, comments with the blanks before them, blanks, and all else of TOML."""

_BY_HAND = "edit the file itself"


def toml(value: Any) -> str:
    r"""Write a value as TOML, in one line.

    >>> toml({"words": ["final\tsay"], "within": 8})
    '{ words = ["final\\tsay"], within = 8 }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(one)}' for key, one in value.items())} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml, value))}]"
    return repr(value)


def with_entry(
    text: str, table: str, name: str, values: Mapping[str, Any], by: str = "id", file: str = "rules.toml"
) -> str:
    """Set keys of an entry of a TOML text, or add the entry at the end.

    Args:
        text: The text.
        table: The name of the list of tables that has the entry, such as ``check``.
        name: The entry's name; of several of that name one that has the keys already is changed.
        values: The keys to set; None removes one.
        by: The key that names entries.
        file: The file, as errors name it.

    Raises:
        DomainError: The text is no TOML, or is written so that only a person should change it.
    """
    try:
        before = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DomainError(f"{file} is not valid TOML: {error}") from None
    entries = before.get(table, [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise DomainError(f"{file}: {table} is not a list of tables; write [[{table}]] above each entry")
    wanted = deepcopy(before)
    named = [number for number, entry in enumerate(entries) if entry.get(by) == name]
    if not named:
        new = {by: name} | {key: value for key, value in values.items() if value is not None}
        lines = "".join(f"{key} = {toml(value)}\n" for key, value in new.items())
        head = f"{text.rstrip()}\n\n" if text.strip() else ""
        wanted.setdefault(table, []).append(new)
        changed = f"{head}[[{table}]]\n{lines}"
    else:
        number = next((one for one in named if values.keys() & entries[one].keys() - {by}), named[0])
        changed = _with_keys(text, table, number, values, file)
        for key, value in values.items():
            wanted[table][number].pop(key, None)
            if value is not None:
                wanted[table][number][key] = value
    if not _is_whole(changed) or tomllib.loads(changed) != wanted:
        raise DomainError(f"{file}: the entry of {name} is written in a way of its own; {_BY_HAND}")
    return changed


def _with_keys(text: str, table: str, number: int, values: Mapping[str, Any], file: str) -> str:
    """Set keys of an entry, by its number among those of its table."""
    parts = list(_statements(text, file))
    heads = [n for n, part in enumerate(parts) if _HEADER.match(part)]
    of_table = [n for n in heads if _opens(parts[n], table)]
    if number >= len(of_table):
        raise DomainError(f"{file}: the entries of {table} are written in one line; {_BY_HAND}")
    first = of_table[number] + 1
    end = next((n for n in heads if n >= first), len(parts))
    left, last = dict(values), first
    for n in range(first, end):
        stated = tomllib.loads(parts[n])
        if not stated:
            continue  # a comment, or nothing
        last = n + 1
        (key,) = stated
        if key not in left:
            continue
        value = left.pop(key)
        if value is None:
            parts[n] = ""
        elif stated[key] != value:
            parts[n] = f"{key} = {toml(value)}{_comment(parts[n])}\n"
    if parts[last - 1] and not parts[last - 1].endswith("\n"):
        parts[last - 1] += "\n"
    parts.insert(
        last, "".join(f"{key} = {toml(value)}\n" for key, value in left.items() if value is not None)
    )
    return "".join(parts)


def _statements(text: str, file: str) -> Iterator[str]:
    """Yield the headers, the keys with their values, and the lines of comment of a TOML text, in order."""
    lines = _LINE.findall(text)
    start = 0
    while start < len(lines):
        end = start + 1
        while not _is_whole("".join(lines[start:end])):
            end += 1
            if end > len(lines) or end - start > MOST_LINES:
                raise DomainError(f"{file}, line {start + 1}: what begins here is too long; {_BY_HAND}")
        yield "".join(lines[start:end])
        start = end


def _is_whole(part: str) -> bool:
    try:
        tomllib.loads(part)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _opens(header: str, table: str) -> bool:
    return list(tomllib.loads(header).items()) == [(table, [{}])]


def _comment(part: str) -> str:
    """Give the comment behind a value, with the blanks before it."""
    comment = ""
    for match in _TOKEN.finditer(part.rstrip("\r\n")):
        comment = match["comment"] or ""
    return comment


def with_examples(text: str, rule: str, examples: Sequence[Mapping[str, Any]], renamed: str = "") -> str:
    """Give the lines of an ``examples.jsonl`` with those of one rule replaced, the others as they are.

    Args:
        text: The lines.
        rule: The rule whose examples are replaced.
        examples: What they are now, without `rule`.
        renamed: The rule's new name, where it gets one.
    """
    new = [{"rule": renamed or rule, **example} for example in examples]
    kept: list[str] = []
    place = None
    for line in text.splitlines():
        try:
            old = json.loads(line)
        except ValueError:
            old = None
        if not isinstance(old, dict) or old.get("rule") != rule:
            kept.append(line)
            continue
        place = len(kept) if place is None else place
        if old in new:  # as it was written
            new[new.index(old)] = {"": line}
    written = [one[""] if "" in one else _in_one_line(one) for one in new]
    at = len(kept) if place is None else place
    return "".join(f"{line}\n" for line in (*kept[:at], *written, *kept[at:]))


def _in_one_line(value: Any) -> str:
    """Write JSON that any reader of lines takes for one line."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written.splitlines()) == 1 else json.dumps(value)
