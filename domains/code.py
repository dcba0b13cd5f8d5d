"""The code of a function, as narrow as possible: its definition, and those of its own folder that it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from docassay.domains.entries import read_toml
from docassay.domains.folders import terms_of
from docassay.domains.terms import written_out

PACKAGE = "docassay.domains"


_DOCUMENTED = (ast.FunctionDef, ast.ClassDef)
_COMMENT = re.compile(r"""(?m)(?:^[ \t]*|[ ]{2})#[^"'\n]*$""")


class _Part(NamedTuple):
    """A definition at the top level of a module: its code, the texts in it, and what it uses."""

    code: str
    texts: frozenset[str]
    uses: tuple[tuple[Path, str], ...]


class Code:
    """The Python files of some folders of domains, in which functions are looked up by name."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Look functions up in these folders, the first that has one first."""
        self._folders = folders

    def of(self, name: str) -> list[str]:
        """Give the source of a function and of all that it uses of its folder and of other domains' folders.

        Args:
            name: As a rule calls it: ``NAME`` of the folder's ``__init__.py``, or ``MODULE.NAME``.

        Returns:
            The definitions, without comments, docstrings and annotations; beside them the lists of data files
            that they read, of those that they name.
        """
        module, _, function = name.rpartition(".")
        for folder in self._folders:
            path = folder.joinpath(*module.split("."), "__init__.py") if not module else None
            path = path or folder.joinpath(*module.split(".")).with_suffix(".py")
            if path.is_file() and function in _module(path)[1]:
                return self._reached(path, function)
        return []

    def _reached(self, path: Path, name: str) -> list[str]:
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
    read: list[ast.AST] = []
    silent: list[ast.expr] = []
    waiting: list[ast.AST] = [definition]
    while waiting:
        node = waiting.pop()
        read.append(node)
        for name in node._fields:
            value = getattr(node, name, None)
            if name in ("annotation", "returns"):
                silent += [value] if value else []
            elif isinstance(value, list):
                first = value[0] if value and name == "body" and isinstance(node, _DOCUMENTED) else None
                if isinstance(first, ast.Expr) and _is_text(first.value):
                    silent.append(first.value)
                    value = value[1:]
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)
    return read, silent


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
    if not module.startswith(f"{PACKAGE}."):
        return None
    words = module.removeprefix(f"{PACKAGE}.").split(".")
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
    """Yield what definitions read of the data files that they name: the lists that they name, or all."""
    for path in sorted(folder.glob("*.toml")):
        if path.name in texts:
            lists = _lists(path)
            yield f"{path.name} { {name: lists[name] for name in lists if name in texts} or lists }"


@cache
def _lists(path: Path) -> dict[str, Any]:
    lists: dict[str, Any] = written_out(read_toml(path), terms_of(path.parent, path.name))
    return lists


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
