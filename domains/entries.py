"""The entries of a domain's TOML files, read and checked.

Every function raises `DomainError`, whose message names the file, the entry and what to change.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar, get_args

import re2

from docassay.domains.patterns import Patterns, quiet
from docassay.domains.rules import CheckRule, FlagRule, Kind, Matcher, Reads, TaskFlag
from docassay.domains.sections import Section, section_matcher
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import Severity

T = TypeVar("T")


class Source(NamedTuple):
    """Where the functions, expressions and sections that entries name come from; an overlay's `own` first."""

    module: ModuleType
    patterns: Patterns
    sections: tuple[Section, ...] = ()
    own: ModuleType | None = None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file that every domain has."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DomainError(f"{path} is missing; every domain has one") from None
    except tomllib.TOMLDecodeError as error:
        raise DomainError(f"{path} is not valid TOML: {error}") from None


def check_keys(entry: dict[str, Any], keys: Iterable[str], location: str) -> None:
    """Refuse an entry with unknown keys."""
    unknown = sorted(set(entry) - set(keys))
    if unknown:
        raise DomainError(
            f"{location}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(keys))}"
        )


def kind_of(entry: dict[str, Any], source: Source, file: str) -> Kind:
    """Make a kind of document from its entry in ``domain.toml``."""
    check_keys(entry, {f.name for f in fields(Kind)}, file)
    if not isinstance(entry.get("name"), str):
        raise DomainError(f"{file}: a [[kind]] has no name; every kind has one")
    location = f"{file}: kind {entry['name']!r}"
    return Kind(
        name=entry["name"],
        title=matchers_of(entry.get("title", []), source, location),
        body=matchers_of(entry.get("body", []), source, location),
        least=entry.get("least", 2),
        tasks=tuple(entry["tasks"]) if "tasks" in entry else None,
        generic=entry.get("generic", False),
    )


def task_flag_of(entry: dict[str, Any], file: str) -> TaskFlag:
    """Make a label that is a sign of fraud from its entry in ``domain.toml``."""
    location = f"{file}: task_flag {entry.get('code', 'without code')!r}"
    check_keys(entry, {f.name for f in fields(TaskFlag)}, location)
    for key in ("task", "label", "code", "severity", "why", "source"):
        if not entry.get(key):
            raise DomainError(f"{location}: {key} is missing; a task_flag has task, label, code, as rules do")
    check_severity(entry["severity"], location)
    return TaskFlag(**entry)


def headings_of(levels: Any, file: str) -> list[list[Any]]:
    """Compile the heading patterns of ``domain.toml``, a list for each level."""
    location = f"{file}: headings"
    if not isinstance(levels, list) or not all(isinstance(level, list) for level in levels):
        raise DomainError(f"{location}: {levels!r} is no list of lists; write one list of patterns a level")
    return [[whole_pattern(pattern, location) for pattern in level] for level in levels]


def whole_pattern(pattern: Any, location: str) -> Any:
    """Compile a pattern that a whole text, or a line of it, is matched against."""
    if not isinstance(pattern, str):
        raise DomainError(f"{location}: {pattern!r} is no RE2 expression, which is a text")
    try:
        return re2.compile(pattern, quiet())
    except re2.error as error:
        raise DomainError(f"{location}: {pattern!r} is not an RE2 expression: {error}") from None


def check_severity(severity: Any, location: str) -> None:
    """Refuse a severity that is none."""
    if severity not in get_args(Severity):
        raise DomainError(f"{location}: severity {severity!r} is none of {', '.join(get_args(Severity))}")


def rules_of(
    entries: Sequence[dict[str, Any]], folder: Path, make: Callable[[dict[str, Any]], T]
) -> tuple[T, ...]:
    """Make rules from their entries; an error also says at which line of ``rules.toml`` the entry stands."""
    rules = []
    for entry in entries:
        try:
            rules.append(make(entry))
        except DomainError as error:
            raise DomainError(f"{error}{line_of(folder, entry.get('id'))}") from None
    return tuple(rules)


def line_of(folder: Path, rule: Any) -> str:
    """Say at which line of a folder's ``rules.toml`` the entry of a rule stands, as the end of a message."""
    written = re.compile(rf"\s*(?:id|rule)\s*=\s*[\"']{re.escape(str(rule))}[\"']")
    lines = (folder / "rules.toml").read_text(encoding="utf-8").splitlines()
    numbers = (number for number, line in enumerate(lines, 1) if written.match(line))
    number = next(numbers, None)
    return f" (line {number} of {folder / 'rules.toml'})" if number else f" ({folder / 'rules.toml'})"


def section_of(entry: dict[str, Any], file: str) -> Section:
    """Make a section from its entry in ``sections.toml``."""
    location = f"{file}: section {entry.get('label')!r}"
    check_keys(entry, {f.name for f in fields(Section)}, location)
    for key in ("task", "label", "titles"):
        if not entry.get(key):
            raise DomainError(f"{location}: {key} is missing; every section has task, label and titles")
    return Section(
        task=entry["task"],
        label=entry["label"],
        titles=_any_of(entry["titles"], location),
        kinds=frozenset(entry.get("kinds", [])),
        parts=_any_of(entry["parts"], location) if entry.get("parts") else None,
        whole=entry.get("whole", False),
        most_words=entry.get("most_words", 1_000_000),
        first_only=entry.get("first_only", False),
    )


def _any_of(patterns: Sequence[str], location: str) -> Any:
    for pattern in patterns:
        whole_pattern(pattern, location)
    return re2.compile(f"(?i)(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})", quiet())


def _check_rule(entry: dict[str, Any], kinds: tuple[Kind, ...], folder: Path, rule_class: type) -> str:
    """Refuse a wrong entry of ``rules.toml``; name the entry for later messages."""
    location = f"{folder.name}/rules.toml: {entry.get('id', 'an entry without id')}"
    check_keys(entry, {f.name for f in fields(rule_class)}, location)
    for key in ("id", "severity", "why", "source"):
        if not entry.get(key):
            raise DomainError(f"{location}: {key} is missing; every rule has id, severity, why and source")
    check_severity(entry["severity"], location)
    if entry.get("reads", "original") not in get_args(Reads):
        raise DomainError(f"{location}: reads {entry['reads']!r} is none of {', '.join(get_args(Reads))}")
    unknown = set(entry.get("kinds", [])) - {kind.name for kind in kinds} - {""}  # "": no kind was told
    if unknown:
        raise DomainError(
            f"{location}: kinds {', '.join(sorted(unknown))} stand in no [[kind]] of domain.toml"
        )
    return location


def flag_of(entry: dict[str, Any], source: Source, kinds: tuple[Kind, ...], folder: Path) -> FlagRule:
    """Make a sign of fraud from its entry in ``rules.toml``."""
    location = _check_rule(entry, kinds, folder, FlagRule)
    if not entry.get("any"):
        raise DomainError(f"{location}: any is missing; a sign of fraud needs a pattern or a call:NAME")
    return FlagRule(
        id=entry["id"],
        severity=entry["severity"],
        why=entry["why"],
        source=entry["source"],
        kinds=frozenset(entry.get("kinds", [])),
        any=matchers_of(entry["any"], source, location),
        near=matchers_of(entry.get("near", []), source, location),
        unless=matchers_of(entry.get("unless", []), source, location),
        within=entry.get("within", 300),
        reads=entry.get("reads", "original"),
        detail=_called(entry["detail"], source, location) if "detail" in entry else None,
    )


def check_of(entry: dict[str, Any], source: Source, kinds: tuple[Kind, ...], folder: Path) -> CheckRule:
    """Make a compliance check from its entry in ``rules.toml``."""
    location = _check_rule(entry, kinds, folder, CheckRule)
    if sum(bool(entry.get(key)) for key in ("requires", "forbids", "compares")) != 1:
        raise DomainError(f"{location}: a check has either requires or forbids, or compares")
    if entry.get("titles") and not entry.get("requires"):
        raise DomainError(
            f"{location}: titles say where what a check requires stands; forbids has no use for them"
        )
    if entry.get("hints") and not entry.get("titles"):
        raise DomainError(f"{location}: hints answer under a heading of titles; write these, too")
    return CheckRule(
        id=entry["id"],
        severity=entry["severity"],
        why=entry["why"],
        source=entry["source"],
        kinds=frozenset(entry.get("kinds", [])),
        when=matchers_of(entry.get("when", []), source, location),
        requires=matchers_of(entry.get("requires", []), source, location),
        forbids=matchers_of(entry.get("forbids", []), source, location),
        near=matchers_of(entry.get("near", []), source, location),
        unless=matchers_of(entry.get("unless", []), source, location),
        fails=matchers_of(entry.get("fails", []), source, location),
        unclear=matchers_of(entry.get("unclear", []), source, location),
        titles=tuple(whole_pattern(pattern, location) for pattern in entry.get("titles", [])),
        hints=matchers_of(entry.get("hints", []), source, location),
        sure=matchers_of(entry.get("sure", []), source, location),
        absent=entry.get("absent", "fail"),
        present=entry.get("present", "fail"),
        label=entry.get("label"),
        reads=entry.get("reads", "original"),
        detail=_called(entry["detail"], source, location) if "detail" in entry else None,
        compares=_called(entry["compares"], source, location) if "compares" in entry else None,
    )


def matchers_of(patterns: Sequence[str], source: Source, location: str) -> tuple[Matcher, ...]:
    """Turn each pattern, ``call:NAME`` or ``section:LABEL`` into what finds its matches in a view."""
    return tuple(_matcher(pattern, source, location) for pattern in patterns)


def _matcher(pattern: str, source: Source, location: str) -> Matcher:
    if pattern.startswith("section:"):
        label = pattern.removeprefix("section:")
        if label not in {section.label for section in source.sections}:
            raise DomainError(f"{location}: {pattern} names no label of sections.toml")
        return section_matcher(label, source.sections, getattr(source.module, "split", None))
    if pattern.startswith("call:"):
        matcher: Matcher = _called(pattern, source, location)
        return matcher
    try:
        return source.patterns.matcher(pattern)
    except re2.error as error:
        raise DomainError(f"{location}: {pattern!r} is not an RE2 expression: {error}") from None


def _called(pattern: str, source: Source, location: str) -> Any:
    """Find the function of the domain that ``call:NAME`` names."""
    name = pattern.removeprefix("call:")
    function = getattr(source.own, name, None) or getattr(source.module, name, None)
    if function is None:
        raise DomainError(f"{location}: {pattern} names no function of {source.module.__name__}")
    return function
