"""The folder of official rules that a run names: what is in it, and which invoice is asked which.

Rules come compiled to XSLT, as their publishers give them, with a manifest beside them that
`docassay einvoice` writes::

    [[rules]]
    name = "xrechnung"
    title = "XRechnung"
    version = "3.0.2"
    syntax = "CII"
    file = "XRechnung-CII-validation.xslt"
    sha256 = "..."
    profiles = ["urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"]
    replaces = []

An invoice says in BT-24 which specification it follows. A set of rules is asked of those that it names in
`profiles`, and of what is ``#compliant#`` with one of them, as a narrower specification is. What is
``#conformant#`` with one extends it, and may break its rules, so it is asked only where it is named itself.
Where a set that is asked `replaces` rules of others, by their ids, these are not asked.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

from docassay.schemas.errors import MissingError, UsageError

MANIFEST = "einvoice.toml"
SYNTAXES = ("CII", "UBL")
MOST_BYTES = 20_000_000
"""Bytes of one file of rules; EN 16931's have less than one million."""

_MOST_SETS = 20
_MOST_MANIFEST = 20_000
_LISTS = ("profiles", "replaces")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FILE = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules of one publisher for one syntax.

    Attributes:
        name: As rows name it: ``rule NAME.BR-CO-15``.
        title: What people call it.
        version: The publisher's.
        syntax: ``CII`` or ``UBL``.
        file: The XSLT, in the folder.
        sha256: Of its bytes.
        profiles: Specification identifiers (BT-24) that it is made for.
        replaces: Rules of other sets in whose place its own stand.
    """

    name: str
    title: str
    version: str
    syntax: str
    file: str
    sha256: str
    profiles: tuple[str, ...]
    replaces: tuple[str, ...] = ()

    def asks(self, profile: str) -> bool:
        """Tell whether an invoice of a specification is to keep these rules.

        >>> asked = RuleSet("a", "A", "1", "CII", "a.xslt", "", ("urn:a",)).asks
        >>> asked("urn:a"), asked("urn:a#compliant#urn:b"), asked("urn:a#conformant#urn:c"), asked("urn:ab")
        (True, True, False, False)
        """
        if profile in self.profiles:
            return True
        compliant = any(profile.startswith(f"{one}#compliant#") for one in self.profiles)
        return compliant and "#conformant#" not in profile


@dataclass(frozen=True, slots=True)
class Rules:
    """A folder of official rules.

    Attributes:
        digest: SHA-256 of its manifest, which has those of its files.
        sets: In the order of the manifest.
    """

    folder: str
    digest: str
    sets: tuple[RuleSet, ...]

    def content(self, number: int) -> bytes:
        """Give the XSLT of a set.

        Raises:
            UsageError: It is not there, or not what the manifest says.
        """
        one = self.sets[number]
        path = Path(self.folder) / one.file
        try:
            with path.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
        if hashlib.sha256(content).hexdigest() != one.sha256:
            raise UsageError(
                f"{path} is not the file of which {MANIFEST} has the digest; make the folder again"
                " with `docassay einvoice`"
            )
        return content


def read_rules(folder: str) -> Rules:
    """Read the manifest of a folder, not the rules themselves.

    Raises:
        UsageError: There is none, or it is wrong.
    """
    path = Path(folder) / MANIFEST
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_MANIFEST + 1)
        is_short = len(content) <= _MOST_MANIFEST
        entries = tomllib.loads(content.decode()).get("rules") if is_short else None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}; `docassay einvoice` makes such a folder"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_SETS:
        raise UsageError(
            f"{path} must have from 1 to {_MOST_SETS} entries [[rules]], in at most {_MOST_MANIFEST:,} bytes"
        )
    sets = tuple(_rule_set(path, n, entry) for n, entry in enumerate(entries, start=1))
    if len({(one.name, one.syntax) for one in sets}) < len(sets):
        raise UsageError(f"{path} names a set twice for one syntax")
    return Rules(str(Path(folder).absolute()), hashlib.sha256(content).hexdigest(), sets)


def _rule_set(path: Path, number: int, entry: Any) -> RuleSet:
    names = {field.name for field in fields(RuleSet)}
    if not isinstance(entry, dict) or entry.keys() != names:
        raise UsageError(f"{path}: entry {number} must have {', '.join(sorted(names))}")
    lists = {name: entry[name] for name in _LISTS}
    texts = [value for name, value in entry.items() if name not in lists]
    if not all(isinstance(value, list) for value in lists.values()) or not all(
        isinstance(text, str) for text in chain(texts, *lists.values())
    ):
        raise UsageError(
            f"{path}: entry {number}: {', '.join(_LISTS)} must be lists of texts, the others texts"
        )
    one = RuleSet(**{**entry, **{name: tuple(value) for name, value in lists.items()}})
    wrong = [
        name
        for name, is_right in (
            ("name", _NAME.fullmatch(one.name)),
            ("title", _LINE.fullmatch(one.title)),
            ("version", _LINE.fullmatch(one.version)),
            ("syntax", one.syntax in SYNTAXES),
            ("file", _FILE.fullmatch(one.file)),
            ("sha256", _DIGEST.fullmatch(one.sha256)),
            ("profiles", one.profiles and all(map(_LINE.fullmatch, one.profiles))),
            ("replaces", all(map(_LINE.fullmatch, one.replaces))),
        )
        if not is_right
    ]
    if wrong:
        raise UsageError(f"{path}: entry {number}: {', '.join(wrong)} not valid")
    return one


def check_rules(folder: str) -> Rules:
    """Read a folder, check its files against their digests, and that there is what runs them.

    Raises:
        MissingError: The extra is missing; the message names the command that installs it.
        UsageError: The folder is wrong.
    """
    from importlib.util import find_spec

    if find_spec("saxonche") is None:
        raise MissingError("--einvoice-rules needs the extra `einvoice`: pip install '.[einvoice]'")
    rules = read_rules(folder)
    for number in range(len(rules.sets)):
        rules.content(number)
    return rules


def checked_folder(folder: str | Path | None) -> str | None:
    """Give the absolute path of a folder of official rules, which is checked; None where none is named.

    Raises:
        MissingError: The extra is missing.
        UsageError: The folder is wrong.
    """
    return None if folder is None else check_rules(str(folder)).folder


def manifest(sets: Sequence[RuleSet]) -> str:
    """Write a manifest, for `read_rules`."""
    written = []
    for one in sets:
        values = {field.name: getattr(one, field.name) for field in fields(one)}
        lines = [
            f"{name} = [{', '.join(map(_quoted, value))}]" if name in _LISTS else f"{name} = {_quoted(value)}"
            for name, value in values.items()
        ]
        written.append("\n".join(["[[rules]]", *lines]))
    return "\n\n".join(written) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
