"""Read and write `model.toml`, the description that travels with the weights."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
Value = str | int | float | bool | Sequence[str] | Sequence[float]


def read(folder: Path) -> dict[str, Any]:
    """Return the parsed `model.toml` of a folder."""
    return tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))


def write(folder: Path, about: Mapping[str, Any]) -> None:
    """Write `model.toml` with the digests of the present files, whatever `[files]` held before."""
    head = {key: value for key, value in about.items() if key not in ("files", "tasks")}
    (folder / "model.toml").write_text(
        render(head, digests(folder), about.get("tasks", {})), encoding="utf-8"
    )


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file of a model folder but `model.toml` itself, by name."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != "model.toml")
    found = {}
    for file in files:
        with file.open("rb") as content:
            found[file.name] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def render(
    head: Mapping[str, Value | Mapping[str, Value]],
    files: Mapping[str, str],
    tasks: Mapping[str, Mapping[str, Value | Mapping[str, Value]]],
) -> str:
    """Return the text of a `model.toml`.

    Top-level keys come first, then their tables, then `[files]`, then each `[tasks.NAME]` with its tables.

    >>> print(render({"format": 1}, {"model.bin": "ab"}, {"t": {"kind": "multi", "quality": {"f1": 0.5}}}))
    format = 1
    <BLANKLINE>
    [files]
    "model.bin" = "ab"
    <BLANKLINE>
    [tasks.t]
    kind = "multi"
    <BLANKLINE>
    [tasks.t.quality]
    f1 = 0.5
    <BLANKLINE>
    """
    blocks = [
        _lines({key: value for key, value in head.items() if not isinstance(value, Mapping)}),
        *(f"[{key}]\n{_lines(value)}" for key, value in head.items() if isinstance(value, Mapping)),
        "[files]\n"
        + "".join(f"{json.dumps(name)} = {json.dumps(digest)}\n" for name, digest in files.items()),
    ]
    for name, facts in tasks.items():
        plain = {key: value for key, value in facts.items() if not isinstance(value, Mapping)}
        blocks.append(f"[tasks.{name}]\n{_lines(plain)}")
        for key, table in facts.items():
            if isinstance(table, Mapping):
                blocks.append(f"[tasks.{name}.{key}]\n{_lines(table)}")
    return "\n".join(blocks)


def _lines(table: Mapping[str, Value]) -> str:
    return "".join(
        f"{key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)}"
        f" = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in table.items()
    )
