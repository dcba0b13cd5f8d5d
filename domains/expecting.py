"""Rules that expect something of facts, made of their entries in ``rules.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from docassay.domains.claims import Expectation, Field, named
from docassay.domains.expectations import parse
from docassay.domains.outcomes import Expecting, evidence_of, says, weigh
from docassay.domains.passages import Window
from docassay.domains.rules import CheckRule, FlagRule
from docassay.schemas.errors import DomainError

_WORDING = frozenset(
    ["include", "exclude", "detail", "reads", "fails", "unclear", "doubts", "titles", "hints", "label"]
)
"""Keys of checks that are of wording."""


def expecting_check(
    entry: Mapping[str, Any], fields: Sequence[Field], common: Mapping[str, Any], location: str
) -> CheckRule:
    """Make a check that expects something of facts.

    Args:
        entry: Its entry.
        fields: The fields of facts that there are.
        common: What other keys of the entry have become, by the name of the field of `CheckRule`.
        location: Where it stands, as errors name it.

    Raises:
        DomainError: Its expectation is wrong, or a key says nothing beside it.
    """
    if idle := sorted(entry.keys() & _WORDING):
        raise DomainError(f"{location}: {idle[0]} is of wording, and expect reads facts; take it out")
    expected, kinds = _expected(entry, fields, common["kinds"], location)
    verdicts = {"absent": entry.get("absent", "review"), "present": entry.get("present", "fail")}
    compares = Expecting(expected, **verdicts, sure=common["sure"])
    settings = {**common, **verdicts, "kinds": kinds, "expect": entry["expect"]}
    return CheckRule(**settings, compares=compares)


def expecting_flag(
    entry: Mapping[str, Any],
    fields: Sequence[Field],
    common: Mapping[str, Any],
    window: Window,
    location: str,
) -> FlagRule:
    """Make a sign of fraud whose evidence are facts that contradict what it expects."""
    expected, kinds = _expected(entry, fields, common["kinds"], location)
    detail = common.get("detail", lambda view, _: says(weigh(expected, view.facts)))
    settings = {**common, "detail": detail, "kinds": kinds, "expect": entry["expect"]}
    return FlagRule(**settings, any=(evidence_of(expected),), window=window)


def _expected(
    entry: Mapping[str, Any], fields: Sequence[Field], kinds: frozenset[str], location: str
) -> tuple[Expectation, frozenset[str]]:
    """Read what a rule expects, and its kinds: without some of its own those that state all that it names."""
    expected = parse(entry["expect"], fields, location)
    if entry.get("reads") == "both":
        raise DomainError(f"{location}: facts are read from the original alone; take out reads")
    limited = [field for field in fields if field.name in named(expected) and field.kinds]
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
