"""Domains: what legal, financial or medical readers ask of a document. One folder each.

A domain is found by its folder, so adding one changes nothing else:

    domains/insurance/
        domain.toml      title, cues, document kinds, headings, tasks asked of the models
        rules.toml       signs of fraud ([[flag]]) and compliance checks ([[check]])
        examples.jsonl   texts with the rows expected of them, and why
        __init__.py      `split`, where outlining by headings is not enough, and the functions
                         that rules call

`DOCASSAY_DOMAINS` names further folders, separated like `PATH`, that hold domains of other names: of two
folders of one name none is chosen in silence, it is an error.

Patterns are RE2 expressions: their time grows linearly with the text, whatever the text
(https://swtch.com/~rsc/regexp/regexp3.html). A pattern written ``call:NAME`` is the function
`NAME` of the domain, from a `View` to spans.

A document in another language has two texts: the original, and its English. `reads` of a rule says which
of them the rule is applied to:

    reads = "original"   the default, and right for whatever compares figures, dates, names or identifiers
                         (every ``call:`` that does). Such a rule has to know the words of each language
                         that it is to work in: ``Rechnungsdatum``, ``date de la facture``.
    reads = "both"       a rule of wording, which its English patterns may find in the translation as well.
                         What it finds there alone is a translator's word, and says so in `decided_by`.

Take ``both`` only where a translation that writes every figure wrong would change no outcome; a test of the
shipped rules does just that to their examples.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import tomllib
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, get_args

import re2

from docassay.domains.outline import Part, outline
from docassay.domains.patterns import Patterns, quiet
from docassay.domains.rules import (
    MAX_SPANS,
    CheckRule,
    FlagRule,
    Kind,
    Reads,
    Seek,
    Span,
    TaskFlag,
    View,
    applies,
    found,
    judge,
    spans,
)
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import Severity

__all__ = [
    "MAX_SPANS",
    "CheckRule",
    "Domain",
    "DomainError",
    "FlagRule",
    "Kind",
    "Part",
    "Reads",
    "Seek",
    "Span",
    "TaskFlag",
    "View",
    "applies",
    "digest",
    "judge",
    "load",
    "names",
    "outline",
    "spans",
]


@dataclass(frozen=True, slots=True)
class Domain:
    """What one folder says, read and checked.

    Attributes:
        tasks: Names of the models' tasks that are asked of its segments, unless the kind has its own.
        least_words: A segment of fewer words, such as a heading alone, is asked nothing.
        empty: Patterns of what says nothing: a segment that holds no more below its heading is asked nothing.
        cues: Patterns that tell a document of this domain, for a domain that the detector was not trained on.
        split: From a view (without segments) to its parts, in order, not overlapping.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    least_words: int
    empty: tuple[Any, ...]
    task_flags: tuple[TaskFlag, ...]
    cues: tuple[Seek, ...]
    kinds: tuple[Kind, ...]
    flags: tuple[FlagRule, ...]
    checks: tuple[CheckRule, ...]
    split: Callable[[View], list[Part]]
    folder: Path

    def kind_of(self, title: str | None, text: str) -> str:
        """Name the kind of a document, or ``""``; the first kind listed whose patterns match wins."""
        for kind in self._titled(title, text):
            return kind.name
        body = View(text)
        for kind in self.kinds:
            if kind.body and sum(found(seek, body) for seek in kind.body) >= kind.least:
                return kind.name
        return ""

    def is_titled(self, title: str | None, text: str) -> bool:
        """Tell whether a document bears the title of a kind that only this domain has."""
        return any(not kind.generic for kind in self._titled(title, text))

    def _titled(self, title: str | None, text: str) -> Iterator[Kind]:
        opening = View(f"{title or ''}\n{text[:600]}")
        return (kind for kind in self.kinds if any(found(seek, opening) for seek in kind.title))

    def says_something(self, text: str, heading: Sequence[str] = ()) -> bool:
        """Tell whether a segment holds enough, below the headings that it begins with, to be asked about."""
        if len(text.split()) < self.least_words:
            return False
        body = text.strip()
        for title in heading if self.empty else ():
            body = body.removeprefix(title).lstrip(" \t\n:#*_")
        return not any(pattern.fullmatch(body) for pattern in self.empty)

    @property
    def all_tasks(self) -> tuple[str, ...]:
        """List the models' tasks asked of any of its documents, each once."""
        own = (task for kind in self.kinds for task in kind.tasks or ())
        return tuple(dict.fromkeys([*self.tasks, *own]))

    @property
    def signs(self) -> int:
        """Count the signs of fraud that it looks for, by rules and by models."""
        return len(self.flags) + len(self.task_flags)

    def tasks_of(self, kind: str) -> tuple[str, ...]:
        """List the models' tasks asked of a document of this kind."""
        own = next((k.tasks for k in self.kinds if k.name == kind), None)
        return self.tasks if own is None else own


def names() -> list[str]:
    """List the domains by their folders, in alphabetical order.

    Raises:
        DomainError: A folder that `DOCASSAY_DOMAINS` names is not there, or two domains have one name.
    """
    return list(_folders(os.environ.get("DOCASSAY_DOMAINS", "")))


@cache
def _folders(further: str) -> dict[str, Path]:
    """Find the folder of each domain, by name, in alphabetical order."""
    roots = _roots(further)
    if absent := [root for root in roots if not root.is_dir()]:
        raise DomainError(f"{absent[0]} is no folder; DOCASSAY_DOMAINS names folders that hold domains")
    found: dict[str, Path] = {}
    for folder in (folder for root in roots for folder in sorted(root.iterdir())):
        if not (folder / "domain.toml").is_file():
            continue
        if folder.name in found:
            raise DomainError(
                f"{folder} is a domain of the name of {found[folder.name]}; rename it, or take its folder out"
                " of DOCASSAY_DOMAINS"
            )
        if folder.parent != roots[0] and (roots[0] / f"{folder.name}.py").exists():
            raise DomainError(
                f"{folder}: {folder.name} is the name of a module of docassay; rename the folder"
            )
        found[folder.name] = folder
    return dict(sorted(found.items()))


def _folder(name: str) -> Path:
    known = _folders(os.environ.get("DOCASSAY_DOMAINS", ""))
    if name not in known:
        raise DomainError(f"there is no domain {name!r}; there are {', '.join(known) or 'none'}")
    return known[name]


def digest(name: str) -> str:
    """Name what the domain `name` decides with: SHA-256, in hex, over its TOML files and its code.

    `domain.toml`, `rules.toml` and every Python file of the folder count, in order of their paths, each with
    its path and length; examples and samples do not.

    Raises:
        DomainError: No such domain.
    """
    return _digest(_folder(name))


@cache
def _digest(folder: Path) -> str:
    files = {folder / "domain.toml", folder / "rules.toml", *folder.rglob("*.py")}
    found = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_file():
            content = path.read_bytes()
            found.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()


class _Source(NamedTuple):
    """What the entries of a domain's files are made with."""

    module: ModuleType
    patterns: Patterns


@cache
def load(name: str) -> Domain:
    """Read and check the domain in the folder `name`.

    Raises:
        DomainError: No such domain, or one of its files is wrong; says which entry, and how to mend it.
    """
    folder = _folder(name)
    source = _Source(_module(name, folder), Patterns())
    about = _toml(folder / "domain.toml")
    rules = _toml(folder / "rules.toml")
    where = f"{folder.name}/domain.toml"
    _known(about, {"title", "tasks", "least_words", "empty", "task_flag", "cues", "kind", "headings"}, where)
    _known(rules, {"flag", "check"}, f"{folder.name}/rules.toml")
    kinds = tuple(_kind(entry, source, where) for entry in about.get("kind", []))
    headings = [[re2.compile(p) for p in level] for level in about.get("headings", [])]
    domain = Domain(
        name=name,
        title=about.get("title", name),
        tasks=tuple(about.get("tasks", [])),
        least_words=about.get("least_words", 1),
        empty=tuple(_whole(pattern, where) for pattern in about.get("empty", [])),
        task_flags=tuple(TaskFlag(**entry) for entry in about.get("task_flag", [])),
        cues=_seeks(about.get("cues", []), source, f"{where}: cues"),
        kinds=kinds,
        flags=tuple(_flag(e, source, kinds, folder) for e in rules.get("flag", [])),
        checks=tuple(_check(e, source, kinds, folder) for e in rules.get("check", [])),
        split=getattr(source.module, "split", None) or (lambda view: outline(view.text, headings)),
        folder=folder,
    )
    source.patterns.close()
    return domain


def _roots(further: str) -> list[Path]:
    """List the folders that hold domains, each once, however it is spelt."""
    roots = [Path(__file__).parent, *(Path(p) for p in further.split(os.pathsep) if p)]
    return list({os.path.realpath(root): root for root in reversed(roots)}.values())[::-1]


def _module(name: str, folder: Path) -> ModuleType:
    if folder.parent == Path(__file__).parent:
        return importlib.import_module(f"docassay.domains.{name}")
    if not (folder / "__init__.py").is_file():
        raise DomainError(f"{folder}: __init__.py is missing; an empty file will do")
    spec = importlib.util.spec_from_file_location(
        f"docassay.domains.{name}", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec and spec.loader  # a .py file that exists always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        raise DomainError(f"{_place(error, folder)}: {type(error).__name__}: {error}") from error
    return module


def _place(error: Exception, folder: Path) -> str:
    """Name the file of a domain and the line at which its import failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else str(folder / "__init__.py")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DomainError(f"{path} is missing; every domain has one") from None
    except tomllib.TOMLDecodeError as error:
        raise DomainError(f"{path} is not valid TOML: {error}") from None


def _known(entry: dict[str, Any], keys: Iterable[str], where: str) -> None:
    unknown = sorted(set(entry) - set(keys))
    if unknown:
        raise DomainError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(keys))}")


def _kind(entry: dict[str, Any], source: _Source, where: str) -> Kind:
    _known(entry, {f.name for f in fields(Kind)}, where)
    at = f"{where}: kind {entry.get('name')!r}"
    return Kind(
        name=entry["name"],
        title=_seeks(entry.get("title", []), source, at),
        body=_seeks(entry.get("body", []), source, at),
        least=entry.get("least", 2),
        tasks=tuple(entry["tasks"]) if "tasks" in entry else None,
        generic=entry.get("generic", False),
    )


def _whole(pattern: str, where: str) -> Any:
    try:
        return re2.compile(pattern, quiet())
    except re2.error as error:
        raise DomainError(f"{where}: empty: {pattern!r} is not an RE2 expression: {error}") from None


def _rule(entry: dict[str, Any], kinds: tuple[Kind, ...], folder: Path, shape: type) -> str:
    at = f"{folder.name}/rules.toml: {entry.get('id', 'an entry without id')}"
    _known(entry, {f.name for f in fields(shape)}, at)
    for key in ("id", "severity", "why", "source"):
        if not entry.get(key):
            raise DomainError(f"{at}: {key} is missing; every rule has id, severity, why and source")
    if entry["severity"] not in get_args(Severity):
        raise DomainError(f"{at}: severity {entry['severity']!r} is none of {', '.join(get_args(Severity))}")
    if entry.get("reads", "original") not in get_args(Reads):
        raise DomainError(f"{at}: reads {entry['reads']!r} is none of {', '.join(get_args(Reads))}")
    strangers = set(entry.get("kinds", [])) - {kind.name for kind in kinds} - {""}  # "": no kind was told
    if strangers:
        raise DomainError(f"{at}: kinds {', '.join(sorted(strangers))} stand in no [[kind]] of domain.toml")
    return at


def _flag(entry: dict[str, Any], source: _Source, kinds: tuple[Kind, ...], folder: Path) -> FlagRule:
    at = _rule(entry, kinds, folder, FlagRule)
    if not entry.get("any"):
        raise DomainError(f"{at}: any is missing; a sign of fraud needs a pattern or a call:NAME")
    return FlagRule(
        id=entry["id"],
        severity=entry["severity"],
        why=entry["why"],
        source=entry["source"],
        kinds=frozenset(entry.get("kinds", [])),
        any=_seeks(entry["any"], source, at),
        near=_seeks(entry.get("near", []), source, at),
        unless=_seeks(entry.get("unless", []), source, at),
        within=entry.get("within", 300),
        reads=entry.get("reads", "original"),
    )


def _check(entry: dict[str, Any], source: _Source, kinds: tuple[Kind, ...], folder: Path) -> CheckRule:
    at = _rule(entry, kinds, folder, CheckRule)
    if bool(entry.get("requires")) == bool(entry.get("forbids")):
        raise DomainError(f"{at}: a check has either requires or forbids")
    return CheckRule(
        id=entry["id"],
        severity=entry["severity"],
        why=entry["why"],
        source=entry["source"],
        kinds=frozenset(entry.get("kinds", [])),
        when=_seeks(entry.get("when", []), source, at),
        requires=_seeks(entry.get("requires", []), source, at),
        forbids=_seeks(entry.get("forbids", []), source, at),
        absent=entry.get("absent", "fail"),
        present=entry.get("present", "fail"),
        label=entry.get("label"),
        reads=entry.get("reads", "original"),
    )


def _seeks(patterns: Sequence[str], source: _Source, where: str) -> tuple[Seek, ...]:
    return tuple(_seek(pattern, source, where) for pattern in patterns)


def _seek(pattern: str, source: _Source, where: str) -> Seek:
    if pattern.startswith("call:"):
        function: Seek | None = getattr(source.module, pattern.removeprefix("call:"), None)
        if function is None:
            raise DomainError(f"{where}: {pattern} names no function of {source.module.__name__}")
        return function
    try:
        return source.patterns.seek(pattern)
    except re2.error as error:
        raise DomainError(f"{where}: {pattern!r} is not an RE2 expression: {error}") from None
