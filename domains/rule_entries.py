"""The entries of a ``rules.toml``: signs of fraud and checks, read and checked.

Every method raises `DomainError`, whose message names the file, the entry, its line and what to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from docassay.domains.claims import Expectation, named
from docassay.domains.entries import (
    LABEL,
    Source,
    called,
    check_keys,
    check_severity,
    kinds_of,
    label_of,
    labelled,
    line_of,
    listed,
    matcher_of,
    matchers_of,
    whole_pattern,
    window_of,
)
from docassay.domains.expectations import parse
from docassay.domains.facts import FactField
from docassay.domains.outcomes import Expecting, evidence_of, says, weigh
from docassay.domains.rules import NOTHING, CheckRule, Doubt, FlagRule, Kind, Reads
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import VERDICTS

T = TypeVar("T")

RULE = ("id", "title", "severity", "why", "source", "kinds", "reads", "include", "exclude", "detail")
"""The keys that signs of fraud and checks have."""

FLAG = (*RULE, "any", "within", "same_sentence", "expect")
"""The keys of a sign of fraud."""

CHECK = (
    *RULE, "when", "not_when", "requires", "forbids", "compares", "fails", "unclear", "doubts", "titles",
    "under", "hints", "sure", "elsewhere", "absent", "present", "label", "expect",
)  # fmt: skip
"""The keys of a check."""

_AS_WRITTEN = ("id", "severity", "why", "source", "reads", "absent", "present", "label", "expect")
_MATCHED = (
    "include",
    "exclude",
    "when",
    "not_when",
    "requires",
    "forbids",
    "fails",
    "unclear",
    "hints",
    "sure",
    "elsewhere",
)
_TEXTS = ("id", "why", "source", "title", "detail", "label", "compares")
_ONE_OF = ("requires", "forbids", "compares", "expect")
_LABELLED = {"requires": "absent", "forbids": "present"}
"""Keys that may name labels of models, and what then says ``review`` unless it is given."""

_RENAMED = {"near": "include", "unless": "exclude"}
_WORDING = frozenset(["include", "exclude", "reads", "fails", "titles", "under", "hints"])
"""Keys of checks that are of wording: beside `expect` only where `requires` stands there, too."""

_ID = re.compile(r"[a-z][a-z0-9_]*")


def title_of(entry: Mapping[str, Any]) -> str:
    """Give what readers see as a rule's name; without a title that is its id, in words."""
    return str(entry.get("title") or entry["id"].replace("_", " ").capitalize())


class RuleReader(NamedTuple):
    """What makes rules of their entries.

    Attributes:
        folder: The folder of the file.
        source: Where what its rules name comes from.
        kinds: The domain's kinds of documents.
        fields: The fields of facts that rules may name.
        tasks: The models' tasks whose labels checks may name.
    """

    folder: Path
    source: Source
    kinds: tuple[Kind, ...]
    fields: Sequence[FactField] = ()
    tasks: tuple[str, ...] = ()

    def flags(self, entries: Iterable[dict[str, Any]]) -> tuple[FlagRule, ...]:
        """Make signs of fraud."""
        return tuple(self._located(self._flag, entry) for entry in entries)

    def checks(self, entries: Iterable[dict[str, Any]]) -> tuple[CheckRule, ...]:
        """Make compliance checks."""
        return tuple(self._located(self._check, entry) for entry in entries)

    def _located(self, make: Callable[[dict[str, Any], str], T], entry: dict[str, Any]) -> T:
        """Make a rule; an error also says at which line its entry stands."""
        try:
            return make(entry, f"{self.folder.name}/rules.toml: {entry.get('id', 'an entry without id')}")
        except DomainError as error:
            raise DomainError(f"{error}{line_of(self.folder, entry.get('id'))}") from None

    def _flag(self, entry: dict[str, Any], location: str) -> FlagRule:
        source, settings = self._settings(entry, FLAG, location)
        if bool(entry.get("any")) == ("expect" in entry):
            raise DomainError(
                f"{location}: a sign of fraud has any, a list of patterns or call:NAME, or expect"
            )
        settings["window"] = window_of(entry, location, default=300)
        if "expect" not in entry:
            return FlagRule(**settings, any=matchers_of(entry["any"], source, location))
        expected, settings["kinds"] = self._expected(entry, settings["kinds"], location)
        settings.setdefault("detail", lambda view, _: says(weigh(expected, view.facts)))
        return FlagRule(**settings, any=(evidence_of(expected),))

    def _check(self, entry: dict[str, Any], location: str) -> CheckRule:
        source, settings = self._settings(entry, CHECK, location)
        has = [key for key in _ONE_OF if (key in entry if key == "expect" else entry.get(key))]
        if len(has) != 1 and has != ["requires", "expect"]:
            raise DomainError(f"{location}: a check has one of {', '.join(_ONE_OF)}, or expect and requires")
        for key in ("titles", "under"):
            if entry.get(key) and not entry.get("requires"):
                raise DomainError(
                    f"{location}: {key} says where what a check requires stands; forbids has no use for it"
                )
        if entry.get("doubts") and not (entry.get("requires") or "expect" in entry):
            raise DomainError(
                f"{location}: doubts say what contradicts what a check requires or expects; write that, too"
            )
        if entry.get("hints") and not (entry.get("titles") or entry.get("under")):
            raise DomainError(
                f"{location}: hints answer under a heading of titles or under; write these, too"
            )
        if "expect" in entry:
            idle = sorted(entry.keys() & (_WORDING if len(has) == 1 else {"fails"}))
            if idle:
                raise DomainError(f"{location}: {idle[0]} is of wording, and expect reads facts; take it out")
            if entry.get("absent") == NOTHING:
                raise DomainError(f"{location}: absent is a verdict where facts are expected")
            expected, settings["kinds"] = self._expected(entry, settings["kinds"], location)
            settings.setdefault("absent", "review")
            settings["compares"] = Expecting(
                expected, settings["absent"], settings.get("present", "fail"), settings["sure"]
            )
        elif "compares" in entry:
            settings["compares"] = called(entry["compares"], "compares", source, location)
        settings["doubts"] = _doubts(entry.get("doubts", []), source, location)
        for key in ("titles", "under"):
            headings = entry.get(key, [])
            settings[key] = tuple(whole_pattern(pattern, source, location) for pattern in headings)
        return CheckRule(**settings)

    def _settings(
        self, entry: dict[str, Any], keys: Iterable[str], location: str
    ) -> tuple[Source, dict[str, Any]]:
        """Check an entry; give its source of expressions, and the fields of a rule that its keys become."""
        check_keys(entry, keys, location, _RENAMED)
        for key in ("id", "severity", "why", "source"):
            if not entry.get(key):
                raise DomainError(
                    f"{location}: {key} is missing; every rule has id, severity, why and source"
                )
        _check_types(entry, location)
        own_kinds = kinds_of(entry, self.kinds, location)
        source = self.source._replace(patterns=self.source.patterns.of_kinds(own_kinds))
        settings: dict[str, Any] = {key: entry[key] for key in _AS_WRITTEN if key in entry}
        found = {key: listed(entry.get(key, []), location) for key in _MATCHED if key in keys}
        for key in _LABELLED.keys() & found.keys():
            named = [label_of(one, self.tasks, location) for one in found[key] if _is_label(one)]
            settings["labels"] = settings.get("labels", frozenset()).union(named)
            found[key] = [one for one in found[key] if not _is_label(one)]
            settings[key] = tuple(map(labelled, named))
            if named:
                settings.setdefault(_LABELLED[key], "review")
        settings |= {
            key: (*settings.get(key, ()), *matchers_of(some, source, location)) for key, some in found.items()
        }
        if "detail" in entry:
            settings["detail"] = called(entry["detail"], "detail", source, location)
        return source, settings | {"title": title_of(entry), "kinds": own_kinds}

    def _expected(
        self, entry: Mapping[str, Any], kinds: frozenset[str], location: str
    ) -> tuple[Expectation, frozenset[str]]:
        """Read what a rule expects; its kinds are, without some of its own, those that state all it names."""
        types = {field.name: field.type for field in self.fields}
        most = {field.name: field.most for field in self.fields}
        expected = parse(entry["expect"], types, location, most)
        if entry.get("reads") == "both" and not entry.get("requires"):
            raise DomainError(f"{location}: facts are read from the original alone; take out reads")
        limited = [field for field in self.fields if field.name in named(expected) and field.kinds]
        for field in limited:
            if without := kinds - field.kinds:
                raise DomainError(
                    f"{location}: documents of kind {min(without)} state no {field.name}; it is a fact of"
                    f" {', '.join(sorted(field.kinds))}"
                )
        if limited and not kinds:
            kinds = frozenset.intersection(*(field.kinds for field in limited))
            if not kinds:
                raise DomainError(f"{location}: documents of no kind state {' and '.join(named(expected))}")
        return expected, kinds


def _check_types(entry: Mapping[str, Any], location: str) -> None:
    """Refuse an entry of which a key has a value of another type than it must have."""
    for key in _TEXTS:
        if not isinstance(entry.get(key, ""), str):
            raise DomainError(f"{location}: {key} is a text; write it in quotation marks")
    if not _ID.fullmatch(entry["id"]):
        raise DomainError(f"{location}: id is a word of small letters, digits and _, such as long_term")
    for key, allowed in (("absent", (*VERDICTS, NOTHING)), ("present", VERDICTS)):
        if entry.get(key, "fail") not in allowed:
            raise DomainError(f"{location}: {key} is one of {', '.join(allowed)}")
    check_severity(entry["severity"], location)
    if entry.get("reads", "original") not in get_args(Reads):
        raise DomainError(f"{location}: reads {entry['reads']!r} is none of {', '.join(get_args(Reads))}")


def _is_label(pattern: Any) -> bool:
    return isinstance(pattern, str) and pattern.startswith(LABEL)


def _doubts(patterns: Any, source: Source, location: str) -> tuple[Doubt, ...]:
    """Read what contradicts what a check requires; a table may say `why` in words of its own."""
    found = []
    for one in listed(patterns, location):
        bare, why = one, ""
        if isinstance(one, dict):
            bare, why = {key: value for key, value in one.items() if key != "why"}, one.get("why", "")
        if not isinstance(why, str):
            raise DomainError(f"{location}: the why of a doubt is a text that says what is doubted")
        found.append(Doubt(matcher_of(bare, source, location), why))
    return tuple(found)
