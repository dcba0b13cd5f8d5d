"""The entries of a domain's TOML files, read and checked.

Every function raises `DomainError`, whose message names the file, the entry and what to change.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import re2

from docassay.domains.calls import CallKind, function_of, split_of
from docassay.domains.passages import Window
from docassay.domains.patterns import Patterns, compiled
from docassay.domains.rules import Kind, Matcher, TaskFlag, accompanied
from docassay.domains.sections import Section, section_matcher
from docassay.domains.terms import Terms
from docassay.domains.typography import plain, plain_pattern, spelled
from docassay.schemas.errors import DomainError, did_you_mean
from docassay.schemas.rows import SEVERITIES

KIND = ("name", "title_patterns", "body", "least", "tasks", "generic", "asked", "overrules", "hinted")
"""The keys of a kind of document."""

MATCHERS = ("match", "followed_by", "include", "exclude")
"""The keys of a table among expressions, beside its words and how near to its match the others stand."""

LABEL = "label:"
"""Begins a pattern that names the passages to which a model gives a label."""

_DISTANCE = re.compile(r"([1-9][0-9]{0,4}) (character|word)s?")


class Source(NamedTuple):
    """Where what entries name comes from.

    Attributes:
        module: The domain's functions.
        patterns: Its expressions.
        terms: The lists of terms that the entries' file may use.
        sections: Its sections.
        own: An overlay's functions, which come before those of the domain.
        spelled: Its expressions match words without their accents, too.
    """

    module: ModuleType
    patterns: Patterns
    terms: Terms
    sections: tuple[Section, ...] = ()
    own: ModuleType | None = None
    spelled: bool = False


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file that every domain has; what is in its tables must not be changed."""
    return dict(_tables(path, *read_state(path)))


def read_state(path: Path) -> tuple[int, int]:
    """Give what changes with the contents of such a file: when it was written, and its size."""
    try:
        state = path.stat()
    except FileNotFoundError:
        raise DomainError(f"{path} is missing; every domain has one") from None
    return state.st_mtime_ns, state.st_size


@lru_cache(maxsize=64)
def _tables(path: Path, *_: int) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DomainError(f"{path} is not valid TOML: {error}") from None
    except RecursionError:
        raise DomainError(f"{path} is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise DomainError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from None


def check_keys(
    entry: dict[str, Any], keys: Iterable[str], location: str, renamed: Mapping[str, str] | None = None
) -> None:
    """Refuse an entry with unknown keys, and say of those that have another name now which.

    Raises:
        DomainError: The entry has such a key.
    """
    unknown = sorted(set(entry) - set(keys))
    if old := [key for key in unknown if key in (renamed or {})]:
        assert renamed
        raise DomainError(f"{location}: {old[0]} is called {renamed[old[0]]} now; rename the key")
    if unknown:
        meant = did_you_mean(unknown[0], keys)
        raise DomainError(
            f"{location}: unknown key {', '.join(unknown)};{meant and f' {meant}'} known are"
            f" {', '.join(sorted(keys))}"
        )


def kind_of(entry: dict[str, Any], source: Source, file: str) -> Kind:
    """Make a kind of document from its entry in ``domain.toml``."""
    check_keys(entry, KIND, file, {"title": "title_patterns"})
    if not isinstance(entry.get("name"), str):
        raise DomainError(f"{file}: a [[kind]] has no name; every kind has one")
    location = f"{file}: kind {entry['name']!r}"
    asked = entry.get("asked", True)
    return Kind(
        name=entry["name"],
        title_patterns=matchers_of(entry.get("title_patterns", []), source._replace(spelled=True), location),
        body=matchers_of(entry.get("body", []), source, location),
        least=entry.get("least", 2),
        tasks=tuple(entry["tasks"]) if "tasks" in entry else None if asked else (),
        generic=entry.get("generic", False),
        asked=asked,
        overrules=frozenset(entry.get("overrules", ())),
        hinted=matchers_of(entry.get("hinted", []), source, location),
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


def headings_of(levels: Any, source: Source, file: str) -> list[list[Any]]:
    """Make the heading patterns of ``domain.toml``, a list for each level; see `whole_pattern`."""
    location = f"{file}: headings"
    if not isinstance(levels, list) or not all(isinstance(level, list) for level in levels):
        raise DomainError(
            f"{location}: {levels!r} is not a list of lists; write one list of patterns per level"
        )
    return [[whole_pattern(pattern, source, location) for pattern in level] for level in levels]


def whole_pattern(pattern: Any, source: Source, location: str) -> Any:
    """Make a pattern that a whole text, or a line of it, is matched against."""
    if not isinstance(pattern, str):
        raise DomainError(f"{location}: {pattern!r} is not an RE2 expression, which must be a text")
    expression = compiled(source.terms.expand(pattern, location))
    try:
        if source.patterns.checked:
            expression.compile()
        return expression
    except re2.error as error:
        raise DomainError(f"{location}: {pattern!r} is not an RE2 expression: {error}") from None


def texts_of(entry: Mapping[str, Any], key: str, location: str) -> list[str]:
    """Give the texts of a key, none where it is missing; what is no list of texts is refused."""
    texts = entry.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise DomainError(f"{location}: {key} is a list of texts; write ['...']")
    return texts


def kinds_of(entry: Mapping[str, Any], kinds: Iterable[Kind], location: str) -> frozenset[str]:
    """Give the kinds of documents that an entry is for; ``""`` stands for documents of no kind."""
    own = frozenset(texts_of(entry, "kinds", location))
    there = {kind.name for kind in kinds}
    if unknown := own - there - {""}:
        meant = did_you_mean(min(unknown), sorted(there))
        raise DomainError(
            f"{location}: kinds {', '.join(sorted(unknown))} stand in no [[kind]] of"
            f" domain.toml{meant and f'; {meant}'}"
        )
    return own


def check_severity(severity: Any, location: str) -> None:
    """Refuse a severity that is none."""
    if severity not in SEVERITIES:
        raise DomainError(f"{location}: severity {severity!r} is none of {', '.join(SEVERITIES)}")


def line_of(folder: Path, rule: Any) -> str:
    """Say at which line of a folder's ``rules.toml`` the entry of a rule stands, as the end of a message."""
    written = re.compile(rf"\s*(?:id|rule)\s*=\s*[\"']{re.escape(str(rule))}[\"']")
    lines = (folder / "rules.toml").read_text(encoding="utf-8").splitlines()
    numbers = (number for number, line in enumerate(lines, 1) if written.match(line))
    number = next(numbers, None)
    return f" (line {number} of {folder / 'rules.toml'})" if number else f" ({folder / 'rules.toml'})"


def section_of(entry: dict[str, Any], source: Source, file: str) -> Section:
    """Make a section from its entry in ``sections.toml``."""
    location = f"{file}: section {entry.get('label')!r}"
    check_keys(entry, {f.name for f in fields(Section)}, location)
    for key in ("task", "label", "titles"):
        if not entry.get(key):
            raise DomainError(f"{location}: {key} is missing; every section has task, label and titles")
    return Section(
        task=entry["task"],
        label=entry["label"],
        titles=_any_of(entry["titles"], source, location),
        kinds=frozenset(entry.get("kinds", [])),
        parts=_any_of(entry["parts"], source, location) if entry.get("parts") else None,
        whole=entry.get("whole", False),
        most_words=entry.get("most_words", 1_000_000),
        first_only=entry.get("first_only", False),
    )


def _any_of(patterns: Sequence[str], source: Source, location: str) -> Any:
    for pattern in patterns:
        whole_pattern(pattern, source, location)
    expanded = (f"(?:{source.terms.expand(pattern, location)})" for pattern in patterns)
    return compiled(f"(?i)(?:{'|'.join(expanded)})")


def window_of(entry: dict[str, Any], location: str, default: int | None = None) -> Window:
    """Read how near to a match another passage has to be: the keys `within` and `same_sentence`.

    Args:
        entry: What may have these keys.
        location: Where it stands, as errors name it.
        default: Characters, where it has neither; None for the same sentence.

    Raises:
        DomainError: One of the keys has another value.
    """
    same_sentence = entry.get("same_sentence", False)
    if not isinstance(same_sentence, bool):
        raise DomainError(f"{location}: same_sentence is true or false")
    within = entry.get("within", None if same_sentence else default)
    if within is None:
        return Window(same_sentence=True)
    if isinstance(within, int) and not isinstance(within, bool) and within >= 0:
        return Window(characters=within, same_sentence=same_sentence)
    distance = _DISTANCE.fullmatch(within) if isinstance(within, str) else None
    if not distance:
        raise DomainError(f'{location}: within is a number of characters, or a text such as "8 words"')
    return Window(**{f"{distance[2]}s": int(distance[1])}, same_sentence=same_sentence)


def matchers_of(patterns: Any, source: Source, location: str) -> tuple[Matcher, ...]:
    """Turn each of a list as `matcher_of` does."""
    return tuple(matcher_of(pattern, source, location) for pattern in listed(patterns, location))


def listed(patterns: Any, location: str) -> list[Any]:
    """Refuse what is no list of expressions."""
    if not isinstance(patterns, list):
        raise DomainError(f"{location}: {patterns!r} is not a list of expressions; write ['...']")
    return patterns


def matcher_of(pattern: Any, source: Source, location: str) -> Matcher:
    """Turn a pattern, ``call:NAME``, ``section:LABEL`` or table into what finds its matches in a view."""
    if isinstance(pattern, dict):
        return _accompanied(pattern, source, location)
    if not isinstance(pattern, str):
        raise DomainError(f"{location}: {pattern!r} is neither an expression nor a table with match")
    if pattern.startswith(LABEL):
        raise DomainError(f"{location}: {pattern} stands in requires or forbids of a check")
    if pattern.startswith("section:"):
        label = pattern.removeprefix("section:")
        if label not in {section.label for section in source.sections}:
            raise DomainError(f"{location}: {pattern} names no label of sections.toml")
        return section_matcher(label, source.sections, split_of(source.module))
    matcher: Matcher = finder_of(pattern, "matcher", source, location)
    return matcher


def label_of(pattern: str, tasks: Iterable[str], location: str) -> str:
    """Check the label that ``label:TASK.LABEL`` names, and give it.

    Args:
        pattern: The pattern.
        tasks: Those asked of the domain's documents.
        location: Where it stands, as errors name it.

    Raises:
        DomainError: No such task is asked, or the shipped model that answers it has no such label.
    """
    from docassay.models.catalog import DEFAULT_ENCODER, find, read  # few rules name labels

    name = pattern.removeprefix(LABEL)
    task, _, label = name.partition(".")
    known = read(find(DEFAULT_ENCODER)).tasks
    is_unknown = task in known and label not in known[task].labels
    if task not in tasks or not label or is_unknown:
        names = [f"{one}.{of}" for one in tasks if one in known for of in known[one].labels]
        near = get_close_matches(name, names, 1)
        meant = f"did you mean label:{near[0]}?" if near else f"its tasks are {', '.join(tasks) or 'none'}"
        raise DomainError(f"{location}: {pattern} names no label of the domain; {meant}")
    return name


def labelled(name: str) -> Matcher:
    """Make the matcher of the passages with a label."""
    return lambda view: [span for label, span in view.labels if label == name]


def finder_of(pattern: str, kind: CallKind, source: Source, location: str) -> Any:
    """Make what finds an expression in a view, or what calls the function that ``call:NAME`` names."""
    if pattern.startswith("call:"):
        return called(pattern, kind, source, location)
    try:
        expression = source.terms.expand(pattern, location)
        return source.patterns.matcher(expression, spelled if source.spelled else plain_pattern)
    except re2.error as error:
        raise DomainError(f"{location}: {pattern!r} is not an RE2 expression: {error}") from None


def _accompanied(entry: dict[str, Any], source: Source, location: str) -> Matcher:
    """Make the matcher of a table among expressions: what stands beside what, and how near."""
    check_keys(entry, ("words", *MATCHERS, "within", "same_sentence"), location)
    if not (entry.get("match") or entry.get("words")):
        raise DomainError(
            f"{location}: a table among expressions has no match or words, the list of what it seeks"
        )
    words = [_of_words(one, location) for one in texts_of(entry, "words", location)]
    if not {*MATCHERS[1:]} & entry.keys() and {"within", "same_sentence"} & entry.keys():
        raise DomainError(
            f"{location}: within and same_sentence say how near followed_by, include or exclude stand;"
            " write one of these"
        )
    match, followed_by, include, exclude = (
        matchers_of(
            [*(words if key == "match" else ()), *listed(entry.get(key, []), location)], source, location
        )
        for key in MATCHERS
    )
    return accompanied(match, followed_by, include, exclude, window_of(entry, location))


def _of_words(phrase: str, location: str) -> str:
    r"""Write words as the expression that finds them, in any case and with any blanks between them.

    >>> _of_words("final say", "")
    '(?i)\\bfinal\\s+say\\b'
    """
    parts = [re2.escape(plain(part)) for part in phrase.split()]
    if not parts:
        raise DomainError(f"{location}: words has an empty text; name at least one word")
    first, last = phrase.strip()[0], phrase.strip()[-1]
    # RE2 knows the ends of words of ASCII only.
    begin, end = (r"\b" if one.isascii() and one.isalnum() else "" for one in (first, last))
    return "(?i)" + begin + r"\s+".join(parts) + end


def called(pattern: str, kind: CallKind, source: Source, location: str) -> Any:
    """Find the function of the domain that ``call:NAME`` names."""
    name = pattern.removeprefix("call:")
    checked = source.patterns.checked
    function = function_of(source.own, name, kind) or function_of(source.module, name, kind, checked)
    if function is None:
        raise DomainError(f"{location}: {pattern} names no function of {source.module.__name__}")
    return function
