"""Digests of rules: whether what was judged of a rule still holds for it.

The digest of a rule is of the rule and of what it reads, and of nothing else: its expressions with the terms
put in, the sections that it names, and the functions that it calls with what those use of their own domain.
Its title and severity do not count, nor do comments, docstrings, annotations or the layout of code.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from docassay.domains.entries import read_toml
from docassay.domains.facts import FILE as FACTS
from docassay.domains.folders import load, overlays, terms_of
from docassay.domains.signs import FOLDER as FRAUD
from docassay.domains.signs import signs_of
from docassay.domains.terms import Terms, written_out

REWRITTEN = "rewritten.tsv"
"""The rules of a domain that were rewritten without a change of rows: what was judged of them still holds."""

_PACKAGE = "docassay.domains"
_COMMENT = re.compile(r"""(?m)(?:^[ \t]*|[ ]{2})#[^"'\n]*$""")
_TERM = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_WORD = re.compile(r"\b[a-z][a-z0-9_]*")
_UNREAD = frozenset({"title", "severity"})
_SHOWN = frozenset({"title", "headline", "document_date"})
"""Keys of fields that change no fact."""


@cache
def rule_digests(name: str, only: str | None = None) -> Mapping[str, str]:
    """Give the digest of each rule of a domain, by its id: SHA-256, in hex.

    What an overlay changes of a rule (severity, text, threshold) does not count: the passages that it finds
    are the same.

    Args:
        name: The domain.
        only: The id of the only rule that is asked about, or None for all.

    Raises:
        DomainError: No such domain, or one of its files is wrong.
    """
    domain = load(name)
    there = {rule.id for rule in domain.flags} | {rule.id for rule in domain.checks}
    if only is not None:
        there &= {only}
    own = terms_of(domain.folder, "rules.toml")
    of_any = terms_of(FRAUD, "rules.toml", own)
    digests = dict(_digests(_entries(domain.folder, there), own, (domain.folder,)))
    packed = [sign for sign in signs_of(name) if sign["id"] in there]
    digests |= _digests(packed, of_any, (domain.folder,))
    for overlay in overlays(name):
        terms = terms_of(overlay.folder, "rules.toml", own)
        entries = _entries(overlay.folder, there)
        digests |= _digests(entries, terms, (domain.folder, overlay.folder))
    return digests


def judged_digests(name: str, only: str | None = None) -> Mapping[str, frozenset[str]]:
    """Give the digests under which what was judged of each rule holds: its own, and those before it.

    A line of ``rewritten.tsv`` says that a rule, whose digest was `was` when it was judged, gives the same
    rows as the one whose digest is `digest`, and why that is known.

    Raises:
        DomainError: No such domain, or one of its files is wrong.
    """
    own = rule_digests(name, only)
    valid = {rule: {digest} for rule, digest in own.items()}
    path = load(name).folder / REWRITTEN
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                if own.get(row["rule"]) == row["digest"]:
                    valid[row["rule"]].add(row["was"])
    return {rule: frozenset(digests) for rule, digests in valid.items()}


@cache
def question_digests(domain: str) -> Mapping[str, str]:
    """Give the digest of each rule of a domain, and of each task in its `sections.toml`.

    They are named as `decided_by` of rows names them: ``DOMAIN.ID``, or ``OVERLAY.ID`` of an added rule.

    Raises:
        DomainError: No such domain, or its folder is wrong.
    """
    loaded = load(domain)
    path = loaded.folder / "sections.toml"
    sections = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    digests = {section.task: sections for section in loaded.sections} | dict(rule_digests(domain))
    return {loaded.decided_by(name).removeprefix("rule "): own for name, own in digests.items()}


def _entries(folder: Path, rules: Set[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of rules: neither those that an overlay has switched off, nor others."""
    settings = read_toml(folder / "rules.toml")
    entries = (*settings.get("flag", []), *settings.get("check", []))
    return (entry for entry in entries if entry["id"] in rules)


def _digests(
    entries: Iterable[Mapping[str, Any]], terms: Terms, folders: Sequence[Path]
) -> Iterator[tuple[str, str]]:
    """Give the digest of each entry.

    Args:
        entries: The entries of rules.
        terms: The lists that they may use.
        folders: The domain's, which has its sections, and an overlay's, whose functions come first.
    """
    of_sections = _sections(folders[0])
    of_facts = _facts(folders)
    for entry in entries:
        read = written_out({key: value for key, value in entry.items() if key not in _UNREAD}, terms)
        if "expect" in read:
            read["facts"] = [of_facts[name] for name in _WORD.findall(read["expect"]) if name in of_facts]
        names = [*_strings(read)]
        used = [of_sections.get(name, []) for name in names if name.startswith("section:")]
        called = [
            _code(name.removeprefix("call:"), folders[::-1]) for name in names if name.startswith("call:")
        ]
        content = json.dumps([read, used, called], sort_keys=True, ensure_ascii=False)
        yield entry["id"], hashlib.sha256(content.encode()).hexdigest()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _sections(folder: Path) -> dict[str, list[Any]]:
    """Give the sections of each task that has a label, by ``section:LABEL``, with their terms put in."""
    if not (folder / "sections.toml").is_file():
        return {}
    terms = terms_of(folder, "sections.toml")
    entries = written_out(read_toml(folder / "sections.toml").get("section", []), terms)
    tasks = {entry["label"]: entry["task"] for entry in entries}
    return {
        f"section:{label}": [entry for entry in entries if entry["task"] == task]
        for label, task in tasks.items()
    }


def _facts(folders: Sequence[Path]) -> dict[str, Any]:
    """Give how the fields of facts are found, by name; an overlay's replace the domain's of the same name."""
    found: dict[str, Any] = {}
    for folder in folders:
        if (folder / FACTS).is_file():
            settings = read_toml(folder / FACTS)
            entries = written_out(settings.get("fact", []), terms_of(folder, FACTS))
            shared = {"kinds": settings.get("kinds", [])}
            found |= {
                one["name"]: shared | {key: value for key, value in one.items() if key not in _SHOWN}
                for one in entries
            }
    return found


class _Part(NamedTuple):
    """A definition at the top level of a module: its code, the texts in it, and what it uses."""

    code: str
    texts: frozenset[str]
    uses: tuple[tuple[Path, str], ...]


def _code(name: str, folders: Sequence[Path]) -> list[str]:
    """Give the source of a function that rules call, and of all that it uses of domains' folders.

    Args:
        name: As a rule calls it, see `calls.resolve`.
        folders: Where it is looked up, the first that has it first.

    Returns:
        The definitions, without comments, docstrings and annotations; beside them the lists of data files
        that they read, of those that they name.
    """
    module, _, function = name.rpartition(".")
    for folder in (*folders, Path(__file__).parent):
        path = folder.joinpath(*module.split(".")).with_suffix(".py") if module else folder / "__init__.py"
        if path.is_file() and function in _module(path)[1]:
            return _reached(path, function)
    return []


def _reached(path: Path, name: str) -> list[str]:
    seen: set[tuple[Path, str]] = set()
    waiting = [(path, name)]
    code: set[str] = set()
    texts: set[str] = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        for part in _parts(*place):
            waiting += part.uses
            code.add(part.code)
            texts |= part.texts
    folders = sorted({path.parent for path, _ in seen})
    return sorted(code) + [lists for folder in folders for lists in _data(folder, texts)]


@cache
def _module(path: Path) -> tuple[list[str], dict[str, list[ast.stmt]]]:
    """Read a Python file: its lines, and the statements at its top level that define each name."""
    source = path.read_text(encoding="utf-8")
    defined: dict[str, list[ast.stmt]] = {}
    for node in ast.parse(source).body:
        for name in _names(node):
            defined.setdefault(name, []).append(node)
    return source.splitlines(keepends=True), defined


@cache
def _parts(path: Path, name: str) -> list[_Part]:
    """Give what defines a name in a module."""
    lines, defined = _module(path)
    parts = []
    for node in defined.get(name, ()):
        if isinstance(node, ast.Import | ast.ImportFrom):
            parts.append(_Part("", frozenset(), tuple(_imported(node, name, path))))
        else:
            read, silent = _walk(node)
            texts = frozenset(one.value for one in read if _is_text(one))  # type: ignore[attr-defined]
            parts.append(_Part(_plain(lines, node, silent), texts, tuple(_used(read, path, defined))))
    return parts


def _names(node: ast.stmt) -> list[str]:
    """List the names that a statement at the top level of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(one.asname or one.name).partition(".")[0] for one in node.names]
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return []


def _walk(definition: ast.stmt) -> tuple[list[ast.AST], list[ast.expr]]:
    """List what a definition consists of, and apart from it its docstrings and annotations."""
    silent: list[ast.expr] = []
    for node in ast.walk(definition):
        silent += filter(None, (getattr(node, "annotation", None), getattr(node, "returns", None)))
        first = node.body[0] if isinstance(node, ast.FunctionDef | ast.ClassDef) else None
        if isinstance(first, ast.Expr) and _is_text(first.value):
            silent.append(first.value)
    unread = {id(node) for one in silent for node in ast.walk(one)}
    return [node for node in ast.walk(definition) if id(node) not in unread], silent


def _used(
    nodes: Sequence[ast.AST], path: Path, defined: Mapping[str, Sequence[ast.stmt]]
) -> Iterator[tuple[Path, str]]:
    """Yield what a definition uses: names of its module, and attributes of modules that it imports."""
    for one in nodes:
        if isinstance(one, ast.Name) and one.id in defined:
            yield path, one.id
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            for by in defined.get(one.value.id, ()):
                if isinstance(by, ast.ImportFrom) and (module := _file(f"{by.module}.{one.value.id}", path)):
                    yield module, one.attr


def _imported(node: ast.Import | ast.ImportFrom, name: str, importer: Path) -> list[tuple[Path, str]]:
    """Find where a domain's module defines what is imported; what comes from elsewhere does not count."""
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return []
    path = _file(node.module, importer)
    original = next(one.name for one in node.names if (one.asname or one.name) == name)
    return [(path, original)] if path else []


def _file(module: str, importer: Path | None = None) -> Path | None:
    """Find the file of a module below a domain's folder; None for modules of other packages."""
    if not module.startswith(f"{_PACKAGE}."):
        return None
    words = module.removeprefix(f"{_PACKAGE}.").split(".")
    root = Path(__file__).parent
    if importer and importer.parent.name == words[0]:
        root = importer.parent.parent
    if not (root / words[0]).is_dir():
        return None
    path = root.joinpath(*words)
    return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()), None)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _data(folder: Path, texts: set[str]) -> Iterator[str]:
    """Yield what definitions read of the data files that they name: the lists that they name, or all.

    A list is named by its key, or as ``{key}`` in an expression.
    """
    texts = texts.union(*(_TERM.findall(text) for text in texts))
    for path in sorted(folder.glob("*.toml")):
        if path.name in texts:
            lists = _lists(path)
            yield f"{path.name} { {name: lists[name] for name in lists if name in texts} or lists }"


@cache
def _lists(path: Path) -> dict[str, Any]:
    lists: dict[str, Any] = written_out(read_toml(path), terms_of(path.parent, path.name))
    terms: dict[str, Any] = lists.get("terms", {})
    return lists | terms


def _plain(lines: Sequence[str], node: ast.stmt, silent: Sequence[ast.expr]) -> str:
    """Write a definition without comments, docstrings, annotations and layout."""
    decorated = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    end = node.end_lineno or node.lineno
    kept = [line.encode() for line in lines[decorated - 1 : end]]
    cuts: list[tuple[int, int, int, int]] = [
        (one.lineno, one.col_offset, one.end_lineno or one.lineno, one.end_col_offset or 0) for one in silent
    ]
    for first, start, last, stop in sorted(cuts, reverse=True):
        first, last = first - decorated, last - decorated
        kept[first : last + 1] = [kept[first][:start] + kept[last][stop:]] + [b""] * (last - first)
    return " ".join(_COMMENT.sub("", b"".join(kept).decode()).split())
