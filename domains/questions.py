"""Questions: a digest of each rule, so that it can be told which of them another release has changed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from docassay.domains.entries import read_toml
from docassay.domains.folders import load


def question_digests(domain: str) -> dict[str, str]:
    """Give the digest of each sign of fraud, check and task by headings of a domain, by its id.

    It covers the entry of the rule, and where that calls functions, all code of the domain. It does not cover
    what all domains share.

    Raises:
        DomainError: No such domain, or its folder is wrong.
    """
    return _digests(load(domain).folder)


@cache
def _digests(folder: Path) -> dict[str, str]:
    code = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        code.update(path.read_bytes())
    entries: dict[str, list[Any]] = defaultdict(list)
    rules = read_toml(folder / "rules.toml")
    for entry in [*rules.get("flag", []), *rules.get("check", [])]:
        entries[entry["id"]].append(entry)
    sections = folder / "sections.toml"
    for entry in read_toml(sections).get("section", []) if sections.is_file() else ():
        entries[entry["task"]].append(entry)
    digests = {}
    for name, of_name in sorted(entries.items()):
        written = json.dumps(of_name, sort_keys=True, default=str)
        content = written + (code.hexdigest() if "call:" in written else "")
        digests[name] = hashlib.sha256(content.encode()).hexdigest()
    return digests
