"""How often each rule was right, where people who saw neither rule nor verdict judged what it said.

`judged.tsv` in a domain's folder counts their answers, by rule, digest of the rule and verdict;
`python -m research.benchmarks.judge publish` writes it from `research/judged`. A rule that has been changed
since has another digest, and counts as never judged.
"""

from __future__ import annotations

import csv
import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from docassay.domains.entries import read_toml
from docassay.domains.folders import load, names, overlays
from docassay.domains.rules import CheckRule, FlagRule

FILE = "judged.tsv"
COLUMNS = ("rule", "digest", "verdict", "right", "wrong", "useless")


@dataclass(frozen=True, slots=True)
class Judged:
    """What people made of the rows of a rule.

    Attributes:
        verdict: Of a check ``pass``, ``fail`` or ``review``; of a sign of fraud ``""``.
        wrong: Rows that said what is not so.
        useless: Rows that told a reader nothing: a review of what is plain, say.
    """

    rule: str
    digest: str
    verdict: str
    right: int
    wrong: int
    useless: int

    @property
    def count(self) -> int:
        """How many rows were judged."""
        return self.right + self.wrong + self.useless

    def __str__(self) -> str:
        """Say it as a reader would.

        >>> str(Judged("R", "", "pass", 9, 1, 0))
        'right in 9 of 10 judged'
        """
        return f"right in {self.right} of {self.count} judged"


@cache
def rule_digests(name: str) -> Mapping[str, str]:
    """Give the digest of each rule of a domain, by its id: SHA-256, in hex.

    Its entry in `rules.toml` counts, and the files of the functions that it calls. What an overlay changes of
    it (severity, text, threshold) does not: the passages that it finds are the same.

    Raises:
        DomainError: No such domain, or one of its files is wrong.
    """
    domain = load(name)
    settings = read_toml(domain.folder / "rules.toml")
    entries = [*settings.get("flag", []), *settings.get("check", [])]
    folders = [domain.folder]
    for overlay in overlays(name):
        entries += [*overlay.flags, *overlay.checks]
        folders.append(overlay.folder)
    rules = {rule.id: rule for rule in domain.flags} | {rule.id: rule for rule in domain.checks}
    digests = {}
    for entry in entries:
        if entry["id"] not in rules:  # an overlay has switched it off
            continue
        written = json.dumps(entry, sort_keys=True)
        called = [*_called(rules[entry["id"]])]
        files = {path for one in called for folder in folders if (path := _code(one, folder))}
        if '"section:' in written:
            files.add(domain.folder / "sections.toml")
        checksum = hashlib.sha256(written.encode())
        for path in sorted(files):
            checksum.update(path.read_bytes())
        digests[entry["id"]] = checksum.hexdigest()
    return digests


def _called(rule: FlagRule | CheckRule) -> Iterator[Any]:
    """Yield the functions that a rule consists of."""
    for field in fields(rule):
        value = getattr(rule, field.name)
        yield from filter(callable, value if isinstance(value, tuple) else [value])


def _code(function: Any, folder: Path) -> Path | None:
    """Find the file of a function that a rule calls, in its domain's folder; a pattern has none."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    path = Path(code.co_filename).resolve() if code else None
    return path if path and path.is_relative_to(folder.resolve()) else None


@cache
def precision(name: str) -> Mapping[tuple[str, str], Judged]:
    """Give what people made of the rules of a domain as they stand now, by rule and verdict."""
    return {(row.rule, row.verdict): row for row in read_current(load(name).folder / FILE, name)}


def rule_of(decided_by: str) -> tuple[str, str] | None:
    """Parse what decided a row into the domain and the id of its rule; None where it was a model.

    >>> rule_of("rule legal.nda_term+minilm@6"), rule_of("model minilm@6")
    (('legal', 'nda_term'), None)
    """
    name, dot, rule = decided_by.removeprefix("rule ").partition("+")[0].partition(".")
    return (name, rule) if decided_by.startswith("rule ") and dot else None


def judged(decided_by: str, verdict: str = "") -> Judged | None:
    """Find what people made of rows like one, by its `decided_by` and verdict; None if nobody has judged."""
    rule = rule_of(decided_by)
    if rule is None or rule[0] not in names():
        return None
    return precision(rule[0]).get((rule[1], verdict))


def read_current(path: Path, name: str) -> list[Judged]:
    """Read the counts of a domain's rules as they stand now, without those of other versions of them."""
    digests = rule_digests(name)
    return [row for row in read(path) if digests.get(row.rule) == row.digest]


def read(path: Path) -> Iterator[Judged]:
    """Read the counts in a file; an absent one has none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            counts = (int(row[name]) for name in COLUMNS[3:])
            yield Judged(row["rule"], row["digest"], row["verdict"], *counts)
