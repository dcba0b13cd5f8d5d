"""Overlays: rules of your own on top of a domain, in a folder that says ``extends``.

An overlay adds rules, switches rules off, and gives rules another severity, threshold or text. It lies in a
folder that `DOCASSAY_DOMAINS` names, beside further domains:

    acme/
        domain.toml      extends = "legal"
        rules.toml       [[flag]] and [[check]] as in any domain, and [[change]] of the domain's own rules
        facts.toml       [[fact]]: fields of your own; may be left out
        examples.jsonl   texts with the rows expected of the added rules (`docassay rules test`)
        __init__.py      functions that added rules call; may be left out
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from docassay.domains.domain import Domain
from docassay.domains.entries import Source, check_keys, check_severity, line_of, read_toml
from docassay.domains.outcomes import Expecting
from docassay.domains.rule_entries import RuleReader
from docassay.domains.rules import NOTHING, CheckRule, FlagRule, TaskFlag
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import VERDICTS

Changeable = TypeVar("Changeable", FlagRule, CheckRule, TaskFlag)

_SETTINGS = frozenset(["extends", "title"])
CHANGE = ("rule", "off", "title", "severity", "why", "source", "least", "absent", "present")
"""The keys of an entry of ``[[change]]``."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A folder of rules that extends a domain.

    Attributes:
        name: The folder's; rows of the rules that it adds name it in `decided_by`.
        extends: The name of the domain.
        flags: Entries of the signs of fraud that it adds.
        checks: Entries of the checks that it adds.
        changes: What it changes of each rule of the domain, by the rule's id.
    """

    name: str
    folder: Path
    extends: str
    title: str
    flags: tuple[dict[str, Any], ...]
    checks: tuple[dict[str, Any], ...]
    changes: Mapping[str, Mapping[str, Any]]

    @property
    def added(self) -> list[str]:
        """The ids of the rules that it adds."""
        return [str(entry.get("id")) for entry in (*self.flags, *self.checks)]


def extended(folder: Path) -> str | None:
    """Tell which domain a folder extends; None where it is a domain itself.

    Raises:
        DomainError: Its ``domain.toml`` is no TOML, or has what that of an overlay cannot have.
    """
    settings = read_toml(folder / "domain.toml")
    if "extends" not in settings:
        return None
    check_keys(settings, _SETTINGS, str(folder / "domain.toml"))
    if not isinstance(settings["extends"], str):
        raise DomainError(f"{folder / 'domain.toml'}: extends is the name of one domain")
    if folder.name.split() != [folder.name]:
        raise DomainError(f"{folder}: rows name this folder, without blanks; rename it")
    return settings["extends"]


def read(folder: Path) -> Overlay:
    """Read an overlay; its added rules are checked when they are laid over the domain.

    Raises:
        DomainError: A file is wrong; the message names the entry and its line.
    """
    settings = read_toml(folder / "domain.toml")
    rules = read_toml(folder / "rules.toml")
    check_keys(rules, {"terms", "flag", "check", "change"}, str(folder / "rules.toml"))
    return Overlay(
        name=folder.name,
        folder=folder,
        extends=settings["extends"],
        title=settings.get("title", folder.name),
        flags=tuple(rules.get("flag", [])),
        checks=tuple(rules.get("check", [])),
        changes=_changes(rules.get("change", []), folder),
    )


def laid_over(domain: Domain, overlay: Overlay, source: Source) -> Domain:
    """Give a domain with an overlay's changes made and its rules added.

    Args:
        domain: The domain; other overlays may lie on it already.
        overlay: The overlay.
        source: Where what its rules call comes from.

    Raises:
        DomainError: A rule that it changes is not there, or cannot be changed so; one that it adds is there,
            or wrong.
    """
    folder = overlay.folder
    there = changeable(domain)
    for rule in overlay.changes:
        if rule not in there or rule in domain.owners:
            raise DomainError(
                f"{folder.name}: {domain.name} has no rule {rule!r} to change{line_of(folder, rule)};"
                f" docassay domains {domain.name} lists them"
            )
    added = overlay.added
    for rule in added:
        if rule in there or added.count(rule) > 1:
            raise DomainError(
                f"{folder.name}: {domain.name} has a rule {rule!r}{line_of(folder, rule)};"
                " give yours another id, or write a [[change]] of that one"
            )
    tasks = (*domain.tasks, *(task for kind in domain.kinds for task in kind.tasks or ()))
    reader = RuleReader(folder, source, domain.kinds, domain.facts, tuple(dict.fromkeys(tasks)))
    return replace(
        domain,
        flags=(*_changed(domain.flags, overlay), *reader.flags(overlay.flags)),
        checks=(*_changed(domain.checks, overlay), *reader.checks(overlay.checks)),
        task_flags=tuple(_changed(domain.task_flags, overlay)),
        document_flags=tuple(_changed(domain.document_flags, overlay)),
        owners={**domain.owners, **dict.fromkeys(added, overlay.name)},
        changed=domain.changed | overlay.changes.keys(),
    )


def _changes(entries: Sequence[dict[str, Any]], folder: Path) -> dict[str, dict[str, Any]]:
    """Join what several entries change of the same rule."""
    changes: dict[str, dict[str, Any]] = {}
    for entry in entries:
        rule = entry.get("rule")
        wrong = _wrong(entry) or (
            "stands in two entries" if set(entry) & set(changes.get(str(rule), {})) - {"rule"} else None
        )
        if wrong:
            raise DomainError(f"{folder.name}: [[change]] of {rule!r}: {wrong}{line_of(folder, rule)}")
        changes.setdefault(str(rule), {}).update(entry)
    for change in changes.values():
        del change["rule"]
    return changes


def _wrong(entry: dict[str, Any]) -> str | None:
    """Say what is wrong with an entry of ``[[change]]``."""
    if unknown := sorted(set(entry) - set(CHANGE)):
        return f"unknown key {', '.join(unknown)}; known are {', '.join(sorted(CHANGE))}"
    if not isinstance(entry.get("rule"), str) or len(entry) < 2:
        return "it names a rule, and something to change of it"
    if not isinstance(entry.get("off", True), bool):
        return "off is true or false"
    for key in ("title", "why", "source"):
        if key in entry and not (isinstance(entry[key], str) and entry[key].strip()):
            return f"{key} is a text that says something"
    for key, allowed in (("absent", (*VERDICTS, NOTHING)), ("present", VERDICTS)):
        if key in entry and entry[key] not in allowed:
            return f"{key} is one of {', '.join(allowed)}"
    least = entry.get("least", 0.5)
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        return "least is a probability, from 0 to 1"
    if "severity" in entry:
        check_severity(entry["severity"], f"[[change]] of {entry['rule']}")
    return None


def _changed(rules: Iterable[Changeable], overlay: Overlay) -> Iterator[Changeable]:
    """Yield rules as an overlay has them, without those that it switches off."""
    for rule in rules:
        change = dict(overlay.changes.get(_id(rule), {}))
        if change.pop("off", False):
            continue
        if unknown := sorted(set(change) - {field.name for field in fields(rule)}):
            raise DomainError(
                f"{overlay.name}: {_id(rule)} has no {', '.join(unknown)} to change"
                f"{line_of(overlay.folder, _id(rule))}"
            )
        if isinstance(rule, CheckRule) and isinstance(rule.compares, Expecting):
            if change.get("absent") == NOTHING:
                raise DomainError(f"{overlay.name}: {rule.id} expects facts; absent is a verdict")
            verdicts = {key: change[key] for key in ("absent", "present") if key in change}
            change["compares"] = replace(rule.compares, **verdicts)
        yield replace(rule, **change)


def changeable(domain: Domain) -> set[str]:
    """Give the ids of a domain's rules and the codes of what its models flag, which an overlay may change."""
    return {_id(rule) for rule in _rules(domain)}


def _rules(domain: Domain) -> tuple[FlagRule | CheckRule | TaskFlag, ...]:
    return (*domain.flags, *domain.checks, *domain.task_flags, *domain.document_flags)


def _id(rule: FlagRule | CheckRule | TaskFlag) -> str:
    return rule.code if isinstance(rule, TaskFlag) else rule.id
