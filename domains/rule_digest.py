"""Digests of rules: whether what was judged of a rule still holds for it.

The digest of a rule is of the rule and of what it reads, and of nothing else: its expressions with the terms
put in, the sections that it names, and the functions that it calls with what those use of their own domain.
Its title and severity do not count, nor do comments, docstrings, annotations or the layout of code.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any

from docassay.domains.code import Code
from docassay.domains.entries import read_toml
from docassay.domains.folders import load, overlays, terms_of
from docassay.domains.signs import FOLDER as FRAUD
from docassay.domains.signs import signs_of
from docassay.domains.terms import Terms, written_out

REWRITTEN = "rewritten.tsv"
"""The rules of a domain that were rewritten without a change of rows: what was judged of them still holds."""

_UNREAD = frozenset({"title", "severity"})


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
    code = Code((domain.folder,))
    of_any = terms_of(FRAUD, "rules.toml", own)
    digests = dict(_digests(_entries(domain.folder, there), own, code, domain.folder))
    packed = [sign for sign in signs_of(name) if sign["id"] in there]
    digests |= _digests(packed, of_any, code, domain.folder)
    for overlay in overlays(name):
        terms = terms_of(overlay.folder, "rules.toml", own)
        code = Code((overlay.folder, domain.folder))
        digests |= _digests(_entries(overlay.folder, there), terms, code, domain.folder)
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


def _entries(folder: Path, rules: Set[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of rules: neither those that an overlay has switched off, nor others."""
    settings = read_toml(folder / "rules.toml")
    entries = (*settings.get("flag", []), *settings.get("check", []))
    return (entry for entry in entries if entry["id"] in rules)


def _digests(
    entries: Iterable[Mapping[str, Any]], terms: Terms, code: Code, folder: Path
) -> Iterator[tuple[str, str]]:
    of_sections = _sections(folder)
    for entry in entries:
        read = written_out({key: value for key, value in entry.items() if key not in _UNREAD}, terms)
        names = [*_strings(read)]
        used = [of_sections.get(name, []) for name in names if name.startswith("section:")]
        called = [code.of(name.removeprefix("call:")) for name in names if name.startswith("call:")]
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
